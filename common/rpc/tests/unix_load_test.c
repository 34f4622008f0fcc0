// unix_load_test.c - signals, tiny buffers, no descriptors, and too many
// connections: the library goes on.
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/transport.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"

enum {
    CALLS = 3000,
    WATCH_MS = 500,
    FLOOD = 40, // connections that find no descriptor
};

static pid_t pid_of(const struct world *w, enum world_node i)
{
    return (pid_t)process_id(w->processes[i]);
}

// --- Signals -----------------------------------------------------------------

static atomic_int alarms;

static void count_alarm(int number)
{
    (void)number;
    atomic_fetch_add(&alarms, 1);
}

// From now on a signal every millisecond, which system calls are not to be
// restarted after.
static void start_alarms(void)
{
    struct sigaction act = {.sa_handler = count_alarm};
    sigaction(SIGALRM, &act, NULL);
    struct timeval every = {.tv_usec = raw_is_slow() ? 5000 : 1000};
    setitimer(ITIMER_REAL, &(struct itimerval){every, every}, NULL);
}

static bool count_ok(void *arg, size_t i, struct rpc_answer *answer)
{
    (void)i;
    int *ok = arg;
    *ok += answer->outcome == RPC_OK;
    return true;
}

static int gather_from_all(struct world *w)
{
    static const char *const to[] = {"ann", "bob", "cid"};
    struct rpc_method say = {&echo__descriptor, "Say"};
    SayRequest request = SAY_REQUEST__INIT;
    int ok = 0;
    rpc_gather(w->me, to, 3, &say, &request.base, clock_now_ms() + LONG_MS,
               count_ok, &ok);
    return ok;
}

START_TEST(signals_disturb_neither_side)
{
    struct world w;
    world_init(&w);
    setenv("ALARMS", "1", 1); // for the nodes: see main()
    for (enum world_node i = ANN; i <= CID; i++)
        world_spawn(&w, i);
    BigRequest big = BIG_REQUEST__INIT;
    big.size = 1 << 20;
    start_alarms();
    for (int i = 0; i < raw_scaled(CALLS); i++) {
        expect_ok(ask_say(&w, "bob", "in spite of signals", LONG_MS));
        if (i % 10 == 0)
            ck_assert_int_eq(gather_from_all(&w), 3);
        if (i % 50 == 0)
            ck_assert_uint_eq(ask(&w, "bob", "Big", &big.base, LONG_MS).size,
                              1 << 20);
    }
    ck_assert_int_gt(atomic_load(&alarms), 20);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    for (enum world_node i = ANN; i <= CID; i++) {
        world_stop(&w, i);
        world_expect_end(&w, i, 0);
    }
    world_release(&w);
}
END_TEST

// --- Short reads and writes --------------------------------------------------

static void echo_frames(void *arg)
{
    struct port *p = arg;
    for (struct inbound *in = port_next(p); in != NULL; in = port_next(p)) {
        struct slice frame = inbound_frame(in); // ends: port_shut
        unsigned char *copy = xmalloc(TRANSPORT_ROOM + frame.size);
        memcpy(copy + TRANSPORT_ROOM, frame.data, frame.size);
        inbound_reply(in, slice_of(copy + TRANSPORT_ROOM, frame.size),
                      CLOCK_NEVER);
        inbound_done(in);
        free(copy);
    }
}

// Makes the buffers of all sockets of this process as small as they can be:
// about 4 KiB.
static int shrink_sockets(void)
{
    int shrunk = 0;
    int least = 1;
    for (int fd = 3; fd < 1024; fd++)
        shrunk +=
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0;
    return shrunk;
}

// A port that sends each frame back, a dialer, and random bytes to send.
struct stage {
    char path[128];
    struct port *port;
    struct thread *thread;
    struct dialer *dialer;
    unsigned char *room; // TRANSPORT_ROOM, and the bytes behind it
    unsigned char *bytes;
};

static void stage_init(struct stage *s, size_t most)
{
    snprintf(s->path, sizeof s->path, "%s/s", getenv("TMPDIR"));
    ck_assert_int_eq(port_open(s->path, &s->port), ERR_OK);
    ck_assert_int_eq(thread_start("echo", echo_frames, s->port, &s->thread),
                     ERR_OK);
    s->dialer = dialer_new();
    s->room = xmalloc(TRANSPORT_ROOM + most);
    s->bytes = s->room + TRANSPORT_ROOM;
    struct random random;
    random_init(&random, 1);
    for (size_t i = 0; i + 8 <= most; i += 8) {
        uint64_t word = random_next(&random);
        memcpy(s->bytes + i, &word, 8);
    }
}

static void stage_release(struct stage *s)
{
    dialer_free(s->dialer);
    port_shut(s->port);
    thread_join(s->thread);
    port_close(s->port);
    free(s->room);
}

static void expect_echo(struct stage *s, size_t size)
{
    struct slice frame = slice_of(s->bytes, size);
    int64_t deadline_ms = clock_now_ms() + RAW_WAIT_MS;
    struct exchange *e = exchange_start(s->dialer, s->path, frame, deadline_ms);
    ck_assert_int_eq(exchange_wait(s->dialer, &e, 1, deadline_ms), 0);
    ck_assert_int_eq(exchange_state(e), EXCHANGE_REPLIED);
    ck_assert(slice_equal(exchange_reply(e), frame));
    exchange_end(e);
}

START_TEST(large_frames_pass_through_tiny_buffers)
{
    struct stage s;
    size_t most = raw_is_slow() ? 1 << 20 : 16 << 20; // within RPC_FRAME_MS
    stage_init(&s, most);
    expect_echo(&s, 8);
    ck_assert_int_ge(shrink_sockets(), 3); // listening, and both ends
    start_alarms();
    const size_t sizes[] = {8,        4096,    4097, (64 << 10) - 4,
                            64 << 10, 1 << 20, most};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        expect_echo(&s, sizes[i]);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    stage_release(&s);
}
END_TEST

START_TEST(the_largest_frame_passes)
{
    struct stage s;
    size_t most = raw_is_slow() ? 1 << 20 : RPC_FRAME_MAX; // as above
    stage_init(&s, most);
    expect_echo(&s, most);
    expect_echo(&s, most - 1);
    stage_release(&s);
}
END_TEST

// --- No descriptors, too many connections ------------------------------------

// Lets a process have no descriptors with numbers from `most` on; 0: as many
// as the system allows.
static void limit_descriptors(pid_t pid, int most)
{
    struct rlimit limit;
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = most > 0 ? (rlim_t)most : limit.rlim_max;
    ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

// The number that the next descriptor of a process gets.
static int next_descriptor(pid_t pid)
{
    char path[64];
    for (int number = 0;; number++) { // ends: there are only so many
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, number);
        if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            return number;
    }
}

START_TEST(a_server_without_descriptors_waits_without_work)
{
    struct world w;
    world_begin(&w);
    expect_ok(ask_say(&w, "bob", "kept", LONG_MS));
    pid_t bob = pid_of(&w, BOB);
    limit_descriptors(bob, next_descriptor(bob) + 3);
    struct world_path path = world_socket(&w, BOB);
    int fds[FLOOD];
    for (int i = 0; i < FLOOD; i++)
        fds[i] = raw_connect(path.text);

    // It serves whom it has, and does nothing about the others.
    for (int i = 0; i < 100; i++)
        expect_ok(ask_say(&w, "bob", "hello", LONG_MS));
    int64_t cpu_ms = usage_of(bob).cpu_ms;
    clock_sleep_ms(WATCH_MS);
    cpu_ms = usage_of(bob).cpu_ms - cpu_ms;
    ck_assert_msg(cpu_ms < WATCH_MS / 10, "starved, it works for %d of %d ms",
                  (int)cpu_ms, WATCH_MS);

    // Those that wait are served as soon as there is room.
    struct buf say;
    buf_init(&say, RAW_FRAME_MAX);
    raw_say(&say, 1, "at last");
    for (int i = 0; i < FLOOD; i++) {
        struct buf reply;
        raw_send(fds[i], buf_slice(&say));
        ck_assert_msg(raw_read_frame(fds[i], &reply), "%d waits for ever", i);
        buf_release(&reply);
        close(fds[i]);
    }
    buf_release(&say);
    world_release(&w);
}
END_TEST

// Descriptors that somebody else in the process gives back count as well.
START_TEST(a_starved_server_finds_descriptors_by_itself)
{
    struct world w;
    world_begin(&w);
    pid_t bob = pid_of(&w, BOB);
    limit_descriptors(bob, next_descriptor(bob));
    struct told told = ask_say(&w, "bob", "no room", SHORT_MS);
    expect(told, RPC_UNKNOWN, RPC_REASON_TIMEOUT, AT_DEADLINE);
    limit_descriptors(bob, 0);
    expect_ok(ask_say(&w, "bob", "room", LONG_MS));
    world_release(&w);
}
END_TEST

START_TEST(of_too_many_connections_the_longest_idle_goes)
{
    struct world w;
    world_begin(&w);
    struct world_path path = world_socket(&w, BOB);
    enum { MORE = 10 };
    static int fds[RPC_CONNECTIONS_MAX + MORE];
    struct buf say;
    buf_init(&say, RAW_FRAME_MAX);
    raw_say(&say, 1, "busy");
    for (int i = 0; i < RPC_CONNECTIONS_MAX + MORE; i++) {
        fds[i] = raw_connect(path.text);
        struct buf reply; // so that all come in their order
        raw_send(fds[i], buf_slice(&say));
        ck_assert_msg(raw_read_frame(fds[i], &reply), "connection %d", i);
        buf_release(&reply);
        if (i != RPC_CONNECTIONS_MAX - 1)
            continue;
        for (int j = 0; j < RPC_CONNECTIONS_MAX; j += 1000) // not idle
            raw_send(fds[j], buf_slice(&say));
        for (int j = 0; j < RPC_CONNECTIONS_MAX; j += 1000) {
            ck_assert(raw_read_frame(fds[j], &reply));
            buf_release(&reply);
        }
    }
    int gone = 0;
    for (int i = 0; i < RPC_CONNECTIONS_MAX + MORE; i++)
        gone += !raw_is_open(fds[i]);
    ck_assert_int_eq(gone, MORE);
    ck_assert(raw_is_open(fds[0]));
    for (int i = 1; i <= MORE; i++)
        ck_assert(!raw_is_open(fds[i]));
    expect_ok(ask_say(&w, "bob", "and me", LONG_MS));
    buf_release(&say);
    world_release(&w);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0) {
        if (getenv("ALARMS") != NULL)
            start_alarms();
        return node_main(argc, argv);
    }
    const struct unit_test tests[] = {
        {"rpc", "signals disturb neither side", signals_disturb_neither_side,
         20},
        {"rpc", "large frames pass through tiny buffers",
         large_frames_pass_through_tiny_buffers, 20},
        {"rpc", "a frame of 64 MiB passes", the_largest_frame_passes, 20},
        {"rpc", "a server without descriptors waits without work",
         a_server_without_descriptors_waits_without_work, 0},
        {"rpc", "a starved server finds descriptors by itself",
         a_starved_server_finds_descriptors_by_itself, 0},
        {"rpc", "of too many connections the longest idle goes",
         of_too_many_connections_the_longest_idle_goes, 0},
    };
    return unit_main(argc, argv, "rpc under load", tests,
                     sizeof tests / sizeof tests[0]);
}
