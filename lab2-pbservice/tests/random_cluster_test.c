// Part 2b: clients at work while things go wrong that nobody has thought of:
// drawn from the seed. In simulation `make sim` runs these under many seeds;
// between processes they run once in a while.
#include <stdio.h>
#include <string.h>

#include "grading/nemesis.h"
#include "grading/workload.h"
#include "lab2-pbservice/api.pb-c.h"
#include "lab2-pbservice/tests/lab2.h"

enum {
    SERVERS = 3,
    OPERATIONS = 14, // of each client
    THINK = 8,       // ticks between them, at most: they last as long as deeds
    PATIENCE = 120,  // ticks
    REST = 200,      // ticks after all is mended: then nothing runs any more
};

static const char *const servers[SERVERS] = {"s1", "s2", "s3"};

// --- The cluster -----------------------------------------------------------

static struct load *begin(struct cluster *c)
{
    start_views(c);
    for (int i = 0; i < SERVERS; i++)
        start_server(c, servers[i]);
    cluster_start_clerks(c, "c1 c2 c3", "--tick %d", (int)cluster_tick_ms());
    return load_begin(c, &(struct load_spec){.clients = "c1 c2 c3",
                                             .operations = OPERATIONS,
                                             .patience = PATIENCE,
                                             .rest = THINK});
}

static bool is_well(const Pb__ViewStatusReply *r, const char *name)
{
    for (size_t i = 0; i < r->n_servers; i++)
        if (strcmp(r->servers[i]->name, name) == 0)
            return r->servers[i]->missed <= 2 && !r->servers[i]->empty;
    return false;
}

// Does the server itself say that it is this, in this view? One that has just
// started anew does not, whatever the view service still thinks of it.
static bool is_what(struct cluster *c, const char *name, uint64_t view,
                    Pb__ServerStatusReply__State state)
{
    struct rpc_answer answer;
    const Pb__ServerStatusReply *r = ask_server(c, name, &answer);
    bool is = r != NULL && r->view->number == view && r->state == state;
    rpc_answer_release(&answer);
    return is;
}

// A primary that has acknowledged its view, and a backup, and both have
// everything; neither is about to be taken for dead. Then any one server may
// fail. (Seed 1000441 of `one thing after the other`: a primary that had died
// and was back before anybody saw it.)
static bool is_settled(struct cluster *c)
{
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(c, &answer);
    const Pb__View *view = r->view;
    bool settled = r->acknowledged && is_well(r, view->primary) &&
                   is_well(r, view->backup) &&
                   is_what(c, view->primary, view->number,
                           PB__SERVER_STATUS_REPLY__STATE__PRIMARY) &&
                   is_what(c, view->backup, view->number,
                           PB__SERVER_STATUS_REPLY__STATE__BACKUP);
    rpc_answer_release(&answer);
    return settled;
}

static void await_settled(struct cluster *c)
{
    eventually(c, is_settled(c), SOON);
}

static bool has_died(struct cluster *c, const char *name)
{
    return name[0] == '\0' || cluster_lives(c, name) > 1 ||
           cluster_has_ended(c, name);
}

// No view can follow: section 1.5 and 2.4 of the text. The primary of a view
// that is not acknowledged is gone, or all that had the data are.
static bool is_stuck(struct cluster *c)
{
    bool any = false;
    for (int i = 0; i < SERVERS; i++)
        any = any || has_died(c, servers[i]);
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(c, &answer);
    bool gone = r->acknowledged ? has_died(c, r->view->primary) &&
                                      has_died(c, r->view->backup)
                                : any;
    rpc_answer_release(&answer);
    return gone;
}

static uint64_t view_number(struct cluster *c)
{
    struct rpc_answer answer;
    uint64_t number = ask_views(c, &answer)->view->number;
    rpc_answer_release(&answer);
    return number;
}

// What holds of views whatever happens, and no client can see: servers that are
// in order refuse what an unlawful view asks of them. Looked at in each tick.
struct watch {
    struct cluster *c;
    uint64_t number; // of the view at the last look
    char primary[16];
    char backup[16];
};

// 1.4: a server is known once.
static void expect_known_once(struct cluster *c, const Pb__ViewStatusReply *r)
{
    for (size_t i = 0; i < r->n_servers; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->servers[i]->name, r->servers[k]->name) == 0)
                cluster_fail(c, "the view service knows %s twice",
                             r->servers[i]->name);
}

// 1.4: the next primary is a member of this view.
static void expect_successor(const struct watch *w, const Pb__View *view)
{
    if (w->number > 0 && view->number == w->number + 1 &&
        strcmp(view->primary, w->primary) != 0 &&
        strcmp(view->primary, w->backup) != 0)
        cluster_fail(w->c, "%s is primary after a view of '%s' and '%s'",
                     view->primary, w->primary, w->backup);
}

static void look_at_views(void *watch)
{
    struct watch *w = watch;
    struct rpc_answer answer;
    const Pb__ViewStatusReply *r = ask_views(w->c, &answer);
    expect_known_once(w->c, r);
    expect_successor(w, r->view);
    w->number = r->view->number;
    snprintf(w->primary, sizeof w->primary, "%s", r->view->primary);
    snprintf(w->backup, sizeof w->backup, "%s", r->view->backup);
    rpc_answer_release(&answer);
}

static void note_views(struct cluster *c)
{
    if (view_number(c) >= 4)
        cluster_mark(c, "four views");
}

// --- Tests -----------------------------------------------------------------

static struct nemesis_spec bad_luck(struct watch *w)
{
    return (struct nemesis_spec){
        .servers = "s1 s2 s3",
        .center = "views",
        .clients = "c1 c2 c3",
        .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_RESTART_EMPTY | ALLOW_CUT,
        .deeds = 5,
        .work = look_at_views,
        .arg = w,
    };
}

static void one_thing_after_the_other(struct cluster *c)
{
    struct load *l = begin(c);
    struct watch w = {.c = c};
    struct nemesis_spec spec = bad_luck(&w);
    spec.await_ready = await_settled;
    nemesis_run(c, l, &spec);
    nemesis_mend(c, &spec);
    await_settled(c);
    if (!load_comes_to_rest(l, REST))
        cluster_fail_waiting(c,
                             "operations are under way %d ticks after all "
                             "is well",
                             REST);
    note_views(c);
    load_end(l);
}

static void anything_at_any_time(struct cluster *c)
{
    struct load *l = begin(c);
    struct watch w = {.c = c};
    struct nemesis_spec spec = bad_luck(&w);
    spec.deeds = 4; // of more, one seed in ten would stand still
    spec.gap = 30;
    nemesis_run(c, l, &spec);
    nemesis_mend(c, &spec);
    struct cluster_wait wait =
        cluster_wait_begin(c, "", REST, __FILE__, __LINE__);
    while (!is_settled(c) && cluster_wait_not(&wait, false))
        look_at_views(&w);
    bool rests = load_comes_to_rest(l, REST);
    note_views(c);
    if (!is_settled(c) && is_stuck(c)) {
        cluster_stuck(c, "nobody who has the data is left, or the primary of "
                         "a view that is not acknowledged is gone");
        load_leave(l);
        return;
    }
    if (!rests || !is_settled(c))
        cluster_fail_waiting(c, "no service %d ticks after all is well", REST);
    load_end(l);
}

// --- The registry ----------------------------------------------------------

#define NODES "views s1 s2 s3 c1 c2 c3"

static const struct cluster_test tests[] = {
    {.about = {.part = "2b",
               .name = "one thing after the other",
               .claim = "What clients see is linearizable, and the service "
                        "goes on, whatever happens to one server at a time.",
               .section = "2.2",
               .kind = GRADED_SAFETY,
               .marks = "deed kill;deed crash;deed restart;deed pause;"
                        "deed cut;deed part;deed hold;"
                        "lose-reply KeyValue.Append;"
                        "lose-reply Replica.Forward;"
                        "late Replica.Forward;four views",
               .limit_s = 60},
     .nodes = NODES,
     .run = one_thing_after_the_other},
    {.about = {.part = "2b",
               .name = "anything at any time",
               .claim = "What clients see is linearizable, whatever happens; "
                        "and if a server that has everything is left, the "
                        "service goes on.",
               .section = "2.4",
               .kind = GRADED_SAFETY,
               .marks = "deed kill;deed crash;deed restart;deed pause;"
                        "deed cut;deed part;deed hold;"
                        "lose-reply Replica.Forward;"
                        "late Replica.Forward;four views",
               .limit_s = 60},
     .nodes = NODES,
     .run = anything_at_any_time},
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab2 random", &lab2, tests,
                        sizeof tests / sizeof tests[0]);
}
