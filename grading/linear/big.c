// big.c - see big.h.
#include "grading/linear/big.h"

#include <stdint.h>
#include <sys/mman.h>

#include "common/runtime/alloc.h"

enum {
    HUGE_FROM = 4 * 1024 * 1024, // bytes
    PAGE = 4096,
};

void *big_realloc(void *old, size_t count, size_t size)
{
    size_t bytes = count * size;
    char *at = xrealloc(old, bytes);
    if (bytes >= HUGE_FROM) {
        size_t skip = (PAGE - (uintptr_t)at % PAGE) % PAGE;
        madvise(at + skip, (bytes - skip) / PAGE * PAGE, MADV_HUGEPAGE);
    }
    return at;
}

void *big_alloc(size_t count, size_t size)
{
    return big_realloc(NULL, count, size);
}
