// echo.h - the node that the tests of the RPC library talk to.
//
//     PROGRAM node FOLDER NAME LIFE
//
// joins the cluster in FOLDER as NAME and serves Echo (echo.proto) twice: at
// its place in the cluster, and by a control server at sock/NAME/c, where no
// fault reaches it. It ends in order after Stop: Holds hang up, the others
// are answered. The main() of a test gives such arguments to node_main; in a
// simulation process_spawn does.
#ifndef COMMON_RPC_TESTS_ECHO_H
#define COMMON_RPC_TESTS_ECHO_H

int node_main(int argc, char **argv);

#endif
