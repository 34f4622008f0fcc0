// main.c - the program lab3.
#include "lab3-paxos/program.h"

int main(int argc, char **argv)
{
    return node_main(argc, argv);
}
