// raw.h - sockets without a library around them, and what a process uses.
//
// For tests of the Unix-domain transport. All of it asserts.
#ifndef COMMON_RPC_TESTS_RAW_H
#define COMMON_RPC_TESTS_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/runtime/buf.h"

enum {
    RAW_WAIT_MS = 20000, // for what must happen in the end
    RAW_FRAME_MAX = 1 << 16,
};

// `n` divided by LAB_TIME_SCALE: loops that show something only by their
// length are shorter where everything is slow. raw_is_slow: a sanitizer or
// valgrind is at work; memory and latencies then say nothing.
int raw_scaled(int n);
bool raw_is_slow(void);

// --- Bytes -------------------------------------------------------------------

int raw_connect(const char *path); // blocks while the backlog is full
int raw_listen(const char *path, int backlog);

// False: the other side is gone.
bool raw_send(int fd, struct slice bytes);
// The same with descriptor `passed` attached `count` times.
bool raw_send_fd(int fd, struct slice bytes, int passed, int count);

// Waits until the other side has read all that was sent.
void raw_await_taken(int fd);

// Waits for the end of the connection: what comes before it is dropped, and
// is counted. -1 if it does not end within RAW_WAIT_MS.
ssize_t raw_await_end(int fd);
bool raw_is_open(int fd); // now, with nothing to read

// Reads one frame without its length field. False: the connection ended, or
// RAW_WAIT_MS passed.
bool raw_read_frame(int fd, struct buf *out);

// Appends a frame with its length field.
void raw_frame(struct buf *out, struct slice head, struct slice body);
void raw_say(struct buf *out, uint64_t id, const char *text);   // a request
void raw_reply(struct buf *out, uint64_t id, const char *text); // to a Say
// The text of the reply to request `id` in a frame of raw_read_frame. NULL if
// it is none; owned.
char *raw_said(struct slice frame, uint64_t id);

// --- What a process uses -----------------------------------------------------

struct usage {
    int descriptors;
    int threads;
    int64_t memory;  // resident bytes that are shared with nobody
    int64_t claimed; // bytes that it may write to, touched or not
    int64_t cpu_ms;  // so far
};
struct usage usage_of(pid_t pid); // 0: this process

// Waits until it has no more descriptors and threads than `limit`.
void usage_await(pid_t pid, struct usage limit);

#endif
