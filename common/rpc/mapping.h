// mapping.h - a file of fixed size shared between a harness and a node.
#ifndef COMMON_RPC_MAPPING_H
#define COMMON_RPC_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

// Makes file `path` of `size` zero bytes (ERR_EXISTS if it is there) and maps
// it for reading and writing. ERR_OK and *out, which mapping_close must get.
int mapping_create(const char *path, size_t size, void **out);

// Maps an existing file, `writable` or not. ERR_NOT_FOUND; ERR_PROTO if it has
// another size.
int mapping_open(const char *path, size_t size, bool writable, void **out);

void mapping_close(void *mapping, size_t size);

#endif
