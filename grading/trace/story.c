#include "grading/trace/story.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"

void story_init(struct story *s)
{
    *s = (struct story){.node_count = 0};
}

void story_release(struct story *s)
{
    for (size_t i = 0; i < FAULT_NODES_MAX; i++) {
        count_page_close(s->nodes[i].counts);
        free(s->nodes[i].events);
    }
    story_init(s);
}

// --- Loading -----------------------------------------------------------------

// Copies what the ring holds. A node that lives goes on writing: what is
// overwritten meanwhile is gone, what comes meanwhile is not looked for.
static void read_ring(struct story_node *n)
{
    const struct trace_ring *ring = count_trace(n->counts);
    uint64_t next = trace_ring_next(ring);
    uint64_t first = next > TRACE_SLOTS ? next - TRACE_SLOTS : 0;
    n->events = xcalloc(next - first + 1, sizeof *n->events);
    n->gone = first;
    for (uint64_t i = first; i < next; i++) {
        if (trace_ring_get(ring, i, &n->events[n->count]) == ERR_OK)
            n->count++;
        else if (n->count == 0)
            n->gone = i + 1;
    }
}

// Takes over the node whose fault page is FOLDER/ctl/NAME.
static bool load_node(struct story *s, const char *folder, const char *name,
                      FILE *complaints)
{
    struct fault_page *faults = NULL;
    char *path = xasprintf("%s/ctl/%s", folder, name);
    int err = fault_page_open(path, &faults);
    int self = err == ERR_OK ? fault_self(faults) : 0;
    if (err == ERR_OK && (self < 0 || self >= FAULT_NODES_MAX))
        err = ERR_PROTO;
    if (err == ERR_OK) {
        struct story_node *n = &s->nodes[self];
        snprintf(n->name, sizeof n->name, "%s", fault_name(faults, self));
        if (s->node_count <= (size_t)self)
            s->node_count = (size_t)self + 1;
        free(path);
        path = xasprintf("%s/cnt/%s", folder, name);
        if (n->counts == NULL)
            err = count_page_view(path, true, &n->counts);
        if (err == ERR_OK && n->events == NULL)
            read_ring(n);
    }
    if (err != ERR_OK)
        fprintf(complaints, "trace: %s: %s\n", path, err_text(err));
    fault_page_close(faults);
    free(path);
    return err == ERR_OK;
}

bool story_load(struct story *s, const char *folder, FILE *complaints)
{
    char *path = xasprintf("%s/ctl", folder);
    DIR *ctl = opendir(path);
    if (ctl == NULL) {
        fprintf(complaints, "trace: %s: %s%s\n", path, strerror(errno),
                errno == ENOENT ? " (a cluster that was started by hand keeps "
                                  "no trace)"
                                : "");
        free(path);
        return false;
    }
    bool fine = true;
    for (struct dirent *e = readdir(ctl); fine && e != NULL; e = readdir(ctl))
        if (e->d_name[0] != '.')
            fine = load_node(s, folder, e->d_name, complaints);
    closedir(ctl);
    if (fine && s->node_count == 0) {
        fprintf(complaints, "trace: %s: there is no node\n", path);
        fine = false;
    }
    free(path);
    return fine;
}

// --- Order -------------------------------------------------------------------

// Where the telling is: of each node, the events before next[node] are told.
struct telling {
    const struct story *story;
    size_t next[FAULT_NODES_MAX];
};

static const struct trace_event *head(const struct telling *t, size_t node)
{
    const struct story_node *n = &t->story->nodes[node];
    return t->next[node] < n->count ? &n->events[t->next[node]] : NULL;
}

// Has all been told that `event` of node `of` knew of?
static bool is_ready(const struct telling *t, const struct trace_event *event,
                     size_t of)
{
    for (size_t i = 0; i < t->story->node_count && i < event->places; i++) {
        const struct trace_event *other = i == of ? NULL : head(t, i);
        // An event's place in its own node's clock is its number there.
        if (other != NULL && i < other->places &&
            other->clock[i] <= event->clock[i])
            return false;
    }
    return true;
}

// The node whose next event is to be told: the earliest that is ready. Clocks
// that lie may leave none; then the earliest of all.
static int choose(const struct telling *t)
{
    int chosen = -1;
    bool chosen_ready = false;
    for (size_t i = 0; i < t->story->node_count; i++) {
        const struct trace_event *event = head(t, i);
        if (event == NULL)
            continue;
        bool ready = is_ready(t, event, i);
        const struct trace_event *best =
            chosen < 0 ? NULL : head(t, (size_t)chosen);
        if (best == NULL || (ready && !chosen_ready) ||
            (ready == chosen_ready && event->time_ns < best->time_ns)) {
            chosen = (int)i;
            chosen_ready = ready;
        }
    }
    return chosen;
}

struct story_step *story_tell(const struct story *s, size_t *count)
{
    struct telling t = {.story = s};
    size_t all = 0;
    for (size_t i = 0; i < s->node_count; i++)
        all += s->nodes[i].count;
    struct story_step *steps = xcalloc(all + 1, sizeof *steps);
    for (*count = 0; *count < all; (*count)++) {
        int node = choose(&t);
        steps[*count] =
            (struct story_step){.node = node, .event = head(&t, (size_t)node)};
        t.next[node]++;
    }
    return steps;
}
