// output.c - see output.h. Merging is in output_merge.c.
//
// Temporary files are below OUT, so that a commit is a rename within one file
// system.
#include "lab1-mapreduce/output.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/random.h"

char *output_part(const char *out, uint32_t reduce)
{
    return xasprintf("%s/part-%05" PRIu32, out, reduce);
}

char *output_map(const char *temporary, uint32_t map)
{
    return xasprintf("%s/map-%05" PRIu32, temporary, map);
}

char *output_draft(const char *temporary, const char *what, uint32_t task,
                   const char *label)
{
    return xasprintf("%s/%s-%05" PRIu32 ".%s", temporary, what, task, label);
}

static char *outer_temporary(const struct output *out)
{
    return xasprintf("%s/_temporary", out->path);
}

static void release(struct output *out)
{
    free(out->path);
    free(out->temporary);
    *out = (struct output){0};
}

// Makes OUT, or finds it empty.
static char *make_outer(const char *path, bool *made)
{
    int err = folder_make(path);
    *made = err == ERR_OK;
    if (*made)
        return NULL;
    if (err != ERR_EXISTS)
        return xasprintf("cannot make output folder %s: %s", path,
                         err_text(err));
    bool empty = false;
    err = folder_is_empty(path, &empty);
    if (err != ERR_OK)
        return xasprintf("cannot use %s as output folder: %s", path,
                         err_text(err));
    if (!empty)
        return xasprintf("output folder %s is not empty", path);
    return NULL;
}

static char *make_temporary(struct output *out)
{
    char *outer = outer_temporary(out);
    out->temporary = xasprintf("%s/%016" PRIx64, outer, random_seed());
    int err = folder_make(outer);
    if (err == ERR_OK)
        err = folder_make(out->temporary);
    free(outer);
    if (err == ERR_OK)
        return NULL;
    return xasprintf("cannot make folder %s: %s", out->temporary,
                     err_text(err));
}

char *output_make(const char *path, struct output *out)
{
    bool made;
    char *why = make_outer(path, &made);
    if (why != NULL)
        return why;
    *out = (struct output){
        .path = folder_absolute(NULL, path),
        .made = made,
    };
    why = make_temporary(out);
    if (why != NULL)
        output_drop(out, 0);
    return why;
}

static int remove_temporary(const struct output *out)
{
    char *outer = outer_temporary(out);
    int err = folder_remove(outer);
    free(outer);
    return err;
}

char *output_keep(struct output *out)
{
    char *why = NULL;
    int err = remove_temporary(out);
    if (err != ERR_OK)
        why = xasprintf("cannot remove %s: %s", out->temporary, err_text(err));
    release(out);
    return why;
}

void output_drop(struct output *out, uint32_t reduces)
{
    remove_temporary(out);
    for (uint32_t i = 0; i < reduces; i++) {
        char *part = output_part(out->path, i);
        folder_remove(part);
        free(part);
    }
    if (out->made)
        folder_remove_empty(out->path);
    release(out);
}
