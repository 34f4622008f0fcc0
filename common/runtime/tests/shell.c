#include "common/runtime/tests/shell.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/tests/child.h"

enum {
    SOON_MS = 5000, // the time limits of the tests scale: they come first
};

int64_t soon(void)
{
    return clock_now_ms() + SOON_MS;
}

struct process *spawn(struct process_spec spec)
{
    struct process *p = NULL;
    ck_assert_int_eq(process_spawn(&spec, &p), ERR_OK);
    return p;
}

struct process *shell(const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    return spawn(
        (struct process_spec){.argv = argv, .output = in_folder("out")});
}

struct process_end end_of(struct process *p)
{
    struct process_end end = {0};
    ck_assert_int_eq(process_wait(p, soon(), &end), ERR_OK);
    process_free(p);
    return end;
}

const char *output(void)
{
    static char text[8192];
    FILE *file = fopen(in_folder("out"), "re");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

bool has_line(const char *text, const char *line)
{
    size_t size = strlen(line);
    const char *at = strstr(text, line);
    while (at != NULL && !((at == text || at[-1] == '\n') && at[size] == '\n'))
        at = strstr(at + 1, line);
    return at != NULL;
}

void wait_for_line(const char *line)
{
    int64_t deadline_ms = soon();
    while (!has_line(output(), line)) {
        ck_assert_msg(clock_now_ms() < deadline_ms, "no '%s' in: %s", line,
                      output());
        clock_sleep_ms(1);
    }
}

int number_after(const char *key)
{
    const char *at = strstr(output(), key);
    ck_assert_ptr_nonnull(at);
    return atoi(at + strlen(key));
}
