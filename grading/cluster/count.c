// count.c - messages and bytes, as both ends have counted them.
//
// What one end says may be a lie, of a submission that cheats or of a bug in
// its process: so both are read, and must agree once nothing is under way.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "grading/cluster/cluster_private.h"

enum {
    AGREE_TICKS = 80, // for what is under way
};

struct sums {
    uint64_t sent;
    uint64_t bytes;
    uint64_t arrived;
    uint64_t ran;
};

struct pages {
    struct count_page *pages[NAMES_MAX]; // NULL: not asked for
};

static void view(struct cluster *c, struct member *m, void *arg)
{
    struct pages *p = arg;
    if (m->role == NULL)
        return; // it was never started: all is 0
    char *path = cluster_path(c, "cnt/%s", m->name);
    int err = count_page_view(path, false, &p->pages[m->number]);
    free(path);
    if (err != ERR_OK)
        cluster_fail(c, "the counters of %s are spoiled: %s", m->name,
                     err_text(err));
}

static void pages_release(struct pages *p)
{
    for (int i = 0; i < NAMES_MAX; i++)
        count_page_close(p->pages[i]);
}

// Adds up what a page has counted with one peer.
static void add(struct sums *s, struct count_page *page, int peer,
                const char *method, bool as_caller)
{
    for (int i = 0; i <= COUNT_METHODS_MAX; i++) {
        if (method != NULL && (i == COUNT_METHODS_MAX ||
                               strcmp(count_method_name(page, i), method) != 0))
            continue;
        const struct count *cell = count_at(page, peer, i);
        if (as_caller) {
            s->sent += cell->requests_sent;
            s->bytes += cell->request_bytes + cell->reply_bytes;
        } else {
            s->arrived += cell->arrived + cell->cut;
            s->ran += cell->ran;
        }
    }
}

static struct sums sum_up(struct cluster *c, const char *from, const char *to,
                          const char *method)
{
    struct pages callers = {{NULL}};
    struct pages servers = {{NULL}};
    cluster_each(c, from, view, &callers);
    cluster_each(c, to, view, &servers);
    struct sums s = {0};
    for (int a = 0; a < c->count; a++)
        for (int b = 0; b < c->count; b++) {
            if (callers.pages[a] == NULL || servers.pages[b] == NULL)
                continue;
            add(&s, callers.pages[a], b, method, true);
            add(&s, servers.pages[b], a, method, false);
        }
    pages_release(&callers);
    pages_release(&servers);
    return s;
}

// Messages on their way to a process that dies are counted at one end only.
static bool has_died(struct cluster *c)
{
    for (int i = 0; i < c->count; i++)
        if (c->members[i].lives > 1 || c->members[i].state == MEMBER_ENDED)
            return true;
    return false;
}

struct cluster_count cluster_sent(struct cluster *c, const char *from,
                                  const char *to, const char *method)
{
    int64_t give_up_ms = clock_now_ms() + AGREE_TICKS * cluster_tick_ms();
    struct sums s = sum_up(c, from, to, method);
    while (s.sent != s.arrived && !has_died(c)) {
        if (clock_now_ms() >= give_up_ms)
            cluster_fail(c,
                         "void: the counters of both ends disagree: %llu "
                         "calls were sent and %llu arrived",
                         (unsigned long long)s.sent,
                         (unsigned long long)s.arrived);
        cluster_step(c);
        s = sum_up(c, from, to, method);
    }
    return (struct cluster_count){.calls = s.sent, .bytes = s.bytes};
}

uint64_t cluster_ran(struct cluster *c, const char *from, const char *to,
                     const char *method)
{
    return sum_up(c, from, to, method).ran;
}
