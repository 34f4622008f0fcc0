// main.c - trace: prints what the nodes of a cluster did, as one story.
#include <stdio.h>

#include "grading/trace/program.h"

int main(int argc, char **argv)
{
    return trace_program(argc, argv, stdout, stderr);
}
