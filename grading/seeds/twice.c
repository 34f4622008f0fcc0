// twice.c - the same seed again: is it the same run? The first difference.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/places.h"
#include "grading/seeds/seeds.h"

enum {
    LINE_BYTES = 4096 + 512,
};

// Lines end with a place: in the source from now on.
static void find_place(char line[LINE_BYTES])
{
    line[strcspn(line, "\n")] = '\0';
    char *last = strrchr(line, ' ');
    if (last == NULL)
        return;
    char *place = place_find_offset(last + 1);
    size_t before = (size_t)(last + 1 - line);
    snprintf(last + 1, LINE_BYTES - before, "%s", place);
    free(place);
}

// The first lines in which two files differ, with the one before.
static char *compare(const char *first, const char *second)
{
    FILE *a = fopen(first, "re");
    FILE *b = fopen(second, "re");
    char before[LINE_BYTES] = "";
    char one[LINE_BYTES] = "(it has ended)";
    char two[LINE_BYTES] = "(it has ended)";
    if (a != NULL && b != NULL) {
        while (fgets(one, sizeof one, a) != NULL &&
               fgets(two, sizeof two, b) != NULL && strcmp(one, two) == 0)
            strcpy(before, one);
    }
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    find_place(before);
    find_place(one);
    find_place(two);
    return xasprintf("two runs with the same seed differ, first here:\n"
                     "  after   %s\n  first   %s\n  second  %s\n"
                     "usual suspects: a value that was never set, an address "
                     "or a real time that decides something, a global "
                     "variable, a file from an earlier run",
                     before, one, two);
}

bool seeds_same_again(struct seeds *s, uint64_t seed, char **difference)
{
    const struct sim_record *r = s->record;
    uint64_t hash = r->hash;
    uint64_t calls = r->calls;
    size_t events = r->event_count;
    struct trial t;
    seeds_run(s, seed, &t, NULL, NULL);
    trial_release(&t);
    if (r->hash == hash && r->calls == calls && r->event_count == events)
        return true;
    char *notes[2];
    for (int i = 0; i < 2; i++) {
        notes[i] = xasprintf("%s/notes-%d-%d", s->tmp != NULL ? s->tmp : "/tmp",
                             getpid(), i);
        s->notes = notes[i];
        seeds_run(s, seed, &t, NULL, NULL);
        trial_release(&t);
    }
    s->notes = NULL;
    *difference = compare(notes[0], notes[1]);
    for (int i = 0; i < 2; i++) {
        unlink(notes[i]);
        free(notes[i]);
    }
    return false;
}

unsigned seeds_replay(struct seeds *s, uint64_t seed, const struct trial *t,
                      unsigned times)
{
    const struct sim_record *r = s->record;
    uint64_t hash = r->hash;
    uint64_t calls = r->calls;
    unsigned same = 0;
    for (unsigned i = 0; i < times; i++) {
        struct trial again;
        seeds_run(s, seed, &again, NULL, NULL);
        same += again.verdict == t->verdict && r->hash == hash &&
                r->calls == calls &&
                strcmp(failure_class(&again), failure_class(t)) == 0;
        trial_release(&again);
    }
    return same;
}
