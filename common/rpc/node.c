#include "common/rpc/node.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/node_private.h"
#include "common/rpc/transport.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"

enum {
    HELD_LOOK_MS = 1, // from one look for a release to the next
};

bool node_is_name(const char *name)
{
    size_t size = strlen(name);
    return size >= 1 && size <= NODE_NAME_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

// FOLDER/PART/NAME, owned.
static char *path_of(const struct node *n, const char *part, const char *name)
{
    return xasprintf("%s/%s/%s", n->folder, part, name);
}

static void log_line(void *arg, const char *line, size_t size)
{
    struct node *n = arg;
    int self = fault_self(n->faults);
    struct trace_head head = {
        .kind = TRACE_LOG, .source = self, .target = self, .method = -1};
    trace_note(n->trace, &head, slice_of(line, size), NULL, 0, NULL);
}

static void crash_here(void *arg, enum crash_kind kind, const char *what)
{
    node_crash_point(arg, kind, what);
}

static void note_unsolved(void *arg, const char *what)
{
    struct node *n = arg;
    count_set_unsolved(n->counts, what);
}

static bool is_crash_next(void *arg, enum crash_kind kind, const char *what)
{
    struct node *n = arg;
    return fault_is_crash_next(n->faults, kind, what,
                               count_crashes_passed(n->counts),
                               count_crashes_fired(n->counts));
}

// The harness's pages, if there are any.
static int open_pages(struct node *n)
{
    char *path = path_of(n, "ctl", n->name);
    int err = fault_page_open(path, &n->faults);
    free(path);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err != ERR_OK)
        return err;
    path = path_of(n, "cnt", n->name);
    err = count_page_open(path, &n->counts);
    free(path);
    if (err != ERR_OK)
        return err;
    n->trace = trace_new(count_trace(n->counts), fault_nodes(n->faults),
                         fault_self(n->faults));
    return ERR_OK;
}

// Makes FOLDER/sock and FOLDER/sock/ME unless they are there.
static int make_folders(const struct node *n)
{
    char *sock = xasprintf("%s/sock", n->folder);
    char *mine = path_of(n, "sock", n->name);
    int err = ERR_OK;
    // A sandbox shows sock/ME alone: then the first cannot be made.
    int number = mkdir(sock, 0777) == 0 ? EEXIST : errno;
    if (number != EEXIST && access(mine, F_OK) != 0)
        err = err_from_errno(number);
    else if (mkdir(mine, 0777) != 0 && errno != EEXIST)
        err = err_from_errno(errno);
    if (err != ERR_OK)
        log_error("node", "%s: %s", mine, err_text(err));
    free(sock);
    free(mine);
    return err;
}

static void own_process(struct node *n)
{
    struct self *self = self_get();
    self_set_name(n->name);
    self->arg = n;
    if (n->trace != NULL)
        self->on_log = log_line;
    if (n->faults != NULL) {
        self->on_crash_point = crash_here;
        self->is_crash_next = is_crash_next;
        self->on_unsolved = note_unsolved;
    }
}

static void note_start(struct node *n)
{
    int self = fault_self(n->faults);
    struct trace_head head = {
        .kind = TRACE_START, .source = self, .target = self, .method = -1};
    trace_note(n->trace, &head, slice_text(n->name), NULL, 0, NULL);
}

static struct node *node_new(const char *folder, const char *name,
                             bool whole_process)
{
    struct node *n = xcalloc(1, sizeof *n);
    memcpy(n->name, name, strlen(name));
    n->folder = xstrdup(folder);
    n->whole_process = whole_process;
    n->dialer = dialer_new();
    mutex_init(&n->adding);
    char *links = path_of(n, "net", n->name);
    n->linked = access(links, F_OK) == 0;
    free(links);
    return n;
}

int node_open(const char *folder, const char *name, bool whole_process,
              struct node **out)
{
    if (!node_is_name(name)) {
        log_error("node", "'%s' is no node name: 1 to %d of a-z, 0-9 and -",
                  name, NODE_NAME_MAX);
        return ERR_LIMIT;
    }
    struct node *n = node_new(folder, name, whole_process);
    int err = make_folders(n);
    if (err == ERR_OK) {
        err = open_pages(n);
        if (err != ERR_OK)
            log_error("node", "%s: fault or counter page of %s: %s", folder,
                      name, err_text(err));
    }
    if (err != ERR_OK) {
        node_close(n);
        return err;
    }
    if (whole_process)
        own_process(n);
    // Calls of a node's several lives must not be taken for one another: each
    // notes an event at least, so events so far outnumber ids so far. No id is
    // 0, which is what an empty header says.
    n->next_id =
        1 + (n->counts != NULL ? trace_ring_next(count_trace(n->counts))
                               : random_seed() >> 16);
    note_start(n);
    if (n->counts != NULL)
        atomic_fetch_add(&count_life(n->counts)->joined, 1);
    *out = n;
    return ERR_OK;
}

void node_close(struct node *n)
{
    if (n == NULL)
        return;
    struct self *self = self_get();
    if (n->whole_process && self->arg == n) {
        self->on_log = NULL;
        self->on_crash_point = NULL;
        self->is_crash_next = NULL;
        self->on_unsolved = NULL;
        self->arg = NULL;
    }
    struct peer *p = atomic_load(&n->peers);
    while (p != NULL) {
        struct peer *next = p->next;
        free(p->name);
        free(p->path);
        free(p);
        p = next;
    }
    dialer_free(n->dialer);
    trace_free(n->trace);
    count_page_close(n->counts);
    fault_page_close(n->faults);
    mutex_release(&n->adding);
    free(n->folder);
    free(n);
}

void node_cancel(struct node *n)
{
    atomic_store(&n->cancelled, true);
    dialer_cancel(n->dialer);
}

bool node_is_cancelled(const struct node *n)
{
    return atomic_load(&n->cancelled);
}

const char *node_name(const struct node *n)
{
    return n->name;
}

char *node_peer_path(const struct node *n, const char *name)
{
    if (strchr(name, '/') != NULL)
        return xstrdup(name);
    if (n->linked)
        return xasprintf("%s/net/%s/%s", n->folder, n->name, name);
    return xasprintf("%s/sock/%s/s", n->folder, name);
}

char *node_serve_path(const struct node *n)
{
    return xasprintf("%s/sock/%s/s", n->folder, n->name);
}

char *node_control_path(const struct node *n)
{
    return xasprintf("%s/sock/%s/c", n->folder, n->name);
}

bool node_is_tested(const struct node *n)
{
    return n->faults != NULL;
}

static const struct peer *find_peer(struct node *n, const char *to)
{
    for (struct peer *p = atomic_load(&n->peers); p != NULL; p = p->next)
        if (strcmp(p->name, to) == 0)
            return p;
    return NULL;
}

const struct peer *node_peer(struct node *n, const char *to)
{
    const struct peer *found = find_peer(n, to);
    if (found != NULL)
        return found;
    mutex_lock(&n->adding);
    found = find_peer(n, to);
    if (found == NULL) {
        struct peer *p = xcalloc(1, sizeof *p);
        p->name = xstrdup(to);
        p->path = node_peer_path(n, to);
        p->number = fault_number(n->faults, to);
        p->next = atomic_load(&n->peers);
        atomic_store(&n->peers, p);
        found = p;
    }
    mutex_unlock(&n->adding);
    return found;
}

static _Noreturn void crash(struct node *n, enum crash_kind kind,
                            const char *what)
{
    int self = fault_self(n->faults);
    struct trace_head head = {.kind = TRACE_CRASH,
                              .source = self,
                              .target = self,
                              .method = -1,
                              .reason = kind};
    trace_note(n->trace, &head, slice_text(what), NULL, 0, NULL);
    atomic_fetch_add(&count_life(n->counts)->crashed, 1);
    process_die();
}

// Looks again and again: the harness, which writes the page, may be another
// process, and nothing here is in a hurry.
static void wait_for_release(struct node *n, uint32_t which,
                             enum crash_kind kind, const char *what)
{
    struct count_life *life = count_life(n->counts);
    log_info("node", "held on order: %s %s", crash_kind_text(kind), what);
    atomic_fetch_add(&life->held, 1);
    while (!fault_is_released(n->faults, which)) // ends: the harness says so
        clock_sleep_ms(HELD_LOOK_MS);
    atomic_fetch_sub(&life->held, 1);
    log_info("node", "released: %s %s", crash_kind_text(kind), what);
}

void node_crash_point(struct node *n, enum crash_kind kind, const char *what)
{
    if (n->faults == NULL)
        return;
    uint32_t which = 0;
    switch (fault_point_here(n->faults, kind, what,
                             count_crashes_passed(n->counts),
                             count_crashes_fired(n->counts), &which)) {
    case POINT_PASS:
        return;
    case POINT_HOLD:
        wait_for_release(n, which, kind, what);
        return;
    case POINT_CRASH:
        crash(n, kind, what);
    }
}
