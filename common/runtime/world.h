// world.h - what a harness asks of the world that it runs in.
//
// Between processes chance is real, and these say little. In a simulation
// chance is drawn from the seed, event by event (sim/plan.h).
#ifndef COMMON_RUNTIME_WORLD_H
#define COMMON_RUNTIME_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

bool world_is_simulated(void);

// Something is about to happen that was drawn or ordered: may it? It always
// may, except when a simulation replays a list of events that it is not in.
// It has a name: `what` it is, `who` it concerns (no blanks), and the
// how-manieth of these it is; `words` are for people, and may be NULL.
enum world_event {
    WORLD_LOSE_REQUEST,
    WORLD_LOSE_REPLY,
    WORLD_LATE,
    WORLD_WAIT,
    WORLD_DEED,
    WORLD_OP,
};
bool world_grants(enum world_event what, const char *who, uint64_t k,
                  const char *words);

// For file.c: a file or a folder is about to be written, or synced.
void world_writing(int fd);
void world_syncing(int fd);
// A file is about to be named `to`: returns the file that has the name, or -1.
// Then world_renamed, which takes that, unless the renaming has failed. Names
// as openat() takes them.
int world_renaming(int at, const char *to);
void world_renamed(int at, const char *from, const char *to, int replaced);

// What kind of bad luck the seed stands for: "calm", "lossy", "reordering",
// "crashy", "partitions", "everything"; "quiet": there is no seed.
const char *world_profile(void);

// Who waits for what, over all nodes; between processes nobody can tell.
void world_print_waits(FILE *out);

// The run has come to something that shows that it is worth its time; a
// simulation adds these up over many runs (marks in cluster.h).
void world_mark(const char *mark);

// The run stands still, and must by its fault model: it counts apart.
void world_stuck(const char *why);

#endif
