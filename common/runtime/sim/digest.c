#include "common/runtime/sim/digest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/random.h"
#include "common/runtime/sim/places.h"
#include "common/runtime/sim/record.h"
#include "common/runtime/sim/sim.h"

static FILE *notes;
static uint64_t stop_at;

__attribute__((noinline)) void sim_reached(void)
{
    __asm__ volatile(""); // the call must not be optimized away
}

void sim_note(const char *who, uint64_t key, const void *where)
{
    struct sim_record *r = sim_record();
    r->now_ns = sim_now_ns();
    r->calls++;
    r->hash = random_mix(r->hash ^ key, (uint64_t)r->now_ns);
    if (notes != NULL)
        fprintf(notes, "%" PRIu64 " %" PRId64 " us %s %s\n", r->calls,
                (r->now_ns - SIM_START_NS) / 1000, who, place_offset(where));
    if (r->calls == stop_at)
        sim_reached();
}

// Eight bytes at a time: messages of a megabyte go by.
static uint64_t hash_of(const unsigned char *bytes, size_t size)
{
    uint64_t hash = size;
    uint64_t word;
    for (; size >= sizeof word; size -= sizeof word, bytes += sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
    }
    return random_mix(hash, random_hash(bytes, size));
}

// The test's folder has another name in each run: it is left out.
static uint64_t hash_without_folder(const unsigned char *bytes, size_t size)
{
    const char *folder = getenv("TMPDIR");
    size_t length = folder != NULL ? strlen(folder) : 0;
    uint64_t hash = 0;
    const unsigned char *at;
    while (length > 0 && (at = memmem(bytes, size, folder, length)) != NULL) {
        size_t before = (size_t)(at - bytes);
        hash = random_mix(hash, hash_of(bytes, before));
        bytes += before + length;
        size -= before + length;
    }
    return random_mix(hash, hash_of(bytes, size));
}

void sim_note_bytes(const void *data, size_t size)
{
    struct sim_record *r = sim_record();
    uint64_t hash = hash_without_folder(data, size);
    r->hash = random_mix(r->hash, hash);
    r->messages++;
    if (notes != NULL)
        fprintf(notes, "message of %zu bytes, %016" PRIx64 "\n", size, hash);
}

void sim_note_to(FILE *out)
{
    notes = out;
}

void sim_stop_at(uint64_t call)
{
    stop_at = call;
}
