#include "lab4-shardkv/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/node.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"

Shard__Config *config_new(size_t shards)
{
    Shard__Config *config = xcalloc(1, sizeof *config);
    shard__config__init(config);
    config->n_owners = shards;
    config->owners = xcalloc(shards, sizeof *config->owners);
    return config;
}

Shard__Group *config_copy_group(const Shard__Group *from)
{
    Shard__Group *group = xcalloc(1, sizeof *group);
    shard__group__init(group);
    group->gid = from->gid;
    group->n_servers = from->n_servers;
    group->servers = xcalloc(from->n_servers, sizeof *group->servers);
    for (size_t i = 0; i < from->n_servers; i++)
        group->servers[i] = xstrdup(from->servers[i]);
    return group;
}

Shard__Config *config_copy(const Shard__Config *from)
{
    Shard__Config *config = config_new(from->n_owners);
    config->number = from->number;
    memcpy(config->owners, from->owners,
           from->n_owners * sizeof *config->owners);
    config->groups = xcalloc(from->n_groups + 1, sizeof *config->groups);
    for (size_t i = 0; i < from->n_groups; i++)
        config->groups[config->n_groups++] = config_copy_group(from->groups[i]);
    return config;
}

void config_free(Shard__Config *config)
{
    if (config != NULL)
        shard__config__free_unpacked(config, NULL);
}

const Shard__Group *config_group(const Shard__Config *config, uint64_t gid)
{
    for (size_t i = 0; i < config->n_groups; i++)
        if (config->groups[i]->gid == gid)
            return config->groups[i];
    return NULL;
}

size_t config_shard_of(struct slice key, size_t shards)
{
    return random_hash(key.data, key.size) % shards;
}

// --- From outside ----------------------------------------------------------

static bool is_sound_group(const Shard__Group *group)
{
    if (group->gid == 0 || group->n_servers == 0 ||
        group->n_servers > CONFIG_SERVERS_MAX)
        return false;
    for (size_t i = 0; i < group->n_servers; i++)
        if (!node_is_name(group->servers[i]))
            return false;
    return true;
}

bool config_is_sound(const Shard__Config *config)
{
    if (config->n_owners == 0 || config->n_owners > CONFIG_SHARDS_MAX ||
        config->n_groups > CONFIG_GROUPS_MAX)
        return false;
    uint64_t before = 0;
    for (size_t i = 0; i < config->n_groups; i++) {
        const Shard__Group *group = config->groups[i];
        if (!is_sound_group(group) || group->gid <= before)
            return false;
        before = group->gid;
    }
    for (size_t s = 0; s < config->n_owners; s++)
        if (config->owners[s] != 0 &&
            config_group(config, config->owners[s]) == NULL)
            return false;
    return true;
}

// --- As text ---------------------------------------------------------------

// Puts `more` (owned) behind `text` (owned).
static char *append(char *text, char *more)
{
    char *both = xasprintf("%s%s", text, more);
    free(text);
    free(more);
    return both;
}

char *config_servers(const Shard__Group *group)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < group->n_servers; i++)
        text = append(text,
                      xasprintf("%s%s", i > 0 ? "," : "", group->servers[i]));
    return text;
}

size_t config_shards(const uint64_t *owners, size_t shards, uint64_t owner,
                     char **text)
{
    size_t count = 0;
    *text = xstrdup("");
    for (size_t s = 0; s < shards; s++) {
        if (owners[s] != owner)
            continue;
        size_t first = s;
        while (s + 1 < shards && owners[s + 1] == owner)
            s++;
        count += s - first + 1;
        *text = append(*text, s == first ? xasprintf(" %zu", s)
                                         : xasprintf(" %zu-%zu", first, s));
    }
    return count;
}

static char *owner_text(const Shard__Config *config, uint64_t gid,
                        const char *servers)
{
    char *shards = NULL;
    size_t count =
        config_shards(config->owners, config->n_owners, gid, &shards);
    char *line = NULL;
    if (gid != 0)
        line = xasprintf("  group %-6" PRIu64 " %-16s %3zu shards:%s\n", gid,
                         servers, count, count > 0 ? shards : " none");
    else if (count > 0)
        line = xasprintf("  nobody's %20s %3zu shards:%s\n", "", count, shards);
    else
        line = xstrdup("");
    free(shards);
    return line;
}

char *config_text(const Shard__Config *config)
{
    char *text = xasprintf("configuration %" PRIu64 ": %zu groups\n",
                           config->number, config->n_groups);
    for (size_t i = 0; i < config->n_groups; i++) {
        char *servers = config_servers(config->groups[i]);
        text =
            append(text, owner_text(config, config->groups[i]->gid, servers));
        free(servers);
    }
    return append(text, owner_text(config, 0, ""));
}
