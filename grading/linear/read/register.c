// register.c - see register.h.
#include "grading/linear/read/register.h"

#include <string.h>

void registers_init(struct registers *r, struct input *in,
                    struct register_style style)
{
    *r = (struct registers){.in = in, .style = style};
    if (in->how->nil != LINEAR_NIL_FORMAT)
        r->style.nil_absent = in->how->nil == LINEAR_NIL_ABSENT;
    pairing_init(&r->pairing, in->h);
    texts_init(&r->indices);
}

void registers_release(struct registers *r)
{
    pairing_release(&r->pairing);
    texts_release(&r->indices);
}

enum event_type event_type_named(struct slice name)
{
    static const char *const names[] = {"invoke", "ok", "fail", "info"};
    for (size_t i = 0; i < 4; i++)
        if (slice_equal(name, slice_text(names[i])))
            return (enum event_type)i;
    return EVENT_NONE;
}

bool is_integer(struct slice text)
{
    size_t start = text.size > 0 && text.data[0] == '-' ? 1 : 0;
    for (size_t i = start; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.size > start;
}

// --- Calls -------------------------------------------------------------------

static bool find_kind(const struct registers *r, const struct event *e,
                      uint8_t *kind)
{
    static const struct {
        const char *name;
        enum linear_kind kind;
    } names[] = {
        {"read", LINEAR_GET},    {"r", LINEAR_GET},
        {"get", LINEAR_GET},     {"write", LINEAR_PUT},
        {"w", LINEAR_PUT},       {"put", LINEAR_PUT},
        {"cas", LINEAR_CAS},     {"append", LINEAR_APPEND},
        {"acquire", LINEAR_CAS}, {"release", LINEAR_CAS},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(e->f, slice_text(names[i].name))) {
            *kind = (uint8_t)names[i].kind;
            return true;
        }
    char shown[INPUT_SHOWN_MAX];
    return input_wrong(r->in, e->at, "not supported: %s",
                       input_show(shown, e->f));
}

// A lock is a register that is "free" or "held". False: the event is not of
// one. *op: the cas that it is.
static bool set_lock(const struct event *e, struct linear_op *op)
{
    bool acquires = slice_equal(e->f, slice_text("acquire"));
    if (!acquires && !slice_equal(e->f, slice_text("release")))
        return false;
    op->expected = slice_text(acquires ? "free" : "held");
    op->argument = slice_text(acquires ? "held" : "free");
    return true;
}

// A history is of locks or of registers: they begin differently.
static bool ask_locks(struct registers *r, const struct event *e, bool is_lock)
{
    if (r->in->h->count == 0) {
        r->locks = is_lock;
        if (is_lock)
            input_begins(r->in, slice_text("free"));
    }
    return r->locks == is_lock ||
           input_wrong(r->in, e->at, "locks and registers in one history");
}

// The first call tells: a read, or write, of a vector; a cas with a vector in
// its vector.
static void ask_independent(struct registers *r, const struct event *e)
{
    struct value pair[2];
    if (r->asked || e->has_key)
        return;
    r->asked = true;
    if (e->value.type != VALUE_LIST)
        return;
    bool is_pair = r->style.split(r->in, e->value.text, pair);
    bool is_cas = slice_equal(e->f, slice_text("cas"));
    if (is_pair && pair[0].type == VALUE_TEXT &&
        (!is_cas || pair[1].type == VALUE_LIST))
        r->style.independent = true;
}

// Takes the key off an event of independent keys. *value: what is left of its
// value; a return may have none.
static bool take_key(const struct registers *r, const struct event *e,
                     struct slice *key, struct value *value)
{
    struct value pair[2];
    *key = e->has_key ? e->key : slice_of("", 0);
    *value = e->value;
    if (!r->style.independent || e->has_key)
        return true;
    if (e->value.type != VALUE_LIST ||
        !r->style.split(r->in, e->value.text, pair) ||
        pair[0].type != VALUE_TEXT)
        return input_wrong(r->in, e->at, "the value is no [key value]");
    *key = pair[0].text;
    *value = pair[1];
    return true;
}

// What the operation is to write. A return tells it again, or nothing.
static bool set_argument(const struct registers *r, const struct event *e,
                         const struct value *value, struct linear_op *op)
{
    struct value pair[2];
    if (op->kind != LINEAR_CAS) {
        op->argument = value->text;
        return value->type == VALUE_TEXT ||
               input_wrong(r->in, e->at, "%s",
                           value->type == VALUE_NIL
                               ? "a write of nil"
                               : "a value that is a collection");
    }
    if (value->type != VALUE_LIST ||
        !r->style.split(r->in, value->text, pair) ||
        pair[0].type > VALUE_TEXT || pair[1].type != VALUE_TEXT)
        return input_wrong(r->in, e->at, "the value of a cas is no [old new]");
    op->expects_absent = pair[0].type == VALUE_NIL;
    op->expected = op->expects_absent ? slice_of(NULL, 0) : pair[0].text;
    op->argument = pair[1].text;
    return true;
}

static bool take_call(struct registers *r, const struct event *e)
{
    struct linear_op op = {0};
    struct slice key;
    struct value value;
    char shown[INPUT_SHOWN_MAX];
    if (!find_kind(r, e, &op.kind) || !take_key(r, e, &key, &value))
        return false;
    bool is_lock = set_lock(e, &op);
    if (!ask_locks(r, e, is_lock))
        return false;
    if (op.kind != LINEAR_GET && !is_lock && !set_argument(r, e, &value, &op))
        return false;
    uint32_t client = texts_add(&r->in->h->clients, e->process, NULL);
    if (pairing_open(&r->pairing, client) != PAIR_NONE)
        return input_wrong(r->in, e->at,
                           "process %s calls while its last call is open",
                           input_show(shown, e->process));
    struct linear_op *added = pairing_call(&r->pairing, client, e->time);
    added->key = texts_add(&r->in->h->keys, key, NULL);
    added->kind = op.kind;
    added->expects_absent = op.expects_absent;
    added->expected = op.expected;
    added->argument = op.argument;
    return true;
}

// --- Returns -----------------------------------------------------------------

// A read's.
static bool set_result(const struct registers *r, const struct event *e,
                       const struct value *value, struct linear_op *op)
{
    if (value->type == VALUE_TEXT) {
        op->seen = LINEAR_SAW_VALUE;
        op->result = value->text;
        return true;
    }
    if (value->type != VALUE_NIL)
        return input_wrong(r->in, e->at, "a value that is a collection");
    op->seen = r->style.nil_absent ? LINEAR_SAW_ABSENT : LINEAR_SAW_UNKNOWN;
    return true;
}

// What an event that is OK tells of its operation.
static bool set_told(const struct registers *r, const struct event *e,
                     struct linear_op *op)
{
    struct slice key;
    struct value value;
    if (op->kind != LINEAR_GET && e->value.type == VALUE_NIL)
        return true; // nothing new
    if (!take_key(r, e, &key, &value))
        return false;
    bool told = e->has_key || r->style.independent;
    if (told && !slice_equal(key, r->in->h->keys.at[op->key]))
        return input_wrong(r->in, e->at, "it returns with another key");
    if (op->kind == LINEAR_GET)
        return set_result(r, e, &value, op);
    return r->locks || value.type == VALUE_NIL ||
           set_argument(r, e, &value, op);
}

static enum linear_outcome outcome_of(const struct registers *r,
                                      const struct event *e,
                                      const struct linear_op *op)
{
    if (e->type == EVENT_OK)
        return LINEAR_OK;
    if (e->type == EVENT_INFO)
        return LINEAR_MAYBE;
    // Jepsen's cas that timed out before it ran tells nothing of the value.
    bool refused = r->style.failed_cas_ran && op->kind == LINEAR_CAS &&
                   e->value.type == VALUE_LIST;
    return refused ? LINEAR_NO : LINEAR_FAILED;
}

static size_t open_of(const struct registers *r, const struct event *e)
{
    uint32_t client = texts_find(&r->in->h->clients, e->process);
    return client != TEXTS_NONE ? pairing_open(&r->pairing, client) : PAIR_NONE;
}

static void take_note(struct registers *r, const struct event *e)
{
    struct slice text = e->f;
    if (e->value.type != VALUE_NIL) {
        size_t size = e->f.size + 1 + e->value_text.size;
        unsigned char *to = linear_history_reserve(r->in->h, size);
        memcpy(to, e->f.data, e->f.size);
        to[e->f.size] = ' ';
        memcpy(to + e->f.size + 1, e->value_text.data, e->value_text.size);
        text = slice_of(to, size);
    }
    linear_history_note(r->in->h, r->pairing.position, e->process, text);
}

static bool take_return(struct registers *r, const struct event *e)
{
    char shown[INPUT_SHOWN_MAX];
    size_t at = open_of(r, e);
    if (at == PAIR_NONE && e->type == EVENT_INFO && r->style.lone_info) {
        take_note(r, e);
        return true;
    }
    if (at == PAIR_NONE)
        return input_wrong(r->in, e->at, "process %s returns uncalled",
                           input_show(shown, e->process));
    struct linear_op *op = &r->in->h->ops[at];
    uint8_t kind;
    if (!find_kind(r, e, &kind))
        return false;
    struct linear_op same = {.argument = op->argument}; // unless of a lock
    if (kind != op->kind || set_lock(e, &same) != r->locks ||
        !slice_equal(same.argument, op->argument))
        return input_wrong(r->in, e->at,
                           "process %s returns from what it did not call",
                           input_show(shown, e->process));
    enum linear_outcome outcome = outcome_of(r, e, op);
    if (outcome == LINEAR_OK && !set_told(r, e, op))
        return false;
    pairing_return(&r->pairing, op->client, outcome, e->time);
    return true;
}

// --- Events ------------------------------------------------------------------

// A process that is a word may be a client: it calls. The nemesis never does,
// whatever it says.
static bool is_clients(const struct registers *r, const struct event *e)
{
    if (e->is_client || !r->style.named_clients)
        return e->is_client;
    return !slice_equal(e->process, slice_text("nemesis")) &&
           (e->type != EVENT_INFO || open_of(r, e) != PAIR_NONE);
}

bool registers_take(struct registers *r, const struct event *e)
{
    char shown[INPUT_SHOWN_MAX];
    bool fresh = e->index.size == 0;
    if (e->process.data == NULL)
        return input_wrong(r->in, e->at, "no process");
    if (e->type == EVENT_NONE)
        return input_wrong(r->in, e->at, "no type");
    if (e->f.data == NULL)
        return input_wrong(r->in, e->at, "no f");
    if (!fresh)
        texts_add(&r->indices, e->index, &fresh);
    if (!fresh)
        return input_wrong(r->in, e->at, "a second event of index %s",
                           input_show(shown, e->index));
    if (!is_clients(r, e)) {
        take_note(r, e);
        return true;
    }
    if (e->type != EVENT_INVOKE)
        return take_return(r, e);
    ask_independent(r, e);
    return take_call(r, e);
}
