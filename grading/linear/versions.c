// versions.c - a key in which each write says which version it replaces: its
// versions are one chain, and a version's number is its cluster.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/key.h"

// A write of that version whose outcome is known, or NOBODY: its cluster.
static uint32_t cluster_of(const struct linear_op *op)
{
    return op->wanted < 0 ? NOBODY : (uint32_t)op->wanted + 1;
}

static bool has_value(const struct values *v, uint32_t version,
                      const struct linear_op *get)
{
    if (version == INITIAL && v->ops.h->begins_absent)
        return get->seen == LINEAR_SAW_ABSENT;
    uint32_t writer = v->clusters[version].writer;
    struct slice value =
        writer == NOBODY ? v->ops.h->init : key_op(&v->ops, writer)->argument;
    return get->seen == LINEAR_SAW_VALUE && slice_equal(get->result, value);
}

static enum decision add_known(struct values *v)
{
    for (uint32_t i = 0; i < v->ops.count; i++) {
        const struct linear_op *op = key_op(&v->ops, i);
        if (op->kind != LINEAR_VPUT || op->outcome != LINEAR_OK)
            continue;
        uint32_t version = cluster_of(op);
        if (version >= v->cluster_count) // not so many writes
            return REPORT(v, LINEAR_FROM_NOWHERE, i);
        if (v->clusters[version].writer != NOBODY)
            return REPORT(v, LINEAR_LOST_UPDATE, v->clusters[version].writer,
                          i);
        v->clusters[version].writer = i;
    }
    return DECIDED_YES;
}

// The version that it read; in `first_reader`, who was the first.
static enum decision add_reader(struct values *v, uint32_t i,
                                uint32_t *first_reader)
{
    const struct linear_op *op = key_op(&v->ops, i);
    bool absent = op->seen == LINEAR_SAW_ABSENT;
    if (absent && (!v->ops.h->begins_absent || op->version > 0))
        return REPORT(v, LINEAR_FROM_NOWHERE, i);
    uint32_t version = absent ? INITIAL : (uint32_t)op->version;
    if (version >= v->cluster_count)
        return REPORT(v, LINEAR_FROM_NOWHERE, i);
    v->seen[i] = version;
    if (op->kind == LINEAR_GET && first_reader[version] == NOBODY)
        first_reader[version] = i;
    return DECIDED_YES;
}

static enum decision add_readers(struct values *v, uint32_t *first_reader)
{
    for (uint32_t i = 0; i < v->ops.count; i++) {
        const struct linear_op *op = key_op(&v->ops, i);
        bool refused = op->outcome == LINEAR_NO;
        bool get = op->kind == LINEAR_GET && op->outcome == LINEAR_OK &&
                   op->seen != LINEAR_SAW_UNKNOWN;
        if (get && op->seen == LINEAR_SAW_VALUE &&
            op->version == LINEAR_NO_VERSION)
            return UNDECIDED;
        if (refused && op->version == LINEAR_NO_VERSION)
            v->refused[v->refused_count++] = i;
        if (refused && op->version != LINEAR_NO_VERSION &&
            op->version == op->wanted)
            return REPORT(v, LINEAR_UNJUST_REFUSAL, i);
        if (get || (refused && op->version != LINEAR_NO_VERSION)) {
            enum decision d = add_reader(v, i, first_reader);
            if (d != DECIDED_YES)
                return d;
        }
    }
    return DECIDED_YES;
}

// The newest version that is known to have been.
static uint32_t newest(const struct values *v)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < v->ops.count; i++)
        if (v->seen[i] != NOBODY && v->seen[i] > last)
            last = v->seen[i];
    for (uint32_t c = 1; c < v->cluster_count; c++)
        if (v->clusters[c].writer != NOBODY && c > last)
            last = c;
    return last;
}

// Who has seen this version, or a later one.
static uint32_t seen_from(const struct values *v, uint32_t version)
{
    for (uint32_t i = 0; i < v->ops.count; i++)
        if (v->seen[i] != NOBODY && v->seen[i] >= version)
            return i;
    return NOBODY;
}

// A version of which nobody knows who wrote it: the one whose write it can be.
// UNDECIDED: several.
static enum decision add_unknown(struct values *v, uint32_t last,
                                 const uint32_t *first_reader)
{
    uint32_t *candidates = xcalloc(v->cluster_count, sizeof candidates[0]);
    for (uint32_t i = 0; i < v->ops.count; i++) {
        const struct linear_op *op = key_op(&v->ops, i);
        uint32_t c = cluster_of(op);
        if (op->kind != LINEAR_VPUT || op->outcome != LINEAR_MAYBE || c > last)
            continue;
        uint32_t writer = v->clusters[c].writer;
        if (writer != NOBODY && candidates[c] == 0)
            continue; // known
        uint32_t reader = first_reader[c];
        if (reader != NOBODY &&
            !slice_equal(op->argument, key_op(&v->ops, reader)->result))
            continue;
        candidates[c]++;
        v->clusters[c].writer = i;
    }
    enum decision d = DECIDED_YES;
    for (uint32_t c = 1; c <= last && d == DECIDED_YES; c++) {
        if (candidates[c] > 1)
            d = UNDECIDED;
        else if (v->clusters[c].writer == NOBODY)
            d = REPORT(v, LINEAR_FROM_NOWHERE, seen_from(v, c),
                       c < last ? v->clusters[c + 1].writer : NOBODY);
    }
    free(candidates);
    return d;
}

static enum decision check_values(struct values *v)
{
    for (uint32_t i = 0; i < v->ops.count; i++) {
        const struct linear_op *op = key_op(&v->ops, i);
        if (v->seen[i] != NOBODY && op->kind == LINEAR_GET &&
            !has_value(v, v->seen[i], op))
            return REPORT(v, LINEAR_FROM_NOWHERE, i,
                          v->clusters[v->seen[i]].writer);
    }
    return DECIDED_YES;
}

static void make_chain(struct values *v, uint32_t last)
{
    v->cluster_count = last + 1;
    for (uint32_t c = 0; c <= last; c++) {
        struct cluster *cluster = &v->clusters[c];
        cluster->before = c == 0 ? NOBODY : c - 1;
        cluster->after = c == last ? NOBODY : c + 1;
        cluster->marked = cluster->linked = cluster->replaces = true;
    }
}

enum decision versions_read(struct values *v)
{
    size_t writes = v->traits.writes;
    v->cluster_count = (uint32_t)writes + 1;
    memset(v->clusters, 0, (writes + 1) * sizeof v->clusters[0]);
    uint32_t *first_reader = xmalloc((writes + 1) * sizeof first_reader[0]);
    memset(first_reader, 0xff, (writes + 1) * sizeof first_reader[0]);
    for (size_t c = 0; c <= writes; c++)
        v->clusters[c].writer = NOBODY;
    v->seen = xmalloc((v->ops.count + 1) * sizeof v->seen[0]);
    memset(v->seen, 0xff, (v->ops.count + 1) * sizeof v->seen[0]);
    v->refused = xcalloc(v->ops.count + 1, sizeof v->refused[0]);

    enum decision d = add_known(v);
    if (d == DECIDED_YES)
        d = add_readers(v, first_reader);
    uint32_t last = d == DECIDED_YES ? newest(v) : 0;
    if (d == DECIDED_YES)
        d = add_unknown(v, last, first_reader);
    if (d == DECIDED_YES)
        d = check_values(v);
    if (d == DECIDED_YES)
        make_chain(v, last);
    free(first_reader);
    return d;
}
