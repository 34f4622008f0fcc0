#include "lab0-echo/program.h"

int main(int argc, char **argv)
{
    return node_main(argc, argv);
}
