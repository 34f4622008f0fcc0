#include "common/check/kept.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "common/runtime/folder.h"

enum {
    KEPT_MAX = 64 << 20, // bytes of a test's files
    SLUG_MAX = 80,
    COPY_BYTES = 1 << 16,
};

// "it's safe to go on" becomes "it-s-safe-to-go-on".
static void make_slug(const char *text, char slug[SLUG_MAX])
{
    size_t size = 0;
    for (; *text != '\0' && size < SLUG_MAX - 1; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c))
            slug[size++] = (char)tolower(c);
        else if (size > 0 && slug[size - 1] != '-')
            slug[size++] = '-';
    }
    while (size > 0 && slug[size - 1] == '-')
        size--;
    slug[size] = '\0';
}

// Makes the folder and those above it; those that are there are fine.
static bool make_folders(char *path)
{
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    return mkdir(path, 0755) == 0;
}

static bool is_zero(const char *bytes, size_t size)
{
    return size == 0 ||
           (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

// Holes stay holes: most of a ring of counters and traces is one.
static off_t write_part(int out, const char *bytes, size_t size)
{
    if (is_zero(bytes, size))
        return lseek(out, (off_t)size, SEEK_CUR) < 0 ? -1 : 0;
    return write(out, bytes, size) == (ssize_t)size ? (off_t)size : -1;
}

// The bytes that were written.
static off_t copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (in < 0)
        return 0;
    off_t total = 0;
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    char *bytes = xmalloc(COPY_BYTES);
    for (ssize_t n = 1; n > 0 && out >= 0;) {
        n = read(in, bytes, COPY_BYTES);
        off_t written = n > 0 ? write_part(out, bytes, (size_t)n) : 0;
        if (written < 0)
            break; // the disk is full: what there is must do
        total += written;
    }
    free(bytes);
    close(in);
    if (out >= 0) {
        off_t size = lseek(out, 0, SEEK_CUR);
        if (ftruncate(out, size) != 0) // a hole at the end
            total = 0;
        close(out);
    }
    return total;
}

static void copy_all(const char *from, const char *to)
{
    char *roots[] = {(char *)from, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL)
        return;
    off_t left = KEPT_MAX;
    for (FTSENT *e = fts_read(walk); e != NULL; e = fts_read(walk)) {
        char *target = xasprintf("%s%s", to, e->fts_path + strlen(from));
        if (e->fts_info == FTS_D && e->fts_level > 0)
            mkdir(target, 0755);
        else if (e->fts_info == FTS_F && e->fts_statp->st_size <= KEPT_MAX &&
                 e->fts_statp->st_blocks * 512 <= left)
            left -= copy_file(e->fts_path, target);
        free(target);
    }
    fts_close(walk);
}

char *kept_copy(const char *base, const char *suite, const char *name,
                const char *folder)
{
    char suite_slug[SLUG_MAX];
    char name_slug[SLUG_MAX];
    make_slug(suite, suite_slug);
    make_slug(name, name_slug);
    char *place = xasprintf("%s/%s/%s", base, suite_slug, name_slug);
    folder_remove(place);
    if (!make_folders(place)) {
        free(place);
        return NULL;
    }
    copy_all(folder, place);
    return place;
}

// The first line of the file, without its end.
static bool read_title(const char *path, char title[KEPT_TITLE_MAX])
{
    FILE *file = fopen(path, "re");
    bool ok = file != NULL && fgets(title, KEPT_TITLE_MAX, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (ok)
        title[strcspn(title, "\n")] = '\0';
    return ok;
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec ||
           (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

char *kept_find(const char *base, const char *text,
                void (*each)(void *arg, const char *title), void *arg)
{
    char *pattern = xasprintf("%s/*/*/failure", base);
    glob_t all = {0};
    if (glob(pattern, 0, NULL, &all) != 0)
        all.gl_pathc = 0;
    const char *found = NULL;
    struct timespec latest = {0};
    for (size_t i = 0; i < all.gl_pathc; i++) {
        char title[KEPT_TITLE_MAX];
        struct stat s;
        if (!read_title(all.gl_pathv[i], title) ||
            stat(all.gl_pathv[i], &s) != 0)
            continue;
        each(arg, title);
        if (strstr(title, text) == NULL || !is_later(s.st_mtim, latest))
            continue;
        latest = s.st_mtim;
        found = all.gl_pathv[i];
    }
    char *folder = NULL;
    if (found != NULL) {
        folder = xstrdup(found);
        *strrchr(folder, '/') = '\0';
    }
    globfree(&all);
    free(pattern);
    return folder;
}
