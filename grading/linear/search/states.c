// states.c - see states.h.
#include "grading/linear/search/states.h"

#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"

struct spoken {
    struct slice text;
    int64_t last;
};

static int compare_spoken(const void *a, const void *b)
{
    return slice_compare(((const struct spoken *)a)->text,
                         ((const struct spoken *)b)->text);
}

// What an operation speaks of, at most two values. How many.
static size_t values_of(const struct linear_op *op, struct slice *out)
{
    size_t n = 0;
    if (op->outcome == LINEAR_FAILED)
        return 0;
    if (op->kind == LINEAR_CAS && !op->expects_absent)
        out[n++] = op->expected;
    if (op->seen == LINEAR_SAW_VALUE && op->outcome != LINEAR_MAYBE)
        out[n++] = op->result;
    return n;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void collect_texts(struct states *s, const struct key_ops *k)
{
    struct spoken *all = xcalloc(2 * k->count + 1, sizeof all[0]);
    size_t n = 0;
    for (uint32_t i = 0; i < k->count; i++) {
        struct slice values[2];
        size_t count = values_of(key_op(k, i), values);
        for (size_t j = 0; j < count; j++)
            all[n++] = (struct spoken){values[j], key_ret(key_op(k, i))};
    }
    qsort(all, n, sizeof all[0], compare_spoken);
    s->texts = xcalloc(n + 1, sizeof s->texts[0]);
    s->lasts = xcalloc(n + 1, sizeof s->lasts[0]);
    for (size_t i = 0; i < n; i++) {
        size_t count = s->text_count;
        if (count == 0 || !slice_equal(s->texts[count - 1], all[i].text)) {
            s->texts[s->text_count] = all[i].text;
            s->lasts[s->text_count++] = all[i].last;
        } else {
            s->lasts[count - 1] = later(s->lasts[count - 1], all[i].last);
        }
    }
    free(all);
}

static bool begins(struct slice text, struct slice with)
{
    return text.size >= with.size &&
           (with.size == 0 || memcmp(text.data, with.data, with.size) == 0);
}

static uint32_t add_node(struct states *s, uint32_t text, size_t size)
{
    uint32_t number;
    if (!records_add(&s->keys, (const uint64_t[]){text, size}, &number))
        return number;
    if (number >= s->node_room) {
        s->node_room = 2 * s->node_room + 16;
        s->nodes = xrealloc(s->nodes, s->node_room * sizeof s->nodes[0]);
    }
    int64_t last = -1;
    if (text < s->text_count) {
        struct slice value = slice_of(s->texts[text].data, size);
        for (size_t i = text; i < s->text_count && begins(s->texts[i], value);
             i++)
            last = later(last, s->lasts[i]);
    }
    s->nodes[number] = (struct node){text, size, last};
    return number;
}

void states_init(struct states *s, const struct key_ops *k)
{
    *s = (struct states){0};
    collect_texts(s, k);
    records_init(&s->keys, 2);
    records_init(&s->memo, 2);
    add_node(s, UINT32_MAX, 0); // NODE_ABSENT
    add_node(s, UINT32_MAX, 1); // NODE_OTHER
}

void states_release(struct states *s)
{
    free(s->texts);
    free(s->lasts);
    free(s->nodes);
    free(s->appended);
    records_release(&s->keys);
    records_release(&s->memo);
}

// How `text` compares with `head` and `tail` one behind the other.
static int compare_joined(struct slice text, struct slice head,
                          struct slice tail)
{
    if (text.size < head.size)
        return slice_compare(text, head);
    int order = slice_compare(slice_of(text.data, head.size), head);
    if (order != 0)
        return order;
    return slice_compare(slice_of(text.data + head.size, text.size - head.size),
                         tail);
}

static uint32_t find(struct states *s, struct slice head, struct slice tail)
{
    size_t low = 0;
    size_t high = s->text_count;
    while (low < high) { // the first that is not less
        size_t middle = low + (high - low) / 2;
        if (compare_joined(s->texts[middle], head, tail) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->text_count || !begins(s->texts[low], head) ||
        !begins(slice_of(s->texts[low].data + head.size,
                         s->texts[low].size - head.size),
                tail))
        return NODE_OTHER;
    return add_node(s, (uint32_t)low, head.size + tail.size);
}

uint32_t states_set(struct states *s, struct slice value)
{
    return find(s, (struct slice){0}, value);
}

uint32_t states_append(struct states *s, uint32_t node, struct slice tail,
                       uint32_t argument)
{
    if (node == NODE_OTHER)
        return NODE_OTHER;
    uint32_t number;
    bool is_new =
        records_add(&s->memo, (const uint64_t[]){node, argument}, &number);
    if (!is_new)
        return s->appended[number];
    if (number >= s->appended_room) {
        s->appended_room = 2 * s->appended_room + 16;
        s->appended =
            xrealloc(s->appended, s->appended_room * sizeof s->appended[0]);
    }
    struct slice head = {0};
    if (node != NODE_ABSENT)
        head =
            slice_of(s->texts[s->nodes[node].text].data, s->nodes[node].size);
    s->appended[number] = find(s, head, tail);
    return s->appended[number];
}

int64_t states_last_with(const struct states *s, struct slice tail)
{
    int64_t last = -1;
    for (size_t i = 0; i < s->text_count; i++) {
        struct slice text = s->texts[i];
        // What goes on in the next one is looked for there.
        if (s->lasts[i] > last && tail.size > 0 && slice_find(text, tail, NULL))
            last = s->lasts[i];
    }
    return tail.size == 0 ? INT64_MAX : last;
}
