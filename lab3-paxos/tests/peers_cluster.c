#include "lab3-paxos/tests/peers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    PEERS_MAX = 8,
    VALUES_MAX = 16,
    INSTANCES_MAX = 512,
};

static const char *const names[PEERS_MAX] = {"s1", "s2", "s3", "s4",
                                             "s5", "s6", "s7", "s8"};

struct value {
    unsigned char *data;
    size_t size;
};

// What the test knows of an instance.
struct known {
    struct value values[VALUES_MAX]; // that may be decided
    unsigned count;
    const struct value *decided; // one of them
    enum fate at[PEERS_MAX];     // the last answer of each peer
};

struct peers {
    struct cluster *c;
    unsigned count;
    char list[PEERS_MAX * 4]; // "s1,s2,s3"
    struct known *known;      // by instance
};

// --- Their life ------------------------------------------------------------

const char *peer_name(unsigned i)
{
    ck_assert_uint_lt(i, PEERS_MAX);
    return names[i];
}

static unsigned number_of(const struct peers *p, const char *name)
{
    for (unsigned i = 0; i < p->count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    cluster_fail(p->c, "%s is no peer", name);
}

void peers_start_later(struct peers *p, const char *name)
{
    cluster_start(p->c, name, "paxos-peer --peers %s --tick %d", p->list,
                  (int)cluster_tick_ms());
}

struct peers *peers_begin_without(struct cluster *c, unsigned count,
                                  const char *later)
{
    struct peers *p = xcalloc(1, sizeof *p);
    p->c = c;
    p->count = count;
    p->known = xcalloc(INSTANCES_MAX, sizeof *p->known);
    for (unsigned i = 0; i < count; i++) {
        strcat(p->list, i > 0 ? "," : "");
        strcat(p->list, peer_name(i));
    }
    for (unsigned i = 0; i < count; i++)
        if (strstr(later, names[i]) == NULL)
            peers_start_later(p, names[i]);
    return p;
}

struct peers *peers_begin(struct cluster *c, unsigned count)
{
    return peers_begin_without(c, count, "");
}

void peers_end(struct peers *p)
{
    for (size_t i = 0; i < INSTANCES_MAX; i++)
        for (unsigned k = 0; k < p->known[i].count; k++)
            free(p->known[i].values[k].data);
    free(p->known);
    free(p);
}

// --- What is known ---------------------------------------------------------

static struct known *known_of(struct peers *p, int64_t instance)
{
    ck_assert_int_ge(instance, 0);
    ck_assert_int_lt(instance, INSTANCES_MAX);
    return &p->known[instance];
}

static const struct value *find_value(const struct known *k, const void *data,
                                      size_t size)
{
    for (unsigned i = 0; i < k->count; i++)
        if (k->values[i].size == size &&
            (size == 0 || memcmp(k->values[i].data, data, size) == 0))
            return &k->values[i];
    return NULL;
}

static void allow(struct peers *p, int64_t instance, const void *data,
                  size_t size)
{
    struct known *k = known_of(p, instance);
    if (find_value(k, data, size) != NULL)
        return;
    ck_assert_uint_lt(k->count, VALUES_MAX);
    k->values[k->count++] = (struct value){xmemdup(data, size), size};
}

void peers_allow(struct peers *p, int64_t instance, const char *value)
{
    allow(p, instance, value, strlen(value));
}

// The first bytes of a value, for messages: "s1.7" or so, in *text.
static const char *show(const void *data, size_t size, char text[64])
{
    int shown = size > 20 ? 20 : (int)size;
    snprintf(text, 64, "'%.*s'%s (%zu bytes)", shown, (const char *)data,
             size > 20 ? "..." : "", size);
    return text;
}

// A peer has said that this is decided.
static void note_decided(struct peers *p, const char *name, int64_t instance,
                         const void *data, size_t size)
{
    struct known *k = known_of(p, instance);
    const struct value *value = find_value(k, data, size);
    char a[64];
    char b[64];
    if (value == NULL)
        cluster_fail(p->c,
                     "%s says that instance %" PRId64
                     " is decided: %s, which nobody has proposed",
                     name, instance, show(data, size, a));
    if (k->decided == NULL)
        k->decided = value;
    if (k->decided != value)
        cluster_fail(p->c,
                     "%s says that instance %" PRId64
                     " is decided: %s; it was decided before: %s",
                     name, instance, show(data, size, a),
                     show(k->decided->data, k->decided->size, b));
}

// Fates only go on: pending, decided, forgotten.
static void note_fate(struct peers *p, const char *name, int64_t instance,
                      enum fate fate)
{
    static const char *const text[] = {"pending", "decided", "forgotten"};
    enum fate *at = &known_of(p, instance)->at[number_of(p, name)];
    if (fate < *at)
        cluster_fail(p->c,
                     "%s says that instance %" PRId64
                     " is %s, and has said that it is %s",
                     name, instance, text[fate], text[*at]);
    *at = fate;
}

// --- Asking ----------------------------------------------------------------

bool peers_awake(struct peers *p, const char *name)
{
    return !cluster_has_ended(p->c, name) && !cluster_is_paused(p->c, name);
}

// Its connections are closed a moment before it has ended.
static bool has_just_died(struct peers *p, const char *name)
{
    struct cluster_wait wait =
        cluster_wait_begin(p->c, "", 4, __FILE__, __LINE__);
    while (!cluster_has_ended(p->c, name) && cluster_wait_not(&wait, false))
        continue;
    return cluster_has_ended(p->c, name);
}

// The reply, or NULL: it has died.
static const ProtobufCMessage *ask(struct peers *p, const char *name,
                                   const char *method,
                                   const ProtobufCMessage *request,
                                   struct rpc_answer *answer)
{
    struct rpc_method m = {&px__paxos_control__descriptor, method};
    if (cluster_ask(p->c, name, &m, request, answer) != RPC_OK &&
        !has_just_died(p, name))
        cluster_fail(p->c, "%s does not answer %s: %s", name, method,
                     rpc_reason_text(answer->reason));
    return answer->reply;
}

bool peers_start_bytes(struct peers *p, const char *name, int64_t instance,
                       struct slice value)
{
    allow(p, instance, value.data, value.size);
    Px__StartRequest request = PX__START_REQUEST__INIT;
    request.instance = instance;
    request.value.data = (uint8_t *)value.data;
    request.value.len = value.size;
    struct rpc_answer answer;
    const Px__StartReply *reply =
        (const Px__StartReply *)ask(p, name, "Start", &request.base, &answer);
    bool started = reply != NULL && !reply->forgotten;
    rpc_answer_release(&answer);
    return started;
}

// Takes the next of names between blanks. False: there is none.
static bool next_name(const char **list, char name[16])
{
    *list += strspn(*list, " ");
    size_t size = strcspn(*list, " ");
    snprintf(name, 16, "%.*s", (int)size, *list);
    *list += size;
    return size > 0;
}

void peers_start(struct peers *p, const char *list, int64_t instance,
                 const char *value)
{
    char name[16];
    while (next_name(&list, name))
        peers_start_bytes(p, name, instance, slice_text(value));
}

static enum fate note(struct peers *p, const char *name, int64_t instance,
                      const Px__FateReply *reply)
{
    enum fate fate = reply->fate == PX__FATE_REPLY__FATE__DECIDED ? FATE_DECIDED
                     : reply->fate == PX__FATE_REPLY__FATE__FORGOTTEN
                         ? FATE_FORGOTTEN
                         : FATE_PENDING;
    note_fate(p, name, instance, fate);
    if (fate == FATE_DECIDED)
        note_decided(p, name, instance, reply->value.data, reply->value.len);
    return fate;
}

enum fate peers_fate(struct peers *p, const char *name, int64_t instance)
{
    Px__FateRequest request = PX__FATE_REQUEST__INIT;
    request.instance = instance;
    struct rpc_answer answer;
    const Px__FateReply *reply =
        (const Px__FateReply *)ask(p, name, "Status", &request.base, &answer);
    enum fate fate =
        reply != NULL ? note(p, name, instance, reply) : FATE_PENDING;
    rpc_answer_release(&answer);
    return fate;
}

bool peers_propose(struct peers *p, const char *name, int64_t instance,
                   const char *value, int ticks)
{
    allow(p, instance, value, strlen(value));
    Px__ProposeRequest request = PX__PROPOSE_REQUEST__INIT;
    request.instance = instance;
    request.value = (ProtobufCBinaryData){strlen(value), (uint8_t *)value};
    request.timeout_ms = (uint32_t)(ticks * cluster_tick_ms());
    struct rpc_answer answer;
    const Px__FateReply *reply =
        (const Px__FateReply *)ask(p, name, "Propose", &request.base, &answer);
    // It has tried: the instance may have been decided meanwhile.
    bool decided =
        reply != NULL && reply->fate == PX__FATE_REPLY__FATE__DECIDED;
    if (decided)
        note(p, name, instance, reply);
    rpc_answer_release(&answer);
    return decided;
}

unsigned peers_know(struct peers *p, const char *list, int64_t instance)
{
    unsigned count = 0;
    char name[16];
    while (next_name(&list, name))
        count += peers_fate(p, name, instance) == FATE_DECIDED;
    return count;
}

bool peers_all_know(struct peers *p, const char *list, int64_t instance)
{
    bool all = true;
    char name[16];
    while (next_name(&list, name))
        all = peers_fate(p, name, instance) == FATE_DECIDED && all;
    return all;
}

void peers_ask(struct peers *p, const char *list, int64_t instance)
{
    char name[16];
    while (next_name(&list, name))
        if (peers_fate(p, name, instance) == FATE_PENDING)
            peers_start(p, name, instance, "what is it?");
}

bool peers_has(const struct peers *p, int64_t instance, const char *value)
{
    const struct value *decided = p->known[instance].decided;
    return decided != NULL && decided->size == strlen(value) &&
           memcmp(decided->data, value, decided->size) == 0;
}

void peers_expect(struct peers *p, int64_t instance, const char *value)
{
    const struct value *decided = known_of(p, instance)->decided;
    char text[64];
    if (decided == NULL)
        cluster_fail(p->c, "nobody knows what instance %" PRId64 " decided",
                     instance);
    if (!peers_has(p, instance, value))
        cluster_fail(p->c, "instance %" PRId64 " decided %s, and not '%s'",
                     instance, show(decided->data, decided->size, text), value);
}

// --- Forgetting ------------------------------------------------------------

void peers_done(struct peers *p, const char *list, int64_t instance)
{
    char name[16];
    while (next_name(&list, name)) {
        Px__DoneRequest request = PX__DONE_REQUEST__INIT;
        request.instance = instance;
        struct rpc_answer answer;
        ask(p, name, "Done", &request.base, &answer);
        rpc_answer_release(&answer);
    }
}

static Px__BoundsReply bounds_of(struct peers *p, const char *name)
{
    Px__BoundsRequest request = PX__BOUNDS_REQUEST__INIT;
    struct rpc_answer answer;
    Px__BoundsReply bounds = *(const Px__BoundsReply *)ask(
        p, name, "Bounds", &request.base, &answer);
    rpc_answer_release(&answer);
    return bounds;
}

int64_t peers_min(struct peers *p, const char *name)
{
    return bounds_of(p, name).min;
}

int64_t peers_max(struct peers *p, const char *name)
{
    return bounds_of(p, name).max;
}

Px__PaxosStatusReply peers_status(struct peers *p, const char *name)
{
    struct rpc_method m = {&px__paxos_inspect__descriptor, "Status"};
    Px__PaxosStatusRequest request = PX__PAXOS_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    if (cluster_ask(p->c, name, &m, &request.base, &answer) != RPC_OK)
        cluster_fail(p->c, "%s does not answer", name);
    Px__PaxosStatusReply status = *(const Px__PaxosStatusReply *)answer.reply;
    rpc_answer_release(&answer);
    status.peers = NULL;
    status.n_peers = 0;
    return status;
}

// --- The probe -------------------------------------------------------------

void probe_begin(struct peers *p)
{
    cluster_start_clerks(p->c, "p1", "--role probe");
}

static const Px__ProbeReply *probe(struct peers *p, const char *method,
                                   const char *to, int64_t instance,
                                   uint64_t ballot, const char *value)
{
    struct rpc_method m = {&px__probe__descriptor, method};
    Px__ProbeRequest request = PX__PROBE_REQUEST__INIT;
    request.to = (char *)to;
    request.instance = (uint64_t)instance;
    request.ballot = ballot;
    request.value = (ProtobufCBinaryData){strlen(value), (uint8_t *)value};
    if (value[0] != '\0')
        peers_allow(p, instance, value);
    client_begin(p->c, "p1", &m, &request.base);
    const ProtobufCMessage *reply = NULL;
    client_wait(p->c, "p1", SOON);
    client_result(p->c, "p1", &reply);
    return (const Px__ProbeReply *)reply;
}

const Px__ProbeReply *probe_prepare(struct peers *p, const char *to,
                                    int64_t instance, uint64_t ballot)
{
    return probe(p, "Prepare", to, instance, ballot, "");
}

const Px__ProbeReply *probe_accept(struct peers *p, const char *to,
                                   int64_t instance, uint64_t ballot,
                                   const char *value)
{
    return probe(p, "Accept", to, instance, ballot, value);
}

const Px__ProbeReply *probe_decide(struct peers *p, const char *to,
                                   int64_t instance, const char *value)
{
    return probe(p, "Decide", to, instance, 0, value);
}

bool probe_value_is(const Px__ProbeReply *reply, const char *value)
{
    return reply->value.len == strlen(value) &&
           memcmp(reply->value.data, value, reply->value.len) == 0;
}
