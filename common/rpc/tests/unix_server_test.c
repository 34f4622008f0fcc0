// unix_server_test.c - callers that misbehave, one by one: each may lose its
// connection, and nobody else loses anything.
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/tests/siege.h"
#include "common/rpc/transport.h"
#include "common/rpc/unix_wait.h"
#include "common/runtime/clock.h"
#include "common/runtime/thread.h"

// Sends bytes and waits for the end of the connection.
static void expect_hang_up(struct siege *s, const char *what,
                           struct slice bytes)
{
    int fd = raw_connect(s->path.text);
    raw_send(fd, bytes);
    ssize_t answered = raw_await_end(fd);
    ck_assert_msg(answered == 0, "%s: %s", what,
                  answered < 0 ? "the connection stays" : "is answered");
    close(fd);
    expect_ok(ask_say(&s->w, "bob", "well?", LONG_MS));
}

// A frame whose header is good and whose body is not; or the header itself.
static void expect_bad_message(struct siege *s, const char *what,
                               struct slice head, struct slice body)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_frame(&b, head, body);
    expect_hang_up(s, what, buf_slice(&b));
    buf_release(&b);
}

START_TEST(bytes_that_make_no_sense_end_the_connection)
{
    struct siege s;
    siege_init(&s);
    unsigned char copy[RAW_FRAME_MAX];
    size_t size = s.frame.size;
    memcpy(copy, s.frame.data, size);
    expect_hang_up(&s, "length 0", slice_of("\0\0\0\0", 4));
    expect_hang_up(&s, "length 1", slice_of("\1\0\0\0x", 5));
    expect_hang_up(&s, "64 MiB + 1", slice_of("\1\0\0\4", 4));
    expect_hang_up(&s, "4 GiB - 1", slice_of("\xff\xff\xff\xff", 4));
    expect_hang_up(&s, "HTTP", slice_text("GET / HTTP/1.1\r\n\r\n"));
    copy[size] = 'x';
    expect_hang_up(&s, "a byte behind the frame", slice_of(copy, size + 1));
    memcpy(copy + size, "\x20\x01", 2); // as a field it would be fine
    expect_hang_up(&s, "a field behind the frame", slice_of(copy, size + 2));
    memcpy(copy + size, s.frame.data, size);
    expect_hang_up(&s, "two frames at once", slice_of(copy, 2 * size));
    copy[4] = (unsigned char)(size - 7); // one more than there is
    expect_hang_up(&s, "a header longer than the frame", slice_of(copy, size));
    copy[7] = 0xff;
    expect_hang_up(&s, "a header of 4 GiB", slice_of(copy, size));

    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.method = "Echo.Say";
    unsigned char packed[64];
    struct slice good =
        slice_of(packed, protobuf_c_message_pack(&head.base, packed));
    struct slice bad = slice_of("\x0a\x7f", 2); // a string that is not there
    expect_bad_message(&s, "a bad header", bad, slice_text(""));
    expect_bad_message(&s, "a bad message", good, bad);
    siege_release(&s);
}
END_TEST

START_TEST(half_frames_keep_nobody_waiting)
{
    struct siege s;
    siege_init(&s);
    int fds[200];
    for (size_t i = 0; i < 200; i++) {
        fds[i] = raw_connect(s.path.text);
        raw_send(fds[i], slice_of(s.frame.data, i % s.frame.size));
    }
    for (int i = 0; i < 100; i++)
        expect_ok(ask_say(&s.w, "bob", "hello", LONG_MS));
    for (int i = 0; i < 200; i++) {
        ck_assert(raw_is_open(fds[i])); // who knows what may come
        close(fds[i]);
    }
    siege_release(&s);
}
END_TEST

START_TEST(a_frame_may_come_byte_by_byte)
{
    struct siege s;
    siege_init(&s);
    int fd = raw_connect(s.path.text);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < s.frame.size; i++) {
            raw_send(fd, slice_of(s.frame.data + i, 1));
            thread_yield();
        }
        struct buf reply;
        ck_assert(raw_read_frame(fd, &reply));
        char *text = raw_said(buf_slice(&reply), 1);
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, "good");
        free(text);
        buf_release(&reply);
    }
    close(fd);
    siege_release(&s);
}
END_TEST

START_TEST(memory_is_taken_by_bytes_not_by_promises)
{
    struct siege s;
    siege_init(&s);
    int fds[100];
    for (int i = 0; i < 100; i++) {
        fds[i] = raw_connect(s.path.text);
        raw_send(fds[i], slice_of("\0\0\0\4 64 MiB are to come", 24));
    }
    for (int i = 0; i < 100; i++)
        raw_await_taken(fds[i]);
    expect_ok(ask_say(&s.w, "bob", "hello", LONG_MS));
    struct usage now = usage_of(siege_bob(&s));
    int64_t grown = now.memory - s.before.memory;
    ck_assert_msg(raw_is_slow() || grown < 4 << 20, "%lld bytes for promises",
                  (long long)grown);
    int64_t claimed = now.claimed - s.before.claimed; // stacks of threads, too
    ck_assert_msg(raw_is_slow() || claimed < 16LL * RPC_FRAME_MAX,
                  "%lld bytes claimed for promises", (long long)claimed);
    for (int i = 0; i < 100; i++)
        close(fds[i]);
    siege_release(&s);
}
END_TEST

START_TEST(an_endless_frame_ends_at_the_limit)
{
    struct siege s;
    siege_init(&s);
    static const unsigned char zeros[1 << 16];
    for (int i = 0; i < 3; i++) {
        int fd = raw_connect(s.path.text);
        raw_send(fd, slice_of("\0\0\0\4", 4)); // the largest there may be
        size_t sent = 0;
        while (raw_send(fd, slice_of(zeros, sizeof zeros)))
            sent += sizeof zeros; // ends: it is taken for bad after 64 MiB
        ck_assert_uint_ge(sent, RPC_FRAME_MAX);
        ck_assert_uint_le(sent, RPC_FRAME_MAX + (1 << 20));
        close(fd);
    }
    s.before.memory += RPC_FRAME_MAX; // malloc keeps that of one, not of all
    siege_release(&s);
}
END_TEST

// Whoever holds the pipe's other end keeps us from seeing its end.
START_TEST(descriptors_sent_along_are_dropped)
{
    struct siege s;
    siege_init(&s);
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    int fd = raw_connect(s.path.text);
    for (int count = 1; count <= 251; count += 50) {
        ck_assert(raw_send_fd(fd, s.frame, ends[1], count));
        struct buf reply;
        ck_assert(raw_read_frame(fd, &reply));
        buf_release(&reply);
    }
    ck_assert(raw_send_fd(fd, slice_of("\xff\xff\xff\xff", 4), ends[1], 10));
    ck_assert_int_eq(raw_await_end(fd), 0);
    close(fd);
    close(ends[1]);
    char byte;
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    siege_release(&s);
}
END_TEST

// Reads one frame, and nothing of the one that may be behind it.
static void expect_frame(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    ck_assert_msg(unix_wait_any(&one, 1, clock_now_ms() + LONG_MS / 2),
                  "no reply comes");
    unsigned char bytes[256];
    ck_assert_int_eq(recv(fd, bytes, 4, MSG_WAITALL), 4);
    ck_assert(bytes[0] > 0 && bytes[1] == 0); // the length: it is a small one
    ck_assert_int_eq(recv(fd, bytes + 4, bytes[0], MSG_WAITALL), bytes[0]);
}

// A request whose body is given byte by byte; `out` is begun.
static void make_request(struct buf *out, const char *method,
                         uint32_t timeout_ms, struct slice body)
{
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.method = (char *)(uintptr_t)method; // packing does not write
    head.source = "raw";
    head.timeout_ms = timeout_ms;
    unsigned char packed[64];
    size_t size = protobuf_c_message_pack(&head.base, packed);
    buf_init(out, RAW_FRAME_MAX);
    raw_frame(out, slice_of(packed, size), body);
}

// Nobody has to send a request before the last one's reply is there. But it
// comes while the connection is in a worker's hands, and must not be lost.
START_TEST(a_request_that_comes_early_is_served)
{
    struct siege s;
    siege_init(&s);
    struct buf b;
    make_request(&b, "Echo.Hold", LONG_MS, slice_of(NULL, 0));
    int fd = raw_connect(s.path.text);
    for (int i = 0; i < 20; i++) {
        raw_send(fd, buf_slice(&b));
        world_await_holding(&s.w, BOB, 1);
        raw_send(fd, s.frame);
        expect_ok(ask_say(&s.w, "bob", "hello", LONG_MS)); // is told behind it
        world_let_go(&s.w, BOB);
        expect_frame(fd);
        expect_frame(fd);
    }
    close(fd);
    buf_release(&b);
    siege_release(&s);
}
END_TEST

enum {
    NAPS = 40, // handlers that block: more than threads stay
};

// A request for a reply of 1 MiB, more than a socket takes unread.
static void ask_for_much(struct buf *out, uint32_t timeout_ms)
{
    make_request(out, "Echo.Big", timeout_ms, slice_of("\x08\x80\x80\x40", 4));
}

// Who does not read its replies holds a thread for a while, but no other
// caller: 20 of them, more than there are threads to begin with.
START_TEST(callers_that_do_not_read_keep_nobody_waiting)
{
    struct siege s;
    siege_init(&s);
    struct buf b;
    ask_for_much(&b, 0);
    int fds[20];
    for (int i = 0; i < 20; i++) {
        fds[i] = raw_connect(s.path.text);
        raw_send(fds[i], buf_slice(&b));
    }
    for (int i = 0; i < 20; i++) {
        char byte;
        ck_assert_int_eq(recv(fds[i], &byte, 1, MSG_PEEK), 1); // it begins
    }
    for (int i = 0; i < 100; i++)
        expect_ok(ask_say(&s.w, "bob", "hello", LONG_MS));
    for (int i = 0; i < 20; i++)
        close(fds[i]);
    buf_release(&b);
    s.before.memory += 32 << 20; // malloc keeps what it had for the replies
    siege_release(&s);
}
END_TEST

// Each handler that blocks has a thread; when they are done most of these end.
START_TEST(threads_end_that_are_needed_no_more)
{
    struct siege s;
    siege_init(&s);
    struct buf b;
    make_request(&b, "Echo.Nap", LONG_MS, slice_of("\x08\xf4\x03", 3));
    int fds[NAPS];
    for (int i = 0; i < NAPS; i++) {
        fds[i] = raw_connect(s.path.text);
        raw_send(fds[i], buf_slice(&b));
    }
    int64_t give_up_ms = clock_now_ms() + LONG_MS;
    while (usage_of(siege_bob(&s)).threads < NAPS)
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
    for (int i = 0; i < NAPS; i++)
        close(fds[i]);
    buf_release(&b);
    siege_release(&s);
}
END_TEST

// Nobody wants a reply after its caller's deadline, least of all an orderly
// stop.
START_TEST(a_stop_does_not_wait_for_callers_that_do_not_read)
{
    struct siege s;
    siege_init(&s);
    struct buf b;
    ask_for_much(&b, SHORT_MS);
    int fd = raw_connect(s.path.text);
    raw_send(fd, buf_slice(&b));
    char byte;
    ck_assert_int_eq(recv(fd, &byte, 1, MSG_PEEK), 1); // it begins
    int64_t start_ms = clock_now_ms();
    world_stop(&s.w, BOB);
    world_expect_end(&s.w, BOB, 0);
    int64_t took_ms = clock_now_ms() - start_ms;
    ck_assert_int_lt(took_ms, SHORT_MS + LONG_MS / 2);
    close(fd);
    buf_release(&b);
    buf_release(&s.frame_bytes);
    buf_release(&s.large_bytes);
    world_release(&s.w);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0)
        return node_main(argc, argv);

    const struct unit_test tests[] = {
        {"rpc", "bytes that make no sense end the connection",
         bytes_that_make_no_sense_end_the_connection, 0},
        {"rpc", "half frames keep nobody waiting",
         half_frames_keep_nobody_waiting, 0},
        {"rpc", "a frame may come byte by byte", a_frame_may_come_byte_by_byte,
         0},
        {"rpc", "a request that comes early is served",
         a_request_that_comes_early_is_served, 20},
        {"rpc", "memory is taken by bytes, not by promises",
         memory_is_taken_by_bytes_not_by_promises, 0},
        {"rpc", "an endless frame ends at the limit",
         an_endless_frame_ends_at_the_limit, 0},
        {"rpc", "descriptors sent along are dropped",
         descriptors_sent_along_are_dropped, 0},
        {"rpc", "callers that do not read keep nobody waiting",
         callers_that_do_not_read_keep_nobody_waiting, 0},
        {"rpc", "threads end that are needed no more",
         threads_end_that_are_needed_no_more, 0},
        {"rpc", "a stop does not wait for callers that do not read",
         a_stop_does_not_wait_for_callers_that_do_not_read, 20},
    };
    return unit_main(argc, argv, "rpc server", tests,
                     sizeof tests / sizeof tests[0]);
}
