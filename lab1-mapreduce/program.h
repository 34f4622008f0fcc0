// program.h - the program `mr`: what main() and a simulation call.
#ifndef LAB1_PROGRAM_H
#define LAB1_PROGRAM_H

struct options;

// Runs a command; returns its exit status: 0, 1 if a job failed or a node is
// gone, 2 for bad usage or bad input, 128 + n when ended by signal n.
int node_main(int argc, char **argv);

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_SIGNAL = 128,
};

// The commands. Each prints what goes wrong to stderr, as one sentence.
int command_run(const struct options *o);    // run.c
int command_master(const struct options *o); // command.c, and so on
int command_worker(const struct options *o);
int command_sequential(const struct options *o);
int command_merge(const struct options *o);
int command_status(const struct options *o);

// Prints "mr: ..." to stderr and frees `why`. Returns `status`.
int complain(int status, char *why);

#endif
