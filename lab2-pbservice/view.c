#include "lab2-pbservice/view.h"

#include <string.h>

struct who who(const char *name)
{
    struct who w = {""};
    if (strlen(name) <= NODE_NAME_MAX)
        strcpy(w.name, name);
    return w;
}

bool is_nobody(const struct who *w)
{
    return w->name[0] == '\0';
}

bool same_who(const struct who *a, const struct who *b)
{
    return strcmp(a->name, b->name) == 0;
}
