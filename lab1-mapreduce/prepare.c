// prepare.c - see prepare.h.
//
// All that can be known to be wrong is found here, before anything is written
// or started; what goes wrong later is a failure of the job.
#include "lab1-mapreduce/prepare.h"

#include <stdlib.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "lab1-mapreduce/apps.h"
#include "lab1-mapreduce/input.h"

static char *no_such_app(const char *name)
{
    struct buf known;
    buf_init(&known, 1024);
    for (size_t i = 0; app_at(i) != NULL; i++) {
        buf_append(&known, i > 0 ? ", " : "", i > 0 ? 2 : 0);
        struct slice text = slice_text(app_at(i)->name);
        buf_append(&known, text.data, text.size);
    }
    char *why = xasprintf("no such application: %s (there are %.*s)", name,
                          (int)known.size, (const char *)known.data);
    buf_release(&known);
    return why;
}

char *prepare_app(const struct options *o, const struct mr_app **app)
{
    *app = app_find(o->app);
    if (*app == NULL)
        return no_such_app(o->app);
    return app_check(*app, o->arg);
}

static char *cannot_read(const char *file, int err)
{
    const char *text = err == ERR_PROTO ? "not a regular file" : err_text(err);
    return xasprintf("cannot read input file %s: %s", file, text);
}

static char *find_sizes(const struct options *o, uint64_t *sizes)
{
    for (size_t i = 0; i < o->beside.file_count; i++) {
        int err = input_size(o->beside.files[i], &sizes[i]);
        if (err != ERR_OK)
            return cannot_read(o->beside.files[i], err);
    }
    return NULL;
}

static char *cut_input(const struct options *o, struct split *split)
{
    uint64_t *sizes = xcalloc(o->beside.file_count + 1, sizeof sizes[0]);
    char *why = find_sizes(o, sizes);
    if (why == NULL) {
        size_t wrong = 0;
        int err = split_files(o->beside.files, sizes, o->beside.file_count,
                              o->split, input_line_end, split, &wrong);
        if (err != ERR_OK)
            why = cannot_read(o->beside.files[wrong], err);
    }
    free(sizes);
    return why;
}

char *prepare(const struct options *o, struct prepared *out)
{
    *out = (struct prepared){
        .spec.arg = o->arg,
        .spec.reduces = (uint32_t)o->reduces,
        .spec.split = &out->split,
        .spec.output = &out->output,
    };
    char *why = prepare_app(o, &out->spec.app);
    if (why == NULL)
        why = cut_input(o, &out->split);
    if (why == NULL)
        why = output_make(o->out, &out->output);
    if (why != NULL)
        split_release(&out->split);
    return why;
}

char *prepared_end(struct prepared *p, bool keep)
{
    char *why = NULL;
    if (keep)
        why = output_keep(&p->output);
    else
        output_drop(&p->output, p->spec.reduces);
    split_release(&p->split);
    return why;
}
