// files.h - files that tests write, read and compare.
//
// All names are relative to the test's own folder, which is the working folder
// from shell_folder() on.
#ifndef LAB1_TESTS_FILES_H
#define LAB1_TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void write_bytes(const char *name, const void *data, size_t size);
void write_text(const char *name, const char *text);

// Writes `lines` lines of words, some of them in UTF-8, some with bytes that
// are no text at all; every key often. The same for the same seed.
void write_words(const char *name, uint64_t seed, size_t lines);

bool is_there(const char *name);
size_t count_names(const char *folder); // in it, without . and ..

// Both folders hold the same parts, byte for byte, and nothing else.
void expect_same_output(const char *folder, const char *oracle);

#endif
