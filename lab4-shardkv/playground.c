#include "lab4-shardkv/playground.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clerks/kv.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"
#include "lab4-shardkv/clerk.h"
#include "lab4-shardkv/options.h"
#include "lab4-shardkv/table.h"

enum {
    MASTERS = 3,
    SHOW_MS = 1000,
    END_MS = 3000,  // that children have for an orderly end
    KEYS = 200,     // of its clients
    REST_MS = 5,    // from one operation of a client to its next
    WORDS_MAX = 16, // of a child's command
};

// A client that puts and gets, so that there is something to see.
struct client {
    struct playground *playground;
    struct node *node;
    struct thread *thread;
};

struct playground {
    const struct options *options;
    char *folder;
    bool is_ours; // made here: it goes, with all that is in it
    char *program;
    struct node *node;
    struct table table;
    struct process *children[TABLE_SERVERS_MAX]; // as the table has them
    struct client clients[PLAYGROUND_CLIENTS_MAX];
    atomic_bool ending;
};

// --- Its folder ------------------------------------------------------------

static int complain(const char *what, const char *folder, int err)
{
    return program_complain(
        &lab4_program, EXIT_USAGE,
        xasprintf("%s %s: %s", what, folder, err_text(err)));
}

// The folder is new, or there and empty: what is in it at the end is ours.
static int make_folder(struct playground *p)
{
    const char *wanted = p->options->cluster;
    int err = ERR_OK;
    if (wanted == NULL) {
        err = folder_make_fresh("lab4", &p->folder);
        p->is_ours = err == ERR_OK;
        return err == ERR_OK ? 0 : complain("cannot make", "a folder", err);
    }
    p->folder = xstrdup(wanted);
    err = folder_make(wanted);
    p->is_ours = err == ERR_OK;
    if (err != ERR_EXISTS)
        return err == ERR_OK ? 0 : complain("cannot make", wanted, err);
    bool empty = false;
    err = folder_is_empty(wanted, &empty);
    if (err != ERR_OK)
        return complain("cannot use", wanted, err);
    return empty ? 0
                 : program_complain(&lab4_program, EXIT_USAGE,
                                    xasprintf("%s is not empty", wanted));
}

static void remove_in(const struct playground *p, const char *name)
{
    char *path = xasprintf("%s/%s", p->folder, name);
    folder_remove(path);
    free(path);
}

static char *log_of(const char *server)
{
    return xasprintf("%s.log", server);
}

static void remove_folder(struct playground *p)
{
    if (p->folder == NULL)
        return;
    if (p->is_ours) {
        folder_remove(p->folder);
        return;
    }
    remove_in(p, "sock");
    for (size_t i = 0; i < p->table.count; i++) {
        char *log = log_of(p->table.servers[i].name);
        remove_in(p, log);
        free(log);
    }
}

// --- Its children ----------------------------------------------------------

// "a1,a2,a3": the servers of a group, or the masters. Owned.
static char *names_of(char letter, size_t count)
{
    char *names = xasprintf("%c1", letter);
    for (size_t i = 2; i <= count; i++) {
        char *more = xasprintf("%s,%c%zu", names, letter, i);
        free(names);
        names = more;
    }
    return names;
}

// Starts a server; `words` are its command, up to NULL.
static int start_child(struct playground *p, const char *name, size_t group,
                       const char *const *words)
{
    char *log = log_of(name);
    char *output = xasprintf("%s/%s", p->folder, log);
    char *tick = xasprintf("%" PRIu64, p->options->tick_ms);
    const char *argv[WORDS_MAX] = {p->program, words[0], "--cluster", p->folder,
                                   "--name",   name,     "--tick",    tick};
    size_t count = 8;
    for (size_t i = 1; words[i] != NULL; i++)
        argv[count++] = words[i];
    const struct process_spec spec = {.argv = argv, .output = output};
    table_add(&p->table, name, group);
    int err = process_spawn(&spec, &p->children[p->table.count - 1]);
    free(log);
    free(output);
    free(tick);
    return err;
}

static int start_group(struct playground *p, size_t group)
{
    size_t count = group == 0 ? MASTERS : (size_t)p->options->replicas;
    char letter = group == 0 ? 'm' : (char)('a' + (int)group - 1);
    char *peers = names_of(letter, count);
    char *gid = xasprintf("%zu", group);
    char *shards = xasprintf("%" PRIu64, p->options->shards);
    const char *const master[] = {"masterd", "--shards", shards, NULL};
    const char *const server[] = {"shardkvd", "--gid", gid,
                                  "--peers",  peers,   NULL};
    int err = ERR_OK;
    for (size_t i = 1; i <= count && err == ERR_OK; i++) {
        char *name = xasprintf("%c%zu", letter, i);
        err = start_child(p, name, group, group == 0 ? master : server);
        free(name);
    }
    free(peers);
    free(gid);
    free(shards);
    return err;
}

static void end_children(struct playground *p)
{
    for (size_t i = 0; i < p->table.count; i++) {
        if (p->children[i] == NULL)
            continue;
        process_terminate(p->children[i]);
        process_continue(p->children[i]); // who sleeps ends when it wakes
    }
    int64_t deadline_ms = clock_now_ms() + END_MS;
    for (size_t i = 0; i < p->table.count; i++) {
        if (p->children[i] != NULL)
            process_wait(p->children[i], deadline_ms, NULL);
        process_free(p->children[i]); // kills who does not end
    }
}

static void see_deaths(struct playground *p)
{
    for (size_t i = 0; i < p->table.count; i++)
        p->table.servers[i].dead =
            process_wait(p->children[i], clock_now_ms(), NULL) == ERR_OK;
}

// --- Joining ---------------------------------------------------------------

static void fill_group(const struct playground *p, size_t group,
                       Shard__Group *out, char **servers)
{
    shard__group__init(out);
    out->gid = group;
    out->servers = servers;
    for (size_t i = 0; i < p->table.count; i++)
        if (p->table.servers[i].group == group)
            servers[out->n_servers++] = (char *)p->table.servers[i].name;
}

// All groups join at once.
static int join_all(struct playground *p)
{
    Shard__Group groups[TABLE_GROUPS_MAX];
    Shard__Group *list[TABLE_GROUPS_MAX];
    char *servers[TABLE_GROUPS_MAX][TABLE_SERVERS_MAX];
    Shard__MasterOperation op = SHARD__MASTER_OPERATION__INIT;
    op.kind = SHARD__MASTER_KIND__JOIN;
    op.groups = list;
    for (size_t group = 1; group <= p->table.groups; group++) {
        fill_group(p, group, &groups[group - 1], servers[group - 1]);
        list[op.n_groups++] = &groups[group - 1];
    }
    const struct master_clerk_spec masters = masters_of(p->options);
    struct master_clerk *clerk = master_clerk_start(p->node, &masters);
    Shard__MasterAnswer *answer =
        master_clerk_run(clerk, &op, clock_now_ms() + ask_ms(p->options));
    bool ok = answer != NULL && answer->status == SHARD__MASTER_STATUS__OK;
    if (answer != NULL)
        shard__master_answer__free_unpacked(answer, NULL);
    master_clerk_stop(clerk);
    return ok ? ERR_OK : ERR_TIMEOUT;
}

// --- Clients ---------------------------------------------------------------

static void do_one(void *clerk, struct random *r, int64_t timeout_ms)
{
    char key[16];
    snprintf(key, sizeof key, "key%d", (int)random_below(r, KEYS));
    Kv__Operation op = KV__OPERATION__INIT;
    op.kind = random_below(r, 2) == 0 ? KV__KIND__GET : KV__KIND__PUT;
    op.key.data = (uint8_t *)key;
    op.key.len = strlen(key);
    op.value = op.key;
    uint32_t attempts;
    Kv__Answer *answer =
        clerk_kind.run(clerk, &op, clock_now_ms() + timeout_ms, &attempts);
    if (answer != NULL)
        kv__answer__free_unpacked(answer, NULL);
}

static void run_client(void *arg)
{
    struct client *c = arg;
    const struct master_clerk_spec masters = masters_of(c->playground->options);
    void *clerk = clerk_kind.start(c->node, &masters);
    struct random r;
    random_init(&r, random_seed());
    while (!atomic_load(&c->playground->ending)) { // ends: with all the rest
        do_one(clerk, &r, ask_ms(c->playground->options));
        clock_sleep_ms(REST_MS);
    }
    clerk_kind.stop(clerk);
}

static int start_client(struct playground *p, size_t i)
{
    struct client *c = &p->clients[i];
    c->playground = p;
    char *name = xasprintf("k%zu", i + 1);
    int err = node_open(p->folder, name, false, &c->node);
    free(name);
    if (err != ERR_OK)
        return err;
    return thread_start("client", run_client, c, &c->thread);
}

static void end_clients(struct playground *p)
{
    atomic_store(&p->ending, true);
    for (size_t i = 0; i < PLAYGROUND_CLIENTS_MAX; i++)
        if (p->clients[i].node != NULL)
            node_cancel(p->clients[i].node);
    for (size_t i = 0; i < PLAYGROUND_CLIENTS_MAX; i++) {
        thread_join(p->clients[i].thread);
        node_close(p->clients[i].node);
    }
}

// --- Its life --------------------------------------------------------------

static int start_all(struct playground *p)
{
    int err = ERR_OK;
    for (size_t group = 0; group <= p->options->groups && err == ERR_OK;
         group++)
        err = start_group(p, group);
    if (err == ERR_OK)
        err = join_all(p);
    for (size_t i = 0; i < p->options->clients && err == ERR_OK; i++)
        err = start_client(p, i);
    if (err == ERR_OK)
        return 0;
    return program_complain(
        &lab4_program, EXIT_FAILED,
        xasprintf("cannot start the cluster: %s", err_text(err)));
}

// Until a signal comes: its exit status.
static int watch(struct playground *p)
{
    int64_t next_ms = clock_now_ms();
    while (process_interrupted() == 0) {
        if (clock_now_ms() >= next_ms) {
            see_deaths(p);
            table_show(&p->table, SHOW_MS / 4);
            next_ms += SHOW_MS;
        }
        clock_sleep_ms(SHOW_MS / 50);
    }
    return EXIT_SIGNAL + process_interrupted();
}

int command_cluster(const struct arguments *arguments)
{
    process_interrupted(); // from now on we end in order
    struct playground *p = xcalloc(1, sizeof *p);
    p->options = options_of(arguments);
    p->program = process_own_path();
    int status = make_folder(p);
    bool has_folder = status == 0;
    if (status == 0)
        status = program_join(&lab4_program, p->folder, "cluster", &p->node);
    if (status == 0) {
        table_init(&p->table, p->node, p->folder);
        status = start_all(p);
    }
    if (status == 0)
        status = watch(p);
    end_clients(p);
    end_children(p);
    node_close(p->node);
    if (has_folder)
        remove_folder(p);
    free(p->folder);
    free(p->program);
    free(p);
    return status;
}
