// options.h - what the user has asked for: commands, options, files.
#ifndef LAB1_OPTIONS_H
#define LAB1_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDUCES_MAX = 1000,
    REDUCES_DEFAULT = 8,
    WORKERS_MAX = 64,
    WORKERS_DEFAULT = 4,
};

// All options of all commands; texts are borrowed from argv, NULL if missing.
struct options {
    const char *app;
    const char *arg;
    const char *out;
    const char *cluster;
    const char *name;
    const char *master;
    uint64_t workers;
    uint64_t reduces;
    uint64_t split;
    const char **files; // what stands beside the options; owned
    size_t file_count;
};

// A command takes some options, of which it needs some, and files or not.
struct command {
    const char *name;
    const char *about;
    const char *takes;   // " app arg ": their names between spaces
    const char *needs;   // likewise
    const char *operand; // "FILE...", "DIR" or NULL
    int (*run)(const struct options *options);
};

// Reads the arguments behind the command's name. NULL and *out, which must get
// options_release; or what is wrong (owned).
char *options_read(const struct command *command, int argc, char **argv,
                   struct options *out);
void options_release(struct options *o);

// Prints the command's usage and options to stdout.
void options_help(const struct command *command);

#endif
