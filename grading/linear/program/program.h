// program.h - the commands of linear; private.
#ifndef GRADING_LINEAR_PROGRAM_PROGRAM_H
#define GRADING_LINEAR_PROGRAM_PROGRAM_H

#include <stdio.h>

#include "common/program/program.h"
#include "grading/linear/linear.h"
#include "grading/linear/read.h"
#include "grading/linear/read/convert.h"

enum {
    EXIT_UNKNOWN = 3, // a limit ended the check
};

struct linear_arguments {
    struct arguments beside; // first
    const char *format;
    const char *init;
    const char *nil_read;
    const char *independent; // "yes"
    const char *lenient;     // "yes"
    const char *engine;
    const char *to;
    const char *html;
    const char *out;
    uint64_t threads;
    uint64_t max_ms;
    uint64_t max_mem; // MiB
    uint64_t max_configs;
    uint64_t width;
    // of gen
    uint64_t ops;
    uint64_t keys;
    uint64_t clients;
    const char *unknown;
    uint64_t seed;
    const char *mix;
    const char *plant;
};

int linear_program(int argc, char **argv);

// Writes a made-up history to stdout. NULL, or what is wrong with the
// arguments; owned.
char *linear_gen(const struct linear_arguments *a, FILE *out);

#endif
