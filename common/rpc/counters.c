#include "common/rpc/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/rpc/mapping.h"
#include "common/rpc/trace.h"
#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "common/runtime/random.h"
#include "common/runtime/thread.h"

enum {
    PAGE_MAGIC = 0x4c435031,       // "LCP1"
    CELLS = COUNT_METHODS_MAX + 1, // the last: methods beyond the table
};

struct method {
    _Atomic uint64_t hash; // 0: free; written last
    char name[FAULT_METHOD_MAX];
};

struct shared {
    uint32_t magic;
    _Atomic uint32_t adding; // 1 while a node adds a method
    struct count_life life;
    struct method methods[COUNT_METHODS_MAX];
    _Atomic uint64_t crashes_passed[FAULT_CRASHES_MAX];
    _Atomic uint64_t crashes_fired[FAULT_CRASHES_MAX];
    struct count cells[COUNT_PEERS][CELLS];
};

enum {
    LIFE_END = offsetof(struct shared, life) + sizeof(struct count_life),
};

struct count_page {
    struct shared *shared; // followed by the trace ring
    bool mapped;           // else from the heap
};

static size_t ring_offset(void)
{
    size_t align = 4096;
    return (sizeof(struct shared) + align - 1) / align * align;
}

static size_t page_size(void)
{
    return ring_offset() + trace_ring_size();
}

static struct count_page *page_new(void *shared, bool mapped)
{
    struct count_page *p = xcalloc(1, sizeof *p);
    p->shared = shared;
    p->mapped = mapped;
    return p;
}

int count_page_create(const char *path, struct count_page **out)
{
    void *mapping;
    int err = mapping_create(path, page_size(), &mapping);
    if (err != ERR_OK)
        return err;
    *out = page_new(mapping, true);
    (*out)->shared->magic = PAGE_MAGIC;
    return ERR_OK;
}

// Maps the page at `path`. ERR_PROTO if it is none.
static int page_map(const char *path, struct count_page **out)
{
    void *mapping;
    int err = mapping_open(path, page_size(), true, &mapping);
    if (err != ERR_OK)
        return err;
    const struct shared *shared = mapping;
    if (shared->magic != PAGE_MAGIC) {
        mapping_close(mapping, page_size());
        return ERR_PROTO;
    }
    *out = page_new(mapping, true);
    return ERR_OK;
}

int count_page_open(const char *path, struct count_page **out)
{
    if (path == NULL) {
        *out = page_new(xcalloc(1, page_size()), false);
        return ERR_OK;
    }
    int err = page_map(path, out);
    // Whoever held it died: a page has one node at a time.
    if (err == ERR_OK) {
        atomic_store(&(*out)->shared->adding, 0);
        atomic_store(&(*out)->shared->life.held, 0);
    }
    return err;
}

// Copies the first `size` bytes of a page. Not by mmap: the node that owns the
// file may cut it short while we look, which is SIGBUS.
static int read_part(int fd, char *page, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size != (off_t)page_size())
        return ERR_PROTO;
    for (size_t have = 0; have < size;) {
        ssize_t n = pread(fd, page + have, size - have, (off_t)have);
        if (n == 0)
            return ERR_PROTO;
        if (n < 0 && errno != EINTR)
            return err_from_errno(errno);
        have += n > 0 ? (size_t)n : 0;
    }
    return ((struct shared *)page)->magic == PAGE_MAGIC ? ERR_OK : ERR_PROTO;
}

static int view_part(const char *path, char *page, size_t size)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    int err = read_part(fd, page, size);
    close(fd);
    return err;
}

int count_page_view(const char *path, bool trace, struct count_page **out)
{
    size_t size = trace ? page_size() : sizeof(struct shared);
    char *page = xmalloc(size);
    int err = view_part(path, page, size);
    if (err != ERR_OK) {
        free(page);
        return err;
    }
    // The node may have left a text without its end.
    struct shared *s = (struct shared *)page;
    for (int i = 0; i < COUNT_METHODS_MAX; i++)
        s->methods[i].name[FAULT_METHOD_MAX - 1] = 0;
    s->life.unsolved[COUNT_UNSOLVED_MAX - 1] = 0;
    *out = page_new(page, false);
    return ERR_OK;
}

int count_life_view(const char *path, struct count_life *out)
{
    _Alignas(struct shared) char head[LIFE_END];
    int err = view_part(path, head, sizeof head);
    if (err == ERR_OK)
        memcpy(out, &((struct shared *)head)->life, sizeof *out);
    out->unsolved[COUNT_UNSOLVED_MAX - 1] = 0;
    return err;
}

void count_page_close(struct count_page *p)
{
    if (p == NULL)
        return;
    if (p->mapped)
        mapping_close(p->shared, page_size());
    else
        free(p->shared);
    free(p);
}

static int find_method(const struct shared *s, uint64_t hash)
{
    for (int i = 0; i < COUNT_METHODS_MAX; i++) {
        uint64_t there = atomic_load(&s->methods[i].hash);
        if (there == hash)
            return i;
        if (there == 0)
            break;
    }
    return -1;
}

// Gives `method` the first free place; -1 if there is none.
static int add_method(struct shared *s, uint64_t hash, const char *method)
{
    for (int i = 0; i < COUNT_METHODS_MAX; i++) {
        if (atomic_load(&s->methods[i].hash) != 0)
            continue;
        strncpy(s->methods[i].name, method, FAULT_METHOD_MAX - 1);
        atomic_store(&s->methods[i].hash, hash);
        return i;
    }
    return -1;
}

int count_method(struct count_page *p, const char *method)
{
    struct shared *s = p->shared;
    uint64_t hash = random_hash(method, strlen(method)) | 1; // never 0
    int number = find_method(s, hash);
    if (number >= 0)
        return number;
    uint32_t idle = 0;
    while (!atomic_compare_exchange_weak(&s->adding, &idle, 1)) {
        idle = 0;
        thread_yield(); // ends: adding takes less than a microsecond
    }
    number = find_method(s, hash);
    if (number < 0)
        number = add_method(s, hash, method);
    atomic_store(&s->adding, 0);
    return number;
}

const char *count_method_name(const struct count_page *p, int method)
{
    if (method < 0 || method >= COUNT_METHODS_MAX)
        return "?";
    return p->shared->methods[method].name;
}

struct count *count_at(struct count_page *p, int peer, int method)
{
    if (peer < 0 || peer >= FAULT_NODES_MAX)
        peer = COUNT_STRANGER;
    if (method < 0 || method >= COUNT_METHODS_MAX)
        method = COUNT_METHODS_MAX;
    return &p->shared->cells[peer][method];
}

_Atomic uint64_t *count_crashes_passed(struct count_page *p)
{
    return p->shared->crashes_passed;
}

_Atomic uint64_t *count_crashes_fired(struct count_page *p)
{
    return p->shared->crashes_fired;
}

struct count_life *count_life(struct count_page *p)
{
    return &p->shared->life;
}

void count_set_unsolved(struct count_page *p, const char *what)
{
    strncpy(p->shared->life.unsolved, what, COUNT_UNSOLVED_MAX - 1);
}

struct trace_ring *count_trace(struct count_page *p)
{
    return (struct trace_ring *)((char *)p->shared + ring_offset());
}
