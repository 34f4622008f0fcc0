// count.h - a word count that knows nothing of MapReduce.
#ifndef LAB1_TESTS_COUNT_H
#define LAB1_TESTS_COUNT_H

#include <stddef.h>

// The parts in `folder` hold, in whatever order, exactly one line for each
// word of the `count` files: the word, a tab and how often it occurs. A word
// is a maximal run of ASCII letters and bytes from 0x80 up.
void expect_word_counts(const char *folder, const char *const *files,
                        size_t count);

#endif
