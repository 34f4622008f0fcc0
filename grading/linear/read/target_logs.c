// target_logs.c - see target.h: the logs of Porcupine, and of Jepsen's etcd.
#include <inttypes.h>
#include <string.h>

#include "grading/linear/read/target.h"

static void write_text(FILE *out, struct slice text)
{
    if (text.size > 0)
        fwrite(text.data, 1, text.size, out);
}

// --- Porcupine ---------------------------------------------------------------

static bool is_line(struct slice text)
{
    return text.size == 0 || (memchr(text.data, '"', text.size) == NULL &&
                              memchr(text.data, '\n', text.size) == NULL);
}

static bool porcupine_fits(const struct linear_history *h,
                           const struct linear_op *op)
{
    return op->outcome == LINEAR_FAILED ||
           (is_line(h->keys.at[op->key]) && is_line(op->argument) &&
            (op->kind != LINEAR_GET || is_line(op->result)));
}

static void porcupine_write(struct target_writing *w,
                            const struct moment *moment, uint64_t process)
{
    static const char *const names[] = {"get", "put", "append"};
    const struct linear_op *op = &w->h->ops[moment->index];
    bool call = moment->type == MOMENT_CALL;
    if (op->outcome == LINEAR_FAILED)
        return;
    fprintf(w->out, "{:process %" PRIu64 ", :type :%s, :f :%s, :key \"",
            process, call ? "invoke" : "ok", names[op->kind]);
    write_text(w->out, w->h->keys.at[op->key]);
    fputs("\", :value ", w->out);
    if (call && op->kind == LINEAR_GET) {
        fputs("nil}\n", w->out);
        return;
    }
    fputc('"', w->out);
    write_text(w->out, op->kind == LINEAR_GET ? op->result : op->argument);
    fputs("\"}\n", w->out);
}

static void porcupine_note(struct target_writing *w,
                           const struct linear_note *note)
{
    (void)w;
    (void)note;
}

const struct target target_porcupine = {
    .name = "porcupine's logs",
    .kinds = 1U << LINEAR_GET | 1U << LINEAR_PUT | 1U << LINEAR_APPEND,
    .init = TARGET_BEGINS_EMPTY,
    .fits = porcupine_fits,
    .misfit = "quotes and line ends in texts",
    .before = "",
    .behind = "",
    .write = porcupine_write,
    .write_note = porcupine_note,
};

// --- Jepsen ------------------------------------------------------------------

enum {
    JEPSEN_DIGITS_MAX = 18,
};

static bool jepsen_fits(const struct linear_history *h,
                        const struct linear_op *op)
{
    (void)h;
    if (op->kind == LINEAR_GET)
        return op->outcome != LINEAR_OK || op->seen != LINEAR_SAW_VALUE ||
               target_is_integer(op->result, JEPSEN_DIGITS_MAX);
    return target_is_integer(op->argument, JEPSEN_DIGITS_MAX) &&
           (op->kind != LINEAR_CAS ||
            target_is_integer(op->expected, JEPSEN_DIGITS_MAX));
}

static const char *jepsen_type(const struct linear_op *op, bool call)
{
    return call ? "invoke" : op->outcome == LINEAR_OK ? "ok" : "fail";
}

static void jepsen_value(FILE *out, const struct linear_op *op, bool call)
{
    bool ok = op->outcome == LINEAR_OK;
    if (!call && op->outcome == LINEAR_FAILED && op->kind != LINEAR_PUT) {
        fputs(":timed-out", out);
    } else if (op->kind == LINEAR_CAS) {
        fputc('[', out);
        write_text(out, op->expected);
        fputc(' ', out);
        write_text(out, op->argument);
        fputc(']', out);
    } else if (op->kind == LINEAR_PUT) {
        write_text(out, op->argument);
    } else if (!call && ok && op->seen == LINEAR_SAW_VALUE) {
        write_text(out, op->result);
    } else {
        fputs("nil", out);
    }
}

static void jepsen_write(struct target_writing *w, const struct moment *moment,
                         uint64_t process)
{
    static const char *const names[] = {
        [LINEAR_GET] = "read", [LINEAR_PUT] = "write", [LINEAR_CAS] = "cas"};
    const struct linear_op *op = &w->h->ops[moment->index];
    bool call = moment->type == MOMENT_CALL;
    fprintf(w->out, "INFO  jepsen.util - %" PRIu64 "\t:%s\t:%s\t", process,
            jepsen_type(op, call), names[op->kind]);
    jepsen_value(w->out, op, call);
    fputc('\n', w->out);
}

static void jepsen_note(struct target_writing *w,
                        const struct linear_note *note)
{
    if (!target_is_word(note->who) || !target_is_word(note->text))
        return;
    fputs("INFO  jepsen.util - :", w->out);
    write_text(w->out, note->who);
    fputs("\t:info\t:", w->out);
    write_text(w->out, note->text);
    fputs("\tnil\n", w->out);
}

const struct target target_jepsen = {
    .name = "jepsen's logs",
    .kinds = 1U << LINEAR_GET | 1U << LINEAR_PUT | 1U << LINEAR_CAS,
    .one_key = true,
    .init = TARGET_BEGINS_ABSENT,
    .fits = jepsen_fits,
    .misfit = "values but integers",
    .before = "",
    .behind = "",
    .write = jepsen_write,
    .write_note = jepsen_note,
};
