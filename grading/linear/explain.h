// explain.h - why a history is not linearizable, for people.
#ifndef GRADING_LINEAR_EXPLAIN_H
#define GRADING_LINEAR_EXPLAIN_H

#include "grading/linear/linear.h"

// Why one operation came before another.
struct linear_edge {
    size_t from; // indices into `ops` of the explanation
    size_t to;
    const char *reason; // "returned before", "wrote what was read by": constant
};

// A value of the key, and when it must, or may, have been the current one.
struct linear_lane {
    struct slice value;
    bool absent;   // no value at all
    int64_t begin; // positions, begin <= end
    int64_t end;
    bool solid;    // it must have been, from begin to end; else: somewhere in
                   // between, once
    bool conflict; // it takes part in the contradiction
};

struct linear_explanation {
    struct linear_report report;
    const char *kind; // constant: "stale read"
    char *sentence;   // what is wrong, with the names of who and what
    size_t *ops;      // indices into the history, by call: the argument
    size_t op_count;  // at most LINEAR_WITNESSES
    struct linear_edge *edges;
    size_t edge_count;
    struct linear_lane *lanes; // by begin; of the argument's values
    size_t lane_count;

    // What the last of the argument's operations could have said instead:
    // whole sentences have it as "allowed". 0: nothing is known of it.
    struct slice *allowed;
    size_t allowed_count;
    bool allowed_absent; // "no value" would have been right, too
    size_t allowed_op;   // index into the history
    int64_t certain;     // the position from which on it was certain

    // From which no operation can be taken (with those that then make no
    // sense) without its becoming linearizable. Not linearizable itself.
    struct linear_history minimal;
};

// Explains a report of a violation, or of what is unknown (then: the sentence
// alone). *e must get linear_explanation_release. Borrows the history.
void linear_explain(const struct linear_history *h,
                    const struct linear_options *options,
                    const struct linear_report *report,
                    struct linear_explanation *e);
void linear_explanation_release(struct linear_explanation *e);

// All of it as lines of text; `width` columns, 0: 80.
void linear_explanation_print(FILE *out, const struct linear_history *h,
                              const struct linear_explanation *e);

// One operation: Append 'c1.17;' found 'c2.3;'. And a value, in quotes: its
// end is what matters, and what is no text is escaped.
void linear_print_op(FILE *out, const struct linear_history *h,
                     const struct linear_op *op);
void linear_print_value(FILE *out, struct slice value);

#endif
