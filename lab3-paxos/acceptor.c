// acceptor.c - see acceptor.h, which has the rules.
#include "lab3-paxos/acceptor.h"

#include <assert.h>

#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos.h"

static void check(const struct acceptor *a)
{
    assert(a->accepted <= a->promised); // A2
    assert(a->value.size == 0 || a->accepted != BALLOT_NONE || a->decided);
}

void acceptor_init(struct acceptor *a)
{
    *a = (struct acceptor){.promised = BALLOT_NONE, .accepted = BALLOT_NONE};
    buf_init(&a->value, PAXOS_VALUE_MAX);
}

void acceptor_release(struct acceptor *a)
{
    buf_release(&a->value);
}

// SOLUTION BEGIN 3a
// What it would say to anybody, or VOTE_YES.
static struct vote stand(const struct acceptor *a, bool too_low)
{
    if (a->decided)
        return (struct vote){.kind = VOTE_DECIDED,
                             .value = buf_slice(&a->value)};
    if (too_low)
        return (struct vote){.kind = VOTE_NO, .ballot = a->promised};
    return (struct vote){.kind = VOTE_YES};
}

static void keep(struct acceptor *a, struct slice value)
{
    if (slice_equal(buf_slice(&a->value), value))
        return;
    buf_release(&a->value); // what was there may have been much larger
    int err = buf_append(&a->value, value.data, value.size);
    assert(err == 0);
}
// SOLUTION END

struct vote acceptor_prepare(struct acceptor *a, uint64_t ballot)
{
    assert(ballot != BALLOT_NONE);
    check(a);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a acceptor_prepare");
    struct vote vote = stand(a, ballot <= a->promised);
    if (vote.kind == VOTE_YES) {
        a->promised = ballot; // A1
        vote.ballot = a->accepted;
        vote.value = buf_slice(&a->value);
    }
    check(a);
    return vote;
    // SOLUTION END
}

struct vote acceptor_accept(struct acceptor *a, uint64_t ballot,
                            struct slice value)
{
    assert(ballot != BALLOT_NONE && value.size <= PAXOS_VALUE_MAX);
    check(a);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a acceptor_accept");
    struct vote vote = stand(a, ballot < a->promised);
    if (vote.kind == VOTE_YES) {
        a->promised = ballot; // A2: it may have missed the prepare
        a->accepted = ballot; // A3
        keep(a, value);
    }
    check(a);
    return vote;
    // SOLUTION END
}

bool acceptor_decide(struct acceptor *a, struct slice value)
{
    assert(value.size <= PAXOS_VALUE_MAX);
    check(a);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a acceptor_decide");
    if (a->decided)
        return slice_equal(buf_slice(&a->value), value); // A4
    keep(a, value);
    a->decided = true;
    return true;
    // SOLUTION END
}
