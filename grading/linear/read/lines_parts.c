// lines_parts.c - a file of intervals, cut in parts: an interval is one line,
// and lines need to know of each other only which number a client or a key
// has.
//
// The first lines are read alone: most files have shown all clients and keys
// by then, and their numbers are the same in all parts. Then each part fills
// its place in the one array of operations. What is rare, a wrong line above
// all, is not told from here.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"
#include "grading/linear/read/lines.h"

enum {
    SAMPLE = 256,        // lines that are read alone
    PAYS_FROM = 4 << 20, // bytes, for each thread
    LEAST_OF_ALL = 32,   // bytes: no operation's line is shorter
};

// The first part goes on with the history itself.
struct part {
    struct input in;
    struct linear_reading how;
    struct linear_history own; // of all others
    struct lines lines;
    bool fine;
};

static void read_part(void *arg)
{
    struct part *p = arg;
    p->fine = input_each_line(&p->in, lines_take, &p->lines) &&
              p->lines.shape != SHAPE_EVENTS;
}

static void begin_part(struct part *p, const struct input *in,
                       struct linear_history *h, struct slice bytes)
{
    p->how = *in->how;
    p->how.skipped = 0;
    p->in = (struct input){
        .name = in->name, .bytes = bytes, .how = &p->how, .h = h};
    p->fine = false;
    linear_history_init(&p->own);
    lines_init(&p->lines, &p->in);
}

static void end_part(struct part *p)
{
    lines_release(&p->lines);
    linear_history_release(&p->own);
    free(p->in.error);
}

// --- Cutting -----------------------------------------------------------------

// The first `size` bytes of *rest, up to the end of a line; they leave it.
static struct slice cut(struct slice *rest, size_t size)
{
    const unsigned char *end = rest->data + rest->size;
    const unsigned char *stop = end;
    if (size < rest->size)
        stop = memchr(rest->data + size, '\n', rest->size - size);
    stop = stop == NULL || stop == end ? end : stop + 1;
    struct slice first = slice_of(rest->data, (size_t)(stop - rest->data));
    *rest = slice_of(stop, (size_t)(end - stop));
    return first;
}

static struct slice cut_lines(struct slice *rest, size_t count)
{
    const unsigned char *begin = rest->data;
    while (count-- > 0)
        cut(rest, 0);
    return slice_of(begin, (size_t)(rest->data - begin));
}

static size_t count_lines(struct slice bytes)
{
    size_t count = 0;
    while (bytes.size > 0) {
        cut(&bytes, 0);
        count++;
    }
    return count;
}

// The part's operations go behind `before` others of `h`.
static void give_room(struct part *p, struct linear_history *h, size_t before,
                      size_t room)
{
    p->own.ops = h->ops + before;
    p->own.room = room;
    p->own.begins_absent = h->begins_absent;
    for (size_t i = 0; i < h->clients.count; i++)
        texts_add(&p->own.clients, h->clients.at[i], NULL);
    for (size_t i = 0; i < h->keys.count; i++)
        texts_add(&p->own.keys, h->keys.at[i], NULL);
    p->lines.begun = true;
}

// parts[0] has read the first lines; the rest is for all of them.
static void share_out(struct part *parts, unsigned count,
                      const struct input *in, struct slice rest)
{
    struct linear_history *h = in->h;
    size_t size = rest.size / count;
    size_t lines = h->count;
    size_t before[LINES_PARTS];
    for (unsigned i = 0; i < count; i++) {
        struct slice mine = cut(&rest, i + 1 < count ? size : rest.size);
        before[i] = lines;
        lines += i + 1 < count ? count_lines(mine) : mine.size / LEAST_OF_ALL;
        if (i == 0)
            parts[0].in.bytes = mine;
        else
            begin_part(&parts[i], in, &parts[i].own, mine);
    }
    linear_history_expect(h, lines);
    for (unsigned i = 1; i < count; i++)
        give_room(&parts[i], h, before[i],
                  (i + 1 < count ? before[i + 1] : lines) - before[i]);
}

// --- Together ----------------------------------------------------------------

// The numbers in `to` of the texts of `from`. NULL: they are the same.
static uint32_t *renumber(struct texts *to, const struct texts *from)
{
    uint32_t *numbers = xcalloc(from->count + 1, sizeof numbers[0]);
    bool same = true;
    for (uint32_t i = 0; i < from->count; i++) {
        numbers[i] = texts_add(to, from->at[i], NULL);
        same = same && numbers[i] == i;
    }
    if (!same)
        return numbers;
    free(numbers);
    return NULL;
}

static void add_ops(struct linear_history *h, struct part *p,
                    const uint32_t *clients, const uint32_t *keys)
{
    struct linear_op *to = &h->ops[h->count];
    if (to != p->own.ops)
        memmove(to, p->own.ops, p->own.count * sizeof to[0]);
    h->count += p->own.count;
    for (size_t i = 0; i < p->own.count && clients != NULL; i++)
        to[i].client = clients[to[i].client];
    for (size_t i = 0; i < p->own.count && keys != NULL; i++)
        to[i].key = keys[to[i].key];
}

// False: a key has versions in one part, and writes without in another.
static bool add_part(struct part *first, struct part *p)
{
    struct linear_history *h = first->in.h;
    uint32_t *clients = renumber(&h->clients, &p->own.clients);
    uint32_t *keys = renumber(&h->keys, &p->own.keys);
    bool fine = lines_join_writers(&first->lines.ops, &p->lines.ops, keys);
    add_ops(h, p, clients, keys);
    for (size_t i = 0; i < p->own.note_count; i++) {
        const struct linear_note *note = &p->own.notes[i];
        linear_history_note(h, note->at, note->who, note->text);
    }
    linear_history_take_memory(h, &p->own);
    first->how.skipped += p->how.skipped;
    free(clients);
    free(keys);
    return fine;
}

static bool read_all(struct part *parts, unsigned count)
{
    struct thread *others[LINES_PARTS] = {NULL};
    for (unsigned i = 1; i < count; i++)
        if (thread_start("lines", read_part, &parts[i], &others[i]) != ERR_OK)
            read_part(&parts[i]);
    read_part(&parts[0]);
    bool fine = parts[0].fine;
    for (unsigned i = 1; i < count; i++) {
        thread_join(others[i]);
        fine = fine && parts[i].fine;
    }
    for (unsigned i = 1; i < count; i++) {
        fine = fine && add_part(&parts[0], &parts[i]);
        parts[i].own.ops = NULL; // they are the history's
        end_part(&parts[i]);
    }
    return fine;
}

static unsigned parts_that_pay(const struct input *in)
{
    size_t count = in->how->threads;
    if (count == 0) {
        count = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
        if (count > in->bytes.size / PAYS_FROM)
            count = in->bytes.size / PAYS_FROM;
    }
    return count > LINES_PARTS ? LINES_PARTS : (unsigned)count;
}

static void forget(struct linear_history *h)
{
    texts_release(&h->clients);
    texts_release(&h->keys);
    h->count = 0;
    h->note_count = 0;
}

bool lines_in_parts(struct input *in)
{
    unsigned count = parts_that_pay(in);
    if (count < 2)
        return false;
    struct part *parts = xcalloc(count, sizeof parts[0]);
    struct slice rest = in->bytes;
    input_begins_absent(in);
    begin_part(&parts[0], in, in->h, cut_lines(&rest, SAMPLE));
    read_part(&parts[0]);
    bool fine = parts[0].fine && parts[0].lines.shape == SHAPE_INTERVALS;
    if (fine) {
        share_out(parts, count, in, rest);
        fine = read_all(parts, count);
    }
    if (fine)
        in->how->skipped = parts[0].how.skipped;
    else
        forget(in->h);
    end_part(&parts[0]);
    free(parts);
    return fine;
}
