#include "common/rpc/tests/owner.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/thread.h"

struct path in_folder(const char *name)
{
    struct path path;
    snprintf(path.text, sizeof path.text, "%s/%s", getenv("TMPDIR"), name);
    return path;
}
// Words that can be sent: with the room before them that a transport needs.
struct words {
    char bytes[TRANSPORT_ROOM + 32];
};

static struct slice words_of(struct words *w, const char *text)
{
    int size = snprintf(w->bytes + TRANSPORT_ROOM,
                        sizeof w->bytes - TRANSPORT_ROOM, "%s", text);
    return slice_of(w->bytes + TRANSPORT_ROOM, (size_t)size);
}

static void owner_main(void *arg)
{
    struct owner *o = arg;
    struct words name;
    for (struct inbound *in = port_next(o->port); in != NULL;
         in = port_next(o->port)) { // ends: port_shut
        inbound_reply(in, words_of(&name, o->name), CLOCK_NEVER);
        inbound_done(in);
    }
}

int owner_start(struct owner *o, const char *path, const char *name)
{
    snprintf(o->name, sizeof o->name, "%s", name);
    int err = port_open(path, &o->port);
    if (err == ERR_OK)
        err = thread_start("owner", owner_main, o, &o->thread);
    return err;
}

void owner_stop(struct owner *o)
{
    port_shut(o->port);
    thread_join(o->thread);
    port_close(o->port);
}

struct answer ask_owner(struct dialer *d, const char *path, int64_t timeout_ms)
{
    int64_t start_ms = clock_now_ms();
    struct words question;
    struct exchange *e = exchange_start(
        d, path, words_of(&question, "who is there?"), start_ms + timeout_ms);
    exchange_wait(d, &e, 1, start_ms + timeout_ms);
    struct answer a = {.state = exchange_state(e),
                       .took_ms = clock_now_ms() - start_ms};
    struct slice reply = exchange_reply(e);
    if (a.state == EXCHANGE_REPLIED)
        snprintf(a.name, sizeof a.name, "%.*s", (int)reply.size,
                 (const char *)reply.data);
    exchange_end(e);
    return a;
}

void expect_owner(struct dialer *d, const char *path, const char *name)
{
    struct answer a = ask_owner(d, path, OWNER_LONG_MS);
    ck_assert_int_eq(a.state, EXCHANGE_REPLIED);
    ck_assert_str_eq(a.name, name);
}

void expect_nobody(struct dialer *d, const char *path)
{
    struct answer a = ask_owner(d, path, OWNER_LONG_MS);
    ck_assert_int_eq(a.state, EXCHANGE_REFUSED);
    ck_assert_int_lt(a.took_ms, OWNER_LONG_MS / 2);
}

ino_t inode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}
