// read.c - see read.h: the bytes, and the format that they look like.
#include "grading/linear/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "grading/linear/read/guess.h"
#include "grading/linear/read/input.h"

enum {
    ROOM_LEAST = 1 << 20, // for what is read from a pipe
};

// --- Formats -----------------------------------------------------------------

static const struct {
    const char *name;
    bool (*read)(struct input *in);
} formats[] = {
    [LINEAR_ANY] = {"any", NULL},
    [LINEAR_LINES] = {"lines", read_lines},
    [LINEAR_PORCUPINE] = {"porcupine", read_porcupine},
    [LINEAR_JEPSEN] = {"jepsen", read_jepsen},
    [LINEAR_EDN] = {"edn", read_edn},
    [LINEAR_ELLE] = {"elle", read_elle},
};

int linear_format_named(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *linear_format_name(enum linear_format format)
{
    return formats[format].name;
}

static void set_init(struct linear_history *h, const char *init)
{
    h->begins_absent = strcmp(init, "nil") == 0;
    h->init = slice_of(NULL, 0);
    if (!h->begins_absent)
        h->init = linear_history_keep(h, init, strlen(init));
}

char *linear_read_bytes(const char *name, struct slice bytes,
                        struct linear_reading *how, struct linear_history *h)
{
    struct input in = {.name = name, .bytes = bytes, .how = how, .h = h};
    if (bytes.data == NULL) // of size 0; readers add to it
        in.bytes = slice_text("");
    how->skipped = 0;
    how->is = how->format != LINEAR_ANY ? how->format : guess_format(in.bytes);
    if (how->init != NULL)
        set_init(h, how->init);
    if (how->is == LINEAR_ANY)
        input_wrong(&in, in.bytes.data, "no format that is known");
    else
        formats[how->is].read(&in);
    return in.error;
}

// --- Files -------------------------------------------------------------------

// True: it is mapped, and the history owns that. errno says why not.
static bool map(int fd, size_t size, struct linear_history *h)
{
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED)
        return false;
    h->mapped = at;
    h->mapped_size = size;
    return true;
}

// Makes the memory of what is read twice as large.
static bool grow(struct linear_history *h)
{
    size_t size = h->mapped_size > 0 ? 2 * h->mapped_size : ROOM_LEAST;
    void *at = h->mapped == NULL
                   ? mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                   : mremap(h->mapped, h->mapped_size, size, MREMAP_MAYMOVE);
    if (at == MAP_FAILED)
        return false;
    h->mapped = at;
    h->mapped_size = size;
    return true;
}

// Likewise, from what cannot be mapped, up to its end.
static bool read_all(int fd, struct linear_history *h, size_t *size)
{
    *size = 0;
    for (;;) { // ends: with the file
        if (*size == h->mapped_size && !grow(h))
            return false;
        ssize_t n = read(fd, (char *)h->mapped + *size, h->mapped_size - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        *size += (size_t)n;
    }
}

static bool load(int fd, struct linear_history *h, size_t *size)
{
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return false;
    if (S_ISDIR(stat.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (!S_ISREG(stat.st_mode) || stat.st_size == 0 ||
        lseek(fd, 0, SEEK_CUR) != 0)
        return read_all(fd, h, size);
    *size = (size_t)stat.st_size;
    return map(fd, *size, h) || read_all(fd, h, size);
}

char *linear_read_file(const char *path, struct linear_reading *how,
                       struct linear_history *h)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    bool loaded = fd >= 0 && load(fd, h, &size);
    int why = errno;
    if (fd >= 0 && !standard)
        close(fd);
    if (!loaded)
        return xasprintf("%s: %s", path, strerror(why));
    return linear_read_bytes(path, slice_of(h->mapped, size), how, h);
}
