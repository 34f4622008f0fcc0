// alloc.c - malloc and its like, with one answer to "no memory": the end.
//
// The sentence goes out by dprintf(), which needs no memory of its own.
#include "common/runtime/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NDEBUG
#error "asserts are part of this program: build without NDEBUG"
#endif

static _Noreturn void out_of_memory(size_t size)
{
    dprintf(2, "out of memory: no room for %zu bytes more\n", size);
    abort();
}

// malloc(0) may answer NULL, which would look like a failure here.
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *xmalloc(size_t size)
{
    void *data = malloc(at_least_one(size));
    if (data == NULL)
        out_of_memory(size);
    return data;
}

void *xcalloc(size_t count, size_t size)
{
    void *data = calloc(at_least_one(count), at_least_one(size));
    if (data == NULL) // calloc has checked that count * size is a number
        out_of_memory(size);
    return data;
}

void *xrealloc(void *old, size_t size)
{
    void *data = realloc(old, at_least_one(size));
    if (data == NULL)
        out_of_memory(size);
    return data;
}

char *xstrdup(const char *text)
{
    return xmemdup(text, strlen(text) + 1);
}

void *xmemdup(const void *data, size_t size)
{
    void *copy = xmalloc(size);
    if (size > 0) // memcpy may not be given NULL, not even for no bytes
        memcpy(copy, data, size);
    return copy;
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        out_of_memory(strlen(format));
    return text;
}
