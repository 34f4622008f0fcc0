// program.h - the program `lab0`: what main() and a simulation call.
#ifndef LAB0_PROGRAM_H
#define LAB0_PROGRAM_H

// Runs a command; returns its exit status (common/program/program.h).
int node_main(int argc, char **argv);

#endif
