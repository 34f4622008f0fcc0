#include "lab4-shardkv/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/groups.h"

void table_init(struct table *t, struct node *node, const char *folder)
{
    *t = (struct table){.node = node, .folder = folder};
    t->begun_ms = clock_now_ms();
    t->shown_ms = t->begun_ms;
    t->on_terminal = isatty(STDOUT_FILENO) == 1;
}

void table_add(struct table *t, const char *name, size_t group)
{
    assert(t->count < TABLE_SERVERS_MAX && group <= TABLE_GROUPS_MAX);
    struct table_server *s = &t->servers[t->count++];
    snprintf(s->name, sizeof s->name, "%s", name);
    s->group = group;
    if (group > t->groups)
        t->groups = group;
}

// --- Asking ----------------------------------------------------------------

// Those that are asked at once: masters, or the servers of groups.
struct asking {
    struct table_server *servers[TABLE_SERVERS_MAX];
    const char *names[TABLE_SERVERS_MAX];
    size_t count;
};

static bool take_reply(void *arg, size_t i, struct rpc_answer *answer)
{
    struct table_server *s = ((struct asking *)arg)->servers[i];
    if (s->group == 0)
        s->master = (Shard__MasterStatusReply *)answer->reply;
    else
        s->shards = (Shard__ShardsStatusReply *)answer->reply;
    answer->reply = NULL;
    return true;
}

static void ask(struct table *t, bool masters,
                const ProtobufCServiceDescriptor *service,
                const ProtobufCMessage *request, int64_t timeout_ms)
{
    const struct rpc_method status = {service, "Status"};
    struct asking a = {.count = 0};
    for (size_t i = 0; i < t->count; i++) {
        struct table_server *s = &t->servers[i];
        if (s->dead || (s->group == 0) != masters)
            continue;
        a.servers[a.count] = s;
        a.names[a.count++] = s->name;
    }
    if (a.count > 0)
        rpc_gather(t->node, a.names, a.count, &status, request,
                   clock_now_ms() + timeout_ms, take_reply, &a);
}

static void ask_all(struct table *t, int64_t timeout_ms)
{
    Shard__MasterStatusRequest master = SHARD__MASTER_STATUS_REQUEST__INIT;
    Shard__ShardsStatusRequest shards = SHARD__SHARDS_STATUS_REQUEST__INIT;
    ask(t, true, &shard__master_inspect__descriptor, &master.base, timeout_ms);
    ask(t, false, &shard__shards_inspect__descriptor, &shards.base, timeout_ms);
}

static void forget_all(struct table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        struct table_server *s = &t->servers[i];
        if (s->master != NULL)
            shard__master_status_reply__free_unpacked(s->master, NULL);
        if (s->shards != NULL)
            shard__shards_status_reply__free_unpacked(s->shards, NULL);
        s->master = NULL;
        s->shards = NULL;
    }
}

// --- Printing --------------------------------------------------------------

// The newest configuration that a master has told of; NULL: none has.
static const Shard__Config *newest(const struct table *t)
{
    const Shard__Config *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const Shard__MasterStatusReply *r = t->servers[i].master;
        if (r != NULL && (best == NULL || r->newest->number > best->number))
            best = r->newest;
    }
    return best;
}

// The server of a group that is furthest; NULL: none has said anything.
static const Shard__ShardsStatusReply *furthest(const struct table *t,
                                                size_t group)
{
    const Shard__ShardsStatusReply *best = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const Shard__ShardsStatusReply *r = t->servers[i].shards;
        if (t->servers[i].group == group && r != NULL &&
            (best == NULL || r->next > best->next))
            best = r;
    }
    return best;
}

static const char *state_of(const struct table_server *s)
{
    if (s->dead)
        return "dead";
    return s->master == NULL && s->shards == NULL ? "silent" : "";
}

static void print_servers(const struct table *t, size_t group)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->servers[i].group == group)
            printf(" %s %-6s", t->servers[i].name, state_of(&t->servers[i]));
}

// "230/s, shards 0-2; waits for 3".
static void print_group(struct table *t, size_t group, int64_t now_ms)
{
    const Shard__ShardsStatusReply *r = furthest(t, group);
    if (r == NULL) {
        printf("nobody answers");
        return;
    }
    char *shards;
    char *coming;
    groups_shards(r, SHARD__SHARD_STATUS__STATE__SERVING, &shards);
    groups_shards(r, SHARD__SHARD_STATUS__STATE__COMING, &coming);
    uint64_t more = r->served - t->served[group];
    int64_t span_ms = now_ms - t->shown_ms;
    printf("%6" PRIu64 "/s, shards%s",
           span_ms > 0 ? more * 1000 / (uint64_t)span_ms : 0,
           shards[0] == '\0' ? " none" : shards);
    if (coming[0] != '\0')
        printf("; waits for%s", coming);
    if (r->donated > 0)
        printf("; keeps %u", r->donated);
    t->served[group] = r->served;
    free(shards);
    free(coming);
}

static void print_table(struct table *t, int64_t now_ms)
{
    const Shard__Config *config = newest(t);
    printf("\033[H\033[J"); // to the upper left, and all below goes
    printf("cluster %s, %" PRId64 " s; Ctrl-C ends it\n\n", t->folder,
           (now_ms - t->begun_ms) / 1000);
    printf("masters ");
    print_servers(t, 0);
    if (config != NULL)
        printf(" configuration %" PRIu64, config->number);
    for (size_t group = 1; group <= t->groups; group++) {
        printf("\ngroup %-2zu", group);
        print_servers(t, group);
        print_group(t, group, now_ms);
    }
    putchar('\n');
}

static void print_line(struct table *t, int64_t now_ms)
{
    const Shard__Config *config = newest(t);
    printf("%3" PRId64 " s", (now_ms - t->begun_ms + 500) / 1000);
    if (config != NULL)
        printf("  configuration %" PRIu64, config->number);
    for (size_t group = 1; group <= t->groups; group++) {
        printf("  group %zu:", group);
        print_group(t, group, now_ms);
    }
    for (size_t i = 0; i < t->count; i++)
        if (state_of(&t->servers[i])[0] != '\0')
            printf("  %s %s", t->servers[i].name, state_of(&t->servers[i]));
    putchar('\n');
}

void table_show(struct table *t, int64_t timeout_ms)
{
    ask_all(t, timeout_ms);
    int64_t now_ms = clock_now_ms();
    if (t->on_terminal)
        print_table(t, now_ms);
    else
        print_line(t, now_ms);
    fflush(stdout);
    t->shown_ms = now_ms;
    forget_all(t);
}
