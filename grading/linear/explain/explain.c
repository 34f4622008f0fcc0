// explain.c - the argument, what would have been right, since when it is
// certain, the least that is still wrong.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "grading/linear/explain/sentence.h"

enum {
    TRIAL_MS = 250, // of a search for the sake of the explanation
    CERTAIN_MS = 5000,
    SHRINK_MS = 5000,
    ALLOWED_MS = 500,
    ALLOWED_MAX = 6,
    CANDIDATES = 16,
};

struct linear_op *history_copy(const struct linear_history *from,
                               const struct linear_op *op,
                               struct linear_history *to)
{
    struct linear_op *copy = linear_history_add(to);
    *copy = *op;
    copy->client = texts_add(&to->clients, from->clients.at[op->client], NULL);
    copy->key = texts_add(&to->keys, from->keys.at[op->key], NULL);
    return copy;
}

// Likewise, after all clients of `from` have been added.
static struct linear_op *copy_same_client(const struct linear_op *op,
                                          struct linear_history *to)
{
    struct linear_op *copy = linear_history_add(to);
    *copy = *op;
    copy->key = 0;
    return copy;
}

void history_prefix(const struct linear_history *h, uint32_t key, int64_t until,
                    struct linear_history *out)
{
    linear_history_init(out);
    out->begins_absent = h->begins_absent;
    out->init = h->init;
    linear_history_expect(out, h->count);
    texts_add(&out->keys, h->keys.at[key], NULL);
    for (size_t i = 0; i < h->clients.count; i++)
        texts_add(&out->clients, h->clients.at[i], NULL);
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        if (op->key != key || op->call > until)
            continue;
        struct linear_op *copy = copy_same_client(op, out);
        if (op->ret <= until && op->ret != LINEAR_PENDING)
            continue;
        copy->ret = LINEAR_PENDING;
        if (op->outcome == LINEAR_FAILED)
            continue;
        copy->outcome = LINEAR_MAYBE; // whatever it will say, it has not yet
        copy->seen = LINEAR_SAW_UNKNOWN;
        copy->version = LINEAR_NO_VERSION;
    }
}

bool is_violation(const struct linear_history *h,
                  const struct linear_options *options)
{
    struct linear_report r;
    return linear_check(h, options, &r) == LINEAR_NO_ORDER;
}

static bool is_wrong_until(const struct linear_history *h, uint32_t key,
                           int64_t until, const struct linear_options *o)
{
    struct linear_history prefix;
    history_prefix(h, key, until, &prefix);
    bool wrong = is_violation(&prefix, o);
    linear_history_release(&prefix);
    return wrong;
}

// The last position of the argument.
static int64_t end_of_argument(const struct linear_history *h,
                               const struct linear_report *r)
{
    int64_t end = 0;
    for (size_t i = 0; i < r->witness_count; i++) {
        const struct linear_op *op = &h->ops[r->witnesses[i]];
        int64_t last = op->ret == LINEAR_PENDING ? op->call : op->ret;
        end = last > end ? last : end;
    }
    return end;
}

static int64_t end_of_key(const struct linear_history *h, uint32_t key)
{
    int64_t end = 0;
    for (size_t i = 0; i < h->count; i++) {
        const struct linear_op *op = &h->ops[i];
        int64_t last = op->ret > op->call ? op->ret : op->call;
        end = op->key == key && last > end ? last : end;
    }
    return end;
}

// The first position at which it is certain: not behind `high`. If time is
// short, a later one.
static int64_t find_certain(const struct linear_history *h, uint32_t key,
                            const struct linear_options *o, int64_t high)
{
    int64_t deadline_ms = clock_now_ms() + CERTAIN_MS;
    int64_t low = 0; // fine up to here
    if (!is_wrong_until(h, key, high - 1, o))
        return high;
    for (high--; low + 1 < high && clock_now_ms() < deadline_ms;) {
        int64_t middle = low + (high - low) / 2;
        if (is_wrong_until(h, key, middle, o))
            high = middle;
        else
            low = middle;
    }
    return high;
}

// --- The argument ----------------------------------------------------------

static bool precedes(const struct linear_op *a, const struct linear_op *b)
{
    return a->ret != LINEAR_PENDING && a->outcome != LINEAR_MAYBE &&
           a->ret < b->call;
}

static bool is_between(const struct linear_history *h,
                       const struct linear_explanation *e,
                       const struct linear_op *a, const struct linear_op *b)
{
    for (size_t i = 0; i < e->op_count; i++) {
        const struct linear_op *op = &h->ops[e->ops[i]];
        if (precedes(a, op) && precedes(op, b))
            return true;
    }
    return false;
}

static bool ends_with(struct slice text, struct slice tail)
{
    return tail.size > 0 && text.size >= tail.size &&
           memcmp(text.data + text.size - tail.size, tail.data, tail.size) == 0;
}

static const char *edge_between(const struct linear_history *h,
                                const struct linear_explanation *e,
                                const struct linear_op *a,
                                const struct linear_op *b)
{
    if (precedes(a, b) && !is_between(h, e, a, b))
        return "returned before";
    if (linear_op_writes(a) && b->seen == LINEAR_SAW_VALUE && a != b &&
        ends_with(b->result, a->argument))
        return "wrote what was seen by";
    return NULL;
}

static void find_edges(const struct linear_history *h,
                       struct linear_explanation *e)
{
    e->edges = xcalloc(LINEAR_WITNESSES * LINEAR_WITNESSES, sizeof *e->edges);
    for (size_t i = 0; i < e->op_count; i++)
        for (size_t j = 0; j < e->op_count; j++) {
            const char *reason = i == j ? NULL
                                        : edge_between(h, e, &h->ops[e->ops[i]],
                                                       &h->ops[e->ops[j]]);
            if (reason != NULL)
                e->edges[e->edge_count++] = (struct linear_edge){i, j, reason};
        }
}

// --- Lanes -----------------------------------------------------------------

static struct linear_lane *lane_of(struct linear_explanation *e,
                                   struct slice value, bool absent)
{
    for (size_t i = 0; i < e->lane_count; i++)
        if (e->lanes[i].absent == absent &&
            slice_equal(e->lanes[i].value, value))
            return &e->lanes[i];
    e->lanes[e->lane_count] = (struct linear_lane){
        .value = value, .absent = absent, .begin = INT64_MAX, .end = -1};
    return &e->lanes[e->lane_count++];
}

// Here begin is the earliest return, and end the latest call.
static void widen(struct linear_lane *lane, const struct linear_op *op)
{
    if (op->ret != LINEAR_PENDING && op->outcome != LINEAR_MAYBE &&
        op->ret < lane->begin)
        lane->begin = op->ret;
    if (op->call > lane->end)
        lane->end = op->call;
}

static struct slice value_after(struct linear_history *h,
                                const struct linear_op *op)
{
    if (op->kind != LINEAR_APPEND || op->seen == LINEAR_SAW_ABSENT)
        return op->argument;
    size_t before = op->seen == LINEAR_SAW_VALUE ? op->result.size : 0;
    unsigned char *out =
        linear_history_reserve(h, before + op->argument.size + 1);
    if (before > 0)
        memcpy(out, op->result.data, before);
    if (op->argument.size > 0)
        memcpy(out + before, op->argument.data, op->argument.size);
    return slice_of(out, before + op->argument.size);
}

static void find_conflicts(struct linear_explanation *e)
{
    for (size_t i = 0; i < e->lane_count; i++)
        for (size_t j = 0; j < e->lane_count; j++) {
            struct linear_lane *a = &e->lanes[i];
            struct linear_lane *b = &e->lanes[j];
            if (i != j && a->solid && a->begin < b->end && b->begin < a->end)
                a->conflict = b->conflict = true;
        }
}

static bool is_beginning(struct slice a, struct slice b)
{
    return a.size <= b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

// Values that grow out of each other share a lane: that of the shortest.
static struct linear_lane *chain_of(struct linear_explanation *e,
                                    struct slice value)
{
    for (size_t i = 0; i < e->lane_count; i++) {
        struct linear_lane *lane = &e->lanes[i];
        if (lane->absent || lane->value.size == 0 || value.size == 0)
            continue;
        if (is_beginning(lane->value, value))
            return lane;
        if (is_beginning(value, lane->value)) {
            lane->value = value;
            return lane;
        }
    }
    return lane_of(e, value, false);
}

// Of the values that an operation speaks of, and of those it leaves.
static void add_lanes(struct linear_explanation *e, const struct linear_op *op,
                      bool chains)
{
    if (op->seen == LINEAR_SAW_ABSENT)
        widen(lane_of(e, (struct slice){0}, true), op);
    if (op->seen == LINEAR_SAW_VALUE)
        widen(chains ? chain_of(e, op->result) : lane_of(e, op->result, false),
              op);
    bool tells = op->kind != LINEAR_APPEND ||
                 (op->seen != LINEAR_SAW_UNKNOWN && !chains);
    if (!linear_op_writes(op) || !tells)
        return;
    struct slice value = value_after(&e->minimal, op);
    widen(chains ? chain_of(e, value) : lane_of(e, value, false), op);
}

static void finish_lane(struct linear_lane *lane, bool begins_absent,
                        int64_t last)
{
    if (lane->absent && begins_absent)
        lane->begin = 0;
    if (lane->begin == INT64_MAX)
        lane->begin = last;
    lane->solid = lane->begin < lane->end;
    if (lane->solid)
        return;
    int64_t begin = lane->begin;
    lane->begin = lane->end;
    lane->end = begin;
}

// Of the argument; after a search, of the minimal history.
static void find_lanes(const struct linear_history *h,
                       struct linear_explanation *e)
{
    bool searched = e->report.why == LINEAR_NO_ORDER_FITS;
    size_t count = searched ? e->minimal.count : e->op_count;
    e->lanes = xcalloc(2 * count + 1, sizeof e->lanes[0]);
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        const struct linear_op *op =
            searched ? &e->minimal.ops[i] : &h->ops[e->ops[i]];
        last = op->call > last ? op->call : last;
        last = op->ret > last ? op->ret : last;
        add_lanes(e, op, !searched);
    }
    for (size_t i = 0; i < e->lane_count; i++)
        finish_lane(&e->lanes[i], h->begins_absent, last);
    find_conflicts(e);
}

// --- What would have been right --------------------------------------------

// The last of the argument that says what it saw; SIZE_MAX: none does.
static size_t last_reader(const struct linear_history *h,
                          const struct linear_report *r)
{
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < r->witness_count; i++) {
        const struct linear_op *op = &h->ops[r->witnesses[i]];
        bool reads = op->seen != LINEAR_SAW_UNKNOWN &&
                     (op->kind == LINEAR_GET || op->kind == LINEAR_APPEND) &&
                     op->version == LINEAR_NO_VERSION;
        if (reads && op->ret != LINEAR_PENDING &&
            (last == SIZE_MAX || op->ret > h->ops[last].ret))
            last = r->witnesses[i];
    }
    return last;
}

// Values that are near `op`: of those that were written or seen, and the one
// that the key begins with.
static size_t find_candidates(struct linear_history *prefix, struct slice *out)
{
    size_t n = 0;
    if (!prefix->begins_absent)
        out[n++] = prefix->init;
    for (size_t i = prefix->count; i-- > 0 && n < CANDIDATES;) {
        const struct linear_op *op = &prefix->ops[i];
        bool writes = linear_op_writes(op);
        bool known = !writes && op->seen != LINEAR_SAW_VALUE;
        struct slice value = writes ? value_after(prefix, op) : op->result;
        for (size_t j = 0; j < n; j++)
            known = known || slice_equal(out[j], value);
        if (!known)
            out[n++] = value;
    }
    return n;
}

// The operation in the prefix that *op is in *h.
static struct linear_op *same_op(const struct linear_history *h,
                                 const struct linear_op *op,
                                 struct linear_history *prefix)
{
    struct slice client = h->clients.at[op->client];
    size_t i = 0;
    while (prefix->ops[i].call != op->call || prefix->ops[i].ret != op->ret ||
           !slice_equal(prefix->clients.at[prefix->ops[i].client], client))
        i++;
    return &prefix->ops[i];
}

static bool would_do(struct linear_history *prefix, struct linear_op *op,
                     const struct linear_options *o, enum linear_seen seen,
                     struct slice value)
{
    struct linear_report r;
    op->seen = (uint8_t)seen;
    op->result = value;
    return linear_check(prefix, o, &r) == LINEAR_YES;
}

static void find_allowed(const struct linear_history *h,
                         const struct linear_options *o,
                         struct linear_explanation *e)
{
    size_t reader = last_reader(h, &e->report);
    if (reader == SIZE_MAX)
        return;
    struct linear_history prefix;
    history_prefix(h, e->report.key, h->ops[reader].ret, &prefix);
    struct linear_op *op = same_op(h, &h->ops[reader], &prefix);
    struct slice candidates[CANDIDATES];
    size_t count = find_candidates(&prefix, candidates);
    int64_t deadline_ms = clock_now_ms() + ALLOWED_MS;
    e->allowed = xcalloc(ALLOWED_MAX, sizeof e->allowed[0]);
    e->allowed_op = reader;
    e->allowed_absent =
        would_do(&prefix, op, o, LINEAR_SAW_ABSENT, (struct slice){0});
    for (size_t i = 0; i < count && e->allowed_count < ALLOWED_MAX &&
                       clock_now_ms() < deadline_ms;
         i++)
        if (would_do(&prefix, op, o, LINEAR_SAW_VALUE, candidates[i]))
            e->allowed[e->allowed_count++] = linear_history_keep(
                &e->minimal, candidates[i].data, candidates[i].size);
    linear_history_release(&prefix);
}

// --- The whole -------------------------------------------------------------

// Of a key without Appends, in which nobody wrote what was found: that suffices
// (search/origin.c). False: it is not so.
static bool add_origin(const struct linear_history *h,
                       const struct linear_report *r,
                       struct linear_history *minimal)
{
    if (r->why != LINEAR_FROM_NOWHERE || r->engine == LINEAR_BLOCKS)
        return false;
    minimal->begins_absent = h->begins_absent;
    minimal->init = h->init;
    history_copy(h, &h->ops[r->witnesses[0]], minimal);
    return true;
}

// The least that is wrong, and since when it is certain. In what the argument
// speaks of, if that is wrong by itself: a small history is soon searched.
static void find_minimal(const struct linear_history *h,
                         const struct linear_options *o,
                         struct linear_explanation *e)
{
    const struct linear_report *r = &e->report;
    struct linear_history related;
    bool small =
        history_related(h, r->key, r->witnesses, r->witness_count, &related) &&
        is_violation(&related, o);
    const struct linear_history *in = small ? &related : h;
    uint32_t key = small ? 0 : r->key;
    int64_t end = end_of_argument(h, r);
    if (!is_wrong_until(in, key, end, o))
        end = end_of_key(in, key);
    e->certain = find_certain(in, key, o, end);
    if (small) // with all that there is it may be certain earlier
        e->certain = find_certain(h, r->key, o, e->certain);
    if (!add_origin(h, r, &e->minimal)) {
        history_prefix(in, key, end, &e->minimal);
        shrink(&e->minimal, o, SHRINK_MS);
    }
    linear_history_release(&related);
}

void linear_explain(const struct linear_history *h,
                    const struct linear_options *options,
                    const struct linear_report *report,
                    struct linear_explanation *e)
{
    *e = (struct linear_explanation){.report = *report};
    linear_history_init(&e->minimal);
    e->kind = kind_of_violation(report->why);
    e->sentence = sentence_about(h, report);
    e->op_count = report->witness_count;
    e->ops = xcalloc(LINEAR_WITNESSES, sizeof e->ops[0]);
    for (size_t i = 0; i < e->op_count; i++)
        e->ops[i] = report->witnesses[i];
    if (report->verdict != LINEAR_NO_ORDER)
        return;
    struct linear_options o = {0};
    if (options != NULL)
        o = *options;
    o.engine = o.engine == LINEAR_BLOCKS ? LINEAR_AUTO : o.engine;
    o.threads = 1;
    if (o.max_ms == 0 || o.max_ms > TRIAL_MS)
        o.max_ms = TRIAL_MS;
    find_edges(h, e);
    find_minimal(h, &o, e);
    find_allowed(h, &o, e); // its values are kept in the minimal history
    find_lanes(h, e);
}

void linear_explanation_release(struct linear_explanation *e)
{
    free(e->sentence);
    free(e->ops);
    free(e->edges);
    free(e->lanes);
    free(e->allowed);
    linear_history_release(&e->minimal);
}
