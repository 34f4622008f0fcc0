#include "common/check/listing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/row.h"
#include "common/runtime/alloc.h"

enum {
    FIELDS = 8,
};

static const char *one_line(const char *text)
{
    assert(strpbrk(text, "\t\n") == NULL); // of a registry
    return text;
}

void listing_write(FILE *out, size_t index, const char *suite,
                   const char *program, const struct graded_test *test)
{
    char *about = row_about(suite, program, test);
    fprintf(out, "%zu\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", index,
            kind_text(test->kind),
            test->repetitions > 0 ? test->repetitions : 1, test->points,
            one_line(suite), one_line(test->part), one_line(test->name), about);
    free(about);
}

// Cuts `line` at its tabs; false unless there are FIELDS fields.
static bool split(char *line, char *fields[FIELDS])
{
    line[strcspn(line, "\n")] = '\0';
    size_t count = 0;
    while (count < FIELDS && line != NULL)
        fields[count++] = strsep(&line, "\t");
    return count == FIELDS && line == NULL;
}

bool listing_read(FILE *in, struct listing *l)
{
    char *line = NULL;
    size_t room = 0;
    char *fields[FIELDS];
    bool ok = getline(&line, &room, in) > 0 && split(line, fields);
    if (ok) {
        *l = (struct listing){
            .index = strtoul(fields[0], NULL, 10),
            .alone = strcmp(fields[1], kind_text(GRADED_LIMIT)) == 0,
            .repetitions = atoi(fields[2]),
            .points = atoi(fields[3]),
            .suite = xstrdup(fields[4]),
            .part = xstrdup(fields[5]),
            .name = xstrdup(fields[6]),
            .about = xstrdup(fields[7]),
        };
    }
    free(line);
    return ok;
}

void listing_release(struct listing *l)
{
    free(l->suite);
    free(l->part);
    free(l->name);
    free(l->about);
}
