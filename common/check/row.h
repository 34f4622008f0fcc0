// row.h - a test and how it ended: one line of build/tests-debug.jsonl.
//
// A row is a JSON object with these fields, in this order:
//   suite program part name claim section kind evidence points hidden
//   repetitions: what the registry says;
//   repetition verdict seconds seed scale machine_factor message where folder:
//   how it went.
// `where` is "file:line", `folder` what was kept of a failure; both and the
// message are "" if there is nothing to say.
#ifndef COMMON_CHECK_ROW_H
#define COMMON_CHECK_ROW_H

#include <stdint.h>

#include "common/check/graded.h"

enum verdict {
    VERDICT_PASS,
    VERDICT_FAIL,
    VERDICT_UNSOLVED, // it came to code that the student has not yet written
    VERDICT_TIMEOUT,
    VERDICT_ERROR, // it was not possible to tell
};

const char *verdict_text(enum verdict verdict); // "pass", "timeout": a word
const char *kind_text(enum graded_kind kind);   // "safety"

// The first half, without the braces. Owned.
char *row_about(const char *suite, const char *program,
                const struct graded_test *test);

struct row_end {
    int repetition; // from 1
    enum verdict verdict;
    double seconds;
    uint64_t seed;
    double scale;          // of the time limits, as it was used
    double machine_factor; // its part of it
    const char *message;   // these three may be NULL
    const char *where;
    const char *folder;
};

// The whole, and a newline. Owned.
char *row_make(const char *about, const struct row_end *end);

#endif
