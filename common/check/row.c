#include "common/check/row.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/runtime/alloc.h"

const char *verdict_text(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_PASS:
        return "pass";
    case VERDICT_FAIL:
        return "fail";
    case VERDICT_UNSOLVED:
        return "unsolved";
    case VERDICT_TIMEOUT:
        return "timeout";
    case VERDICT_ERROR:
        return "error";
    }
    return "?";
}

const char *kind_text(enum graded_kind kind)
{
    switch (kind) {
    case GRADED_SAFETY:
        return "safety";
    case GRADED_PROGRESS:
        return "progress";
    case GRADED_LIMIT:
        return "limit";
    }
    return "?";
}

// Messages may hold any bytes; what is not ASCII becomes '?', so that each
// line is valid JSON.
static void put_text(FILE *out, const char *field, const char *text)
{
    fprintf(out, "\"%s\": \"", field);
    for (; text != NULL && *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            fputc(c < 127 ? c : '?', out);
    }
    fputc('"', out);
}

static void put_fields(FILE *out, const char *const *names_and_texts)
{
    for (const char *const *p = names_and_texts; p[0] != NULL; p += 2) {
        put_text(out, p[0], p[1]);
        fputs(", ", out);
    }
}

char *row_about(const char *suite, const char *program,
                const struct graded_test *test)
{
    bool process = test->evidence == GRADED_PROCESS;
    const char *const names[] = {
        "suite",    suite,
        "program",  program,
        "part",     test->part,
        "name",     test->name,
        "claim",    test->claim,
        "section",  test->section,
        "kind",     kind_text(test->kind),
        "evidence", process ? "process" : "same-process",
        NULL};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    put_fields(out, names);
    fprintf(out, "\"points\": %d, \"hidden\": %s, \"repetitions\": %d",
            test->points, test->hidden ? "true" : "false",
            test->repetitions > 0 ? test->repetitions : 1);
    fclose(out);
    return text;
}

char *row_make(const char *about, const struct row_end *end)
{
    const char *const texts[] = {"message", end->message, "where", end->where,
                                 NULL};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "{%s, \"repetition\": %d, ", about, end->repetition);
    fprintf(out, "\"verdict\": \"%s\", \"seconds\": %.3f, ",
            verdict_text(end->verdict), end->seconds);
    fprintf(out, "\"seed\": %" PRIu64 ", ", end->seed);
    fprintf(out, "\"scale\": %g, \"machine_factor\": %g, ", end->scale,
            end->machine_factor);
    put_fields(out, texts);
    put_text(out, "folder", end->folder);
    fputs("}\n", out);
    fclose(out);
    return text;
}
