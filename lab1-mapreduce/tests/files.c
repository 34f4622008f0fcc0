#include "lab1-mapreduce/tests/files.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check/shell.h"
#include "common/runtime/random.h"

void write_bytes(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(name, "we");
    ck_assert_msg(file != NULL, "cannot write %s", name);
    if (size > 0)
        ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

void write_words(const char *name, uint64_t seed, size_t lines)
{
    static const char *const words[] = {
        "the", "Lord", "and", "unto", "a", "k\xc3\xb6nig", "\xff\xfe", "z"};
    static const char *const gaps[] = {" ", ", ", "'", "-7-", "\t", "\x01"};
    struct random random;
    random_init(&random, seed);
    FILE *file = fopen(name, "we");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < lines; i++) {
        for (uint64_t left = random_below(&random, 9); left > 0; left--) {
            fputs(words[random_below(&random, 8)], file);
            fputs(gaps[random_below(&random, 6)], file);
            if (random_below(&random, 4) == 0) // a rare word
                fprintf(file, "w%c%c ", (int)('a' + random_below(&random, 26)),
                        (int)('a' + random_below(&random, 26)));
        }
        if (random_below(&random, 50) == 0)
            fputc('\0', file);
        fputc('\n', file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

bool is_there(const char *name)
{
    struct stat st;
    return lstat(name, &st) == 0;
}

size_t count_names(const char *folder)
{
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "there is no folder %s", folder);
    size_t count = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            count++;
    closedir(dir);
    return count;
}

static void expect_same_file(const char *name, const char *oracle)
{
    size_t size;
    size_t wanted_size;
    char *text = shell_read(name, &size);
    char *wanted = shell_read(oracle, &wanted_size);
    size_t at = 0;
    while (at < size && at < wanted_size && text[at] == wanted[at])
        at++;
    ck_assert_msg(size == wanted_size && at == size,
                  "%s (%zu bytes) is not %s (%zu bytes): they differ at byte "
                  "%zu",
                  name, size, oracle, wanted_size, at);
    free(text);
    free(wanted);
}

void expect_same_output(const char *folder, const char *oracle)
{
    size_t count = count_names(oracle);
    ck_assert_uint_gt(count, 0);
    ck_assert_uint_eq(count_names(folder), count);
    for (size_t i = 0; i < count; i++) {
        char name[256];
        char wanted[256];
        snprintf(name, sizeof name, "%s/part-%05zu", folder, i);
        snprintf(wanted, sizeof wanted, "%s/part-%05zu", oracle, i);
        expect_same_file(name, wanted);
    }
}
