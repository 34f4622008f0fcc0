// prepare.h - checks what a job needs before it begins.
#ifndef LAB1_PREPARE_H
#define LAB1_PREPARE_H

#include "lab1-mapreduce/master.h"
#include "lab1-mapreduce/options.h"
#include "lab1-mapreduce/output.h"
#include "lab1-mapreduce/split.h"

// All that a master borrows.
struct prepared {
    struct master_spec spec;
    struct split split;
    struct output output;
};

// Finds the application, cuts the input, makes the output folder. NULL and
// *out, which must get prepared_end; or why the job cannot begin (owned).
char *prepare(const struct options *o, struct prepared *out);

// Ends the job: keeps its output, or removes it. NULL, or why not (owned).
char *prepared_end(struct prepared *p, bool keep);

// Finds an application and checks its argument. NULL and *app, or why not.
char *prepare_app(const struct options *o, const struct mr_app **app);

#endif
