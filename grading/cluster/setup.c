// setup.c - a test's cluster from its empty folder to the audit at its end.
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "grading/cluster/cluster_private.h"

static const char *const folders[] = {"sock", "net",  "ctl", "cnt",
                                      "log",  "disk", "tmp", "files"};

// --- Set-up ----------------------------------------------------------------

// Nodes shall not know where verdicts are written.
static void forget_runner(void)
{
    static const char *const names[] = {"UNIT_RESULT", "UNIT_LIST", "UNIT_RUN",
                                        "UNIT_FAILED", "UNIT_COMMAND"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void make_folder(struct cluster *c, const char *path)
{
    int err = folder_make(path);
    if (err != ERR_OK)
        cluster_fail(c, "cannot make folder %s: %s", path, err_text(err));
}

static void make_folders(struct cluster *c)
{
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make_folder(c, folders[i]);
    for (int i = 0; i < c->count; i++) {
        char *sock = cluster_path(c, "sock/%s", c->members[i].name);
        char *net = cluster_path(c, "net/%s", c->members[i].name);
        make_folder(c, sock);
        make_folder(c, net);
        free(sock);
        free(net);
    }
}

static void add_name(struct cluster *c, const char *name)
{
    if (c->count == NAMES_MAX || strlen(name) > NODE_NAME_MAX)
        cluster_fail(c, "node name %s: too long, or one too many", name);
    struct member *m = &c->members[c->count];
    memcpy(m->name, name, strlen(name));
    m->number = m->home = c->count;
    c->owners[c->count] = c->count;
    c->count++;
}

static void read_names(struct cluster *c, const char *nodes)
{
    char *list = xstrdup(nodes);
    char *rest = list;
    char *name = strtok_r(list, " ", &rest);
    for (; name != NULL; name = strtok_r(NULL, " ", &rest))
        add_name(c, name);
    free(list);
    if (c->count == 0)
        cluster_fail(c, "the test's entry in the registry names no node");
}

static void make_pages(struct cluster *c)
{
    const char *names[NAMES_MAX];
    for (int i = 0; i < c->count; i++)
        names[i] = c->members[i].name;
    for (int i = 0; i < c->count; i++) {
        char *ctl = cluster_path(c, "ctl/%s", names[i]);
        char *cnt = cluster_path(c, "cnt/%s", names[i]);
        struct count_page *counts = NULL;
        int err = fault_page_create(ctl, c->seed, names, c->count, i,
                                    &c->members[i].faults);
        if (err == ERR_OK)
            err = count_page_create(cnt, &counts);
        if (err != ERR_OK)
            cluster_fail(c, "cannot make the pages of %s: %s", names[i],
                         err_text(err));
        count_page_close(counts);
        free(ctl);
        free(cnt);
    }
}

void cluster_set_up(struct cluster *c, const struct cluster_lab *lab,
                    const char *nodes)
{
    *c = (struct cluster){.lab = lab, .started_ms = clock_now_ms()};
    forget_runner();
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || chdir(folder) != 0)
        cluster_fail(c, "a cluster needs a folder: TMPDIR");
    c->folder = xstrdup(folder);
    const char *seed = getenv("LAB_SEED");
    c->seed = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    random_init(&c->random, random_mix(c->seed, random_hash("test", 4)));

    read_names(c, nodes);
    make_folders(c);
    c->story = fopen("log/harness", "we");
    // Nobody may lean on instant refusals: each suite passes without, too.
    if (getenv("LAB_NO_REFUSED") != NULL)
        c->flags = FAULT_NO_REFUSED;
    make_pages(c);
    cluster_flags(c, 0);
    atomic_init(&c->stamps, 1);
    if (node_open(c->folder, "harness", false, &c->asking) != ERR_OK)
        cluster_fail(c, "the harness cannot join its own cluster");
}

// --- Audit -----------------------------------------------------------------

// What a sanitizer or valgrind leaves when it is killed is not a node's fault.
static bool is_of_a_tool(const char *name)
{
    return strncmp(name, "tsan.", 5) == 0 ||
           strncmp(name, "valgrind_proc", 13) == 0 ||
           strncmp(name, "vgdb-", 5) == 0;
}

static bool is_ours(const char *name)
{
    if (strncmp(name, "check_", 6) == 0)
        return true; // Check's own, in TMPDIR
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strcmp(name, folders[i]) == 0)
            return true;
    return false;
}

// The first entry of the folder that `allowed` does not name; owned, or NULL.
static char *find_stray(const char *path, bool (*allowed)(const char *name))
{
    DIR *dir = opendir(path);
    char *stray = NULL;
    if (dir == NULL)
        return NULL;
    for (struct dirent *e = readdir(dir); e != NULL && stray == NULL;
         e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            !is_of_a_tool(e->d_name) && !allowed(e->d_name))
            stray = xstrdup(e->d_name);
    closedir(dir);
    return stray;
}

static bool nothing(const char *name)
{
    (void)name;
    return false;
}

static bool hidden(const char *name)
{
    return strcmp(name, "hidden") == 0; // by cluster_hide_socket
}

static bool sockets(const char *name)
{
    return strcmp(name, "s") == 0 || strcmp(name, "c") == 0 || hidden(name);
}

static void audit_sockets(struct cluster *c, const struct member *m)
{
    char *path = cluster_path(c, "sock/%s", m->name);
    struct member *home = home_of(c, m);
    // Who was killed leaves its sockets; who ended in order does not.
    bool orderly = m->role != NULL && home->end.exited;
    char *stray = find_stray(path, orderly ? hidden : sockets);
    if (stray != NULL)
        cluster_fail(c, "%s has left %s/%s behind", m->name, path, stray);
    free(path);
}

static void audit(struct cluster *c)
{
    char *stray = find_stray(c->folder, is_ours);
    if (stray != NULL)
        cluster_fail(c, "a node has left '%s' in its working folder", stray);
    stray = find_stray("tmp", nothing);
    if (stray != NULL)
        cluster_fail(c, "a node has left the temporary file '%s'", stray);
    for (int i = 0; i < c->count; i++)
        audit_sockets(c, &c->members[i]);
}

void cluster_tear_down(struct cluster *c)
{
    cluster_here("the end of the test", 0);
    cluster_tell(c, "end");
    for (int i = 0; i < c->count; i++)
        fault_clear_rules(c->members[i].faults);
    cluster_heal(c);
    cluster_end_nodes(c);
    clients_stop(c);
    audit(c);
    cluster_free_nodes(c);
    node_close(c->asking);
    fclose(c->story);
    free(c->folder);
}
