// Histories that are drawn, written and read again: what comes back is what
// the format can say.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/random.h"
#include "grading/linear/read/convert.h"
#include "grading/linear/tests/read_dump.h"

enum {
    RUNS = 2000,
    EVENTS_MAX = 40,
    CLIENTS = 4,
    TEXT_MAX = 12,
};

// What the histories of a format may hold.
struct style {
    enum linear_format format;
    const char *kinds;    // of "gpacv", to draw from
    const char *outcomes; // of "onmf"
    const char *letters;  // of texts; NULL: any bytes
    size_t keys;          // 0: the key is ""
    bool absent;          // a get, or a cas, can tell that there was none
    bool tells;           // what appends and refused writes have seen
    bool notes;
    const char *init; // "nil" is none
};

struct drawing {
    struct random random;
    const struct style *style;
    struct linear_history *h;
    size_t open[CLIENTS]; // operations; or SIZE_MAX
    bool gone[CLIENTS];   // it has one that will never return
};

static size_t below(struct drawing *d, size_t n)
{
    return random_below(&d->random, n);
}

static struct slice draw_text(struct drawing *d)
{
    char text[TEXT_MAX];
    const char *letters = d->style->letters;
    size_t size = letters != NULL ? 1 + below(d, 2) : below(d, TEXT_MAX);
    for (size_t i = 0; i < size; i++)
        text[i] = letters != NULL
                      ? letters[below(d, strlen(letters))]
                      : (char)(below(d, 2) == 0 ? 'a' : below(d, 256));
    return linear_history_keep(d->h, text, size);
}

static void draw_seen(struct drawing *d, struct linear_op *op)
{
    bool value = !d->style->absent || below(d, 2) == 0;
    op->seen = value ? LINEAR_SAW_VALUE : LINEAR_SAW_ABSENT;
    if (value)
        op->result = draw_text(d);
}

static void draw_result(struct drawing *d, struct linear_op *op)
{
    bool ok = op->outcome == LINEAR_OK;
    bool refused = op->outcome == LINEAR_NO && d->style->tells;
    if (op->kind == LINEAR_GET && ok) {
        draw_seen(d, op);
        if (d->style->tells && below(d, 2) == 0)
            op->version = (int32_t)below(d, INT32_MAX);
    } else if (op->kind == LINEAR_APPEND && ok && d->style->tells) {
        if (below(d, 2) == 0)
            draw_seen(d, op);
    } else if (op->kind == LINEAR_CAS && refused) {
        if (below(d, 3) > 0)
            draw_seen(d, op);
    } else if (op->kind == LINEAR_VPUT && refused) {
        op->version = (int32_t)below(d, INT32_MAX);
    }
}

// A key has versions or none: by its number.
static uint8_t draw_kind(struct drawing *d, size_t key)
{
    static const char names[] = "gpacv";
    for (;;) { // ends: sooner or later a kind fits
        char name = d->style->kinds[below(d, strlen(d->style->kinds))];
        uint8_t kind = (uint8_t)(strchr(names, name) - names);
        bool writes = kind != LINEAR_GET;
        if (!writes || (kind == LINEAR_VPUT) == (key % 3 == 2))
            return kind;
    }
}

static void draw_call(struct drawing *d, size_t client, int64_t at)
{
    char name[TEXT_MAX];
    struct linear_op *op = linear_history_add(d->h);
    d->open[client] = d->h->count - 1;
    // Its number, as the readers count: by the first call.
    snprintf(name, sizeof name, "%zu", client);
    struct slice kept = linear_history_keep(d->h, name, strlen(name));
    op->client = texts_add(&d->h->clients, kept, NULL);
    size_t key = d->style->keys > 0 ? below(d, d->style->keys) : 0;
    snprintf(name, sizeof name, "k\u00e9%zu", key);
    kept =
        linear_history_keep(d->h, name, d->style->keys > 0 ? strlen(name) : 0);
    op->key = texts_add(&d->h->keys, kept, NULL);
    op->kind = draw_kind(d, key);
    op->call = at;
    op->outcome = LINEAR_MAYBE;
    if (op->kind != LINEAR_GET)
        op->argument = draw_text(d);
    if (op->kind == LINEAR_VPUT)
        op->wanted = (int32_t)below(d, 9);
    op->expects_absent = op->kind == LINEAR_CAS && d->style->absent &&
                         d->style->format != LINEAR_JEPSEN && below(d, 2) == 0;
    if (op->kind == LINEAR_CAS && !op->expects_absent)
        op->expected = draw_text(d);
}

// False: it will never return.
static bool draw_return(struct drawing *d, size_t client, int64_t at)
{
    struct linear_op *op = &d->h->ops[d->open[client]];
    char name = d->style->outcomes[below(d, strlen(d->style->outcomes))];
    bool can_be_refused = op->kind == LINEAR_CAS || op->kind == LINEAR_VPUT;
    op->outcome = name == 'o'                     ? LINEAR_OK
                  : name == 'f'                   ? LINEAR_FAILED
                  : name == 'n' && can_be_refused ? LINEAR_NO
                                                  : LINEAR_MAYBE;
    d->open[client] = SIZE_MAX;
    d->gone[client] = op->outcome == LINEAR_MAYBE;
    if (!d->gone[client])
        op->ret = at;
    draw_result(d, op);
    return !d->gone[client];
}

// Clients call first in the order of their numbers.
static void draw(struct drawing *d)
{
    int64_t at = 1;
    if (strcmp(d->style->init, "nil") != 0) {
        d->h->begins_absent = false;
        d->h->init = slice_text(d->style->init);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        d->open[i] = SIZE_MAX;
        d->gone[i] = false;
    }
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        size_t known = d->h->clients.count;
        size_t client = below(d, known < CLIENTS ? known + 1 : CLIENTS);
        if (d->style->notes && below(d, 9) == 0)
            linear_history_note(d->h, at - 1, slice_text("n1"),
                                slice_text("cut it"));
        if (d->gone[client])
            continue;
        if (d->open[client] == SIZE_MAX)
            draw_call(d, client, at++);
        else if (draw_return(d, client, at))
            at++;
    }
}

static void expect_same(const struct linear_history *h,
                        const struct style *style)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    char *why = linear_convert(out, h, style->format);
    fclose(out);
    ck_assert_msg(why == NULL, "%s", why);
    struct linear_history again;
    linear_history_init(&again);
    struct linear_reading how = {
        .format = style->format,
        .nil = LINEAR_NIL_ABSENT,
        .independent = style->keys > 0,
        .init = style->format == LINEAR_LINES ? NULL : style->init};
    char *error = linear_read_bytes("f", slice_of(text, size), &how, &again);
    ck_assert_msg(error == NULL, "%s in\n%s", error, text);
    char *before = read_dump(h);
    char *behind = read_dump(&again);
    ck_assert_msg(strcmp(before, behind) == 0, "%s\nbecame\n%s\nby\n%s", before,
                  behind, text);
    free(before);
    free(behind);
    free(text);
    linear_history_release(&again);
}

static void go_round(const struct style *style)
{
    struct drawing d = {.style = style};
    random_init(&d.random, random_seed());
    for (size_t i = 0; i < RUNS; i++) {
        struct linear_history h;
        linear_history_init(&h);
        d.h = &h;
        draw(&d);
        expect_same(&h, style);
        linear_history_release(&h);
    }
}

START_TEST(lines_come_back)
{
    const struct style style = {LINEAR_LINES, "gpacv", "ooonmf", NULL, 3,
                                true,         true,    true,     "nil"};
    go_round(&style);
    struct style begins = style;
    begins.init = "\"\xff";
    go_round(&begins);
}
END_TEST

START_TEST(logs_come_back)
{
    const struct style porcupine = {
        LINEAR_PORCUPINE, "gpa", "ooom", "xy \\", 2, false, false, false, ""};
    go_round(&porcupine);
    const struct style jepsen = {LINEAR_JEPSEN, "gpc", "ooonm", "123", 0,
                                 true,          false, false,   "nil"};
    go_round(&jepsen);
}
END_TEST

START_TEST(maps_come_back)
{
    struct style style = {LINEAR_EDN, "gpac", "ooomf", "1234\"\\\n;x", 2,
                          true,       false,  true,    "nil"};
    go_round(&style);
    style.format = LINEAR_ELLE;
    go_round(&style);
    style.keys = 0;
    style.init = "0";
    go_round(&style);
    style.format = LINEAR_EDN;
    go_round(&style);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "lines come back as they were", lines_come_back, 60},
        {"linear", "logs come back as they were", logs_come_back, 60},
        {"linear", "EDN and JSON come back as they were", maps_come_back, 60},
    };
    return unit_main(argc, argv, "linear round", tests,
                     sizeof tests / sizeof tests[0]);
}
