#include "grading/runner/tests/call.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/check/setting.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"

enum {
    WORDS_MAX = 16,
    ENV_MAX = 24,
};

char *in_tmp(const char *name)
{
    return xasprintf("%s/%s", getenv("TMPDIR"), name);
}

void write_program(const char *name, const char *body)
{
    char *path = in_tmp(name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n%s\n", body);
    fclose(file);
    chmod(path, 0755);
    free(path);
}

// Of what we have been told, nothing is meant for them.
static const char *const quiet[] = {
    "T=",         "PART=",     "SEED=",           "KEEP=",     "CK_FORK=",
    "UNIT_KEEP=", "UNIT_GDB=", "LAB_TIME_SCALE=", "VICTIMS=",  "UNIT_COMMAND=",
    "NODE=",      "TMPDIR=",   "UNIT_FAILED=",    "TERM=xterm"};

struct process *start_runner_to(const char *output, const char *const *words,
                                const char *const *env)
{
    char *own = process_own_path();
    *strstr(own, "/tests/grading-runner/") = '\0';
    char *runner = xasprintf("%s/bin/run-tests", own);
    const char *argv[WORDS_MAX + 2] = {runner};
    for (size_t i = 0; words[i] != NULL; i++) {
        ck_assert_uint_lt(i, WORDS_MAX);
        argv[i + 1] = words[i];
    }
    const char *all[ENV_MAX] = {"LAB_MACHINE_FACTOR=1"};
    size_t n = 1;
    for (size_t i = 0; i < sizeof quiet / sizeof quiet[0]; i++)
        all[n++] = quiet[i];
    for (size_t i = 0; env != NULL && env[i] != NULL; i++) {
        ck_assert_uint_lt(n, ENV_MAX - 1);
        // The last of two settings with one name would not count.
        for (size_t k = 0; k < n; k++)
            if (strncmp(all[k], env[i], strcspn(env[i], "=") + 1) == 0)
                all[k] = env[i];
        all[n++] = env[i];
    }
    struct process_spec spec = {.argv = argv, .env = all, .output = output};

    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    free(runner);
    free(own);
    return p;
}

struct process *start_runner(const char *const *words, const char *const *env)
{
    char *output = in_tmp("output");
    remove(output);
    struct process *p = start_runner_to(output, words, env);
    free(output);
    return p;
}

static void read_text(const char *name, char text[OUTPUT_MAX])
{
    char *path = in_tmp(name);
    FILE *file = fopen(path, "r");
    size_t size = file != NULL ? fread(text, 1, OUTPUT_MAX - 1, file) : 0;
    text[size] = '\0';
    if (file != NULL)
        fclose(file);
    free(path);
}

int finish_runner(struct process *p, char text[OUTPUT_MAX])
{
    struct process_end end;
    ck_assert_int_eq(process_wait(p, clock_now_ms() + WAIT_MS, &end), ERR_OK);
    process_free(p);
    read_text("output", text);
    ck_assert_msg(end.exited, "run-tests died:\n%s", text);
    return end.code;
}

struct process *start_victims(const char *suite, const char *const *words,
                              const char *const *env)
{
    const char *all[WORDS_MAX] = {NULL};
    size_t n = 0;
    for (; words[n] != NULL; n++)
        all[n] = words[n];
    char *own = process_own_path();
    all[n] = own;

    const char *settings[ENV_MAX] = {NULL};
    char *victims = xasprintf("VICTIMS=%s", suite);
    char *folder = xasprintf("VICTIM_FOLDER=%s", getenv("TMPDIR"));
    settings[0] = victims;
    settings[1] = folder;
    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        settings[2 + i] = env[i];
    struct process *p = start_runner(all, settings);
    free(victims);
    free(folder);
    free(own);
    return p;
}

int run_victims(const char *suite, const char *const *words,
                const char *const *env, char text[OUTPUT_MAX])
{
    return finish_runner(start_victims(suite, words, env), text);
}

void await_text(const char *name, const char *what, char text[OUTPUT_MAX])
{
    int64_t deadline_ms = clock_now_ms() + WAIT_MS;
    read_text(name, text);
    while (strstr(text, what) == NULL && clock_now_ms() < deadline_ms) {
        clock_sleep_ms(5);
        read_text(name, text);
    }
    assert_said(text, what);
}

void assert_said(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "no \"%s\" in:\n%s", what, text);
}

void assert_not_said(const char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) == NULL, "\"%s\" in:\n%s", what, text);
}

void assert_last_line(const char *text, const char *line)
{
    size_t size = strlen(text);
    size_t want = strlen(line);
    ck_assert_msg(size >= want && strcmp(text + size - want, line) == 0,
                  "the last line is not \"%s\" in:\n%s", line, text);
}

bool is_gone(pid_t pid, int limit_ms)
{
    double scale = setting_number("LAB_TIME_SCALE", 1);
    int64_t deadline_ms = clock_now_ms() + (int64_t)(limit_ms * scale);
    for (;;) {
        if (waitpid(pid, NULL, WNOHANG) == pid || kill(pid, 0) != 0)
            return true;
        if (clock_now_ms() >= deadline_ms)
            return false;
        clock_sleep_ms(5);
    }
}
