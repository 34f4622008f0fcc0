#include "common/rpc/unix_frame.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/rpc/transport.h"

enum {
    HEAD = 4,
    CHUNK_FIRST = 1024, // most frames end within it
    CHUNK_MAX = 256 * 1024,
};

void frame_reader_init(struct frame_reader *r)
{
    r->have = 0;
    r->expect = 0;
    buf_init(&r->body, RPC_FRAME_MAX);
}

void frame_reader_release(struct frame_reader *r)
{
    buf_release(&r->body);
    r->have = 0;
}

bool frame_reader_begun(const struct frame_reader *r)
{
    return r->have > 0;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

// How much room the next read offers behind what is in the body: one byte
// more than is missing, so that bytes behind the frame show at once.
static size_t next_room(const struct frame_reader *r)
{
    if (r->have < HEAD)
        return CHUNK_FIRST;
    size_t missing = r->expect - r->body.size;
    size_t chunk = r->body.size < CHUNK_FIRST ? CHUNK_FIRST : r->body.size;
    return min_size(missing + 1, min_size(chunk, CHUNK_MAX));
}

// Books `got` bytes that a read left in head and behind the body. False: the
// frame is too long, or something stands behind it.
static bool take_bytes(struct frame_reader *r, size_t got)
{
    size_t in_head = min_size(got, HEAD - min_size(r->have, HEAD));
    r->have += got;
    r->body.size += got - in_head;
    if (r->have < HEAD)
        return true;
    r->expect = 0;
    for (int i = 0; i < HEAD; i++)
        r->expect |= (size_t)r->head[i] << (8 * i);
    return r->expect <= RPC_FRAME_MAX && r->body.size <= r->expect;
}

// One read. 1: something came, 0: EOF, -1: errno says.
static int read_some(struct frame_reader *r, int fd, size_t *got)
{
    size_t room = next_room(r);
    size_t place = min_size(room, r->body.max - r->body.size);
    unsigned char spill[1]; // a byte behind the largest frame of all
    size_t missing_head = HEAD - min_size(r->have, HEAD);
    struct iovec parts[3] = {
        {r->head + HEAD - missing_head, missing_head},
        {buf_reserve(&r->body, place), place},
        {spill, place < room ? 1 : 0},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n <= 0)
        return n == 0 ? 0 : -1;
    *got = (size_t)n;
    return 1;
}

enum frame_got frame_read(struct frame_reader *r, int fd)
{
    for (;;) { // ends: each turn takes bytes of a frame of limited size
        size_t got = 0;
        int done = read_some(r, fd, &got);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno == EAGAIN ? FRAME_MORE : FRAME_BROKEN;
        if (done == 0)
            return FRAME_EOF;
        if (!take_bytes(r, got))
            return FRAME_BAD;
        if (r->have >= HEAD && r->body.size == r->expect)
            return FRAME_WHOLE;
    }
}

void frame_reader_take(struct frame_reader *r, struct buf *out)
{
    *out = r->body;
    frame_reader_init(r);
}

enum frame_put frame_write(int fd, struct slice body, size_t *sent)
{
    unsigned char head[HEAD];
    for (int i = 0; i < HEAD; i++)
        head[i] = (unsigned char)(body.size >> (8 * i));
    while (*sent < HEAD + body.size) {
        size_t in_head = min_size(*sent, HEAD);
        size_t in_body = *sent - in_head;
        struct iovec parts[2] = {
            {head + in_head, HEAD - in_head},
            // iovec has no const; sendmsg does not write
            {(void *)(uintptr_t)(body.data + in_body), body.size - in_body},
        };
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t n = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            *sent += (size_t)n;
        else if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
            return FRAME_STUCK;
        else if (errno != EINTR)
            return FRAME_FAILED;
    }
    return FRAME_SENT;
}

bool unix_address(const char *path, struct sockaddr_un *out)
{
    size_t size = strlen(path);
    if (size == 0 || size > TRANSPORT_PATH_MAX)
        return false;
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    memcpy(out->sun_path, path, size + 1);
    return true;
}

bool unix_is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return true; // cannot tell: take nothing over
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address);
    bool alive = failed == 0 || errno == EAGAIN;
    close(fd);
    return alive;
}
