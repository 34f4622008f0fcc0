#include "common/runtime/sim/code.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/sim.h"

enum {
    COPIES_MAX = 512,
};

static struct {
    struct sim_code code;
    const char *path;
} copies[COPIES_MAX];
static size_t count;

// build/debug/bin/lab2 -> build/debug/sim/lab2.so; owned.
static char *path_of(const char *program)
{
    const char *name = strrchr(program, '/');
    if (name == NULL || name - program < 3 || strncmp(name - 3, "bin", 3) != 0)
        return NULL;
    char *path = xasprintf("%.*ssim/%s.so", (int)(name - program - 3), program,
                           name + 1);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

// The loader takes two files for the same by their inode: so a copy is needed.
static void *open_copy(const char *path)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = memfd_create("node", MFD_CLOEXEC);
    struct stat file;
    void *library = NULL;
    if (from >= 0 && to >= 0 && fstat(from, &file) == 0 &&
        sendfile(to, from, NULL, (size_t)file.st_size) == file.st_size) {
        // And by their name: each copy's has one slash more.
        char name[COPIES_MAX + 64];
        int size = snprintf(name, sizeof name, "/proc/self/fd");
        memset(name + size, '/', count + 1);
        snprintf(name + size + count + 1, 16, "%d", to);
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return library;
}

// A program that must not be simulated is a text that says why.
static bool tell_text(const char *path)
{
    char text[1024];
    FILE *file = fopen(path, "re");
    size_t size = file != NULL ? fread(text, 1, sizeof text, file) : 0;
    if (file != NULL)
        fclose(file);
    if (size == 0 || text[0] == '\177')
        return false;
    dprintf(2, "%.*s", (int)size, text);
    return true;
}

// In a debugger all nodes run the file itself, whose symbols it finds.
static void *open_library(const char *path)
{
    void *library = getenv("SIM_ONE_COPY") != NULL
                        ? dlopen(path, RTLD_NOW | RTLD_LOCAL)
                        : open_copy(path);
    if (library == NULL && !tell_text(path))
        dprintf(2, "%s: %s\n", path, dlerror());
    return library;
}

static const char *find_end(const char *begin)
{
    const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)begin;
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(begin + head->e_phoff);
    size_t end = 0;
    for (int i = 0; i < head->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD &&
            segments[i].p_vaddr + segments[i].p_memsz > end)
            end = segments[i].p_vaddr + segments[i].p_memsz;
    return begin + end;
}

struct sim_code sim_code_load(const char *program)
{
    char *path = path_of(program);
    if (path == NULL)
        return (struct sim_code){.main = node_main};
    void *library = open_library(path);
    struct link_map *map = NULL;
    if (library == NULL || count == COPIES_MAX ||
        dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
        free(path);
        return (struct sim_code){.main = NULL};
    }
    struct sim_code code = {.begin = (const char *)map->l_addr};
    code.end = find_end(code.begin);
    // POSIX wants this way from a data pointer to a function's.
    *(void **)&code.main = dlsym(library, "node_main");
    copies[count].code = code;
    copies[count++].path = path;
    return code;
}

const char *sim_code_find(const void *where, size_t *offset)
{
    const char *at = where;
    for (size_t i = 0; i < count; i++) {
        if (at < copies[i].code.begin || at >= copies[i].code.end)
            continue;
        *offset = (size_t)(at - copies[i].code.begin);
        return copies[i].path;
    }
    return NULL;
}
