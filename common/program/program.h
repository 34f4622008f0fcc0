// program.h - the command line of a program: commands, options, help.
//
//     mr run --app wc --workers 4 --out DIR FILE...
//
// A program is two tables, of options and of the commands that take some of
// them, and a struct for what the user has said. All that is wrong with a
// command line is told in one sentence, before anything is done.
#ifndef COMMON_PROGRAM_PROGRAM_H
#define COMMON_PROGRAM_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

struct node;

// Exit statuses, of all programs; 0: done.
enum {
    EXIT_FAILED = 1,   // it could not be done, or a node is gone
    EXIT_USAGE = 2,    // bad usage, bad input
    EXIT_SIGNAL = 128, // + n: ended by signal n
};

// What the user has said. A program's own struct begins with this one and has
// a field for each option; texts are borrowed from argv, NULL if missing.
struct arguments {
    const char **files; // what stands beside the options
    size_t file_count;
};

struct program_option {
    const char *name;  // "out", for --out DIR and --out=DIR
    const char *value; // what stands for its value in the help: "DIR"
    const char *about;
    size_t offset; // of its field: a const char *, or, with `max`, a uint64_t
    uint64_t max;  // of a number, which is 1 at least; 0: a text
};

// A command takes some options, of which it needs some, and files or not.
struct program_command {
    const char *name;
    const char *about;   // a sentence
    const char *takes;   // " app arg ": their names between blanks
    const char *needs;   // likewise
    const char *operand; // "FILE...", "DIR" (one), NULL (none)
    int (*run)(const struct arguments *arguments); // its exit status
};

struct program {
    const char *name;
    const char *about;                      // a sentence
    const struct program_option *options;   // up to the one without a name
    const struct program_command *commands; // likewise
    size_t size;                            // of the program's own struct
    const void *defaults;                   // one of these
    void (*help)(const struct program_command *command); // more; or NULL
};

// Finds the command, reads its options, runs it. Returns the exit status.
int program_main(const struct program *p, int argc, char **argv);

// Waits for SIGINT or SIGTERM. Returns EXIT_SIGNAL + its number. Who wants to
// end in order calls process_interrupted() before it makes anything.
int program_await_signal(void);

// Prints "NAME: WHY" to stderr and frees `why`. Returns `status`.
int program_complain(const struct program *p, int status, char *why);

// --- Programs that are nodes -----------------------------------------------

// What is wrong with a list of nodes between commas, the value of --`option`:
// more than `max` names, one that no node can have, one that is there twice,
// `me` (NULL: nobody) is not one of them. A sentence, owned; NULL: nothing.
char *program_nodes_wrong(const char *option, const char *list, size_t max,
                          const char *me);

// Joins a cluster (node_open, as the whole process). 0 and *out, which must get
// node_close; or EXIT_USAGE, after a complaint.
int program_join(const struct program *p, const char *folder, const char *name,
                 struct node **out);

// What a node that serves does between its start and its stop: `err` is what
// the start came to. Waits for a signal and cancels the node; or complains.
// The exit status. As with program_await_signal.
int program_serve(const struct program *p, struct node *n, int err);

#endif
