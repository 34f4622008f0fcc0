// fake.h - a server in a thread that misbehaves on order.
//
// It reads whole requests for Echo.Say and does with the next one what
// fake_set said last. It takes any number of connections.
#ifndef COMMON_RPC_TESTS_FAKE_H
#define COMMON_RPC_TESTS_FAKE_H

// What it does with a request, once it has it.
enum fake_act {
    FAKE_REPLY,          // as it should be
    FAKE_BYTE_BY_BYTE,   // the same in small pieces
    FAKE_TRICKLE,        // bytes of a reply that does not end, for 7 s; closes
    FAKE_CLOSE,          // without a reply
    FAKE_HALF_REPLY,     // and then closes
    FAKE_NEVER,          // keeps it
    FAKE_ON_ORDER,       // replies, as it should be, on fake_let_go
    FAKE_WRONG_ID,       // the reply to another; on fake_let_go the right one
    FAKE_TWO_REPLIES,    // at once
    FAKE_REPLY_LATER,    // as it should be; on fake_let_go another
    FAKE_TOO_LONG,       // a length of 64 MiB + 1
    FAKE_HUGE,           // a length of 4 GiB - 1
    FAKE_LENGTH_0,       // an empty frame
    FAKE_EMPTY_HEAD,     // a header that says nothing
    FAKE_BAD_HEAD,       // a header that is no ReplyHeader
    FAKE_LONG_HEAD,      // a header that ends behind the frame
    FAKE_BAD_STATUS,     // a status that there is none
    FAKE_BAD_BODY,       // a body that is no SayReply
    FAKE_GREETING,       // as it should be; but greets each new connection
    FAKE_HANG_UP_MIDWAY, // closes after the first bytes of the request
};

struct fake;
struct fake *fake_start(const char *path);
void fake_stop(struct fake *f);
void fake_set(struct fake *f, enum fake_act act);
void fake_let_go(struct fake *f);  // returns when the later reply is sent
int fake_requests(struct fake *f); // that came so far

#endif
