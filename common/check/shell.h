// shell.h - a program as people use it: called by a shell, in the test's own
// folder.
//
//     shell_begin("mr");
//     ck_assert_int_eq(shell_run("echo to be >f; mr local --app wc f"), 0);
//     shell_expect("mr merge out", 0, "be\t1\nto\t1\n");
//
// What fails ends the test. What a student has yet to write does, too, and the
// verdict says what it is.
#ifndef COMMON_CHECK_SHELL_H
#define COMMON_CHECK_SHELL_H

#include <stddef.h>

// Goes to the test's own folder (TMPDIR), which is empty.
void shell_folder(void);

// The same, and `program` is there and in PATH: the one of the folder LAB_BIN,
// or else of bin/ beside the folder of tests. Borrows the name.
void shell_begin(const char *program);

// Runs a script and returns its exit status; it may not die of a signal. Its
// output goes to files "stdout" and "stderr". What it leaves running fails the
// test, at the end: it ends what it has started.
int shell_run(const char *script);

// Ends with `status` and prints `out`, not a byte more.
void shell_expect(const char *script, int status, const char *out);

// stderr of the last script holds these words, in one line that begins with
// "PROGRAM: ", and stdout nothing.
void shell_expect_complaint(const char *words);

// Bad usage (exit status 2), complained of in these words.
void shell_expect_usage(const char *script, const char *words);

// --help of a program names each of `count` commands at the start of a line.
void shell_expect_help(const char *const *commands, size_t count);

// A file's content, with a NUL behind it: owned. The size if not NULL.
char *shell_read(const char *name, size_t *size);

// Ends the test if what the program came to is yet to be written, and was
// printed to this file.
void shell_fail_if_unsolved(const char *name);

#endif
