// split.c - see split.h.
//
// Pieces go to the last task until it is full. Only the place where a piece is
// to end is looked at, up to the next newline; the rest of the input is not
// read here.
#include "lab1-mapreduce/split.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

struct splitter {
    struct split *out;
    uint64_t full;  // bytes of a task, costs included
    uint64_t taken; // bytes of the last task, costs included
    int (*line_end)(const char *file, uint64_t offset, uint64_t *end);
};

static bool last_is_full(const struct splitter *s)
{
    if (s->out->count == 0)
        return true;
    if (s->out->count == SPLIT_TASKS_MAX)
        return false;
    return s->taken + SPLIT_FILE_COST >= s->full;
}

static void add_task(struct splitter *s)
{
    struct split *out = s->out;
    size_t size = (out->count + 1) * sizeof out->tasks[0];
    out->tasks = xrealloc(out->tasks, size);
    out->tasks[out->count++] = (struct map_task){0};
    s->taken = 0;
}

static void add_piece(struct splitter *s, const struct piece *piece)
{
    struct map_task *task = &s->out->tasks[s->out->count - 1];
    size_t size = (task->count + 1) * sizeof task->pieces[0];
    task->pieces = xrealloc(task->pieces, size);
    task->pieces[task->count++] = *piece;
    s->taken += piece->length + SPLIT_FILE_COST;
}

// How many bytes the last task can still take; it is not full.
static uint64_t room(const struct splitter *s)
{
    if (s->out->count == SPLIT_TASKS_MAX)
        return UINT64_MAX;
    if (s->taken == 0)
        return s->full;
    return s->full - s->taken - SPLIT_FILE_COST;
}

static int cut_file(struct splitter *s, const char *file, uint64_t size)
{
    uint64_t at = 0;
    while (at < size) {
        if (last_is_full(s))
            add_task(s);

        uint64_t end = size;
        if (room(s) < size - at) {
            int err = s->line_end(file, at + room(s) - 1, &end);
            if (err != ERR_OK)
                return err;
        }
        assert(end > at);
        struct piece piece = {.file = file, .offset = at, .length = end - at};
        add_piece(s, &piece);
        at = end;
    }
    return ERR_OK;
}

// Large enough that about SPLIT_TASKS_MAX tasks are enough.
static uint64_t task_size(const uint64_t *sizes, size_t count, uint64_t split)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += sizes[i] + SPLIT_FILE_COST;
    uint64_t least = total / SPLIT_TASKS_MAX + 1;
    return split > least ? split : least;
}

int split_files(const char *const *files, const uint64_t *sizes, size_t count,
                uint64_t split,
                int (*line_end)(const char *file, uint64_t offset,
                                uint64_t *end),
                struct split *out, size_t *wrong)
{
    *out = (struct split){0};
    struct splitter s = {
        .out = out,
        .full = task_size(sizes, count, split),
        .line_end = line_end,
    };
    for (size_t i = 0; i < count; i++) {
        int err = cut_file(&s, files[i], sizes[i]);
        if (err != ERR_OK) {
            *wrong = i;
            split_release(out);
            return err;
        }
    }
    return ERR_OK;
}

void split_release(struct split *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->tasks[i].pieces);
    free(s->tasks);
    *s = (struct split){0};
}
