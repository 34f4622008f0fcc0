#include "common/rpc/tests/ask.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/rpc/tests/echo.pb-c.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

static void take_say(struct told *told, const SayReply *reply)
{
    snprintf(told->text, sizeof told->text, "%s", reply->text);
    snprintf(told->name, sizeof told->name, "%s", reply->name);
    snprintf(told->source, sizeof told->source, "%s", reply->source);
    told->life = reply->life;
    told->left_ms = reply->left_ms;
    told->size = strlen(reply->text);
}

struct told ask(struct world *w, const char *to, const char *method,
                const ProtobufCMessage *request, int64_t timeout_ms)
{
    struct told told = {.timeout_ms = timeout_ms};
    struct rpc_method m = {&echo__descriptor, method};
    struct rpc_answer answer;
    int64_t start_ms = clock_now_ms();
    told.outcome =
        rpc_call(w->me, to, &m, request, start_ms + timeout_ms, &answer);
    told.took_ms = clock_now_ms() - start_ms;
    told.reason = answer.reason;

    ck_assert_int_eq(answer.outcome, told.outcome);
    ck_assert_int_eq(answer.reply != NULL, told.outcome == RPC_OK);
    ck_assert_int_eq(told.reason == RPC_REASON_NONE, told.outcome == RPC_OK);
    if (told.outcome == RPC_OK && strcmp(method, "Say") == 0) {
        ck_assert_ptr_eq(answer.reply->descriptor, &say_reply__descriptor);
        take_say(&told, (const SayReply *)answer.reply);
    } else if (told.outcome == RPC_OK && strcmp(method, "Big") == 0) {
        told.size = ((const BigReply *)answer.reply)->data.len;
    }
    rpc_answer_release(&answer);
    return told;
}

struct told ask_say(struct world *w, const char *to, const char *text,
                    int64_t timeout_ms)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    SayRequest request = SAY_REQUEST__INIT;
    request.text = copy;
    return ask(w, to, "Say", &request.base, timeout_ms);
}

struct told ask_nothing(struct world *w, const char *to, const char *method,
                        int64_t timeout_ms)
{
    Nothing request = NOTHING__INIT;
    return ask(w, to, method, &request.base, timeout_ms);
}

static void ask_in_thread(void *arg)
{
    struct asking *a = arg;
    if (a->request == NULL)
        a->told = ask_nothing(a->w, a->to, a->method, a->timeout_ms);
    else
        a->told = ask(a->w, a->to, a->method, a->request, a->timeout_ms);
}

void ask_begin(struct asking *a)
{
    ck_assert_int_eq(thread_start("ask", ask_in_thread, a, &a->thread), ERR_OK);
}

struct told ask_end(struct asking *a)
{
    thread_join(a->thread);
    return a->told;
}

void expect_at(int line, struct told told, enum rpc_outcome outcome,
               enum rpc_reason reason, enum when when)
{
    ck_assert_msg(told.outcome == outcome && told.reason == reason,
                  "line %d: %s (%s) instead of %s (%s)", line,
                  rpc_outcome_text(told.outcome), rpc_reason_text(told.reason),
                  rpc_outcome_text(outcome), rpc_reason_text(reason));
    bool early = told.took_ms < told.timeout_ms;
    bool fine = when == AT_ONCE
                    ? told.took_ms < told.timeout_ms / 2
                    : !early && told.took_ms < told.timeout_ms + LONG_MS / 2;
    ck_assert_msg(fine, "line %d: took %" PRId64 " of %" PRId64 " ms, not %s",
                  line, told.took_ms, told.timeout_ms,
                  when == AT_ONCE ? "at once" : "until the deadline");
}
