#include "common/runtime/sim/places.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/sim/code.h"

enum {
    PATH_BYTES = 4096,
};

struct place {
    const char *file; // of the program or shared object; NULL: not known
    size_t offset;    // of the byte before, which is the call's
};

// The loader knows this program by the name that it was called by, which may
// lead nowhere from the folder that the test is in by now.
static const char *own_path(void)
{
    static char path[PATH_BYTES];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    return path;
}

static bool is_ours(const Dl_info *in)
{
    static const char here[] = "";
    Dl_info own;
    return dladdr(here, &own) != 0 && own.dli_fbase == in->dli_fbase;
}

// Where a program is loaded changes from run to run: an offset does not.
static struct place find(const void *where)
{
    struct place copy = {NULL, 0};
    copy.file = sim_code_find(where, &copy.offset);
    copy.offset--;
    if (copy.file != NULL)
        return copy;
    Dl_info in;
    if (dladdr(where, &in) == 0 || in.dli_fname == NULL)
        return (struct place){NULL, (size_t)where};
    const ElfW(Ehdr) *program = in.dli_fbase;
    uintptr_t base = program->e_type == ET_DYN ? (uintptr_t)program : 0;
    const char *file = is_ours(&in) ? own_path() : in.dli_fname;
    return (struct place){file, (uintptr_t)where - base - 1};
}

const char *place_offset(const void *where)
{
    static char text[PATH_BYTES + 32];
    struct place p = find(where);
    snprintf(text, sizeof text, "%s+0x%zx", p.file != NULL ? p.file : "?",
             p.offset);
    return text;
}

// "lab2-pbservice/server.c:71" of the whole path: the name alone is that of a
// file in common/rpc, too.
static const char *with_folder(const char *path)
{
    const char *at = path + strlen(path);
    for (int slashes = 0; at > path; at--)
        if (at[-1] == '/' && ++slashes == 2)
            break;
    return at;
}

// addr2line -f prints two lines for each address: function, and file:line.
static char *read_place(FILE *in)
{
    char function[256];
    char line[512];
    if (fgets(function, sizeof function, in) == NULL ||
        fgets(line, sizeof line, in) == NULL || strchr("?:", line[0]) != NULL)
        return NULL;
    function[strcspn(function, "\n")] = '\0';
    line[strcspn(line, " \n")] = '\0';
    return xasprintf("%s (%s)", with_folder(line), function);
}

static bool is_in(const struct place *p, const char *file)
{
    return p->file != NULL && strcmp(p->file, file) == 0;
}

// All that are in the same file as the first without a text.
static void find_in(const char *file, const struct place *places, size_t count,
                    char **texts)
{
    char command[PATH_BYTES + 64 + 20 * PLACES_MAX];
    int used = snprintf(command, sizeof command,
                        "addr2line -f -e '%s' 2>/dev/null", file);
    for (size_t i = 0; i < count; i++)
        if (is_in(&places[i], file))
            used += snprintf(command + used, sizeof command - (size_t)used,
                             " 0x%zx", places[i].offset);
    FILE *in = popen(command, "re");
    for (size_t i = 0; i < count; i++)
        if (is_in(&places[i], file) && in != NULL)
            texts[i] = read_place(in);
    if (in != NULL)
        pclose(in);
}

void places_find(const void *const *where, size_t count, char **texts)
{
    struct place places[PLACES_MAX];
    if (count > PLACES_MAX)
        abort();
    for (size_t i = 0; i < count; i++) {
        places[i] = find(where[i]);
        texts[i] = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        bool known = places[i].file == NULL;
        for (size_t k = 0; k < i && !known; k++)
            known = is_in(&places[k], places[i].file);
        if (!known)
            find_in(places[i].file, places, count, texts);
    }
    for (size_t i = 0; i < count; i++)
        if (texts[i] == NULL)
            texts[i] = xstrdup(place_offset(where[i]));
}

char *place_find_offset(const char *text)
{
    const char *plus = strrchr(text, '+');
    char *place = NULL;
    if (plus == NULL)
        return xstrdup(text);
    char *file = xasprintf("%.*s", (int)(plus - text), text);
    struct place p = {file, strtoul(plus + 1, NULL, 16)};
    find_in(file, &p, 1, &place);
    free(file);
    return place != NULL ? place : xstrdup(text);
}
