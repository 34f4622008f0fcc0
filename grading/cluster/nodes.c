// nodes.c - node programs as processes: start, end, pause, and a watch over
// them.
//
// start_process() is the one place where a node's program is started; a
// sandbox would stand there. A process is the home of one node, or of several
// clerks.
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/check/unit.h"
#include "common/runtime/alloc.h"
#include "common/runtime/clock.h"
#include "common/runtime/err.h"
#include "common/runtime/folder.h"
#include "common/runtime/unsolved.h"
#include "common/runtime/world.h"
#include "grading/cluster/cluster_private.h"

enum {
    LOOK_MS = 1,
    LOOK_SIM_MS = 3,   // time is not lost there, but each look costs
    PROGRAM_DEPTH = 3, // build/debug/tests/LAB/PROGRAM is so far below
};

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

// build/debug/tests/lab1-mapreduce/cluster_test -> build/debug/bin/mr
static char *program_path(const char *program)
{
    if (setting("LAB_BIN") != NULL)
        return xasprintf("%s/%s", setting("LAB_BIN"), program);
    char *own = process_own_path();
    for (int i = 0; i < PROGRAM_DEPTH && strrchr(own, '/') != NULL; i++)
        *strrchr(own, '/') = '\0';
    char *path = xasprintf("%s/bin/%s", own, program);
    free(own);
    return path;
}

// --- Arguments -------------------------------------------------------------

static void free_arguments(char **argv)
{
    for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
        free(argv[i]);
    free(argv);
}

static void add_argument(struct cluster *c, char **argv, const char *text)
{
    size_t n = 0;
    while (argv[n] != NULL)
        n++;
    if (n + 1 == ARGUMENTS_MAX)
        cluster_fail(c, "a node has more than %d arguments", ARGUMENTS_MAX);
    argv[n] = xstrdup(text);
}

// PROGRAM COMMAND --cluster . NAMING NAME ARGUMENTS, from "COMMAND ARGUMENTS".
static char **arguments(struct cluster *c, const char *naming,
                        const char *names, const char *words)
{
    char **argv = xcalloc(ARGUMENTS_MAX, sizeof argv[0]);
    argv[0] = program_path(c->lab->program);
    char *copy = xstrdup(words);
    char *rest = copy;
    char *word = strtok_r(copy, " ", &rest);
    if (word == NULL)
        cluster_fail(c, "a node needs a command");
    add_argument(c, argv, word);
    add_argument(c, argv, "--cluster");
    add_argument(c, argv, ".");
    add_argument(c, argv, naming);
    add_argument(c, argv, names);
    for (word = strtok_r(NULL, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        add_argument(c, argv, word);
    free(copy);
    return argv;
}

static const struct cluster_role *role_of(struct cluster *c,
                                          const char *command)
{
    for (const struct cluster_role *r = c->lab->roles; r->name != NULL; r++)
        if (strcmp(r->name, command) == 0)
            return r;
    cluster_fail(c, "%s has no role '%s'", c->lab->name, command);
}

// --- Starting --------------------------------------------------------------

// The same program under gdb, for whoever sits at our terminal.
static int start_in_gdb(const struct member *home, struct process **out)
{
    const char *argv[ARGUMENTS_MAX + 4] = {"/usr/bin/gdb", "-q", "--args"};
    for (size_t i = 0; home->argv[i] != NULL; i++)
        argv[i + 3] = home->argv[i];
    struct process_spec spec = {.argv = argv, .foreground = true};
    return process_spawn(&spec, out);
}

static int spawn(struct cluster *c, const struct member *home,
                 struct process **out)
{
    const char *in_gdb = setting("UNIT_GDB");
    if (in_gdb != NULL && strcmp(in_gdb, home->name) == 0)
        return start_in_gdb(home, out);
    char *log = cluster_path(c, "log/%s", home->name);
    char *tmp = xasprintf("TMPDIR=%s/tmp", c->folder);
    const char *env[] = {
        tmp, setting("LAB_LOG") == NULL ? "LAB_LOG=info" : NULL, NULL};
    struct process_spec spec = {
        .argv = (const char *const *)home->argv,
        .env = env,
        .output = log,
        .folder = c->folder,
        .survives = setting("UNIT_KEEP") != NULL,
    };
    int err = process_spawn(&spec, out);
    free(log);
    free(tmp);
    return err;
}

static void start_process(struct cluster *c, struct member *home)
{
    process_free(home->process);
    home->process = NULL;
    int err = spawn(c, home, &home->process);
    if (err != ERR_OK)
        cluster_fail(c, "%s cannot be started: %s: %s", home->name,
                     home->argv[0], err_text(err));
    home->state = MEMBER_RUNS;
    home->told = false;
    home->paused = false;
    home->lives++;
}

// What a page says before a start, so that a change can be seen.
static void expect_ready(struct cluster *c, struct member *m, void *arg)
{
    const struct member *home = arg;
    if (m->home != home->number || m->role == NULL)
        return;
    struct count_life life = member_life(c, m);
    m->joined = life.joined;
    m->served = life.served;
    m->controlled = life.controlled;
    m->crashed = life.crashed;
    m->ready = false;
}

static void launch(struct cluster *c, struct member *home)
{
    cluster_each(c, NULL, expect_ready, home);
    start_process(c, home);
}

static bool is_ready(struct cluster *c, const struct member *m)
{
    struct count_life life = member_life(c, m);
    if (m->role->clerks) // its control server is what we need
        return life.controlled > m->controlled;
    return m->role->serves ? life.served > m->served : life.joined > m->joined;
}

static void await_ready(struct cluster *c, struct member *m)
{
    int64_t give_up_ms = clock_now_ms() + READY_TICKS * cluster_tick_ms();
    while (!is_ready(c, m)) {
        if (home_of(c, m)->state == MEMBER_ENDED)
            return; // in order, and quicker than we looked
        if (clock_now_ms() > give_up_ms) {
            char *log = cluster_log_tail(c, home_of(c, m)->name);
            cluster_fail(c, "%s is not ready after %d ticks%s", m->name,
                         READY_TICKS, log);
        }
        cluster_step(c);
    }
    m->ready = true;
    cluster_link_new(c, m);
    member_check_methods(c, m);
}

static void await_all_at(struct cluster *c, struct member *m, void *arg)
{
    const struct member *home = arg;
    if (m->role != NULL && m->home == home->number)
        await_ready(c, m);
}

// Gives the name its role, from the first word of `words`.
static void cast(struct cluster *c, struct member *m, const char *command,
                 const struct member *home)
{
    if (m->role != NULL && member_runs(c, m))
        cluster_fail(c, "%s runs already", m->name);
    m->role = role_of(c, command);
    m->home = home->number;
    cluster_allow_wanted(c, m);
}

static struct member *prepare(struct cluster *c, const char *name,
                              const char *format, va_list args)
{
    char *words = NULL;
    char text[1024];
    int size = vsnprintf(text, sizeof text, format, args);
    if (size < 0 || (size_t)size >= sizeof text)
        cluster_fail(c, "the arguments of %s are too long", name);
    words = xstrdup(text);
    cluster_tell(c, "start %s: %s", name, words);
    struct member *m = cluster_member(c, name);
    free_arguments(m->argv);
    m->argv = arguments(c, "--name", name, words);
    cast(c, m, m->argv[1], m);
    free(words);
    return m;
}

void cluster_start(struct cluster *c, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct member *m = prepare(c, name, format, args);
    va_end(args);
    launch(c, m);
    await_ready(c, m);
}

void cluster_launch(struct cluster *c, const char *name, const char *format,
                    ...)
{
    va_list args;
    va_start(args, format);
    struct member *m = prepare(c, name, format, args);
    va_end(args);
    launch(c, m);
}

void cluster_await_ready(struct cluster *c, const char *name)
{
    struct member *m = cluster_member(c, name);
    if (m->role == NULL)
        cluster_fail(c, "%s was never started", name);
    if (!m->ready)
        await_ready(c, m);
}

struct clerks {
    const struct member *home;
    const char *command;
};

static void cast_clerk(struct cluster *c, struct member *m, void *arg)
{
    const struct clerks *clerks = arg;
    cast(c, m, clerks->command, clerks->home);
    client_attach(c, m);
}

void cluster_start_clerks(struct cluster *c, const char *names,
                          const char *format, ...)
{
    char words[1024] = "clerks ";
    va_list args;
    va_start(args, format);
    vsnprintf(words + 7, sizeof words - 7, format, args);
    va_end(args);
    cluster_tell(c, "start clerks %s: %s", names, words);

    char *list = xstrdup(names); // "c1 c2" -> "c1,c2"
    for (char *at = list; *at != '\0'; at++)
        if (*at == ' ')
            *at = ',';
    char *first = xasprintf("%.*s", (int)strcspn(names, " "), names);
    struct member *home = cluster_member(c, first);
    free_arguments(home->argv);
    home->argv = arguments(c, "--names", list, words);
    struct clerks clerks = {home, "clerks"};
    cluster_each(c, names, cast_clerk, &clerks);
    free(list);
    free(first);
    launch(c, home);
    cluster_each(c, names, await_all_at, home);
}

// --- Ending ----------------------------------------------------------------

// Those at home there are gone with it.
static void note_gone(struct cluster *c, struct member *m, void *arg)
{
    (void)c;
    const struct member *home = arg;
    if (m->role != NULL && m->home == home->number)
        m->ready = false;
}

static void note_end(struct cluster *c, struct member *home,
                     struct process_end end)
{
    home->state = MEMBER_ENDED;
    home->end = end;
    home->paused = false;
    cluster_each(c, NULL, note_gone, home);
}

static char *describe(struct process_end end)
{
    if (end.exited)
        return xasprintf("exit status %d", end.code);
    return xasprintf("signal %d, %s", end.signal, strsignal(end.signal));
}

// On order, in its last life.
static bool has_crashed(struct cluster *c, const struct member *home)
{
    bool crashed = false;
    for (int i = 0; i < c->count; i++) {
        const struct member *m = &c->members[i];
        if (m->role == NULL || m->home != home->number)
            continue;
        struct count_life life = member_life(c, m);
        crashed = crashed || life.crashed > m->crashed;
    }
    return crashed;
}

// Is this end one that nobody ordered, and the role does not have by itself?
static bool is_surprise(struct cluster *c, const struct member *home)
{
    if (home->told)
        return false;
    if (home->end.exited && home->end.code == 0 && home->role->may_end)
        return false;
    return home->end.exited || home->end.signal != SIGKILL ||
           !has_crashed(c, home);
}

static void expect_solved(struct cluster *c, struct member *m, void *arg)
{
    (void)arg;
    struct count_life life = member_life(c, m);
    if (life.unsolved[0] == '\0')
        return;
    unit_unsolved(life.unsolved);
    cluster_fail(c, "not implemented: %s", life.unsolved);
}

void cluster_expect_solved(struct cluster *c)
{
    cluster_each(c, NULL, expect_solved, NULL);
}

static void check_end(struct cluster *c, struct member *home)
{
    if (home->end.exited && home->end.code == UNSOLVED_STATUS)
        cluster_expect_solved(c);
    if (!is_surprise(c, home))
        return;
    char *how = describe(home->end);
    char *log = cluster_log_tail(c, home->name);
    cluster_fail(c, "%s ended, though nobody told it to: %s%s", home->name, how,
                 log);
}

static void look_at(struct cluster *c, struct member *home)
{
    struct process_end end;
    if (home->state != MEMBER_RUNS || home->process == NULL ||
        process_wait(home->process, 0, &end) != ERR_OK)
        return;
    note_end(c, home, end);
    char *how = describe(end);
    cluster_tell(c, "%s has ended: %s", home->name, how);
    free(how);
    check_end(c, home);
}

void cluster_watch(struct cluster *c)
{
    for (int i = 0; i < c->count; i++)
        look_at(c, &c->members[i]);
}

void cluster_step(struct cluster *c)
{
    clock_sleep_ms(world_is_simulated() ? LOOK_SIM_MS : LOOK_MS);
    cluster_watch(c);
}

static struct member *running(struct cluster *c, const char *name,
                              const char *deed)
{
    struct member *m = cluster_member(c, name);
    if (!member_runs(c, m))
        cluster_fail(c, "cannot %s %s: it does not run", deed, name);
    return m;
}

void cluster_expect_memory(struct cluster *c, const char *name, int64_t bytes)
{
    struct member *home = home_of(c, running(c, name, "measure"));
    int64_t now = process_memory(home->process);
    if (now >= 0)
        cluster_tell(c, "%s has %" PRId64 " KiB of memory", name, now >> 10);
    if (now > bytes)
        cluster_fail(c,
                     "%s has %" PRId64 " KiB of memory, and needs %" PRId64
                     " at most",
                     name, now >> 10, bytes >> 10);
}

void cluster_kill(struct cluster *c, const char *name)
{
    struct member *m = running(c, name, "kill");
    cluster_allow(c, m, ALLOW_KILL, "kill");
    cluster_tell(c, "kill %s", name);
    struct member *home = home_of(c, m);
    home->told = true;
    process_kill(home->process);
    process_wait(home->process, CLOCK_NEVER, &home->end);
    note_end(c, home, home->end);
}

void cluster_pause(struct cluster *c, const char *name)
{
    struct member *m = running(c, name, "pause");
    cluster_allow(c, m, ALLOW_PAUSE, "pause");
    cluster_tell(c, "pause %s", name);
    process_stop(home_of(c, m)->process);
    home_of(c, m)->paused = true;
}

void cluster_resume(struct cluster *c, const char *name)
{
    struct member *home = home_of(c, running(c, name, "resume"));
    if (!home->paused)
        cluster_fail(c, "cannot resume %s: it was not paused", name);
    cluster_tell(c, "resume %s", name);
    home->paused = false;
    process_continue(home->process);
}

void cluster_restart(struct cluster *c, const char *name,
                     enum cluster_disk disk)
{
    bool kept = disk == DISK_KEPT;
    struct member *m = cluster_member(c, name);
    const char *deed = kept ? "restart with its disk" : "restart empty";
    cluster_allow(c, m, kept ? ALLOW_RESTART : ALLOW_RESTART_EMPTY, deed);
    cluster_watch(c);
    if (member_runs(c, m))
        cluster_fail(c, "cannot restart %s: it still runs", name);
    cluster_tell(c, "%s: %s", deed, name);
    if (!kept) {
        char *path = cluster_path(c, "disk/%s", name);
        folder_remove(path);
        free(path);
    }
    struct member *home = home_of(c, m);
    launch(c, home);
    cluster_each(c, NULL, await_all_at, home);
}

// Waits until it has ended; fails the test if that takes longer.
static struct member *await_end(struct cluster *c, const char *name, int ticks)
{
    struct member *home = home_of(c, cluster_member(c, name));
    if (home->state == MEMBER_NEW)
        cluster_fail(c, "%s was never started", name);
    int64_t give_up_ms = clock_now_ms() + ticks * cluster_tick_ms();
    home->told = true; // what it comes to is judged by the caller
    while (home->state == MEMBER_RUNS) {
        if (clock_now_ms() > give_up_ms)
            cluster_fail(c, "%s has not ended within %d ticks", name, ticks);
        cluster_step(c);
    }
    return home;
}

void cluster_expect_exit(struct cluster *c, const char *name, int status,
                         int ticks)
{
    struct member *home = await_end(c, name, ticks);
    if (home->end.exited && home->end.code == status)
        return;
    char *how = describe(home->end);
    char *log = cluster_log_tail(c, name);
    cluster_fail(c, "%s ended by %s, not by exit status %d%s", name, how,
                 status, log);
}

void cluster_expect_crash(struct cluster *c, const char *name, int ticks)
{
    struct member *home = await_end(c, name, ticks);
    if (has_crashed(c, home) && !home->end.exited)
        return;
    char *how = describe(home->end);
    cluster_fail(c, "%s ended by %s, not at a crash point", name, how);
}

bool cluster_has_ended(struct cluster *c, const char *name)
{
    cluster_watch(c);
    return home_of(c, cluster_member(c, name))->state == MEMBER_ENDED;
}

bool cluster_is_paused(struct cluster *c, const char *name)
{
    return home_of(c, cluster_member(c, name))->paused;
}

unsigned cluster_lives(struct cluster *c, const char *name)
{
    return home_of(c, cluster_member(c, name))->lives;
}

// --- The end of a test -----------------------------------------------------

// The statuses of an end in order: by itself, or because of the signal.
static bool is_orderly(struct process_end end)
{
    if (end.exited)
        return end.code == 0 || end.code == 128 + SIGTERM;
    return end.signal == SIGTERM;
}

static void end_one(struct cluster *c, struct member *home)
{
    int64_t deadline_ms = clock_now_ms() + END_TICKS * cluster_tick_ms();
    struct process_end end;
    if (process_wait(home->process, deadline_ms, &end) != ERR_OK)
        cluster_fail(c, "%s does not end though it is asked to (SIGTERM)",
                     home->name);
    note_end(c, home, end);
    if (is_orderly(end))
        return;
    cluster_expect_solved(c);
    char *how = describe(end);
    char *log = cluster_log_tail(c, home->name);
    cluster_fail(c, "%s did not end in order when asked to (SIGTERM): %s%s",
                 home->name, how, log);
}

void cluster_end_nodes(struct cluster *c)
{
    cluster_watch(c);
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        fault_release(m->faults);
        if (m->state != MEMBER_RUNS)
            continue;
        if (m->paused)
            process_continue(m->process);
        m->told = true;
        process_terminate(m->process);
    }
    for (int i = 0; i < c->count; i++)
        if (c->members[i].state == MEMBER_RUNS)
            end_one(c, &c->members[i]);
}

void cluster_free_nodes(struct cluster *c)
{
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        process_free(m->process);
        free_arguments(m->argv);
        fault_page_close(m->faults);
        for (size_t k = 0; k < m->method_count; k++)
            free((char *)m->methods[k]);
    }
}
