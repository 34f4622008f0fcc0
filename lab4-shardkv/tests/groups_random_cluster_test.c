// Part 4b: clients at work while groups come and go, and things go wrong that
// nobody has thought of: drawn from the seed. In simulation `make sim` runs
// this under many seeds; between processes it runs once in a while.
#include "grading/nemesis.h"
#include "grading/workload.h"
#include "lab4-shardkv/tests/groups.h"

enum {
    OPERATIONS = 14, // of each client
    CHANGES = 8,     // of configurations, at most
    PATIENCE = 200,  // ticks
    REST = 300,      // ticks after all is mended: then nothing runs any more
};

#define CLIENTS "k1 k2 k3 k4"
#define ALL GROUP_A " " GROUP_B " " GROUP_C

// What changes beside all that goes wrong.
struct changing {
    struct cluster *cluster;
    struct fleet fleet;
    unsigned left;
};

// Each tick: perhaps another change, if the last one has been made.
static void change(void *arg)
{
    struct changing *ch = arg;
    struct cluster *c = ch->cluster;
    if (change_runs(c) || ch->left == 0 || cluster_random(c, 4) > 0)
        return;
    if (ch->left < CHANGES)
        end_change(c);
    ch->left--;
    begin_any_change(c, &ch->fleet);
}

static void anything_at_any_time(struct cluster *c)
{
    begin_groups(c, "abc", "ab");
    struct changing ch = {
        .cluster = c,
        .fleet = {.all = "abc", .in = {true, true}},
        .left = CHANGES,
    };
    const struct nemesis_spec spec = {
        .servers = ALL,
        .clients = CLIENTS,
        .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_CUT,
        .deeds = 5,
        .work = change,
        .arg = &ch,
    };
    start_clerks(c, CLIENTS);
    struct load *l = load_begin(c, &(struct load_spec){.clients = CLIENTS,
                                                       .keys = 6,
                                                       .operations = OPERATIONS,
                                                       .patience = PATIENCE});
    nemesis_run(c, l, &spec);
    nemesis_mend(c, &spec);
    if (ch.left < CHANGES)
        end_change(c);
    if (!load_comes_to_rest(l, REST))
        cluster_fail_waiting(c,
                             "operations are under way %d ticks after all "
                             "is well",
                             REST);
    await_mostly_settled(c, "abc");
    if (newest(c).number >= 5)
        cluster_mark(c, "five configurations");
    if (cluster_sent(c, NULL, NULL, "Shards.Fetch").calls >= 20)
        cluster_mark(c, "twenty pieces");
    load_end(l);
}

// --- The registry ----------------------------------------------------------

static const struct cluster_test tests[] = {
    {.about = {.part = "4b",
               .name = "anything at any time",
               .claim = "What clients see is linearizable, whatever happens, "
                        "and all goes on as soon as it can.",
               .section = "2.4",
               .kind = GRADED_SAFETY,
               .marks = "deed kill;deed crash;deed pause;deed cut;deed part;"
                        "deed hold;lose-reply KeyValue.Append;"
                        "lose-reply Shards.Fetch;lose-reply Shards.Delete;"
                        "late Shards.Fetch;five configurations;twenty pieces",
               .limit_s = 60},
     .nodes = MASTERS " " ALL " adm " CLIENTS,
     .run = anything_at_any_time},
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab4 random", &lab4, tests,
                        sizeof tests / sizeof tests[0]);
}
