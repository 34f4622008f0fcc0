// replica.c - see replica.h, which has the rules.
#include "lab2-pbservice/replica.h"

#include <assert.h>
#include <string.h>

const char *replica_state_text(enum replica_state state)
{
    switch (state) {
    case IDLE:
        return "idle";
    case BACKUP_EMPTY:
        return "backup, empty";
    case BACKUP:
        return "backup";
    case PRIMARY_SYNCING:
        return "primary, syncing";
    case PRIMARY:
        return "primary";
    }
    return "?"; // from outside
}

void replica_init(struct replica *r, const char *me)
{
    *r = (struct replica){.me = who(me), .state = IDLE};
}

// SOLUTION BEGIN 2b
static bool is_primary(const struct replica *r)
{
    return r->state == PRIMARY || r->state == PRIMARY_SYNCING;
}

// Is it, with what it has, the primary of the next view? R1.
static bool is_fit(const struct replica *r, const struct view *next,
                   bool acknowledged)
{
    if (next->number == 1)
        return r->view.number == 0 && !acknowledged;
    return next->number == r->view.number + 1 &&
           (is_primary(r) || r->state == BACKUP);
}

static void become(struct replica *r, const struct view *next,
                   enum replica_state state, uint64_t ping)
{
    r->state = state;
    r->view = *next;
    r->ping = ping;
    r->acknowledged = false;
    r->superseded = false;
    r->alone = false;
}
// SOLUTION END

bool replica_take_up(struct replica *r, const struct view *view,
                     bool acknowledged)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_take_up");
    if (view->number < r->view.number || view->number == 0)
        return false; // an old answer
    if (view->number == r->view.number) {
        bool news = r->state == PRIMARY && acknowledged && !r->acknowledged;
        r->acknowledged = r->acknowledged || news;
        return news;
    }
    if (same_who(&r->me, &view->backup))
        become(r, view, BACKUP_EMPTY, view->number); // R2
    else if (!same_who(&r->me, &view->primary))
        become(r, view, IDLE, view->number);
    else if (!is_fit(r, view, acknowledged))
        become(r, view, IDLE, 0); // what it has is not what the view is of
    else if (is_nobody(&view->backup))
        become(r, view, PRIMARY, view->number);
    else
        become(r, view, PRIMARY_SYNCING, r->ping); // R3
    return true;
    // SOLUTION END
}

bool replica_serves(const struct replica *r)
{
    return r->state == PRIMARY && r->acknowledged && !r->superseded;
}

struct who replica_consent(const struct replica *r)
{
    return r->alone ? (struct who){""} : r->view.backup;
}

void replica_synced(struct replica *r, uint64_t view)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_synced");
    if (r->state != PRIMARY_SYNCING || r->view.number != view)
        return;
    r->state = PRIMARY;
    r->ping = view; // R3
    // SOLUTION END
}

void replica_alone(struct replica *r, uint64_t view)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_alone");
    if (r->state != PRIMARY_SYNCING || r->view.number != view)
        return;
    r->alone = true; // for this view: its backup has not got it and will not
    replica_synced(r, view);
    // SOLUTION END
}

void replica_given_up(struct replica *r, uint64_t view)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_given_up");
    if (r->state == PRIMARY_SYNCING && r->view.number == view)
        r->ping = view;
    // SOLUTION END
}

// SOLUTION BEGIN 2b
// R4.
static enum replica_verdict check_sender(const struct replica *r, uint64_t view,
                                         const char *sender)
{
    if (view > r->view.number)
        return REPLICA_WAIT;
    if (view < r->view.number || strcmp(sender, r->view.primary.name) != 0 ||
        !same_who(&r->me, &r->view.backup))
        return REPLICA_STALE;
    return REPLICA_TAKE;
}
// SOLUTION END

enum replica_verdict replica_forward(const struct replica *r, uint64_t view,
                                     const char *sender, uint64_t number)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_forward");
    enum replica_verdict verdict = check_sender(r, view, sender);
    if (verdict != REPLICA_TAKE)
        return verdict;
    if (r->state != BACKUP || number > r->applied + 1)
        return REPLICA_WAIT;
    return number <= r->applied ? REPLICA_HAVE : REPLICA_TAKE; // R5
    // SOLUTION END
}

enum replica_verdict replica_transfer(const struct replica *r, uint64_t view,
                                      const char *sender)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_transfer");
    enum replica_verdict verdict = check_sender(r, view, sender);
    if (verdict == REPLICA_TAKE && r->state == BACKUP)
        return REPLICA_HAVE; // and perhaps more since
    return verdict;
    // SOLUTION END
}

void replica_filled(struct replica *r, uint64_t applied)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_filled");
    assert(r->state == BACKUP_EMPTY);
    r->state = BACKUP;
    r->applied = applied;
    // SOLUTION END
}

void replica_superseded(struct replica *r, uint64_t view)
{
    // SOLUTION BEGIN 2b; stub: not_implemented("2b replica_superseded");
    r->superseded = r->superseded || r->view.number == view;
    // SOLUTION END
}
