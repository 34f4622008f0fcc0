// wire_test.c - frames from messages and back, and the memory they may take.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/rpc/arena.h"
#include "common/rpc/faults.h"
#include "common/rpc/node.h"
#include "common/rpc/rpc.pb-c.h"
#include "common/rpc/tests/echo.pb-c.h"
#include "common/rpc/transport.h"
#include "common/rpc/wire.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"

enum {
    MUTATIONS = 50000,
};

// A request as a caller sends it: owned by `packed`.
static struct slice make_frame(struct buf *packed)
{
    char *to[] = {"ann", "bob", ""};
    ChainRequest chain = CHAIN_REQUEST__INIT;
    chain.n_to = 3;
    chain.to = to;
    chain.timeout_ms = 300;
    buf_init(packed, RPC_FRAME_MAX + WIRE_HEAD_MAX);
    ck_assert_int_eq(wire_pack(&chain.base, packed), ERR_OK);

    uint32_t clock[] = {3, 0, 70000};
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.id = 0xfedcba9876543210;
    head.source = "me";
    head.method = "Echo.Chain";
    head.timeout_ms = 1500;
    head.n_clock = 3;
    head.clock = clock;
    return wire_seal(packed, &head.base);
}

// Takes a frame apart as a server does. Does it make sense?
static bool makes_sense(struct slice frame)
{
    struct arena arena;
    arena_init(&arena, wire_arena_limit(frame.size));
    struct slice body;
    const ProtobufCMessage *head =
        wire_open(frame, &rpc__request_header__descriptor, &arena, &body);
    const ProtobufCMessage *chain = NULL;
    if (head != NULL) {
        ck_assert_uint_le(body.size, frame.size);
        ck_assert_ptr_eq(body.data + body.size, frame.data + frame.size);
        chain = protobuf_c_message_unpack(
            &chain_request__descriptor, &arena.allocator, body.size, body.data);
    }
    bool both = head != NULL && chain != NULL;
    if (both) // then all they point to is there
        ck_assert_uint_gt(protobuf_c_message_get_packed_size(head) +
                              protobuf_c_message_get_packed_size(chain) + 1,
                          0);
    arena_release(&arena);
    return both;
}

// The same in a piece of memory that ends where the frame ends, so that
// sanitizers and valgrind see each byte read behind it.
static bool opens(struct slice frame)
{
    unsigned char *copy = xmalloc(frame.size); // of 0 bytes, too
    if (frame.size > 0)
        memcpy(copy, frame.data, frame.size);
    bool fine = makes_sense(slice_of(copy, frame.size));
    free(copy);
    return fine;
}

START_TEST(what_was_packed_is_what_is_opened)
{
    struct buf packed;
    struct slice frame = make_frame(&packed);
    struct arena arena;
    arena_init(&arena, wire_arena_limit(frame.size));
    struct slice body;
    const Rpc__RequestHeader *head = (Rpc__RequestHeader *)wire_open(
        frame, &rpc__request_header__descriptor, &arena, &body);
    ck_assert_ptr_nonnull(head);
    ck_assert_uint_eq(head->id, 0xfedcba9876543210);
    ck_assert_str_eq(head->source, "me");
    ck_assert_str_eq(head->method, "Echo.Chain");
    ck_assert_uint_eq(head->timeout_ms, 1500);
    ck_assert_uint_eq(head->n_clock, 3);
    ck_assert_uint_eq(head->clock[2], 70000);

    ck_assert(slice_equal(body, wire_body(&packed)));
    const ChainRequest *chain = (ChainRequest *)protobuf_c_message_unpack(
        &chain_request__descriptor, &arena.allocator, body.size, body.data);
    ck_assert_ptr_nonnull(chain);
    ck_assert_uint_eq(chain->n_to, 3);
    ck_assert_str_eq(chain->to[1], "bob");
    ck_assert_str_eq(chain->to[2], "");
    ck_assert_uint_eq(chain->timeout_ms, 300);
    arena_release(&arena);
    buf_release(&packed);
}
END_TEST

START_TEST(a_body_may_get_another_header)
{
    struct buf packed;
    make_frame(&packed);
    Rpc__ReplyHeader head = RPC__REPLY_HEADER__INIT;
    for (uint64_t id = 1; id <= 3; id++) {
        head.id = id;
        struct slice frame = wire_seal(&packed, &head.base);
        struct arena arena;
        arena_init(&arena, wire_arena_limit(frame.size));
        struct slice body;
        const Rpc__ReplyHeader *got = (Rpc__ReplyHeader *)wire_open(
            frame, &rpc__reply_header__descriptor, &arena, &body);
        ck_assert_ptr_nonnull(got);
        ck_assert_uint_eq(got->id, id);
        ck_assert(slice_equal(body, wire_body(&packed)));
        arena_release(&arena);
    }
    buf_release(&packed);
}
END_TEST

START_TEST(the_largest_header_fits)
{
    char name[NODE_NAME_MAX + 1] = "";
    char method[FAULT_METHOD_MAX] = "";
    uint32_t clock[FAULT_NODES_MAX];
    memset(name, 'n', sizeof name - 1);
    memset(method, 'm', sizeof method - 1);
    memset(clock, 0xff, sizeof clock);
    Rpc__RequestHeader head = RPC__REQUEST_HEADER__INIT;
    head.id = UINT64_MAX;
    head.source = name;
    head.method = method;
    head.timeout_ms = UINT32_MAX;
    head.n_clock = FAULT_NODES_MAX;
    head.clock = clock;
    struct buf packed;
    make_frame(&packed);
    ck_assert(opens(wire_seal(&packed, &head.base)));
    buf_release(&packed);
}
END_TEST

START_TEST(a_header_beyond_its_frame_is_refused)
{
    struct buf packed;
    struct slice frame = make_frame(&packed);
    ck_assert(opens(frame));
    const uint32_t lengths[] = {
        (uint32_t)frame.size - 3, // one byte more than there are
        WIRE_HEAD_MAX,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0xfffffffc, // 4 more would be 0
    };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char copy[512];
        memcpy(copy, frame.data, frame.size);
        for (int byte = 0; byte < 4; byte++)
            copy[byte] = (unsigned char)(lengths[i] >> (8 * byte));
        ck_assert_msg(!opens(slice_of(copy, frame.size)), "length %x",
                      lengths[i]);
    }
    // One that would go on behind the frame.
    const char six[] = "\x06\0\0\0\x20\x20\x20\x20\x20\x20";
    ck_assert(makes_sense(slice_of(six, 10)));
    ck_assert(!makes_sense(slice_of(six, 8)));
    // A header of more than WIRE_HEAD_MAX bytes, all of which are there.
    static unsigned char large[4 + WIRE_HEAD_MAX];
    large[0] = WIRE_HEAD_MAX & 0xff;
    large[1] = WIRE_HEAD_MAX >> 8;
    memset(large + 4, 0x20, WIRE_HEAD_MAX); // timeout_ms = 32, many times
    ck_assert(!opens(slice_of(large, sizeof large)));
    buf_release(&packed);
}
END_TEST

START_TEST(a_frame_cut_anywhere_does_no_harm)
{
    struct buf packed;
    struct slice frame = make_frame(&packed);
    size_t body = wire_body(&packed).size;
    for (size_t size = 0; size < frame.size; size++) {
        bool makes_sense = opens(slice_of(frame.data, size));
        // Without its header, never; a body may be cut between two fields.
        if (size < frame.size - body)
            ck_assert(!makes_sense);
    }
    buf_release(&packed);
}
END_TEST

START_TEST(a_mutated_frame_does_no_harm)
{
    struct buf packed;
    struct slice frame = make_frame(&packed);
    struct random random;
    random_init(&random, strtoull(getenv("LAB_SEED"), NULL, 0));
    int fine = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        unsigned char copy[512];
        memcpy(copy, frame.data, frame.size);
        for (uint64_t n = random_below(&random, 4); n < 4; n++)
            copy[random_below(&random, frame.size)] =
                (unsigned char)random_next(&random);
        fine += opens(slice_of(copy, frame.size));
    }
    ck_assert_int_gt(fine, 0);         // some still make sense,
    ck_assert_int_lt(fine, MUTATIONS); // and others do not
    buf_release(&packed);
}
END_TEST

START_TEST(a_body_too_large_is_not_packed)
{
    unsigned char byte = 0;
    BigReply reply = BIG_REPLY__INIT;
    struct buf packed;
    buf_init(&packed, RPC_FRAME_MAX + WIRE_HEAD_MAX);
    reply.data.data = &byte; // the others are not looked at
    reply.data.len = RPC_FRAME_MAX;
    ck_assert_int_eq(wire_pack(&reply.base, &packed), ERR_LIMIT);
    reply.data.len = SIZE_MAX / 2;
    ck_assert_int_eq(wire_pack(&reply.base, &packed), ERR_LIMIT);
    ck_assert_uint_eq(packed.size, 0);

    // One byte of tag, four of length: the largest that passes.
    reply.data.len = RPC_FRAME_MAX - WIRE_HEAD_MAX - 5;
    reply.data.data = xcalloc(1, reply.data.len);
    ck_assert_int_eq(wire_pack(&reply.base, &packed), ERR_OK);
    Rpc__ReplyHeader head = RPC__REPLY_HEADER__INIT;
    ck_assert_uint_le(wire_seal(&packed, &head.base).size, RPC_FRAME_MAX);
    reply.data.len++;
    buf_clear(&packed);
    ck_assert_int_eq(wire_pack(&reply.base, &packed), ERR_LIMIT);
    free(reply.data.data);
    buf_release(&packed);
}
END_TEST

// --- Arenas ------------------------------------------------------------------

START_TEST(an_arena_gives_pieces_that_do_not_overlap)
{
    struct arena a;
    arena_init(&a, 1 << 20);
    unsigned char *pieces[400];
    for (size_t i = 0; i < 400; i++) {
        pieces[i] = a.allocator.alloc(a.allocator.allocator_data, i * 3);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i % 256, i * 3);
    }
    int wrong = 0;
    for (size_t i = 0; i < 400; i++)
        for (size_t j = 0; j < i * 3; j++)
            wrong += pieces[i][j] != i % 256;
    ck_assert_int_eq(wrong, 0);
    arena_release(&a);
    arena_release(&a);
}
END_TEST

START_TEST(an_arena_gives_no_more_than_its_limit)
{
    struct arena a;
    arena_init(&a, 100000);
    void *of = a.allocator.allocator_data;
    ck_assert_ptr_null(a.allocator.alloc(of, 100001));
    ck_assert_ptr_null(a.allocator.alloc(of, SIZE_MAX));
    ck_assert_ptr_null(a.allocator.alloc(of, SIZE_MAX - 8)); // rounds to 0
    size_t given = 0;
    while (a.allocator.alloc(of, 1000) != NULL) // ends: at the limit
        given += 1000;
    ck_assert_uint_gt(given, 90000); // rounding takes some
    ck_assert_uint_le(given, 100000);
    arena_release(&a);
}
END_TEST

// A piece of `n` empty strings takes 2 bytes each on the wire.
static bool unpacks(size_t n, const char *text, size_t size)
{
    struct buf body;
    buf_init(&body, RPC_FRAME_MAX);
    unsigned char head[] = {1 << 3 | 2, (unsigned char)size};
    for (size_t i = 0; i < n; i++) {
        buf_append(&body, head, sizeof head);
        buf_append(&body, text, size);
    }
    struct arena arena;
    arena_init(&arena, wire_arena_limit(body.size));
    bool fine =
        protobuf_c_message_unpack(&chain_request__descriptor, &arena.allocator,
                                  body.size, body.data) != NULL;
    arena_release(&arena);
    buf_release(&body);
    return fine;
}

START_TEST(a_small_frame_cannot_take_a_large_heap)
{
    ck_assert(unpacks(100, "", 0));
    ck_assert(!unpacks(1000000, "", 0));
    ck_assert(unpacks(10000, "honest strings pass", 19));
}
END_TEST

START_TEST(many_short_strings_pass)
{
    enum { STRINGS = 10000 };
    static char *to[STRINGS];
    for (int i = 0; i < STRINGS; i++)
        to[i] = "node";
    ChainRequest chain = CHAIN_REQUEST__INIT;
    chain.to = to;
    chain.n_to = STRINGS;
    struct buf packed;
    buf_init(&packed, RPC_FRAME_MAX);
    ck_assert_int_eq(wire_pack(&chain.base, &packed), ERR_OK);
    ProtobufCMessage *message =
        wire_unpack(wire_body(&packed), chain.base.descriptor);
    ck_assert_ptr_nonnull(message);
    ck_assert_uint_eq(((ChainRequest *)message)->n_to, STRINGS);
    protobuf_c_message_free_unpacked(message, NULL);
    buf_release(&packed);
}
END_TEST

// Unknown fields cost the reader forty times their size.
START_TEST(a_reply_cannot_take_a_large_heap)
{
    enum { FIELDS = 3 << 19 };
    static const unsigned char unknown[] = {15 << 3, 0};
    struct buf body;
    buf_init(&body, RPC_FRAME_MAX);
    for (int i = 0; i < FIELDS; i++)
        ck_assert_int_eq(buf_append(&body, unknown, sizeof unknown), ERR_OK);
    ck_assert_ptr_null(
        wire_unpack(buf_slice(&body), &chain_request__descriptor));
    buf_release(&body);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "what was packed is what is opened",
         what_was_packed_is_what_is_opened, 0},
        {"rpc", "a packed body may get another header",
         a_body_may_get_another_header, 0},
        {"rpc", "the largest header fits", the_largest_header_fits, 0},
        {"rpc", "a header beyond its frame is refused",
         a_header_beyond_its_frame_is_refused, 0},
        {"rpc", "a frame cut anywhere does no harm",
         a_frame_cut_anywhere_does_no_harm, 0},
        {"rpc", "a mutated frame does no harm", a_mutated_frame_does_no_harm,
         0},
        {"rpc", "a body too large is not packed",
         a_body_too_large_is_not_packed, 0},
        {"rpc", "an arena gives pieces that do not overlap",
         an_arena_gives_pieces_that_do_not_overlap, 0},
        {"rpc", "an arena gives no more than its limit",
         an_arena_gives_no_more_than_its_limit, 0},
        {"rpc", "a small frame cannot take a large heap",
         a_small_frame_cannot_take_a_large_heap, 0},
        {"rpc", "a message of many short strings passes",
         many_short_strings_pass, 0},
        {"rpc", "a reply cannot take a large heap",
         a_reply_cannot_take_a_large_heap, 0},
    };
    return unit_main(argc, argv, "rpc frames", tests,
                     sizeof tests / sizeof tests[0]);
}
