// apps.c - the table of applications, and what they share.
#include "lab1-mapreduce/apps.h"

#include <stdio.h>
#include <string.h>

#include "common/runtime/alloc.h"

static const struct mr_app *const apps[] = {&app_wc, &app_index, &app_grep,
                                            NULL};

const struct mr_app *app_find(const char *name)
{
    for (size_t i = 0; apps[i] != NULL; i++)
        if (strcmp(apps[i]->name, name) == 0)
            return apps[i];
    return NULL;
}

const struct mr_app *app_at(size_t i)
{
    size_t count = sizeof apps / sizeof apps[0] - 1;
    return i < count ? apps[i] : NULL;
}

char *app_check(const struct mr_app *app, const char *arg)
{
    if (app->start == NULL) {
        if (arg == NULL)
            return NULL;
        return xasprintf("application %s takes no --arg", app->name);
    }
    void *state = NULL;
    char *why = app->start(arg, &state);
    if (why == NULL)
        app->stop(state);
    return why;
}

void app_print_name(struct buf *out, struct slice file)
{
    for (size_t i = 0; i < file.size; i++) {
        unsigned char byte = file.data[i];
        char text[5] = {(char)byte, '\0'};
        if (byte <= ' ' || byte == 0x7f || byte == '\\')
            snprintf(text, sizeof text, "\\x%02x", byte);
        buf_append(out, text, strlen(text));
    }
}
