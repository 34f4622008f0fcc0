#include "common/rpc/tests/raw.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/rpc/arena.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/unix_frame.h"
#include "common/rpc/unix_wait.h"
#include "common/rpc/wire.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"

enum {
    HEAD = 4,
    PASSED_MAX = 253, // SCM_MAX_FD
};

// A factor from the environment, 1 at least.
static double factor(const char *name)
{
    const char *text = getenv(name);
    double value = text != NULL ? strtod(text, NULL) : 1;
    return value > 1 ? value : 1;
}

int raw_scaled(int n)
{
    return (int)(n / factor("LAB_TIME_SCALE"));
}

bool raw_is_slow(void)
{
    // The scale contains the machine's factor: a busy machine is no excuse.
    return factor("LAB_TIME_SCALE") > 1.001 * factor("LAB_MACHINE_FACTOR");
}

// --- Bytes -------------------------------------------------------------------

static int new_socket(const char *path, struct sockaddr_un *address)
{
    ck_assert_msg(unix_address(path, address), "%s is too long", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
    return fd;
}

int raw_connect(const char *path)
{
    struct sockaddr_un address;
    int fd = new_socket(path, &address);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof address);
    ck_assert_msg(failed == 0, "connect to %s: %s", path, strerror(errno));
    return fd;
}

int raw_listen(const char *path, int backlog)
{
    struct sockaddr_un address;
    int fd = new_socket(path, &address);
    int failed = bind(fd, (struct sockaddr *)&address, sizeof address);
    ck_assert_msg(failed == 0, "bind %s: %s", path, strerror(errno));
    ck_assert_int_eq(listen(fd, backlog), 0);
    return fd;
}

static bool wait_readable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return unix_wait_any(&one, 1, clock_now_ms() + RAW_WAIT_MS);
}

bool raw_send(int fd, struct slice bytes)
{
    size_t sent = 0;
    while (sent < bytes.size) { // ends: each turn sends some
        ssize_t n =
            send(fd, bytes.data + sent, bytes.size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return false;
        sent += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool raw_send_fd(int fd, struct slice bytes, int passed, int count)
{
    ck_assert_int_le(count, PASSED_MAX);
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(PASSED_MAX * sizeof(int))];
    struct iovec part = {(void *)(uintptr_t)bytes.data, bytes.size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen =
                                 CMSG_SPACE((size_t)count * sizeof(int))};
    memset(control, 0, sizeof control);
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    for (int i = 0; i < count; i++)
        memcpy(CMSG_DATA(rights) + (size_t)i * sizeof(int), &passed,
               sizeof passed);
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)bytes.size;
}

void raw_await_taken(int fd)
{
    int64_t give_up_ms = clock_now_ms() + RAW_WAIT_MS;
    int left = 1;
    while (left > 0) {
        ck_assert_int_eq(ioctl(fd, SIOCOUTQ, &left), 0);
        ck_assert_int_lt(clock_now_ms(), give_up_ms);
        clock_sleep_ms(left > 0);
    }
}

ssize_t raw_await_end(int fd)
{
    ssize_t before = 0;
    while (wait_readable(fd)) { // ends: the other side sends only so much
        char bytes[4096];
        ssize_t n = recv(fd, bytes, sizeof bytes, 0);
        if (n == 0 || (n < 0 && errno != EINTR))
            return before;
        before += n > 0 ? n : 0;
    }
    return -1;
}

bool raw_is_open(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

bool raw_read_frame(int fd, struct buf *out)
{
    struct frame_reader reader;
    frame_reader_init(&reader);
    buf_init(out, 0);
    enum frame_got got = FRAME_MORE;
    while (got == FRAME_MORE && wait_readable(fd)) // ends: the frame is finite
        got = frame_read(&reader, fd);
    if (got == FRAME_WHOLE)
        frame_reader_take(&reader, out);
    frame_reader_release(&reader);
    return got == FRAME_WHOLE;
}

static void append_length(struct buf *out, size_t length)
{
    unsigned char bytes[HEAD];
    for (int i = 0; i < HEAD; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    buf_append(out, bytes, HEAD);
}

void raw_frame(struct buf *out, struct slice head, struct slice body)
{
    append_length(out, HEAD + head.size + body.size);
    append_length(out, head.size);
    buf_append(out, head.data, head.size);
    buf_append(out, body.data, body.size);
}

static void append_frame(struct buf *out, const ProtobufCMessage *head,
                         const ProtobufCMessage *body)
{
    size_t head_size = protobuf_c_message_get_packed_size(head);
    size_t body_size = protobuf_c_message_get_packed_size(body);
    unsigned char *packed = xmalloc(head_size + body_size);
    protobuf_c_message_pack(head, packed);
    protobuf_c_message_pack(body, packed + head_size);
    raw_frame(out, slice_of(packed, head_size),
              slice_of(packed + head_size, body_size));
    free(packed);
}

void raw_say(struct buf *out, uint64_t id, const char *text)
{
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.id = id;
    head.source = "raw";
    head.method = "Echo.Say";
    head.timeout_ms = RAW_WAIT_MS;
    SayRequest request = SAY_REQUEST__INIT;
    request.text = (char *)(uintptr_t)text; // packing does not write
    append_frame(out, &head.base, &request.base);
}

void raw_reply(struct buf *out, uint64_t id, const char *text)
{
    Rpc__ReplyHeader head = RPC__REPLY_HEADER__INIT;
    head.id = id;
    SayReply reply = SAY_REPLY__INIT;
    reply.text = (char *)(uintptr_t)text;
    append_frame(out, &head.base, &reply.base);
}

char *raw_said(struct slice frame, uint64_t id)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(frame.size));
    struct slice body;
    const Rpc__ReplyHeader *head = (Rpc__ReplyHeader *)wire_open(
        frame, &rpc__reply_header__descriptor, &arena, &body);
    char *text = NULL;
    if (head != NULL && head->id == id &&
        head->status == RPC__REPLY_HEADER__STATUS__OK) {
        const SayReply *reply = (SayReply *)protobuf_c_message_unpack(
            &say_reply__descriptor, &arena.allocator, body.size, body.data);
        text = reply != NULL ? xstrdup(reply->text) : NULL;
    }
    arena_release(&arena);
    return text;
}

// --- What a process uses -----------------------------------------------------

static int count_entries(pid_t pid, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, what);
    DIR *folder = opendir(path);
    ck_assert_msg(folder != NULL, "%s: %s", path, strerror(errno));
    int count = 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        count += e->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void read_memory(pid_t pid, struct usage *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    long total;
    long resident;
    long shared; // with files: programs, and the trace
    long data;
    ck_assert_int_eq(fscanf(file, "%ld %ld %ld %*d %*d %ld", &total, &resident,
                            &shared, &data),
                     4);
    fclose(file);
    out->memory = (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
    out->claimed = (int64_t)data * sysconf(_SC_PAGESIZE);
}

static int64_t cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    ck_assert_int_eq(clock_getcpuclockid(pid, &clock), 0);
    ck_assert_int_eq(clock_gettime(clock, &t), 0);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct usage usage_of(pid_t pid)
{
    if (pid == 0)
        pid = getpid();
    struct usage usage = {
        .descriptors = count_entries(pid, "fd"),
        .threads = count_entries(pid, "task"),
        .cpu_ms = cpu_ms(pid),
    };
    read_memory(pid, &usage);
    return usage;
}

void usage_await(pid_t pid, struct usage limit)
{
    int64_t give_up_ms = clock_now_ms() + RAW_WAIT_MS;
    for (;;) { // ends: the assertion below
        struct usage now = usage_of(pid);
        if (now.descriptors <= limit.descriptors &&
            now.threads <= limit.threads)
            return;
        ck_assert_msg(clock_now_ms() < give_up_ms,
                      "%d descriptors and %d threads, not %d and %d",
                      now.descriptors, now.threads, limit.descriptors,
                      limit.threads);
        clock_sleep_ms(1);
    }
}
