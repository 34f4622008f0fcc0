// main.c - the program lab2.
#include "lab2-pbservice/program.h"

int main(int argc, char **argv)
{
    return node_main(argc, argv);
}
