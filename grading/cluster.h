// cluster.h - clusters of nodes that tests start, spoil, ask and judge.
//
// A test body uses this header, workload.h and Check's assertions, nothing
// else: no thread, clock, sleep or file. So the same body runs between
// processes and in the simulation.
//
//     static void survivor_answers(struct cluster *c)
//     {
//         cluster_start(c, "s1", "server");
//         cluster_start(c, "s2", "server");
//         cluster_kill(c, "s1");
//         eventually(c, answers(c, "s2"), 40);
//     }
//
// The nodes' names are declared in the test's entry of the registry. Each test
// has a folder of its own, which is the working folder of all its nodes:
//
//     sock/ net/ ctl/ cnt/   as common/rpc/node.h has them
//     log/NAME               what the node printed; log/harness: what was done
//     disk/NAME              the node's durable store
//     files/                 the test's own: a job's input and output
//     tmp/                   TMPDIR of the nodes: empty in the end
//
// What goes wrong ends the test: each function returns only when it has done
// what it says. A node that ends without having been told to, a fault that the
// lab's fault model forbids or that cannot be applied (no such method), a
// process, socket or file that is left: each fails the test with a sentence.
//
// Set-up and tear-down are the harness's. At the end of a test all is healed
// and resumed and the nodes are told to end (SIGTERM), so that sanitizers and
// their own assertions have the last word.
#ifndef GRADING_CLUSTER_H
#define GRADING_CLUSTER_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/check/graded.h"
#include "common/rpc/rpc.h"
#include "common/runtime/self.h"

struct cluster;

// --- What a lab says of itself ---------------------------------------------

// What its fault model lets happen to a node of a role.
enum {
    ALLOW_KILL = 1,          // it dies, also at a crash point
    ALLOW_PAUSE = 2,         // it stops and goes on
    ALLOW_RESTART_EMPTY = 4, // it comes back under its name, its disk lost
    ALLOW_RESTART = 8,       // it comes back with its disk
    ALLOW_LOSS = 16,         // its messages are lost, late or delayed
    ALLOW_CUT = 32,          // it is cut off from others
    ALLOW_SOCKET = 64,       // its socket is deleted, renamed, hidden
};

struct cluster_role {
    const char *name; // the program's command that starts it: "worker"
    unsigned allows;  // ALLOW_...
    bool serves;      // ready when it serves; else when it has joined
    bool may_end;     // exit status 0, unasked, is no failure
    bool majority;    // of each group's nodes more than half live, always
    bool clerks;      // the process is the home of one or more clients
};

struct cluster_lab {
    const char *name;                 // "lab1"
    const char *program;              // "mr", found in build/VARIANT/bin
    const struct cluster_role *roles; // up to the one without a name
    const char *fault_model;          // the sentence that a refusal shows
};

struct cluster_test {
    struct graded_test about; // all but test, run and arg
    const char *nodes;        // the names: "s1 s2 c1"
    int simulated; // repetitions in simulation, where they cost less; 0: as
                   // many as elsewhere
    void (*run)(struct cluster *c);
};

// The main() of a program of cluster tests.
int cluster_main(int argc, char **argv, const char *suite,
                 const struct cluster_lab *lab,
                 const struct cluster_test *tests, size_t count);

// --- Nodes -----------------------------------------------------------------

// Runs PROGRAM COMMAND --cluster . --name NAME ARGUMENTS, for "COMMAND
// ARGUMENTS" as printed by `format` and split at blanks, and waits until it is
// ready. cluster_launch does not wait.
void cluster_start(struct cluster *c, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cluster_launch(struct cluster *c, const char *name, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));
void cluster_await_ready(struct cluster *c, const char *name);

// Its memory is at most so much: what it has allocated, as the system sees it.
// Not judged with a sanitizer or under valgrind, where nobody can say.
void cluster_expect_memory(struct cluster *c, const char *name, int64_t bytes);

// SIGKILL; it is dead. Where a majority must live, nodes of one role whose
// names differ in the number at their end alone are a group: a1 a2 a3. A group
// that was retired is needed no longer, and may die whole.
void cluster_kill(struct cluster *c, const char *name);
void cluster_retire(struct cluster *c, const char *names);
void cluster_pause(struct cluster *c, const char *name);
void cluster_resume(struct cluster *c, const char *name);

// Starts a node that has ended once more, with its arguments.
enum cluster_disk { DISK_LOST, DISK_KEPT };
void cluster_restart(struct cluster *c, const char *name,
                     enum cluster_disk disk);

// Waits until it ends by itself: with this exit status; or at a crash point.
void cluster_expect_exit(struct cluster *c, const char *name, int status,
                         int ticks);
void cluster_expect_crash(struct cluster *c, const char *name, int ticks);
bool cluster_has_ended(struct cluster *c, const char *name);
bool cluster_is_paused(struct cluster *c, const char *name);
unsigned cluster_lives(struct cluster *c, const char *name); // started so often

// --- Sockets ---------------------------------------------------------------

// The node lives on, but nobody finds it: for good (until it is started
// anew); under another name, which must be one of the test's; until shown.
void cluster_delete_socket(struct cluster *c, const char *name);
void cluster_rename_socket(struct cluster *c, const char *name, const char *to);
void cluster_hide_socket(struct cluster *c, const char *name);
void cluster_show_socket(struct cluster *c, const char *name);

// --- Network ---------------------------------------------------------------

// Cuts the calls that each of `from` makes to each of `to`, replies included:
// nothing sent before is delivered after it returned. Lists of names between
// blanks. cluster_part cuts both ways.
enum cluster_cut { CUT_SILENT, CUT_REFUSE };
void cluster_cut(struct cluster *c, const char *from, const char *to,
                 enum cluster_cut how);
void cluster_part(struct cluster *c, const char *some, const char *others,
                  enum cluster_cut how);
void cluster_heal(struct cluster *c); // all cuts

// What becomes of requests that arrive at a node; the last rule that matches
// counts, alone. Percentages are of what the ones before them leave.
struct cluster_rule {
    const char *at;     // names; NULL: all nodes
    const char *from;   // one name; NULL: anybody
    const char *method; // "Echo.Say"; NULL: all
    double lose_request_percent;
    double lose_reply_percent;
    double late_percent; // no reply, it runs late_ticks after
    int late_ticks;
    double delay_percent;
    int delay_min_ticks;
    int delay_max_ticks;
};
void cluster_spoil(struct cluster *c, const struct cluster_rule *rule);
void cluster_unspoil(struct cluster *c); // removes all rules
// Of enum fault_flag. LAB_NO_REFUSED in the environment adds that one to all
// that tests say: every suite must pass with it, too (but lab 0's, which is
// about refusals).
void cluster_flags(struct cluster *c, uint32_t flags);

// --- Points in a node's code -----------------------------------------------

// At the `count`-th time from now on (1: the next) that the node passes `kind`
// for `what` ("Echo.Say", or a file's name; NULL: any), it dies as by SIGKILL.
void cluster_crash_at(struct cluster *c, const char *name, enum crash_kind kind,
                      const char *what, uint64_t count);
// There, its thread waits until it is released; others go on.
void cluster_hold_at(struct cluster *c, const char *name, enum crash_kind kind,
                     const char *what, uint64_t count);
bool cluster_is_held(struct cluster *c, const char *name); // at any such place
void cluster_release(struct cluster *c, const char *name); // all its places
void cluster_disarm(struct cluster *c, const char *name); // and all its crashes

// --- Asking ----------------------------------------------------------------

// Calls a node's control server, outside the network under test. *answer must
// get rpc_answer_release.
enum rpc_outcome cluster_ask(struct cluster *c, const char *name,
                             const struct rpc_method *method,
                             const ProtobufCMessage *request,
                             struct rpc_answer *answer);

// Calls of `method` ("Echo.Say"; NULL: all) that `from` (NULL: all nodes) has
// sent to `to` (NULL: all), and their bytes with those of the replies. Counted
// at both ends: if these disagree although all live and nothing is under way,
// the test is void and fails. cluster_ran: handlers that `to` has started.
struct cluster_count {
    uint64_t calls;
    uint64_t bytes;
};
struct cluster_count cluster_sent(struct cluster *c, const char *from,
                                  const char *to, const char *method);
uint64_t cluster_ran(struct cluster *c, const char *from, const char *to,
                     const char *method);

// --- Clients ---------------------------------------------------------------

// Runs PROGRAM clerks --cluster . --names NAMES ARGUMENTS: one process with a
// clerk for each of the names, each a node of its own.
void cluster_start_clerks(struct cluster *c, const char *names,
                          const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// One operation at a time for each client, at its control server: begun here,
// done whenever. `request` is copied.
void client_begin(struct cluster *c, const char *client,
                  const struct rpc_method *method,
                  const ProtobufCMessage *request);

enum client_state {
    CLIENT_IDLE,    // nothing was begun
    CLIENT_RUNNING, // nobody knows yet
    CLIENT_OK,      // done: there is a reply
    CLIENT_UNKNOWN, // the clerk gave up, or died: it may have happened or not
};
// The state of the last operation, and its reply if CLIENT_OK (else NULL):
// borrowed until the next client_begin.
enum client_state client_result(struct cluster *c, const char *client,
                                const ProtobufCMessage **reply);
// When its last operation was: before the call was sent and after the answer
// came, on one counter of the test's; *ended is 0 as long as none has come.
void client_stamps(struct cluster *c, const char *client, int64_t *begun,
                   int64_t *ended);
// Waits until it is no longer running; at most so long.
enum client_state client_wait(struct cluster *c, const char *client, int ticks);

// --- Waiting ---------------------------------------------------------------

// A tick is the unit of all waiting: 25 ms times LAB_TIME_SCALE.
int64_t cluster_tick_ms(void);

// The condition must come true within so many ticks; must stay false for so
// many. It is looked at again and again: it asks, it changes nothing.
#define eventually(c, condition, ticks)                                        \
    for (struct cluster_wait wait_ =                                           \
             cluster_wait_begin(c, #condition, ticks, __FILE__, __LINE__);     \
         !(condition); cluster_wait_more(&wait_))                              \
    continue
#define never(c, condition, ticks)                                             \
    for (struct cluster_wait wait_ =                                           \
             cluster_wait_begin(c, #condition, ticks, __FILE__, __LINE__);     \
         cluster_wait_not(&wait_, condition);)                                 \
    continue

struct cluster_wait {
    struct cluster *cluster;
    const char *condition;
    const char *file;
    int line;
    int ticks;
    int64_t until_ms;
};
struct cluster_wait cluster_wait_begin(struct cluster *c, const char *condition,
                                       int ticks, const char *file, int line);
void cluster_wait_more(struct cluster_wait *w); // fails the test if it is over
// False when it is over; fails the test if `is_true`.
bool cluster_wait_not(struct cluster_wait *w, bool is_true);

// --- The test --------------------------------------------------------------

uint64_t cluster_seed(const struct cluster *c);
// A number below n, drawn from the seed: the same in each run with it.
uint64_t cluster_random(struct cluster *c, uint64_t n);
// Notes what the test is at, in log/harness and in the failure block.
void cluster_tell(struct cluster *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The test has come to something that at least one of many seeds must come to
// (`marks` of its entry). Only a simulation counts.
void cluster_mark(struct cluster *c, const char *mark);
// It stands still, lawfully by the fault model: that is no failure, but few
// seeds of a test may come to it.
void cluster_stuck(struct cluster *c, const char *why);

// Ends the test, which has failed because something does not go on; in a
// simulation with who waits for what.
_Noreturn void cluster_fail_waiting(struct cluster *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Ends the test, which has failed.
_Noreturn void cluster_fail(struct cluster *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// So that a failure names the line of the test and not one of the harness;
// what is built on this header (workload.h) defines CLUSTER_NO_PLACES.
void cluster_here(const char *file, int line);
#ifndef CLUSTER_NO_PLACES
#define CLUSTER_AT(call) (cluster_here(__FILE__, __LINE__), call)
#define cluster_start(...) CLUSTER_AT(cluster_start(__VA_ARGS__))
#define cluster_launch(...) CLUSTER_AT(cluster_launch(__VA_ARGS__))
#define cluster_await_ready(...) CLUSTER_AT(cluster_await_ready(__VA_ARGS__))
#define cluster_expect_memory(...)                                             \
    CLUSTER_AT(cluster_expect_memory(__VA_ARGS__))
#define cluster_kill(...) CLUSTER_AT(cluster_kill(__VA_ARGS__))
#define cluster_pause(...) CLUSTER_AT(cluster_pause(__VA_ARGS__))
#define cluster_resume(...) CLUSTER_AT(cluster_resume(__VA_ARGS__))
#define cluster_restart(...) CLUSTER_AT(cluster_restart(__VA_ARGS__))
#define cluster_expect_exit(...) CLUSTER_AT(cluster_expect_exit(__VA_ARGS__))
#define cluster_expect_crash(...) CLUSTER_AT(cluster_expect_crash(__VA_ARGS__))
#define cluster_delete_socket(...)                                             \
    CLUSTER_AT(cluster_delete_socket(__VA_ARGS__))
#define cluster_rename_socket(...)                                             \
    CLUSTER_AT(cluster_rename_socket(__VA_ARGS__))
#define cluster_hide_socket(...) CLUSTER_AT(cluster_hide_socket(__VA_ARGS__))
#define cluster_show_socket(...) CLUSTER_AT(cluster_show_socket(__VA_ARGS__))
#define cluster_cut(...) CLUSTER_AT(cluster_cut(__VA_ARGS__))
#define cluster_part(...) CLUSTER_AT(cluster_part(__VA_ARGS__))
#define cluster_spoil(...) CLUSTER_AT(cluster_spoil(__VA_ARGS__))
#define cluster_crash_at(...) CLUSTER_AT(cluster_crash_at(__VA_ARGS__))
#define cluster_hold_at(...) CLUSTER_AT(cluster_hold_at(__VA_ARGS__))
#define cluster_sent(...) CLUSTER_AT(cluster_sent(__VA_ARGS__))
#define cluster_ran(...) CLUSTER_AT(cluster_ran(__VA_ARGS__))
#define cluster_start_clerks(...) CLUSTER_AT(cluster_start_clerks(__VA_ARGS__))
#define client_begin(...) CLUSTER_AT(client_begin(__VA_ARGS__))
#endif

#endif
