// sequential.c - see sequential.h.
//
// Simple on purpose: an oracle is worth something if it can be checked by
// reading. It shares with the others the applications, the reading of lines
// and the function that tells a key's partition; it has no splits, no hash
// table, no combiner, no merging and no segments.
#include "lab1-mapreduce/sequential.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/batch.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/output.h"
#include "lab1-mapreduce/pairs.h"
#include "lab1-mapreduce/pool.h"

struct pair {
    uint32_t part;
    struct slice key;
    struct slice value;
    size_t number; // of its emission
};

// All that map has emitted.
struct pair_list {
    struct emitter emitter;
    uint32_t reduces;
    struct pair *all;
    size_t count;
    size_t room;
    struct pool pool; // the bytes of keys and values
};

static struct slice copy(struct pool *pool, struct slice bytes)
{
    unsigned char *to = pool_alloc(pool, bytes.size);
    for (size_t i = 0; i < bytes.size; i++)
        to[i] = bytes.data[i];
    return slice_of(to, bytes.size);
}

static void add_pair(struct emitter *e, struct slice key, struct slice value)
{
    struct pair_list *list = (struct pair_list *)e;
    if (list->count == list->room) {
        list->room = 2 * list->room + 1024;
        size_t size = list->room * sizeof list->all[0];
        list->all = xrealloc(list->all, size);
    }
    list->all[list->count] = (struct pair){
        .part = key_partition(key, list->reduces),
        .key = copy(&list->pool, key),
        .value = copy(&list->pool, value),
        .number = list->count,
    };
    list->count++;
}

static int pair_order(const void *a, const void *b)
{
    const struct pair *left = a;
    const struct pair *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    int order = slice_compare(left->key, right->key);
    if (order != 0)
        return order;
    return (left->number > right->number) - (left->number < right->number);
}

static char *map_file(const struct mr_app *app, void *state, const char *file,
                      struct pair_list *list)
{
    uint64_t size;
    int err = input_size(file, &size);
    if (err != ERR_OK)
        return xasprintf("cannot read %s: %s", file, err_text(err));

    struct input *input = input_new(file, 0, size, INPUT_WINDOW);
    struct map_input in = {.file = file, .state = state};
    err = input_next(input, &in.text, &in.offset);
    while (err == ERR_OK) {
        app->map(&in, &list->emitter);
        err = input_next(input, &in.text, &in.offset);
    }
    input_free(input);
    if (err != READ_END)
        return xasprintf("cannot read %s: %s", file, err_text(err));
    return NULL;
}

static char *map_all(const struct mr_app *app, const char *arg,
                     const char *const *files, size_t count,
                     struct pair_list *list)
{
    void *state = NULL;
    char *why = app->start == NULL ? NULL : app->start(arg, &state);
    if (why != NULL)
        return why;
    for (size_t i = 0; i < count && why == NULL; i++)
        why = map_file(app, state, files[i], list);
    if (app->stop != NULL)
        app->stop(state);
    return why;
}

// --- Reducing --------------------------------------------------------------

// The values of the pairs [at, end), which have the same key.
struct pair_values {
    struct values values;
    const struct pair_list *list;
    size_t at;
    size_t end;
};

static bool next_value(struct values *values, struct slice *value)
{
    struct pair_values *v = (struct pair_values *)values;
    if (v->at == v->end)
        return false;
    *value = v->list->all[v->at++].value;
    return true;
}

struct part_writer {
    struct emitter emitter;
    struct batch *file;
};

static void write_line(struct emitter *e, struct slice key, struct slice value)
{
    struct part_writer *w = (struct part_writer *)e;
    batch_append(w->file, key);
    batch_append(w->file, slice_of("\t", 1));
    batch_append(w->file, value);
    batch_append(w->file, slice_of("\n", 1));
}

// Where the group of pairs with the same key ends that begins at `at`.
static size_t group_end(const struct pair_list *list, size_t at)
{
    size_t end = at + 1;
    while (end < list->count && list->all[end].part == list->all[at].part &&
           slice_equal(list->all[end].key, list->all[at].key))
        end++;
    return end;
}

// Reduces the pairs of one part, which begin at *at, and moves *at behind it.
static void reduce_part(const struct mr_app *app, const struct pair_list *list,
                        uint32_t part, size_t *at, struct part_writer *w)
{
    while (*at < list->count && list->all[*at].part == part) {
        size_t end = group_end(list, *at);
        struct pair_values values = {{next_value}, list, *at, end};
        app->reduce(list->all[*at].key, &values.values, &w->emitter);
        *at = end;
    }
}

static char *write_part(const struct mr_app *app, const struct pair_list *list,
                        uint32_t part, size_t *at, const struct output *out)
{
    char *path = output_part(out->path, part);
    char *draft = output_draft(out->temporary, "part", part, "sequential");
    struct part_writer w = {.emitter.emit = write_line};
    int err = batch_begin(draft, path, &w.file);
    if (err == ERR_OK) {
        reduce_part(app, list, part, at, &w);
        err = batch_commit(w.file);
    }
    char *why = NULL;
    if (err != ERR_OK)
        why = xasprintf("cannot write %s: %s", path, err_text(err));
    free(draft);
    free(path);
    return why;
}

static char *write_all(const struct mr_app *app, const struct pair_list *list,
                       const char *path)
{
    struct output out;
    char *why = output_make(path, &out);
    if (why != NULL)
        return why;
    size_t at = 0;
    for (uint32_t i = 0; i < list->reduces && why == NULL; i++)
        why = write_part(app, list, i, &at, &out);
    if (why == NULL)
        return output_keep(&out);
    output_drop(&out, list->reduces);
    return why;
}

char *sequential_run(const struct mr_app *app, const char *arg,
                     const char *const *files, size_t count, uint32_t reduces,
                     const char *out)
{
    struct pair_list list = {.emitter.emit = add_pair, .reduces = reduces};
    pool_init(&list.pool);
    char *why = map_all(app, arg, files, count, &list);
    if (why == NULL && list.count > 0)
        qsort(list.all, list.count, sizeof list.all[0], pair_order);
    if (why == NULL)
        why = write_all(app, &list, out);
    free(list.all);
    pool_release(&list.pool);
    return why;
}
