// folder_test.c - folders that go, with all that is in them and nothing else.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"

enum {
    FILES = 100,
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

// What the signal handler needs, made beforehand.
static struct {
    struct path folder;
    struct path gone;
    struct path others;
    volatile sig_atomic_t swaps;
} swap;

// f becomes a link to a folder that looks the same. The signal comes when the
// first file in f/inner has been removed, to the thread that removes them.
static void on_removal(int number)
{
    (void)number;
    if (swap.swaps == 0 && rename(swap.folder.text, swap.gone.text) == 0 &&
        symlink(swap.others.text, swap.folder.text) == 0)
        swap.swaps = 1;
}

static int watch(const char *name)
{
    struct sigaction action = {.sa_handler = on_removal,
                               .sa_flags = SA_RESTART};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    int fd = open(at(name).text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    struct f_owner_ex me = {F_OWNER_TID, gettid()};
    ck_assert_int_eq(fcntl(fd, F_SETOWN_EX, &me), 0);
    ck_assert_int_eq(fcntl(fd, F_SETSIG, SIGUSR1), 0);
    ck_assert_int_eq(fcntl(fd, F_NOTIFY, DN_DELETE), 0);
    return fd;
}

START_TEST(a_folder_swapped_for_a_link_leads_nowhere)
{
    const char *const folders[] = {"f", "f/inner", "others", "others/inner"};
    for (int i = 0; i < 4; i++)
        make_folder(folders[i]);
    fill("f/inner");
    fill("others/inner");
    swap.folder = at("f");
    swap.gone = at("gone");
    swap.others = at("others");
    int fd = watch("f/inner");
    folder_remove(at("f").text); // may fail: it is no longer what it was
    close(fd);
    ck_assert_int_eq(swap.swaps, 1);
    ck_assert_int_eq(count_in("others/inner"), FILES);
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
