#include "common/rpc/tests/fake.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/rpc/arena.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/unix_frame.h"
#include "common/rpc/unix_wait.h"
#include "common/rpc/wire.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

enum {
    CONNECTIONS_MAX = 64,
    TRICKLE_MS = 7000,
};

struct served {
    int fd;
    struct frame_reader reader;
    uint64_t later; // the request that gets a second reply
};

struct fake {
    int listen_fd;
    int order_fd; // an eventfd: let go, or stop
    int done_fd;  // likewise: the later reply is sent
    atomic_int act;
    atomic_int requests;
    atomic_bool stopping;
    struct thread *thread;
    // The thread's.
    struct served all[CONNECTIONS_MAX];
    int count;
};

// --- Replies -----------------------------------------------------------------

static uint64_t request_id(struct slice frame)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(frame.size));
    struct slice body;
    const Rpc__RequestHeader *head = (Rpc__RequestHeader *)wire_open(
        frame, &rpc__request_header__descriptor, &arena, &body);
    uint64_t id = head != NULL ? head->id : 0;
    arena_release(&arena);
    return id;
}

static void say(int fd, const struct buf *bytes)
{
    raw_send(fd, buf_slice(bytes)); // may find the caller gone
}

static void say_text(int fd, const void *bytes, size_t size)
{
    raw_send(fd, slice_of(bytes, size));
}

static void reply_to(int fd, uint64_t id)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_reply(&b, id, "fake");
    say(fd, &b);
    buf_release(&b);
}

static void reply_in_pieces(int fd, uint64_t id)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_reply(&b, id, "fake");
    for (size_t i = 0; i < b.size; i++) {
        say_text(fd, b.data + i, 1);
        thread_yield(); // so that the caller reads it by itself, mostly
    }
    buf_release(&b);
}

// A byte a millisecond of a reply of 1 MiB.
static void trickle(struct fake *f, int fd)
{
    int64_t until_ms = clock_now_ms() + TRICKLE_MS;
    say_text(fd, "\0\0\x10\0", 4);
    while (clock_now_ms() < until_ms && !atomic_load(&f->stopping) &&
           raw_send(fd, slice_of("x", 1)))
        clock_sleep_ms(1);
}

static void reply_twice(int fd, uint64_t id)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_reply(&b, id, "fake");
    raw_reply(&b, id, "fake");
    say(fd, &b);
    buf_release(&b);
}

// A frame of the header `head` and the body `body`; if `head` does not fit, it
// ends behind the frame.
static void reply_bytes(int fd, struct slice head, struct slice body, bool fits)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_frame(&b, head, body);
    if (!fits)
        b.data[4] = (unsigned char)(head.size + body.size + 1);
    say(fd, &b);
    buf_release(&b);
}

static void reply_with_head(int fd, uint64_t id, int status, struct slice body,
                            bool fits)
{
    Rpc__ReplyHeader head = RPC__REPLY_HEADER__INIT;
    head.id = id;
    head.status = (Rpc__ReplyHeader__Status)status;
    unsigned char packed[64];
    size_t size = protobuf_c_message_pack(&head.base, packed);
    reply_bytes(fd, slice_of(packed, size), body, fits);
}

// A reply that makes no sense, by `act`.
static void talk_nonsense(int fd, uint64_t id, enum fake_act act)
{
    struct slice none = slice_of(NULL, 0);
    struct slice bad = slice_of("\x0a\x7f", 2); // a string that is not there
    if (act == FAKE_TOO_LONG)
        say_text(fd, "\x01\0\0\x04 and more", 13);
    else if (act == FAKE_HUGE)
        say_text(fd, "\xff\xff\xff\xff and more", 13);
    else if (act == FAKE_LENGTH_0)
        say_text(fd, "\0\0\0\0", 4);
    else if (act == FAKE_EMPTY_HEAD)
        reply_bytes(fd, none, none, true);
    else if (act == FAKE_BAD_HEAD)
        reply_bytes(fd, bad, none, true);
    else if (act == FAKE_LONG_HEAD)
        reply_with_head(fd, id, 0, none, false);
    else if (act == FAKE_BAD_STATUS)
        reply_with_head(fd, id, 77, none, true);
    else if (act == FAKE_BAD_BODY)
        reply_with_head(fd, id, 0, bad, true);
}

// Does what is to be done with request `id`; false: and then closes.
static bool perform(struct fake *f, struct served *s, uint64_t id)
{
    enum fake_act act = (enum fake_act)atomic_load(&f->act);
    switch (act) {
    case FAKE_REPLY:
    case FAKE_GREETING:
        reply_to(s->fd, id);
        return true;
    case FAKE_BYTE_BY_BYTE:
        reply_in_pieces(s->fd, id);
        return true;
    case FAKE_TRICKLE:
        trickle(f, s->fd);
        return false;
    case FAKE_HALF_REPLY:
        say_text(s->fd, "\x20\0\0\0\x09", 5);
        return false;
    case FAKE_CLOSE:
    case FAKE_HANG_UP_MIDWAY:
        return false;
    case FAKE_NEVER:
        return true;
    case FAKE_ON_ORDER:
        s->later = id;
        return true;
    case FAKE_WRONG_ID:
    case FAKE_REPLY_LATER:
        reply_to(s->fd, act == FAKE_WRONG_ID ? id + 1 : id);
        s->later = id;
        return true;
    case FAKE_TWO_REPLIES:
        reply_twice(s->fd, id);
        return true;
    case FAKE_TOO_LONG:
    case FAKE_HUGE:
    case FAKE_LENGTH_0:
    case FAKE_EMPTY_HEAD:
    case FAKE_BAD_HEAD:
    case FAKE_LONG_HEAD:
    case FAKE_BAD_STATUS:
    case FAKE_BAD_BODY:
        talk_nonsense(s->fd, id, act);
        return true;
    }
    abort();
}

// --- Connections -------------------------------------------------------------

static void drop(struct fake *f, int i)
{
    close(f->all[i].fd);
    frame_reader_release(&f->all[i].reader);
    f->count--;
    f->all[i] = f->all[f->count];
}

static void take_connection(struct fake *f)
{
    int fd = accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (f->count == CONNECTIONS_MAX)
        drop(f, 0);
    if (atomic_load(&f->act) == FAKE_GREETING)
        reply_to(fd, 0);
    struct served *s = &f->all[f->count++];
    *s = (struct served){.fd = fd};
    frame_reader_init(&s->reader);
}

// Reads what came; false: the connection is over.
static bool serve(struct fake *f, struct served *s)
{
    if (atomic_load(&f->act) == FAKE_HANG_UP_MIDWAY)
        return false; // what came remains unread
    struct buf frame;
    switch (frame_read(&s->reader, s->fd)) {
    case FRAME_WHOLE:
        frame_reader_take(&s->reader, &frame);
        break;
    case FRAME_MORE:
        return true;
    case FRAME_EOF:
    case FRAME_BAD:
    case FRAME_BROKEN:
        return false;
    }
    uint64_t id = request_id(buf_slice(&frame));
    buf_release(&frame);
    bool stays = perform(f, s, id);
    atomic_fetch_add(&f->requests, 1);
    return stays;
}

static void follow_order(struct fake *f)
{
    uint64_t orders;
    if (read(f->order_fd, &orders, sizeof orders) < 0)
        return;
    for (int i = 0; i < f->count; i++) {
        if (f->all[i].later != 0)
            reply_to(f->all[i].fd, f->all[i].later);
        f->all[i].later = 0;
    }
    uint64_t one = 1;
    if (write(f->done_fd, &one, sizeof one) < 0)
        abort();
}

static void fake_main(void *arg)
{
    struct fake *f = arg;
    while (!atomic_load(&f->stopping)) {
        struct pollfd fds[CONNECTIONS_MAX + 2];
        int count = f->count;
        for (int i = 0; i < count; i++)
            fds[i] = (struct pollfd){.fd = f->all[i].fd, .events = POLLIN};
        fds[count] = (struct pollfd){.fd = f->listen_fd, .events = POLLIN};
        fds[count + 1] = (struct pollfd){.fd = f->order_fd, .events = POLLIN};
        unix_wait_any(fds, (size_t)count + 2, CLOCK_NEVER);
        if (fds[count + 1].revents != 0)
            follow_order(f);
        for (int i = count - 1; i >= 0; i--) // from behind: drop moves the last
            if (fds[i].revents != 0 && !serve(f, &f->all[i]))
                drop(f, i);
        if (fds[count].revents != 0)
            take_connection(f);
    }
    while (f->count > 0)
        drop(f, 0);
}

struct fake *fake_start(const char *path)
{
    struct fake *f = xcalloc(1, sizeof *f);
    f->listen_fd = raw_listen(path, 100);
    f->order_fd = eventfd(0, EFD_CLOEXEC);
    f->done_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert(f->order_fd >= 0 && f->done_fd >= 0);
    ck_assert_int_eq(thread_start("fake", fake_main, f, &f->thread), ERR_OK);
    return f;
}

void fake_set(struct fake *f, enum fake_act act)
{
    atomic_store(&f->act, (int)act);
}

int fake_requests(struct fake *f)
{
    return atomic_load(&f->requests);
}

static void give_order(struct fake *f)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(f->order_fd, &one, sizeof one), sizeof one);
}

void fake_let_go(struct fake *f)
{
    give_order(f);
    uint64_t done;
    ck_assert_int_eq(read(f->done_fd, &done, sizeof done), sizeof done);
}

void fake_stop(struct fake *f)
{
    atomic_store(&f->stopping, true);
    give_order(f);
    thread_join(f->thread);
    close(f->listen_fd);
    close(f->order_fd);
    close(f->done_fd);
    free(f);
}
