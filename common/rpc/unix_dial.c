// The calling side of transport.h on Unix-domain sockets.
//
// Connections are kept by path and inode. Before each exchange the path is
// looked at: gone means refused, another inode means another owner, and the
// connections kept to the old one are closed. The same inode with a dead
// connection (file systems reuse inodes) shows when the first byte is sent:
// EPIPE before any byte was taken means that nothing was sent, so it is dialed
// again.
//
// An exchange that is ended before its reply leaves its connection owing. The
// oldest owing connections of a path are looked at when somebody needs a
// connection to it: one whose reply came and was dropped is as good as new,
// one whose deadline passed is closed; beyond RPC_OWING_MAX the oldest goes.
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/rpc/rpc.h"
#include "common/rpc/transport.h"
#include "common/rpc/unix_frame.h"
#include "common/rpc/unix_wait.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/mutex.h"

enum {
    KEPT_MAX = 64,       // idle connections to one path
    OWING_LOOKED_AT = 4, // of the oldest, when a connection is needed
    REDIAL_MS = 2,       // a full backlog is tried again after this
};

struct connection {
    int fd;
    dev_t device; // of the path when it was dialed
    ino_t inode;
    int64_t until_ms; // idle: when it is too old; owing: when it is closed
    struct frame_reader reader; // of the reply that is awaited or owed
    struct connection *prev;
    struct connection *next;
};

// What is known of one path. Never removed before the dialer goes.
struct target {
    char *path;
    bool fits; // into sun_path
    struct sockaddr_un address;
    dev_t device; // whose connections are kept
    ino_t inode;
    struct connection *idle;  // the last used first
    struct connection *owing; // the oldest first
    int idle_count;
    int owing_count;
    int outstanding; // exchanges that are open
    UT_hash_handle hh;
};

struct dialer {
    int cancel_fd; // readable once cancelled
    atomic_bool cancelled;
    struct mutex lock; // guards the targets
    struct target *targets;
};

struct exchange {
    struct dialer *dialer;
    struct target *target;
    struct connection *connection; // NULL: none yet, or no more
    enum exchange_state state;
    struct slice request;
    size_t sent; // bytes of the frame that were taken
    bool all_sent;
    bool looked;  // for the reply, since then
    bool dialed;  // at least once: the next time waits a little
    dev_t device; // of the path when the exchange began
    ino_t inode;
    int64_t deadline_ms;
    int64_t redial_ms; // when to dial again, if connection is NULL
    struct buf reply;
};

bool transport_present(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

struct dialer *dialer_new(void)
{
    unix_prepare_process();
    struct dialer *d = xcalloc(1, sizeof *d);
    mutex_init(&d->lock);
    d->cancel_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (d->cancel_fd < 0) // poll passes over -1: only cancelling is slower
        log_warn("rpc", "no descriptor for an eventfd: %s", strerror(errno));
    return d;
}

static void connection_free(struct connection *c)
{
    if (c == NULL)
        return;
    close(c->fd);
    frame_reader_release(&c->reader);
    free(c);
}

static void drop_list(struct connection **list, int *count)
{
    while (*list != NULL) {
        struct connection *c = *list;
        DL_DELETE(*list, c);
        connection_free(c);
    }
    *count = 0;
}

void dialer_free(struct dialer *d)
{
    if (d == NULL)
        return;
    struct target *t;
    struct target *next;
    HASH_ITER(hh, d->targets, t, next)
    {
        HASH_DEL(d->targets, t);
        drop_list(&t->idle, &t->idle_count);
        drop_list(&t->owing, &t->owing_count);
        free(t->path);
        free(t);
    }
    if (d->cancel_fd >= 0)
        close(d->cancel_fd);
    mutex_release(&d->lock);
    free(d);
}

void dialer_cancel(struct dialer *d)
{
    atomic_store(&d->cancelled, true);
    uint64_t one = 1;
    if (d->cancel_fd >= 0 && write(d->cancel_fd, &one, sizeof one) < 0)
        log_error("rpc", "eventfd: %s", strerror(errno));
}

// --- Kept connections, under the lock ----------------------------------------

static struct target *target_locked(struct dialer *d, const char *path)
{
    mutex_assert_held(&d->lock);
    struct target *t;
    HASH_FIND_STR(d->targets, path, t);
    if (t == NULL) {
        t = xcalloc(1, sizeof *t);
        t->path = xstrdup(path);
        t->fits = unix_address(path, &t->address);
        if (!t->fits)
            log_error("rpc", "%s: a socket's path has 1 to %d bytes", path,
                      TRANSPORT_PATH_MAX);
        HASH_ADD_KEYPTR(hh, d->targets, t->path, strlen(t->path), t);
    }
    return t;
}

static bool is_to_owner(const struct target *t, const struct connection *c)
{
    return c->device == t->device && c->inode == t->inode;
}

static void keep_locked(struct target *t, struct connection *c)
{
    if (t->idle_count == KEPT_MAX || !is_to_owner(t, c)) {
        connection_free(c);
        return;
    }
    // Half the server's patience, so that it never closes one we choose.
    c->until_ms = clock_now_ms() + RPC_IDLE_MS / 2;
    DL_PREPEND(t->idle, c);
    t->idle_count++;
}

static void drop_owing_locked(struct target *t, struct connection *c)
{
    DL_DELETE(t->owing, c);
    t->owing_count--;
    connection_free(c);
}

static void owe_locked(struct target *t, struct connection *c,
                       int64_t deadline_ms)
{
    c->until_ms = deadline_ms;
    DL_APPEND(t->owing, c);
    t->owing_count++;
    if (t->owing_count > RPC_OWING_MAX)
        drop_owing_locked(t, t->owing);
}

// Looks whether an owing connection has paid: then it is kept.
static void settle_locked(struct target *t, struct connection *c)
{
    switch (frame_read(&c->reader, c->fd)) {
    case FRAME_MORE:
        if (clock_now_ms() >= c->until_ms)
            drop_owing_locked(t, c);
        return;
    case FRAME_WHOLE:
        frame_reader_release(&c->reader);
        frame_reader_init(&c->reader);
        DL_DELETE(t->owing, c);
        t->owing_count--;
        keep_locked(t, c);
        return;
    case FRAME_EOF:
    case FRAME_BAD:
    case FRAME_BROKEN:
        drop_owing_locked(t, c);
        return;
    }
}

static void settle_some_locked(struct target *t)
{
    struct connection *c = t->owing;
    for (int i = 0; i < OWING_LOOKED_AT && c != NULL; i++) {
        struct connection *next = c->next;
        settle_locked(t, c);
        c = next;
    }
}

// Who the path's owner is now. When it has changed, what was kept is dropped.
static void note_owner_locked(struct target *t, const struct stat *st)
{
    if (st->st_dev == t->device && st->st_ino == t->inode)
        return;
    drop_list(&t->idle, &t->idle_count);
    drop_list(&t->owing, &t->owing_count);
    t->device = st->st_dev;
    t->inode = st->st_ino;
}

// A kept connection to the owner that the path has now, or NULL.
static struct connection *take_locked(struct target *t)
{
    if (t->idle == NULL && t->owing != NULL)
        settle_some_locked(t);
    struct connection *c = t->idle;
    if (c == NULL)
        return NULL;
    if (clock_now_ms() >= c->until_ms) { // then the others are older still
        drop_list(&t->idle, &t->idle_count);
        return NULL;
    }
    DL_DELETE(t->idle, c);
    t->idle_count--;
    return c;
}

// --- One exchange ------------------------------------------------------------

static bool is_over(const struct exchange *e)
{
    return e->state != EXCHANGE_DIALING && e->state != EXCHANGE_WAITING;
}

static void end_as(struct exchange *e, enum exchange_state state)
{
    e->state = state;
    if (state != EXCHANGE_REPLIED) {
        connection_free(e->connection);
        e->connection = NULL;
    }
}

// Makes a new connection, or says why not, or when to try again.
static void dial(struct exchange *e)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        end_as(e, EXCHANGE_BUSY);
        return;
    }
    const struct sockaddr *address = (void *)&e->target->address;
    if (connect(fd, address, sizeof e->target->address) == 0) {
        e->connection = xcalloc(1, sizeof *e->connection);
        e->connection->fd = fd;
        e->connection->device = e->device;
        e->connection->inode = e->inode;
        e->dialed = true;
        frame_reader_init(&e->connection->reader);
        return;
    }
    int number = errno;
    close(fd);
    // A full backlog gives EAGAIN, and poll would say "ready" at once.
    if (number == EAGAIN || number == EINTR)
        e->redial_ms = clock_now_ms() + REDIAL_MS;
    else
        end_as(e, EXCHANGE_REFUSED);
}

// The connection is dead and took nothing of the request: dial again, at once
// if it was a kept one.
static void redial(struct exchange *e)
{
    connection_free(e->connection);
    e->connection = NULL;
    e->redial_ms = clock_now_ms() + (e->dialed ? REDIAL_MS : 0);
}

static void push_request(struct exchange *e)
{
    enum frame_put put = frame_write(e->connection->fd, e->request, &e->sent);
    if (e->sent > 0)
        e->state = EXCHANGE_WAITING;
    e->all_sent = put == FRAME_SENT;
    if (put != FRAME_FAILED)
        return;
    if (e->sent > 0)
        end_as(e, EXCHANGE_CLOSED);
    else
        redial(e);
}

static void pull_reply(struct exchange *e)
{
    struct connection *c = e->connection;
    switch (frame_read(&c->reader, c->fd)) {
    case FRAME_WHOLE:
        frame_reader_take(&c->reader, &e->reply);
        // A reply to a request that was not yet sent is none.
        end_as(e, e->all_sent ? EXCHANGE_REPLIED : EXCHANGE_MALFORMED);
        return;
    case FRAME_MORE:
        return;
    case FRAME_BAD:
        end_as(e, EXCHANGE_MALFORMED);
        return;
    case FRAME_EOF:
    case FRAME_BROKEN:
        if (e->sent == 0)
            redial(e);
        else
            end_as(e, EXCHANGE_CLOSED);
        return;
    }
}

// Does what can be done without waiting.
static void dial_and_push(struct exchange *e)
{
    if (e->connection == NULL && clock_now_ms() >= e->redial_ms)
        dial(e);
    if (e->connection != NULL && !is_over(e) && !e->all_sent)
        push_request(e);
}

struct exchange *exchange_start(struct dialer *d, const char *path,
                                struct slice request, int64_t deadline_ms)
{
    struct exchange *e = xcalloc(1, sizeof *e);
    e->dialer = d;
    e->request = request;
    e->deadline_ms = deadline_ms;
    buf_init(&e->reply, RPC_FRAME_MAX);
    struct stat st;
    bool present = stat(path, &st) == 0;
    mutex_lock(&d->lock);
    struct target *t = target_locked(d, path);
    e->target = t;
    if (present)
        note_owner_locked(t, &st);
    t->outstanding++;
    if (t->outstanding > RPC_OUTSTANDING_MAX)
        e->state = EXCHANGE_BUSY;
    else if (!present || !t->fits || atomic_load(&d->cancelled))
        e->state = EXCHANGE_REFUSED;
    else
        e->connection = take_locked(t);
    e->device = t->device;
    e->inode = t->inode;
    mutex_unlock(&d->lock);
    if (!is_over(e))
        dial_and_push(e);
    return e;
}

// What to wait for, in *fd; the time of the next redial lowers *until_ms.
static void plan(const struct exchange *e, struct pollfd *fd, int64_t *until_ms)
{
    *fd = (struct pollfd){.fd = -1, .events = POLLIN};
    if (e == NULL)
        return;
    if (e->connection == NULL) {
        if (e->redial_ms < *until_ms)
            *until_ms = e->redial_ms;
        return;
    }
    fd->fd = e->connection->fd;
    if (!e->all_sent)
        fd->events |= POLLOUT;
}

static void advance(struct exchange *e, const struct pollfd *fd)
{
    if (e == NULL || is_over(e))
        return;
    if (e->connection != NULL && (fd->revents & ~POLLOUT) != 0)
        pull_reply(e);
    if (!is_over(e))
        dial_and_push(e);
}

// The first that is over, or -1. Looks into each socket once before it waits
// for it: where caller and server share a CPU the reply is there already, and
// elsewhere the look is free, since the caller would only wait.
static int find_over(struct exchange *const *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct exchange *e = all[i];
        if (e == NULL)
            continue;
        if (!e->looked && !is_over(e) && e->all_sent) {
            e->looked = true;
            pull_reply(e);
        }
        if (is_over(e))
            return (int)i;
    }
    return -1;
}

int exchange_wait(struct dialer *d, struct exchange *const *all, size_t n,
                  int64_t deadline_ms)
{
    struct pollfd fds[RPC_GATHER_MAX + 1];
    assert(n <= RPC_GATHER_MAX);
    int over = find_over(all, n);
    while (over < 0) { // ends: at the deadline
        int64_t until_ms = deadline_ms;
        for (size_t i = 0; i < n; i++)
            plan(all[i], &fds[i], &until_ms);
        fds[n] = (struct pollfd){.fd = d->cancel_fd, .events = POLLIN};
        unix_wait_any(fds, n + 1, until_ms);
        if (atomic_load(&d->cancelled))
            return -1;
        for (size_t i = 0; i < n; i++)
            advance(all[i], &fds[i]);
        over = find_over(all, n);
        if (over < 0 && clock_now_ms() >= deadline_ms)
            return -1;
    }
    return over;
}

enum exchange_state exchange_state(const struct exchange *e)
{
    return e->state;
}

struct slice exchange_reply(const struct exchange *e)
{
    return buf_slice(&e->reply);
}

void exchange_spoil(struct exchange *e)
{
    end_as(e, EXCHANGE_MALFORMED);
}

// Where the connection of an exchange that ends goes.
static void give_back_locked(struct exchange *e)
{
    struct connection *c = e->connection;
    bool clean = e->state == EXCHANGE_REPLIED ||
                 (e->state == EXCHANGE_DIALING && e->sent == 0);
    if (c == NULL)
        return;
    if (clean)
        keep_locked(e->target, c);
    else if (e->all_sent && clock_now_ms() < e->deadline_ms)
        owe_locked(e->target, c, e->deadline_ms);
    else
        connection_free(c); // half sent, or nobody will ask for its reply
}

void exchange_end(struct exchange *e)
{
    if (e == NULL)
        return;
    mutex_lock(&e->dialer->lock);
    give_back_locked(e);
    e->target->outstanding--;
    mutex_unlock(&e->dialer->lock);
    buf_release(&e->reply);
    free(e);
}
