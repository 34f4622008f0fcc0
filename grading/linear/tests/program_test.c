// The program as it is called: what it ends with, what it says, and what it
// leaves alone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "grading/linear/program/program.h"

enum {
    SAID_MAX = 8192,
    ARGUMENTS_MAX = 9,
};

static const char template[] = "/tmp/linear-XXXXXX";
static char path[sizeof template];

static void write_file(const char *text)
{
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static void setup(const char *text)
{
    memcpy(path, template, sizeof template);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    write_file(text);
}

// Runs it with the words and the file. What it says, on both ways, is in said.
static int run(char *words, char said[SAID_MAX])
{
    char *argv[ARGUMENTS_MAX] = {"linear"};
    int argc = 1;
    char *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        argv[argc++] = strcmp(word, "FILE") == 0 ? path : word;
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    fflush(stdout);
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int status = linear_program(argc, argv);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    rewind(file);
    said[fread(said, 1, SAID_MAX - 1, file)] = '\0';
    fclose(file);
    return status;
}

static void expect(const char *call, int status, const char *says)
{
    char said[SAID_MAX];
    char words[SAID_MAX];
    strcpy(words, call);
    int ended = run(words, said);
    ck_assert_msg(ended == status, "%s: ended with %d: %s", call, ended, said);
    ck_assert_msg(strstr(said, says) != NULL, "%s: it says %s", call, said);
}

#define BAD                                                                    \
    "[0 :invoke :write 1][0 :ok :write 1][1 :invoke :read nil]"                \
    "[1 :ok :read 2]\n"

START_TEST(html_does_not_overwrite_the_history)
{
    setup(BAD);
    expect("explain --html FILE FILE", 2, "--html would overwrite");
    expect("check FILE", 1, "NOT linearizable (2 operations");
    unlink(path);
}
END_TEST

#define CAS_REFUSED                                                            \
    "{\"c\":\"c\",\"op\":\"cas\",\"k\":\"\",\"a\":\"0\",\"b\":\"1\",\"t0\":1," \
    "\"t1\":2,\"r\":\"no\",\"v\":null}\n"

START_TEST(conversion_tells_what_is_lost)
{
    setup("{\"e\":\"head\",\"format\":\"lin1\",\"init\":\"0\"}\n" CAS_REFUSED);
    expect("convert --to edn FILE", 0, "1 operations say less as edn");
    expect("convert --to elle FILE", 0, "to be read with --nil-read absent");
    expect("convert --to elle FILE", 0, "to be read with --init '0'");
    write_file(CAS_REFUSED);
    expect("convert --to jepsen FILE", 0, "1 operations say less as jepsen");
    write_file("[0 :invoke :append 1][0 :ok :append 1][1 :invoke :read nil]"
               "[1 :ok :read \"\"]");
    expect("convert --to porcupine FILE", 0, "1 operations say less");
    unlink(path);
}
END_TEST

START_TEST(help_tells_how_it_ends)
{
    expect("check --help", 0, "Exit status: 0 linearizable, 1 not");
    expect("explain --help", 0, "Exit status: 0 linearizable, 1 not");
    expect("shrink --help", 0, "Exit status: 0 linearizable, 1 not");
    expect("check --help", 0, "lines, porcupine, jepsen: skip lines that");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"linear", "a picture does not overwrite the history",
         html_does_not_overwrite_the_history, 0},
        {"linear", "conversion tells what is lost",
         conversion_tells_what_is_lost, 0},
        {"linear", "help tells how it ends", help_tells_how_it_ends, 0},
    };
    return unit_main(argc, argv, "linear program", tests,
                     sizeof tests / sizeof tests[0]);
}
