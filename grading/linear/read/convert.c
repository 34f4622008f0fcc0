// convert.c - see convert.h. What a format cannot say is found before anything
// is written.
#include "grading/linear/read/convert.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/linear.h"
#include "grading/linear/read/input.h"
#include "grading/linear/read/target.h"

static const char *const kind_names[] = {"get", "put", "append", "cas", "vput"};

static const struct target *const targets[] = {
    [LINEAR_PORCUPINE] = &target_porcupine,
    [LINEAR_JEPSEN] = &target_jepsen,
    [LINEAR_EDN] = &target_edn,
    [LINEAR_ELLE] = &target_elle,
};

bool target_is_integer(struct slice text, size_t digits_max)
{
    size_t sign = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    size_t digits = text.size - sign;
    if (digits == 0 || digits > digits_max)
        return false;
    if (text.data[sign] == '0' && text.size > 1)
        return false;
    for (size_t i = sign; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

bool target_is_word(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!letter && (i == 0 || !other))
            return false;
    }
    return text.size > 0;
}

static char *refuse(const struct linear_history *h, const struct target *t,
                    size_t i)
{
    const struct linear_op *op = &h->ops[i];
    char shown[INPUT_SHOWN_MAX];
    const char *what = NULL;
    if ((t->kinds >> op->kind & 1) == 0)
        what = kind_names[op->kind];
    else if (!t->fits(h, op))
        what = t->misfit;
    if (what == NULL)
        return NULL;
    return xasprintf("%s have no %s (operation %zu, client %s)", t->name, what,
                     i + 1, input_show(shown, h->clients.at[op->client]));
}

static char *refuse_any(const struct linear_history *h, const struct target *t)
{
    if (t->one_key && h->keys.count > 1)
        return xasprintf("%s have no keys", t->name);
    bool empty = h->begins_absent || h->init.size == 0;
    if (t->init == TARGET_BEGINS_EMPTY && !empty)
        return xasprintf("%s begin with empty values", t->name);
    if (t->init == TARGET_BEGINS_ABSENT && !h->begins_absent)
        return xasprintf("%s begin without a value", t->name);
    for (size_t i = 0; i < h->count; i++) {
        char *why = refuse(h, t, i);
        if (why != NULL)
            return why;
    }
    return NULL;
}

static void write_events(FILE *out, const struct linear_history *h,
                         const struct target *t)
{
    size_t count;
    struct moment *moments = moments_of(h, &count);
    uint64_t *processes = moments_processes(h, moments, count);
    struct target_writing w = {.out = out, .h = h};
    w.independent =
        h->keys.count > 1 || (h->keys.count == 1 && h->keys.at[0].size > 0);
    fputs(t->before, out);
    for (size_t i = 0; i < count; i++) {
        const struct moment *m = &moments[i];
        if (m->type == MOMENT_NOTE)
            t->write_note(&w, &h->notes[m->index]);
        else
            t->write(&w, m, processes[m->index]);
    }
    fputs(t->behind, out);
    free(processes);
    free(moments);
}

char *linear_convert(FILE *out, const struct linear_history *h,
                     enum linear_format to)
{
    if (to == LINEAR_ANY || to == LINEAR_LINES) {
        linear_write(out, h);
        return NULL;
    }
    char *why = refuse_any(h, targets[to]);
    if (why == NULL)
        write_events(out, h, targets[to]);
    return why;
}

static bool loses(const struct linear_history *h, const struct linear_op *op,
                  enum linear_format to)
{
    bool is_map = to == LINEAR_EDN || to == LINEAR_ELLE;
    if (op->kind == LINEAR_CAS && op->outcome == LINEAR_NO)
        return is_map || op->seen != LINEAR_SAW_UNKNOWN;
    if (op->outcome != LINEAR_OK)
        return false;
    if (op->kind != LINEAR_GET || to != LINEAR_PORCUPINE)
        return op->kind == LINEAR_APPEND && op->seen != LINEAR_SAW_UNKNOWN;
    return h->begins_absent
               ? op->seen == LINEAR_SAW_VALUE && op->result.size == 0
               : op->seen == LINEAR_SAW_ABSENT;
}

size_t linear_convert_loses(const struct linear_history *h,
                            enum linear_format to)
{
    size_t count = 0;
    for (size_t i = 0; i < h->count && to != LINEAR_LINES; i++)
        count += loses(h, &h->ops[i], to);
    return count;
}
