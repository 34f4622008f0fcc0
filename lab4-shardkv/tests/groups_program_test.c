// The program as people use it who have keys and values, or play: commands,
// what they print, how they end.
#include "common/check/shell.h"

#include <stdlib.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"

enum {
    FAILED = 1,
    USAGE = 2,
    LIMIT_S = 60,
};

// Waits for text in a file, by `await TEXT FILE`. Options of all: $o.
static const char helpers[] =
    "o=\"--cluster c --tick "
    "$(awk \"BEGIN { print int(100 * ${LAB_TIME_SCALE:-1}) }\")\"\n"
    "await() { n=0; until grep -q \"$1\" $2; do\n"
    "  n=$((n + 1)); [ $n -lt 600 ] || { echo \"no $1\"; cat $2; exit 1; }\n"
    "  sleep 0.05; done; }\n";

// A playground $p that shows in `out` what it does, until it has settled.
static const char playground[] =
    "lab4 cluster $o --groups 2 --clients 2 >out 2>&1 & p=$!\n"
    "trap 'kill $p; wait' EXIT\n"
    "n=0; until grep -qs 'group 1: .*shards 0-4 .*group 2: .*s 5-9$' out; do\n"
    "  n=$((n + 1)); [ $n -lt 600 ] || { cat out; exit 1; }\n"
    "  grep -hs 'not implemented' c/*.log >&2 && exit 1\n"
    "  sleep 0.05; done\n";

static void expect(const char *before, const char *script, int status,
                   const char *out)
{
    char *all = xasprintf("%s%s%s", helpers, before, script);
    shell_expect(all, status, out);
    free(all);
}

START_TEST(keys_are_put_and_got)
{
    shell_begin("lab4");
    expect(playground,
           "for i in 1 2 3 4 5 6 7 8; do lab4 kv $o put a$i v$i; done\n"
           "lab4 kv $o append a1 ' and more'\n"
           "lab4 admin $o leave 1 >/dev/null\n"
           "for i in 1 2 3 4 5 6 7 8; do lab4 kv $o get a$i; done\n"
           "lab4 kv $o get a9 2>&1; echo $?\n",
           0,
           "v1\nv1 and more\nv2\nv3\nv4\nv5\nv6\nv7\nv8\n"
           "lab4: there is no such key\n1\n");
}
END_TEST

START_TEST(who_is_killed_is_shown_as_dead)
{
    shell_begin("lab4");
    expect(playground,
           "pkill -KILL -P $p -f 'name a2 '\n"
           "pkill -STOP -P $p -f 'name m3 '\n"
           "await 'm3 silent  a2 dead' out\n"
           "lab4 kv $o put x y; lab4 kv $o get x\n"
           "lab4 status $o | sed -n 's/configuration 1;.*/N/; /^a/p; /^m3/p'\n",
           0,
           "y\n"
           "m3            the deadline passed\n"
           "a1            group 1, N\n"
           "a2            nobody is there\n"
           "a3            group 1, N\n");
}
END_TEST

// Some sleep, some are dead; nothing is left, not the folder either, which it
// has made. What was there before stays.
START_TEST(the_playground_leaves_nothing)
{
    shell_begin("lab4");
    expect(playground,
           "pkill -KILL -P $p -f 'name a2 '\n"
           "pkill -STOP -P $p -f 'name b1 '\n"
           "all=$(pgrep -P $p); kill -INT $p; wait $p; echo $?\n"
           "for i in $all; do kill -0 $i 2>/dev/null && echo $i lives; done\n"
           "ls c 2>/dev/null; mkdir c\n"
           "lab4 cluster $o --groups 1 >out 2>&1 & p=$!\n"
           "await 'shards 0-9' out\n"
           "kill -TERM $p; wait $p; echo $?\n"
           "ls -A c; ls -d c",
           0, "130\n143\nc\n");
}
END_TEST

START_TEST(a_folder_in_use_is_left_alone)
{
    shell_begin("lab4");
    ck_assert_int_eq(shell_run("mkdir c; echo mine >c/f\n"
                               "lab4 cluster --cluster c"),
                     USAGE);
    shell_expect_complaint("c is not empty");
    shell_expect("cat c/f; ls -A c", 0, "mine\nf\n");
    ck_assert_int_eq(shell_run("lab4 cluster --cluster no/where"), USAGE);
    shell_expect_complaint("cannot make no/where: not found");
}
END_TEST

START_TEST(who_cannot_serve_says_so)
{
    shell_begin("lab4");
    ck_assert_int_eq(
        shell_run("mkdir c; lab4 shardkvd --cluster c --name a1 --peers a1"),
        USAGE);
    shell_expect_complaint("shardkvd needs --gid GID");
    ck_assert_int_eq(
        shell_run("lab4 shardkvd --cluster c --name a1 --gid 1 --peers a2,a3"),
        FAILED);
    shell_expect_complaint("cannot serve: not found");
    ck_assert_int_eq(shell_run("lab4 kv --cluster c --masters , get k"), USAGE);
    shell_expect_complaint("--masters");
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"4b", "keys are put and got", keys_are_put_and_got, LIMIT_S},
        {"4b", "who is killed is shown as dead", who_is_killed_is_shown_as_dead,
         LIMIT_S},
        {"4b", "the playground leaves nothing", the_playground_leaves_nothing,
         LIMIT_S},
        {"4b", "a folder in use is left alone", a_folder_in_use_is_left_alone,
         0},
        {"4b", "who cannot serve says so", who_cannot_serve_says_so, 0},
    };
    return unit_main(argc, argv, "lab4 groups", tests,
                     sizeof tests / sizeof tests[0]);
}
