// victim.h - a node program that does what its command says, mostly wrong.
//
//     server    serves, and ends in order when it is asked to
//     clerks    the same for each of its names, at control servers alone
//     ends      serves and ends at once, with status 3
//     dies      ... by a signal
//     deaf      never ends
//     litters   leaves a file in its working folder
//     hoards    leaves a file in TMPDIR
//     clings    ends with its socket still there
//     spawns    leaves a process that has left its group
//     unsolved  calls what nobody has written yet
//     fails     ends in order, but with status 9
#ifndef GRADING_CLUSTER_TESTS_VICTIM_H
#define GRADING_CLUSTER_TESTS_VICTIM_H

int victim_main(int argc, char **argv);

#endif
