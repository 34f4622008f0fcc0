// How long a server keeps connections that bring nothing.
#include <check.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/tests/owner.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/unix_port.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"

enum {
    SHORT_MS = 1500,
    NEVER_MS = 1000 * 1000,
    SWEEP_MS = 1000,
    LATE_MS = 5000, // what a slow machine may add
};

// An owner that loses patience after so long.
static void owner_begin(struct owner *o, const char *path, int64_t idle_ms,
                        int64_t frame_ms)
{
    ck_assert_int_eq(owner_start(o, path, "owner"), ERR_OK);
    port_set_patience(o->port, idle_ms, frame_ms);
}

static void ask(int fd)
{
    static const unsigned char question[] = {1, 0, 0, 0, 'x'};
    ck_assert(raw_send(fd, slice_of(question, sizeof question)));
    struct buf answer;
    buf_init(&answer, RAW_FRAME_MAX);
    ck_assert(raw_read_frame(fd, &answer));
    buf_release(&answer);
}

// Waits until `fd` has been closed by the owner while `busy` asks and asks.
static int64_t ms_until_end(int fd, int busy)
{
    int64_t start_ms = clock_now_ms();
    while (raw_is_open(fd)) {
        ask(busy);
        ck_assert_int_lt(clock_now_ms() - start_ms,
                         SHORT_MS + SWEEP_MS + LATE_MS);
        clock_sleep_ms(20);
    }
    return clock_now_ms() - start_ms;
}

START_TEST(an_idle_connection_is_closed)
{
    struct path path = in_folder("s");
    struct owner o;
    owner_begin(&o, path.text, SHORT_MS, NEVER_MS);
    int idle = raw_connect(path.text);
    int busy = raw_connect(path.text);
    ask(idle);
    ck_assert_int_ge(ms_until_end(idle, busy), SHORT_MS - 1);
    ask(busy);
    close(idle);
    close(busy);
    owner_stop(&o);
}
END_TEST

START_TEST(a_frame_that_takes_too_long_ends_its_connection)
{
    static const unsigned char half[] = {9, 0, 0, 0, 'x'};
    struct path path = in_folder("s");
    struct owner o;
    owner_begin(&o, path.text, NEVER_MS, SHORT_MS);
    int idle = raw_connect(path.text);
    int slow = raw_connect(path.text);
    int busy = raw_connect(path.text);
    ck_assert(raw_send(slow, slice_of(half, sizeof half)));
    ck_assert_int_ge(ms_until_end(slow, busy), SHORT_MS - 1);
    ask(idle); // who sends nothing is not slow
    close(idle);
    close(slow);
    close(busy);
    owner_stop(&o);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "an idle connection is closed, a busy one is not",
         an_idle_connection_is_closed, 20},
        {"rpc", "a frame that takes too long ends its connection",
         a_frame_that_takes_too_long_ends_its_connection, 20},
    };
    return unit_main(argc, argv, "rpc patience", tests,
                     sizeof tests / sizeof *tests);
}
