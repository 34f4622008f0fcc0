#include "common/rpc/unix_wait.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "common/runtime/clock.h"

enum {
    LARGE = 256 * 1024, // bytes of an allocation
};

bool unix_wait_any(struct pollfd *fds, size_t count, int64_t deadline_ms)
{
    for (;;) { // ends: at the deadline
        int64_t left = -1;
        if (deadline_ms != CLOCK_NEVER) {
            int64_t now_ms = clock_now_ms();
            left = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
            if (left > INT_MAX)
                left = INT_MAX;
        }
        int n = poll(fds, count, (int)left);
        if (n > 0)
            return true;
        // Also if poll fails: it takes no more than RLIMIT_NOFILE descriptors.
        if ((n == 0 || errno != EINTR) && clock_now_ms() >= deadline_ms)
            return false;
    }
}

bool unix_wait_writable(int fd, int64_t deadline_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    return unix_wait_any(&one, 1, deadline_ms);
}

void unix_prepare_process(void)
{
    // The process's, as what it sets is. Twice would do no harm, but at once:
    // under a sanitizer mallopt() may be the first to use glibc's malloc.
    static atomic_flag done = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&done))
        return;
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, LARGE);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); // may be refused: then it stays
}
