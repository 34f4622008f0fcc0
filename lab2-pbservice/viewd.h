// viewd.h - the view service: the shell around views.h.
//
// It serves Ping and Get, and counts ticks. It is never replicated and must
// never fail: that is lab 2's assumption, and lab 4's subject.
//
// Read next: server.h.
#ifndef LAB2_VIEWD_H
#define LAB2_VIEWD_H

#include <stdint.h>

struct node;
struct viewd;

enum {
    TICK_MS = 100, // from ping to ping, unless --tick says otherwise
};

// Serves at `n` until viewd_stop. ERR_OK and *out, or why not.
int viewd_start(struct node *n, int64_t tick_ms, struct viewd **out);
void viewd_stop(struct viewd *v); // NULL is fine

#endif
