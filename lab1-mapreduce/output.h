// output.h - the output folder: what stands where.
//
//     OUT/part-00000 ...           the output, one file for each reduce task
//     OUT/_temporary/JOB/...       map outputs and drafts, until the job ends
//
// JOB is drawn anew for each job: a worker that wakes up long after its job
// has ended finds its folder gone and can spoil nothing.
#ifndef LAB1_OUTPUT_H
#define LAB1_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct output {
    char *path;      // OUT, absolute
    char *temporary; // OUT/_temporary/JOB
    bool made;       // OUT was not there before
};

// Makes the folders. NULL and *out, which must get output_keep or output_drop;
// or why not (owned): OUT is there and not empty, say.
char *output_make(const char *path, struct output *out);

// The job is done: removes the temporary files. NULL, or why not.
char *output_keep(struct output *out);

// The job has failed: removes all that it wrote, up to `reduces` parts.
void output_drop(struct output *out, uint32_t reduces);

// Paths, owned.
char *output_part(const char *out, uint32_t reduce);
char *output_map(const char *temporary, uint32_t map);

// A path for a draft that no other attempt of any worker uses: `label` tells
// attempts apart.
char *output_draft(const char *temporary, const char *what, uint32_t task,
                   const char *label);

// Writes the lines of all parts in OUT to stdout, in the order of their keys.
// NULL, or why not (owned).
char *output_merge(const char *out);

#endif
