#include "lab1-mapreduce/program.h"

int main(int argc, char **argv)
{
    return node_main(argc, argv);
}
