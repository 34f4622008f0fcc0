// apps.c - the table of applications.
#include "lab1-mapreduce/apps.h"

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
