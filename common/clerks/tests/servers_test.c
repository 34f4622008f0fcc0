// Of several servers, whose turn it is.
#include <stdio.h>

#include "common/check/unit.h"
#include "common/clerks/servers.h"

// Whose turn it is, and then.
static void expect(struct servers *s, const char *name)
{
    ck_assert_str_eq(servers_now(s), name);
    ck_assert_str_eq(servers_now(s), name); // until it does not answer
    servers_next(s);
}

START_TEST(each_has_its_turn_and_then_the_first_again)
{
    struct servers s;
    char names[] = "s1,b,s3";
    servers_init(&s, names);
    names[0] = 'x'; // it has a copy
    ck_assert_uint_eq(s.count, 3);
    for (int i = 0; i < 2; i++) {
        expect(&s, "s1");
        expect(&s, "b");
        expect(&s, "s3");
    }
    servers_release(&s);
}
END_TEST

START_TEST(one_has_every_turn)
{
    struct servers s;
    servers_init(&s, "alone");
    ck_assert_uint_eq(s.count, 1);
    expect(&s, "alone");
    expect(&s, "alone");
    servers_release(&s);
}
END_TEST

START_TEST(what_is_too_many_is_left_out)
{
    char names[8 * (SERVERS_MAX + 1)] = "";
    size_t used = 0;
    for (int i = 0; i <= SERVERS_MAX; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%ss%d",
                                 i > 0 ? "," : "", i);
    struct servers s;
    servers_init(&s, names);
    ck_assert_uint_eq(s.count, SERVERS_MAX);
    for (int i = 0; i < SERVERS_MAX - 1; i++)
        servers_next(&s);
    expect(&s, "s15");
    expect(&s, "s0");
    servers_release(&s);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"clerks", "each has its turn, and then the first again",
         each_has_its_turn_and_then_the_first_again, 0},
        {"clerks", "one has every turn", one_has_every_turn, 0},
        {"clerks", "what is too many is left out", what_is_too_many_is_left_out,
         0},
    };
    return unit_main(argc, argv, "clerks servers", tests,
                     sizeof tests / sizeof tests[0]);
}
