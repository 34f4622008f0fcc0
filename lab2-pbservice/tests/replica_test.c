// The core of a server: which views it takes up as what, and what it consents
// to. Views are made up here; there is no view service.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/graded.h"
#include "lab2-pbservice/replica.h"

static struct replica s2; // the server that all is about

static struct view view(uint64_t number, const char *primary,
                        const char *backup)
{
    return (struct view){number, who(primary), who(backup)};
}

static bool take_up(uint64_t number, const char *primary, const char *backup,
                    bool acknowledged)
{
    struct view v = view(number, primary, backup);
    return replica_take_up(&s2, &v, acknowledged);
}

static void begin(void)
{
    replica_init(&s2, "s2");
}

// Backup of view 2, with the data.
static void begin_as_backup(void)
{
    begin();
    ck_assert(take_up(2, "s1", "s2", true));
    ck_assert_int_eq(replica_transfer(&s2, 2, "s1"), REPLICA_TAKE);
    replica_filled(&s2, 7);
    ck_assert_int_eq(s2.state, BACKUP);
}

// Primary of view 1, acknowledged, alone.
static void begin_as_primary(void)
{
    begin();
    ck_assert(take_up(1, "s2", "", false));
    ck_assert(take_up(1, "s2", "", true));
    ck_assert(replica_serves(&s2));
}

// --- Taking views up -------------------------------------------------------

static void first_primary_serves_when_acknowledged(void *arg)
{
    begin();
    ck_assert_int_eq(s2.state, IDLE);
    ck_assert_uint_eq(s2.ping, 0);
    ck_assert(take_up(1, "s2", "", false));
    ck_assert_uint_eq(s2.ping, 1);
    ck_assert(!replica_serves(&s2));
    ck_assert(take_up(1, "s2", "", true));
    ck_assert(replica_serves(&s2));
    struct who backup = replica_consent(&s2);
    ck_assert(is_nobody(&backup));
    ck_assert(!take_up(1, "s2", "", true)); // no news
}

static void new_life_of_a_primary_is_nothing(void *arg)
{
    begin();
    take_up(1, "s2", "", true); // an earlier life has acknowledged it
    ck_assert_int_ne(s2.state, PRIMARY);
    ck_assert(!replica_serves(&s2));
    ck_assert_uint_eq(s2.ping, 0);
    begin();
    take_up(5, "s2", "s3", false);
    ck_assert_int_ne(s2.state, PRIMARY);
    ck_assert_int_ne(s2.state, PRIMARY_SYNCING);
    ck_assert_uint_eq(s2.ping, 0);
    take_up(5, "s2", "s3", true);
    ck_assert(!replica_serves(&s2));
}

static void backup_with_the_data_becomes_primary(void *arg)
{
    begin_as_backup();
    ck_assert(take_up(3, "s2", "", false));
    ck_assert_int_eq(s2.state, PRIMARY);
    ck_assert_uint_eq(s2.ping, 3);
    ck_assert_uint_eq(s2.applied, 7);
    ck_assert(!replica_serves(&s2));
    take_up(3, "s2", "", true);
    ck_assert(replica_serves(&s2));
}

static void backup_without_the_data_never_does(void *arg)
{
    begin();
    take_up(2, "s1", "s2", true);
    ck_assert_int_eq(s2.state, BACKUP_EMPTY);
    take_up(3, "s2", "", false);
    ck_assert_int_ne(s2.state, PRIMARY);
    take_up(3, "s2", "", true);
    ck_assert(!replica_serves(&s2));
}

static void who_missed_a_view_never_does(void *arg)
{
    begin_as_backup();
    take_up(4, "s2", "s3", false); // it was backup in 3, of somebody with more
    ck_assert_int_ne(s2.state, PRIMARY_SYNCING);
    begin_as_primary();
    take_up(3, "s2", "s3", false); // another was primary in 2
    ck_assert_int_ne(s2.state, PRIMARY_SYNCING);
    ck_assert_uint_eq(s2.ping, 0);
}

static void new_backup_is_given_all_before_the_acknowledgement(void *arg)
{
    begin_as_primary();
    ck_assert(take_up(2, "s2", "s3", false));
    ck_assert_int_eq(s2.state, PRIMARY_SYNCING);
    ck_assert_uint_eq(s2.ping, 1);
    ck_assert(!replica_serves(&s2));
    replica_synced(&s2, 1); // of an earlier view
    ck_assert_int_eq(s2.state, PRIMARY_SYNCING);
    replica_synced(&s2, 2);
    ck_assert_uint_eq(s2.ping, 2);
    ck_assert(!replica_serves(&s2));
    take_up(2, "s2", "s3", true);
    ck_assert(replica_serves(&s2));
    struct who backup = replica_consent(&s2);
    ck_assert_str_eq(backup.name, "s3");
}

static void backup_that_cannot_be_reached_can_be_replaced(void *arg)
{
    begin_as_primary();
    take_up(2, "s2", "s3", false);
    replica_given_up(&s2, 2);
    ck_assert_uint_eq(s2.ping, 2); // the view service may go on
    take_up(2, "s2", "s3", true);
    ck_assert(!replica_serves(&s2)); // s3 has not got it
    take_up(3, "s2", "", false);
    take_up(3, "s2", "", true);
    ck_assert(replica_serves(&s2));
}

static void too_much_for_a_backup_goes_without(void *arg)
{
    begin_as_primary();
    take_up(2, "s2", "s3", false);
    replica_alone(&s2, 2);
    take_up(2, "s2", "s3", true);
    ck_assert(replica_serves(&s2));
    struct who backup = replica_consent(&s2);
    ck_assert(is_nobody(&backup));
    take_up(3, "s2", "s4", false); // for each backup anew
    ck_assert_int_eq(s2.state, PRIMARY_SYNCING);
    replica_synced(&s2, 3);
    backup = replica_consent(&s2);
    ck_assert_str_eq(backup.name, "s4");
}

static void old_views_are_passed_over(void *arg)
{
    begin_as_backup();
    ck_assert(!take_up(1, "s2", "", true));
    ck_assert(!take_up(0, "", "", false));
    ck_assert_int_eq(s2.state, BACKUP);
}

static void demoted_server_has_nothing(void *arg)
{
    begin_as_primary();
    take_up(2, "s1", "s2", true);
    ck_assert_int_eq(s2.state, BACKUP_EMPTY);
    begin_as_backup();
    take_up(3, "s1", "s3", true);
    ck_assert_int_eq(s2.state, IDLE);
    take_up(4, "s1", "s2", true);
    ck_assert_int_eq(s2.state, BACKUP_EMPTY);
}

// --- Consent ---------------------------------------------------------------

static void backup_consents_in_order(void *arg)
{
    begin_as_backup();
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 8), REPLICA_TAKE);
    s2.applied++;
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 8), REPLICA_HAVE);
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 3), REPLICA_HAVE);
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 10), REPLICA_WAIT);
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 9), REPLICA_TAKE);
}

static void stale_forwards_are_refused(void *arg)
{
    begin_as_backup();
    ck_assert_int_eq(replica_forward(&s2, 1, "s1", 8), REPLICA_STALE);
    ck_assert_int_eq(replica_forward(&s2, 2, "s3", 8), REPLICA_STALE);
    ck_assert_int_eq(replica_forward(&s2, 3, "s1", 8), REPLICA_WAIT);
    take_up(3, "s2", "s1", false); // it has taken over
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 8), REPLICA_STALE);
    ck_assert_int_eq(replica_forward(&s2, 3, "s1", 8), REPLICA_STALE);
}

static void forwards_wait_for_the_data(void *arg)
{
    begin();
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 1), REPLICA_WAIT);
    take_up(2, "s1", "s2", true);
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 1), REPLICA_WAIT);
    replica_filled(&s2, 0);
    ck_assert_int_eq(replica_forward(&s2, 2, "s1", 1), REPLICA_TAKE);
}

static void transfers_count_once(void *arg)
{
    begin_as_backup();
    ck_assert_int_eq(replica_transfer(&s2, 2, "s1"), REPLICA_HAVE);
    ck_assert_int_eq(replica_transfer(&s2, 1, "s1"), REPLICA_STALE);
    ck_assert_int_eq(replica_transfer(&s2, 2, "s3"), REPLICA_STALE);
    ck_assert_int_eq(replica_transfer(&s2, 3, "s1"), REPLICA_WAIT);
    take_up(3, "s1", "", false);
    ck_assert_int_eq(replica_transfer(&s2, 2, "s1"), REPLICA_STALE);
    ck_assert_int_eq(replica_transfer(&s2, 3, "s1"), REPLICA_STALE);
}

static void superseded_primary_serves_nobody(void *arg)
{
    begin_as_primary();
    take_up(2, "s2", "s3", false);
    replica_synced(&s2, 2);
    take_up(2, "s2", "s3", true);
    replica_superseded(&s2, 1); // late, about an earlier view
    ck_assert(replica_serves(&s2));
    replica_superseded(&s2, 2);
    ck_assert(!replica_serves(&s2));
    take_up(2, "s2", "s3", true);
    ck_assert(!replica_serves(&s2));
    take_up(3, "s2", "", false); // the newer view was its own
    take_up(3, "s2", "", true);
    ck_assert(replica_serves(&s2));
}

// --- The registry ----------------------------------------------------------

#define GRADED(section_, points_, kind_, name_, run_, claim_)                  \
    {                                                                          \
        .part = "2b", .name = name_, .claim = claim_, .section = section_,     \
        .points = points_, .kind = kind_, .evidence = GRADED_SAME_PROCESS,     \
        .run = run_,                                                           \
    }
#define UNGRADED(name_, run_)                                                  \
    {                                                                          \
        .part = "2b", .name = name_, .run = run_,                              \
    }

static const struct graded_test tests[] = {
    GRADED("2.2", 1, GRADED_PROGRESS, "the first primary serves",
           first_primary_serves_when_acknowledged,
           "A primary serves when it has learned that its view is "
           "acknowledged."),
    GRADED("2.4", 1, GRADED_SAFETY, "a new life of a primary is nothing",
           new_life_of_a_primary_is_nothing,
           "A server that has started anew does not serve as primary, though "
           "the view names it."),
    GRADED("2.2", 1, GRADED_PROGRESS, "a backup with the data becomes primary",
           backup_with_the_data_becomes_primary,
           "A backup that has the data becomes primary of the next view."),
    GRADED("2.4", 1, GRADED_SAFETY, "a backup without the data never does",
           backup_without_the_data_never_does,
           "A backup that has not been given the data never serves."),
    GRADED("2.4", 1, GRADED_SAFETY, "who missed a view never does",
           who_missed_a_view_never_does,
           "What a server had counts in the view after, and in no later one."),
    GRADED("2.5", 1, GRADED_SAFETY,
           "a new backup is given all before the acknowledgement",
           new_backup_is_given_all_before_the_acknowledgement,
           "A primary acknowledges a view when its backup has the data."),
    UNGRADED("a backup that cannot be reached can be replaced",
             backup_that_cannot_be_reached_can_be_replaced),
    UNGRADED("too much for a backup goes without",
             too_much_for_a_backup_goes_without),
    UNGRADED("old views are passed over", old_views_are_passed_over),
    GRADED("2.5", 1, GRADED_SAFETY, "a demoted server has nothing",
           demoted_server_has_nothing,
           "A new backup has nothing, whatever it had before."),
    GRADED("2.3", 1, GRADED_SAFETY, "a backup consents in order",
           backup_consents_in_order,
           "The backup takes batches in the order of their numbers, each "
           "once."),
    GRADED("2.3", 1, GRADED_SAFETY, "stale forwards are refused",
           stale_forwards_are_refused,
           "A forward counts in its view, from its primary."),
    GRADED("2.5", 1, GRADED_SAFETY, "forwards wait for the data",
           forwards_wait_for_the_data,
           "A backup takes no forward before it has been given the data."),
    GRADED("2.5", 1, GRADED_SAFETY, "transfers count once",
           transfers_count_once,
           "A transfer that is repeated, or of another view, changes nothing."),
    GRADED("2.3", 1, GRADED_SAFETY, "a superseded primary serves nobody",
           superseded_primary_serves_nobody,
           "A primary that hears of a newer view serves nobody until it knows "
           "it."),
};

int main(int argc, char **argv)
{
    return graded_main(argc, argv, "lab2 replica", tests,
                       sizeof tests / sizeof tests[0]);
}
