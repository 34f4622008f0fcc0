// seeds.h - one test in simulation, run under many seeds, in this process's
// children.
//
// The program sim (grading/sim/) starts test programs with these in the
// environment; cluster_main comes here then:
//
//   SIM_RUN    "INDEX FIRST STEP COUNT": the test, and the seeds FIRST,
//              FIRST + STEP, ...; "marks": no run, but rows that say which
//              marks tests must come to
//   SIM_REPLAY a trace (trace.h) instead: the same run, or what is left of it
//   SIM_TIMES  replay it so often, and compare all runs; of seeds, each that
//              fails
//   SIM_OUT    rows are appended to this file, one for each seed (row_print)
//   SIM_KEPT   what is kept of failures goes below this folder
//   SIM_TWICE=1   each seed runs twice: are both runs the same?
//   SIM_HUNT=1    stop at the first failure
//   SIM_WHOLE=1   do not shrink failures
//   SIM_STOP=N    call sim_reached at the N-th call of the runtime, and run in
//                 this very process: for gdb
#ifndef GRADING_SEEDS_SEEDS_H
#define GRADING_SEEDS_SEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/check/graded.h"
#include "common/check/trial.h"
#include "common/runtime/sim/record.h"

struct seeds {
    const char *program;
    const char *suite;
    const struct graded_test *test;
    char *tmp; // owned: folder for the runs' own; NULL: the usual one
    double time_scale;
    bool fork;

    struct sim_record *record; // of the last run
    // The next run reads these instead of drawing; NULL: it draws.
    const struct plan_event *events;
    size_t event_count;
    const char *notes; // file for a line for each call; NULL: none
    const char *nodes; // file for what nodes print; NULL: nobody wants it
};

// Is this process to run seeds? False: it is to run tests as usual.
bool seeds_wanted(void);

// The exit status of the program: 0, also if seeds have failed, as rows tell.
int seeds_main(const char *program, const char *suite,
               const struct graded_test *tests, size_t count);

// run.c: one run. `kept`: what remains of it is copied below this folder, and
// *folder is where, owned; NULL: nothing is.
void seeds_run(struct seeds *s, uint64_t seed, struct trial *t,
               const char *kept, char **folder);

// What a failure is about: its message without numbers, cut. Two runs that
// have the same have failed by the same. Static, until the next call but one.
const char *failure_class(const struct trial *t);

// shrink.c: leaves out of the last run's events, which failed by t, what it can
// fail without. Returns what is left, owned, and how many: *count.
struct plan_event *seeds_shrink(struct seeds *s, uint64_t seed,
                                const struct trial *t, size_t *count);

// twice.c: so often again, after a run that failed by t. How many of these runs
// were the same and failed by the same?
unsigned seeds_replay(struct seeds *s, uint64_t seed, const struct trial *t,
                      unsigned times);

// Once more with the same seed, after a run with that record. False,
// and a text, owned, that names the first difference, if they differ.
bool seeds_same_again(struct seeds *s, uint64_t seed, char **difference);

#endif
