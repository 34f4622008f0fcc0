// counters_test.c - the counter page: cells, methods, and its file.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/counters.h"
#include "common/rpc/trace.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

enum {
    S1 = 0,
};

struct file_name {
    char text[128];
};

static struct file_name in_folder(const char *name)
{
    struct file_name path;
    snprintf(path.text, sizeof path.text, "%s/%s", getenv("TMPDIR"), name);
    return path;
}

static struct count_page *new_counts(void)
{
    struct count_page *p = NULL;
    ck_assert_int_eq(count_page_create(in_folder("c").text, &p), ERR_OK);
    return p;
}

// Closes it as a node does at its end, and opens it as its next life does.
static struct count_page *reopen(struct count_page *p)
{
    count_page_close(p);
    p = NULL;
    ck_assert_int_eq(count_page_open(in_folder("c").text, &p), ERR_OK);
    return p;
}

static int numbered(struct count_page *p, int i)
{
    char method[32];
    snprintf(method, sizeof method, "Service.Method%d", i);
    return count_method(p, method);
}

START_TEST(a_method_keeps_its_number_over_restarts)
{
    struct count_page *p = new_counts();
    ck_assert_int_eq(count_method(p, "Paxos.Prepare"), 0);
    ck_assert_int_eq(count_method(p, "Paxos.Accept"), 1);
    ck_assert_int_eq(count_method(p, "Paxos.Prepare"), 0);
    p = reopen(p);
    ck_assert_int_eq(count_method(p, "Paxos.Decide"), 2);
    ck_assert_int_eq(count_method(p, "Paxos.Accept"), 1);
    ck_assert_str_eq(count_method_name(p, 0), "Paxos.Prepare");
    ck_assert_str_eq(count_method_name(p, 2), "Paxos.Decide");
    ck_assert_str_eq(count_method_name(p, -1), "?");
    ck_assert_str_eq(count_method_name(p, COUNT_METHODS_MAX), "?");
    count_page_close(p);
}
END_TEST

START_TEST(methods_beyond_the_table_share_a_cell)
{
    struct count_page *p = new_counts();
    for (int i = 0; i < COUNT_METHODS_MAX; i++)
        ck_assert_int_eq(numbered(p, i), i);
    ck_assert_int_eq(numbered(p, COUNT_METHODS_MAX), -1);
    ck_assert_int_eq(numbered(p, COUNT_METHODS_MAX + 1), -1);
    ck_assert_int_eq(numbered(p, COUNT_METHODS_MAX - 1), COUNT_METHODS_MAX - 1);

    atomic_fetch_add(&count_at(p, S1, -1)->arrived, 7);
    ck_assert_uint_eq(count_at(p, S1, COUNT_METHODS_MAX)->arrived, 7);
    for (int i = 0; i < COUNT_METHODS_MAX; i++)
        ck_assert_uint_eq(count_at(p, S1, i)->arrived, 0);
    count_page_close(p);
}
END_TEST

START_TEST(counts_survive_and_have_a_cell_each)
{
    struct count_page *p = new_counts();
    for (int peer = -1; peer < FAULT_NODES_MAX; peer++)
        for (int method = -1; method < COUNT_METHODS_MAX; method++)
            atomic_fetch_add(&count_at(p, peer, method)->ran,
                             (uint64_t)(100 * peer + method + 101));
    p = reopen(p);
    int wrong = 0;
    for (int peer = -1; peer < FAULT_NODES_MAX; peer++)
        for (int method = -1; method < COUNT_METHODS_MAX; method++)
            wrong += count_at(p, peer, method)->ran !=
                     (uint64_t)(100 * peer + method + 101);
    ck_assert_int_eq(wrong, 0);
    ck_assert_ptr_eq(count_at(p, -1, 0), count_at(p, FAULT_NODES_MAX, 0));
    count_page_close(p);
}
END_TEST

enum {
    THREADS = 2, // as there may be no more processors
};

struct adder {
    struct count_page *page;
    atomic_int *ready; // all start when all are
    int first;
    int numbers[COUNT_METHODS_MAX];
    struct thread *thread;
};

static void add_methods(void *arg)
{
    struct adder *a = arg;
    atomic_fetch_sub(a->ready, 1);
    while (atomic_load(a->ready) > 0)
        thread_yield(); // ends: the others come, too
    for (int i = 0; i < COUNT_METHODS_MAX; i++) {
        int method = (a->first + i) % COUNT_METHODS_MAX;
        a->numbers[method] = numbered(a->page, method);
    }
}

START_TEST(threads_agree_on_the_numbers)
{
    for (int round = 0; round < 300; round++) {
        struct count_page *p = NULL;
        ck_assert_int_eq(count_page_open(NULL, &p), ERR_OK);
        struct adder adders[THREADS];
        atomic_int ready = THREADS;
        for (int i = 0; i < THREADS; i++) {
            adders[i].page = p;
            adders[i].ready = &ready;
            adders[i].first = i * 7;
            ck_assert_int_eq(thread_start("adder", add_methods, &adders[i],
                                          &adders[i].thread),
                             ERR_OK);
        }
        for (int i = 0; i < THREADS; i++)
            thread_join(adders[i].thread);
        bool given[COUNT_METHODS_MAX] = {false};
        for (int i = 0; i < COUNT_METHODS_MAX; i++) {
            int number = adders[0].numbers[i];
            ck_assert_int_ge(number, 0);
            ck_assert(!given[number]);
            given[number] = true;
            for (int j = 1; j < THREADS; j++)
                ck_assert_int_eq(adders[j].numbers[i], number);
        }
        count_page_close(p);
    }
}
END_TEST

START_TEST(what_is_unsolved_is_told)
{
    struct count_page *p = new_counts();
    ck_assert_str_eq(count_life(p)->unsolved, "");
    count_set_unsolved(p, "3a acceptor_prepare");
    p = reopen(p);
    ck_assert_str_eq(count_life(p)->unsolved, "3a acceptor_prepare");
    char much[1000] = "";
    memset(much, 'x', sizeof much - 1);
    count_set_unsolved(p, much);
    ck_assert_uint_lt(strlen(count_life(p)->unsolved), COUNT_UNSOLVED_MAX);
    count_page_close(p);
}
END_TEST

// --- What a reader finds -----------------------------------------------------

static off_t size_of(const char *path)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_size;
}

START_TEST(a_page_cut_short_does_not_kill_its_reader)
{
    struct file_name path = in_folder("c");
    struct count_page *p = new_counts();
    atomic_store(&count_at(p, S1, 0)->ran, 7);
    count_page_close(p);
    ck_assert_int_eq(count_page_view(path.text, true, &p), ERR_OK);
    off_t size = size_of(path.text);
    ck_assert_int_eq(truncate(path.text, 0), 0);
    ck_assert_uint_eq(count_at(p, S1, 0)->ran, 7); // with mmap: SIGBUS
    ck_assert_uint_eq(trace_ring_next(count_trace(p)), 0);
    count_page_close(p);

    struct count_life life;
    ck_assert_int_eq(count_page_view(path.text, true, &p), ERR_PROTO);
    ck_assert_int_eq(count_life_view(path.text, &life), ERR_PROTO);
    ck_assert_int_eq(truncate(path.text, size + 1), 0);
    ck_assert_int_eq(count_page_view(path.text, true, &p), ERR_PROTO);
    ck_assert_int_eq(count_life_view(path.text, &life), ERR_PROTO);
}
END_TEST

START_TEST(what_is_no_file_does_not_hold_its_reader)
{
    struct count_page *p = NULL;
    struct count_life life;
    ck_assert_int_eq(count_page_view(in_folder("c").text, true, &p),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(mkfifo(in_folder("pipe").text, 0600), 0);
    ck_assert_int_eq(count_page_view(in_folder("pipe").text, true, &p),
                     ERR_PROTO);
    ck_assert_int_eq(count_life_view(in_folder("pipe").text, &life), ERR_PROTO);
    count_page_close(new_counts());
    ck_assert_int_eq(symlink("c", in_folder("link").text), 0);
    ck_assert_int_ne(count_page_view(in_folder("link").text, true, &p), ERR_OK);
    ck_assert_int_ne(count_life_view(in_folder("link").text, &life), ERR_OK);
}
END_TEST

// Fills the file behind its first word, which says what it is, with letters.
static void spoil(const char *path)
{
    off_t size = size_of(path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    char letters[4096];
    memset(letters, 'x', sizeof letters);
    for (off_t at = 4; at < size; at += (off_t)sizeof letters) {
        off_t rest = size - at;
        size_t n = rest < (off_t)sizeof letters ? (size_t)rest : sizeof letters;
        ck_assert_int_eq(pwrite(fd, letters, n, at), (ssize_t)n);
    }
    close(fd);
}

START_TEST(texts_of_a_spoiled_page_have_an_end)
{
    struct file_name path = in_folder("c");
    count_page_close(new_counts());
    spoil(path.text);
    struct count_page *p = NULL;
    ck_assert_int_eq(count_page_view(path.text, true, &p), ERR_OK);
    for (int i = 0; i < COUNT_METHODS_MAX; i++)
        ck_assert_uint_lt(strlen(count_method_name(p, i)), FAULT_METHOD_MAX);
    ck_assert_uint_lt(strlen(count_life(p)->unsolved), COUNT_UNSOLVED_MAX);
    count_page_close(p);

    struct count_life life;
    ck_assert_int_eq(count_life_view(path.text, &life), ERR_OK);
    ck_assert_uint_lt(strlen(life.unsolved), COUNT_UNSOLVED_MAX);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "a method keeps its number over restarts",
         a_method_keeps_its_number_over_restarts, 0},
        {"rpc", "methods beyond the table share one cell",
         methods_beyond_the_table_share_a_cell, 0},
        {"rpc", "each peer and method has its cell, which survives",
         counts_survive_and_have_a_cell_each, 0},
        {"rpc", "threads agree on the numbers of methods",
         threads_agree_on_the_numbers, 0},
        {"rpc", "what nobody solved yet is told, cut if it is long",
         what_is_unsolved_is_told, 0},
        {"rpc", "a page cut short does not kill its reader",
         a_page_cut_short_does_not_kill_its_reader, 0},
        {"rpc", "what is no file does not hold its reader",
         what_is_no_file_does_not_hold_its_reader, 0},
        {"rpc", "texts of a spoiled page have an end",
         texts_of_a_spoiled_page_have_an_end, 0},
    };
    return unit_main(argc, argv, "rpc counters", tests,
                     sizeof tests / sizeof tests[0]);
}
