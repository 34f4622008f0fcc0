// pages_test.c - the fault page: rules, cuts, crashes, and its file.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/counters.h"
#include "common/rpc/faults.h"
#include "common/runtime/err.h"

enum {
    S1 = 0,
    S2 = 1,
    S3 = 2,
    SEED = 12345,
};

static const char *const names[] = {"s1", "s2", "s3"};

struct file_name {
    char text[128];
};

static struct file_name in_folder(const char *name)
{
    struct file_name path;
    snprintf(path.text, sizeof path.text, "%s/%s", getenv("TMPDIR"), name);
    return path;
}

static struct fault_page *page_of(const char *file, uint64_t seed, int me)
{
    struct fault_page *p = NULL;
    ck_assert_int_eq(
        fault_page_create(in_folder(file).text, seed, names, 3, me, &p),
        ERR_OK);
    return p;
}

static void add_rule(struct fault_page *p, struct fault_rule rule)
{
    ck_assert_int_eq(fault_add_rule(p, &rule), ERR_OK);
}

static enum fault_fate fate(const struct fault_page *p, int source,
                            const char *method, uint64_t k)
{
    return fault_draw(p, source, method, k).fate;
}

// --- Rules -------------------------------------------------------------------

START_TEST(the_last_rule_that_matches_counts_alone)
{
    struct fault_page *p = page_of("p", SEED, S3);
    add_rule(p, (struct fault_rule){.source = FAULT_ANYBODY,
                                    .lose_request_ppm = FAULT_SURE});
    add_rule(p,
             (struct fault_rule){.source = S2, .lose_reply_ppm = FAULT_SURE});
    add_rule(p, (struct fault_rule){.source = FAULT_ANYBODY,
                                    .method = "A.B",
                                    .late_ppm = FAULT_SURE});
    add_rule(p, (struct fault_rule){.source = S2, .method = "A.C"});

    ck_assert_int_eq(fate(p, S1, "X.Y", 1), FATE_LOSE_REQUEST);
    ck_assert_int_eq(fate(p, -1, "X.Y", 1), FATE_LOSE_REQUEST); // a stranger
    ck_assert_int_eq(fate(p, S2, "X.Y", 1), FATE_LOSE_REPLY);
    ck_assert_int_eq(fate(p, S1, "A.B", 1), FATE_LATE);
    ck_assert_int_eq(fate(p, S2, "A.B", 1), FATE_LATE);
    ck_assert_int_eq(fate(p, S2, "A.C", 1), FATE_NORMAL); // which hides others
    ck_assert_int_eq(fate(p, S1, "A.C", 1), FATE_LOSE_REQUEST);
    ck_assert_int_eq(fate(p, S1, "A.BB", 1), FATE_LOSE_REQUEST); // whole names
    fault_clear_rules(p);
    ck_assert_int_eq(fate(p, S1, "X.Y", 1), FATE_NORMAL);
    fault_page_close(p);
}
END_TEST

START_TEST(one_rule_too_many_leaves_the_others_in_force)
{
    struct fault_page *p = page_of("p", SEED, S3);
    struct fault_rule none = {.source = FAULT_ANYBODY};
    struct fault_rule all = {.source = FAULT_ANYBODY,
                             .lose_request_ppm = FAULT_SURE};
    for (int i = 0; i < FAULT_RULES_MAX; i++)
        add_rule(p, i == FAULT_RULES_MAX - 1 ? all : none);
    ck_assert_int_eq(fault_add_rule(p, &none), ERR_LIMIT);
    ck_assert_int_eq(fate(p, S1, "A.B", 1), FATE_LOSE_REQUEST);
    fault_clear_rules(p);
    add_rule(p, none);
    ck_assert_int_eq(fate(p, S1, "A.B", 1), FATE_NORMAL);
    fault_page_close(p);
}
END_TEST

START_TEST(a_cut_is_one_direction_and_one_peer)
{
    struct fault_page *p = page_of("p", SEED, S3);
    fault_cut_out(p, S1, true);
    fault_cut_in(p, S2, true);
    ck_assert(fault_is_cut_out(p, S1) && !fault_is_cut_in(p, S1));
    ck_assert(fault_is_cut_in(p, S2) && !fault_is_cut_out(p, S2));
    ck_assert(!fault_is_cut_out(p, -1) && !fault_is_cut_in(p, -1));

    for (int i = 0; i < FAULT_NODES_MAX; i++)
        fault_cut_out(p, i, true);
    fault_cut_out(p, FAULT_NODES_MAX - 1, false);
    ck_assert(!fault_is_cut_out(p, FAULT_NODES_MAX - 1));
    ck_assert(fault_is_cut_out(p, FAULT_NODES_MAX - 2));
    ck_assert(!fault_is_cut_in(p, FAULT_NODES_MAX - 2));
    fault_page_close(p);
}
END_TEST

static bool crashes(const struct fault_page *p, struct count_page *memory,
                    enum crash_kind kind, const char *what)
{
    bool is_next =
        fault_is_crash_next(p, kind, what, count_crashes_passed(memory),
                            count_crashes_fired(memory));
    uint32_t which = 0;
    bool crashes_now =
        fault_point_here(p, kind, what, count_crashes_passed(memory),
                         count_crashes_fired(memory), &which) != POINT_PASS;
    ck_assert_int_eq(is_next, crashes_now); // it was told beforehand
    return crashes_now;
}

START_TEST(a_crash_fires_once_at_its_count)
{
    struct fault_page *p = page_of("p", SEED, S3);
    struct count_page *memory = NULL;
    ck_assert_int_eq(count_page_open(NULL, &memory), ERR_OK);
    ck_assert(!crashes(p, memory, CRASH_BEFORE_PUT, "slot"));

    struct fault_crash third = {CRASH_BEFORE_PUT, "slot", 3, false};
    ck_assert_int_eq(fault_add_crash(p, &third), ERR_OK);
    ck_assert(!crashes(p, memory, CRASH_BEFORE_PUT, "slot")); // from now on
    ck_assert(!crashes(p, memory, CRASH_AFTER_PUT, "slot"));  // another kind
    ck_assert(!crashes(p, memory, CRASH_BEFORE_PUT, "view")); // another file
    ck_assert(!crashes(p, memory, CRASH_BEFORE_PUT, "slot"));
    ck_assert(crashes(p, memory, CRASH_BEFORE_PUT, "slot"));
    for (int i = 0; i < 10; i++) // the node is started again
        ck_assert(!crashes(p, memory, CRASH_BEFORE_PUT, "slot"));

    struct fault_crash any = {CRASH_AFTER_REPLY, "", 1, false};
    ck_assert_int_eq(fault_add_crash(p, &any), ERR_OK);
    ck_assert(crashes(p, memory, CRASH_AFTER_REPLY, "whatever"));
    for (int i = 2; i < FAULT_CRASHES_MAX; i++)
        ck_assert_int_eq(fault_add_crash(p, &any), ERR_OK);
    ck_assert_int_eq(fault_add_crash(p, &any), ERR_LIMIT);
    count_page_close(memory);
    fault_page_close(p);
}
END_TEST

static enum fault_point pass(const struct fault_page *p,
                             struct count_page *memory, uint32_t *which)
{
    return fault_point_here(p, CRASH_BEFORE_REPLY, "A.B",
                            count_crashes_passed(memory),
                            count_crashes_fired(memory), which);
}

START_TEST(a_hold_lasts_until_its_release)
{
    struct fault_page *p = page_of("p", SEED, S3);
    struct count_page *memory = NULL;
    ck_assert_int_eq(count_page_open(NULL, &memory), ERR_OK);
    struct fault_crash crash = {CRASH_AFTER_REPLY, "", 1, false};
    struct fault_crash hold = {CRASH_BEFORE_REPLY, "A.B", 2, true};
    ck_assert_int_eq(fault_add_crash(p, &crash), ERR_OK);
    ck_assert_int_eq(fault_add_crash(p, &hold), ERR_OK);

    uint32_t which = 0;
    ck_assert_int_eq(pass(p, memory, &which), POINT_PASS);
    ck_assert_int_eq(pass(p, memory, &which), POINT_HOLD);
    ck_assert_uint_eq(which, 1);
    ck_assert(!fault_is_released(p, which));
    ck_assert_int_eq(pass(p, memory, &which), POINT_PASS); // it held one thread
    fault_release(p);
    ck_assert(fault_is_released(p, which));

    // A release also disarms; crashes stay as they were.
    ck_assert_int_eq(fault_add_crash(p, &hold), ERR_OK);
    fault_release(p);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pass(p, memory, &which), POINT_PASS);
    ck_assert(crashes(p, memory, CRASH_AFTER_REPLY, "A.B"));
    count_page_close(memory);
    fault_page_close(p);
}
END_TEST

// --- Files -------------------------------------------------------------------

START_TEST(a_node_sees_at_once_what_the_harness_sets)
{
    struct fault_page *harness = page_of("p", SEED, S2);
    struct fault_page *node = NULL;
    ck_assert_int_eq(fault_page_open(in_folder("p").text, &node), ERR_OK);
    ck_assert_int_eq(fault_self(node), S2);
    ck_assert_int_eq(fault_nodes(node), 3);
    ck_assert_int_eq(fault_number(node, "s3"), S3);
    ck_assert_int_eq(fault_number(node, "s4"), -1);
    ck_assert_str_eq(fault_name(node, S1), "s1");
    ck_assert_str_eq(fault_name(node, 3), "?");

    fault_set_flags(harness, FAULT_FAST_LOSS);
    fault_cut_in(harness, S1, true);
    add_rule(harness, (struct fault_rule){.source = FAULT_ANYBODY,
                                          .late_ppm = FAULT_SURE});
    ck_assert_uint_eq(fault_flags(node), FAULT_FAST_LOSS);
    ck_assert(fault_is_cut_in(node, S1));
    ck_assert_int_eq(fate(node, S1, "A.B", 1), FATE_LATE);
    fault_page_close(node);
    fault_page_close(harness);
}
END_TEST

START_TEST(a_node_cannot_write_its_fault_page)
{
    fault_page_close(page_of("p", SEED, S2));
    struct fault_page *node = NULL;
    ck_assert_int_eq(fault_page_open(in_folder("p").text, &node), ERR_OK);
    int zeros = open("/dev/zero", O_RDONLY);
    ck_assert_int_eq(read(zeros, node, 1), -1);
    ck_assert_int_eq(errno, EFAULT);
    close(zeros);
    fault_page_close(node);
}
END_TEST

START_TEST(without_a_page_nothing_happens)
{
    ck_assert_uint_eq(fault_flags(NULL), 0);
    ck_assert_int_eq(fault_nodes(NULL), 0);
    ck_assert_int_eq(fault_self(NULL), -1);
    ck_assert_int_eq(fault_number(NULL, "s1"), -1);
    ck_assert(!fault_is_cut_in(NULL, 0) && !fault_is_cut_out(NULL, 0));
    ck_assert_int_eq(fate(NULL, 0, "A.B", 1), FATE_NORMAL);
    ck_assert_int_eq(
        fault_point_here(NULL, CRASH_BEFORE_PUT, "", NULL, NULL, NULL),
        POINT_PASS);
    fault_page_close(NULL);
    count_page_close(NULL);
}
END_TEST

START_TEST(what_is_no_page_is_refused)
{
    struct fault_page *faults = NULL;
    struct count_page *counts = NULL;
    struct file_name path = in_folder("p");
    ck_assert_int_eq(fault_page_open(path.text, &faults), ERR_NOT_FOUND);
    ck_assert_int_eq(count_page_open(path.text, &counts), ERR_NOT_FOUND);

    fault_page_close(page_of("p", SEED, S1));
    ck_assert_int_eq(fault_page_create(path.text, SEED, names, 3, S1, &faults),
                     ERR_EXISTS);
    ck_assert_int_eq(count_page_create(path.text, &counts), ERR_EXISTS);
    ck_assert_int_eq(count_page_open(path.text, &counts), ERR_PROTO);

    int fd = open(path.text, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "x", 1, 0), 1); // another program's page
    ck_assert_int_eq(fault_page_open(path.text, &faults), ERR_PROTO);
    close(fd);

    // The right size and nothing in it.
    ck_assert_int_eq(count_page_create(in_folder("c").text, &counts), ERR_OK);
    count_page_close(counts);
    ck_assert_int_eq(fault_page_open(in_folder("c").text, &faults), ERR_PROTO);
    const char *files[] = {"p", "c"};
    for (int i = 0; i < 2; i++) {
        struct stat st;
        ck_assert_int_eq(stat(in_folder(files[i]).text, &st), 0);
        ck_assert_int_eq(truncate(in_folder(files[i]).text, 0), 0);
        ck_assert_int_eq(truncate(in_folder(files[i]).text, st.st_size), 0);
    }
    ck_assert_int_eq(fault_page_open(in_folder("p").text, &faults), ERR_PROTO);
    ck_assert_int_eq(count_page_open(in_folder("c").text, &counts), ERR_PROTO);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "the last rule that matches counts, alone",
         the_last_rule_that_matches_counts_alone, 0},
        {"rpc", "one rule too many leaves the others in force",
         one_rule_too_many_leaves_the_others_in_force, 0},
        {"rpc", "a cut is one direction and one peer",
         a_cut_is_one_direction_and_one_peer, 0},
        {"rpc", "a crash fires once, at its count",
         a_crash_fires_once_at_its_count, 0},
        {"rpc", "a hold lasts until its release",
         a_hold_lasts_until_its_release, 0},
        {"rpc", "a node sees at once what the harness sets",
         a_node_sees_at_once_what_the_harness_sets, 0},
        {"rpc", "a node cannot write its fault page",
         a_node_cannot_write_its_fault_page, 0},
        {"rpc", "without a fault page nothing happens",
         without_a_page_nothing_happens, 0},
        {"rpc", "what is no page is refused", what_is_no_page_is_refused, 0},
    };
    return unit_main(argc, argv, "rpc pages", tests,
                     sizeof tests / sizeof tests[0]);
}
