// views.c - see views.h, which has the rules.
#include "lab2-pbservice/views.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

struct views {
    struct view view;
    bool acknowledged; // `view` has been, by its primary
    // In the order in which they came.
    struct views_server servers[VIEWS_SERVERS_MAX];
    size_t count;
};

struct views *views_new(void)
{
    return xcalloc(1, sizeof(struct views));
}

void views_free(struct views *v)
{
    free(v);
}

struct view views_current(const struct views *v)
{
    return v->view;
}

bool views_acknowledged(const struct views *v)
{
    return v->acknowledged;
}

bool views_server(const struct views *v, size_t i, struct views_server *out)
{
    if (i >= v->count)
        return false;
    *out = v->servers[i];
    return true;
}

// SOLUTION BEGIN 2a
// --- Who is what -----------------------------------------------------------

static struct views_server *find(struct views *v, const struct who *w)
{
    for (size_t i = 0; i < v->count; i++)
        if (same_who(&v->servers[i].who, w))
            return &v->servers[i];
    return NULL;
}

static bool is_dead(const struct views_server *s)
{
    return s->missed >= VIEWS_DEAD_TICKS;
}

static bool has_place(const struct views *v, const struct who *w)
{
    return same_who(w, &v->view.primary) || same_who(w, &v->view.backup);
}

// A member that could be primary of the next view.
static bool is_fit(struct views *v, const struct who *w)
{
    if (is_nobody(w))
        return false;
    const struct views_server *s = find(v, w);
    return s != NULL && !is_dead(s) && !s->empty;
}

// Who may become backup beside `primary`: the first that is idle.
static struct who pick_backup(struct views *v, const struct who *primary)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct views_server *s = &v->servers[i];
        if (!is_dead(s) && !same_who(&s->who, primary) &&
            !same_who(&s->who, &v->view.backup))
            return s->who;
    }
    return (struct who){""};
}

// --- Changes ---------------------------------------------------------------

static void check_change(struct views *v, const struct view *next)
{
    const struct view *old = &v->view;
    assert(old->number == 0 || v->acknowledged); // V1
    assert(old->number == 0 || same_who(&next->primary, &old->primary) ||
           same_who(&next->primary, &old->backup));        // V2
    assert(old->number == 0 || is_fit(v, &next->primary)); // V3
    assert(old->number == 0 || !same_who(&next->primary, &old->primary) ||
           !same_who(&next->backup, &old->backup));   // V4
    assert(!is_nobody(&next->primary));               // V5
    assert(!same_who(&next->primary, &next->backup)); // V5
}

static void change_to(struct views *v, struct who primary, struct who backup)
{
    struct view next = {v->view.number + 1, primary, backup};
    check_change(v, &next);
    v->view = next;
    v->acknowledged = false;
    for (size_t i = 0; i < v->count; i++)
        v->servers[i].empty = false; // it knows what it has to get
}

// One step, if the rules want one.
static void advance(struct views *v)
{
    const struct view *view = &v->view;
    if (view->number == 0 || !v->acknowledged)
        return;
    bool primary_fit = is_fit(v, &view->primary);
    bool backup_fit = is_fit(v, &view->backup);
    if (!primary_fit && backup_fit) {
        change_to(v, view->backup, pick_backup(v, &view->backup));
    } else if (primary_fit && !backup_fit) {
        struct who backup = pick_backup(v, &view->primary);
        if (!same_who(&backup, &view->backup))
            change_to(v, view->primary, backup);
    }
}

// Whoever has no place and does not live is nobody we know.
static void forget_dead(struct views *v)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->count; i++)
        if (!is_dead(&v->servers[i]) || has_place(v, &v->servers[i].who))
            v->servers[kept++] = v->servers[i];
    v->count = kept;
}
// SOLUTION END

// --- What happens ----------------------------------------------------------

void views_ping(struct views *v, const char *name, uint64_t number)
{
    // SOLUTION BEGIN 2a; stub: not_implemented("2a views_ping");
    struct who w = who(name);
    struct views_server *s = find(v, &w);
    if (s == NULL && (is_nobody(&w) || v->count == VIEWS_SERVERS_MAX))
        return;
    if (s == NULL) {
        s = &v->servers[v->count++];
        *s = (struct views_server){.who = w};
    }
    s->missed = 0;
    bool is_primary = same_who(&w, &v->view.primary);
    if (v->view.number == 0)
        change_to(v, w, (struct who){""});
    else if (number == 0 && has_place(v, &w))
        s->empty = v->view.number > 1 || v->acknowledged || !is_primary;
    else if (number == v->view.number && is_primary && !s->empty)
        v->acknowledged = true;
    advance(v);
    // SOLUTION END
}

void views_tick(struct views *v)
{
    // SOLUTION BEGIN 2a; stub: not_implemented("2a views_tick");
    for (size_t i = 0; i < v->count; i++)
        if (!is_dead(&v->servers[i]))
            v->servers[i].missed++;
    advance(v);
    forget_dead(v);
    // SOLUTION END
}
