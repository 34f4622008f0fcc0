// disk_test.c - the durable store; what a crash leaves of it: crash_test.c.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/buf.h"
#include "common/runtime/disk.h"
#include "common/runtime/err.h"
#include "common/runtime/tests/child.h"

enum {
    BIG = 1 << 20,
};

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

static bool exists(const char *path)
{
    return access(in_folder(path), F_OK) == 0;
}

static void make_file(const char *path)
{
    int fd = open(in_folder(path), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

START_TEST(a_value_outlives_its_process)
{
    struct disk *d = open_disk();
    put(d, "promised", "3.1");
    put(d, "promised", "4.2");
    disk_close(d);
    d = open_disk();
    ck_assert_str_eq(get(d, "promised"), "4.2");
    ck_assert_ptr_null(get(d, "accepted"));
    disk_close(d);
    disk_close(NULL);
}
END_TEST

START_TEST(a_value_may_be_any_bytes)
{
    unsigned char *bytes = malloc(BIG);
    for (int i = 0; i < BIG; i++)
        bytes[i] = (unsigned char)(i % 251);
    struct disk *d = open_disk();
    ck_assert_int_eq(disk_put(d, "big", slice_of(bytes, BIG)), ERR_OK);
    ck_assert_int_eq(disk_put(d, "empty", slice_of(NULL, 0)), ERR_OK);

    struct buf value;
    buf_init(&value, BIG);
    ck_assert_int_eq(disk_get(d, "empty", &value), ERR_OK);
    ck_assert_uint_eq(value.size, 0);
    ck_assert_int_eq(disk_get(d, "big", &value), ERR_OK);
    ck_assert(slice_equal(buf_slice(&value), slice_of(bytes, BIG)));
    buf_release(&value);
    free(bytes);
    disk_close(d);
}
END_TEST

START_TEST(a_get_appends_all_or_nothing)
{
    struct disk *d = open_disk();
    put(d, "a", "12345");
    struct buf value;
    buf_init(&value, 9);
    ck_assert_int_eq(disk_get(d, "a", &value), ERR_OK);
    ck_assert_int_eq(disk_get(d, "a", &value), ERR_LIMIT);
    ck_assert_int_eq(disk_get(d, "b", &value), ERR_NOT_FOUND);
    ck_assert(slice_equal(buf_slice(&value), slice_text("12345")));
    buf_release(&value);
    disk_close(d);
}
END_TEST

START_TEST(what_was_removed_is_gone)
{
    struct disk *d = open_disk();
    put(d, "a", "1");
    ck_assert_int_eq(disk_remove(d, "a"), ERR_OK);
    ck_assert_ptr_null(get(d, "a"));
    ck_assert_int_eq(disk_remove(d, "a"), ERR_NOT_FOUND);
    disk_close(d);
}
END_TEST

static void append_name(void *arg, const char *name)
{
    struct buf *names = arg;
    ck_assert_int_eq(buf_append(names, name, strlen(name)), ERR_OK);
    ck_assert_int_eq(buf_append(names, " ", 1), ERR_OK);
}

START_TEST(the_list_has_the_names_in_order_and_nothing_else)
{
    setenv("LC_ALL", "en_US.UTF-8", 1); // no reason for another order
    struct disk *d = open_disk();
    const char *const names[] = {"b", "a10", "B", "_", "a2", "a-", "a.tmp"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put(d, names[i], "");
    make_file("disk/not a name");
    make_file("disk/.hidden");
    ck_assert_int_eq(mkdir(in_folder("disk/folder"), 0755), 0);

    struct buf list;
    buf_init(&list, 1000);
    ck_assert_int_eq(disk_list(d, append_name, &list), ERR_OK);
    ck_assert(
        slice_equal(buf_slice(&list), slice_text("B _ a- a.tmp a10 a2 b ")));
    buf_release(&list);
    disk_close(d);
}
END_TEST

START_TEST(a_name_that_is_none_is_refused)
{
    char longest[DISK_NAME_MAX + 2];
    memset(longest, 'n', sizeof longest);
    longest[DISK_NAME_MAX + 1] = '\0';
    const char *const wrong[] = {"",      ".",   "..",  ".a",       "a/b",
                                 "../up", "a b", "a\n", "\xc3\xa9", longest};
    struct disk *d = open_disk();
    struct buf value;
    buf_init(&value, 10);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct slice x = slice_text("x");
        ck_assert_int_eq(disk_put(d, wrong[i], x), ERR_PROTO);
        ck_assert_int_eq(disk_get(d, wrong[i], &value), ERR_PROTO);
        ck_assert_int_eq(disk_remove(d, wrong[i]), ERR_PROTO);
    }
    longest[DISK_NAME_MAX] = '\0';
    put(d, longest, "x");
    ck_assert_str_eq(get(d, longest), "x");
    disk_close(d);
}
END_TEST

START_TEST(a_folder_has_one_user_at_a_time)
{
    struct disk *first = open_disk();
    struct disk *second = NULL;
    ck_assert_int_eq(disk_open(in_folder("disk"), &second), ERR_BUSY);
    put(first, "a", "1"); // undisturbed
    disk_close(first);
    disk_close(open_disk());
}
END_TEST

START_TEST(a_folder_that_cannot_be_is_an_error)
{
    struct disk *d = NULL;
    make_file("file");
    ck_assert_int_eq(disk_open(in_folder("no/such"), &d), ERR_NOT_FOUND);
    ck_assert_int_eq(disk_open(in_folder("file"), &d), ERR_NOT_FOUND);
    ck_assert_int_eq(disk_open("", &d), ERR_NOT_FOUND);
}
END_TEST

static void use_without_permission(const void *arg)
{
    const char *folder = arg;
    struct disk *d = NULL;
    if (disk_open(folder, &d) != ERR_OK || chdir(folder) != 0)
        _exit(1);
    chmod(folder, 0555); // for root that would be no hindrance
    child_become_nobody();
    if (disk_put(d, "a", slice_text("new")) != ERR_DENIED)
        _exit(2);
    if (disk_remove(d, "a") != ERR_DENIED)
        _exit(3);
    disk_close(d);
    if (disk_open("below", &d) != ERR_DENIED)
        _exit(4);
}

START_TEST(without_permission_nothing_changes)
{
    struct disk *d = open_disk();
    put(d, "a", "old");
    disk_close(d);
    struct child_end end = child_run(use_without_permission, in_folder("disk"));
    ck_assert_int_eq(end.status, 0);
    d = open_disk();
    ck_assert_str_eq(get(d, "a"), "old");
    disk_close(d);
}
END_TEST

static void put_beyond_the_limit(const void *arg)
{
    (void)arg;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){BIG - 1, BIG - 1});
    struct disk *d = open_disk();
    char *much = calloc(1, BIG);
    // Without care SIGXFSZ would end us here.
    int err = disk_put(d, "a", slice_of(much, BIG));
    free(much);
    disk_close(d);
    _exit(err == ERR_FULL ? 0 : 1);
}

START_TEST(a_full_disk_keeps_the_old_value)
{
    struct disk *d = open_disk();
    put(d, "a", "old");
    disk_close(d);
    struct child_end end = child_run(put_beyond_the_limit, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert(!exists("disk/.a.tmp"));
    d = open_disk();
    ck_assert_str_eq(get(d, "a"), "old");
    disk_close(d);
}
END_TEST

static void put_unsynced(const void *arg)
{
    bool file = *(const bool *)arg;
    int folder_fd = next_descriptor();
    struct disk *d = open_disk();
    int file_fd = next_descriptor();
    child_refuse_call_on(SYS_fsync, file ? file_fd : folder_fd, EIO);
    int err = disk_put(d, "a", slice_text("new"));
    disk_close(d);
    _exit(err == ERR_IO ? 0 : 1);
}

START_TEST(a_put_that_is_not_synced_has_failed)
{
    const bool files[] = {true, false}; // the value; the folder with its name
    for (int i = 0; i < 2; i++) {
        struct disk *d = open_disk();
        put(d, "a", "old");
        disk_close(d);
        struct child_end end = child_run(put_unsynced, &files[i]);
        ck_assert_int_eq(end.status, 0);
        d = open_disk();
        ck_assert_str_eq(get(d, "a"), files[i] ? "old" : "new");
        disk_close(d);
    }
}
END_TEST

START_TEST(open_removes_drafts_and_only_those)
{
    disk_close(open_disk());
    make_file("disk/.a.tmp");
    make_file("disk/.b.tmp");
    make_file("disk/.gitignore");
    make_file("disk/c.tmp");
    disk_close(open_disk());
    ck_assert(!exists("disk/.a.tmp"));
    ck_assert(!exists("disk/.b.tmp"));
    ck_assert(exists("disk/.gitignore"));
    ck_assert(exists("disk/c.tmp"));
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a value outlives its process",
         a_value_outlives_its_process, 0},
        {"runtime", "a value may be any bytes, and none",
         a_value_may_be_any_bytes, 0},
        {"runtime", "a get appends all or nothing",
         a_get_appends_all_or_nothing, 0},
        {"runtime", "what was removed is gone", what_was_removed_is_gone, 0},
        {"runtime", "the list has the names in order and nothing else",
         the_list_has_the_names_in_order_and_nothing_else, 0},
        {"runtime", "a name that is none is refused",
         a_name_that_is_none_is_refused, 0},
        {"runtime", "a folder has one user at a time",
         a_folder_has_one_user_at_a_time, 0},
        {"runtime", "a folder that cannot be is an error",
         a_folder_that_cannot_be_is_an_error, 0},
        {"runtime", "without permission nothing changes",
         without_permission_nothing_changes, 0},
        {"runtime", "a full disk keeps the old value",
         a_full_disk_keeps_the_old_value, 0},
        {"runtime", "a put that is not synced has failed",
         a_put_that_is_not_synced_has_failed, 0},
        {"runtime", "open removes drafts, and only those",
         open_removes_drafts_and_only_those, 0},
    };
    return unit_main(argc, argv, "disk", tests, sizeof tests / sizeof tests[0]);
}
