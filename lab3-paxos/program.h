// program.h - `lab3`: the commands (program.c).
#ifndef LAB3_PROGRAM_H
#define LAB3_PROGRAM_H

// The program's main, also in a simulation. The exit status.
int node_main(int argc, char **argv);

#endif
