#include "common/rpc/unix_frame.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/rpc/transport.h"
#include "common/runtime/err.h"

enum {
    HEAD = TRANSPORT_ROOM,
    CHUNK_FIRST = 1024, // most frames end within it
    CHUNK_MAX = 256 * 1024,
    READS_MAX = 64, // at a time: who sends byte by byte keeps nobody
};

void frame_reader_init(struct frame_reader *r)
{
    r->have = 0;
    r->expect = 0;
    buf_init(&r->body, RPC_FRAME_MAX + 1); // to see one byte too many
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

// How many bytes the next read asks for: one more than are missing, so that
// bytes behind the frame show at once.
static size_t next_room(const struct frame_reader *r)
{
    if (r->have < HEAD)
        return CHUNK_FIRST;
    size_t missing = r->expect - r->body.size;
    size_t chunk = r->body.size < CHUNK_FIRST ? CHUNK_FIRST : r->body.size;
    return min_size(missing + 1, min_size(chunk, CHUNK_MAX));
}

// Takes what a first read brought, head and all. False: the frame is too long.
static bool take_first(struct frame_reader *r, const unsigned char *data,
                       size_t size)
{
    size_t in_head = min_size(size, HEAD - min_size(r->have, HEAD));
    memcpy(r->head + r->have, data, in_head);
    r->have += in_head;
    if (r->have < HEAD)
        return true;
    r->expect = 0;
    for (int i = 0; i < HEAD; i++)
        r->expect |= (size_t)r->head[i] << (8 * i);
    r->have += size - in_head;
    return r->expect <= RPC_FRAME_MAX &&
           buf_append(&r->body, data + in_head, size - in_head) == ERR_OK;
}

// One read of up to `room` bytes, tried again after EINTR.
static ssize_t receive(int fd, void *data, size_t room)
{
    ssize_t n;
    do
        n = recv(fd, data, room, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

// One read. Its result, and *good: is it still the beginning of a frame?
static ssize_t read_some(struct frame_reader *r, int fd, bool *good)
{
    size_t room = next_room(r);
    if (r->have < HEAD) { // by way of the stack: one call for head and body
        unsigned char first[CHUNK_FIRST];
        ssize_t n = receive(fd, first, room);
        *good = n <= 0 || take_first(r, first, (size_t)n);
        return n;
    }
    ssize_t n = receive(fd, buf_reserve(&r->body, room), room);
    if (n > 0) {
        r->have += (size_t)n;
        r->body.size += (size_t)n;
    }
    *good = true;
    return n;
}

enum frame_got frame_read(struct frame_reader *r, int fd)
{
    r->left = false;
    for (int i = 0; i < READS_MAX; i++) {
        bool good;
        ssize_t n = read_some(r, fd, &good);
        if (n < 0)
            return errno == EAGAIN ? FRAME_MORE : FRAME_BROKEN;
        if (n == 0)
            return FRAME_EOF;
        if (!good || (r->have >= HEAD && r->body.size > r->expect))
            return FRAME_BAD;
        if (r->have >= HEAD && r->body.size == r->expect)
            return FRAME_WHOLE;
    }
    r->left = true;
    return FRAME_MORE;
}

void frame_reader_take(struct frame_reader *r, struct buf *out)
{
    *out = r->body;
    frame_reader_init(r);
}

enum frame_put frame_write(int fd, struct slice body, size_t *sent)
{
    // The length goes into the room before the body (transport.h): one buffer
    // is sent a quarter faster than two.
    unsigned char *whole = (unsigned char *)(uintptr_t)body.data - HEAD;
    for (int i = 0; i < HEAD; i++)
        whole[i] = (unsigned char)(body.size >> (8 * i));
    while (*sent < HEAD + body.size) {
        ssize_t n = send(fd, whole + *sent, HEAD + body.size - *sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
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
    bool alive = failed == 0 || errno != ECONNREFUSED; // or cannot tell
    close(fd);
    return alive;
}
