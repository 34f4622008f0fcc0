// folder_test.c - folders that go, with all that is in them and nothing else.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/thread.h"

enum {
    FILES = 2000, // enough that a swap falls into their removal
    TRIES = 50,
};

struct path {
    char text[256];
};

static struct path at(const char *name)
{
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%s", getenv("TMPDIR"), name);
    return path;
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(folder_make(at(name).text), ERR_OK);
}

static void make_file(const char *name)
{
    int fd = open(at(name).text, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void fill(const char *folder)
{
    for (int i = 0; i < FILES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/%d", folder, i);
        make_file(name);
    }
}

static int count_in(const char *name)
{
    DIR *dir = opendir(at(name).text);
    ck_assert_ptr_nonnull(dir);
    int count = -2; // the dots
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static bool is_there(const char *name)
{
    struct stat st;
    return lstat(at(name).text, &st) == 0;
}

START_TEST(a_folder_goes_with_all_that_is_in_it)
{
    make_folder("f");
    make_folder("f/deep");
    make_folder("f/deep/deeper");
    make_file("f/deep/deeper/file");
    make_file("f/.hidden");
    ck_assert_int_eq(mkfifo(at("f/pipe").text, 0600), 0);
    ck_assert_int_eq(folder_remove(at("f").text), ERR_OK);
    ck_assert(!is_there("f"));
    ck_assert_int_eq(folder_remove(at("f").text), ERR_OK); // nothing is there

    make_file("file");
    ck_assert_int_eq(folder_remove(at("file").text), ERR_OK);
    ck_assert(!is_there("file"));
}
END_TEST

START_TEST(what_a_link_leads_to_stays)
{
    make_folder("others");
    make_file("others/file");
    make_folder("f");
    ck_assert_int_eq(symlink(at("others").text, at("f/folder").text), 0);
    ck_assert_int_eq(symlink(at("others/file").text, at("f/file").text), 0);
    ck_assert_int_eq(symlink("nowhere", at("f/none").text), 0);
    ck_assert_int_eq(folder_remove(at("f").text), ERR_OK);
    ck_assert(!is_there("f"));
    ck_assert(is_there("others/file"));

    ck_assert_int_eq(symlink(at("others").text, at("link").text), 0);
    ck_assert_int_eq(folder_remove(at("link").text), ERR_OK);
    ck_assert(!is_there("link"));
    ck_assert(is_there("others/file"));
}
END_TEST

struct swap {
    int events;   // inotify's: of what is removed in f/inner
    bool in_time; // files were left in it
    struct thread *thread;
};

// When the first file goes: f becomes a link to a folder that looks the same.
static void swap_main(void *arg)
{
    struct swap *s = arg;
    char event[sizeof(struct inotify_event) + 256];
    if (read(s->events, event, sizeof event) <= 0 ||
        rename(at("f").text, at("gone").text) != 0 ||
        symlink(at("others").text, at("f").text) != 0)
        abort();
    s->in_time = count_in("gone/inner") > 0;
}

static bool swap_in_removal(void)
{
    make_folder("f");
    make_folder("f/inner");
    fill("f/inner");
    struct swap s = {.events = inotify_init1(IN_CLOEXEC)};
    ck_assert_int_ge(s.events, 0);
    ck_assert_int_ge(inotify_add_watch(s.events, at("f/inner").text, IN_DELETE),
                     0);
    ck_assert_int_eq(thread_start("swap", swap_main, &s, &s.thread), ERR_OK);
    folder_remove(at("f").text); // may fail: it is no longer what it was
    thread_join(s.thread);
    close(s.events);
    return s.in_time;
}

START_TEST(a_folder_swapped_for_a_link_leads_nowhere)
{
    make_folder("others");
    make_folder("others/inner");
    fill("others/inner");
    bool in_time = false;
    for (int i = 0; i < TRIES && !in_time; i++) {
        in_time = swap_in_removal();
        ck_assert_int_eq(count_in("others/inner"), FILES);
        ck_assert_int_eq(folder_remove(at("f").text), ERR_OK);
        ck_assert_int_eq(folder_remove(at("gone").text), ERR_OK);
    }
    ck_assert_msg(in_time, "the removal was always faster: nothing is shown");
}
END_TEST

START_TEST(a_fresh_folder_is_nobody_elses)
{
    char *first = NULL;
    char *second = NULL;
    bool empty = false;
    ck_assert_int_eq(folder_make_fresh("f", &first), ERR_OK);
    ck_assert_int_eq(folder_make_fresh("f", &second), ERR_OK);
    ck_assert_str_ne(first, second);
    ck_assert_int_eq(folder_is_empty(first, &empty), ERR_OK);
    ck_assert(empty);
    ck_assert_int_eq(folder_make(first), ERR_EXISTS);
    ck_assert_int_eq(folder_remove_empty(first), ERR_OK);
    ck_assert_int_eq(folder_is_empty(first, &empty), ERR_NOT_FOUND);
    ck_assert_int_eq(folder_remove_empty(second), ERR_OK);
    free(first);
    free(second);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "a folder goes with all that is in it",
         a_folder_goes_with_all_that_is_in_it, 0},
        {"runtime", "what a link leads to stays", what_a_link_leads_to_stays,
         0},
        {"runtime", "a folder swapped for a link leads nowhere else",
         a_folder_swapped_for_a_link_leads_nowhere, 0},
        {"runtime", "a fresh folder is nobody else's",
         a_fresh_folder_is_nobody_elses, 0},
    };
    return unit_main(argc, argv, "folders", tests,
                     sizeof tests / sizeof tests[0]);
}
