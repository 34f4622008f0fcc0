// target_maps.c - see target.h: EDN's maps, and the same as objects of JSON.
#include <inttypes.h>

#include "grading/linear/read/target.h"
#include "grading/linear/read/unescape.h"

enum {
    DIGITS_MAX = 15, // exact in a double, too
};

// How the two write things.
struct syntax {
    const char *before_key; // of a field
    const char *behind_key;
    const char *comma; // between fields
    const char *comma_in_list;
    const char *nil;
    bool keywords; // words have a colon; else they are strings
    const char *comma_of_events;
};

static const struct syntax edn = {":", " ", ", ", " ", "nil", true, "\n"};
static const struct syntax json = {"\"", "\":", ",", ",", "null", false, ",\n"};

// --- Texts -------------------------------------------------------------------

static void write_string(FILE *out, struct slice text)
{
    fputc('"', out);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = text.data[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void write_text(FILE *out, struct slice text)
{
    if (target_is_integer(text, DIGITS_MAX))
        fwrite(text.data, 1, text.size, out);
    else
        write_string(out, text);
}

static void write_word(FILE *out, const struct syntax *s, struct slice word)
{
    if (!s->keywords || !target_is_word(word)) {
        write_string(out, word);
        return;
    }
    fputc(':', out);
    fwrite(word.data, 1, word.size, out);
}

static void write_key(FILE *out, const struct syntax *s, const char *key)
{
    fprintf(out, "%s%s%s", s->before_key, key, s->behind_key);
}

// --- Events ------------------------------------------------------------------

static bool fits(const struct linear_history *h, const struct linear_op *op)
{
    return utf8_valid(h->keys.at[op->key]) && utf8_valid(op->argument) &&
           utf8_valid(op->expected) &&
           (op->kind != LINEAR_GET || utf8_valid(op->result));
}

// Without its key.
static void write_inner(FILE *out, const struct syntax *s,
                        const struct linear_op *op, bool call)
{
    bool saw = op->outcome == LINEAR_OK && op->seen == LINEAR_SAW_VALUE;
    if (op->kind == LINEAR_GET && !call && saw) {
        write_text(out, op->result);
    } else if (op->kind == LINEAR_GET) {
        fputs(s->nil, out);
    } else if (op->kind == LINEAR_CAS) {
        fputc('[', out);
        if (op->expects_absent)
            fputs(s->nil, out);
        else
            write_text(out, op->expected);
        fputs(s->comma_in_list, out);
        write_text(out, op->argument);
        fputc(']', out);
    } else {
        write_text(out, op->argument);
    }
}

static void write_value(struct target_writing *w, const struct syntax *s,
                        const struct linear_op *op, bool call)
{
    if (!w->independent) {
        write_inner(w->out, s, op, call);
        return;
    }
    fputc('[', w->out);
    write_text(w->out, w->h->keys.at[op->key]);
    fputs(s->comma_in_list, w->out);
    write_inner(w->out, s, op, call);
    fputc(']', w->out);
}

// Type and f, between the process and the value.
static void write_middle(FILE *out, const struct syntax *s, const char *type,
                         struct slice f)
{
    fputs(s->comma, out);
    write_key(out, s, "type");
    write_word(out, s, slice_text(type));
    fputs(s->comma, out);
    write_key(out, s, "f");
    write_word(out, s, f);
    fputs(s->comma, out);
    write_key(out, s, "value");
}

static void begin(struct target_writing *w, const struct syntax *s)
{
    if (w->events++ > 0)
        fputs(s->comma_of_events, w->out);
    fputc('{', w->out);
    write_key(w->out, s, "process");
}

static void write_event(struct target_writing *w, const struct syntax *s,
                        const struct moment *moment, uint64_t process)
{
    static const char *const names[] = {"read", "write", "append", "cas"};
    const struct linear_op *op = &w->h->ops[moment->index];
    bool call = moment->type == MOMENT_CALL;
    begin(w, s);
    fprintf(w->out, "%" PRIu64, process);
    const char *type = op->outcome == LINEAR_OK ? "ok" : "fail";
    write_middle(w->out, s, call ? "invoke" : type,
                 slice_text(names[op->kind]));
    write_value(w, s, op, call);
    int64_t time =
        w->h->times != NULL ? w->h->times[moment->index][call ? 0 : 1] : -1;
    if (time >= 0) {
        fputs(s->comma, w->out);
        write_key(w->out, s, "time");
        fprintf(w->out, "%" PRId64, time);
    }
    fputc('}', w->out);
}

// Clients are numbers: a note by "1" must not end what client 1 has called.
static void write_who(FILE *out, const struct syntax *s, struct slice who)
{
    char word[sizeof "process-" + DIGITS_MAX];
    if (!target_is_integer(who, DIGITS_MAX)) {
        write_word(out, s, who);
        return;
    }
    snprintf(word, sizeof word, "process-%.*s", (int)who.size,
             (const char *)who.data);
    write_word(out, s, slice_text(word));
}

static void write_note(struct target_writing *w, const struct syntax *s,
                       const struct linear_note *note)
{
    if (!utf8_valid(note->who) || !utf8_valid(note->text))
        return;
    begin(w, s);
    write_who(w->out, s, note->who);
    write_middle(w->out, s, "info", note->text);
    fprintf(w->out, "%s}", s->nil);
}

// --- The two -----------------------------------------------------------------

static void edn_write(struct target_writing *w, const struct moment *moment,
                      uint64_t process)
{
    write_event(w, &edn, moment, process);
}

static void edn_note(struct target_writing *w, const struct linear_note *note)
{
    write_note(w, &edn, note);
}

static void elle_write(struct target_writing *w, const struct moment *moment,
                       uint64_t process)
{
    write_event(w, &json, moment, process);
}

static void elle_note(struct target_writing *w, const struct linear_note *note)
{
    write_note(w, &json, note);
}

enum {
    MAPS_KINDS = 1U << LINEAR_GET | 1U << LINEAR_PUT | 1U << LINEAR_APPEND |
                 1U << LINEAR_CAS,
};

const struct target target_edn = {
    .name = "edn's histories",
    .kinds = MAPS_KINDS,
    .fits = fits,
    .misfit = "texts but UTF-8",
    .before = "",
    .behind = "\n",
    .write = edn_write,
    .write_note = edn_note,
};

const struct target target_elle = {
    .name = "elle's histories",
    .kinds = MAPS_KINDS,
    .fits = fits,
    .misfit = "texts but UTF-8",
    .before = "[",
    .behind = "]\n",
    .write = elle_write,
    .write_note = elle_note,
};
