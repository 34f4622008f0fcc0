// lines_op.c - see lines_op.h.
#include "grading/linear/read/lines_op.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    WRITES_PLAIN = 1,
    WRITES_VERSIONS = 2,
    VERSION_MAX = INT32_MAX - 1,
};

void lines_ops_init(struct lines_ops *o, struct fields *f)
{
    *o = (struct lines_ops){.f = f};
}

void lines_ops_release(struct lines_ops *o)
{
    free(o->writers);
    lines_ops_init(o, o->f);
}

static bool unclear(const struct lines_ops *o, const char *what)
{
    return input_unclear(o->f->in, o->f->line.data, "%s", what);
}

static uint32_t number_of(struct texts *t, struct slice text,
                          struct recent *recent)
{
    size_t size = text.size;
    unsigned last = size > 0 ? text.data[size - 1] : 0;
    unsigned other = size > 1 ? text.data[size - 2] : 0;
    uint32_t *number = &recent->numbers[(last + other * 10) % 256];
    if (*number < t->count) {
        struct slice old = t->at[*number];
        if (old.size == size &&
            (size == 0 || memcmp(old.data, text.data, size) == 0))
            return *number;
    }
    *number = texts_add(t, text, NULL);
    return *number;
}

// False: the key has versions, and writes without.
static bool add_writes(struct lines_ops *o, uint32_t key, unsigned char kinds)
{
    if (key >= o->writers_room) {
        size_t room = o->writers_room > 0 ? 2 * o->writers_room : 64;
        while (room <= key)
            room *= 2;
        o->writers = xrealloc(o->writers, room);
        memset(o->writers + o->writers_room, 0, room - o->writers_room);
        o->writers_room = room;
    }
    o->writers[key] |= kinds;
    return o->writers[key] != (WRITES_VERSIONS | WRITES_PLAIN);
}

static bool mark_key(struct lines_ops *o, const struct linear_op *op)
{
    char shown[INPUT_SHOWN_MAX];
    if (op->kind == LINEAR_GET)
        return true;
    return add_writes(o, op->key,
                      op->kind == LINEAR_VPUT ? WRITES_VERSIONS
                                              : WRITES_PLAIN) ||
           input_wrong(o->f->in, o->f->line.data,
                       "key \"%s\": vput and other writes",
                       input_show(shown, o->f->in->h->keys.at[op->key]));
}

bool lines_join_writers(struct lines_ops *to, const struct lines_ops *from,
                        const uint32_t *numbers)
{
    bool fine = true;
    for (uint32_t k = 0; k < from->f->in->h->keys.count; k++)
        if (k < from->writers_room && from->writers[k] != 0)
            fine = add_writes(to, numbers != NULL ? numbers[k] : k,
                              from->writers[k]) &&
                   fine;
    return fine;
}

// --- Calls -------------------------------------------------------------------

static bool read_name(struct lines_ops *o, enum lines_name *name)
{
    static const struct {
        const char *text;
        size_t size;
    } names[NAMES] = {{"get", 3},       {"put", 3},       {"append", 6},
                      {"appendret", 9}, {"appendnew", 9}, {"cas", 3},
                      {"vput", 4}};
    static const char *const unsupported[] = {"puthash", "txn", "scan"};
    if (!fields_has(o->f, FIELD_OP))
        return unclear(o, "no \"op\"");
    struct slice word = fields_word(o->f, FIELD_OP);
    for (size_t i = 0; i < NAMES; i++)
        if (names[i].size == word.size &&
            memcmp(names[i].text, word.data, word.size) == 0) {
            *name = (enum lines_name)i;
            return true;
        }
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        if (slice_equal(word, slice_text(unsupported[i])))
            return input_wrong(o->f->in, o->f->line.data, "not supported: %s",
                               unsupported[i]);
    char shown[INPUT_SHOWN_MAX];
    return input_unclear(o->f->in, o->f->line.data, "unknown \"op\": \"%s\"",
                         input_show(shown, word));
}

static bool read_cas(struct lines_ops *o, struct linear_op *op)
{
    op->expects_absent = !fields_has_text(o->f, FIELD_A);
    return (op->expects_absent || fields_text(o->f, FIELD_A, &op->expected)) &&
           fields_text(o->f, FIELD_B, &op->argument);
}

static bool read_version(struct lines_ops *o, enum field field, int32_t *out)
{
    int64_t version;
    if (!fields_integer(o->f, field, VERSION_MAX, &version))
        return false;
    *out = (int32_t)version;
    return true;
}

static bool read_arguments(struct lines_ops *o, struct linear_op *op,
                           enum lines_name name)
{
    static const uint8_t kinds[NAMES] = {
        LINEAR_GET,    LINEAR_PUT, LINEAR_APPEND, LINEAR_APPEND,
        LINEAR_APPEND, LINEAR_CAS, LINEAR_VPUT};
    op->kind = kinds[name];
    if (name == NAME_GET)
        return true;
    if (name == NAME_CAS)
        return read_cas(o, op);
    if (name == NAME_VPUT && !read_version(o, FIELD_VER, &op->wanted))
        return false;
    return fields_text(o->f, FIELD_V, &op->argument);
}

bool lines_call(struct lines_ops *o, struct linear_op *op,
                enum lines_name *name)
{
    return read_name(o, name) && fields_label(o->f, FIELD_C, &o->client) &&
           fields_text(o->f, FIELD_K, &o->key) && read_arguments(o, op, *name);
}

bool lines_number(struct lines_ops *o, struct linear_op *op)
{
    op->client = number_of(&o->f->in->h->clients, o->client, &o->clients);
    op->key = number_of(&o->f->in->h->keys, o->key, &o->keys);
    return mark_key(o, op);
}

// --- Returns -----------------------------------------------------------------

static bool read_outcome(struct lines_ops *o, struct linear_op *op)
{
    static const struct {
        const char *name;
        enum linear_outcome outcome;
    } outcomes[] = {{"ok", LINEAR_OK},
                    {"no", LINEAR_NO},
                    {"maybe", LINEAR_MAYBE},
                    {"fail", LINEAR_FAILED}};
    char shown[INPUT_SHOWN_MAX];
    if (!fields_has(o->f, FIELD_R))
        return unclear(o, "no \"r\"");
    struct slice word = fields_word(o->f, FIELD_R);
    size_t i = 0;
    while (i < 4 && (strlen(outcomes[i].name) != word.size ||
                     memcmp(outcomes[i].name, word.data, word.size) != 0))
        i++;
    if (i == 4)
        return input_unclear(o->f->in, o->f->line.data, "unknown \"r\": \"%s\"",
                             input_show(shown, word));
    op->outcome = (uint8_t)outcomes[i].outcome;
    if (op->outcome == LINEAR_NO && op->kind != LINEAR_CAS &&
        op->kind != LINEAR_VPUT)
        return unclear(o, "only cas and vput can be refused");
    return true;
}

// What it found: the text `field`, or nothing if that is not there.
static bool read_seen(struct lines_ops *o, struct linear_op *op,
                      enum field field)
{
    op->seen = LINEAR_SAW_ABSENT;
    if (!fields_has_text(o->f, field))
        return true;
    op->seen = LINEAR_SAW_VALUE;
    return fields_text(o->f, field, &op->result);
}

// What was there before an append that left `field`.
static bool read_left(struct lines_ops *o, struct linear_op *op,
                      enum field field)
{
    if (!fields_text(o->f, field, &op->result))
        return false;
    size_t size = op->argument.size;
    if (op->result.size < size)
        return unclear(o, "the value does not end with what was appended");
    op->result.size -= size;
    if (size > 0 &&
        memcmp(op->result.data + op->result.size, op->argument.data, size) != 0)
        return unclear(o, "the value does not end with what was appended");
    bool nothing = op->result.size == 0 && o->f->in->h->begins_absent;
    op->seen = nothing ? LINEAR_SAW_ABSENT : LINEAR_SAW_VALUE;
    if (nothing)
        op->result = slice_of(NULL, 0);
    return true;
}

static bool is_null(const struct fields *f, enum field field)
{
    return (f->nulls >> field & 1) != 0;
}

// Refused: a cas may have seen a value, a vput a version.
static bool read_witness(struct lines_ops *o, struct linear_op *op,
                         enum field version)
{
    if (op->kind == LINEAR_VPUT)
        return !fields_has(o->f, version) ||
               read_version(o, version, &op->version);
    if (fields_has_text(o->f, FIELD_V) || is_null(o->f, FIELD_V) ||
        is_null(o->f, FIELD_VB))
        return read_seen(o, op, FIELD_V);
    return true;
}

bool lines_return(struct lines_ops *o, struct linear_op *op,
                  enum lines_name name, enum lines_shape shape)
{
    if (!read_outcome(o, op))
        return false;
    bool events = shape == SHAPE_EVENTS;
    if (op->outcome == LINEAR_NO)
        return read_witness(o, op, events ? FIELD_VER : FIELD_SAWVER);
    if (op->outcome != LINEAR_OK)
        return true;
    if (name == NAME_APPENDRET)
        return read_seen(o, op, FIELD_OLD);
    if (name == NAME_APPENDNEW)
        return read_left(o, op, events ? FIELD_V : FIELD_NEW);
    if (name != NAME_GET)
        return true;
    if (fields_has(o->f, FIELD_VER) &&
        !read_version(o, FIELD_VER, &op->version))
        return false;
    return read_seen(o, op, FIELD_V);
}
