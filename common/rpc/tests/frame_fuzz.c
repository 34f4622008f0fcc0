// frame_fuzz.c - libFuzzer target: whatever comes from outside, through the
// frame reader, the headers and the messages.
//
// An input is a number of cuts (its first byte, mod CUTS), that many sizes of
// pieces, and then the stream, which is fed to the reader piece by piece and
// then as a whole. The stream is also taken as a frame, and as a message.
//
// `build/fuzz/frame --write-corpus FOLDER` writes the seed corpus, which
// stands in corpus/frame: see seeds().
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/rpc/arena.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/transport.h"
#include "common/rpc/unix_frame.h"
#include "common/rpc/wire.h"
#include "common/runtime/alloc.h"

enum {
    CUTS = 16,
    HEAD = 4,
    NO_LIMIT = 1 << 26,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

// --- Messages ----------------------------------------------------------------

static const ProtobufCMessageDescriptor *const messages[] = {
    &say_request__descriptor,       &say_reply__descriptor,
    &nap_request__descriptor,       &count_reply__descriptor,
    &chain_request__descriptor,     &chain_reply__descriptor,
    &big_request__descriptor,       &big_reply__descriptor,
    &nothing__descriptor,           &rpc__request_header__descriptor,
    &rpc__reply_header__descriptor,
};

// Owned; of *size bytes.
static unsigned char *pack(const ProtobufCMessage *message, size_t *size)
{
    *size = protobuf_c_message_get_packed_size(message);
    unsigned char *bytes = xmalloc(*size);
    size_t packed = protobuf_c_message_pack(message, bytes);
    assert(packed == *size);
    return bytes;
}

// What can be unpacked and packed again is from then on the same for good.
// Fields that a message does not have are left out: protobuf-c takes a tag 0
// of two bytes, and packs it as one that it does not take.
static void try_message(const ProtobufCMessageDescriptor *type,
                        struct slice bytes)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(bytes.size));
    ProtobufCMessage *message = protobuf_c_message_unpack(
        type, &arena.allocator, bytes.size, bytes.data);
    if (message != NULL) {
        message->n_unknown_fields = 0;
        size_t size;
        unsigned char *once = pack(message, &size);
        struct arena second;
        arena_init(&second, NO_LIMIT);
        const ProtobufCMessage *again =
            protobuf_c_message_unpack(type, &second.allocator, size, once);
        assert(again != NULL);
        size_t size_again;
        unsigned char *twice = pack(again, &size_again);
        assert(size == size_again && memcmp(once, twice, size) == 0);
        free(once);
        free(twice);
        arena_release(&second);
    }
    arena_release(&arena);
}

static void try_messages(struct slice bytes)
{
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        try_message(messages[i], bytes);
}

// Takes a frame apart as a server or, by `type`, as a caller does.
static void try_frame(struct slice frame,
                      const ProtobufCMessageDescriptor *type)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(frame.size));
    struct slice body;
    const ProtobufCMessage *head = wire_open(frame, type, &arena, &body);
    if (head != NULL) {
        assert(head->descriptor == type);
        assert(body.size + HEAD <= frame.size);
        assert(body.data + body.size == frame.data + frame.size);
        try_messages(body);
    }
    arena_release(&arena);
}

// --- The reader --------------------------------------------------------------

// A stream on its way: `fed` of its bytes are in the socket or beyond it, and
// the frames up to `start` have been read.
struct feed {
    struct slice stream;
    size_t fed;
    size_t start;
    struct frame_reader reader;
    int ends[2];
};

// What the frame that begins at `start` says that it has; SIZE_MAX while its
// head is not whole.
static size_t length_there(const struct feed *f)
{
    if (f->fed - f->start < HEAD)
        return SIZE_MAX;
    const unsigned char *head = f->stream.data + f->start;
    return (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
           (size_t)head[3] << 24;
}

// The reader says that a frame is whole: it must be the next of the stream.
static void take_frame(struct feed *f)
{
    size_t length = length_there(f);
    struct buf frame;
    frame_reader_take(&f->reader, &frame);
    assert(length <= RPC_FRAME_MAX && frame.size == length);
    assert(f->start + HEAD + length <= f->fed);
    assert(length == 0 ||
           memcmp(frame.data, f->stream.data + f->start + HEAD, length) == 0);
    f->start += HEAD + length;
    try_frame(buf_slice(&frame), &rpc__request_header__descriptor);
    buf_release(&frame);
}

// Reads what is there, and checks what the reader makes of it. False: the
// connection would be closed.
static bool read_frames(struct feed *f)
{
    for (;;) { // ends: each turn takes bytes, or is the last
        enum frame_got got = frame_read(&f->reader, f->ends[1]);
        size_t length = length_there(f);
        size_t come = f->fed - f->start;
        assert(f->reader.body.room <= 2 * come + 4096);
        switch (got) {
        case FRAME_WHOLE:
            take_frame(f);
            break;
        case FRAME_MORE:
            assert(length == SIZE_MAX ||
                   (length <= RPC_FRAME_MAX && come < HEAD + length));
            return true;
        case FRAME_BAD: // too long, or bytes behind its end
            assert(length != SIZE_MAX);
            assert(length > RPC_FRAME_MAX || come > HEAD + length);
            return false;
        case FRAME_EOF:
        case FRAME_BROKEN:
            abort();
        }
    }
}

static void feed_all(struct slice stream, const uint8_t *cuts, size_t count)
{
    struct feed f = {.stream = stream};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, f.ends) != 0)
        abort();
    frame_reader_init(&f.reader);
    bool open = true;
    for (size_t i = 0; i <= count && open; i++) {
        size_t left = stream.size - f.fed;
        size_t piece = i < count && cuts[i] < left ? cuts[i] : left;
        if (piece > 0 &&
            write(f.ends[0], stream.data + f.fed, piece) != (ssize_t)piece)
            abort(); // inputs are far smaller than a socket's buffer
        f.fed += piece;
        open = read_frames(&f);
    }
    if (open) {
        bool begun = f.fed > f.start;
        assert(frame_reader_begun(&f.reader) == begun);
        shutdown(f.ends[0], SHUT_WR);
        enum frame_got got = frame_read(&f.reader, f.ends[1]);
        assert(got == FRAME_EOF);
    }
    frame_reader_release(&f.reader);
    close(f.ends[0]);
    close(f.ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count = size > 0 ? data[0] % CUTS : 0;
    if (size < 1 + count)
        return 0;
    struct slice stream = slice_of(data + 1 + count, size - 1 - count);
    feed_all(stream, data + 1, count);
    try_frame(stream, &rpc__request_header__descriptor);
    try_frame(stream, &rpc__reply_header__descriptor);
    try_messages(stream);
    return 0;
}

// --- The seed corpus ---------------------------------------------------------

// Writes one seed: `stream` in pieces of `cuts`, a string of sizes.
static void write_seed(const char *name, const char *cuts, struct slice stream)
{
    size_t count = strlen(cuts);
    unsigned char head[1 + CUTS] = {(unsigned char)count};
    memcpy(head + 1, cuts, count);
    int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, head, 1 + count) != (ssize_t)(1 + count) ||
        write(fd, stream.data, stream.size) != (ssize_t)stream.size) {
        perror(name);
        exit(1);
    }
    close(fd);
}

static void write_message(const char *name, const ProtobufCMessage *message)
{
    size_t size;
    unsigned char *bytes = pack(message, &size);
    write_seed(name, "", slice_of(bytes, size));
    free(bytes);
}

static void write_frames(void)
{
    struct buf b;
    buf_init(&b, RAW_FRAME_MAX);
    raw_say(&b, 1, "hello");
    struct slice one = buf_slice(&b);
    write_seed("request", "", one);
    write_seed("request-in-bytes", "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", one);
    write_seed("request-head-apart", "\4", one);
    write_seed("request-cut", "\3\5", slice_of(one.data, one.size - 3));
    write_seed("frame-alone", "", slice_of(one.data + HEAD, one.size - HEAD));
    size_t size = one.size;
    raw_say(&b, 2, "and again");
    write_seed("two-requests", "", buf_slice(&b));
    char cut[] = {(char)size, '\0'};
    write_seed("two-requests-apart", cut, buf_slice(&b));
    buf_clear(&b);
    raw_reply(&b, 1, "hello");
    write_seed("reply", "", buf_slice(&b));
    write_seed("reply-frame-alone", "", slice_of(b.data + HEAD, b.size - HEAD));
    buf_release(&b);
    write_seed("empty", "", slice_text(""));
    write_seed("length-0", "", slice_of("\0\0\0\0", 4));
    write_seed("length-64-mib", "", slice_of("\0\0\0\4abc", 7));
    write_seed("length-64-mib-1", "", slice_of("\1\0\0\4abc", 7));
    write_seed("length-4-gib", "", slice_of("\xff\xff\xff\xff", 4));
    write_seed("header-too-long", "",
               slice_of("\x09\0\0\0\xff\xff\xff\xffhello", 13));
}

static void write_messages(void)
{
    SayReply say = SAY_REPLY__INIT;
    say.text = "text";
    say.name = "ann";
    say.life = 3;
    say.source = "me";
    say.left_ms = -5;
    write_message("say-reply", &say.base);
    char *to[] = {"ann", "", "bob"};
    ChainRequest chain = CHAIN_REQUEST__INIT;
    chain.n_to = 3;
    chain.to = to;
    chain.timeout_ms = 100;
    write_message("chain-request", &chain.base);
    BigReply big = BIG_REPLY__INIT;
    unsigned char bytes[] = {0, 1, 0xff, 'x'};
    big.data.data = bytes;
    big.data.len = sizeof bytes;
    write_message("big-reply", &big.base);
    CountReply count = COUNT_REPLY__INIT;
    count.said = UINT64_MAX;
    count.life = 1;
    write_message("count-reply", &count.base);
    uint32_t clock[] = {0, 127, 128, UINT32_MAX};
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.id = UINT64_MAX;
    head.source = "s1";
    head.method = "Echo.Chain";
    head.timeout_ms = 1000;
    head.n_clock = 4;
    head.clock = clock;
    write_message("request-header", &head.base);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    if (*argc != 3 || strcmp((*argv)[1], "--write-corpus") != 0)
        return 0;
    if (chdir((*argv)[2]) != 0) {
        perror((*argv)[2]);
        exit(1);
    }
    write_frames();
    write_messages();
    exit(0);
}
