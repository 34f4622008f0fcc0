// message.c - see message.h. Messages borrow; what is read from them is copied.
#include "lab1-mapreduce/message.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

ProtobufCBinaryData bytes_of(const char *text)
{
    return (ProtobufCBinaryData){
        .len = text == NULL ? 0 : strlen(text),
        .data = (uint8_t *)(uintptr_t)text,
    };
}

char *text_of(ProtobufCBinaryData bytes)
{
    char *text = xmalloc(bytes.len + 1);
    if (bytes.len > 0)
        memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

void attempt_fill(Mr__Attempt *to, const struct assignment *from)
{
    mr__attempt__init(to);
    to->kind =
        from->kind == TASK_MAP ? MR__KIND__MAP_TASK : MR__KIND__REDUCE_TASK;
    to->task = from->task;
    to->attempt = from->attempt;
}

bool attempt_read(const Mr__Attempt *from, struct assignment *to)
{
    if (from == NULL)
        return false;
    *to = (struct assignment){
        .kind = from->kind == MR__KIND__MAP_TASK ? TASK_MAP : TASK_REDUCE,
        .task = from->task,
        .attempt = from->attempt,
    };
    return true;
}

void job_fill(Mr__Job *to, const struct master_spec *spec, const char *folder)
{
    mr__job__init(to);
    to->app = (char *)(uintptr_t)spec->app->name;
    to->has_arg = spec->arg != NULL;
    to->arg = bytes_of(spec->arg);
    to->maps = (uint32_t)spec->split->count;
    to->reduces = spec->reduces;
    to->folder = bytes_of(folder);
    to->out = bytes_of(spec->output->path);
    to->temporary = bytes_of(spec->output->temporary);
}

void pieces_fill(Mr__RequestTaskReply *to, const struct map_task *from)
{
    to->n_pieces = from->count;
    to->pieces = xcalloc(from->count + 1, sizeof to->pieces[0]);
    for (size_t i = 0; i < from->count; i++) {
        Mr__Piece *piece = xmalloc(sizeof *piece);
        mr__piece__init(piece);
        piece->file = bytes_of(from->pieces[i].file);
        piece->offset = from->pieces[i].offset;
        piece->length = from->pieces[i].length;
        to->pieces[i] = piece;
    }
}

void pieces_release(Mr__RequestTaskReply *reply)
{
    for (size_t i = 0; i < reply->n_pieces; i++)
        free(reply->pieces[i]);
    free(reply->pieces);
    reply->pieces = NULL;
    reply->n_pieces = 0;
}

void map_task_read(const Mr__RequestTaskReply *from, struct map_task *to)
{
    to->count = from->n_pieces;
    to->pieces = xcalloc(to->count + 1, sizeof to->pieces[0]);
    for (size_t i = 0; i < to->count; i++) {
        const Mr__Piece *piece = from->pieces[i];
        to->pieces[i] = (struct piece){
            .file = text_of(piece->file),
            .offset = piece->offset,
            .length = piece->length,
        };
    }
}

void map_task_release(struct map_task *task)
{
    for (size_t i = 0; i < task->count; i++)
        free((char *)(uintptr_t)task->pieces[i].file);
    free(task->pieces);
}
