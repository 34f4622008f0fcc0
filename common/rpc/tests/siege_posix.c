#include "common/rpc/tests/siege.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/rpc/tests/ask.h"
#include "common/runtime/process.h"

enum {
    SPARE_THREADS = 16,   // that serving many at once may leave
    GROWTH_MAX = 4 << 20, // bytes that malloc keeps for later, at most
};

pid_t siege_bob(const struct siege *s)
{
    return (pid_t)process_id(s->w.processes[BOB]);
}

void siege_init(struct siege *s)
{
    setenv("LAB_LOG", "error", 1); // bob would complain about each of them
    world_init(&s->w);
    world_spawn(&s->w, BOB);
    s->path = world_socket(&s->w, BOB);
    buf_init(&s->frame_bytes, RAW_FRAME_MAX);
    raw_say(&s->frame_bytes, 1, "good");
    s->frame = buf_slice(&s->frame_bytes);
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buf_init(&s->large_bytes, RAW_FRAME_MAX);
    raw_say(&s->large_bytes, 1, text);
    s->large = buf_slice(&s->large_bytes);
    for (int i = 0; i < 100; i++)
        expect_ok(ask_say(&s->w, "bob", "warm", LONG_MS));
    s->before = usage_of(siege_bob(s));
    s->before.threads += SPARE_THREADS;
}

void siege_release(struct siege *s)
{
    usage_await(siege_bob(s), s->before);
    expect_ok(ask_say(&s->w, "bob", "still there", LONG_MS));
    int64_t grown = usage_of(siege_bob(s)).memory - s->before.memory;
    ck_assert_msg(raw_is_slow() || grown < GROWTH_MAX,
                  "bob has grown by %lld bytes", (long long)grown);
    world_stop(&s->w, BOB);
    world_expect_end(&s->w, BOB, 0);
    buf_release(&s->frame_bytes);
    buf_release(&s->large_bytes);
    world_release(&s->w);
}
