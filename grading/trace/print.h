// print.h - one line for each event of a story, for people or as JSON.
//
//         time  node
//        1.204  w1    w1 -> m   asks     Master.RequestTask   #7  {}
//        1.301  m     w1 -> m   gets     Master.RequestTask   #7  {}
//        1.350  m     w1 <- m   replies  Master.RequestTask   #7  {order: WAIT}
//        1.402  w1    w1 <- m   ok       Master.RequestTask   #7  {order: WAIT}
//
// Time is in milliseconds since the first event of the story; the number is
// the call's, the same at both ends (its last five digits). What went wrong
// stands in capitals. What does not fit into PRINT_COLUMNS goes on below.
#ifndef GRADING_TRACE_PRINT_H
#define GRADING_TRACE_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "grading/trace/story.h"

enum {
    PRINT_COLUMNS = 100,
    PRINT_LINES_MAX = 4, // of one event
};

struct printer {
    FILE *out;
    const struct story *story;
    int64_t first_ns;
    int node_columns;   // of the longest name
    int method_columns; // of the longest method that there is
};

// Looks at all `count` steps, so that columns are the same in each line.
void printer_init(struct printer *p, FILE *out, const struct story *story,
                  const struct story_step *steps, size_t count);

void print_head(const struct printer *p); // names the columns
void print_step(const struct printer *p, const struct story_step *step);

// The same as a JSON object: see json.c for what is in it.
void print_json(const struct printer *p, const struct story_step *step);

// Parts of a line. "?" if there is no such name.
const char *print_node(const struct printer *p, int32_t number);
const char *print_method(const struct printer *p,
                         const struct story_step *step);
// Message, reason or line; appended to `out` as far as it fits.
struct buf;
void print_contents(struct buf *out, const struct printer *p,
                    const struct story_step *step);

#endif
