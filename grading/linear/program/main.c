// main.c - linear: judges, explains, shrinks, converts and makes histories.
#include "grading/linear/program/program.h"

int main(int argc, char **argv)
{
    return linear_program(argc, argv);
}
