// heap.c - size classes and free lists; blocks never move between heaps.
#include "common/runtime/sim/heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/runtime/sim/sanitizer.h"

#ifdef WITH_SANITIZER
int sim_heap_use(int heap)
{
    (void)heap;
    return HEAP_TEST;
}

void sim_heap_drop(int heap)
{
    (void)heap;
}

int64_t sim_heap_used(int heap)
{
    (void)heap;
    return -1;
}
#else

enum {
    HEAPS_MAX = 2048,
    GRAIN = 16, // of sizes, and of addresses
    SMALL = 1024,
    CLASSES = SMALL / GRAIN + 40,
    CHUNK = 1 << 20,       // by which a heap grows
    GIVEN_BACK = 32 << 20, // so large a block goes to the system at once
};

// A heap's addresses: room enough that it never meets the next.
static const uintptr_t FIRST = 0x100000000000;
static const uintptr_t APART = (uintptr_t)1 << 34;

// Before each block.
struct head {
    size_t size; // asked for
    uint32_t class;
    uint32_t heap;
};

struct heap {
    char *top; // NULL: nothing was ever allocated from it
    char *end; // of what is mapped
    bool dead;
    size_t used; // bytes, in blocks that were asked for and not freed
    struct head *free[CLASSES]; // the next stands in the block
};

static struct heap heaps[HEAPS_MAX];
static int current;

static char *base_of(int heap)
{
    return (char *)(FIRST + (uintptr_t)heap * APART);
}

// Sizes of a class: multiples of GRAIN, then powers of two.
static uint32_t class_of(size_t size)
{
    if (size <= SMALL)
        return (uint32_t)((size + GRAIN - 1) / GRAIN);
    uint32_t class = SMALL / GRAIN;
    for (size_t most = SMALL; most < size; most *= 2)
        class ++;
    return class;
}

static size_t size_of(uint32_t class)
{
    if (class <= SMALL / GRAIN)
        return (size_t)(class == 0 ? 1 : class) * GRAIN;
    return (size_t)SMALL << (class - SMALL / GRAIN);
}

static bool grow(struct heap *h, int heap, size_t size)
{
    if (h->top == NULL) {
        h->top = h->end = base_of(heap);
    }
    if (h->top + size <= h->end)
        return true;
    size_t more = (size + CHUNK - 1) / CHUNK * CHUNK;
    if ((uintptr_t)h->end + more > (uintptr_t)base_of(heap) + APART)
        return false;
    void *at =
        mmap(h->end, more, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);
    if (at != h->end)
        return false;
    h->end += more;
    return true;
}

// *fresh: it has never been used, and so is zero.
static struct head *take(struct heap *h, int heap, uint32_t class, bool *fresh)
{
    struct head *b = h->free[class];
    *fresh = b == NULL;
    if (b != NULL) {
        h->free[class] = *(struct head **)(b + 1);
        return b;
    }
    size_t size = sizeof *b + size_of(class);
    if (!grow(h, heap, size))
        return NULL;
    b = (struct head *)(void *)h->top;
    h->top += size;
    return b;
}

static void *allocate(size_t size, bool *fresh)
{
    struct heap *h = &heaps[current];
    uint32_t class = class_of(size);
    struct head *b = class < CLASSES ? take(h, current, class, fresh) : NULL;
    if (b == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    *b = (struct head){size, class, (uint32_t)current};
    h->used += size;
    return b + 1;
}

int sim_heap_use(int heap)
{
    int before = current;
    current = heap < HEAPS_MAX && !heaps[heap].dead ? heap : HEAP_TEST;
    return before;
}

void sim_heap_drop(int heap)
{
    if (heap == HEAP_TEST || heap >= HEAPS_MAX)
        return;
    struct heap *h = &heaps[heap];
    if (current == heap)
        current = HEAP_TEST;
    h->dead = true;
    if (h->top == NULL)
        return;
    madvise(base_of(heap), (size_t)(h->end - base_of(heap)), MADV_DONTNEED);
}

int64_t sim_heap_used(int heap)
{
    // Nothing was ever allocated from it: malloc is valgrind's.
    if (heap >= HEAPS_MAX || heaps[heap].dead || heaps[heap].top == NULL)
        return -1;
    return (int64_t)heaps[heap].used;
}

// --- What the program calls -------------------------------------------------

void *malloc(size_t size)
{
    bool fresh;
    return allocate(size, &fresh);
}

void free(void *p)
{
    if (p == NULL)
        return;
    struct head *b = (struct head *)p - 1;
    if ((uintptr_t)p < FIRST)
        abort(); // nobody has allocated that
    struct heap *h = &heaps[((uintptr_t)p - FIRST) / APART];
    if (h->dead)
        return;
    uint32_t class = b->class;
    h->used -= b->size < h->used ? b->size : h->used;
    if (size_of(class) >= GIVEN_BACK) {
        uintptr_t from = ((uintptr_t)p + 4096 + 4095) & ~(uintptr_t)4095;
        uintptr_t to = ((uintptr_t)p + size_of(class)) & ~(uintptr_t)4095;
        madvise((void *)from, to - from, MADV_DONTNEED);
    }
    *(struct head **)p = h->free[class];
    h->free[class] = b;
}

void *calloc(size_t count, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow(count, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    bool fresh;
    void *p = allocate(all, &fresh);
    if (p != NULL && !fresh)
        memset(p, 0, all);
    return p;
}

void *realloc(void *old, size_t size)
{
    if (old == NULL)
        return malloc(size);
    struct head *b = (struct head *)old - 1;
    void *p = malloc(size);
    if (p == NULL)
        return NULL;
    memcpy(p, old, b->size < size ? b->size : size);
    free(old);
    return p;
}

size_t malloc_usable_size(void *p)
{
    return p == NULL ? 0 : ((struct head *)p - 1)->size;
}

// Blocks for larger alignments are never reused: they are few, and their head
// is that of a block of the smallest class that nobody takes.
void *aligned_alloc(size_t alignment, size_t size)
{
    if (alignment <= GRAIN)
        return malloc(size);
    char *p = malloc(size + alignment + sizeof(struct head));
    if (p == NULL)
        return NULL;
    uintptr_t at = ((uintptr_t)p + sizeof(struct head) + alignment - 1) &
                   ~(uintptr_t)(alignment - 1);
    struct head *b = (struct head *)at - 1;
    *b = (struct head){size, 1, (uint32_t)current};
    return (void *)at;
}

void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = aligned_alloc(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}
#endif
