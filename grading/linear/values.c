// values.c - what values say: who wrote them, and in which order.
//
// Without Appends a value is one token. With them it is one token after the
// other, and can be taken apart in one way only: each token ends with a byte
// that is nowhere else in it, or at least none is the beginning of another.
// Values grow: what was seen before of a chain is compared as a whole, and
// only what is new is taken apart.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/big.h"
#include "grading/linear/key.h"

// --- Tokens ----------------------------------------------------------------

static bool ends_with(struct slice token, int byte)
{
    return token.size > 0 &&
           (const unsigned char *)memchr(token.data, byte, token.size) ==
               token.data + token.size - 1;
}

// A byte that ends each token and is nowhere else in one.
static void note_end(struct values *v, struct slice token, bool first)
{
    if (first && token.size > 0)
        v->terminator = token.data[token.size - 1];
    if (v->terminator >= 0 && !ends_with(token, v->terminator))
        v->terminator = -1;
}

// A cluster for a write, its token with the same number.
static void add_token(struct values *v, uint32_t i, const struct linear_op *op)
{
    uint32_t c = (uint32_t)v->tokens.count;
    note_end(v, op->argument, c == INITIAL + 1);
    v->repeated = !tokens_add(&v->tokens, op->argument);
    v->clusters[c] = (struct cluster){
        .writer = i,
        .marked = op->outcome == LINEAR_OK,
        .linked = op->kind == LINEAR_PUT,
        .before = NOBODY,
        .after = NOBODY,
        .root = op->kind == LINEAR_APPEND ? NOBODY : c,
        .end = op->argument.size,
    };
}

static bool begins_with(struct slice text, struct slice with)
{
    return text.size >= with.size &&
           (with.size == 0 || memcmp(text.data, with.data, with.size) == 0);
}

static int compare_tokens(const void *a, const void *b, void *tokens)
{
    const struct slice *at = tokens;
    return slice_compare(at[*(const uint32_t *)a], at[*(const uint32_t *)b]);
}

// The first token that counts: INITIAL has one if it is not empty.
static uint32_t first_number(const struct values *v)
{
    return v->ops.h->begins_absent || v->ops.h->init.size == 0 ? 1 : 0;
}

// False: a value can be taken apart in more than one way.
static bool tokens_are_clear(struct values *v)
{
    uint32_t first = first_number(v);
    size_t count = v->tokens.count - first;
    const struct slice *at = v->tokens.at;
    if (count == 0)
        return true;
    if (first == INITIAL)
        note_end(v, at[INITIAL], count == 1);
    if (v->terminator >= 0)
        return true;
    v->sorted = xcalloc(count, sizeof v->sorted[0]);
    for (uint32_t i = 0; i < count; i++)
        v->sorted[i] = first + i;
    qsort_r(v->sorted, count, sizeof v->sorted[0], compare_tokens,
            v->tokens.at);
    if (at[v->sorted[0]].size == 0)
        return false;
    for (size_t i = 1; i < count; i++)
        if (begins_with(at[v->sorted[i]], at[v->sorted[i - 1]]))
            return false;
    return true;
}

// The one that the text begins with; NOBODY: none.
static uint32_t sorted_token(const struct values *v, struct slice text)
{
    size_t low = 0;
    size_t high = v->tokens.count - first_number(v);
    while (low < high) { // the first that is greater
        size_t middle = low + (high - low) / 2;
        if (slice_compare(v->tokens.at[v->sorted[middle]], text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !begins_with(text, v->tokens.at[v->sorted[low - 1]]))
        return NOBODY;
    return v->sorted[low - 1];
}

static uint32_t first_token(const struct values *v, struct slice text)
{
    if (v->terminator < 0)
        return v->sorted == NULL ? NOBODY : sorted_token(v, text);
    const unsigned char *end = memchr(text.data, v->terminator, text.size);
    if (end == NULL)
        return NOBODY;
    return tokens_find(&v->tokens,
                       slice_of(text.data, (size_t)(end - text.data) + 1));
}

// The one that it ends with. With a terminator.
static uint32_t last_token(const struct values *v, struct slice text)
{
    if (text.data[text.size - 1] != v->terminator)
        return NOBODY;
    const unsigned char *before =
        memrchr(text.data, v->terminator, text.size - 1);
    size_t skip = before == NULL ? 0 : (size_t)(before - text.data) + 1;
    return tokens_find(&v->tokens,
                       slice_of(text.data + skip, text.size - skip));
}

// --- Chains ----------------------------------------------------------------

static void mark(struct values *v, uint32_t c)
{
    struct cluster *cluster = &v->clusters[c];
    if (cluster->marked)
        return;
    cluster->marked = true;
    if (key_op(&v->ops, cluster->writer)->kind == LINEAR_CAS)
        v->unlinked[v->unlinked_count++] = c;
}

// Does the value of cluster `saw` have c in it?
static bool has_part(const struct values *v, uint32_t saw, uint32_t c)
{
    return saw != NOBODY && v->clusters[saw].root == v->clusters[c].root &&
           v->clusters[saw].end >= v->clusters[c].end;
}

// The first, besides `not`, that has seen a value that has c in it.
static uint32_t reader_of(const struct values *v, uint32_t c, uint32_t not )
{
    for (uint32_t i = 0; i < v->ops.count; i++)
        if (i != not &&has_part(v, v->seen[i], c))
            return i;
    for (uint32_t x = 0; x < v->cluster_count; x++)
        if (v->clusters[x].replaces &&
            v->clusters[x].writer !=
                not &&has_part(v, v->clusters[x].before, c))
            return v->clusters[x].writer;
    return NOBODY;
}

// `who` has seen that `c` found what `before` had left.
static enum decision link_clusters(struct values *v, uint32_t c,
                                   uint32_t before, uint32_t who)
{
    struct cluster *cluster = &v->clusters[c];
    struct cluster *b = &v->clusters[before];
    if (cluster->linked && cluster->before == before)
        return DECIDED_YES;
    if (cluster->linked)
        return REPORT(v, LINEAR_FORK, cluster->writer, who,
                      reader_of(v, c, who), b->writer);
    if (b->after != NOBODY) {
        struct cluster *other = &v->clusters[b->after];
        bool lost = other->replaces && cluster->replaces;
        return REPORT(v, lost ? LINEAR_LOST_UPDATE : LINEAR_FORK, other->writer,
                      cluster->writer, b->writer, who,
                      lost ? NOBODY : reader_of(v, b->after, who));
    }
    cluster->linked = true;
    cluster->before = before;
    b->after = c;
    if (cluster->root == NOBODY) {
        cluster->root = b->root;
        cluster->end += b->end;
    }
    return DECIDED_YES;
}

static enum linear_kind kind_of(const struct values *v, uint32_t c)
{
    return v->clusters[c].writer == NOBODY
               ? LINEAR_PUT
               : (enum linear_kind)key_op(&v->ops, v->clusters[c].writer)->kind;
}

// Is `c` already among those that lead to `last`?
static bool leads_to(const struct values *v, uint32_t c, uint32_t last)
{
    for (; last != NOBODY; last = v->clusters[last].before)
        if (last == c)
            return true;
    return false;
}

// Takes the value apart from `from` on, where cluster `at` ends.
static enum decision walk_value(struct values *v, struct slice value,
                                size_t from, uint32_t at, uint32_t who,
                                uint32_t *out)
{
    while (from < value.size) {
        uint32_t c =
            first_token(v, slice_of(value.data + from, value.size - from));
        if (c == NOBODY || kind_of(v, c) != LINEAR_APPEND)
            return REPORT(v, LINEAR_FROM_NOWHERE, who,
                          c == NOBODY ? NOBODY : v->clusters[c].writer);
        if (v->clusters[c].linked && v->clusters[c].before != at &&
            leads_to(v, c, at))
            return REPORT(v, LINEAR_TWICE, v->clusters[c].writer, who);
        enum decision d = link_clusters(v, c, at, who);
        if (d != DECIDED_YES)
            return d;
        mark(v, c);
        at = c;
        from += v->tokens.at[c].size;
    }
    *out = at;
    return DECIDED_YES;
}

static uint32_t root_of(const struct values *v, struct slice value, size_t *end)
{
    *end = 0;
    if (value.size == 0)
        return v->ops.h->begins_absent || v->ops.h->init.size > 0 ? NOBODY
                                                                  : INITIAL;
    uint32_t c = first_token(v, value);
    if (c == NOBODY)
        return NOBODY;
    if (kind_of(v, c) == LINEAR_APPEND) // to nothing, or to the empty value
        return first_number(v) == 0 ? NOBODY : INITIAL;
    *end = v->tokens.at[c].size;
    return c;
}

// What was seen before of its chain and agrees: where to go on. The cluster;
// NOBODY and *from 0: take all of it apart.
static uint32_t known_part(const struct values *v, struct slice value,
                           uint32_t root, size_t *from)
{
    const struct longest *l = &v->longest[root];
    size_t size = l->value.size < value.size ? l->value.size : value.size;
    *from = 0;
    if (size == 0 || memcmp(l->value.data, value.data, size) != 0)
        return NOBODY;
    *from = size;
    if (size == l->value.size)
        return l->tip;
    uint32_t c = v->terminator < 0 ? NOBODY : last_token(v, value);
    if (c != NOBODY && v->clusters[c].root == root &&
        v->clusters[c].end == size)
        return c;
    *from = 0;
    return NOBODY;
}

// In a chain, where to go on: a cluster; NOBODY: nobody wrote its beginning.
static uint32_t find_part(struct values *v, struct slice value, size_t *from)
{
    uint32_t at = known_part(v, value, v->last_root, from);
    if (at != NOBODY) // mostly it is the chain of the value before
        return at;
    size_t end;
    uint32_t root = root_of(v, value, &end);
    if (root == NOBODY)
        return NOBODY;
    mark(v, root);
    v->last_root = root;
    at = known_part(v, value, root, from);
    if (at != NOBODY)
        return at;
    *from = end;
    return root;
}

// The cluster that a value is of: *out. Marks it and those before it.
static enum decision read_value(struct values *v, struct slice value,
                                uint32_t who, uint32_t *out)
{
    if (!v->chained) {
        *out = tokens_find(&v->tokens, value);
        if (*out == NOBODY)
            return REPORT(v, LINEAR_FROM_NOWHERE, who);
        mark(v, *out);
        return DECIDED_YES;
    }
    size_t from;
    uint32_t at = find_part(v, value, &from);
    if (at == NOBODY)
        return REPORT(v, LINEAR_FROM_NOWHERE, who);
    enum decision d = walk_value(v, value, from, at, who, out);
    struct longest *l = &v->longest[v->last_root];
    if (d == DECIDED_YES && value.size > l->value.size)
        *l = (struct longest){value, *out};
    return d;
}

uint32_t values_find(const struct values *v, struct slice value)
{
    if (!v->chained)
        return tokens_find(&v->tokens, value);
    size_t from;
    uint32_t at = root_of(v, value, &from);
    while (at != NOBODY && from < value.size) {
        uint32_t next =
            first_token(v, slice_of(value.data + from, value.size - from));
        if (next == NOBODY || v->clusters[at].after != next)
            return NOBODY;
        from += v->tokens.at[next].size;
        at = next;
    }
    return at;
}

// --- Operations ------------------------------------------------------------

static enum decision read_seen(struct values *v, const struct linear_op *op,
                               uint32_t who, uint32_t *out)
{
    *out = INITIAL;
    if (op->seen == LINEAR_SAW_VALUE)
        return read_value(v, op->result, who, out);
    if (!v->ops.h->begins_absent)
        return REPORT(v, LINEAR_FROM_NOWHERE, who);
    return DECIDED_YES;
}

// What a CAS that went well has found.
static enum decision link_cas(struct values *v, uint32_t c)
{
    uint32_t who = v->clusters[c].writer;
    const struct linear_op *op = key_op(&v->ops, who);
    uint32_t found = INITIAL;
    enum decision d = DECIDED_YES;
    if (!op->expects_absent)
        d = read_value(v, op->expected, who, &found);
    else if (!v->ops.h->begins_absent)
        d = REPORT(v, LINEAR_FROM_NOWHERE, who);
    return d == DECIDED_YES ? link_clusters(v, c, found, who) : d;
}

static bool saw_what_it_wants(const struct linear_op *op)
{
    return op->expects_absent ? op->seen == LINEAR_SAW_ABSENT
                              : op->seen == LINEAR_SAW_VALUE &&
                                    slice_equal(op->expected, op->result);
}

// `c`: its cluster, if it is a write.
static enum decision read_op(struct values *v, uint32_t who, uint32_t c)
{
    const struct linear_op *op = key_op(&v->ops, who);
    bool refused = op->outcome == LINEAR_NO;
    if (op->outcome == LINEAR_FAILED || op->outcome == LINEAR_MAYBE ||
        op->kind == LINEAR_PUT)
        return DECIDED_YES;
    if (op->kind == LINEAR_CAS && !refused) {
        v->clusters[c].replaces = true;
        return link_cas(v, c);
    }
    if (op->seen == LINEAR_SAW_UNKNOWN) {
        if (refused)
            v->refused[v->refused_count++] = who;
        return DECIDED_YES;
    }
    if (refused && saw_what_it_wants(op))
        return REPORT(v, LINEAR_UNJUST_REFUSAL, who);
    uint32_t saw = NOBODY;
    enum decision d = read_seen(v, op, who, &saw);
    if (d != DECIDED_YES)
        return d;
    if (op->kind == LINEAR_APPEND) {
        v->clusters[c].replaces = true;
        return link_clusters(v, c, saw, who);
    }
    v->seen[who] = saw;
    return DECIDED_YES;
}

static void make_room(struct values *v)
{
    v->chained = v->traits.chained;
    v->seen = big_alloc(v->ops.count + 1, sizeof v->seen[0]);
    memset(v->seen, 0xff, (v->ops.count + 1) * sizeof v->seen[0]);
    v->refused = xcalloc(v->traits.refused + 1, sizeof v->refused[0]);
    v->unlinked = xcalloc(v->traits.unknown_cas + 1, sizeof v->unlinked[0]);
    if (v->chained)
        v->longest = xcalloc(v->traits.writes + 1, sizeof v->longest[0]);
}

static void add_initial_cluster(struct values *v)
{
    tokens_skip(&v->tokens);
    v->clusters[INITIAL] = (struct cluster){.writer = NOBODY,
                                            .marked = true,
                                            .linked = true,
                                            .before = NOBODY,
                                            .after = NOBODY,
                                            .root = INITIAL,
                                            .end = v->ops.h->init.size};
}

// False: a write has written it, too.
static bool name_initial(struct values *v)
{
    const struct linear_history *h = v->ops.h;
    bool named = !h->begins_absent && (!v->chained || h->init.size > 0);
    return !named || tokens_name(&v->tokens, INITIAL, h->init);
}

static void note_traits(struct traits *t, const struct linear_op *op)
{
    bool writes = linear_op_writes(op);
    t->writes += writes;
    t->chained |= op->kind == LINEAR_APPEND && writes;
    t->refused += op->outcome == LINEAR_NO;
    t->unknown_cas += op->kind == LINEAR_CAS && op->outcome == LINEAR_MAYBE;
    t->has_versions |=
        op->kind == LINEAR_VPUT || op->version != LINEAR_NO_VERSION;
    t->only_versions &=
        (op->kind == LINEAR_VPUT || !writes) && op->kind != LINEAR_CAS;
}

// One pass over the operations, for all that is known of each by itself:
// memory is what takes the time.
void values_init(struct values *v, const struct key_ops *k,
                 struct linear_report *r)
{
    *v = (struct values){.ops = *k,
                         .report = r,
                         .traits = {.only_versions = true},
                         .terminator = -1};
    v->call = big_alloc(k->count + 1, sizeof v->call[0]);
    v->ret = big_alloc(k->count + 1, sizeof v->ret[0]);
    v->clusters = big_alloc(k->count + 1, sizeof v->clusters[0]);
    tokens_init(&v->tokens, k->count + 1);
    add_initial_cluster(v);
    for (uint32_t i = 0; i < k->count; i++) {
        const struct linear_op *op = key_op(k, i);
        v->call[i] = op->call;
        v->ret[i] = key_ret(op);
        note_traits(&v->traits, op);
        if (linear_op_writes(op) && !v->repeated)
            add_token(v, i, op);
    }
    v->cluster_count = (uint32_t)v->tokens.count;
}

enum decision values_read(struct values *v)
{
    make_room(v);
    if (v->repeated || !name_initial(v) || (v->chained && !tokens_are_clear(v)))
        return UNDECIDED;
    uint32_t c = INITIAL;
    enum decision d = DECIDED_YES;
    for (uint32_t i = 0; i < v->ops.count && d == DECIDED_YES; i++) {
        c += linear_op_writes(key_op(&v->ops, i));
        d = read_op(v, i, c);
    }
    while (v->unlinked_count > 0 && d == DECIDED_YES)
        d = link_cas(v, v->unlinked[--v->unlinked_count]);
    return d;
}

void values_release(struct values *v)
{
    free(v->call);
    free(v->ret);
    tokens_release(&v->tokens);
    free(v->sorted);
    free(v->clusters);
    free(v->longest);
    free(v->seen);
    free(v->refused);
    free(v->unlinked);
}
