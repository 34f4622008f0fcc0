// The program as administrators use it: commands, what they print, how they
// end.
#include "common/check/shell.h"

#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"

enum {
    FAILED = 1,
    USAGE = 2,
    LIMIT_S = 60,
};

// Masters m1, m2, m3 in folder c; they end with the script. Options of all:
// $o. `admin` is `lab4 admin` with them.
static const char cluster[] =
    "o=\"--cluster c --tick "
    "$(awk \"BEGIN { print int(40 * ${LAB_TIME_SCALE:-1}) }\")\"\n"
    "trap 'kill $pids; wait' EXIT\n"
    "masterd() { lab4 masterd $o --name $1 --shards 10 >log-$1 2>&1 &\n"
    "  pids=\"$pids $!\"; }\n"
    "admin() { lab4 admin $o \"$@\"; s=$?\n"
    "  grep -h 'not implemented' log-* >&2 && exit 1; return $s; }\n"
    "mkdir c\n"
    "masterd m1; m1=$!\n"
    "masterd m2; masterd m3\n"
    "n=0; until [ $(lab4 status $o 2>&1 | grep -c slot) = 3 ]; do\n"
    "  n=$((n + 1)); [ $n -lt 400 ] || { echo 'no masters' >&2; exit 1; }\n"
    "  sleep 0.05; done\n";

static void expect(const char *script, int status, const char *out)
{
    char *all = xasprintf("%s%s", cluster, script);
    shell_expect(all, status, out);
    free(all);
}

START_TEST(groups_join_move_and_leave)
{
    shell_begin("lab4");
    expect("admin join 1=a1,a2,a3 20=b1,b2 >/dev/null\n"
           "admin move 0 20\n"
           "admin leave 20 >/dev/null\n"
           "admin query\n"
           "admin query 1\n"
           "admin leave 1\n",
           0,
           "configuration 2: 2 groups\n"
           "  group 1      a1,a2,a3           4 shards: 1-4\n"
           "  group 20     b1,b2              6 shards: 0 5-9\n"
           "configuration 3: 1 groups\n"
           "  group 1      a1,a2,a3          10 shards: 0-9\n"
           "configuration 1: 2 groups\n"
           "  group 1      a1,a2,a3           5 shards: 0-4\n"
           "  group 20     b1,b2              5 shards: 5-9\n"
           "configuration 4: 0 groups\n"
           "  nobody's                       10 shards: 0-9\n");
}
END_TEST

START_TEST(what_is_refused_is_told)
{
    static const char *const calls[][2] = {
        {"join 1=b1", "there is such a group already"},
        {"join 2=a1", "servers of its own"},
        {"leave 2", "there is no such group"},
        {"move 10 1", "there is no such shard"},
        {"join 2=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "too many"},
    };
    char *script = xasprintf("%sadmin join 1=a1 >/dev/null\n", cluster);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *more = xasprintf("%sadmin %s 2>&1 | grep -c '%s'\n", script,
                               calls[i][0], calls[i][1]);
        free(script);
        script = more;
    }
    char *all = xasprintf("%sadmin leave 2", script);
    shell_begin("lab4");
    ck_assert_int_eq(shell_run(all), FAILED);
    char *out = shell_read("stdout", NULL);
    ck_assert_str_eq(out, "1\n1\n1\n1\n1\n");
    free(out);
    free(all);
    free(script);
}
END_TEST

START_TEST(status_shows_masters_and_the_newest)
{
    shell_begin("lab4");
    expect("admin join 1=a1,a2,a3 >/dev/null\n"
           "kill -KILL $m1\n"
           "admin join 2=b1,b2,b3 >/dev/null\n"
           "n=0; until [ $(lab4 status $o | grep -c 'configuration 2;') = 2 ]\n"
           "do n=$((n + 1)); [ $n -lt 400 ] || break; sleep 0.05; done\n"
           "lab4 status $o |\n"
           "  sed 's/slot [0-9]*: [0-9]* operations, [0-9]* sessions/N/\n"
           "       s/up to slot [0-9]*/up to N/'",
           0,
           "m1            nobody is there\n"
           "m2            N, configuration 2; forgotten up to N\n"
           "m3            N, configuration 2; forgotten up to N\n"
           "configuration 2: 2 groups\n"
           "  group 1      a1,a2,a3           5 shards: 5-9\n"
           "  group 2      b1,b2,b3           5 shards: 0-4\n"
           "a1            nobody is there\n"
           "a2            nobody is there\n"
           "a3            nobody is there\n"
           "b1            nobody is there\n"
           "b2            nobody is there\n"
           "b3            nobody is there\n");
}
END_TEST

START_TEST(masters_end_in_order)
{
    shell_begin("lab4");
    expect("kill -INT $m1; wait $m1; echo $?\n"
           "ls c/sock/m1\n"
           "admin join 1=a1 | head -1\n",
           0, "130\nconfiguration 1: 1 groups\n");
}
END_TEST

START_TEST(nobody_there_is_told)
{
    shell_begin("lab4");
    shell_expect("mkdir c; lab4 status --cluster c", FAILED,
                 "m1            nobody is there\n"
                 "m2            nobody is there\n"
                 "m3            nobody is there\n");
    ck_assert_int_eq(shell_run("lab4 admin --cluster c --tick 5 query"),
                     FAILED);
    shell_expect_complaint("unknown: it may have run");
}
END_TEST

static void expect_usage(const char *script, const char *words)
{
    ck_assert_int_eq(shell_run(script), USAGE);
    shell_expect_complaint(words);
}

START_TEST(bad_usage_is_told)
{
    shell_begin("lab4");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    expect_usage("lab4 admin query", "admin needs --cluster DIR");
    expect_usage("lab4 masterd --cluster c", "masterd needs --name NAME");
    expect_usage("lab4 masterd --cluster c --name m1 --shards 0",
                 "--shards 0: not a number from 1 to 1024");
    expect_usage("lab4 masterd --cluster c --name m1 --shards 1025",
                 "--shards 1025: not a number");
    expect_usage("lab4 masterd --cluster c --name m1 more",
                 "takes no argument more");
    expect_usage("lab4 admin --cluster c", "admin needs WORD...");
    expect_usage("lab4 admin --cluster c --masters , query", "--masters ','");
    expect_usage("lab4 status --cluster c --masters ''", "--masters ''");
    expect_usage("lab4 clerks --cluster c --names k1 --role king", "'king'");
}
END_TEST

START_TEST(bad_words_are_named)
{
    static const char *const calls[][2] = {
        {"frob 1", "'frob': join GID=SERVER,..."},
        {"join", "'join': join GID=SERVER,..."},
        {"join 1", "'1': GID=SERVER,SERVER,... is needed"},
        {"join 1=a 0=b", "'0' is no gid"},
        {"join x=a", "'x' is no gid"},
        {"join 1=a,,b", "'' is no server's name"},
        {"join 1=a,B", "'B' is no server's name"},
        {"join 1=0123456789abcdef", "'0123456789abcdef' is no server's name"},
        {"leave", "'leave': "},
        {"leave 1 2-", "'2-' is no gid"},
        {"leave 18446744073709551616", "'18446744073709551616' is no gid"},
        {"move 1", "'move': "},
        {"move 1 2 3", "'move': "},
        {"move x 2", "'x' is no shard's number"},
        {"move 4294967296 2", "'4294967296' is no shard's number"},
        {"move 1 2x", "'2x' is no gid"},
        {"query 1 2", "'query': "},
        {"query newest", "'newest' is no number of a configuration"},
    };
    shell_begin("lab4");
    ck_assert_int_eq(shell_run("mkdir c"), 0);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *script = xasprintf("lab4 admin --cluster c %s", calls[i][0]);
        expect_usage(script, calls[i][1]);
        free(script);
    }
}
END_TEST

START_TEST(a_missing_cluster_is_told)
{
    shell_begin("lab4");
    static const char *const calls[] = {"masterd --name m1", "status",
                                        "admin query"};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char *script = xasprintf(
            "lab4 %s --cluster nowhere 2>all || s=$?; grep lab4 all >&2; "
            "exit $s",
            calls[i]);
        ck_assert_int_eq(shell_run(script), USAGE);
        shell_expect_complaint("cannot join the cluster in nowhere");
        free(script);
    }
}
END_TEST

START_TEST(a_stranger_is_no_master)
{
    shell_begin("lab4");
    ck_assert_int_eq(shell_run("mkdir c; lab4 masterd --cluster c --name m9"),
                     FAILED);
    shell_expect_complaint("cannot serve: not found");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"4a", "groups join, move and leave", groups_join_move_and_leave,
         LIMIT_S},
        {"4a", "what is refused is told", what_is_refused_is_told, LIMIT_S},
        {"4a", "status shows masters and the newest",
         status_shows_masters_and_the_newest, LIMIT_S},
        {"4a", "masters end in order", masters_end_in_order, LIMIT_S},
        {"4a", "nobody there is told", nobody_there_is_told, LIMIT_S},
        {"4a", "bad usage is told", bad_usage_is_told, 0},
        {"4a", "bad words are named", bad_words_are_named, 0},
        {"4a", "a missing cluster is told", a_missing_cluster_is_told, 0},
        {"4a", "a stranger is no master", a_stranger_is_no_master, 0},
    };
    return unit_main(argc, argv, "lab4 admin", tests,
                     sizeof tests / sizeof tests[0]);
}
