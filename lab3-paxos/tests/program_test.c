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

// Three replicas in folder c, which end with the script. `seen` waits until
// the status says so, so many times. Options of all: $o.
static const char cluster[] =
    "o=\"--cluster c --tick "
    "$(awk \"BEGIN { print int(100 * ${LAB_TIME_SCALE:-1}) }\")\"\n"
    "trap 'kill -CONT $pids; kill $pids; wait' EXIT\n"
    "seen() { n=0\n"
    "  until [ $(lab3 status $o 2>&1 | grep -c \"$2\") = $1 ]; do\n"
    "  grep -h 'not implemented' log-* >&2 && exit 1\n"
    "  n=$((n + 1)); [ $n -lt 400 ] || { echo \"never: $2\" >&2; exit 1; }\n"
    "  sleep 0.05; done; }\n"
    "kvd() { lab3 kvd $o --name $1 >log-$1 2>&1 & pids=\"$pids $!\"; }\n"
    "mkdir c\n"
    "kvd s1; s1=$!\n"
    "kvd s2; s2=$!\n"
    "kvd s3; s3=$!\n"
    "seen 3 'slot 0:'\n";

static void expect(const char *script, int status, const char *out)
{
    char *all = xasprintf("%s%s", cluster, script);
    shell_expect(all, status, out);
    free(all);
}

// --- What it does ----------------------------------------------------------

START_TEST(values_are_put_appended_to_and_got)
{
    shell_begin("lab3");
    expect("lab3 kv $o put king 'be or not'\n"
           "lab3 kv $o append king ' to be'\n"
           "lab3 kv $o append queen ''\n"
           "lab3 kv $o get king\n"
           "lab3 kv $o get queen\n",
           0, "be or not\nbe or not to be\n\n");
}
END_TEST

START_TEST(a_missing_key_is_told)
{
    shell_begin("lab3");
    expect("lab3 kv $o get king\n", FAILED, "");
    shell_expect_complaint("there is no such key");
}
END_TEST

// Which replica fills how many slots is up to the machine's speed.
START_TEST(status_shows_what_each_has)
{
    shell_begin("lab3");
    expect("lab3 kv $o put king 'be or not'\n"
           "seen 3 ' operations, 1 keys, 13 bytes, 1 sessions$'\n"
           "lab3 status $o | sed 's/[0-9][0-9]*/N/g' | LC_ALL=C sort -u\n",
           0,
           "              filled N slots itself, N are holes; N operations "
           "wait\n"
           "              instances N to N: N in memory, N bytes; ballot N.N\n"
           "              the first that each needs: sN N sN N sN N\n"
           "sN            slot N: N operations, N keys, N bytes, N sessions\n");
}
END_TEST

START_TEST(any_replica_is_asked)
{
    shell_begin("lab3");
    expect("lab3 kv $o put king 'be or not'\n"
           "lab3 kv $o --peers s3 append king ' to be'\n"
           "lab3 kv $o --peers s2,s1 get king\n"
           "lab3 status $o | grep -c 'filled [1-9][0-9]* slots itself'\n",
           0, "be or not\nbe or not to be\n3\n");
}
END_TEST

START_TEST(who_dies_is_not_missed)
{
    shell_begin("lab3");
    expect("lab3 kv $o put king 'be or not'\n"
           "kill -KILL $s1\n"
           "lab3 kv $o get king\n"
           "lab3 status $o | grep '^s1'\n"
           "lab3 status $o | grep -c '^s. .*operations'\n",
           0, "be or not\ns1            nobody is there\n2\n");
}
END_TEST

START_TEST(a_minority_answers_nobody)
{
    shell_begin("lab3");
    expect("lab3 kv $o put king 'be or not'\n"
           "kill -KILL $s1; kill -STOP $s2\n"
           "lab3 kv $o get king 2>&1; echo $?\n"
           "kill -CONT $s2\n"
           "lab3 kv $o get king\n",
           0,
           "lab3: unknown: it may have run, may run later, or never\n1\n"
           "be or not\n");
}
END_TEST

// --- How it ends -----------------------------------------------------------

START_TEST(a_signal_ends_it_in_order)
{
    shell_begin("lab3");
    expect("kill -INT $s1; wait $s1; echo $?\n"
           "kill -TERM $s2; wait $s2; echo $?\n"
           "ls c/sock/s1 c/sock/s2\n"
           "cat log-s1 log-s2\n",
           0, "130\n143\nc/sock/s1:\n\nc/sock/s2:\n");
}
END_TEST

START_TEST(a_signal_ends_who_waits_for_the_others)
{
    shell_begin("lab3");
    expect("kill -KILL $s2 $s3\n"
           "lab3 kv $o get king >log-kv 2>&1 & pids=\"$pids $!\"\n"
           "seen 1 '[1-9] operations wait'\n"
           "kill -TERM $s1; wait $s1; echo $?\n"
           "ls c/sock/s1\n",
           0, "143\n");
}
END_TEST

START_TEST(two_servers_cannot_share_a_name)
{
    shell_begin("lab3");
    expect("lab3 kvd $o --name s1 2>all; echo $?\n"
           "grep -c '^lab3: cannot serve: ' all\n"
           "lab3 kv $o put a b; echo $?\n",
           0, "1\n1\n0\n");
}
END_TEST

START_TEST(nobody_there_is_told)
{
    shell_begin("lab3");
    shell_expect("mkdir c; lab3 status --cluster c", FAILED,
                 "s1            nobody is there\n"
                 "s2            nobody is there\n"
                 "s3            nobody is there\n");
    ck_assert_int_eq(shell_run("lab3 kv --cluster c get king"), FAILED);
    shell_expect_complaint("unknown: it may have run");
}
END_TEST

// --- How it must not be called ---------------------------------------------

START_TEST(bad_usage_is_told)
{
    shell_begin("lab3");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    shell_expect_usage("lab3", "what shall be done");
    shell_expect_usage("lab3 frob", "frob");
    shell_expect_usage("lab3 kv get king", "kv needs --cluster DIR");
    shell_expect_usage("lab3 kvd --cluster c", "kvd needs --name NAME");
    shell_expect_usage("lab3 kvd --cluster c --name s1 more",
                       "takes no argument more");
    shell_expect_usage("lab3 kvd --cluster c --name s1 --tick 0",
                       "--tick 0: not a number from 1 to 60000");
    shell_expect_usage("lab3 kvd --cluster c --name s1 --server s2",
                       "kvd knows no option --server");
    shell_expect_usage("lab3 kv --cluster c", "kv needs WORD...");
    shell_expect_usage("lab3 kv --cluster c put king", "put KEY VALUE");
    shell_expect_usage("lab3 kv --cluster c get king queen", "get KEY");
    shell_expect_usage("lab3 kv --cluster c get ''", "this one 0");
    shell_expect_usage("lab3 clerks --cluster c --names c1 --role king",
                       "--role is 'king': client, direct or probe is needed");
}
END_TEST

START_TEST(replicas_that_cannot_be_are_told)
{
    shell_begin("lab3");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    shell_expect_usage("lab3 kvd --cluster c --name s4",
                       "--peers s1,s2,s3: s4 is not among them");
    shell_expect_usage("lab3 paxos-peer --cluster c --name s4",
                       "--peers s1,s2,s3: s4 is not among them");
    shell_expect_usage("lab3 kvd --cluster c --name s1 --peers s1,s2,s2",
                       "--peers s1,s2,s2: s2 is there twice");
    shell_expect_usage("lab3 kvd --cluster c --name s1 --peers s1,,s3",
                       "--peers s1,,s3: '' is no name");
    shell_expect_usage("lab3 kvd --cluster c --name s1 --peers 's1, s2'",
                       "--peers s1, s2: ' s2' is no name");
    shell_expect_usage("lab3 kvd --cluster c --name 1 "
                       "--peers 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
                       "16 names at most");
    shell_expect_usage("lab3 kv --cluster c --peers '' get king",
                       "'' is no name");
    shell_expect_usage("lab3 status --cluster c --peers s1,s1",
                       "--peers s1,s1: s1 is there twice");
}
END_TEST

START_TEST(a_missing_cluster_is_told)
{
    shell_begin("lab3");
    static const char *const calls[] = {"kvd --name s1", "status",
                                        "kv get king", "paxos-peer --name s1"};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *script = xasprintf(
            "lab3 %s --cluster nowhere 2>all || s=$?; grep lab3 all >&2; "
            "exit $s",
            calls[i]);
        shell_expect_usage(script, "cannot join the cluster in nowhere");
        free(script);
    }
}
END_TEST

START_TEST(help_helps)
{
    shell_begin("lab3");
    static const char *const commands[] = {"kvd", "kv", "status", "clerks",
                                           "paxos-peer"};
    shell_expect_help(commands, sizeof commands / sizeof commands[0]);
    ck_assert_int_eq(shell_run("lab3 kv --help | grep -q 'put KEY VALUE'"), 0);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"3b", "values are put, appended to and got",
         values_are_put_appended_to_and_got, LIMIT_S},
        {"3b", "a missing key is told", a_missing_key_is_told, LIMIT_S},
        {"3b", "status shows what each has", status_shows_what_each_has,
         LIMIT_S},
        {"3b", "any replica is asked", any_replica_is_asked, LIMIT_S},
        {"3b", "who dies is not missed", who_dies_is_not_missed, LIMIT_S},
        {"3b", "a minority answers nobody", a_minority_answers_nobody, LIMIT_S},
        {"3b", "a signal ends it in order", a_signal_ends_it_in_order, LIMIT_S},
        {"3b", "a signal ends who waits for the others",
         a_signal_ends_who_waits_for_the_others, LIMIT_S},
        {"3b", "two servers cannot share a name",
         two_servers_cannot_share_a_name, LIMIT_S},
        {"3b", "nobody there is told", nobody_there_is_told, LIMIT_S},
        {"3b", "bad usage is told", bad_usage_is_told, 0},
        {"3b", "replicas that cannot be are told",
         replicas_that_cannot_be_are_told, 0},
        {"3b", "a missing cluster is told", a_missing_cluster_is_told, 0},
        {"3b", "--help helps", help_helps, 0},
    };
    return unit_main(argc, argv, "lab3 program", tests,
                     sizeof tests / sizeof tests[0]);
}
