// Nodes: the simulated processes, and which of them runs.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/process.h"
#include "common/runtime/self.h"
#include "common/runtime/sim/fatal.h"
#include "common/runtime/sim/heap.h"
#include "common/runtime/sim/sim.h"

static const struct process_end by_kill = {.exited = false, .signal = SIGKILL};

static void run_node(void *arg)
{
    struct process *p = arg;
    int code = p->code.main(p->argc, p->argv);
    sim_node_end(p, (struct process_end){.exited = true, .code = code & 0xff});
}

// The node, with what it is to run; NULL: there is no such program.
static struct process *prepare(const struct process_spec *spec)
{
    struct sim_code code = sim_code_load(spec->argv[0]);
    if (code.main == NULL)
        return NULL;
    struct process *p = sim_node_new(sim_thread()->node);
    p->code = code;
    while (spec->argv[p->argc] != NULL)
        p->argc++;
    p->argv = xcalloc((size_t)p->argc + 1, sizeof *p->argv);
    for (int i = 0; i < p->argc; i++)
        p->argv[i] = xstrdup(spec->argv[i]);
    return p;
}

int process_spawn(const struct process_spec *spec, struct process **out)
{
    int heap = sim_heap_use(HEAP_TEST);
    struct process *p = prepare(spec);
    sim_heap_use(heap);
    if (p == NULL)
        return ERR_NOT_FOUND;
    fatal_watch();
    if (sim_thread_new(p, "main", run_node, p) == NULL) {
        sim_node_end(p, by_kill);
        return ERR_LIMIT;
    }
    *out = p;
    sim_yield(CALL_NODE, __builtin_return_address(0));
    return ERR_OK;
}

void process_kill(struct process *p)
{
    sim_node_end(p, by_kill);
    sim_yield(CALL_NODE, __builtin_return_address(0));
}

void process_terminate(struct process *p)
{
    p->asked = true;
    if (!p->asks) // it would die by the signal
        sim_node_end(p, (struct process_end){.signal = SIGTERM});
    sim_yield(CALL_NODE, __builtin_return_address(0));
}

void process_stop(struct process *p)
{
    p->paused = true;
}

void process_continue(struct process *p)
{
    p->paused = false;
    sim_yield(CALL_NODE, __builtin_return_address(0));
}

int process_wait(struct process *p, int64_t deadline_ms,
                 struct process_end *end)
{
    sim_yield(CALL_NODE, __builtin_return_address(0));
    while (p->alive) {
        if (sim_ns(deadline_ms) <= sim_now_ns())
            return ERR_TIMEOUT; // who only looks does not wait
        bool woken = sim_wait(p, sim_ns(deadline_ms), "the end of a node",
                              __builtin_return_address(0));
        if (!woken && p->alive)
            return ERR_TIMEOUT;
    }
    if (end != NULL)
        *end = p->end;
    return ERR_OK;
}

int64_t process_id(const struct process *p)
{
    return p->number;
}

int64_t process_memory(const struct process *p)
{
    return sim_heap_used(p->number);
}

void process_free(struct process *p)
{
    if (p != NULL)
        process_kill(p);
}

char *process_own_path(void)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return xstrdup(path);
}

void process_leave(int status)
{
    if (sim_thread()->node->number == 0)
        _exit(status);
    sim_node_end(sim_thread()->node,
                 (struct process_end){.exited = true, .code = status & 0xff});
    sim_leave();
}

void process_die(void)
{
    if (sim_thread()->node->number == 0)
        raise(SIGKILL);
    sim_node_end(sim_thread()->node, by_kill);
    sim_leave();
}

int process_interrupted(void)
{
    struct process *p = sim_thread()->node;
    p->asks = true;
    return p->asked ? SIGTERM : 0;
}

struct self *self_get(void)
{
    return &sim_thread()->node->self;
}

void self_set_name(const char *name)
{
    struct self *self = self_get();
    snprintf(self->name, sizeof self->name, "%s", name);
    sim_node_named(sim_thread()->node);
}

void self_own_fd(int fd)
{
    struct process *p = sim_thread()->node;
    p->fds = xrealloc(p->fds, (p->fd_count + 1) * sizeof *p->fds);
    p->fds[p->fd_count++] = fd;
}

void self_disown_fd(int fd)
{
    struct process *p = sim_thread()->node;
    for (size_t i = 0; i < p->fd_count; i++)
        if (p->fds[i] == fd)
            p->fds[i] = p->fds[--p->fd_count];
}

void self_crash_point(enum crash_kind kind, const char *what)
{
    struct self *self = self_get();
    if (self->on_crash_point != NULL)
        self->on_crash_point(self->arg, kind, what);
}

bool sim_is_lab(const void *where)
{
    const struct sim_code *code = &sim_thread()->node->code;
    return (const char *)where >= code->begin &&
           (const char *)where < code->end;
}
