#include "common/rpc/tests/world.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/node.h"
#include "common/rpc/rpc.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"

const char *const world_names[WORLD_NODES] = {"me", "ann", "bob", "cid"};

struct world_path world_path(const struct world *w, const char *format, ...)
{
    struct world_path p;
    size_t used = (size_t)snprintf(p.text, sizeof p.text, "%s/", w->folder);
    va_list args;
    va_start(args, format);
    vsnprintf(p.text + used, sizeof p.text - used, format, args);
    va_end(args);
    return p;
}

struct world_path world_socket(const struct world *w, enum world_node i)
{
    return world_path(w, "sock/%s/s", world_names[i]);
}

struct world_path world_link_path(const struct world *w, enum world_node from,
                                  enum world_node to)
{
    return world_path(w, "net/%s/%s", world_names[from], world_names[to]);
}

static struct world_path control_path(const struct world *w, enum world_node i)
{
    return world_path(w, "sock/%s/c", world_names[i]);
}

static void make_folder(const char *path)
{
    ck_assert_msg(mkdir(path, 0755) == 0, "mkdir %s: %s", path,
                  strerror(errno));
}

static void make_pages(struct world *w, enum world_node i)
{
    make_folder(world_path(w, "net/%s", world_names[i]).text);
    int err =
        fault_page_create(world_path(w, "ctl/%s", world_names[i]).text, w->seed,
                          world_names, WORLD_NODES, (int)i, &w->faults[i]);
    ck_assert_int_eq(err, ERR_OK);
    err = count_page_create(world_path(w, "cnt/%s", world_names[i]).text,
                            &w->counts[i]);
    ck_assert_int_eq(err, ERR_OK);
}

void world_init(struct world *w)
{
    *w = (struct world){.seed = 0};
    const char *seed = getenv("LAB_SEED");
    w->seed = seed != NULL ? strtoull(seed, NULL, 0) : 1;
    snprintf(w->folder, sizeof w->folder, "%s", getenv("TMPDIR"));

    static const char *const folders[] = {"sock", "net", "ctl", "cnt"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make_folder(world_path(w, "%s", folders[i]).text);
    for (enum world_node i = ME; i < WORLD_NODES; i++)
        make_pages(w, i);
    ck_assert_int_eq(node_open(w->folder, world_names[ME], false, &w->me),
                     ERR_OK);
    ck_assert_int_eq(node_open(w->folder, "harness", false, &w->harness),
                     ERR_OK);
}

void world_begin(struct world *w)
{
    world_init(w);
    world_spawn(w, BOB);
}

void world_release(struct world *w)
{
    node_close(w->me);
    node_close(w->harness);
    for (enum world_node i = ME; i < WORLD_NODES; i++) {
        process_free(w->processes[i]);
        fault_page_close(w->faults[i]);
        count_page_close(w->counts[i]);
    }
}

// A call to the control server of `i`.
static enum rpc_outcome order(struct world *w, enum world_node i,
                              const char *method,
                              const ProtobufCMessage *request,
                              struct rpc_answer *answer)
{
    struct rpc_method m = {&echo__descriptor, method};
    return rpc_call(w->harness, control_path(w, i).text, &m, request,
                    clock_now_ms() + WORLD_WAIT_MS, answer);
}

static void order_nothing(struct world *w, enum world_node i,
                          const char *method)
{
    Nothing request = NOTHING__INIT;
    struct rpc_answer answer;
    enum rpc_outcome outcome = order(w, i, method, &request.base, &answer);
    ck_assert_msg(outcome == RPC_OK, "order %s to %s: %s (%s)", method,
                  world_names[i], rpc_outcome_text(outcome),
                  rpc_reason_text(answer.reason));
    rpc_answer_release(&answer);
}

static bool ask_counts(struct world *w, enum world_node i,
                       struct world_counts *out)
{
    Nothing request = NOTHING__INIT;
    struct rpc_answer answer;
    bool ok = order(w, i, "Count", &request.base, &answer) == RPC_OK;
    if (ok) {
        const CountReply *reply = (const CountReply *)answer.reply;
        *out = (struct world_counts){reply->said, reply->napped, reply->holding,
                                     reply->life};
    }
    rpc_answer_release(&answer);
    return ok;
}

struct world_counts world_count(struct world *w, enum world_node i)
{
    struct world_counts counts;
    ck_assert_msg(ask_counts(w, i, &counts), "%s does not tell its counts",
                  world_names[i]);
    return counts;
}

void world_run(struct world *w, enum world_node i)
{
    w->lives[i]++;
    char life[16];
    snprintf(life, sizeof life, "%u", w->lives[i]);
    char *program = process_own_path();
    const char *argv[] = {program,        "node", w->folder,
                          world_names[i], life,   NULL};
    struct process_spec spec = {.argv = argv};
    process_free(w->processes[i]);
    ck_assert_int_eq(process_spawn(&spec, &w->processes[i]), ERR_OK);
    free(program);

    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    struct world_counts counts = {.life = 0};
    while (!ask_counts(w, i, &counts) || counts.life != w->lives[i]) {
        ck_assert_msg(process_wait(w->processes[i], 0, NULL) == ERR_TIMEOUT,
                      "%s ended at once", world_names[i]);
        ck_assert_msg(clock_now_ms() < give_up_ms, "%s does not serve",
                      world_names[i]);
        clock_sleep_ms(1);
    }
}

void world_link(struct world *w, enum world_node i)
{
    for (enum world_node from = ME; from < WORLD_NODES; from++) {
        struct world_path path = world_link_path(w, from, i);
        unlink(path.text);
        ck_assert_int_eq(link(world_socket(w, i).text, path.text), 0);
    }
}

void world_spawn(struct world *w, enum world_node i)
{
    world_run(w, i);
    world_link(w, i);
}

void world_kill(struct world *w, enum world_node i)
{
    process_kill(w->processes[i]);
    world_expect_end(w, i, -1);
}

void world_expect_end(struct world *w, enum world_node i, int code)
{
    struct process_end end;
    int err =
        process_wait(w->processes[i], clock_now_ms() + WORLD_WAIT_MS, &end);
    ck_assert_msg(err == ERR_OK, "%s does not end", world_names[i]);
    ck_assert_int_eq(end.exited, code >= 0);
    if (end.exited)
        ck_assert_int_eq(end.code, code);
    else
        ck_assert_int_eq(end.signal, SIGKILL);
}

void world_let_go(struct world *w, enum world_node i)
{
    order_nothing(w, i, "Release");
}

void world_stop(struct world *w, enum world_node i)
{
    order_nothing(w, i, "Stop");
}

int world_order_call(struct world *w, enum world_node from, enum world_node to,
                     uint32_t timeout_ms)
{
    char *name = strdup(world_names[to]);
    ChainRequest request = CHAIN_REQUEST__INIT;
    request.n_to = 1;
    request.to = &name;
    request.timeout_ms = timeout_ms;
    struct rpc_answer answer;
    ck_assert_int_eq(order(w, from, "Chain", &request.base, &answer), RPC_OK);
    int outcome = (int)((const ChainReply *)answer.reply)->outcome;
    rpc_answer_release(&answer);
    free(name);
    return outcome;
}

void world_flags(struct world *w, uint32_t flags)
{
    for (enum world_node i = ME; i < WORLD_NODES; i++)
        fault_set_flags(w->faults[i], flags);
}

void world_cut(struct world *w, enum world_node from, enum world_node to,
               bool cut)
{
    fault_cut_out(w->faults[from], (int)to, cut);
    fault_cut_in(w->faults[to], (int)from, cut);
}

void world_rule(struct world *w, enum world_node at, struct fault_rule rule)
{
    ck_assert_int_eq(fault_add_rule(w->faults[at], &rule), ERR_OK);
}

static struct fault_rule rule_for(const char *method)
{
    struct fault_rule rule = {.source = FAULT_ANYBODY};
    snprintf(rule.method, sizeof rule.method, "Echo.%s", method);
    return rule;
}

void world_lose_requests(struct world *w, enum world_node at,
                         const char *method)
{
    struct fault_rule rule = rule_for(method);
    rule.lose_request_ppm = FAULT_SURE;
    world_rule(w, at, rule);
}

void world_lose_replies(struct world *w, enum world_node at, const char *method)
{
    struct fault_rule rule = rule_for(method);
    rule.lose_reply_ppm = FAULT_SURE;
    world_rule(w, at, rule);
}

void world_make_late(struct world *w, enum world_node at, const char *method,
                     uint32_t late_ms)
{
    struct fault_rule rule = rule_for(method);
    rule.late_ppm = FAULT_SURE;
    rule.late_ms = late_ms;
    world_rule(w, at, rule);
}

void world_delay(struct world *w, enum world_node at, const char *method,
                 uint32_t min_ms, uint32_t max_ms)
{
    struct fault_rule rule = rule_for(method);
    rule.delay_ppm = FAULT_SURE;
    rule.delay_min_ms = min_ms;
    rule.delay_max_ms = max_ms;
    world_rule(w, at, rule);
}

struct count *world_cell(struct world *w, enum world_node node,
                         enum world_node peer, const char *method)
{
    char full[FAULT_METHOD_MAX];
    snprintf(full, sizeof full, "Echo.%s", method);
    int number = count_method(w->counts[node], full);
    ck_assert_int_ge(number, 0);
    return count_at(w->counts[node], (int)peer, number);
}

void world_await(const _Atomic uint64_t *cell, uint64_t n)
{
    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    while (atomic_load(cell) < n) {
        ck_assert_msg(clock_now_ms() < give_up_ms,
                      "counted %" PRIu64 ", not %" PRIu64, atomic_load(cell),
                      n);
        clock_sleep_ms(1);
    }
}

static uint64_t said(const struct world_counts *counts)
{
    return counts->said;
}

static uint64_t napped(const struct world_counts *counts)
{
    return counts->napped;
}

static uint64_t holding(const struct world_counts *counts)
{
    return counts->holding;
}

static void await_count(struct world *w, enum world_node i, uint64_t n,
                        uint64_t (*value)(const struct world_counts *))
{
    int64_t give_up_ms = clock_now_ms() + WORLD_WAIT_MS;
    for (;;) { // ends: the assertion below
        struct world_counts counts = world_count(w, i);
        if (value(&counts) >= n)
            return;
        ck_assert_msg(clock_now_ms() < give_up_ms,
                      "%s counts %" PRIu64 ", not %" PRIu64, world_names[i],
                      value(&counts), n);
        clock_sleep_ms(1);
    }
}

void world_await_said(struct world *w, enum world_node i, uint64_t n)
{
    await_count(w, i, n, said);
}

void world_await_napped(struct world *w, enum world_node i, uint64_t n)
{
    await_count(w, i, n, napped);
}

void world_await_holding(struct world *w, enum world_node i, uint64_t n)
{
    await_count(w, i, n, holding);
}
