#include "grading/trace/print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/rpc.h"
#include "common/runtime/alloc.h"
#include "common/runtime/self.h"
#include "grading/trace/print_message.h"
#include "grading/trace/services.h"

enum {
    METHOD_COLUMNS_MAX = 28,
    ID_SHOWN = 100000,
    TEXT_MAX = 2000,
    INDENT = 18, // of what goes on below
};

// --- Names -------------------------------------------------------------------

const char *print_node(const struct printer *p, int32_t number)
{
    if (number < 0 || (size_t)number >= p->story->node_count)
        return "?";
    return p->story->nodes[number].name;
}

const char *print_method(const struct printer *p, const struct story_step *step)
{
    int method = step->event->head.method;
    if (method < 0)
        return "?";
    return count_method_name(p->story->nodes[step->node].counts, method);
}

static bool is_of_call(enum trace_kind kind)
{
    return kind >= TRACE_SEND && kind <= TRACE_LATE;
}

static const char *word_of(enum trace_kind kind)
{
    switch (kind) {
    case TRACE_NONE:
        return "?";
    case TRACE_START:
        return "starts";
    case TRACE_SEND:
        return "asks";
    case TRACE_RECEIVE:
        return "gets";
    case TRACE_REPLY:
        return "replies";
    case TRACE_ANSWER:
        return "ok";
    case TRACE_REFUSED:
        return "REFUSED";
    case TRACE_UNKNOWN:
        return "UNKNOWN";
    case TRACE_LOST_REQUEST:
    case TRACE_LOST_REPLY:
        return "LOST";
    case TRACE_LATE:
        return "LATE";
    case TRACE_LOG:
        return "log";
    case TRACE_CRASH:
        return "CRASH";
    }
    return "?";
}

// --- What an event says ------------------------------------------------------

static struct slice body_of(const struct trace_event *e)
{
    return slice_of(e->bytes, e->kept);
}

// The line without its time and node, which stand in columns of their own.
static struct slice log_text(const struct trace_event *e)
{
    struct slice line = body_of(e);
    for (int word = 0; word < 2; word++) {
        const unsigned char *blank = memchr(line.data, ' ', line.size);
        if (blank == NULL)
            return body_of(e);
        size_t before = (size_t)(blank - line.data) + 1;
        line = slice_of(line.data + before, line.size - before);
    }
    return line;
}

static void add_text(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text));
}

// A log line as it is, but that control bytes are no good on a terminal.
static void add_line(struct buf *out, struct slice line)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char byte = line.data[i];
        buf_append(out, byte < ' ' || byte == 0x7f ? "?" : (const char *)&byte,
                   1);
    }
}

static void add_message(struct buf *out, const struct printer *p,
                        const struct story_step *step, bool is_reply)
{
    const struct trace_event *e = step->event;
    const ProtobufCMethodDescriptor *method =
        services_method(print_method(p, step));
    const ProtobufCMessageDescriptor *type = NULL;
    if (method != NULL)
        type = is_reply ? method->output : method->input;
    print_packed(out, type, body_of(e), e->head.length);
}

void print_contents(struct buf *out, const struct printer *p,
                    const struct story_step *step)
{
    const struct trace_event *e = step->event;
    switch ((enum trace_kind)e->head.kind) {
    case TRACE_SEND:
    case TRACE_RECEIVE:
    case TRACE_LATE:
        add_message(out, p, step, false);
        return;
    case TRACE_REPLY:
    case TRACE_ANSWER:
        add_message(out, p, step, true);
        return;
    case TRACE_LOST_REQUEST: // the caller's end notes no message
        add_text(out, "the request");
        if (e->head.length > 0) {
            add_text(out, " ");
            add_message(out, p, step, false);
        }
        return;
    case TRACE_LOST_REPLY:
        add_text(out, "the reply ");
        add_message(out, p, step, true);
        return;
    case TRACE_REFUSED:
    case TRACE_UNKNOWN:
        add_text(out, rpc_reason_text((enum rpc_reason)e->head.reason));
        return;
    case TRACE_LOG:
        add_line(out, log_text(e));
        return;
    case TRACE_CRASH:
        add_text(out, crash_kind_text(e->head.reason));
        add_text(out, " ");
        add_line(out, body_of(e));
        return;
    case TRACE_START: // its name, which stands there already
    case TRACE_NONE:
        return;
    }
}

// --- For people --------------------------------------------------------------

void printer_init(struct printer *p, FILE *out, const struct story *story,
                  const struct story_step *steps, size_t count)
{
    *p = (struct printer){.out = out, .story = story, .node_columns = 4};
    for (size_t i = 0; i < story->node_count; i++) {
        int columns = (int)strlen(story->nodes[i].name);
        if (columns > p->node_columns)
            p->node_columns = columns;
    }
    p->first_ns = count > 0 ? steps[0].event->time_ns : 0;
    for (size_t i = 0; i < count; i++) {
        if (steps[i].event->time_ns < p->first_ns)
            p->first_ns = steps[i].event->time_ns;
        if (!is_of_call((enum trace_kind)steps[i].event->head.kind))
            continue;
        int columns = (int)strlen(print_method(p, &steps[i]));
        if (columns > p->method_columns)
            p->method_columns = columns;
    }
    if (p->method_columns > METHOD_COLUMNS_MAX)
        p->method_columns = METHOD_COLUMNS_MAX;
}

void print_head(const struct printer *p)
{
    fprintf(p->out, "%12s  %-*s\n", "time", p->node_columns, "node");
}

// "s1 -> s2": which way the message goes that the event is about.
static const char *arrow_of(enum trace_kind kind)
{
    bool back =
        kind == TRACE_REPLY || kind == TRACE_ANSWER || kind == TRACE_LOST_REPLY;
    return back ? "<-" : "->";
}

// All columns before the contents, in `line`; returns how many.
static int print_left(const struct printer *p, const struct story_step *step,
                      char *line, size_t room)
{
    const struct trace_event *e = step->event;
    enum trace_kind kind = (enum trace_kind)e->head.kind;
    int64_t us = (e->time_ns - p->first_ns) / 1000;
    int used =
        snprintf(line, room, "%8" PRId64 ".%03d  %-*s  ", us / 1000,
                 (int)(us % 1000), p->node_columns, print_node(p, step->node));
    char arrow[2 * NODE_NAME_MAX + 8];
    snprintf(arrow, sizeof arrow, "%s %s %s", print_node(p, e->head.source),
             arrow_of(kind), print_node(p, e->head.target));
    if (!is_of_call(kind))
        return used + snprintf(line + used, room - (size_t)used, "%s  ",
                               word_of(kind));
    return used + snprintf(line + used, room - (size_t)used,
                           "%-*s  %-7s  %-*s  #%-5" PRIu64 "  ",
                           2 * p->node_columns + 4, arrow, word_of(kind),
                           p->method_columns, print_method(p, step),
                           e->head.id % ID_SHOWN);
}

// How much of `text` goes into a line of `room` columns: up to a blank, if
// there is one in its second half.
static size_t take_line(struct slice text, size_t room)
{
    if (text.size <= room)
        return text.size;
    for (size_t i = room; i > room / 2; i--)
        if (text.data[i] == ' ')
            return i;
    return room;
}

// The contents behind `column`, and in further lines as far as they may go.
static void print_wrapped(const struct printer *p, struct slice text,
                          size_t column)
{
    size_t room = column + 20 < PRINT_COLUMNS ? PRINT_COLUMNS - column : 20;
    for (int line = 1; line <= PRINT_LINES_MAX; line++) {
        size_t size = take_line(text, room);
        fprintf(p->out, "%.*s", (int)size, (const char *)text.data);
        while (size < text.size && text.data[size] == ' ')
            size++;
        text = slice_of(text.data + size, text.size - size);
        if (text.size == 0)
            break;
        if (line == PRINT_LINES_MAX)
            fprintf(p->out, " ...");
        else
            fprintf(p->out, "\n%*s", INDENT, "");
        room = PRINT_COLUMNS - INDENT;
    }
    fprintf(p->out, "\n");
}

void print_step(const struct printer *p, const struct story_step *step)
{
    char left[256];
    int column = print_left(p, step, left, sizeof left);
    struct buf text;
    buf_init(&text, TEXT_MAX);
    print_contents(&text, p, step);
    if (text.size == 0) // no blanks at the line's end
        while (column > 0 && left[column - 1] == ' ')
            left[--column] = '\0';
    fputs(left, p->out);
    if (text.size == 0)
        fprintf(p->out, "\n");
    else
        print_wrapped(p, buf_slice(&text), (size_t)column);
    buf_release(&text);
}
