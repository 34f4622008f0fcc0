// kvs.h - what the tests of lab 3's key/value servers share.
#ifndef LAB3_TESTS_KVS_H
#define LAB3_TESTS_KVS_H

#include "lab3-paxos/api.pb-c.h"
#include "lab3-paxos/tests/lab3.h"

// Servers s1 to s3, or to s5, all of them ready.
void start_servers(struct cluster *c, int count);

// Clerks in one process ("c1 c2"). They ask the first of `servers` ("s1,s2,s3")
// as long as it answers.
void start_clerks(struct cluster *c, const char *names, const char *servers);

// One that asks this server, and once.
void start_direct(struct cluster *c, const char *name, const char *server);

// What a server says of itself. It must answer.
Px__ServerStatusReply server_status(struct cluster *c, const char *name);
Px__PaxosStatusReply paxos_status_of(struct cluster *c, const char *name);

#endif
