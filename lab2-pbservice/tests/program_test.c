// The program as people use it: commands, what they print, how they end.
#include "common/check/shell.h"

#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"

enum {
    FAILED = 1,
    LIMIT_S = 60,
};

// A view service, a primary s1 and a backup s2, in folder c; they end with the
// script. `view` waits until the status says so. Options of all: $o.
static const char cluster[] =
    "o=\"--cluster c --tick "
    "$(awk \"BEGIN { print int(100 * ${LAB_TIME_SCALE:-1}) }\")\"\n"
    "trap 'kill $pids; wait' EXIT\n"
    "view() { n=0; until lab2 status $o 2>&1 | grep -q \"$1\"; do\n"
    "  grep -h 'not implemented' log-* >&2 && exit 1\n"
    "  n=$((n + 1)); [ $n -lt 400 ] || { echo \"never: $1\" >&2; exit 1; }\n"
    "  sleep 0.05; done; }\n"
    "pbd() { lab2 pbd $o --name $1 >log-$1 2>&1 & pids=\"$pids $!\"; }\n"
    "mkdir c\n"
    "lab2 viewd $o >log-views 2>&1 & pids=$!\n"
    "pbd s1; s1=$!\n"
    "view 'primary s1, backup -$'\n"
    "pbd s2\n"
    "view 'backup s2$'\n";

static void expect(const char *script, int status, const char *out)
{
    char *all = xasprintf("%s%s", cluster, script);
    shell_expect(all, status, out);
    free(all);
}

START_TEST(values_are_put_appended_to_and_got)
{
    shell_begin("lab2");
    expect("lab2 kv $o put king 'be or not'\n"
           "lab2 kv $o append king ' to be'\n"
           "lab2 kv $o append queen ''\n"
           "lab2 kv $o get king\n"
           "lab2 kv $o get queen\n",
           0, "be or not\nbe or not to be\n\n");
}
END_TEST

START_TEST(a_missing_key_is_told)
{
    shell_begin("lab2");
    expect("lab2 kv $o get king\n", FAILED, "");
    shell_expect_complaint("there is no such key");
}
END_TEST

START_TEST(status_shows_who_is_what)
{
    shell_begin("lab2");
    expect("lab2 kv $o put king 'be or not'\n"
           "pbd s3; view '^s3 .*idle'\n"
           "lab2 status $o | sed 's/view [0-9]*/view N/; s/[0-9]* batches/N/'",
           0,
           "views         view N: primary s1, backup s2\n"
           "s1            primary           view N, 1 keys, 13 bytes, 1 "
           "sessions, N\n"
           "s2            backup            view N, 1 keys, 13 bytes, 1 "
           "sessions, N\n"
           "s3            idle              view N, 0 keys, 0 bytes, 0 "
           "sessions, N\n");
}
END_TEST

START_TEST(who_dies_is_succeeded)
{
    shell_begin("lab2");
    expect("lab2 kv $o put king 'be or not'\n"
           "kill -KILL $s1\n"
           "view 'primary s2, backup -$'\n"
           "lab2 kv $o get king\n"
           "lab2 status $o | sed 's/ .*//'\n",
           0, "be or not\nviews\ns2\n");
}
END_TEST

START_TEST(a_signal_ends_it_in_order)
{
    shell_begin("lab2");
    expect("kill -INT $s1; wait $s1; echo $?\n"
           "ls c/sock/s1",
           0, "130\n");
}
END_TEST

START_TEST(two_servers_cannot_share_a_name)
{
    shell_begin("lab2");
    expect("lab2 pbd $o --name s1; echo $?\n"
           "lab2 viewd $o; echo $?\n"
           "lab2 kv $o put a b; echo $?\n",
           0, "1\n1\n0\n");
}
END_TEST

START_TEST(nobody_there_is_told)
{
    shell_begin("lab2");
    shell_expect("mkdir c; lab2 status --cluster c", FAILED,
                 "views         nobody is there\n");
    ck_assert_int_eq(shell_run("lab2 kv --cluster c get king"), FAILED);
    shell_expect_complaint("unknown: it may have run");
}
END_TEST

START_TEST(bad_usage_is_told)
{
    shell_begin("lab2");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    shell_expect_usage("lab2", "what shall be done");
    shell_expect_usage("lab2 frob", "frob");
    shell_expect_usage("lab2 kv get king", "kv needs --cluster DIR");
    shell_expect_usage("lab2 pbd --cluster c", "pbd needs --name NAME");
    shell_expect_usage("lab2 viewd --cluster c more", "takes no argument more");
    shell_expect_usage("lab2 pbd --cluster c --name s1 --tick 0",
                       "--tick 0: not a number from 1 to 60000");
    shell_expect_usage("lab2 kv --cluster c", "kv needs WORD...");
    shell_expect_usage("lab2 kv --cluster c put king", "put KEY VALUE");
    shell_expect_usage("lab2 kv --cluster c get king queen", "get KEY");
    shell_expect_usage("lab2 kv --cluster c get ''", "this one 0");
    shell_expect_usage("lab2 kv --cluster c get $(printf %4097s x | tr ' ' y)",
                       "a key has 1 to 4096 bytes, and this one 4097");
    shell_expect_usage("lab2 clerks --cluster c --names c1 --role king",
                       "client, direct or pinger is needed");
}
END_TEST

START_TEST(a_missing_cluster_is_told)
{
    shell_begin("lab2");
    static const char *const calls[] = {"viewd", "pbd --name s1", "status",
                                        "kv get king"};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *script = xasprintf(
            "lab2 %s --cluster nowhere 2>all || s=$?; grep lab2 all >&2; "
            "exit $s",
            calls[i]);
        shell_expect_usage(script, "cannot join the cluster in nowhere");
        free(script);
    }
}
END_TEST

START_TEST(help_helps)
{
    shell_begin("lab2");
    static const char *const commands[] = {"viewd", "pbd", "kv", "status"};
    shell_expect_help(commands, sizeof commands / sizeof commands[0]);
    ck_assert_int_eq(shell_run("lab2 kv --help | grep -q 'put KEY VALUE'"), 0);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"2b", "values are put, appended to and got",
         values_are_put_appended_to_and_got, LIMIT_S},
        {"2b", "a missing key is told", a_missing_key_is_told, LIMIT_S},
        {"2b", "status shows who is what", status_shows_who_is_what, LIMIT_S},
        {"2b", "who dies is succeeded", who_dies_is_succeeded, LIMIT_S},
        {"2b", "a signal ends it in order", a_signal_ends_it_in_order, LIMIT_S},
        {"2b", "two servers cannot share a name",
         two_servers_cannot_share_a_name, LIMIT_S},
        {"2b", "nobody there is told", nobody_there_is_told, LIMIT_S},
        {"2b", "bad usage is told", bad_usage_is_told, 0},
        {"2b", "a missing cluster is told", a_missing_cluster_is_told, 0},
        {"2b", "--help helps", help_helps, 0},
    };
    return unit_main(argc, argv, "lab2 program", tests,
                     sizeof tests / sizeof tests[0]);
}
