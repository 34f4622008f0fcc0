// read.c - a file, its format, and what goes for all formats.
#include "grading/linear/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "grading/linear/read/reader.h"

static const char *const names[] = {"any",    "lines", "porcupine",
                                    "jepsen", "edn",   "elle"};

int linear_format_named(const char *name)
{
    for (int i = LINEAR_LINES; i <= LINEAR_ELLE; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *linear_format_name(enum linear_format format)
{
    return names[format];
}

static bool has(struct slice s, const char *text)
{
    return s.size > 0 && memmem(s.data, s.size, text, strlen(text)) != NULL;
}

// What the file looks like, by its first line that is not blank.
static enum linear_format recognize(struct slice bytes)
{
    size_t i = 0;
    while (i < bytes.size && strchr(" \t\r\n,", bytes.data[i]) != NULL &&
           bytes.data[i] != '\0')
        i++;
    if (i == bytes.size)
        return LINEAR_LINES;
    const unsigned char *begin = bytes.data + i;
    size_t left = bytes.size - i;
    const unsigned char *end = memchr(begin, '\n', left);
    struct slice line =
        slice_of(begin, end == NULL ? left : (size_t)(end - begin));
    size_t next = 1;
    while (next < left && strchr(" \t\r\n", begin[next]) != NULL)
        next++;
    unsigned char second = next < left ? begin[next] : '\0';
    if (has(line, "jepsen.util"))
        return LINEAR_JEPSEN;
    if (has(line, ", :key \""))
        return LINEAR_PORCUPINE;
    if (*begin == '{' && second == '"')
        return has(line, "\"process\"") ? LINEAR_ELLE : LINEAR_LINES;
    if (*begin == '{' && second == '\0' && next >= left)
        return LINEAR_LINES;
    if (*begin == '[' && second == '{' && has(bytes, "\"process\""))
        return LINEAR_ELLE;
    return strchr("{[(;#", *begin) != NULL ? LINEAR_EDN : LINEAR_ANY;
}

static void set_init(struct reader *r)
{
    const char *init = r->how->init;
    if (init == NULL && r->how->is == LINEAR_PORCUPINE)
        init = "";
    if (init == NULL)
        return;
    r->h->begins_absent = strcmp(init, "nil") == 0;
    if (!r->h->begins_absent)
        r->h->init = linear_history_keep(r->h, init, strlen(init));
}

static bool read_all(struct reader *r)
{
    switch (r->how->is) {
    case LINEAR_LINES:
        return read_lines(r);
    case LINEAR_PORCUPINE:
        return read_porcupine(r);
    case LINEAR_JEPSEN:
        return read_jepsen(r);
    case LINEAR_EDN:
        return read_elements(r, false);
    case LINEAR_ELLE:
        return read_elements(r, true);
    case LINEAR_ANY:
        break;
    }
    r->line = 1;
    return reader_fail(r, "this is no format that is known; --format names it");
}

char *linear_read_bytes(const char *name, struct slice bytes,
                        struct linear_reading *how, struct linear_history *h)
{
    how->skipped = 0;
    how->is = how->format != LINEAR_ANY ? how->format : recognize(bytes);
    bool elements = how->is == LINEAR_EDN || how->is == LINEAR_ELLE;
    struct reader r = {.name = name,
                       .at = bytes.data,
                       .end = bytes.data + bytes.size,
                       .line = elements,
                       .h = h,
                       .how = how};
    set_init(&r);
    if (bytes.size >= UINT64_C(1) << 40 || !read_all(&r))
        reader_fail(&r, "it cannot be read");
    else
        pair_end(&r);
    free(r.open);
    return r.error;
}

static char *cannot(const char *path)
{
    return xasprintf("%s: %s", path, strerror(errno));
}

// Standard input, and what cannot be mapped: into memory.
static char *read_stream(int fd, const char *path, struct linear_history *h,
                         struct slice *bytes)
{
    unsigned char *data = NULL;
    size_t size = 0;
    size_t room = 0;
    ssize_t n;
    do {
        if (size == room) {
            room = room > 0 ? 2 * room : 65536;
            data = xrealloc(data, room);
        }
        n = read(fd, data + size, room - size);
        size += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    char *error = n < 0 ? cannot(path) : NULL;
    *bytes = linear_history_keep(h, data, size);
    free(data);
    return error;
}

static char *read_open(int fd, const char *path, struct linear_history *h,
                       struct slice *bytes)
{
    struct stat s;
    if (fstat(fd, &s) != 0)
        return cannot(path);
    if (S_ISDIR(s.st_mode))
        return xasprintf("%s: it is a directory", path);
    if (!S_ISREG(s.st_mode) || s.st_size == 0)
        return read_stream(fd, path, h, bytes);
    h->mapped_size = (size_t)s.st_size;
    h->mapped = mmap(NULL, h->mapped_size, PROT_READ,
                     MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (h->mapped == MAP_FAILED) {
        h->mapped = NULL;
        return cannot(path);
    }
    *bytes = slice_of(h->mapped, h->mapped_size);
    return NULL;
}

char *linear_read_file(const char *path, struct linear_reading *how,
                       struct linear_history *h)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot(path);
    struct slice bytes = {0};
    char *error = read_open(fd, standard ? "standard input" : path, h, &bytes);
    if (!standard)
        close(fd);
    return error != NULL ? error
                         : linear_read_bytes(standard ? "standard input" : path,
                                             bytes, how, h);
}
