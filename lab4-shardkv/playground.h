// playground.h - `lab4 cluster`: masters and groups as processes of one
// command, to talk to and to kill, with a table of what they do (table.h).
//
// All ends with it, and nothing is left behind.
#ifndef LAB4_PLAYGROUND_H
#define LAB4_PLAYGROUND_H

struct arguments;

int command_cluster(const struct arguments *arguments); // its exit status

#endif
