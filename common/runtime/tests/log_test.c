// log_test.c - what a line of the log looks like, and who gets it.
//
// Each test logs in a child, whose stderr comes back as a text.
#include <errno.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/runtime/err.h"
#include "common/runtime/log.h"
#include "common/runtime/self.h"
#include "common/runtime/tests/child.h"
#include "common/runtime/thread.h"

static bool matches(const char *text, const char *pattern)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static void log_each_level(const void *settings)
{
    if (settings == NULL)
        unsetenv("LAB_LOG");
    else
        setenv("LAB_LOG", settings, 1);
    self_set_name("s2");
    log_error("rpc", "e");
    log_warn("rpc", "w");
    log_info("rpc", "i");
    log_debug("rpc", "d");
    log_info("paxos", "I");
    log_debug("paxos", "D");
}

// The texts of the lines that are printed: "ewI".
static const char *printed_with(const char *settings)
{
    static char letters[16];
    struct child_end end = child_run(log_each_level, settings);
    size_t size = 0;
    for (const char *c = end.text; *c != '\0' && size < 15; c++)
        if (c[1] == '\n')
            letters[size++] = *c;
    letters[size] = '\0';
    return letters;
}

START_TEST(warnings_and_errors_are_printed)
{
    ck_assert_str_eq(printed_with(NULL), "ew");
}
END_TEST

START_TEST(lab_log_sets_the_level)
{
    ck_assert_str_eq(printed_with("error"), "e");
    ck_assert_str_eq(printed_with("info"), "ewiI");
    ck_assert_str_eq(printed_with("debug"), "ewidID");
    ck_assert_str_eq(printed_with("warn,paxos=debug"), "ewID");
    ck_assert_str_eq(printed_with("debug,rpc=error"), "eID");
    ck_assert_str_eq(printed_with("paxos=info"), "ewI");
    ck_assert_str_eq(printed_with("rpc=info,error"), "ewi");
    ck_assert_str_eq(printed_with("error,pax=debug,paxoss=debug"), "e");
}
END_TEST

START_TEST(a_wrong_lab_log_ends_the_program)
{
    const char *const wrong[] = {"",       "loud",  "warn,",  "warn,paxos",
                                 "=debug", "warn ", "paxos=", "Debug"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct child_end end = child_run(log_each_level, wrong[i]);
        ck_assert_msg(WIFEXITED(end.status), "LAB_LOG='%s'", wrong[i]);
        ck_assert_msg(WEXITSTATUS(end.status) == 2, "LAB_LOG='%s' passes",
                      wrong[i]);
        ck_assert_ptr_nonnull(strstr(end.text, "LAB_LOG"));
    }
}
END_TEST

static void log_a_promise(const void *arg)
{
    (void)arg;
    unsetenv("LAB_LOG");
    self_set_name("s2");
    log_warn("paxos", "slot %d: promised ballot %s", 7, "3.1");
}

START_TEST(a_line_says_when_who_and_what)
{
    struct child_end end = child_run(log_a_promise, NULL);
    ck_assert_msg(matches(end.text,
                          "^[0-9]+\\.[0-9]{3} s2 paxos: slot 7: promised "
                          "ballot 3\\.1\n$"),
                  "%s", end.text);
}
END_TEST

static void log_odd_bytes(const void *arg)
{
    (void)arg;
    self_set_name("s\n2");
    log_warn("rpc", "a\nb\tc\x1b[1md\x7f \xc3\xa9%s", "\r");
}

START_TEST(a_line_stays_one_line)
{
    struct child_end end = child_run(log_odd_bytes, NULL);
    ck_assert_msg(matches(end.text, "^[0-9.]+ s\\?2 rpc: a\\?b\\?c\\?\\[1md\\? "
                                    "\xc3\xa9\\?\n$"),
                  "%s", end.text);
}
END_TEST

static void log_much(const void *arg)
{
    (void)arg;
    char much[2 * LOG_LINE_MAX];
    memset(much, 'x', sizeof much);
    log_warn("rpc", "%.*s", (int)sizeof much, much);
    memset(much, 't', sizeof much);
    much[sizeof much - 1] = '\0';
    log_warn(much, "text");
}

START_TEST(a_long_line_is_cut_and_says_so)
{
    struct child_end end = child_run(log_much, NULL);
    ck_assert_uint_eq(strcspn(end.text, "\n"), LOG_LINE_MAX - 1);
    ck_assert_uint_eq(strlen(end.text), 2 * LOG_LINE_MAX);
    ck_assert_ptr_nonnull(strstr(end.text, "xxx...\n"));
    ck_assert_ptr_nonnull(strstr(end.text, "ttt...\n"));
}
END_TEST

START_TEST(a_line_is_one_write)
{
    int ends[2]; // keeps what was written by different calls apart
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[0], STDERR_FILENO);
    log_warn("rpc", "one");
    log_warn("rpc", "two");
    dup2(saved, STDERR_FILENO); // for the assertions

    char text[LOG_LINE_MAX + 1] = "";
    ck_assert_int_gt(read(ends[1], text, LOG_LINE_MAX), 0);
    ck_assert_msg(matches(text, "^[0-9.]+ - rpc: one\n$"), "%s", text);
    memset(text, 0, sizeof text);
    ck_assert_int_gt(read(ends[1], text, LOG_LINE_MAX), 0);
    ck_assert_msg(matches(text, "^[0-9.]+ - rpc: two\n$"), "%s", text);
    close(ends[0]);
    close(ends[1]);
    close(saved);
}
END_TEST

enum {
    THREADS = 4,
    LINES = 30, // a pipe holds them all: nothing depends on who reads when
};

static void log_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_warn("rpc", "thread %s line %d.", (const char *)arg, i);
}

static void log_in_threads(const void *arg)
{
    (void)arg;
    static char names[THREADS][2];
    struct thread *threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        names[i][0] = (char)('a' + i);
        if (thread_start("log", log_lines, names[i], &threads[i]) != ERR_OK)
            _exit(1);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
}

START_TEST(lines_of_threads_do_not_mix)
{
    struct child_end end = child_run(log_in_threads, NULL);
    ck_assert_int_eq(end.status, 0);
    int count = 0;
    char *rest = end.text;
    for (char *line = strsep(&rest, "\n"); rest != NULL;
         line = strsep(&rest, "\n")) {
        ck_assert_msg(
            matches(line, "^[0-9.]+ - rpc: thread [a-d] line [0-9]+\\.$"), "%s",
            line);
        count++;
    }
    ck_assert_int_eq(count, THREADS * LINES);
}
END_TEST

// The node's trace, as far as a test needs one.
static char trace[1024];

static void append_to_trace(void *arg, const char *line, size_t size)
{
    (void)arg;
    size_t used = strlen(trace);
    snprintf(trace + used, sizeof trace - used, "%.*s|", (int)size, line);
}

START_TEST(the_trace_gets_lines_up_to_info_printed_or_not)
{
    self_get()->on_log = append_to_trace;
    setenv("LAB_LOG", "error", 1);
    self_set_name("s2");
    log_warn("rpc", "w");
    log_info("rpc", "i%d", 1);
    log_debug("rpc", "d");
    ck_assert_msg(matches(trace, "^[0-9.]+ s2 rpc: w\\|[0-9.]+ s2 rpc: i1\\|$"),
                  "%s", trace);
}
END_TEST

static void trace_a_debug_line(const void *arg)
{
    (void)arg;
    self_get()->on_log = append_to_trace;
    setenv("LAB_LOG", "debug", 1);
    log_debug("rpc", "seen");
    _exit(trace[0] == '\0' ? 0 : 1);
}

START_TEST(the_trace_gets_no_debug_lines_even_if_they_are_printed)
{
    struct child_end end = child_run(trace_a_debug_line, NULL);
    ck_assert_int_eq(end.status, 0);
    ck_assert_ptr_nonnull(strstr(end.text, "seen"));
}
END_TEST

START_TEST(logging_leaves_errno_alone)
{
    setenv("LAB_LOG", "error", 1);
    close(STDERR_FILENO); // so that the write fails
    errno = ENOTDIR;
    log_error("rpc", "nobody reads this");
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
    self_set_name("a-name-of-more-than-thirty-one-bytes");
    ck_assert_str_eq(self_get()->name, "a-name-of-more-than-thirty-one-");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"runtime", "warnings and errors are printed, unless told otherwise",
         warnings_and_errors_are_printed, 0},
        {"runtime", "LAB_LOG sets the level, for all topics or one",
         lab_log_sets_the_level, 0},
        {"runtime", "a LAB_LOG that makes no sense ends the program",
         a_wrong_lab_log_ends_the_program, 0},
        {"runtime", "a line says when, who and what",
         a_line_says_when_who_and_what, 0},
        {"runtime", "a line of the log stays one line", a_line_stays_one_line,
         0},
        {"runtime", "a long line is cut and says so",
         a_long_line_is_cut_and_says_so, 0},
        {"runtime", "a line is one write", a_line_is_one_write, 0},
        {"runtime", "lines of several threads do not mix",
         lines_of_threads_do_not_mix, 0},
        {"runtime", "the trace gets lines up to info, printed or not",
         the_trace_gets_lines_up_to_info_printed_or_not, 0},
        {"runtime", "the trace gets no debug lines",
         the_trace_gets_no_debug_lines_even_if_they_are_printed, 0},
        {"runtime", "logging leaves errno alone", logging_leaves_errno_alone,
         0},
        {"runtime", "a long node name is cut", a_long_name_is_cut, 0},
    };
    return unit_main(argc, argv, "log", tests, sizeof tests / sizeof tests[0]);
}
