// block.h - what a person is told of a test that has failed.
#ifndef COMMON_CHECK_BLOCK_H
#define COMMON_CHECK_BLOCK_H

#include <stdint.h>
#include <stdio.h>

#include "common/check/graded.h"
#include "common/check/trial.h"

// The line of a test that has ended: `head`, dots up to `columns`, `word`
// ("ok", "FAILED") and the seconds it took.
void line_print(FILE *out, const char *head, int columns, const char *word,
                double seconds);

struct block {
    const struct graded_test *test;
    const struct trial *trial;
    const char *program; // its path
    const char *folder;  // the test's files, as far as they are still there
    bool kept;           // they will be, when this is read
    uint64_t seed;
};

// Where, why, what must hold, the last of what was done to the cluster, and
// the commands to type next. UNIT_COMMAND says how tests are run here.
void block_print(FILE *out, const struct block *b);

#endif
