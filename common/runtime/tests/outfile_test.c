// outfile_test.c - an output appears whole and once, or not at all. What a
// crash leaves of one: crash_test.c.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/buf.h"
#include "common/runtime/err.h"
#include "common/runtime/outfile.h"
#include "common/runtime/tests/child.h"

enum {
    LINES = 60000, // more than one buffer of them
};

static bool exists(const char *path)
{
    return access(in_folder(path), F_OK) == 0;
}

// The file as a text, or NULL. Valid until the next call.
static const char *text_of(const char *path)
{
    static char text[4096];
    FILE *file = fopen(in_folder(path), "re");
    if (file == NULL)
        return NULL;
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static struct outfile *begin(const char *draft, const char *path)
{
    struct outfile *f = NULL;
    ck_assert_int_eq(outfile_begin(in_folder(draft), in_folder(path), &f),
                     ERR_OK);
    return f;
}

static void append(struct outfile *f, const char *text)
{
    ck_assert_int_eq(outfile_append(f, text, strlen(text)), ERR_OK);
}

START_TEST(an_output_appears_at_commit_and_not_before)
{
    struct outfile *f = begin("draft", "out");
    append(f, "one ");
    append(f, "");
    ck_assert_int_eq(outfile_append(f, NULL, 0), ERR_OK);
    append(f, "two");
    ck_assert(!exists("out"));
    ck_assert_int_eq(outfile_commit(f), ERR_OK);
    ck_assert_str_eq(text_of("out"), "one two");
    ck_assert(!exists("draft"));
}
END_TEST

START_TEST(an_empty_output_is_one_too)
{
    ck_assert_int_eq(outfile_commit(begin("draft", "out")), ERR_OK);
    ck_assert_str_eq(text_of("out"), "");
}
END_TEST

START_TEST(an_abandoned_attempt_leaves_nothing)
{
    struct outfile *f = begin("draft", "out");
    append(f, "text");
    outfile_abandon(f);
    outfile_abandon(NULL);
    ck_assert(!exists("out"));
    ck_assert(!exists("draft"));
}
END_TEST

START_TEST(a_large_output_is_complete_and_in_order)
{
    struct outfile *f = begin("draft", "out");
    int failures = 0;
    char line[16];
    for (int i = 0; i < LINES; i++) { // 8 bytes: a buffer ends with a line
        int size = snprintf(line, sizeof line, "%06d\n", i);
        failures += outfile_append(f, line, (size_t)size) != ERR_OK;
    }
    char *huge = malloc(1 << 20);
    memset(huge, 'h', 1 << 20);
    failures += outfile_append(f, huge, 1 << 20) != ERR_OK;
    failures += outfile_append(f, "end", 3) != ERR_OK;
    free(huge);
    ck_assert_int_eq(failures, 0);
    ck_assert_int_eq(outfile_commit(f), ERR_OK);

    FILE *file = fopen(in_folder("out"), "re");
    for (int i = 0; i < LINES; i++)
        failures += fgets(line, sizeof line, file) == NULL || atoi(line) != i;
    for (int i = 0; i < 1 << 20; i++)
        failures += fgetc(file) != 'h';
    ck_assert_int_eq(failures, 0);
    ck_assert_str_eq(fgets(line, sizeof line, file), "end");
    ck_assert_int_eq(fgetc(file), EOF);
    fclose(file);
}
END_TEST

START_TEST(the_first_commit_wins)
{
    struct outfile *first = begin("draft-1", "out");
    struct outfile *second = begin("draft-2", "out");
    append(first, "first");
    append(second, "second");
    ck_assert_int_eq(outfile_commit(second), ERR_OK);
    ck_assert_int_eq(outfile_commit(first), ERR_EXISTS);
    ck_assert_str_eq(text_of("out"), "second");
    ck_assert(!exists("draft-1"));
    ck_assert(!exists("draft-2"));
}
END_TEST

// Commits its number when `go` is closed; exit status 0 if it was the first.
static pid_t start_attempt(int number, const int go[2])
{
    pid_t child = fork();
    if (child != 0)
        return child;

    char draft[32];
    snprintf(draft, sizeof draft, "draft-%d", number);
    struct outfile *f = begin(draft, "out");
    for (int i = 0; i < 1000; i++)
        append(f, (const char[]){(char)('0' + number), '\0'});
    char end;
    close(go[1]);
    if (read(go[0], &end, 1) != 0)
        _exit(9);
    int err = outfile_commit(f);
    _exit(err == ERR_OK ? 0 : err == ERR_EXISTS ? 1 : 2);
}

START_TEST(of_many_processes_one_wins)
{
    enum {
        ATTEMPTS = 8,
    };
    int go[2];
    pid_t children[ATTEMPTS];
    ck_assert_int_eq(pipe(go), 0);
    for (int i = 0; i < ATTEMPTS; i++)
        children[i] = start_attempt(i, go);
    close(go[1]); // the last one: now they go

    int winner = -1;
    for (int i = 0; i < ATTEMPTS; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status));
        ck_assert_int_le(WEXITSTATUS(status), 1);
        if (WEXITSTATUS(status) == 0) {
            ck_assert_int_eq(winner, -1);
            winner = i;
        }
    }
    ck_assert_int_ge(winner, 0);
    char expected[1001] = "";
    memset(expected, '0' + winner, 1000);
    ck_assert_str_eq(text_of("out"), expected);
    close(go[0]);
}
END_TEST

static void commit_without_rename(const void *arg)
{
    (void)arg;
    child_refuse_call(SYS_renameat2, EINVAL); // as many file systems do
    struct outfile *first = begin("draft-1", "out");
    struct outfile *second = begin("draft-2", "out");
    append(first, "first");
    append(second, "second");
    if (outfile_commit(first) != ERR_OK)
        _exit(1);
    _exit(outfile_commit(second) == ERR_EXISTS ? 0 : 2);
}

START_TEST(the_first_commit_wins_on_any_file_system)
{
    struct child_end end = child_run(commit_without_rename, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert_str_eq(text_of("out"), "first");
    ck_assert(!exists("draft-1"));
    ck_assert(!exists("draft-2"));
}
END_TEST

START_TEST(a_new_draft_leaves_the_output_alone)
{
    // As after a crash between link() and unlink().
    ck_assert_int_eq(outfile_commit(begin("other", "out")), ERR_OK);
    FILE *file = fopen(in_folder("out"), "we");
    fputs("committed", file);
    fclose(file);
    ck_assert_int_eq(link(in_folder("out"), in_folder("draft")), 0);

    struct outfile *f = begin("draft", "out");
    append(f, "again");
    ck_assert_int_eq(outfile_commit(f), ERR_EXISTS);
    ck_assert_str_eq(text_of("out"), "committed");
}
END_TEST

START_TEST(an_attempt_that_cannot_begin_leaves_nothing)
{
    struct outfile *f = NULL;
    const char *out = in_folder("out");
    ck_assert_int_eq(outfile_begin(in_folder("no/draft"), out, &f),
                     ERR_NOT_FOUND);
    // What is no file is not ours to remove, not even as root.
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0644), 0);
    ck_assert_int_eq(outfile_begin(in_folder("fifo"), out, &f), ERR_EXISTS);
    ck_assert(exists("fifo"));
    ck_assert(!exists("out"));
}
END_TEST

START_TEST(a_commit_into_no_folder_is_an_error)
{
    struct outfile *f = begin("draft", "no/out");
    append(f, "text");
    ck_assert_int_eq(outfile_commit(f), ERR_NOT_FOUND);
    ck_assert(!exists("draft"));
}
END_TEST

static void begin_without_permission(const void *arg)
{
    const char *folder = arg;
    if (chdir(folder) != 0) // nobody may not walk there
        _exit(2);
    child_become_nobody();
    struct outfile *f = NULL;
    _exit(outfile_begin("draft", "out", &f) == ERR_DENIED ? 0 : 1);
}

START_TEST(without_permission_an_attempt_does_not_begin)
{
    ck_assert_int_eq(mkdir(in_folder("locked"), 0555), 0);
    struct child_end end =
        child_run(begin_without_permission, in_folder("locked"));
    ck_assert_int_eq(end.status, 0);
}
END_TEST

static void write_beyond_the_limit(const void *arg)
{
    const size_t *size = arg;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){*size - 1, *size - 1});
    struct outfile *f = begin("draft", "out");
    char *much = calloc(1, *size);
    int appended = outfile_append(f, much, *size);
    free(much);
    if (appended != ERR_OK && appended != ERR_FULL)
        _exit(1);
    if (appended == ERR_FULL && outfile_append(f, "", 0) != ERR_FULL)
        _exit(2); // once full, for good
    _exit(outfile_commit(f) == ERR_FULL ? 0 : 3);
}

START_TEST(a_full_disk_never_makes_a_shorter_output)
{
    const size_t sizes[] = {10, 1 << 20}; // shows at commit, at append
    for (int i = 0; i < 2; i++) {
        struct child_end end = child_run(write_beyond_the_limit, &sizes[i]);
        ck_assert_int_eq(end.status, 0);
        ck_assert(!exists("out"));
        ck_assert(!exists("draft"));
    }
}
END_TEST

static void commit_unsynced(const void *arg)
{
    bool file = *(const bool *)arg;
    int file_fd = next_descriptor();
    struct outfile *f = begin("draft", "out");
    int folder_fd = next_descriptor();
    child_refuse_call_on(SYS_fsync, file ? file_fd : folder_fd, EIO);
    append(f, "text");
    _exit(outfile_commit(f) == ERR_IO ? 0 : 1);
}

START_TEST(a_commit_that_is_not_synced_has_failed)
{
    const bool files[] = {true, false}; // the output; the folder with its name
    for (int i = 0; i < 2; i++) {
        struct child_end end = child_run(commit_unsynced, &files[i]);
        ck_assert_int_eq(end.status, 0);
        ck_assert_int_eq(exists("out"), !files[i]);
        ck_assert(!exists("draft"));
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "an output appears at commit and not before",
         an_output_appears_at_commit_and_not_before, 0},
        {"runtime", "an empty output is one too", an_empty_output_is_one_too,
         0},
        {"runtime", "an abandoned attempt leaves nothing",
         an_abandoned_attempt_leaves_nothing, 0},
        {"runtime", "a large output is complete and in order",
         a_large_output_is_complete_and_in_order, 0},
        {"runtime", "the first commit wins", the_first_commit_wins, 0},
        {"runtime", "of many processes one wins", of_many_processes_one_wins,
         0},
        {"runtime", "the first commit wins on any file system",
         the_first_commit_wins_on_any_file_system, 0},
        {"runtime", "a new draft leaves the output alone",
         a_new_draft_leaves_the_output_alone, 0},
        {"runtime", "an attempt that cannot begin leaves nothing",
         an_attempt_that_cannot_begin_leaves_nothing, 0},
        {"runtime", "a commit into no folder is an error",
         a_commit_into_no_folder_is_an_error, 0},
        {"runtime", "without permission an attempt does not begin",
         without_permission_an_attempt_does_not_begin, 0},
        {"runtime", "a full disk never makes a shorter output",
         a_full_disk_never_makes_a_shorter_output, 0},
        {"runtime", "a commit that is not synced has failed",
         a_commit_that_is_not_synced_has_failed, 0},
    };
    return unit_main(argc, argv, "outfile", tests,
                     sizeof tests / sizeof tests[0]);
}
