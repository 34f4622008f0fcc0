// Lab 0: each tool of the course once, on the echo service. The same source
// between processes and in simulation.
#include <string.h>

#include "common/rpc/faults.h"
#include "grading/cluster.h"
#include "lab0-echo/api.pb-c.h"

enum {
    SOON = 200,      // ticks, for what must happen in the end
    SHORT_MS = 250,  // a call that must use all of its time
    LONG_MS = 20000, // one that must not
    REQUESTS = 60,
};

// --- Saying, and what comes of it ------------------------------------------

static void begin_say(struct cluster *c, const char *client, const char *text,
                      uint32_t timeout_ms, bool again)
{
    static const struct rpc_method say = {&echo__clerk__descriptor, "Say"};
    Echo__ClerkSay request = ECHO__CLERK_SAY__INIT;
    request.text = (char *)text;
    request.timeout_ms = timeout_ms;
    request.again = again;
    client_begin(c, client, &say, &request.base);
}

static const Echo__ClerkSaid *end_say(struct cluster *c, const char *client)
{
    const ProtobufCMessage *reply = NULL;
    ck_assert_int_eq(client_wait(c, client, 2 * SOON), CLIENT_OK);
    client_result(c, client, &reply);
    return (const Echo__ClerkSaid *)reply;
}

static const Echo__ClerkSaid *say(struct cluster *c, const char *client,
                                  const char *text, uint32_t timeout_ms)
{
    begin_say(c, client, text, timeout_ms, false);
    return end_say(c, client);
}

static const Echo__ClerkSaid *say_until_ok(struct cluster *c,
                                           const char *client, const char *text)
{
    begin_say(c, client, text, LONG_MS, true);
    return end_say(c, client);
}

static void expect_ok(const Echo__ClerkSaid *said, const char *text)
{
    ck_assert_int_eq(said->outcome, ECHO__CLERK_SAID__OUTCOME__OK);
    ck_assert_str_eq(said->text, text);
}

static void expect_refused(const Echo__ClerkSaid *said)
{
    ck_assert_int_eq(said->outcome, ECHO__CLERK_SAID__OUTCOME__REFUSED);
}

static void expect_unknown(const Echo__ClerkSaid *said)
{
    ck_assert_int_eq(said->outcome, ECHO__CLERK_SAID__OUTCOME__UNKNOWN);
}

// What the server has counted, asked at its control server.
static Echo__StatusReply status_of(struct cluster *c, const char *name)
{
    static const struct rpc_method method = {&echo__inspect__descriptor,
                                             "Status"};
    Echo__StatusRequest request = ECHO__STATUS_REQUEST__INIT;
    struct rpc_answer answer;
    enum rpc_outcome outcome =
        cluster_ask(c, name, &method, &request.base, &answer);
    ck_assert_int_eq(outcome, RPC_OK);
    Echo__StatusReply status = *(const Echo__StatusReply *)answer.reply;
    rpc_answer_release(&answer);
    return status;
}

static void begin(struct cluster *c)
{
    cluster_start(c, "s1", "server");
    cluster_start_clerks(c, "c1 c2", "--server s1");
}

static void begin_with_disk(struct cluster *c)
{
    cluster_start(c, "s1", "server --disk disk/s1");
    cluster_start_clerks(c, "c1 c2", "--server s1");
}

// --- Tests -----------------------------------------------------------------

static void a_call_is_answered(struct cluster *c)
{
    begin(c);
    const Echo__ClerkSaid *said = say(c, "c1", "hello", LONG_MS);
    expect_ok(said, "hello");
    ck_assert_uint_eq(said->executed, 1);
    expect_ok(say(c, "c2", "", LONG_MS), "");
    ck_assert_uint_eq(status_of(c, "s1").total, 2);
}

static void lost_messages_are_asked_again(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_FAST_LOSS);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .method = "Echo.Say",
                                            .lose_request_percent = 20,
                                            .lose_reply_percent = 40});
    uint32_t attempts = 0;
    for (int i = 0; i < REQUESTS; i++) {
        const Echo__ClerkSaid *said = say_until_ok(c, "c1", "again");
        expect_ok(said, "again");
        attempts += said->attempts;
    }
    // At least once: that is more than once, for some. (Each runs exactly once
    // with probability 0.6: all of them, never.)
    Echo__StatusReply status = status_of(c, "s1");
    ck_assert_uint_eq(status.distinct, REQUESTS);
    ck_assert_uint_gt(status.total, REQUESTS);
    ck_assert_uint_gt(status.most, 1);
    ck_assert_uint_ge(attempts, status.total);
}

static void a_lost_request_did_not_run(struct cluster *c)
{
    begin(c);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .method = "Echo.Say",
                                            .lose_request_percent = 100});
    expect_unknown(say(c, "c1", "lost", SHORT_MS));
    ck_assert_uint_eq(status_of(c, "s1").total, 0);
    cluster_unspoil(c);
    expect_ok(say(c, "c1", "found", LONG_MS), "found");
}

static void a_lost_reply_hides_that_it_ran(struct cluster *c)
{
    begin(c);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .from = "c1",
                                            .method = "Echo.Say",
                                            .lose_reply_percent = 100});
    expect_unknown(say(c, "c1", "lost", SHORT_MS));
    ck_assert_uint_eq(status_of(c, "s1").total, 1);
    expect_ok(say(c, "c2", "not mine", LONG_MS), "not mine");
}

static void a_late_request_runs_when_nobody_waits(struct cluster *c)
{
    begin(c);
    cluster_spoil(c, &(struct cluster_rule){.at = "s1",
                                            .method = "Echo.Say",
                                            .late_percent = 100,
                                            .late_ticks = 20});
    expect_unknown(say(c, "c1", "late", SHORT_MS));
    ck_assert_uint_eq(status_of(c, "s1").total, 0);
    eventually(c, status_of(c, "s1").total == 1, SOON);
}

static void a_paused_server_answers_when_it_goes_on(struct cluster *c)
{
    begin(c);
    cluster_pause(c, "s1");
    expect_unknown(say(c, "c1", "anybody there?", SHORT_MS));
    begin_say(c, "c2", "still waiting", LONG_MS, false);
    never(c, client_result(c, "c2", NULL) != CLIENT_RUNNING, 4);
    cluster_resume(c, "s1");
    expect_ok(end_say(c, "c2"), "still waiting");
    // The one that was given up has run as well.
    eventually(c, status_of(c, "s1").total == 2, SOON);
}

static void a_dead_server_refuses(struct cluster *c)
{
    begin(c);
    expect_ok(say(c, "c1", "hello", LONG_MS), "hello");
    cluster_kill(c, "s1");
    expect_refused(say(c, "c1", "hello?", LONG_MS));
    cluster_restart(c, "s1", DISK_LOST);
    expect_ok(say(c, "c1", "back", LONG_MS), "back");
}

static void crash_before_the_reply(struct cluster *c, enum cluster_disk disk,
                                   uint64_t remembered)
{
    begin_with_disk(c);
    expect_ok(say(c, "c1", "one", LONG_MS), "one");
    cluster_crash_at(c, "s1", CRASH_BEFORE_REPLY, "Echo.Say", 1);
    expect_unknown(say(c, "c1", "two", LONG_MS));
    cluster_expect_crash(c, "s1", SOON);
    cluster_restart(c, "s1", disk);
    ck_assert_uint_eq(status_of(c, "s1").total, remembered);
    const Echo__ClerkSaid *said = say(c, "c1", "three", LONG_MS);
    expect_ok(said, "three");
    ck_assert_uint_eq(said->total, remembered + 1);
}

static void a_disk_survives_its_server(struct cluster *c)
{
    crash_before_the_reply(c, DISK_KEPT, 2);
}

static void without_its_disk_a_server_forgets(struct cluster *c)
{
    crash_before_the_reply(c, DISK_LOST, 0);
}

static void a_crash_before_the_put_loses_it(struct cluster *c)
{
    begin_with_disk(c);
    expect_ok(say(c, "c1", "one", LONG_MS), "one");
    cluster_crash_at(c, "s1", CRASH_BEFORE_PUT, "total", 1);
    expect_unknown(say(c, "c1", "two", LONG_MS));
    cluster_expect_crash(c, "s1", SOON);
    cluster_restart(c, "s1", DISK_KEPT);
    ck_assert_uint_eq(status_of(c, "s1").total, 1);
}

static void a_held_reply_comes_after_its_release(struct cluster *c)
{
    begin(c);
    cluster_hold_at(c, "s1", CRASH_BEFORE_REPLY, "Echo.Say", 1);
    begin_say(c, "c1", "held", LONG_MS, false);
    eventually(c, cluster_is_held(c, "s1"), SOON);
    ck_assert_uint_eq(status_of(c, "s1").total, 1); // it has run
    expect_ok(say(c, "c2", "passes", LONG_MS), "passes");
    ck_assert_int_eq(client_result(c, "c1", NULL), CLIENT_RUNNING);
    cluster_release(c, "s1");
    expect_ok(end_say(c, "c1"), "held");
}

static void a_silent_cut_is_unknown(struct cluster *c)
{
    begin(c);
    cluster_part(c, "c1", "s1", CUT_SILENT);
    expect_unknown(say(c, "c1", "cut off", SHORT_MS));
    expect_ok(say(c, "c2", "not cut off", LONG_MS), "not cut off");
    ck_assert_uint_eq(status_of(c, "s1").total, 1);
    cluster_heal(c);
    expect_ok(say(c, "c1", "healed", LONG_MS), "healed");
}

static void a_refusing_cut_refuses(struct cluster *c)
{
    begin(c);
    cluster_cut(c, "c1", "s1", CUT_REFUSE);
    expect_refused(say(c, "c1", "cut off", LONG_MS));
    expect_ok(say(c, "c2", "not cut off", LONG_MS), "not cut off");
    cluster_heal(c);
    expect_ok(say(c, "c1", "healed", LONG_MS), "healed");
}

static void a_cut_the_other_way_is_none(struct cluster *c)
{
    begin(c);
    cluster_cut(c, "s1", "c1", CUT_SILENT); // the server calls nobody
    expect_ok(say(c, "c1", "hello", LONG_MS), "hello");
    cluster_cut(c, "c1", "s1", CUT_SILENT);
    expect_unknown(say(c, "c1", "hello?", SHORT_MS));
}

static void a_deleted_socket_refuses(struct cluster *c)
{
    begin(c);
    expect_ok(say(c, "c1", "found", LONG_MS), "found");
    cluster_delete_socket(c, "s1");
    expect_refused(say(c, "c1", "gone", LONG_MS));
    ck_assert_uint_eq(status_of(c, "s1").total, 1); // it lives
}

static void a_hidden_socket_refuses_until_shown(struct cluster *c)
{
    begin(c);
    cluster_hide_socket(c, "s1");
    expect_refused(say(c, "c1", "hidden", LONG_MS));
    cluster_show_socket(c, "s1");
    expect_ok(say(c, "c1", "shown", LONG_MS), "shown");
}

static void a_renamed_socket_has_its_new_name(struct cluster *c)
{
    begin(c);
    cluster_start_clerks(c, "c3", "--server s2");
    expect_refused(say(c, "c3", "nobody is s2", LONG_MS));
    cluster_rename_socket(c, "s1", "s2");
    expect_ok(say(c, "c3", "s1 is", LONG_MS), "s1 is");
    expect_refused(say(c, "c1", "nobody is s1", LONG_MS));
}

static void two_servers_are_two(struct cluster *c)
{
    begin(c);
    cluster_start(c, "s2", "server");
    cluster_start_clerks(c, "c3", "--server s2");
    expect_ok(say(c, "c3", "to s2", LONG_MS), "to s2");
    ck_assert_uint_eq(status_of(c, "s1").total, 0);
    ck_assert_uint_eq(status_of(c, "s2").total, 1);
}

static void refusals_may_be_hidden(struct cluster *c)
{
    begin(c);
    cluster_flags(c, FAULT_NO_REFUSED);
    cluster_kill(c, "s1");
    expect_unknown(say(c, "c1", "dead", SHORT_MS));
}

static void a_call_is_one_request(struct cluster *c)
{
    begin(c);
    for (int i = 0; i < 10; i++)
        expect_ok(say(c, "c1", "count me", LONG_MS), "count me");
    struct cluster_count sent = cluster_sent(c, "c1", "s1", "Echo.Say");
    ck_assert_uint_eq(sent.calls, 10);
    ck_assert_uint_lt(sent.bytes, 10 * 200);
    ck_assert_uint_eq(cluster_ran(c, "c1", "s1", "Echo.Say"), 10);
    ck_assert_uint_eq(cluster_sent(c, NULL, NULL, NULL).calls, 10);
}

static void a_dead_clerk_leaves_it_unknown(struct cluster *c)
{
    begin(c);
    cluster_hold_at(c, "s1", CRASH_BEFORE_HANDLER, "Echo.Say", 1);
    begin_say(c, "c1", "last words", LONG_MS, false);
    eventually(c, cluster_is_held(c, "s1"), SOON);
    cluster_kill(c, "c1");
    ck_assert_int_eq(client_wait(c, "c1", SOON), CLIENT_UNKNOWN);
    cluster_release(c, "s1");
    eventually(c, status_of(c, "s1").total == 1, SOON);
}

// --- The registry ----------------------------------------------------------

static const struct cluster_role roles[] = {
    {.name = "server",
     .allows = ALLOW_KILL | ALLOW_PAUSE | ALLOW_RESTART | ALLOW_RESTART_EMPTY |
               ALLOW_LOSS | ALLOW_CUT | ALLOW_SOCKET,
     .serves = true},
    {.name = "clerks", .allows = ALLOW_KILL | ALLOW_PAUSE, .clerks = true},
    {.name = NULL},
};

static const struct cluster_lab lab0 = {
    "lab0", "lab0", roles, "anything may happen to an echo server"};

#define NODES "s1 s2 c1 c2 c3"
#define SAFETY(name_, section_, run_, claim_)                                  \
    {                                                                          \
        .about = {.part = "0",                                                 \
                  .name = name_,                                               \
                  .claim = claim_,                                             \
                  .section = section_,                                         \
                  .limit_s = 30},                                              \
        .nodes = NODES, .run = run_,                                           \
    }

static const struct cluster_test tests[] = {
    SAFETY("a call is answered", "1", a_call_is_answered,
           "A call that goes well runs once and its reply comes back."),
    SAFETY("lost messages are asked again", "3", lost_messages_are_asked_again,
           "A client that asks again gets its reply, and some requests run "
           "more than once."),
    SAFETY("a lost request did not run", "3", a_lost_request_did_not_run,
           "When a request is lost the caller learns UNKNOWN, and it did not "
           "run."),
    SAFETY("a lost reply hides that it ran", "3",
           a_lost_reply_hides_that_it_ran,
           "When a reply is lost the caller learns UNKNOWN, though it ran."),
    SAFETY("a late request runs when nobody waits", "3",
           a_late_request_runs_when_nobody_waits,
           "A request may run after its caller has given up."),
    SAFETY("a paused server answers when it goes on", "2",
           a_paused_server_answers_when_it_goes_on,
           "A paused server is not a dead one: what it was asked it does "
           "later."),
    SAFETY("a dead server refuses", "2", a_dead_server_refuses,
           "A call to a dead server is refused at once and did not run."),
    SAFETY("a disk survives its server", "2", a_disk_survives_its_server,
           "What is on disk is there after a crash and a restart."),
    SAFETY("without its disk a server forgets", "2",
           without_its_disk_a_server_forgets,
           "A server that comes back without its disk knows nothing."),
    SAFETY("a crash before the put loses it", "2",
           a_crash_before_the_put_loses_it,
           "What was not yet on disk is lost in a crash."),
    SAFETY("a held reply comes after its release", "4",
           a_held_reply_comes_after_its_release,
           "A handler can be held at a point while others go on."),
    SAFETY("a silent cut is unknown", "3", a_silent_cut_is_unknown,
           "Nothing comes through a silent cut, not even a refusal."),
    SAFETY("a refusing cut refuses", "3", a_refusing_cut_refuses,
           "A refusing cut is told at once."),
    SAFETY("a cut the other way is none", "3", a_cut_the_other_way_is_none,
           "A cut is about who calls whom: replies come back to the caller."),
    SAFETY("a deleted socket refuses", "2", a_deleted_socket_refuses,
           "A server whose socket is deleted lives, and nobody finds it."),
    SAFETY("a hidden socket refuses until shown", "2",
           a_hidden_socket_refuses_until_shown,
           "A socket that is renamed back is found again."),
    SAFETY("a renamed socket has its new name", "2",
           a_renamed_socket_has_its_new_name,
           "A server is found under the name that its socket has."),
    SAFETY("two servers are two", "1", two_servers_are_two,
           "A call goes to the server that it names."),
    SAFETY("refusals may be hidden", "3", refusals_may_be_hidden,
           "Where refusals are hidden a dead server is a silent one."),
    SAFETY("a dead clerk leaves it unknown", "4",
           a_dead_clerk_leaves_it_unknown,
           "Nobody knows what became of the last call of a client that died."),
    {.about = {.part = "0",
               .name = "a call is one request",
               .claim = "A call sends one request and no more.",
               .section = "4",
               .kind = GRADED_LIMIT,
               .limit_s = 30},
     .nodes = NODES,
     .run = a_call_is_one_request},
};

int main(int argc, char **argv)
{
    return cluster_main(argc, argv, "lab0", &lab0, tests,
                        sizeof tests / sizeof tests[0]);
}
