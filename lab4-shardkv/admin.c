// admin.c - what administrators ask the masters: see admin.h.
#include "lab4-shardkv/admin.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "lab4-shardkv/config.h"
#include "lab4-shardkv/options.h"

// --- Words -----------------------------------------------------------------
//
// join GID=SERVERS..., leave GID..., move SHARD GID, query [NUMBER]. Each
// reads words into `op`, and returns what is wrong (owned), or NULL.

// The whole text is a number of at most so much.
static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return at > text && *at == '\0';
}

static char *read_gid(const char *word, uint64_t *gid)
{
    if (read_number(word, UINT64_MAX, gid) && *gid > 0)
        return NULL;
    return xasprintf("'%s' is no gid: a number from 1 to %" PRIu64, word,
                     UINT64_MAX);
}

// "a1,a2,a3", which is changed.
static char *read_servers(char *list, Shard__Group *group)
{
    char *rest = list;
    for (char *name = strsep(&rest, ","); name != NULL;
         name = strsep(&rest, ",")) {
        if (!node_is_name(name))
            return xasprintf("'%s' is no server's name: 1 to %d of a-z, 0-9 "
                             "and -",
                             name, NODE_NAME_MAX);
        group->servers = xrealloc(group->servers, (group->n_servers + 1) *
                                                      sizeof *group->servers);
        group->servers[group->n_servers++] = xstrdup(name);
    }
    return NULL;
}

static char *read_group(const char *word, Shard__Group *group)
{
    char *text = xstrdup(word);
    char *servers = text;
    const char *gid = strsep(&servers, "=");
    char *why = read_gid(gid, &group->gid);
    if (why == NULL && servers == NULL)
        why = xasprintf("'%s': GID=SERVER,SERVER,... is needed", word);
    if (why == NULL)
        why = read_servers(servers, group);
    free(text);
    return why;
}

static char *read_join(const char *const *words, size_t count,
                       Shard__MasterOperation *op)
{
    op->groups = xcalloc(count + 1, sizeof *op->groups);
    char *why = NULL;
    for (size_t i = 0; i < count && why == NULL; i++) {
        op->groups[i] = xcalloc(1, sizeof **op->groups);
        shard__group__init(op->groups[i]);
        op->n_groups++;
        why = read_group(words[i], op->groups[i]);
    }
    return why;
}

static char *read_leave(const char *const *words, size_t count,
                        Shard__MasterOperation *op)
{
    op->gids = xcalloc(count + 1, sizeof *op->gids);
    char *why = NULL;
    for (; op->n_gids < count && why == NULL; op->n_gids++)
        why = read_gid(words[op->n_gids], &op->gids[op->n_gids]);
    return why;
}

static char *read_move(const char *const *words, size_t count,
                       Shard__MasterOperation *op)
{
    uint64_t shard = 0;
    if (!read_number(words[0], UINT32_MAX, &shard))
        return xasprintf("'%s' is no shard's number", words[0]);
    op->shard = (uint32_t)shard;
    return read_leave(words + 1, count - 1, op);
}

static char *read_query(const char *const *words, size_t count,
                        Shard__MasterOperation *op)
{
    op->number = CONFIG_NEWEST;
    if (count == 0 || read_number(words[0], UINT64_MAX, &op->number))
        return NULL;
    return xasprintf("'%s' is no number of a configuration", words[0]);
}

struct words {
    const char *word;
    Shard__MasterKind kind;
    size_t least; // words behind it
    size_t most;
    char *(*read)(const char *const *words, size_t count,
                  Shard__MasterOperation *op);
};

static const struct words kinds[] = {
    {"join", SHARD__MASTER_KIND__JOIN, 1, SIZE_MAX, read_join},
    {"leave", SHARD__MASTER_KIND__LEAVE, 1, SIZE_MAX, read_leave},
    {"move", SHARD__MASTER_KIND__MOVE, 2, 2, read_move},
    {"query", SHARD__MASTER_KIND__QUERY, 0, 1, read_query},
};

static char *read_words(const char *const *words, size_t count,
                        Shard__MasterOperation *op)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(words[0], kinds[i].word) != 0 ||
            count - 1 < kinds[i].least || count - 1 > kinds[i].most)
            continue;
        op->kind = kinds[i].kind;
        return kinds[i].read(words + 1, count - 1, op);
    }
    return xasprintf("'%s': join GID=SERVER,..., leave GID..., move SHARD GID "
                     "or query [NUMBER] is needed",
                     words[0]);
}

// --- Answers ---------------------------------------------------------------

static const char *status_text(Shard__MasterStatus status)
{
    switch (status) {
    case SHARD__MASTER_STATUS__BAD_GROUP:
        return "refused: a group that joins needs a gid and servers of its own";
    case SHARD__MASTER_STATUS__GROUP_EXISTS:
        return "refused: there is such a group already";
    case SHARD__MASTER_STATUS__NO_GROUP:
        return "refused: there is no such group";
    case SHARD__MASTER_STATUS__NO_SHARD:
        return "refused: there is no such shard";
    case SHARD__MASTER_STATUS__TOO_MANY:
        return "refused: that would be too many groups or servers";
    case SHARD__MASTER_STATUS__OK:
    case SHARD__MASTER_STATUS__SESSION_EXPIRED:
    default: // from outside
        return "refused: it did not run and will not run";
    }
}

static int tell(const Shard__MasterAnswer *answer)
{
    const char *why = "unknown: it may have run, may run later, or never";
    if (answer != NULL && answer->status != SHARD__MASTER_STATUS__OK)
        why = status_text(answer->status);
    else if (answer != NULL && answer->config != NULL)
        why = NULL;
    if (why != NULL)
        return program_complain(&lab4_program, EXIT_FAILED, xstrdup(why));
    char *text = config_text(answer->config);
    fputs(text, stdout);
    free(text);
    return 0;
}

static int ask(struct node *node, const struct options *o,
               const Shard__MasterOperation *op)
{
    const struct master_clerk_spec spec = masters_of(o);
    struct master_clerk *clerk = master_clerk_start(node, &spec);
    Shard__MasterAnswer *answer =
        master_clerk_run(clerk, op, clock_now_ms() + ask_ms(o));
    int status = tell(answer);
    if (answer != NULL)
        shard__master_answer__free_unpacked(answer, NULL);
    master_clerk_stop(clerk);
    return status;
}

int command_admin(const struct arguments *arguments)
{
    const struct options *o = options_of(arguments);
    Shard__MasterOperation *op = xcalloc(1, sizeof *op);
    shard__master_operation__init(op);
    char *why = read_words(o->beside.files, o->beside.file_count, op);
    int status = EXIT_USAGE;
    struct node *node = NULL;
    const char *name = o->name != NULL ? o->name : "admin";
    if (why != NULL)
        program_complain(&lab4_program, status, why);
    else if (options_check(o) == 0 &&
             program_join(&lab4_program, o->cluster, name, &node) == 0)
        status = ask(node, o, op);
    node_close(node);
    shard__master_operation__free_unpacked(op, NULL);
    return status;
}
