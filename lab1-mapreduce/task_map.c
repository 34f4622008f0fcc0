// task_map.c - one attempt at a map task.
//
// Pairs gather in memory. When that is full they are sorted and written to a
// file, a run, of the same form as the task's output; in the end the runs are
// merged into that, as a reduce task would do it. Most tasks have no runs.
// Memory is bounded by this whatever map emits, and by windows (input.h)
// whatever it reads.
//
// Read next: pairs.h, segment.h.
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "lab1-mapreduce/block.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/merge.h"
#include "lab1-mapreduce/output.h"
#include "lab1-mapreduce/pairs.h"
#include "lab1-mapreduce/segment.h"
#include "lab1-mapreduce/task.h"

struct map_run {
    struct emitter emitter; // what map gets
    const struct attempt *a;
    struct pairs *pairs;
    char **runs; // paths
    size_t run_count;
    char *why; // it has failed; NULL if not
};

static bool is_over(const struct map_run *m)
{
    return m->why != NULL || atomic_load(m->a->unwanted);
}

static char *cannot_write(const char *path, int err)
{
    return xasprintf("cannot write %s: %s", path, err_text(err));
}

// --- Writing what is in memory ---------------------------------------------

static int add_pairs(struct segment_writer *w, struct pairs *pairs)
{
    int err = ERR_OK;
    pairs_sort(pairs);
    for (size_t i = 0; i < pairs_count(pairs) && err == ERR_OK; i++) {
        struct group group = pairs_at(pairs, i);
        err = segment_add(w, group.partition, group.key, group.block);
    }
    return err;
}

static int write_pairs(struct map_run *m, const char *draft, const char *path)
{
    struct segment_writer *w;
    int err = segment_begin(draft, path, m->a->reduces, &w);
    if (err != ERR_OK)
        return err;
    err = add_pairs(w, m->pairs);
    if (err == ERR_OK)
        return segment_commit(w);
    segment_abandon(w);
    return err;
}

static void write_run(struct map_run *m)
{
    const struct attempt *a = m->a;
    char *label = xasprintf("%s.run-%zu", a->label, m->run_count);
    char *path = output_draft(a->temporary, "map", a->task, label);
    char *draft = xasprintf("%s.draft", path);

    int err = write_pairs(m, draft, path);
    if (err != ERR_OK && m->why == NULL)
        m->why = cannot_write(path, err);
    size_t size = (m->run_count + 1) * sizeof m->runs[0];
    m->runs = xrealloc(m->runs, size);
    m->runs[m->run_count++] = path;
    pairs_clear(m->pairs);
    free(draft);
    free(label);
}

// map cannot be stopped: after a failure its pairs are dropped.
static void emit(struct emitter *e, struct slice key, struct slice value)
{
    struct map_run *m = (struct map_run *)e;
    if (is_over(m))
        return;
    pairs_add(m->pairs, key, value);
    if (pairs_bytes(m->pairs) > m->a->map_bytes)
        write_run(m);
}

// --- Merging runs ----------------------------------------------------------

// Writes the values of a key, a record's worth at a time.
static int add_values(struct segment_writer *w, uint32_t partition,
                      struct slice key, struct values *values,
                      struct buf *block)
{
    int err = ERR_OK;
    struct slice value;
    buf_clear(block);
    while (err == ERR_OK && mr_next(values, &value)) {
        unsigned char *to = buf_reserve(block, block_size(value));
        assert(to != NULL);
        block_put(to, value);
        block->size += block_size(value);
        if (block->size >= SEGMENT_BLOCK_MAX) {
            err = segment_add(w, partition, key, buf_slice(block));
            buf_clear(block);
        }
    }
    if (err == ERR_OK)
        err = segment_add(w, partition, key, buf_slice(block));
    return err;
}

static int merge_partition(struct map_run *m, uint32_t partition,
                           struct segment_writer *w)
{
    struct merge *merge;
    size_t wrong;
    int err = merge_open(m->runs, m->run_count, partition, TASK_MERGE_BYTES,
                         &merge, &wrong);
    if (err != ERR_OK)
        return err;
    struct buf block;
    buf_init(&block, SIZE_MAX);
    struct slice key;
    err = merge_next(merge, &key);
    while (err == ERR_OK && !is_over(m)) {
        err = add_values(w, partition, key, merge_values(merge), &block);
        if (err == ERR_OK)
            err = merge_next(merge, &key);
    }
    buf_release(&block);
    merge_close(merge);
    return err == READ_END ? ERR_OK : err;
}

static int merge_runs(struct map_run *m, const char *draft, const char *path)
{
    struct segment_writer *w;
    int err = segment_begin(draft, path, m->a->reduces, &w);
    if (err != ERR_OK)
        return err;
    for (uint32_t i = 0; i < m->a->reduces && err == ERR_OK; i++)
        err = merge_partition(m, i, w);
    if (err == ERR_OK && !is_over(m))
        return segment_commit(w);
    segment_abandon(w);
    return err;
}

// --- The task --------------------------------------------------------------

static void finish(struct map_run *m)
{
    const struct attempt *a = m->a;
    char *path = output_map(a->temporary, a->task);
    char *draft = output_draft(a->temporary, "map", a->task, a->label);
    if (m->run_count > 0)
        write_run(m);

    int err = ERR_OK;
    if (m->why == NULL && m->run_count > 0)
        err = merge_runs(m, draft, path);
    else if (m->why == NULL)
        err = write_pairs(m, draft, path);
    // ERR_EXISTS: another attempt was first. It read the same input and wrote
    // the same bytes, so its file is as good as ours.
    if (err != ERR_OK && err != ERR_EXISTS)
        m->why = cannot_write(path, err);

    const char *failure = pairs_failure(m->pairs);
    if (failure != NULL && m->why == NULL)
        m->why = xasprintf("application %s: %s", a->app->name, failure);
    free(draft);
    free(path);
}

static char *cannot_read(const char *file, int err)
{
    if (err == ERR_LIMIT)
        return xasprintf("input file %s: a line is longer than %d bytes", file,
                         INPUT_LINE_MAX);
    if (err == ERR_PROTO)
        return xasprintf("input file %s has changed since the job began", file);
    return xasprintf("cannot read input file %s: %s", file, err_text(err));
}

static void map_piece(struct map_run *m, const struct piece *piece, void *state)
{
    char *path = folder_absolute(m->a->folder, piece->file);
    struct input *input =
        input_new(path, piece->offset, piece->length, INPUT_WINDOW);
    struct map_input in = {.file = piece->file, .state = state};

    int err = input_next(input, &in.text, &in.offset);
    while (err == ERR_OK && !is_over(m)) {
        m->a->app->map(&in, &m->emitter);
        err = input_next(input, &in.text, &in.offset);
    }
    if (err != ERR_OK && err != READ_END && m->why == NULL)
        m->why = cannot_read(piece->file, err);
    input_free(input);
    free(path);
}

static void map_all(struct map_run *m, const struct map_task *input)
{
    const struct mr_app *app = m->a->app;
    void *state = NULL;
    if (app->start != NULL)
        m->why = app->start(m->a->arg, &state);
    if (m->why != NULL)
        return;
    for (size_t i = 0; i < input->count && !is_over(m); i++)
        map_piece(m, &input->pieces[i], state);
    if (app->stop != NULL)
        app->stop(state);
}

char *task_map(const struct attempt *a, const struct map_task *input)
{
    struct map_run m = {
        .emitter.emit = emit,
        .a = a,
        .pairs = pairs_new(a->app, a->reduces),
    };
    map_all(&m, input);
    if (!is_over(&m))
        finish(&m);

    for (size_t i = 0; i < m.run_count; i++) {
        folder_remove(m.runs[i]);
        free(m.runs[i]);
    }
    free(m.runs);
    pairs_free(m.pairs);
    return m.why;
}
