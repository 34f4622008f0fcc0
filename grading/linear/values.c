// values.c - what values say: who wrote them, and in which order.
//
// No written text is the beginning of another: so a value can be taken apart
// in one way only, and the text that it begins with is the last one of the
// sorted ones that is not greater.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "grading/linear/linear_private.h"

static int compare_tokens(const void *a, const void *b)
{
    return slice_compare(((const struct token *)a)->text,
                         ((const struct token *)b)->text);
}

static bool begins_with(struct slice text, struct slice with)
{
    return text.size >= with.size &&
           (with.size == 0 || memcmp(text.data, with.data, with.size) == 0);
}

// A cluster for each write, and what it wrote.
static bool make_clusters(struct key_check *k)
{
    k->clusters = xcalloc(k->count + 1, sizeof k->clusters[0]);
    k->tokens = xcalloc(k->count + 1, sizeof k->tokens[0]);
    k->clusters[ABSENT] = (struct cluster){.writer = -1,
                                           .marked = true,
                                           .linked = true,
                                           .before = NOBODY,
                                           .after = NOBODY};
    k->cluster_count = 1;
    for (size_t i = 0; i < k->count; i++) {
        const struct linear_op *op = &k->ops[k->mine[i]];
        if (op->kind == LINEAR_GET)
            continue;
        if (op->argument.size == 0)
            return REPORT(k, LINEAR_NOT_DISTINCT, (int64_t)k->mine[i]);
        k->tokens[k->token_count++] =
            (struct token){op->argument, k->cluster_count};
        k->clusters[k->cluster_count++] =
            (struct cluster){.writer = (int64_t)k->mine[i],
                             .marked = op->known,
                             .linked = op->kind == LINEAR_PUT,
                             .before = NOBODY,
                             .after = NOBODY};
    }
    qsort(k->tokens, k->token_count, sizeof k->tokens[0], compare_tokens);
    for (size_t i = 1; i < k->token_count; i++)
        if (begins_with(k->tokens[i].text, k->tokens[i - 1].text))
            return REPORT(k, LINEAR_NOT_DISTINCT,
                          k->clusters[k->tokens[i - 1].cluster].writer,
                          k->clusters[k->tokens[i].cluster].writer);
    return true;
}

// Whose text the value begins with; NULL: nobody's.
static const struct token *first_token(const struct key_check *k,
                                       struct slice value)
{
    size_t low = 0;
    size_t high = k->token_count;
    while (low < high) { // the first that is greater
        size_t middle = low + (high - low) / 2;
        if (slice_compare(k->tokens[middle].text, value) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !begins_with(value, k->tokens[low - 1].text))
        return NULL;
    return &k->tokens[low - 1];
}

// `who` has seen that `cluster` found `before`.
static bool link_clusters(struct key_check *k, int cluster, int before,
                          int64_t who)
{
    struct cluster *c = &k->clusters[cluster];
    struct cluster *b = &k->clusters[before];
    if (c->linked)
        return c->before == before ||
               REPORT(k, LINEAR_FORK, c->writer, who,
                      c->before == NOBODY ? -1 : k->clusters[c->before].writer,
                      b->writer);
    if (b->after != NOBODY)
        return REPORT(k, LINEAR_LOST_UPDATE, k->clusters[b->after].writer,
                      c->writer, b->writer);
    c->linked = true;
    c->before = before;
    b->after = cluster;
    return true;
}

static enum linear_kind kind_of(const struct key_check *k, int cluster)
{
    return k->ops[k->clusters[cluster].writer].kind;
}

// The cluster that a value is of: *out. Marks it and those before it.
static bool read_value(struct key_check *k, struct slice value, int64_t who,
                       int *out)
{
    int before = NOBODY;
    while (value.size > 0) {
        const struct token *t = first_token(k, value);
        bool put = t != NULL && kind_of(k, t->cluster) == LINEAR_PUT;
        if (t == NULL || (put && before != NOBODY))
            return REPORT(k, LINEAR_FROM_NOWHERE, who);
        // An Append that is in it twice would have to follow itself, or what
        // follows it.
        if (!put && !link_clusters(k, t->cluster,
                                   before == NOBODY ? ABSENT : before, who)) {
            return false;
        }
        k->clusters[t->cluster].marked = true;
        before = t->cluster;
        value = slice_of(value.data + t->text.size, value.size - t->text.size);
    }
    *out = before;
    // The empty value: nobody has written it.
    return before != NOBODY || REPORT(k, LINEAR_FROM_NOWHERE, who);
}

static bool read_result(struct key_check *k, int64_t who, int *out)
{
    const struct linear_op *op = &k->ops[who];
    *out = ABSENT;
    return !op->found || read_value(k, op->result, who, out);
}

bool values_read(struct key_check *k)
{
    if (!make_clusters(k))
        return false;
    k->seen = xcalloc(k->count + 1, sizeof k->seen[0]);
    int cluster = 0; // of the writes, in the order of make_clusters
    for (size_t i = 0; i < k->count; i++) {
        int64_t who = (int64_t)k->mine[i];
        const struct linear_op *op = &k->ops[who];
        k->seen[i] = NOBODY;
        cluster += op->kind != LINEAR_GET;
        int saw = NOBODY;
        if (!op->known || op->kind == LINEAR_PUT)
            continue;
        if (!read_result(k, who, &saw))
            return false;
        if (op->kind == LINEAR_GET)
            k->seen[i] = saw;
        else if (!link_clusters(k, cluster, saw, who))
            return false;
    }
    return true;
}
