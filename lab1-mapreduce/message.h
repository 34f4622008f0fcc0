// message.h - between the core's structs and the messages of peer.proto.
//
// Names of files may hold any bytes but NUL, so in messages they are `bytes`.
#ifndef LAB1_MESSAGE_H
#define LAB1_MESSAGE_H

#include <stdbool.h>

#include "lab1-mapreduce/job.h"
#include "lab1-mapreduce/master.h"
#include "lab1-mapreduce/peer.pb-c.h"
#include "lab1-mapreduce/split.h"

ProtobufCBinaryData bytes_of(const char *text); // borrows; NULL gives none
char *text_of(ProtobufCBinaryData bytes);       // owned

void attempt_fill(Mr__Attempt *to, const struct assignment *from);
bool attempt_read(const Mr__Attempt *from, struct assignment *to);

// What is the same for all tasks of a job; borrows from `spec` and `folder`.
void job_fill(Mr__Job *to, const struct master_spec *spec, const char *folder);

// Fills the pieces of a reply, which must get pieces_release.
void pieces_fill(Mr__RequestTaskReply *to, const struct map_task *from);
void pieces_release(Mr__RequestTaskReply *reply);

// Reads them; *to must get map_task_release.
void map_task_read(const Mr__RequestTaskReply *from, struct map_task *to);
void map_task_release(struct map_task *task);

#endif
