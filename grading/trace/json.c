// An event as one line of JSON:
//
//     {"time_ns": 1200, "node": "s2", "index": 7, "kind": "receive",
//      "source": "s1", "target": "s2", "method": "Echo.Say", "call": 4711,
//      "length": 12, "text": "{text: \"hi\"}", "clock": {"s1": 3, "s2": 8}}
//
// Time counts from the first event of the story. The fields of the second
// line stand in events of calls alone; `length` is that of the whole message,
// `text` what people are shown of it.
#include "grading/trace/print.h"

#include <inttypes.h>

#include "common/runtime/buf.h"

enum {
    TEXT_MAX = 2000,
};

static const char *kind_text(uint32_t kind)
{
    static const char *const texts[] = {
        [TRACE_NONE] = "none",
        [TRACE_START] = "start",
        [TRACE_SEND] = "send",
        [TRACE_RECEIVE] = "receive",
        [TRACE_REPLY] = "reply",
        [TRACE_ANSWER] = "answer",
        [TRACE_REFUSED] = "refused",
        [TRACE_UNKNOWN] = "unknown",
        [TRACE_LOST_REQUEST] = "lost_request",
        [TRACE_LOST_REPLY] = "lost_reply",
        [TRACE_LATE] = "late",
        [TRACE_LOG] = "log",
        [TRACE_CRASH] = "crash",
    };
    return kind < sizeof texts / sizeof *texts ? texts[kind] : "?";
}

// Bytes that are no ASCII are shown as the character of that number.
static void put_string(FILE *out, struct slice text)
{
    fputc('"', out);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = text.data[i];
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte >= 0x7f)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void put_field(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    put_string(out, slice_text(text));
}

static void put_clock(const struct printer *p, const struct trace_event *e)
{
    const char *comma = "";
    fprintf(p->out, ", \"clock\": {");
    for (uint32_t i = 0; i < e->places; i++) {
        if (e->clock[i] == 0)
            continue;
        fputs(comma, p->out);
        put_string(p->out, slice_text(print_node(p, (int32_t)i)));
        fprintf(p->out, ": %" PRIu32, e->clock[i]);
        comma = ", ";
    }
    fprintf(p->out, "}");
}

void print_json(const struct printer *p, const struct story_step *step)
{
    const struct trace_event *e = step->event;
    fprintf(p->out, "{\"time_ns\": %" PRId64, e->time_ns - p->first_ns);
    put_field(p->out, "node", print_node(p, step->node));
    fprintf(p->out, ", \"index\": %" PRIu64, e->index);
    put_field(p->out, "kind", kind_text(e->head.kind));
    if (e->head.kind >= TRACE_SEND && e->head.kind <= TRACE_LATE) {
        put_field(p->out, "source", print_node(p, e->head.source));
        put_field(p->out, "target", print_node(p, e->head.target));
        put_field(p->out, "method", print_method(p, step));
        fprintf(p->out, ", \"call\": %" PRIu64 ", \"length\": %" PRIu32,
                e->head.id, e->head.length);
    }
    struct buf text;
    buf_init(&text, TEXT_MAX);
    print_contents(&text, p, step);
    fprintf(p->out, ", \"text\": ");
    put_string(p->out, buf_slice(&text));
    buf_release(&text);
    put_clock(p, e);
    fprintf(p->out, "}\n");
}
