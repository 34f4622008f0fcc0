// options_private.h - between program.c and options.c.
#ifndef COMMON_PROGRAM_OPTIONS_PRIVATE_H
#define COMMON_PROGRAM_OPTIONS_PRIVATE_H

#include "common/program/program.h"

// Reads the arguments behind the command's name into *out, which holds the
// defaults. NULL, or what is wrong (owned). out->files is the caller's to free.
char *program_options_read(const struct program *p,
                           const struct program_command *command, int argc,
                           char **argv, struct arguments *out);

// Prints the command's usage and options to stdout.
void program_options_help(const struct program *p,
                          const struct program_command *command);

#endif
