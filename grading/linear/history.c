// history.c - see history.h. Kept texts stand in big pieces, one behind the
// other.
#include "grading/linear/history.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/runtime/alloc.h"
#include "grading/linear/big.h"

enum {
    PIECE = 64 * 1024,
    ROOM_LEAST = 64,
};

struct linear_memory {
    struct linear_memory *next;
    size_t used;
    size_t size;
    unsigned char bytes[];
};

void linear_history_init(struct linear_history *h)
{
    *h = (struct linear_history){.begins_absent = true};
    texts_init(&h->clients);
    texts_init(&h->keys);
}

void linear_history_release(struct linear_history *h)
{
    while (h->memory != NULL) {
        struct linear_memory *next = h->memory->next;
        free(h->memory);
        h->memory = next;
    }
    if (h->mapped != NULL)
        munmap(h->mapped, h->mapped_size);
    texts_release(&h->clients);
    texts_release(&h->keys);
    free(h->ops);
    free(h->times);
    free(h->notes);
    linear_history_init(h);
}

void linear_history_expect(struct linear_history *h, size_t count)
{
    if (count <= h->room)
        return;
    h->room = count;
    h->ops = big_realloc(h->ops, h->room, sizeof h->ops[0]);
    if (h->times != NULL)
        h->times = big_realloc(h->times, h->room, sizeof h->times[0]);
}

struct linear_op *linear_history_add(struct linear_history *h)
{
    if (h->count == h->room)
        linear_history_expect(h, h->room + h->room / 2 + ROOM_LEAST);
    struct linear_op *op = &h->ops[h->count];
    if (h->times != NULL)
        h->times[h->count][0] = h->times[h->count][1] = LINEAR_PENDING;
    h->count++;
    *op = (struct linear_op){.ret = LINEAR_PENDING,
                             .wanted = LINEAR_NO_VERSION,
                             .version = LINEAR_NO_VERSION};
    return op;
}

void linear_history_keep_times(struct linear_history *h)
{
    if (h->times != NULL)
        return;
    if (h->room == 0)
        h->room = ROOM_LEAST;
    h->ops = big_realloc(h->ops, h->room, sizeof h->ops[0]);
    h->times = xmalloc(h->room * sizeof h->times[0]);
    for (size_t i = 0; i < h->count; i++)
        h->times[i][0] = h->times[i][1] = LINEAR_PENDING;
}

void linear_history_note(struct linear_history *h, int64_t at, struct slice who,
                         struct slice text)
{
    if (h->note_count == h->note_room) {
        h->note_room = h->note_room > 0 ? 2 * h->note_room : ROOM_LEAST;
        h->notes = xrealloc(h->notes, h->note_room * sizeof h->notes[0]);
    }
    h->notes[h->note_count++] = (struct linear_note){at, who, text};
}

unsigned char *linear_history_reserve(struct linear_history *h, size_t size)
{
    struct linear_memory *m = h->memory;
    if (m == NULL || m->size - m->used < size) {
        size_t room = size > PIECE ? size : PIECE;
        m = xmalloc(sizeof *m + room);
        m->next = h->memory;
        m->used = 0;
        m->size = room;
        h->memory = m;
    }
    unsigned char *at = m->bytes + m->used;
    m->used += size;
    return at;
}

struct slice linear_history_keep(struct linear_history *h, const void *data,
                                 size_t size)
{
    unsigned char *at = linear_history_reserve(h, size);
    if (size > 0)
        memcpy(at, data, size);
    return slice_of(at, size);
}

void linear_history_take_memory(struct linear_history *h,
                                struct linear_history *from)
{
    struct linear_memory **end = &h->memory;
    while (*end != NULL)
        end = &(*end)->next;
    *end = from->memory;
    from->memory = NULL;
}
