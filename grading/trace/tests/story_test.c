// story_test.c - the events of several nodes in one causal order.
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/random.h"
#include "grading/trace/story.h"

enum {
    NODES = 3,
    EVENTS = 300,
    ROUNDS = 50,
};

// A story made up by hand: node i's clock is `clocks[i]`.
struct fiction {
    struct story story;
    uint32_t clocks[NODES][FAULT_NODES_MAX];
    int64_t time_ns;
};

static void fiction_init(struct fiction *f)
{
    *f = (struct fiction){.time_ns = 0};
    f->story.node_count = NODES;
    for (int i = 0; i < NODES; i++)
        f->story.nodes[i].events =
            xcalloc(EVENTS, sizeof *f->story.nodes[i].events);
}

// An event of `node`, which has heard of all that `from` knows (-1: nobody),
// at a time that need not be true.
static void happens(struct fiction *f, int node, int from, int64_t time_ns)
{
    struct story_node *n = &f->story.nodes[node];
    uint32_t *clock = f->clocks[node];
    for (int i = 0; from >= 0 && i < NODES; i++)
        if (f->clocks[from][i] > clock[i])
            clock[i] = f->clocks[from][i];
    clock[node]++;
    struct trace_event *e = &n->events[n->count];
    e->index = n->count++;
    e->time_ns = time_ns;
    e->places = NODES;
    memcpy(e->clock, clock, sizeof e->clock);
}

static bool knows_of(const struct trace_event *a, const struct trace_event *b)
{
    bool all = true;
    bool more = false;
    for (int i = 0; i < NODES; i++) {
        all = all && a->clock[i] >= b->clock[i];
        more = more || a->clock[i] > b->clock[i];
    }
    return all && more;
}

// Each event once, and none before one that it knows of.
static void expect_causal(const struct fiction *f)
{
    size_t count;
    struct story_step *steps = story_tell(&f->story, &count);
    size_t all = 0;
    for (int i = 0; i < NODES; i++)
        all += f->story.nodes[i].count;
    ck_assert_uint_eq(count, all);
    size_t next[NODES] = {0};
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += steps[i].event->index != next[steps[i].node]++;
        for (size_t j = i + 1; j < count; j++)
            wrong += knows_of(steps[i].event, steps[j].event);
    }
    ck_assert_int_eq(wrong, 0);
    free(steps);
}

START_TEST(nothing_comes_before_its_cause)
{
    struct fiction f;
    fiction_init(&f);
    happens(&f, 0, -1, 900); // s1 sends, by its clock late
    happens(&f, 1, 0, 100);  // s2 receives
    happens(&f, 1, -1, 200); // and sends
    happens(&f, 2, 1, 50);   // c1 receives, by its clock early
    size_t count;
    struct story_step *steps = story_tell(&f.story, &count);
    const int nodes[] = {0, 1, 1, 2};
    ck_assert_uint_eq(count, 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(steps[i].node, nodes[i]);
    free(steps);
    story_release(&f.story);
}
END_TEST

START_TEST(what_is_independent_goes_by_time)
{
    struct fiction f;
    fiction_init(&f);
    for (int i = 0; i < 30; i++)
        happens(&f, (i * 7) % NODES, -1, i);
    size_t count;
    struct story_step *steps = story_tell(&f.story, &count);
    ck_assert_uint_eq(count, 30);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(steps[i].event->time_ns, i);
    free(steps);
    story_release(&f.story);
}
END_TEST

START_TEST(any_story_is_told_causally)
{
    struct random random;
    random_init(&random, strtoull(getenv("LAB_SEED"), NULL, 0));
    for (int round = 0; round < ROUNDS; round++) {
        struct fiction f;
        fiction_init(&f);
        for (int i = 0; i < EVENTS; i++) {
            int node = (int)random_below(&random, NODES);
            int from = (int)random_below(&random, NODES + 1) - 1;
            happens(&f, node, from == node ? -1 : from,
                    (int64_t)random_below(&random, 1000));
        }
        expect_causal(&f);
        story_release(&f.story);
    }
}
END_TEST

// A clock that claims to know of what comes later must not stop the telling.
START_TEST(clocks_that_lie_lose_no_event)
{
    struct fiction f;
    fiction_init(&f);
    for (int i = 0; i < 10; i++)
        for (int node = 0; node < NODES; node++)
            happens(&f, node, -1, 10 * i + node);
    for (int node = 0; node < NODES; node++)
        for (int i = 0; i < NODES; i++)
            if (i != node)
                f.story.nodes[node].events[3].clock[i] = UINT32_MAX;
    size_t count;
    struct story_step *steps = story_tell(&f.story, &count);
    ck_assert_uint_eq(count, 30);
    size_t next[NODES] = {0};
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(steps[i].event->index, next[steps[i].node]++);
    free(steps);
    story_release(&f.story);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"grading", "nothing comes before its cause, whatever clocks say",
         nothing_comes_before_its_cause, 0},
        {"grading", "what is independent goes by time",
         what_is_independent_goes_by_time, 0},
        {"grading", "any story is told causally", any_story_is_told_causally,
         0},
        {"grading", "clocks that lie lose no event",
         clocks_that_lie_lose_no_event, 0},
    };
    return unit_main(argc, argv, "trace order", tests,
                     sizeof tests / sizeof tests[0]);
}
