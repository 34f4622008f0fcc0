// heap.h - memory, by the node that has allocated it.
//
// malloc of the whole program, standard library and protobuf included, takes
// from the heap of the node that runs. When a node ends all of its heap goes,
// whatever its code has forgotten or had no time to free, as that of a process
// does. Heaps lie at fixed addresses, so that a node's pointers are the same
// in each run.
//
// With AddressSanitizer, ThreadSanitizer or valgrind malloc is theirs: there
// are no heaps then, and what a killed node had is lost.
#ifndef COMMON_RUNTIME_SIM_HEAP_H
#define COMMON_RUNTIME_SIM_HEAP_H

#include <stdint.h>

enum {
    HEAP_TEST = 0, // of the test, and of the simulation itself
};

// Allocate from this heap, a node's number, from now on. Returns the one
// before.
int sim_heap_use(int heap);

// All of it is freed, and is never allocated from again.
void sim_heap_drop(int heap);

// Bytes that have been allocated from it and not freed; -1: nobody knows.
int64_t sim_heap_used(int heap);

#endif
