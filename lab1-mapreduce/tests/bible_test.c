// The King James Bible, as Debian's package bible-kjv prints it: word count
// must agree with tr, sort and uniq, whatever happens to the workers.
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/check/unit.h"
#include "common/runtime/clock.h"
#include "common/runtime/random.h"
#include "lab1-mapreduce/tests/files.h"
#include "lab1-mapreduce/tests/shell.h"

enum {
    KILL_MS = 5,  // from one kill to the next, as long as there is progress
    IN_VAIN = 10, // kills without progress: then they come half as often
};

static void begin_bible(void)
{
    shell_begin("mr");
    ck_assert_msg(
        shell_run("which bible && bible -l 80 gen1:1-rev22:21 >bible.txt") == 0,
        "this test needs the package bible-kjv: install it by make deps");
    ck_assert_int_eq(
        shell_run("LC_ALL=C tr -cs 'A-Za-z\\200-\\377' '\\n' <bible.txt | "
                  "grep -v '^$' | LC_ALL=C sort | LC_ALL=C uniq -c | "
                  "awk '{print $2 \"\\t\" $1}' >wanted"),
        0);
}

static void expect_wanted(const char *folder)
{
    char script[128];
    snprintf(script, sizeof script, "mr merge %s | cmp - wanted", folder);
    ck_assert_int_eq(shell_run(script), 0);
    ck_assert_int_eq(shell_run("[ $(wc -l <wanted) -gt 13000 ]"), 0);
    ck_assert_int_eq(shell_run("[ -z \"$(ls -A $TMPDIR | grep mr.)\" ]"), 0);
    ck_assert_uint_eq(count_names(folder), 8); // and no _temporary
}

START_TEST(word_count_is_that_of_the_shell)
{
    begin_bible();
    ck_assert_int_eq(shell_run("mr run --app wc --out out bible.txt"), 0);
    expect_wanted("out");
    ck_assert_int_eq(
        shell_run("mr merge out | sort -t '\t' -k 2nr | head -n 3"), 0);
    char *text = shell_read("stdout", NULL);
    ck_assert_str_eq(text, "the\t62057\nand\t38844\nof\t34436\n");
    free(text);
}
END_TEST

static size_t kill_one_of(pid_t run, struct random *random)
{
    pid_t workers[16];
    size_t count = workers_of(run, workers, 16);
    if (count == 0)
        return 0;
    kill(workers[random_below(random, count)], SIGKILL);
    return 1;
}

static size_t files_like(const char *pattern)
{
    glob_t found = {0};
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

// How many tasks are done, or more once the maps' files are gone.
static size_t tasks_done(void)
{
    return files_like("out/_temporary/*/map-?????") + files_like("out/part-*");
}

// Kills workers until the run has ended; how many. On a busy machine a worker
// may not live long enough to do anything: then it gets more time.
static size_t kill_until_end(pid_t run)
{
    struct random random;
    random_init(&random, random_seed());
    int64_t interval_ms = KILL_MS;
    size_t killed = 0;
    size_t done = 0;
    size_t killed_then = 0; // when that was counted
    while (!shell_has_ended(run)) {
        clock_sleep_ms(interval_ms);
        killed += kill_one_of(run, &random);
        if (tasks_done() != done) {
            done = tasks_done();
            killed_then = killed;
        } else if (killed - killed_then >= IN_VAIN) {
            interval_ms *= 2;
            killed_then = killed;
        }
    }
    return killed;
}

START_TEST(killed_workers_do_not_matter)
{
    begin_bible();
    const char *const arguments[] = {"run",   "--app",     "wc",  "--split",
                                     "30000", "--out",     "out", "--workers",
                                     "3",     "bible.txt", NULL};
    pid_t run = shell_start(arguments);
    size_t killed = kill_until_end(run);
    int status = shell_wait(run);
    char *text = shell_read("stderr", NULL);
    ck_assert_msg(status == 0 && strstr(text, "re-executions: 0,") == NULL,
                  "%s", text);
    free(text);
    ck_assert_uint_gt(killed, 10);
    expect_wanted("out");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"II", "word count of the Bible is that of tr, sort and uniq",
         word_count_is_that_of_the_shell, 30},
        {"III", "so it is while workers are being killed all the time",
         killed_workers_do_not_matter, 120},
    };
    return unit_main(argc, argv, "lab1 bible", tests,
                     sizeof tests / sizeof tests[0]);
}
