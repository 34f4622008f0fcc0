// proposer.c - see proposer.h, which has the rules.
#include "lab3-paxos/proposer.h"

#include <assert.h>

#include "lab3-paxos/ballot.h"
#include "lab3-paxos/paxos.h"

void proposer_init(struct proposer *p, unsigned peers, struct slice wish,
                   uint64_t seen)
{
    assert(peers >= 1 && peers <= PAXOS_PEERS_MAX);
    *p = (struct proposer){.peers = peers, .wish = wish, .seen = seen};
    p->state = PROPOSER_FAILED; // until the first round begins
    buf_init(&p->adopted, PAXOS_VALUE_MAX);
}

void proposer_release(struct proposer *p)
{
    buf_release(&p->adopted);
}

// SOLUTION BEGIN 3a
static unsigned count(uint32_t votes)
{
    return (unsigned)__builtin_popcount(votes);
}

static bool is_majority(const struct proposer *p, uint32_t votes)
{
    return count(votes) > p->peers / 2;
}

static void see(struct proposer *p, uint64_t ballot)
{
    if (ballot > p->seen)
        p->seen = ballot;
}

static void adopt(struct proposer *p, struct slice value)
{
    buf_clear(&p->adopted);
    int err = buf_append(&p->adopted, value.data, value.size);
    assert(err == 0);
}

static void count_yes(struct proposer *p, unsigned peer,
                      const struct vote *vote)
{
    p->yes |= UINT32_C(1) << peer;
    if (p->state == PROPOSER_PREPARES && vote->ballot > p->adopted_of) {
        p->adopted_of = vote->ballot; // P2
        adopt(p, vote->value);
    }
    if (!is_majority(p, p->yes))
        return;
    if (p->state == PROPOSER_PREPARES)
        p->state = PROPOSER_ACCEPTS;
    else
        p->state = PROPOSER_DECIDED; // P4
    p->yes = p->no = 0;              // P3
}

static void count_no(struct proposer *p, unsigned peer)
{
    p->no |= UINT32_C(1) << peer;
    uint32_t all = (UINT32_C(1) << p->peers) - 1;
    if (!is_majority(p, all & ~p->no))
        p->state = PROPOSER_FAILED;
}
// SOLUTION END

void proposer_begin(struct proposer *p, unsigned me)
{
    assert(me < p->peers);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a proposer_begin");
    p->ballot = ballot_above(p->seen, me); // P1
    p->seen = p->ballot;
    p->state = PROPOSER_PREPARES;
    p->yes = p->no = 0; // P3
    p->adopted_of = BALLOT_NONE;
    buf_clear(&p->adopted);
    // SOLUTION END
}

enum proposer_state proposer_hear(struct proposer *p, unsigned peer,
                                  const struct vote *vote)
{
    assert(peer < p->peers);
    assert(p->state == PROPOSER_PREPARES || p->state == PROPOSER_ACCEPTS);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a proposer_hear");
    see(p, vote->ballot);
    switch (vote->kind) {
    case VOTE_YES:
        count_yes(p, peer, vote);
        break;
    case VOTE_NO:
    case VOTE_SILENT:
        count_no(p, peer);
        break;
    case VOTE_DECIDED:
        adopt(p, vote->value);
        p->adopted_of = p->seen;
        p->is_told = true;
        p->state = PROPOSER_DECIDED; // P4
        break;
    case VOTE_FORGOTTEN:
        p->state = PROPOSER_FORGOTTEN;
        break;
    }
    return p->state;
    // SOLUTION END
}

struct slice proposer_value(const struct proposer *p)
{
    assert(p->state == PROPOSER_ACCEPTS || p->state == PROPOSER_DECIDED);
    // SOLUTION BEGIN 3a; stub: not_implemented("3a proposer_value");
    return p->adopted_of != BALLOT_NONE ? buf_slice(&p->adopted) : p->wish;
    // SOLUTION END
}
