// unix_bind_test.c - who may bind a socket's path.
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/tests/owner.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/unix_frame.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

enum {
    RACERS = 4,
    RACES = 100,
};

START_TEST(a_dead_owners_socket_is_taken_over)
{
    struct path path = in_folder("s");
    close(raw_listen(path.text, 10)); // as a process that was killed leaves it
    ck_assert_uint_ne(inode_of(path.text), 0);
    struct dialer *d = dialer_new();
    expect_nobody(d, path.text);
    struct owner o;
    ck_assert_int_eq(owner_start(&o, path.text, "new"), ERR_OK);
    expect_owner(d, path.text, "new");
    owner_stop(&o);
    dialer_free(d);
}
END_TEST

START_TEST(a_living_owner_keeps_its_socket)
{
    struct path path = in_folder("s");
    struct owner o;
    ck_assert_int_eq(owner_start(&o, path.text, "first"), ERR_OK);
    struct dialer *d = dialer_new();
    expect_owner(d, path.text, "first");
    ino_t inode = inode_of(path.text);
    struct port *second;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(port_open(path.text, &second), ERR_BUSY);
    ck_assert_uint_eq(inode_of(path.text), inode);
    expect_owner(d, path.text, "first");
    owner_stop(&o);
    dialer_free(d);
}
END_TEST

// Alive is also who has no room left in its backlog, and who speaks something
// else than we do.
START_TEST(a_busy_or_foreign_owner_keeps_its_socket)
{
    struct port *p;
    struct path path = in_folder("busy");
    int fd = raw_listen(path.text, 0);
    int waiting = raw_connect(path.text);
    ck_assert_int_eq(port_open(path.text, &p), ERR_BUSY);
    close(waiting);
    close(fd);

    path = in_folder("other");
    struct sockaddr_un address;
    ck_assert(unix_address(path.text, &address));
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(port_open(path.text, &p), ERR_BUSY);
    ck_assert_uint_ne(inode_of(path.text), 0);
    close(fd);
}
END_TEST

START_TEST(a_file_that_is_no_socket_stays)
{
    struct path path = in_folder("diary");
    int fd = open(path.text, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_eq(write(fd, "dear", 4), 4);
    struct port *p;
    ck_assert_int_eq(port_open(path.text, &p), ERR_EXISTS);
    char text[8] = "";
    ck_assert_int_eq(pread(fd, text, sizeof text, 0), 4);
    ck_assert_str_eq(text, "dear");
    ck_assert_uint_ne(inode_of(path.text), 0);
    close(fd);
    struct path folder = in_folder("folder");
    ck_assert_int_eq(mkdir(folder.text, 0700), 0);
    ck_assert_int_eq(port_open(folder.text, &p), ERR_EXISTS);
    ck_assert_int_eq(port_open(in_folder("no/such/s").text, &p), ERR_NOT_FOUND);

    struct dialer *d = dialer_new();
    expect_nobody(d, path.text);
    expect_nobody(d, folder.text);
    dialer_free(d);
}
END_TEST

// What stderr got while `act` ran; owned.
static char *words_of(void (*act)(const char *path), const char *path)
{
    struct path words = in_folder("words");
    int file = open(words.text, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    int saved = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    act(path);
    dup2(saved, STDERR_FILENO);
    close(saved);
    char *text = xcalloc(1, 4096);
    ck_assert_int_ge(pread(file, text, 4095, 0), 0);
    close(file);
    return text;
}

static void serve_too_long(const char *path)
{
    struct port *p;
    ck_assert_int_eq(port_open(path, &p), ERR_LIMIT);
}

static void dial_too_long(const char *path)
{
    struct dialer *d = dialer_new();
    for (int i = 0; i < 3; i++)
        expect_nobody(d, path);
    dialer_free(d);
}

START_TEST(a_path_too_long_is_told)
{
    // The file may be there, by a link or by a shorter way.
    struct path path = in_folder("");
    memset(path.text + strlen(path.text), 'x',
           TRANSPORT_PATH_MAX + 1 - strlen(path.text));
    path.text[TRANSPORT_PATH_MAX + 1] = '\0';
    close(open(path.text, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
    void (*acts[])(const char *) = {serve_too_long, dial_too_long};
    for (int i = 0; i < 2; i++) {
        char *words = words_of(acts[i], path.text);
        ck_assert_msg(strstr(words, path.text) != NULL &&
                          strstr(words, "107 bytes") != NULL,
                      "no clear word: %s", words);
        ck_assert_ptr_eq(strchr(words, '\n'), strrchr(words, '\n')); // once
        free(words);
    }
    path.text[TRANSPORT_PATH_MAX] = '\0'; // the longest there may be
    struct owner o;
    struct dialer *d = dialer_new();
    ck_assert_int_eq(owner_start(&o, path.text, "long"), ERR_OK);
    expect_owner(d, path.text, "long");
    owner_stop(&o);
    dialer_free(d);
}
END_TEST

struct racer {
    struct path path;
    atomic_int *ready; // all start when all are
    int err;
    struct port *port;
    struct thread *thread;
};

static void race(void *arg)
{
    struct racer *r = arg;
    atomic_fetch_sub(r->ready, 1);
    while (atomic_load(r->ready) > 0)
        thread_yield(); // ends: the others come, too
    r->err = port_open(r->path.text, &r->port);
}

// One of several that bind the path at once has it, whose file it then is.
START_TEST(of_several_at_once_one_wins)
{
    struct path path = in_folder("s");
    for (int round = 0; round < raw_scaled(RACES); round++) {
        if (round % 2 == 0)
            close(raw_listen(path.text, 1)); // over a dead one's file, too
        struct racer racers[RACERS];
        atomic_int ready = RACERS;
        for (int i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){.path = path, .ready = &ready};
            ck_assert_int_eq(
                thread_start("racer", race, &racers[i], &racers[i].thread),
                ERR_OK);
        }
        int winners = 0;
        for (int i = 0; i < RACERS; i++) {
            thread_join(racers[i].thread);
            winners += racers[i].err == ERR_OK;
            ck_assert(racers[i].err == ERR_OK || racers[i].err == ERR_BUSY);
        }
        ck_assert_int_eq(winners, 1);
        close(raw_connect(path.text)); // it can be reached
        for (int i = 0; i < RACERS; i++)
            port_close(racers[i].port);
        ck_assert_uint_eq(inode_of(path.text), 0);
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct unit_test tests[] = {
        {"rpc", "a dead owner's socket is taken over",
         a_dead_owners_socket_is_taken_over, 0},
        {"rpc", "a living owner keeps its socket",
         a_living_owner_keeps_its_socket, 0},
        {"rpc", "so does one that is busy, or foreign",
         a_busy_or_foreign_owner_keeps_its_socket, 0},
        {"rpc", "a file that is no socket stays as it is",
         a_file_that_is_no_socket_stays, 0},
        {"rpc", "a path too long is told, once, at both ends",
         a_path_too_long_is_told, 0},
        {"rpc", "of several that bind at once, one wins",
         of_several_at_once_one_wins, 0},
    };
    return unit_main(argc, argv, "rpc binding", tests,
                     sizeof tests / sizeof tests[0]);
}
