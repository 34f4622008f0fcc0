// main.c - the program lab4.
#include "lab4-shardkv/program.h"

int main(int argc, char **argv)
{
    return node_main(argc, argv);
}
