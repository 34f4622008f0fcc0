// program.h - `lab2`: the commands (program.c).
#ifndef LAB2_PROGRAM_H
#define LAB2_PROGRAM_H

// The program's main, also in a simulation. The exit status.
int node_main(int argc, char **argv);

#endif
