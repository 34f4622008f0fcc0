// unix_noise_test.c - random and mutated frames at a server at work: they cost
// their sender the connection, and nobody else anything.
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "common/check/unit.h"
#include "common/rpc/tests/ask.h"
#include "common/rpc/tests/echo.h"
#include "common/rpc/tests/raw.h"
#include "common/rpc/tests/siege.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"

enum {
    FRAMES = 100000,
};

// An attacker in a thread: its own random numbers, its own socket.
struct attacker {
    struct siege *siege;
    struct random random;
    int frames;
    atomic_bool done;
    struct thread *thread;
    unsigned char bytes[4096];
    size_t size;
};

static uint64_t below(struct attacker *a, uint64_t n)
{
    return random_below(&a->random, n);
}

static void append(struct attacker *a, struct slice more)
{
    ck_assert_uint_le(a->size + more.size, sizeof a->bytes);
    memcpy(a->bytes + a->size, more.data, more.size);
    a->size += more.size;
}

static void append_random(struct attacker *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a->bytes[a->size++] = (unsigned char)random_next(&a->random);
}

// Writes something else over `n` bytes from `first` on, 4 at most.
static void overwrite(struct attacker *a, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        a->bytes[i] = (unsigned char)random_next(&a->random);
}

static void make_bytes(struct attacker *a)
{
    struct slice good = a->siege->frame;
    a->size = 0;
    switch (below(a, 8)) {
    case 0: // noise
        append_random(a, below(a, 200));
        return;
    case 1: // a few bytes changed
        append(a, good);
        for (uint64_t n = below(a, 8); n < 8; n++)
            overwrite(a, below(a, good.size), 1);
        return;
    case 2: // cut short
        append(a, slice_of(good.data, below(a, good.size)));
        return;
    case 3: // another length of frame or header
        append(a, good);
        overwrite(a, 4 * below(a, 2), 1 + below(a, 4));
        return;
    case 4: // several at once
        for (uint64_t n = 1 + below(a, 10); n > 0; n--)
            append(a, good);
        return;
    case 5: // bytes behind the frame
        append(a, good);
        append_random(a, 1 + below(a, 2000));
        return;
    case 6: // one that takes more memory
        append(a, a->siege->large);
        return;
    case 7: // a good header, and nonsense
        append(a, good);
        overwrite(a, good.size - 4, 4);
        return;
    }
}

static void attack(void *arg)
{
    struct attacker *a = arg;
    int fd = -1;
    for (int i = 0; i < a->frames; i++) {
        make_bytes(a);
        if (fd < 0)
            fd = raw_connect(a->siege->path.text);
        bool taken = raw_send(fd, slice_of(a->bytes, a->size));
        if (!taken || below(a, 4) != 0) { // else on the same connection
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0)
        close(fd);
    atomic_store(&a->done, true);
}

START_TEST(noise_disturbs_nobody)
{
    struct siege s;
    siege_init(&s);
    struct attacker a = {.siege = &s, .frames = raw_scaled(FRAMES)};
    random_init(&a.random, s.w.seed);
    ck_assert_int_eq(thread_start("attacker", attack, &a, &a.thread), ERR_OK);
    int calls = 0;
    while (!atomic_load(&a.done)) { // ends: the attacker has so many frames
        struct told told = ask_say(&s.w, "bob", "hello", LONG_MS);
        expect(told, RPC_OK, RPC_REASON_NONE, AT_ONCE);
        ck_assert_str_eq(told.text, "hello");
        calls++;
        if (calls % 64 == 0)
            ck_assert_int_lt(usage_of(siege_bob(&s)).descriptors, 500);
    }
    thread_join(a.thread);
    ck_assert_int_gt(calls, 100);
    siege_release(&s);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "node") == 0)
        return node_main(argc, argv);

    const struct unit_test tests[] = {
        {"rpc", "100,000 bad frames disturb nobody", noise_disturbs_nobody, 60},
    };
    return unit_main(argc, argv, "rpc noise", tests,
                     sizeof tests / sizeof tests[0]);
}
