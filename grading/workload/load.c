// load.c - clients at work, and what they saw.
//
// One thread: a step of the test's time, a look at each client, the next
// operation for each that is idle. The stamps of operations are taken where
// they are sent and answered (client.c), not here.
#define CLUSTER_NO_PLACES
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "common/runtime/world.h"
#include "grading/linear/explain.h"
#include "grading/linear/picture.h"
#include "grading/workload.h"

enum {
    CLIENTS_MAX = 32,
    KEYS_MAX = 16,
    TEXT_MAX = 32,
    APPENDS_MAX = 50, // to a key, and then comes a Put
};

struct worker {
    char name[NODE_NAME_MAX + 1];
    unsigned number;   // of its last value
    unsigned begun;    // operations, those that were left out, too
    long long running; // the index of its operation; -1: none
    int64_t next_ms;   // not before comes the next one
};

struct load {
    struct cluster *c;
    struct load_spec spec;
    struct worker workers[CLIENTS_MAX];
    size_t worker_count;
    char keys[KEYS_MAX][TEXT_MAX];
    unsigned appends[KEYS_MAX]; // since the last Put

    struct linear_history h;
    FILE *file; // what has ended is in it at once; NULL: it cannot be written
    size_t answered;
};

struct load *load_begin(struct cluster *c, const struct load_spec *spec)
{
    struct load *l = xcalloc(1, sizeof *l);
    l->c = c;
    l->spec = *spec;
    if (l->spec.keys == 0)
        l->spec.keys = 2;
    if (l->spec.get_percent == 0)
        l->spec.get_percent = 40;
    if (l->spec.append_percent == 0)
        l->spec.append_percent = 40;
    if (l->spec.patience == 0)
        l->spec.patience = KV_SOON;
    ck_assert_uint_le(l->spec.keys, KEYS_MAX);
    char *list = xstrdup(spec->clients);
    char *rest = list;
    for (char *name = strtok_r(list, " ", &rest); name != NULL;
         name = strtok_r(NULL, " ", &rest)) {
        ck_assert_uint_lt(l->worker_count, CLIENTS_MAX);
        struct worker *w = &l->workers[l->worker_count++];
        snprintf(w->name, sizeof w->name, "%s", name);
        w->running = -1;
    }
    free(list);
    linear_history_init(&l->h);
    for (unsigned i = 0; i < l->spec.keys; i++) {
        snprintf(l->keys[i], TEXT_MAX, "k%u", i);
        texts_add(&l->h.keys, slice_text(l->keys[i]), NULL);
    }
    for (size_t i = 0; i < l->worker_count; i++)
        texts_add(&l->h.clients, slice_text(l->workers[i].name), NULL);
    l->file = fopen("log/history", "we"); // in the test's folder
    return l;
}

// --- One operation ---------------------------------------------------------

// The dice of a client's next operation: keyed, so that what others do changes
// nothing for it.
static struct random dice_of(const struct load *l, const struct worker *w)
{
    struct random dice;
    uint64_t client = random_hash(w->name, strlen(w->name));
    random_init(&dice,
                random_mix(random_mix(cluster_seed(l->c), client), w->begun));
    return dice;
}

static enum linear_kind draw_kind(struct load *l, struct random *dice,
                                  unsigned key)
{
    uint64_t percent = random_below(dice, 100);
    if (percent < l->spec.get_percent)
        return LINEAR_GET;
    if (percent < l->spec.get_percent + l->spec.append_percent &&
        l->appends[key] < APPENDS_MAX)
        return LINEAR_APPEND;
    return LINEAR_PUT;
}

static void begin_operation(struct load *l, struct worker *w, unsigned key,
                            enum linear_kind kind)
{
    static const Kv__Kind kinds[] = {KV__KIND__GET, KV__KIND__PUT,
                                     KV__KIND__APPEND};
    w->running = (long long)l->h.count;
    struct linear_op *op = linear_history_add(&l->h);
    op->client = (uint32_t)(w - l->workers);
    op->key = key;
    op->kind = (uint8_t)kind;
    op->outcome = LINEAR_MAYBE;
    if (kind != LINEAR_GET) {
        char text[TEXT_MAX];
        int size = snprintf(text, sizeof text, "%s.%u;", w->name, ++w->number);
        op->argument = linear_history_keep(&l->h, text, (size_t)size);
        l->appends[key] = kind == LINEAR_PUT ? 0 : l->appends[key] + 1;
    }
    kv_begin(l->c, w->name, kinds[kind], l->keys[key], op->argument,
             l->spec.patience);
    int64_t ended;
    client_stamps(l->c, w->name, &op->call, &ended);
}

// What the answer says goes into the record.
static void note_answer(struct load *l, struct worker *w,
                        const Kv__Answer *answer)
{
    struct linear_op *op = &l->h.ops[w->running];
    if (answer->status != KV__STATUS__OK &&
        answer->status != KV__STATUS__NO_KEY)
        cluster_fail(l->c, "client %s was answered with status %d", w->name,
                     (int)answer->status);
    int64_t begun;
    client_stamps(l->c, w->name, &begun, &op->ret);
    op->outcome = LINEAR_OK;
    if (op->kind != LINEAR_PUT) {
        op->seen = answer->found ? LINEAR_SAW_VALUE : LINEAR_SAW_ABSENT;
        op->result =
            linear_history_keep(&l->h, answer->value.data, answer->value.len);
    }
    l->answered++;
}

// Has its operation ended? Then that is noted.
static bool is_idle(struct load *l, struct worker *w)
{
    if (w->running < 0)
        return true;
    if (kv_runs(l->c, w->name))
        return false;
    const Kv__Answer *answer = kv_end(l->c, w->name);
    if (answer != NULL)
        note_answer(l, w, answer);
    if (l->file != NULL) {
        linear_write_op(l->file, &l->h, (size_t)w->running);
        fflush(l->file);
    }
    w->running = -1;
    return true;
}

// --- All of them -----------------------------------------------------------

// The next operation of a client that is idle. In a simulation that replays a
// part of a run it may be one that is left out: then it counts as answered.
static void begin_next(struct load *l, struct worker *w)
{
    static const char *const kinds[] = {
        [LINEAR_GET] = "Get", [LINEAR_PUT] = "Put", [LINEAR_APPEND] = "Append"};
    struct random dice = dice_of(l, w);
    unsigned key = (unsigned)random_below(&dice, l->spec.keys);
    enum linear_kind kind = draw_kind(l, &dice, key);
    char words[TEXT_MAX + 8];
    snprintf(words, sizeof words, "%s %s", kinds[kind], l->keys[key]);
    if (l->spec.rest > 0)
        w->next_ms = clock_now_ms() +
                     cluster_tick_ms() * (int64_t)random_below(
                                             &dice, (uint64_t)l->spec.rest + 1);
    w->begun++;
    if (world_grants(WORLD_OP, w->name, w->begun, words))
        begin_operation(l, w, key, kind);
    else
        l->answered++;
}

static bool may_begin(const struct load *l, const struct worker *w)
{
    bool has_more = l->spec.operations == 0 || w->begun < l->spec.operations;
    return has_more && clock_now_ms() >= w->next_ms;
}

static void keep_busy(struct load *l)
{
    for (size_t i = 0; i < l->worker_count; i++) {
        struct worker *w = &l->workers[i];
        if (is_idle(l, w) && may_begin(l, w))
            begin_next(l, w);
    }
}

void load_run(struct load *l, unsigned count, int ticks)
{
    size_t wanted = l->answered + count;
    struct cluster_wait wait =
        cluster_wait_begin(l->c, "enough operations are answered", ticks,
                           "grading/workload/load.c", __LINE__);
    for (keep_busy(l); l->answered < wanted; keep_busy(l))
        cluster_wait_more(&wait);
}

void load_drift(struct load *l, int ticks)
{
    struct cluster_wait wait = cluster_wait_begin(
        l->c, "", ticks, "grading/workload/load.c", __LINE__);
    for (keep_busy(l); cluster_wait_not(&wait, false); keep_busy(l))
        continue;
}

static void load_free(struct load *l)
{
    linear_history_release(&l->h);
    free(l);
}

// Why it is not linearizable: in the test's failure, and as a picture.
static void fail_with(struct load *l, const struct linear_report *r)
{
    struct linear_explanation e;
    linear_explain(&l->h, NULL, r, &e);
    FILE *page = fopen("log/history.html", "we");
    if (page != NULL) {
        linear_picture_html(page, "what clients saw", &l->h, &e, 0);
        fclose(page);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    linear_explanation_print(out, &l->h, &e);
    if (r->verdict == LINEAR_NO_ORDER) {
        fputc('\n', out);
        linear_picture_text(out, &l->h, &e, 76);
        fprintf(out, "\npicture: log/history.html, all operations: "
                     "log/history");
    }
    fclose(out);
    linear_explanation_release(&e);
    cluster_fail(l->c, "what clients saw is not linearizable\n%s", text);
}

static void await_all(struct load *l)
{
    for (size_t i = 0; i < l->worker_count; i++) {
        struct worker *w = &l->workers[i];
        if (w->running >= 0)
            kv_end(l->c, w->name); // fails if it takes too long
        is_idle(l, w);
    }
}

static void judge(struct load *l)
{
    cluster_tell(l->c, "%zu operations, %zu of them answered", l->h.count,
                 l->answered);
    if (l->file != NULL)
        fclose(l->file);
    struct linear_report r;
    if (linear_check(&l->h, NULL, &r) != LINEAR_YES)
        fail_with(l, &r);
    load_free(l);
}

static bool all_idle(struct load *l)
{
    bool idle = true;
    for (size_t i = 0; i < l->worker_count; i++)
        idle = is_idle(l, &l->workers[i]) && idle;
    return idle;
}

bool load_comes_to_rest(struct load *l, int ticks)
{
    struct cluster_wait wait = cluster_wait_begin(
        l->c, "", ticks, "grading/workload/load.c", __LINE__);
    while (!all_idle(l) && cluster_wait_not(&wait, false))
        continue;
    return all_idle(l);
}

void load_leave(struct load *l)
{
    judge(l);
}

void load_end(struct load *l)
{
    await_all(l);
    size_t before = l->answered;
    for (unsigned key = 0; key < l->spec.keys; key++) {
        struct worker *w = &l->workers[key % l->worker_count];
        begin_operation(l, w, key, LINEAR_GET);
        kv_end(l->c, w->name);
        is_idle(l, w);
    }
    if (l->answered != before + l->spec.keys)
        cluster_fail_waiting(l->c,
                             "at the end a Get of each key must be answered");
    judge(l);
}
