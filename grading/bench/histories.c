// histories.c - the linearizability checker: a million operations on one key,
// ten millions, one violation among them, and many small histories.
//
// Its goals are in milliseconds and megabytes, on a machine of two CPUs that
// does nothing else; the baseline is a pass over the same file that counts its
// lines, since a machine's speed drifts. `free` only.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "grading/bench/bench.h"
#include "grading/linear/explain.h"
#include "grading/linear/program/program.h"

enum {
    ROUNDS = 5,
    SEEDS = 1000,
};

// What one reading and check costs; in a process of its own, for the memory.
struct cost {
    double lines_ms; // the baseline
    double read_ms;
    double check_ms;
    double explain_ms; // if it is wrong
    double anonymous_mb;
};

static double since_ms(int64_t begin_ns)
{
    return (double)(clock_now_ns() - begin_ns) / 1e6;
}

static void fail(const char *what)
{
    fprintf(stderr, "histories: %s\n", what);
    exit(1);
}

static void report(const char *name, double value, const char *unit,
                   double baseline, double goal)
{
    const char *path = getenv("BENCH_OUT");
    FILE *out = path == NULL ? stdout : fopen(path, "a");
    if (out == NULL)
        fail("cannot write");
    fprintf(out,
            "{\"name\": \"%s\", \"mode\": \"free\", \"value\": %.3f, "
            "\"unit\": \"%s\", \"baseline\": %.3f, \"ratio\": %.3f, ",
            name, value, unit, baseline, value / baseline);
    if (goal > 0)
        fprintf(out, "\"goal\": \"<= %g %s\", \"met\": %s}\n", goal, unit,
                value <= goal ? "true" : "false");
    else
        fprintf(out, "\"goal\": null, \"met\": null}\n");
    if (path != NULL)
        fclose(out);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], by_value);
    return values[count / 2];
}

// --- Files -----------------------------------------------------------------

static void make_file(const char *path, uint64_t ops, const char *plant)
{
    struct linear_arguments a = {.ops = ops,
                                 .keys = 1,
                                 .clients = 30,
                                 .unknown = "10",
                                 .seed = 1,
                                 .plant = plant};
    FILE *out = fopen(path, "we");
    char *bad = out == NULL ? xstrdup("cannot write") : linear_gen(&a, out);
    if (bad != NULL)
        fail(bad);
    fclose(out);
}

static double count_lines_ms(const char *path)
{
    int64_t begin_ns = clock_now_ns();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat s;
    if (fd < 0 || fstat(fd, &s) != 0)
        fail("cannot read");
    size_t size = (size_t)s.st_size;
    const char *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        fail("cannot map");
    close(fd);
    volatile size_t lines = 0;
    for (const char *p = at; (p = memchr(p, '\n', size - (size_t)(p - at)));
         p++)
        lines = lines + 1;
    munmap((void *)at, size);
    return since_ms(begin_ns);
}

static double anonymous_mb(void)
{
    FILE *in = fopen("/proc/self/status", "re");
    char line[256];
    long kb = 0;
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        if (sscanf(line, "RssAnon: %ld", &kb) == 1)
            break;
    if (in != NULL)
        fclose(in);
    return (double)kb / 1024;
}

// The most that the process has had; measured at the end of each phase.
static struct cost measure_here(const char *path, bool wrong)
{
    struct cost c = {.lines_ms = count_lines_ms(path)};
    struct linear_history h;
    struct linear_reading how = {0};
    struct linear_report r;
    linear_history_init(&h);
    int64_t begin_ns = clock_now_ns();
    char *bad = linear_read_file(path, &how, &h);
    if (bad != NULL)
        fail(bad);
    c.read_ms = since_ms(begin_ns);
    begin_ns = clock_now_ns();
    enum linear_verdict verdict = linear_check(&h, NULL, &r);
    c.check_ms = since_ms(begin_ns);
    if (verdict != (wrong ? LINEAR_NO_ORDER : LINEAR_YES))
        fail("the verdict is wrong");
    begin_ns = clock_now_ns();
    struct linear_explanation e;
    linear_explain(&h, NULL, &r, &e);
    c.explain_ms = since_ms(begin_ns);
    linear_explanation_release(&e);
    c.anonymous_mb = anonymous_mb();
    linear_history_release(&h);
    return c;
}

static struct cost measure(const char *path, bool wrong)
{
    struct cost *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (shared == MAP_FAILED || child < 0)
        fail("cannot fork");
    if (child == 0) {
        *shared = measure_here(path, wrong);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        fail("a measurement has failed");
    struct cost c = *shared;
    munmap(shared, sizeof *shared);
    return c;
}

static struct cost measure_often(const char *path, bool wrong, size_t rounds)
{
    double all[5][ROUNDS];
    for (size_t i = 0; i < rounds; i++) {
        struct cost c = measure(path, wrong);
        all[0][i] = c.lines_ms;
        all[1][i] = c.read_ms;
        all[2][i] = c.check_ms;
        all[3][i] = c.explain_ms;
        all[4][i] = c.anonymous_mb;
    }
    return (struct cost){median(all[0], rounds), median(all[1], rounds),
                         median(all[2], rounds), median(all[3], rounds),
                         median(all[4], rounds)};
}

static void bench_files(const char *folder)
{
    char *path = xasprintf("%s/history", folder);
    make_file(path, 1000000, NULL);
    struct cost one = measure_often(path, false, ROUNDS);
    double all_ms = one.read_ms + one.check_ms;
    report("histories: 10^6, read + check", all_ms, "ms", one.lines_ms, 500);
    report("histories: 10^6, check", one.check_ms, "ms", one.lines_ms, 50);
    report("histories: 10^6, memory", one.anonymous_mb, "MB", 200, 200);
    make_file(path, 1000000, "stale");
    struct cost bad = measure_often(path, true, 3);
    report("histories: 10^6, one violation", bad.read_ms + bad.check_ms, "ms",
           all_ms, 0);
    report("histories: 10^6, explained", bad.explain_ms, "ms", all_ms, 0);
    make_file(path, 10000000, NULL);
    struct cost ten = measure_often(path, false, 3);
    report("histories: 10^7 / 10^6", (ten.read_ms + ten.check_ms) / all_ms,
           "times", 1, 15);
    report("histories: 10^7, memory", ten.anonymous_mb, "MB", 2048, 2048);
    unlink(path);
    free(path);
}

// --- Many small ones -------------------------------------------------------

static double check_text_ms(const char *text, size_t size)
{
    struct linear_history h;
    struct linear_reading how = {0};
    struct linear_report r;
    int64_t begin_ns = clock_now_ns();
    linear_history_init(&h);
    char *bad = linear_read_bytes("x", slice_of(text, size), &how, &h);
    if (bad != NULL)
        fail(bad);
    if (linear_check(&h, NULL, &r) == LINEAR_UNKNOWN)
        fail("a verdict is unknown");
    linear_history_release(&h);
    return since_ms(begin_ns);
}

// Of three times: a seed's cost, not what else the machine did meanwhile.
static double fastest_ms(const char *text, size_t size)
{
    double best = check_text_ms(text, size);
    for (int again = 0; again < 2; again++) {
        double ms = check_text_ms(text, size);
        best = ms < best ? ms : best;
    }
    return best;
}

// A register of few values, and outcomes that nobody knows: what a made-up
// history says, with each value but its last digit cut off.
static size_t few_values(const char *from, size_t size, char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        bool begins = size - i > 4 && memcmp(from + i, "\":\"c", 4) == 0 &&
                      i > 1 && from[i - 1] == 'v';
        to[n++] = from[i];
        if (!begins)
            continue;
        to[n++] = ':';
        to[n++] = '"';
        size_t end = i + 3;
        while (from[end] != ';')
            end++;
        to[n++] = (char)('0' + (from[end - 1] - '0') % 5);
        i = end;
    }
    return n;
}

static void bench_small(const char *name, struct linear_arguments a, bool few)
{
    static double ms[SEEDS];
    double worst = 0;
    for (uint64_t i = 0; i < SEEDS; i++) {
        char *text = NULL;
        size_t size = 0;
        a.seed = i + 1;
        FILE *out = open_memstream(&text, &size);
        char *bad = linear_gen(&a, out);
        if (bad != NULL)
            fail(bad);
        fclose(out);
        if (few) {
            char *small = xmalloc(size);
            size = few_values(text, size, small);
            free(text);
            text = small;
        }
        ms[i] = fastest_ms(text, size);
        worst = ms[i] > worst ? ms[i] : worst;
        free(text);
    }
    char *median_name = xasprintf("%s, median", name);
    char *worst_name = xasprintf("%s, worst", name);
    double middle = median(ms, SEEDS);
    report(median_name, middle, "ms", 1, 1);
    report(worst_name, worst, "ms", middle, 1);
    free(median_name);
    free(worst_name);
}

int main(int argc, char **argv)
{
    if (bench_mode_of(argc, argv) != BENCH_FREE)
        return 0;
    const char *folder = getenv("TMPDIR");
    bench_small("histories: 2,000 ops",
                (struct linear_arguments){
                    .ops = 2000, .keys = 10, .clients = 50, .unknown = "10"},
                false);
    bench_small("histories: 90 ops, 5 values",
                (struct linear_arguments){.ops = 90,
                                          .keys = 1,
                                          .clients = 10,
                                          .unknown = "40",
                                          .mix = "get=45,put=55"},
                true);
    bench_files(folder != NULL ? folder : "/tmp");
    return 0;
}
