// crash_test.c - what a crash leaves of a value or an output: old or new, all
// or nothing, never a mixture.
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/buf.h"
#include "common/runtime/disk.h"
#include "common/runtime/err.h"
#include "common/runtime/outfile.h"
#include "common/runtime/tests/child.h"

enum {
    BIG = 1 << 20,
};

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

static struct disk *open_disk(void)
{
    struct disk *d = NULL;
    ck_assert_int_eq(disk_open(in_folder("disk"), &d), ERR_OK);
    return d;
}

static void put(struct disk *d, const char *name, const char *text)
{
    ck_assert_int_eq(disk_put(d, name, slice_text(text)), ERR_OK);
}

// The value as a text, or NULL if there is none. Valid until the next call.
static const char *get(struct disk *d, const char *name)
{
    static char text[64];
    struct buf value;
    buf_init(&value, sizeof text - 1);
    int err = disk_get(d, name, &value);
    if (err == ERR_NOT_FOUND)
        return NULL;
    ck_assert_int_eq(err, ERR_OK);
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    buf_release(&value);
    return text;
}

struct crash {
    enum crash_kind kind;
    bool remove;        // a remove, else a put of "new"
    const char *before; // of the value; NULL: none
    const char *after;
};

static void crash_in_change(const void *arg)
{
    const struct crash *crash = arg;
    struct disk *d = open_disk();
    child_crash_at(crash->kind, 1);
    if (crash->remove)
        disk_remove(d, "a");
    else
        disk_put(d, "a", slice_text("new"));
}

START_TEST(after_a_crash_the_value_is_old_or_new)
{
    const struct crash crashes[] = {
        {CRASH_BEFORE_PUT, false, NULL, NULL},
        {CRASH_AFTER_PUT, false, NULL, "new"},
        {CRASH_BEFORE_PUT, false, "old", "old"},
        {CRASH_AFTER_PUT, false, "old", "new"},
        {CRASH_BEFORE_PUT, true, "old", "old"},
        {CRASH_AFTER_PUT, true, "old", NULL},
    };
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct disk *d = open_disk();
        disk_remove(d, "a");
        if (crashes[i].before != NULL)
            put(d, "a", crashes[i].before);
        disk_close(d);

        struct child_end end = child_run(crash_in_change, &crashes[i]);
        ck_assert(WIFSIGNALED(end.status));
        d = open_disk(); // the lock has died with its owner
        ck_assert_pstr_eq(get(d, "a"), crashes[i].after);
        disk_close(d);
    }
}
END_TEST

static char letter_after(char c)
{
    return c == 'z' ? 'a' : (char)(c + 1);
}

// Puts values of all 'a', then all 'b', and so on, until killed. Each byte in
// the pipe says that one more put has returned.
static void put_for_ever(int fd)
{
    struct disk *d = open_disk();
    char *value = malloc(BIG);
    for (char c = 'a';; c = letter_after(c)) { // ends: killed
        memset(value, c, BIG);
        if (disk_put(d, "v", slice_of(value, BIG)) != ERR_OK ||
            write(fd, &c, 1) != 1)
            _exit(1);
    }
}

// Kills the writer some time after its `puts`-th put. Returns the last value
// that is known to have been put.
static char kill_writer(int puts, int extra_us)
{
    int told[2];
    ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        put_for_ever(told[1]);
    close(told[1]);
    char last = 0;
    for (int i = 0; i < puts; i++)
        ck_assert_int_eq(read(told[0], &last, 1), 1);
    usleep((useconds_t)extra_us); // any point of the next put will do
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    while (read(told[0], &last, 1) == 1)
        continue;
    close(told[0]);
    return last;
}

START_TEST(a_put_killed_at_any_moment_leaves_no_mixture)
{
    for (int i = 0; i < 20; i++) {
        char last = kill_writer(2, i * 200);
        struct disk *d = open_disk();
        struct buf value;
        buf_init(&value, 2 * BIG);
        ck_assert_int_eq(disk_get(d, "v", &value), ERR_OK);
        ck_assert_uint_eq(value.size, BIG);
        ck_assert_mem_eq(value.data, value.data + 1, BIG - 1); // all the same
        // What was put is there, or what was being put when it died.
        char found = (char)value.data[0];
        ck_assert(found == last || found == letter_after(last));
        ck_assert_ptr_null(text_of("disk/.v.tmp"));
        buf_release(&value);
        disk_close(d);
    }
}
END_TEST

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

static void write_output(void)
{
    struct outfile *f = begin("draft", "out");
    append(f, "12345678");
    append(f, "abcdefgh");
    outfile_commit(f);
}

static void crash_in_attempt(const void *arg)
{
    child_crash_at(*(const enum crash_kind *)arg, 1);
    write_output();
}

START_TEST(after_a_crash_the_output_is_whole_or_not_there)
{
    const struct {
        enum crash_kind kind;
        const char *draft;
        const char *out;
    } cases[] = {
        {CRASH_OUTFILE_BEGIN, "", NULL},
        {CRASH_OUTFILE_APPEND, "1234", NULL},
        {CRASH_BEFORE_COMMIT, "12345678abcdefgh", NULL},
        {CRASH_AFTER_COMMIT, NULL, "12345678abcdefgh"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct child_end end = child_run(crash_in_attempt, &cases[i].kind);
        ck_assert(WIFSIGNALED(end.status));
        ck_assert_pstr_eq(text_of("draft"), cases[i].draft);
        ck_assert_pstr_eq(text_of("out"), cases[i].out);

        write_output(); // the next attempt, with the draft of the dead one
        ck_assert_str_eq(text_of("out"), "12345678abcdefgh");
        ck_assert_ptr_null(text_of("draft"));
        unlink(in_folder("out"));
    }
}
END_TEST

static void crash_in_second_append(const void *arg)
{
    (void)arg;
    child_crash_at(CRASH_OUTFILE_APPEND, 2);
    write_output();
}

START_TEST(a_crash_in_append_leaves_half_of_its_bytes)
{
    struct child_end end = child_run(crash_in_second_append, NULL);
    ck_assert(WIFSIGNALED(end.status));
    ck_assert_str_eq(text_of("draft"), "12345678abcd");
}
END_TEST

static void run_with_points(const void *arg)
{
    (void)arg;
    child_crash_at(CRASH_OUTFILE_APPEND, 1000); // never gets there
    write_output();
}

START_TEST(a_crash_point_that_is_not_taken_changes_nothing)
{
    struct child_end end = child_run(run_with_points, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert_str_eq(text_of("out"), "12345678abcdefgh");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "after a crash the value is old or new, as it must be",
         after_a_crash_the_value_is_old_or_new, 0},
        {"runtime", "a put killed at any moment leaves no mixture",
         a_put_killed_at_any_moment_leaves_no_mixture, 20},
        {"runtime", "after a crash the output is whole or not there",
         after_a_crash_the_output_is_whole_or_not_there, 0},
        {"runtime", "a crash in append leaves half of its bytes",
         a_crash_in_append_leaves_half_of_its_bytes, 0},
        {"runtime", "a crash point that is not taken changes nothing",
         a_crash_point_that_is_not_taken_changes_nothing, 0},
    };
    return unit_main(argc, argv, "crashes", tests,
                     sizeof tests / sizeof tests[0]);
}
