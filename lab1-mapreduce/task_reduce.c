// task_reduce.c - one attempt at a reduce task.
//
// The part is written while the map outputs are read, key by key, so memory
// does not grow with either. It gets its name at the commit: nobody ever sees
// half a part.
//
// Read next: merge.h.
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/batch.h"
#include "lab1-mapreduce/input.h"
#include "lab1-mapreduce/merge.h"
#include "lab1-mapreduce/output.h"
#include "lab1-mapreduce/task.h"

struct reduce_run {
    struct emitter emitter; // what reduce gets
    const struct attempt *a;
    struct batch *file;
    struct slice key; // the one that is being reduced
    bool foreign;     // reduce emitted a pair for another key
};

static bool is_over(const struct reduce_run *r)
{
    return batch_error(r->file) != ERR_OK || r->foreign ||
           atomic_load(r->a->unwanted);
}

static void emit(struct emitter *e, struct slice key, struct slice value)
{
    struct reduce_run *r = (struct reduce_run *)e;
    r->foreign = r->foreign || !slice_equal(key, r->key);
    batch_append(r->file, key);
    batch_append(r->file, slice_of("\t", 1));
    batch_append(r->file, value);
    batch_append(r->file, slice_of("\n", 1));
}

static char **map_outputs(const struct attempt *a)
{
    char **paths = xcalloc((size_t)a->maps + 1, sizeof paths[0]);
    for (uint32_t i = 0; i < a->maps; i++)
        paths[i] = output_map(a->temporary, i);
    return paths;
}

static void free_paths(char **paths)
{
    for (size_t i = 0; paths[i] != NULL; i++)
        free(paths[i]);
    free(paths);
}

static char *cannot_read(const char *path, int err)
{
    const char *text = err == ERR_PROTO ? "damaged" : err_text(err);
    return xasprintf("cannot read map output %s: %s", path, text);
}

// Reduces key after key. An error of reading, or ERR_OK.
static int reduce_all(struct reduce_run *r, struct merge *merge)
{
    int err = merge_next(merge, &r->key);
    while (err == ERR_OK && !is_over(r)) {
        r->a->app->reduce(r->key, merge_values(merge), &r->emitter);
        err = merge_next(merge, &r->key);
    }
    return err == READ_END ? ERR_OK : err;
}

static char *cannot_write(const char *path, int err)
{
    return xasprintf("cannot write %s: %s", path, err_text(err));
}

// Commits the part, unless reduce broke its contract.
static char *finish(struct reduce_run *r, const char *part)
{
    if (r->foreign) {
        batch_abandon(r->file);
        return xasprintf("application %s: reduce emitted a pair for another "
                         "key",
                         r->a->app->name);
    }
    if (atomic_load(r->a->unwanted)) {
        batch_abandon(r->file);
        return NULL;
    }
    int err = batch_commit(r->file);
    return err == ERR_OK || err == ERR_EXISTS ? NULL : cannot_write(part, err);
}

// Reduces what `merge` brings to a new part.
static char *write_part(struct reduce_run *r, struct merge *merge,
                        char *const *paths, const char *part)
{
    const struct attempt *a = r->a;
    char *draft = output_draft(a->temporary, "part", a->task, a->label);
    int err = batch_begin(draft, part, &r->file);
    char *why = NULL;
    if (err != ERR_OK) {
        why = cannot_write(draft, err);
    } else {
        err = reduce_all(r, merge);
        if (err == ERR_OK) {
            why = finish(r, part);
        } else {
            why = cannot_read(paths[merge_wrong(merge)], err);
            batch_abandon(r->file);
        }
    }
    free(draft);
    return why;
}

char *task_reduce(const struct attempt *a)
{
    struct reduce_run r = {.emitter.emit = emit, .a = a};
    char **paths = map_outputs(a);
    char *part = output_part(a->out, a->task);
    size_t wrong = 0;
    struct merge *merge;
    int err =
        merge_open(paths, a->maps, a->task, TASK_MERGE_BYTES, &merge, &wrong);
    char *why = NULL;
    if (err != ERR_OK) {
        why = cannot_read(paths[wrong], err);
    } else {
        why = write_part(&r, merge, paths, part);
        merge_close(merge);
    }
    free(part);
    free_paths(paths);
    return why;
}
