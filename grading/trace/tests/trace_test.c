// trace_test.c - what the trace printer prints of a cluster's folder.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/counters.h"
#include "common/rpc/rpc.h"
#include "common/rpc/trace.h"
#include "common/runtime/err.h"
#include "grading/trace/program.h"
#include "lab1-mapreduce/peer.pb-c.h"

enum {
    NODES = 3,
};

static const char *const names[NODES] = {"s1", "s2", "c1"};

// --- A cluster's folder ------------------------------------------------------

struct cluster {
    char folder[128];
    struct fault_page *faults[NODES];
    struct count_page *counts[NODES];
    struct trace *traces[NODES];
};

static void cluster_init(struct cluster *c)
{
    snprintf(c->folder, sizeof c->folder, "%s", getenv("TMPDIR"));
    char path[256];
    snprintf(path, sizeof path, "%s/ctl", c->folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/cnt", c->folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (int i = 0; i < NODES; i++) {
        snprintf(path, sizeof path, "%s/ctl/%s", c->folder, names[i]);
        ck_assert_int_eq(
            fault_page_create(path, 1, names, NODES, i, &c->faults[i]), ERR_OK);
        snprintf(path, sizeof path, "%s/cnt/%s", c->folder, names[i]);
        ck_assert_int_eq(count_page_create(path, &c->counts[i]), ERR_OK);
        c->traces[i] = trace_new(count_trace(c->counts[i]), NODES, i);
    }
}

static void cluster_release(struct cluster *c)
{
    for (int i = 0; i < NODES; i++) {
        trace_free(c->traces[i]);
        count_page_close(c->counts[i]);
        fault_page_close(c->faults[i]);
    }
}

// Notes an event at `node` of a call from `source` to `target`. `clock` is what
// came with a message, and gets what the node knows then.
static void note(struct cluster *c, int node, enum trace_kind kind, int source,
                 int target, uint32_t reason, struct slice body,
                 uint32_t *clock)
{
    struct trace_head head = {
        .kind = kind,
        .source = source,
        .target = target,
        .method = count_method(c->counts[node], "Master.Heartbeat"),
        .reason = reason,
        .id = 1234567};
    trace_note(c->traces[node], &head, body, clock, clock == NULL ? 0 : NODES,
               clock);
}

// What the program prints; owned. Ends with its status.
static char *told(int status, char *const *arguments)
{
    char *argv[8] = {"trace"};
    int argc = 1;
    for (; arguments[argc - 1] != NULL; argc++)
        argv[argc] = arguments[argc - 1];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int got = trace_program(argc, argv, out, out);
    fclose(out);
    ck_assert_msg(got == status, "status %d: %s", got, text);
    return text;
}

// The lines without their times, which are never the same.
static void drop_times(char *text)
{
    char *to = text;
    for (char *line = text; *line != '\0';) {
        char *end = strchrnul(line, '\n');
        char *from = line;
        if (end - line > 14 && line[8] == '.') // "     123.456  "
            from += 14;
        while (from < end)
            *to++ = *from++;
        if (*end == '\n')
            *to++ = *end++;
        line = end;
    }
    *to = '\0';
}

// --- Lines -------------------------------------------------------------------

static struct slice packed(const ProtobufCMessage *message)
{
    static unsigned char bytes[256];
    return slice_of(bytes, protobuf_c_message_pack(message, bytes));
}

// A call from c1 to s1, in the four events of one that goes well.
static void note_call(struct cluster *c)
{
    Mr__Attempt attempt = MR__ATTEMPT__INIT;
    attempt.kind = MR__KIND__REDUCE_TASK;
    attempt.task = 7;
    Mr__HeartbeatRequest request = MR__HEARTBEAT_REQUEST__INIT;
    request.attempt = &attempt;
    Mr__HeartbeatReply reply = MR__HEARTBEAT_REPLY__INIT;
    reply.wanted = true;
    uint32_t clock[FAULT_NODES_MAX] = {0};
    note(c, 2, TRACE_SEND, 2, 0, 0, packed(&request.base), clock);
    note(c, 0, TRACE_RECEIVE, 2, 0, 0, packed(&request.base), clock);
    note(c, 0, TRACE_REPLY, 2, 0, 0, packed(&reply.base), clock);
    note(c, 2, TRACE_ANSWER, 2, 0, 0, packed(&reply.base), clock);
}

START_TEST(each_kind_of_event_is_readable)
{
    struct cluster c;
    cluster_init(&c);
    struct slice none = slice_text("");
    struct slice line = slice_text("17.250 s1 paxos: slot 7: decided\x1b");
    uint32_t clock[FAULT_NODES_MAX] = {0}; // one after the other
    note(&c, 2, TRACE_START, 2, 2, 0, slice_text("c1"), clock);
    note_call(&c);
    note(&c, 2, TRACE_REFUSED, 2, 1, RPC_REASON_NO_PEER, none, clock);
    note(&c, 2, TRACE_UNKNOWN, 2, -1, RPC_REASON_TIMEOUT, none, clock);
    note(&c, 2, TRACE_LOST_REQUEST, 2, 1, 0, none, clock);
    note(&c, 1, TRACE_LOST_REQUEST, 2, 1, 0, slice_text("\x0e"), clock);
    note(&c, 1, TRACE_LOST_REPLY, 2, 1, 0, slice_text("\x08\x01"), clock);
    note(&c, 1, TRACE_LATE, 2, 1, 0, slice_text("\x0f"), clock);
    note(&c, 1, TRACE_LOG, 1, 1, 0, line, clock);
    note(&c, 1, TRACE_CRASH, 1, 1, CRASH_BEFORE_REPLY, slice_text("Kv.Put"),
         clock);
    char *text = told(0, (char *[]){c.folder, NULL});
    drop_times(text);
    ck_assert_str_eq(
        text,
        "        time  node\n"
        "c1    starts\n"
        "c1    c1 -> s1      asks     Master.Heartbeat  #34567  "
        "{attempt: {kind: REDUCE_TASK,\n"
        "                  task: 7, attempt: 0}}\n"
        "s1    c1 -> s1      gets     Master.Heartbeat  #34567  "
        "{attempt: {kind: REDUCE_TASK,\n"
        "                  task: 7, attempt: 0}}\n"
        "s1    c1 <- s1      replies  Master.Heartbeat  #34567  "
        "{wanted: true}\n"
        "c1    c1 <- s1      ok       Master.Heartbeat  #34567  "
        "{wanted: true}\n"
        "c1    c1 -> s2      REFUSED  Master.Heartbeat  #34567  "
        "nobody is there\n"
        "c1    c1 -> ?       UNKNOWN  Master.Heartbeat  #34567  "
        "the deadline passed\n"
        "c1    c1 -> s2      LOST     Master.Heartbeat  #34567  the request\n"
        "s2    c1 -> s2      LOST     Master.Heartbeat  #34567  the request "
        "<0e .>\n"
        "s2    c1 <- s2      LOST     Master.Heartbeat  #34567  the reply "
        "{wanted: true}\n"
        "s2    c1 -> s2      LATE     Master.Heartbeat  #34567  <0f .>\n"
        "s2    log  paxos: slot 7: decided?\n"
        "s2    CRASH  after the handler and before the reply of Kv.Put\n");
    free(text);
    cluster_release(&c);
}
END_TEST

START_TEST(a_long_message_is_wrapped_and_its_length_told)
{
    struct cluster c;
    cluster_init(&c);
    char failure[3000];
    memset(failure, 'x', sizeof failure);
    memcpy(failure, "\x12\xb5\x17", 3); // a string of 2997 bytes
    struct trace_head head = {
        .kind = TRACE_SEND,
        .source = 2,
        .target = 0,
        .method = count_method(c.counts[2], "Master.ReportTask")};
    trace_note(c.traces[2], &head, slice_of(failure, sizeof failure), NULL, 0,
               NULL);
    head.method = count_method(c.counts[2], "Nobodys.Own");
    trace_note(c.traces[2], &head, slice_text("\1abc\xff"), NULL, 0, NULL);
    char *text = told(0, (char *[]){c.folder, NULL});
    ck_assert_ptr_nonnull(strstr(text, "(512 of 3000 bytes)"));
    ck_assert_ptr_nonnull(strstr(text, "<01616263ff .abc.>"));
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n"))
        ck_assert_uint_le(strlen(line), 104);
    free(text);
    cluster_release(&c);
}
END_TEST

START_TEST(json_has_the_same_in_fields)
{
    struct cluster c;
    cluster_init(&c);
    note_call(&c);
    struct slice line = slice_text("1.0 s2 rpc: \"a\\b\"\x80");
    note(&c, 1, TRACE_LOG, 1, 1, 0, line, NULL);
    char *text = told(0, (char *[]){c.folder, "--json", "--node", "s2", NULL});
    ck_assert_str_eq(strchr(text, ','),
                     ", \"node\": \"s2\", \"index\": 0, \"kind\": \"log\", "
                     "\"text\": \"rpc: \\\"a\\\\b\\\"\\u0080\", "
                     "\"clock\": {\"s2\": 1}}\n");
    free(text);
    text = told(
        0, (char *[]){c.folder, "--json", "--node", "c1", "--tail", "1", NULL});
    const char *rest = strchr(text, ',');
    ck_assert_int_eq(strncmp(text, "{\"time_ns\": ", 12), 0);
    ck_assert_str_eq(rest,
                     ", \"node\": \"c1\", \"index\": 1, \"kind\": \"answer\", "
                     "\"source\": \"c1\", \"target\": \"s1\", "
                     "\"method\": \"Master.Heartbeat\", \"call\": 1234567, "
                     "\"length\": 2, \"text\": \"{wanted: true}\", "
                     "\"clock\": {\"s1\": 2, \"c1\": 2}}\n");
    free(text);
    cluster_release(&c);
}
END_TEST

START_TEST(one_picks_nodes_and_the_end)
{
    struct cluster c;
    cluster_init(&c);
    note_call(&c);
    char *text = told(0, (char *[]){c.folder, "--node", "s1", NULL});
    ck_assert_ptr_nonnull(strstr(text, "gets"));
    ck_assert_ptr_null(strstr(text, "asks"));
    free(text);
    text = told(0, (char *[]){"--tail", "3", c.folder, "--node", "s1", "--node",
                              "c1", NULL});
    ck_assert_ptr_null(strstr(text, "asks"));
    ck_assert_ptr_nonnull(strstr(text, "gets"));
    ck_assert_ptr_nonnull(strstr(text, "ok"));
    free(text);
    cluster_release(&c);
}
END_TEST

// --- What goes wrong ---------------------------------------------------------

START_TEST(a_killed_nodes_last_words_are_read)
{
    struct cluster c;
    cluster_init(&c);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < TRACE_SLOTS + 10; i++)
            note(&c, 1, TRACE_LOG, 1, 1, 0, slice_text("1.000 s2 rpc: before"),
                 NULL);
        note(&c, 1, TRACE_LOG, 1, 1, 0, slice_text("1.000 s2 rpc: the last"),
             NULL);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    char *text = told(0, (char *[]){c.folder, NULL});
    ck_assert_ptr_eq(strstr(text, "s2: 11 older events are gone\n"), text);
    size_t size = strlen(text);
    ck_assert_str_eq(text + size - 19, "log  rpc: the last\n");
    free(text);
    cluster_release(&c);
}
END_TEST

START_TEST(wrong_arguments_get_the_usage)
{
    struct cluster c;
    cluster_init(&c);
    char *const wrong[][4] = {
        {NULL},
        {"--what", NULL},
        {c.folder, "more", NULL},
        {c.folder, "--tail", NULL},
        {c.folder, "--tail", "-1", NULL},
        {c.folder, "--tail", "0", NULL},
        {c.folder, "--tail", "3x", NULL},
        {c.folder, "--node", NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = told(2, wrong[i]);
        ck_assert_ptr_nonnull(strstr(text, "usage: trace FOLDER"));
        free(text);
    }
    char *text = told(2, (char *[]){c.folder, "--node", "s9", NULL});
    ck_assert_ptr_nonnull(strstr(text, "no node 's9', but s1 s2 c1\n"));
    free(text);
    text = told(0, (char *[]){"--help", NULL});
    ck_assert_ptr_eq(strstr(text, "usage: trace FOLDER"), text);
    free(text);
    cluster_release(&c);
}
END_TEST

static void expect_complaint(struct cluster *c, const char *file,
                             const char *words)
{
    char *text = told(1, (char *[]){c->folder, NULL});
    char path[256];
    snprintf(path, sizeof path, "trace: %s/%s: %s", c->folder, file, words);
    ck_assert_msg(strstr(text, path) == text, "%s", text);
    free(text);
}

START_TEST(what_cannot_be_read_is_named)
{
    struct cluster c;
    cluster_init(&c);
    char path[256];
    snprintf(path, sizeof path, "%s/cnt/s2", c.folder);
    ck_assert_int_eq(truncate(path, 100), 0);
    expect_complaint(&c, "cnt/s2", "malformed data");
    ck_assert_int_eq(unlink(path), 0);
    expect_complaint(&c, "cnt/s2", "not found");
    snprintf(path, sizeof path, "%s/ctl/s2", c.folder);
    ck_assert_int_eq(truncate(path, 100), 0);
    expect_complaint(&c, "ctl/s2", "malformed data");
    for (int i = 0; i < NODES; i++) {
        snprintf(path, sizeof path, "%s/ctl/%s", c.folder, names[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
    expect_complaint(&c, "ctl", "there is no node");
    snprintf(path, sizeof path, "%s/ctl", c.folder);
    ck_assert_int_eq(rmdir(path), 0);
    expect_complaint(&c, "ctl", "No such file or directory (a cluster");
    cluster_release(&c);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"grading", "each kind of event is readable",
         each_kind_of_event_is_readable, 0},
        {"grading", "a long message is wrapped, and its length told",
         a_long_message_is_wrapped_and_its_length_told, 0},
        {"grading", "JSON has the same in fields", json_has_the_same_in_fields,
         0},
        {"grading", "one picks nodes, and the end", one_picks_nodes_and_the_end,
         0},
        {"grading", "a killed node's last words are read",
         a_killed_nodes_last_words_are_read, 0},
        {"grading", "wrong arguments get the usage",
         wrong_arguments_get_the_usage, 0},
        {"grading", "what cannot be read is named",
         what_cannot_be_read_is_named, 0},
    };
    return unit_main(argc, argv, "trace printer", tests,
                     sizeof tests / sizeof tests[0]);
}
