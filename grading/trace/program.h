// program.h - the trace printer as a function.
#ifndef GRADING_TRACE_PROGRAM_H
#define GRADING_TRACE_PROGRAM_H

#include <stdio.h>

// What main() does, but for where the words go. Returns the exit status: 0, 1
// if the traces cannot be read, 2 if the arguments make no sense.
int trace_program(int argc, char **argv, FILE *out, FILE *complaints);

#endif
