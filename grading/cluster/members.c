// members.c - the names of a test, and what may happen to them.
#include <stdlib.h>
#include <string.h>

#include "common/runtime/alloc.h"
#include "common/runtime/err.h"
#include "grading/cluster/cluster_private.h"

struct member *cluster_member(struct cluster *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->members[i].name, name) == 0)
            return &c->members[i];
    cluster_fail(c,
                 "the test's entry in the registry does not declare a node "
                 "'%s'",
                 name);
}

struct member *home_of(struct cluster *c, const struct member *m)
{
    return &c->members[m->home];
}

bool member_runs(struct cluster *c, const struct member *m)
{
    return m->role != NULL && home_of(c, m)->state == MEMBER_RUNS;
}

struct count_life member_life(struct cluster *c, const struct member *m)
{
    char *path = cluster_path(c, "cnt/%s", m->name);
    struct count_life life = {0};
    int err = count_life_view(path, &life);
    free(path);
    if (err != ERR_OK)
        cluster_fail(c, "the counters of %s are spoiled: %s", m->name,
                     err_text(err));
    return life;
}

void cluster_each(struct cluster *c, const char *names,
                  void (*each)(struct cluster *c, struct member *m, void *arg),
                  void *arg)
{
    if (names == NULL) {
        for (int i = 0; i < c->count; i++)
            each(c, &c->members[i], arg);
        return;
    }
    char *list = xstrdup(names);
    char *rest = list;
    char *name = strtok_r(list, " ", &rest);
    for (; name != NULL; name = strtok_r(NULL, " ", &rest))
        each(c, cluster_member(c, name), arg);
    free(list);
}

// The length of a name without the number at its end.
static size_t stem_length(const char *name)
{
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
        length--;
    return length;
}

static bool are_of_one_group(const struct member *a, const struct member *b)
{
    size_t length = stem_length(a->name);
    return a->role == b->role && stem_length(b->name) == length &&
           strncmp(a->name, b->name, length) == 0;
}

static int lives_of_group(struct cluster *c, const struct member *m, int *all)
{
    int alive = 0;
    *all = 0;
    for (int i = 0; i < c->count; i++) {
        if (!are_of_one_group(&c->members[i], m))
            continue;
        (*all)++;
        alive += member_runs(c, &c->members[i]);
    }
    return alive;
}

static void retire(struct cluster *c, struct member *m, void *arg)
{
    (void)c;
    (void)arg;
    m->retired = true;
}

void cluster_retire(struct cluster *c, const char *names)
{
    cluster_each(c, names, retire, NULL);
}

void cluster_allow(struct cluster *c, const struct member *m, unsigned what,
                   const char *deed)
{
    if (m->role == NULL)
        cluster_fail(c, "cannot %s %s: it was never started", deed, m->name);
    if ((m->role->allows & what) == 0)
        cluster_fail(c, "the fault model of %s forbids to %s a %s (%s): %s",
                     c->lab->name, deed, m->role->name, m->name,
                     c->lab->fault_model);
    if (!m->role->majority || what != ALLOW_KILL || m->retired)
        return;
    int all;
    int alive = lives_of_group(c, m, &all);
    if (2 * (alive - 1) <= all)
        cluster_fail(c,
                     "the fault model of %s forbids to %s %s: of %d nodes "
                     "only %d would be left: %s",
                     c->lab->name, deed, m->name, all, alive - 1,
                     c->lab->fault_model);
}

void cluster_allow_ahead(struct cluster *c, struct member *m, unsigned what,
                         const char *deed)
{
    m->wanted |= what;
    if (m->role != NULL)
        cluster_allow(c, m, what, deed);
}

void cluster_allow_wanted(struct cluster *c, const struct member *m)
{
    static const struct {
        unsigned what;
        const char *deed;
    } deeds[] = {
        {ALLOW_KILL, "crash"},
        {ALLOW_PAUSE, "hold"},
        {ALLOW_LOSS, "spoil the messages of"},
        {ALLOW_CUT, "cut off"},
    };
    unsigned allows = m->role->allows | (m->role->clerks ? ALLOW_CUT : 0);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        if ((m->wanted & deeds[i].what & ~allows) != 0)
            cluster_allow(c, m, deeds[i].what, deeds[i].deed);
}

// --- Methods that faults name ----------------------------------------------

static bool has_method(const struct count_page *page, const char *method)
{
    for (int i = 0; i < COUNT_METHODS_MAX; i++)
        if (strcmp(count_method_name(page, i), method) == 0)
            return true;
    return false;
}

void member_check_methods(struct cluster *c, struct member *m)
{
    if (m->method_count == 0 || !m->ready)
        return;
    char *path = cluster_path(c, "cnt/%s", m->name);
    struct count_page *page = NULL;
    int err = count_page_view(path, false, &page);
    free(path);
    if (err != ERR_OK)
        cluster_fail(c, "the counters of %s are spoiled: %s", m->name,
                     err_text(err));
    for (size_t i = 0; i < m->method_count; i++)
        if (!has_method(page, m->methods[i]))
            cluster_fail(c,
                         "a fault of %s cannot be applied: %s serves no such "
                         "method",
                         m->methods[i], m->name);
    count_page_close(page);
}

void member_needs_method(struct cluster *c, struct member *m,
                         const char *method)
{
    bool known = false;
    for (size_t i = 0; i < m->method_count && !known; i++)
        known = strcmp(m->methods[i], method) == 0;
    if (!known && m->method_count < METHODS_CHECKED_MAX)
        m->methods[m->method_count++] = xstrdup(method);
    member_check_methods(c, m);
}
