#include "common/check/shell.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/process.h"

enum {
    NOT_FOUND = 127, // a shell's status for a program that is not there
    USAGE = 2,       // our programs' for a call that makes no sense
};

static const char *the_program; // of this test

void shell_folder(void)
{
    const char *folder = getenv("TMPDIR");
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

// build/debug/tests/lab1-mapreduce/program_test -> build/debug/bin
static char *bin_folder(void)
{
    const char *given = getenv("LAB_BIN");
    if (given != NULL)
        return realpath(given, NULL);
    char *path = process_own_path();
    for (int i = 0; i < 3; i++) {
        char *slash = strrchr(path, '/');
        ck_assert_ptr_nonnull(slash);
        *slash = '\0';
    }
    char *bin = xasprintf("%s/bin", path);
    free(path);
    return bin;
}

void shell_begin(const char *program)
{
    char *bin = bin_folder();
    ck_assert_ptr_nonnull(bin);
    char *file = xasprintf("%s/%s", bin, program);
    ck_assert_msg(access(file, X_OK) == 0,
                  "there is no program %s: build it by make", file);
    shell_folder();
    ck_assert_int_eq(symlink(file, program), 0);
    char *path = xasprintf("%s:%s", bin, getenv("PATH"));
    setenv("PATH", path, 1);
    unsetenv("LAB_SEED"); // people have none: each call draws its own ids
    the_program = program;
    free(path);
    free(file);
    free(bin);
}

char *shell_read(const char *name, size_t *size)
{
    FILE *file = fopen(name, "re");
    ck_assert_msg(file != NULL, "there is no %s", name);
    struct stat st;
    ck_assert_int_eq(stat(name, &st), 0);
    char *text = xmalloc((size_t)st.st_size + 1);
    size_t got = fread(text, 1, (size_t)st.st_size, file);
    ck_assert_uint_eq(got, (size_t)st.st_size);
    text[got] = '\0';
    fclose(file);
    if (size != NULL)
        *size = got;
    return text;
}

void shell_fail_if_unsolved(const char *name)
{
    static const char words[] = "not implemented: ";
    char *text = shell_read(name, NULL);
    char *what = strstr(text, words);
    if (what != NULL) {
        what += strlen(words);
        what[strcspn(what, "\r\n")] = '\0';
        unit_unsolved(what);
        ck_abort_msg("%s%s", words, what);
    }
    free(text);
}

int shell_run(const char *script)
{
    char *command = xasprintf("( %s\n) >stdout 2>stderr", script);
    int status = system(command);
    ck_assert_msg(WIFEXITED(status), "%s: died of signal %d", script,
                  WTERMSIG(status));
    ck_assert_msg(WEXITSTATUS(status) != NOT_FOUND, "not found: %s", script);
    free(command);
    shell_fail_if_unsolved("stderr");
    shell_fail_if_unsolved("stdout"); // of a terminal
    return WEXITSTATUS(status);
}

void shell_expect(const char *script, int status, const char *out)
{
    int ended = shell_run(script);
    char *said = shell_read("stdout", NULL);
    char *complaint = shell_read("stderr", NULL);
    ck_assert_msg(ended == status && strcmp(said, out) == 0,
                  "%s: ended with %d, stdout holds: %sstderr holds: %s", script,
                  ended, said, complaint);
    free(complaint);
    free(said);
}

void shell_expect_complaint(const char *words)
{
    size_t size;
    char *text = shell_read("stdout", &size);
    ck_assert_msg(size == 0, "stdout holds: %s", text);
    free(text);
    text = shell_read("stderr", &size);
    size_t name = strlen(the_program);
    ck_assert_msg(strncmp(text, the_program, name) == 0 &&
                      strncmp(text + name, ": ", 2) == 0 &&
                      strstr(text, words) != NULL,
                  "stderr holds: %s", text);
    ck_assert_msg(strchr(text, '\n') == text + size - 1,
                  "more than one line: %s", text);
    free(text);
}

void shell_expect_usage(const char *script, const char *words)
{
    ck_assert_int_eq(shell_run(script), USAGE);
    shell_expect_complaint(words);
}

void shell_expect_help(const char *const *commands, size_t count)
{
    char *script = xasprintf("%s --help", the_program);
    ck_assert_int_eq(shell_run(script), 0);
    free(script);
    char *text = shell_read("stdout", NULL);
    for (size_t i = 0; i < count; i++) {
        char *line = xasprintf("\n  %s ", commands[i]);
        ck_assert_msg(strstr(text, line) != NULL, "%s", text);
        free(line);
    }
    free(text);
}
