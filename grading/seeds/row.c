#include "grading/seeds/row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/sim/record.h"

enum {
    LINE_BYTES = 8192,
    FIELDS = 13,
};

static void add_mark(struct seeds_row *row, const char *mark)
{
    char whole[160];
    snprintf(whole, sizeof whole, ";%s;", mark);
    if (strstr(row->marks, whole) != NULL)
        return;
    size_t used = strlen(row->marks);
    if (used + strlen(whole) < sizeof row->marks)
        strcpy(row->marks + used, used == 0 ? whole : whole + 1);
}

// "lose-reply Replica.Forward", "deed kill": what it is, without whose.
static void add_mark_of(struct seeds_row *row, const struct plan_event *e)
{
    char mark[128];
    const char *method = strchr(e->who, ':');
    if (e->kind == PLAN_DEED)
        snprintf(mark, sizeof mark, "deed %.*s", (int)strcspn(e->words, " "),
                 e->words);
    else if (method != NULL)
        snprintf(mark, sizeof mark, "%s %s", plan_kind_text(e->kind),
                 method + 1);
    else
        return;
    add_mark(row, mark);
}

void seeds_row_count(struct seeds_row *row, const struct sim_record *r)
{
    for (size_t i = 0; i < r->mark_count; i++)
        add_mark(row, r->marks[i]);
    for (size_t i = 0; i < r->event_count; i++) {
        row->counts[r->events[i].kind]++;
        add_mark_of(row, &r->events[i]);
    }
}

void seeds_row_write(FILE *out, const struct seeds_row *row)
{
    fprintf(out,
            "%" PRIu64 "\t%s\t%.4f\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64
            "\t%016" PRIx64 "\t%d\t%u %u\t",
            row->seed, row->verdict, row->seconds, row->calls, row->messages,
            row->virtual_ms, row->hash, row->stuck, row->replays, row->same);
    for (int i = 0; i < PLAN_KINDS; i++)
        fprintf(out, "%s%u", i > 0 ? " " : "", row->counts[i]);
    fprintf(out, "\t%s\t%s\t%s\n", row->marks, row->folder, row->message);
}

static void read_replays(const char *text, struct seeds_row *row)
{
    char *at = (char *)text;
    row->replays = (unsigned)strtoul(at, &at, 10);
    row->same = (unsigned)strtoul(at, &at, 10);
}

static void read_counts(const char *text, struct seeds_row *row)
{
    char *at = (char *)text;
    for (int i = 0; i < PLAN_KINDS; i++)
        row->counts[i] = (unsigned)strtoul(at, &at, 10);
}

bool seeds_row_read(FILE *in, struct seeds_row *row)
{
    static char line[LINE_BYTES];
    if (fgets(line, sizeof line, in) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    char *fields[FIELDS];
    char *rest = line;
    for (int i = 0; i < FIELDS; i++) {
        fields[i] = strsep(&rest, "\t");
        if (fields[i] == NULL)
            return false;
    }
    *row = (struct seeds_row){
        .seed = strtoull(fields[0], NULL, 10),
        .seconds = strtod(fields[2], NULL),
        .calls = strtoull(fields[3], NULL, 10),
        .messages = strtoull(fields[4], NULL, 10),
        .virtual_ms = strtoll(fields[5], NULL, 10),
        .hash = strtoull(fields[6], NULL, 16),
        .stuck = fields[7][0] == '1',
    };
    snprintf(row->text, sizeof row->text, "%s", fields[1]);
    row->verdict = row->text;
    read_replays(fields[8], row);
    read_counts(fields[9], row);
    snprintf(row->marks, sizeof row->marks, "%s", fields[10]);
    snprintf(row->folder, sizeof row->folder, "%s", fields[11]);
    snprintf(row->message, sizeof row->message, "%s", fields[12]);
    return true;
}
