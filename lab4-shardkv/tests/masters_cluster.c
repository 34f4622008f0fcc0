#define CLUSTER_NO_PLACES
#include "lab4-shardkv/tests/masters.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

enum {
    TEXT_MAX = 4096, // of what is asked
};

// --- Their life ------------------------------------------------------------

const char *masters_start(struct cluster *c, int count, int shards)
{
    const char *names = count == 3 ? "m1,m2,m3" : "m1,m2,m3,m4,m5";
    char name[16];
    for (int i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "m%d", i);
        cluster_launch(c, name, "masterd --masters %s --shards %d --tick %d",
                       names, shards, (int)cluster_tick_ms());
    }
    for (int i = 1; i <= count; i++) {
        snprintf(name, sizeof name, "m%d", i);
        cluster_await_ready(c, name);
    }
    return names;
}

void start_admins(struct cluster *c, const char *names, const char *masters)
{
    cluster_start_clerks(c, names, "--role admin --masters %s --tick %d",
                         masters, (int)cluster_tick_ms());
}

void start_probe(struct cluster *c, const char *name, const char *master)
{
    cluster_start_clerks(c, name, "--role probe --server %s", master);
}

// --- What is asked ---------------------------------------------------------

static Shard__Group *read_group(char *word)
{
    Shard__Group *group = xcalloc(1, sizeof *group);
    shard__group__init(group);
    char *rest = word;
    group->gid = strtoull(strsep(&rest, "="), NULL, 10);
    group->servers = xcalloc(strlen(word) + 32, sizeof *group->servers);
    while (rest != NULL)
        group->servers[group->n_servers++] = xstrdup(strsep(&rest, ","));
    return group;
}

static void read_word(Shard__MasterOperation *op, char *word)
{
    switch (op->kind) {
    case SHARD__MASTER_KIND__JOIN:
        op->groups[op->n_groups++] = read_group(word);
        break;
    case SHARD__MASTER_KIND__QUERY:
        op->number = strtoull(word, NULL, 10);
        break;
    default:
        op->gids[op->n_gids++] = strtoull(word, NULL, 10);
        break;
    }
}

static const char *const kinds[] = {"query", "join", "leave", "move"};
static const char *const methods[] = {"Query", "Join", "Leave", "Move"};

// "join 1=a,b": owned.
static Shard__MasterOperation *read_operation(struct cluster *c, char *text)
{
    Shard__MasterOperation *op = xcalloc(1, sizeof *op);
    shard__master_operation__init(op);
    op->number = CONFIG_NEWEST;
    op->gids = xcalloc(strlen(text), sizeof *op->gids);
    op->groups = xcalloc(strlen(text), sizeof *op->groups);
    char *rest = NULL;
    const char *kind = strtok_r(text, " ", &rest);
    size_t k = 0;
    while (k < 4 && strcmp(kinds[k], kind) != 0)
        k++;
    if (k == 4)
        cluster_fail(c, "the test asks for '%s'", kind);
    op->kind = (Shard__MasterKind)k;
    if (op->kind == SHARD__MASTER_KIND__MOVE)
        op->shard = (uint32_t)strtoul(strtok_r(NULL, " ", &rest), NULL, 10);
    for (char *word = strtok_r(NULL, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        read_word(op, word);
    return op;
}

static void begin(struct cluster *c, const char *client, uint64_t session,
                  uint64_t sequence, const char *format, va_list arguments)
{
    char text[TEXT_MAX];
    int size = vsnprintf(text, sizeof text, format, arguments);
    ck_assert_int_lt(size, TEXT_MAX);
    cluster_tell(c, "%s: %.60s", client, text);
    Shard__MasterOperation *op = read_operation(c, text);
    op->client = session;
    op->sequence = sequence;
    struct rpc_method method = {&shard__master__descriptor, methods[op->kind]};
    client_begin(c, client, &method, &op->base);
    shard__master_operation__free_unpacked(op, NULL);
}

void ask_begin(struct cluster *c, const char *client, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin(c, client, 0, 0, format, arguments);
    va_end(arguments);
}

void ask_begin_as(struct cluster *c, const char *client, uint64_t session,
                  uint64_t sequence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin(c, client, session, sequence, format, arguments);
    va_end(arguments);
}

// --- What is answered ------------------------------------------------------

bool ask_runs(struct cluster *c, const char *client)
{
    return client_result(c, client, NULL) == CLIENT_RUNNING;
}

const Shard__MasterAnswer *ask_end(struct cluster *c, const char *client)
{
    if (client_wait(c, client, SOON) == CLIENT_RUNNING)
        cluster_fail_waiting(c, "%s has not been answered", client);
    const ProtobufCMessage *reply = NULL;
    client_result(c, client, &reply);
    const Shard__MasterAnswer *answer = (const Shard__MasterAnswer *)reply;
    if (answer != NULL && answer->config != NULL &&
        !config_is_sound(answer->config))
        cluster_fail(c, "%s was told a configuration that makes no sense",
                     client);
    return answer;
}

static void expect_status(struct cluster *c, const char *client,
                          const Shard__MasterAnswer *answer,
                          Shard__MasterStatus status)
{
    if (answer == NULL)
        cluster_fail(c, "%s does not know what became of it", client);
    if (answer->status != status)
        cluster_fail(c, "%s was answered with status %d, and not %d", client,
                     (int)answer->status, (int)status);
}

const Shard__Config *ask(struct cluster *c, const char *client,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin(c, client, 0, 0, format, arguments);
    va_end(arguments);
    const Shard__MasterAnswer *answer = ask_end(c, client);
    expect_status(c, client, answer, SHARD__MASTER_STATUS__OK);
    if (answer->config == NULL)
        cluster_fail(c, "%s was told no configuration", client);
    return answer->config;
}

void ask_refused(struct cluster *c, const char *client,
                 Shard__MasterStatus status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    begin(c, client, 0, 0, format, arguments);
    va_end(arguments);
    expect_status(c, client, ask_end(c, client), status);
}

Shard__MasterStatusReply master_status(struct cluster *c, const char *name,
                                       uint64_t *newest)
{
    struct rpc_method method = {&shard__master_inspect__descriptor, "Status"};
    Shard__MasterStatusRequest request = SHARD__MASTER_STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    if (cluster_ask(c, name, &method, &request.base, &answer) != RPC_OK)
        cluster_fail(c, "%s does not answer", name);
    Shard__MasterStatusReply status =
        *(const Shard__MasterStatusReply *)answer.reply;
    if (newest != NULL)
        *newest = status.newest->number;
    status.newest = NULL;
    rpc_answer_release(&answer);
    return status;
}

// --- Configurations --------------------------------------------------------

size_t config_count(const Shard__Config *config, uint64_t gid)
{
    size_t count = 0;
    for (size_t s = 0; s < config->n_owners; s++)
        count += config->owners[s] == gid;
    return count;
}

void expect_balanced(struct cluster *c, const Shard__Config *config,
                     uint64_t number, size_t groups)
{
    if (config->number != number || config->n_groups != groups)
        cluster_fail(c,
                     "configuration %" PRIu64 " of %zu groups, and not %" PRIu64
                     " of %zu",
                     config->number, config->n_groups, number, groups);
    size_t least = config->n_owners;
    size_t most = 0;
    for (size_t i = 0; i < groups; i++) {
        size_t count = config_count(config, config->groups[i]->gid);
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    if (groups > 0 && (most > least + 1 || config_count(config, 0) > 0))
        cluster_fail(c,
                     "a group has %zu shards, another %zu, and %zu are "
                     "nobody's",
                     least, most, config_count(config, 0));
    if (groups == 0)
        ck_assert_uint_eq(config_count(config, 0), config->n_owners);
}

bool configs_equal(const Shard__Config *one, const Shard__Config *other)
{
    size_t size = shard__config__get_packed_size(one);
    if (shard__config__get_packed_size(other) != size)
        return false;
    unsigned char *a = xmalloc(2 * size + 1);
    shard__config__pack(one, a);
    shard__config__pack(other, a + size);
    bool equal = memcmp(a, a + size, size) == 0;
    free(a);
    return equal;
}
