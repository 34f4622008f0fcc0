// scratch_test.c - folders that go away, also when nobody removes them.
#include "common/check/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"

static bool is_there(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

static char *in_tmp(const char *name)
{
    return xasprintf("%s/%s", getenv("TMPDIR"), name);
}

static void put_file(const char *folder)
{
    char *path = xasprintf("%s/file", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fclose(file);
    free(path);
}

// What a process leaves that makes a locked folder and is killed.
static void leave_folder(struct scratch *s)
{
    int result[2];
    ck_assert_int_eq(pipe(result), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct scratch mine;
        if (scratch_make_locked(getenv("TMPDIR"), &mine) &&
            write(result[1], &mine, sizeof mine) == sizeof mine)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(read(result[0], s, sizeof *s), sizeof *s);
    close(result[0]);
    close(result[1]);
}

START_TEST(what_a_kill_left_is_swept)
{
    struct scratch s;
    leave_folder(&s);
    put_file(s.path);
    ck_assert(is_there(s.path));
    scratch_sweep(getenv("TMPDIR"));
    ck_assert(!is_there(s.path));
}
END_TEST

START_TEST(what_is_in_use_stays)
{
    struct scratch s;
    ck_assert(scratch_make_locked(getenv("TMPDIR"), &s));
    put_file(s.path);
    pid_t pid = fork();
    if (pid == 0) {
        scratch_sweep(getenv("TMPDIR"));
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    char *file = xasprintf("%s/file", s.path);
    ck_assert(is_there(file));
    free(file);
    scratch_remove(&s);
    ck_assert(!is_there(s.path));
}
END_TEST

START_TEST(what_is_not_ours_stays)
{
    struct scratch plain; // made by the same code, but not to be locked
    ck_assert(scratch_make(getenv("TMPDIR"), &plain));
    char *report = in_tmp("lab-report");
    ck_assert_int_eq(mkdir(report, 0755), 0);
    char *longer = in_tmp("lab-a-folder");
    ck_assert_int_eq(mkdir(longer, 0700), 0);
    ck_assert_int_eq(chmod(longer, 01700), 0);
    scratch_sweep(getenv("TMPDIR"));
    ck_assert(is_there(plain.path));
    ck_assert(is_there(report));
    ck_assert(is_there(longer));
    scratch_remove(&plain);
    free(report);
    free(longer);
}
END_TEST

START_TEST(others_folders_stay)
{
    if (geteuid() != 0)
        return; // nobody else could give us one
    struct scratch s;
    leave_folder(&s);
    ck_assert_int_eq(chown(s.path, 12345, 12345), 0);
    ck_assert_int_eq(chmod(s.path, 01700), 0);
    scratch_sweep(getenv("TMPDIR"));
    ck_assert(is_there(s.path));
}
END_TEST

START_TEST(links_are_not_followed)
{
    struct scratch s;
    leave_folder(&s);
    put_file(s.path);
    char *elsewhere = in_tmp("elsewhere");
    char *link = in_tmp("lab-linked");
    ck_assert_int_eq(rename(s.path, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, link), 0);

    // And one in a folder that goes leads to one that stays.
    struct scratch other;
    leave_folder(&other);
    char *inner = xasprintf("%s/link", other.path);
    ck_assert_int_eq(symlink(elsewhere, inner), 0);

    scratch_sweep(getenv("TMPDIR"));
    char *file = xasprintf("%s/file", elsewhere);
    ck_assert(is_there(link));
    ck_assert(is_there(file));
    ck_assert(!is_there(other.path));
    free(elsewhere);
    free(link);
    free(inner);
    free(file);
}
END_TEST

START_TEST(locked_folders_are_removed)
{
    struct scratch s;
    ck_assert(scratch_make(getenv("TMPDIR"), &s));
    char *inner = xasprintf("%s/closed", s.path);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    put_file(inner);
    ck_assert_int_eq(chmod(inner, 0), 0);
    scratch_remove(&s);
    ck_assert(!is_there(s.path));
    free(inner);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"check", "a folder that a kill left is swept away",
         what_a_kill_left_is_swept, 0},
        {"check", "a folder in use is not swept away", what_is_in_use_stays, 0},
        {"check", "a folder that only looks like ours is not swept away",
         what_is_not_ours_stays, 0},
        {"check", "a folder of another user is not swept away",
         others_folders_stay, 0},
        {"check", "sweeping follows no link", links_are_not_followed, 0},
        {"check", "a folder closed by chmod is removed",
         locked_folders_are_removed, 0},
    };
    return unit_main(argc, argv, "scratch folders", tests,
                     sizeof tests / sizeof tests[0]);
}
