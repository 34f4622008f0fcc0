// program.h - `lab4`: the commands (program.c).
#ifndef LAB4_PROGRAM_H
#define LAB4_PROGRAM_H

// The program's main, also in a simulation. The exit status.
int node_main(int argc, char **argv);

#endif
