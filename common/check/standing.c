#include "common/check/standing.h"

#include <signal.h>
#include <sys/types.h>

#include "common/check/orphans.h"

enum {
    SHOWN_MAX = 64, // processes
    COMMAND_MAX = 512,
};

void standing_print(FILE *out, const char *folder)
{
    pid_t pids[SHOWN_MAX];
    size_t count = orphans_list(pids, SHOWN_MAX);
    fprintf(out, "    still standing, in %s:\n\n", folder);
    for (size_t i = 0; i < count; i++) {
        char line[COMMAND_MAX];
        orphans_command(pids[i], line, sizeof line);
        fprintf(out, "    %7d    %s\n%15sgdb -p %d\n", (int)pids[i], line, "",
                (int)pids[i]);
    }
    if (count == 0)
        fprintf(out, "    no process: the test had none, or all have ended\n");
    fprintf(out, "\n    Ctrl-C ends them and removes the folder.\n\n");
    fflush(out);
}

void standing_wait(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigset_t old;
    sigprocmask(SIG_BLOCK, &ends, &old);
    int number = 0;
    sigwait(&ends, &number);
    sigprocmask(SIG_SETMASK, &old, NULL);
}
