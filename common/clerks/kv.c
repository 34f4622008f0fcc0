#include "common/clerks/kv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clerks/clerks.h"
#include "common/kv/clerk.pb-c.h"
#include "common/kv/store.h"
#include "common/program/program.h"
#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"

struct rpc_method kv_method(Kv__Kind kind)
{
    static const char *const names[] = {"Get", "Put", "Append", "Close"};
    assert(kind >= KV__KIND__GET && kind <= KV__KIND__CLOSE);
    return (struct rpc_method){&kv__key_value__descriptor, names[kind]};
}

// --- An operation ----------------------------------------------------------

void kv_number(struct session *s, Kv__Operation *op)
{
    bool once = op->kind == KV__KIND__PUT || op->kind == KV__KIND__APPEND;
    op->client = session_client(s);
    op->sequence = once ? session_next(s) : 0;
}

Kv__Answer *kv_call(struct caller *c, const char *to, const Kv__Operation *op,
                    int64_t deadline_ms, bool *ran)
{
    struct rpc_method method = kv_method(op->kind);
    return (Kv__Answer *)caller_call(c, to, &method, &op->base, deadline_ms,
                                     ran);
}

bool kv_expired(struct session *s, Kv__Operation *op, bool ran)
{
    session_expired(s);
    if (!ran)
        kv_number(s, op);
    return ran;
}

Kv__Answer *kv_known(Kv__Answer *answer)
{
    if (answer == NULL || answer->status != KV__STATUS__SESSION_EXPIRED)
        return answer;
    kv__answer__free_unpacked(answer, NULL);
    return NULL;
}

void kv_close(struct caller *c, struct session *s, const char *to,
              struct slice key, int64_t deadline_ms)
{
    if (!session_is_used(s))
        return;
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = KV__KIND__CLOSE;
    op.key.data = (uint8_t *)key.data;
    op.key.len = key.size;
    op.client = session_client(s);
    op.sequence = session_next(s);
    kv__answer__free_unpacked(kv_call(c, to, &op, deadline_ms, NULL), NULL);
}

// --- Driven by a harness ---------------------------------------------------

struct home {
    const struct kv_clerk_kind *kind;
    const void *arg;
};

struct driven {
    Kv__Clerk_Service service; // first
    const struct kv_clerk_kind *kind;
    void *clerk;
};

static void driven_run(Kv__Clerk_Service *service,
                       const Kv__ClerkRequest *request,
                       Kv__ClerkReply_Closure reply, void *call)
{
    struct driven *d = (struct driven *)service;
    Kv__ClerkReply answer = KV__CLERK_REPLY__INIT;
    const Kv__Operation *op = request->operation;
    if (op == NULL || op->kind < KV__KIND__GET || op->kind > KV__KIND__APPEND)
        return;
    answer.answer = d->kind->run(
        d->clerk, op, clock_now_ms() + request->timeout_ms, &answer.attempts);
    if (answer.answer == NULL)
        return;
    reply(&answer, call);
    kv__answer__free_unpacked(answer.answer, NULL);
}

static ProtobufCService *start_driven(struct node *n, const void *arg)
{
    static const Kv__Clerk_Service init = KV__CLERK__INIT(driven_);
    const struct home *home = arg;
    struct driven *d = xcalloc(1, sizeof *d);
    d->service = init;
    d->kind = home->kind;
    d->clerk = home->kind->start(n, home->arg);
    return &d->service.base;
}

static void stop_driven(ProtobufCService *service)
{
    struct driven *d = (struct driven *)service;
    d->kind->stop(d->clerk);
    free(d);
}

int kv_clerks_main(const char *folder, const char *names,
                   const struct kv_clerk_kind *kind, const void *arg)
{
    const struct home home = {kind, arg};
    const struct clerks_kind clerks = {start_driven, stop_driven};
    return clerks_main(folder, names, &clerks, &home);
}

// --- By hand ---------------------------------------------------------------

static ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
}

// Reads the words; false if they make no sense.
static bool read_words(const char *const *words, size_t count,
                       Kv__Operation *out)
{
    static const struct {
        const char *word;
        Kv__Kind kind;
        size_t count;
    } kinds[] = {
        {"get", KV__KIND__GET, 2},
        {"put", KV__KIND__PUT, 3},
        {"append", KV__KIND__APPEND, 3},
    };
    *out = (Kv__Operation)KV__OPERATION__INIT;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (count == 0 || strcmp(words[0], kinds[i].word) != 0 ||
            count != kinds[i].count)
            continue;
        out->kind = kinds[i].kind;
        out->key = bytes_of(words[1]);
        if (count > 2)
            out->value = bytes_of(words[2]);
        return true;
    }
    return false;
}

static int print_value(ProtobufCBinaryData value)
{
    if (value.len > 0) // else there is no data either
        fwrite(value.data, 1, value.len, stdout);
    putchar('\n');
    return 0;
}

static int tell(const char *program, const Kv__Operation *op,
                const Kv__Answer *answer)
{
    const char *why = "unknown: it may have run, may run later, or never";
    if (answer != NULL) {
        switch (answer->status) {
        case KV__STATUS__OK:
            if (op->kind == KV__KIND__GET || answer->found)
                return print_value(answer->value);
            return 0;
        case KV__STATUS__NO_KEY:
            why = "there is no such key";
            break;
        case KV__STATUS__BAD_KEY:
            why = "a key has one byte at least";
            break;
        case KV__STATUS__TOO_LARGE:
            why = "key or value would be too large";
            break;
        case KV__STATUS__SESSION_EXPIRED:
        case KV__STATUS__WRONG_SERVER:
        case KV__STATUS__WRONG_GROUP:
        default: // from outside
            why = "refused: it did not run and will not run";
            break;
        }
    }
    fprintf(stderr, "%s: %s\n", program, why);
    return EXIT_FAILED;
}

int kv_command(const char *program, struct node *n, const char *const *words,
               size_t count, int64_t timeout_ms,
               const struct kv_clerk_kind *kind, const void *arg)
{
    Kv__Operation op;
    if (!read_words(words, count, &op)) {
        fprintf(stderr,
                "%s: get KEY, put KEY VALUE or append KEY VALUE is needed\n",
                program);
        return EXIT_USAGE;
    }
    if (op.key.len == 0 || op.key.len > STORE_KEY_MAX) {
        fprintf(stderr, "%s: a key has 1 to %d bytes, and this one %zu\n",
                program, STORE_KEY_MAX, op.key.len);
        return EXIT_USAGE;
    }
    void *clerk = kind->start(n, arg);
    uint32_t attempts = 0;
    Kv__Answer *answer =
        kind->run(clerk, &op, clock_now_ms() + timeout_ms, &attempts);
    int status = tell(program, &op, answer);
    if (answer != NULL)
        kv__answer__free_unpacked(answer, NULL);
    kind->stop(clerk);
    return status;
}
