// alloc.h - memory or death: no lab is about running out of memory.
//
// Each returns owned memory for free(), or ends the program with a sentence.
// Any thread.
#ifndef COMMON_RUNTIME_ALLOC_H
#define COMMON_RUNTIME_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size); // zeroed
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
void *xmemdup(const void *data, size_t size); // size 0 is fine
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
