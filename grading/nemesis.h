// nemesis.h - bad luck for a service under load, drawn from the seed.
//
// What kind of bad luck is up to the seed's profile (world.h): lost messages,
// late ones, servers that die, sleep and come back, cuts, everything, or
// nothing at all. Each deed is drawn by its own number, so that leaving one
// out changes no other.
//
//     struct load *l = load_begin(c, &(struct load_spec){.clients = "c1 c2",
//                                                        .operations = 12});
//     nemesis_run(c, l, &spec);
//     nemesis_mend(c, &spec);
//     load_end(l);
#ifndef GRADING_NEMESIS_H
#define GRADING_NEMESIS_H

#include "grading/workload.h"

struct nemesis_spec {
    const char *servers; // who may die, sleep, be cut off: "s1 s2 s3"
    const char *center;  // whom they all need: "views"; NULL: there is none
    const char *clients; // may be cut off from servers
    unsigned allows;     // ALLOW_... of the servers
    unsigned may_die;    // how many, where none may be restarted; 0: one
    unsigned deeds;      // 0: 5
    int gap;             // ticks from one to the next, at most; 0: 20
    int lasts;           // ticks that one lasts, at most; 0: 20
    // NULL: a deed may come at any time, while others last. Else they come one
    // by one, each after this: it waits until the service can bear one.
    void (*await_ready)(struct cluster *c);
    // Called once in a tick, unless it is NULL.
    void (*work)(void *arg);
    void *arg;
};

// Does the deeds, and keeps the clients at work meanwhile, if there are any (a
// load that is not NULL).
void nemesis_run(struct cluster *c, struct load *l,
                 const struct nemesis_spec *spec);

// Nothing is cut, spoiled, held or paused any more; who may be restarted is.
void nemesis_mend(struct cluster *c, const struct nemesis_spec *spec);

#endif
