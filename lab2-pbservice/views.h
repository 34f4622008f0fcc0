// views.h - the core of the view service: pings and ticks in, views out.
//
// It decides who is primary and who is backup, so that there is one primary at
// a time that answers, and it has all the data (the idea of a configuration
// service apart from the data: Bressoud & Schneider's hypervisor pair, 1995;
// Lampson, "How to Build a Highly Available System", 1996). No thread, no
// clock, no message: the shell (viewd.c) calls it with its lock held.
//
// A server pings once a tick with the number of the view that it has taken up,
// or with 0 if it has just started: then it has nothing, whatever it had in
// an earlier life. One that has not pinged for VIEWS_DEAD_TICKS ticks is dead
// until it does. A member of the view that pings 0 is *empty* until a later
// view gives it a place.
//
// The rules (V1 to V5 are asserted at each change):
//
//  V1  A view ends only after its primary has acknowledged it: pinged with its
//      number. An empty primary cannot, for what it would acknowledge is gone;
//      the first view apart, in which nobody has anything.
//  V2  The next primary is this one's primary or backup.
//  V3  It is not empty, and it is alive.
//  V4  Consecutive views have not the same primary and backup.
//  V5  Nobody is both, and there is always a primary.
//
// When the view has been acknowledged it changes, at once and at most one step
// for each ping or tick, if
//   - the primary is dead or empty, and the backup neither: the backup becomes
//     primary, and an idle server backup in the same step, if there is one;
//   - the backup is dead or empty, and the primary neither: an idle server
//     takes its place, or nobody;
//   - there is no backup, and the primary is neither dead nor empty, and there
//     is an idle server: it becomes backup.
// Idle are servers that are alive and not in the view; also the one that has
// just lost its place as primary, but not the backup that was: it has to wait
// for the view after (V4). Of several the one that came first is taken.
//
// What follows, by design: if the primary of a view that is not acknowledged
// is gone for good, no view ever follows. If the last server that has the data
// starts anew, none does either: nobody must serve what is not there.
//
// Read next: viewd.h.
#ifndef LAB2_VIEWS_H
#define LAB2_VIEWS_H

#include <stddef.h>

#include "lab2-pbservice/view.h"

enum {
    VIEWS_DEAD_TICKS = 10,
    VIEWS_SERVERS_MAX = 64, // of others the pings are answered, no more
};

struct views;

struct views *views_new(void);
void views_free(struct views *v); // NULL is fine

// Server `name` has pinged with `number`. The view may change at once: what
// views_current says then is what it is answered. A number that is neither 0
// nor the current one says only that it lives.
void views_ping(struct views *v, const char *name, uint64_t number);

// A tick has passed.
void views_tick(struct views *v);

struct view views_current(const struct views *v);
bool views_acknowledged(const struct views *v);

// What is known of the i-th server, in the order in which they came; false
// behind the last. The dead that have no place are forgotten.
struct views_server {
    struct who who;
    int missed; // ticks, VIEWS_DEAD_TICKS at most
    bool empty; // it has a place in the view, and nothing in it
};
bool views_server(const struct views *v, size_t i, struct views_server *out);

#endif
