// program.h - the program `mr`: what main() and a simulation call.
#ifndef LAB1_PROGRAM_H
#define LAB1_PROGRAM_H

#include "common/program/program.h"

// Runs a command; returns its exit status (common/program/program.h).
int node_main(int argc, char **argv);

// The commands, each with a struct options. Each prints what goes wrong to
// stderr, as one sentence.
int command_run(const struct arguments *arguments);    // run.c
int command_local(const struct arguments *arguments);  // local.c
int command_master(const struct arguments *arguments); // command.c, and so on
int command_worker(const struct arguments *arguments);
int command_sequential(const struct arguments *arguments);
int command_merge(const struct arguments *arguments);
int command_status(const struct arguments *arguments);

// Prints "mr: ..." to stderr and frees `why`. Returns `status`.
int complain(int status, char *why);

#endif
