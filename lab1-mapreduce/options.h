// options.h - what the user has asked for: commands, options, files.
#ifndef LAB1_OPTIONS_H
#define LAB1_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "common/program/program.h"

enum {
    REDUCES_MAX = 1000,
    REDUCES_DEFAULT = 8,
    WORKERS_MAX = 64,
    WORKERS_DEFAULT = 4,
};

// All options of all commands.
struct options {
    struct arguments beside; // first
    const char *app;
    const char *arg;
    const char *out;
    const char *cluster;
    const char *name;
    const char *master;
    uint64_t workers;
    uint64_t reduces;
    uint64_t split;
};

extern const struct program_option options_all[];
extern const struct options options_default;

// Prints which applications there are, if the command takes one.
void options_help(const struct program_command *command);

#endif
