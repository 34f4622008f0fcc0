// process.h - other nodes as processes: start, kill, pause, wait.
//
// A child dies with the *thread* that spawned it (PR_SET_PDEATHSIG), so spawn
// from one that lives as long as the children, such as main's. It is the
// leader of a process group of its own, and kill, stop and continue reach the
// whole group; what is left of the group dies when its leader is waited for.
// Its stdin is /dev/null, stdout and stderr are as said here, and it inherits
// no other descriptor, an empty signal mask and default signal actions.
//
// Any thread; different threads may use one process at once, except that only
// one frees it. The first spawn ends the ignoring of SIGCHLD, which some
// parents leave to us, and which would lose how children ended.
//
// In a simulation a process is a node that runs node_main(argc, argv).
#ifndef COMMON_RUNTIME_PROCESS_H
#define COMMON_RUNTIME_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process;

struct process_spec {
    const char *const *argv; // argv[0] is the program's path; NULL at the end
    const char *const *env;  // "NAME=value" on top of ours, NULL at the end;
                             // NULL: nothing on top
    const char *output;      // stdout and stderr are appended to this file;
                             // NULL: ours
    const char *folder;      // working folder, from which a relative argv[0]
                             // is looked up; NULL: ours
    bool foreground;         // it keeps our stdin and process group, so that
                             // it can use our terminal: a debugger
    bool survives;           // it does not die with us
};

struct process_end {
    bool exited; // true: by exit, `code` is its status; false: by `signal`
    int code;
    int signal;
};

// ERR_OK and *out, which process_free must get. All of `spec` is borrowed for
// the call. A program that cannot be executed: ERR_NOT_FOUND or ERR_DENIED,
// and there is no child.
int process_spawn(const struct process_spec *spec, struct process **out);

void process_kill(struct process *p);      // SIGKILL; harmless after its end
void process_terminate(struct process *p); // SIGTERM: asks it to end in order
void process_stop(struct process *p);      // SIGSTOP, returns when it stands
void process_continue(struct process *p);  // SIGCONT

// Waits for the end. ERR_OK and *end (which may be NULL), as often as asked;
// ERR_TIMEOUT at the deadline. An end that was before is told after it, too.
int process_wait(struct process *p, int64_t deadline_ms,
                 struct process_end *end);

int64_t process_id(const struct process *p); // the pid

// Bytes of memory that are its own, no file's (RssAnon, and what is swapped
// out of it; in a simulation what it has allocated). -1 if that says nothing of
// the program: it has ended, or runs with a sanitizer or under valgrind.
int64_t process_memory(const struct process *p);

// Kills it if it still runs, reaps it, frees `p`. NULL is fine.
void process_free(struct process *p);

// The path of the program that runs now, for spawning it again. Owned.
char *process_own_path(void);

// Ends this node at once with an exit status; nothing is flushed but stderr.
_Noreturn void process_leave(int status);

// Ends this node at once, as SIGKILL would: nothing is flushed, nobody told.
_Noreturn void process_die(void);

// From the first call on, SIGINT and SIGTERM no longer end this node but make
// this return the signal's number; 0 if none came.
int process_interrupted(void);

#endif
