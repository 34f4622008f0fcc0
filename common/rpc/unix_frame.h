// unix_frame.h - frames on a stream socket: four bytes of length, then bytes.
//
// A reader takes what has come and remembers the rest; its memory grows with
// the bytes that arrive, never by the length field. A connection carries one
// frame at a time in each direction, so bytes behind a frame's end are bad.
#ifndef COMMON_RPC_UNIX_FRAME_H
#define COMMON_RPC_UNIX_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "common/runtime/buf.h"

enum frame_got {
    FRAME_WHOLE,  // the frame is in `body`
    FRAME_MORE,   // nothing more has come yet, or it is others' turn
    FRAME_EOF,    // the other side closed between frames, or in one
    FRAME_BAD,    // too long, or bytes behind its end
    FRAME_BROKEN, // the connection failed, or descriptors in it ran out
};

struct frame_reader {
    unsigned char head[4];
    size_t have;     // bytes that came, head and body
    bool left;       // after FRAME_MORE: there may be more already
    size_t expect;   // bytes of the body, once the head is whole
    struct buf body; // the bytes of it that came
};

void frame_reader_init(struct frame_reader *r);
void frame_reader_release(struct frame_reader *r);
bool frame_reader_begun(const struct frame_reader *r); // in mid-frame?

// Reads from the non-blocking socket `fd` until the frame is whole or nothing
// is left. After FRAME_WHOLE the caller takes the body by frame_reader_take,
// which makes it ready for the next.
enum frame_got frame_read(struct frame_reader *r, int fd);
void frame_reader_take(struct frame_reader *r, struct buf *out);

enum frame_put {
    FRAME_SENT,
    FRAME_STUCK,  // the socket takes no more now
    FRAME_FAILED, // the other side is gone
};

// Sends what is missing of a frame to the non-blocking socket `fd`; *sent is
// how many bytes of head and body it took so far. Writes the head into the
// TRANSPORT_ROOM bytes before the body.
enum frame_put frame_write(int fd, struct slice body, size_t *sent);

// Fills in the address of `path`: false if it is too long or empty.
struct sockaddr_un;
bool unix_address(const char *path, struct sockaddr_un *out);

// Is a live process listening at `path`? One with a full backlog is, and one
// of whom we may not know.
bool unix_is_alive(const struct sockaddr_un *address);

#endif
