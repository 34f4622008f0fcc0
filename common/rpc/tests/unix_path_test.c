// unix_path_test.c - a path is looked at for each exchange, and owners come
// and go.
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/tests/owner.h"
#include "common/rpc/tests/raw.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

enum {
    SHORT_MS = 300,
    RESTARTS_MAX = 2000, // until an inode comes again
};

START_TEST(a_stop_removes_no_socket_but_its_own)
{
    struct path path = in_folder("s");
    struct dialer *d = dialer_new();
    struct owner first;
    struct owner second;
    ck_assert_int_eq(owner_start(&first, path.text, "first"), ERR_OK);
    expect_owner(d, path.text, "first");
    ck_assert_int_eq(unlink(path.text), 0);
    expect_nobody(d, path.text);
    ck_assert_int_eq(owner_start(&second, path.text, "second"), ERR_OK);
    expect_owner(d, path.text, "second");
    owner_stop(&first);
    expect_owner(d, path.text, "second");
    owner_stop(&second);
    ck_assert_uint_eq(inode_of(path.text), 0);

    // Nor does it remove what took the place of its own.
    ck_assert_int_eq(owner_start(&first, path.text, "first"), ERR_OK);
    ck_assert_int_eq(unlink(path.text), 0);
    close(open(path.text, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    owner_stop(&first);
    ck_assert_uint_ne(inode_of(path.text), 0);
    dialer_free(d);
}
END_TEST

// File systems give an inode's number to the next file when the old one is
// gone: a connection kept to the old owner looks as if it were the new one's.
START_TEST(an_inode_that_comes_again_is_another_owner)
{
    struct path path = in_folder("s");
    struct dialer *d = dialer_new();
    struct owner o;
    ck_assert_int_eq(owner_start(&o, path.text, "0"), ERR_OK);
    expect_owner(d, path.text, "0");
    int again = 0;
    for (int i = 1; i < RESTARTS_MAX && again < 3; i++) {
        ino_t before = inode_of(path.text);
        owner_stop(&o);
        expect_nobody(d, path.text);
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        ck_assert_int_eq(owner_start(&o, path.text, name), ERR_OK);
        expect_owner(d, path.text, name);
        again += inode_of(path.text) == before;
    }
    if (again == 0)
        fprintf(stderr,
                "the file system of %s reuses no inodes: nothing is "
                "shown\n",
                path.text);
    owner_stop(&o);
    dialer_free(d);
}
END_TEST

START_TEST(the_path_is_looked_at_each_time)
{
    struct path path = in_folder("s");
    struct path away = in_folder("away");
    struct dialer *d = dialer_new();
    struct owner o;
    struct owner other;
    ck_assert_int_eq(owner_start(&o, path.text, "one"), ERR_OK);
    ck_assert_int_eq(owner_start(&other, in_folder("o").text, "other"), ERR_OK);
    for (int i = 0; i < 3; i++) {
        expect_owner(d, path.text, "one");
        ck_assert_int_eq(rename(path.text, away.text), 0);
        expect_nobody(d, path.text);
        expect_owner(d, away.text, "one");
        ck_assert_int_eq(link(in_folder("o").text, path.text), 0);
        expect_owner(d, path.text, "other");
        ck_assert_int_eq(rename(away.text, path.text), 0);
    }
    owner_stop(&o);
    owner_stop(&other);
    dialer_free(d);
}
END_TEST

// The same for the folders on the way: a path is no more than its words.
START_TEST(renamed_folders_count_as_well)
{
    struct path folder = in_folder("f");
    struct path away = in_folder("g");
    struct path path = in_folder("f/s");
    struct dialer *d = dialer_new();
    struct owner first;
    struct owner second;
    ck_assert_int_eq(mkdir(folder.text, 0700), 0);
    ck_assert_int_eq(owner_start(&first, path.text, "first"), ERR_OK);
    expect_owner(d, path.text, "first");
    ck_assert_int_eq(rename(folder.text, away.text), 0);
    expect_nobody(d, path.text);
    ck_assert_int_eq(mkdir(folder.text, 0700), 0);
    expect_nobody(d, path.text);
    ck_assert_int_eq(owner_start(&second, path.text, "second"), ERR_OK);
    expect_owner(d, path.text, "second");
    expect_owner(d, in_folder("g/s").text, "first");
    owner_stop(&first);
    expect_owner(d, path.text, "second");
    owner_stop(&second);
    dialer_free(d);
}
END_TEST

// --- A full backlog ----------------------------------------------------------

static int64_t thread_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// connect() gives EAGAIN then, and poll() says that the socket is ready: who
// believes it is busy until the deadline.
START_TEST(a_full_backlog_is_waited_for_without_work)
{
    struct path path = in_folder("s");
    for (int backlog = 0; backlog <= 1; backlog++) {
        int fd = raw_listen(path.text, backlog);
        int waiting[2];
        for (int i = 0; i <= backlog; i++)
            waiting[i] = raw_connect(path.text);
        struct dialer *d = dialer_new();
        int64_t before_ms = thread_cpu_ms();
        struct answer a = ask_owner(d, path.text, SHORT_MS);
        ck_assert_int_eq(a.state, EXCHANGE_DIALING); // nothing was sent
        ck_assert_int_ge(a.took_ms, SHORT_MS);
        ck_assert_int_lt(a.took_ms, SHORT_MS + OWNER_LONG_MS / 2);
        ck_assert_int_lt(thread_cpu_ms() - before_ms, SHORT_MS / 5);
        dialer_free(d);
        for (int i = 0; i <= backlog; i++)
            close(waiting[i]);
        close(fd);
        ck_assert_int_eq(unlink(path.text), 0);
    }
}
END_TEST

struct late_owner {
    int listen_fd;
    int64_t at_ms;
};

// Makes room in the backlog after a while, and answers who comes then.
static void come_late(void *arg)
{
    struct late_owner *o = arg;
    clock_sleep_until_ms(o->at_ms);
    for (int i = 0; i < 2; i++) {
        int fd = accept4(o->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        struct buf request;
        if (raw_read_frame(fd, &request))
            raw_send(fd, slice_of("\4\0\0\0late", 8));
        buf_release(&request);
        close(fd);
    }
}

START_TEST(room_in_the_backlog_is_taken)
{
    struct path path = in_folder("s");
    struct late_owner late = {.listen_fd = raw_listen(path.text, 0)};
    int waiting = raw_connect(path.text);
    close(waiting); // the place in the backlog stays taken
    struct dialer *d = dialer_new();
    late.at_ms = clock_now_ms() + SHORT_MS / 3;
    struct thread *thread;
    ck_assert_int_eq(thread_start("late", come_late, &late, &thread), ERR_OK);
    expect_owner(d, path.text, "late");
    thread_join(thread);
    close(late.listen_fd);
    dialer_free(d);
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "a stop removes no socket but its own",
         a_stop_removes_no_socket_but_its_own, 0},
        {"rpc", "an inode that comes again is another owner",
         an_inode_that_comes_again_is_another_owner, 0},
        {"rpc", "the path is looked at each time",
         the_path_is_looked_at_each_time, 0},
        {"rpc", "renamed folders count as well", renamed_folders_count_as_well,
         0},
        {"rpc", "a full backlog is waited for without work",
         a_full_backlog_is_waited_for_without_work, 0},
        {"rpc", "room in a full backlog is taken", room_in_the_backlog_is_taken,
         0},
    };
    return unit_main(argc, argv, "rpc paths", tests,
                     sizeof tests / sizeof tests[0]);
}
