// digest.h - each call of the runtime, noted: in the record, and for people.
#ifndef COMMON_RUNTIME_SIM_DIGEST_H
#define COMMON_RUNTIME_SIM_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// For the scheduler: somebody calls the runtime.
void sim_note(const char *who, uint64_t key, const void *where);
// For the transport: these bytes go from one node to another.
void sim_note_bytes(const void *data, size_t size);

// From now on a line for each call. NULL: no more.
void sim_note_to(FILE *out);

// At that call sim_reached is called: a place for a debugger's breakpoint.
void sim_stop_at(uint64_t call);
void sim_reached(void);

#endif
