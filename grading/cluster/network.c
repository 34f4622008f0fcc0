// network.c - who finds whom: links, sockets, cuts.
//
// A node dials net/ME/NAME, a hard link to the socket of whoever has that
// name. What should stand there follows from the state (should_link), and each
// change of that state puts the links that it concerns right. A link that
// stays is never away for a moment: the new one is renamed onto it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/runtime/alloc.h"
#include "grading/cluster/cluster_private.h"

// --- Links -----------------------------------------------------------------

static bool should_link(struct cluster *c, int me, int name)
{
    int owner = c->owners[name];
    return owner >= 0 && c->members[owner].ready &&
           c->members[owner].role->serves && !c->hidden[name] &&
           c->cuts[me][name] != LINK_REFUSED;
}

static void put_link(struct cluster *c, int me, int name)
{
    char *socket = cluster_path(c, "sock/%s/s", c->members[name].name);
    char *path = cluster_path(c, "net/%s/%s", c->members[me].name,
                              c->members[name].name);
    char *fresh = xasprintf("%s+", path); // no node's name has a plus
    int status = link(socket, fresh);
    if (status == 0)
        status = rename(fresh, path);
    if (status != 0 && errno != ENOENT)
        cluster_fail(c, "cannot link %s to %s: %s", path, socket,
                     strerror(errno));
    unlink(fresh); // a rename onto the same file leaves it
    free(fresh);
    free(path);
    free(socket);
}

static void set_link(struct cluster *c, int me, int name)
{
    bool linked = c->linked[me][name];
    c->linked[me][name] = should_link(c, me, name);
    if (c->linked[me][name])
        put_link(c, me, name);
    if (c->linked[me][name] || !linked)
        return;
    char *path = cluster_path(c, "net/%s/%s", c->members[me].name,
                              c->members[name].name);
    unlink(path);
    free(path);
}

static void set_links_to(struct cluster *c, int name)
{
    for (int me = 0; me < c->count; me++)
        set_link(c, me, name);
}

void cluster_link_new(struct cluster *c, struct member *m)
{
    if (!m->role->serves)
        return;
    for (int i = 0; i < c->count; i++) // a name that it had been given
        if (c->owners[i] == m->number && i != m->number)
            c->owners[i] = -1;
    c->owners[m->number] = m->number;
    c->hidden[m->number] = false;
    for (int i = 0; i < c->count; i++)
        set_links_to(c, i);
}

// --- Sockets ---------------------------------------------------------------

static struct member *served(struct cluster *c, const char *name,
                             const char *deed)
{
    struct member *m = cluster_member(c, name);
    cluster_allow(c, m, ALLOW_SOCKET, deed);
    if (!m->ready || !m->role->serves || c->owners[m->number] != m->number)
        cluster_fail(c, "cannot %s %s: it has none", deed, name);
    return m;
}

static void move_socket(struct cluster *c, const char *from, const char *from_,
                        const char *to, const char *to_)
{
    char *old = cluster_path(c, "sock/%s/%s", from, from_);
    char *new = cluster_path(c, "sock/%s/%s", to, to_);
    if (rename(old, new) != 0)
        cluster_fail(c, "cannot rename %s to %s: %s", old, new,
                     strerror(errno));
    free(old);
    free(new);
}

void cluster_delete_socket(struct cluster *c, const char *name)
{
    struct member *m = served(c, name, "delete the socket of");
    cluster_tell(c, "delete the socket of %s", name);
    c->owners[m->number] = -1;
    set_links_to(c, m->number);
    char *path = cluster_path(c, "sock/%s/s", name);
    unlink(path);
    free(path);
}

void cluster_rename_socket(struct cluster *c, const char *name, const char *to)
{
    struct member *m = served(c, name, "rename the socket of");
    struct member *other = cluster_member(c, to);
    if (other->role != NULL)
        cluster_fail(c, "cannot give %s the name %s: that is a node's", name,
                     to);
    cluster_tell(c, "rename the socket of %s: %s", name, to);
    move_socket(c, name, "s", to, "s");
    c->owners[m->number] = -1;
    c->owners[other->number] = m->number;
    set_links_to(c, m->number);
    set_links_to(c, other->number);
}

void cluster_hide_socket(struct cluster *c, const char *name)
{
    struct member *m = served(c, name, "hide the socket of");
    if (c->hidden[m->number])
        cluster_fail(c, "the socket of %s is hidden already", name);
    cluster_tell(c, "hide the socket of %s", name);
    c->hidden[m->number] = true;
    set_links_to(c, m->number);
    move_socket(c, name, "s", name, "hidden");
}

void cluster_show_socket(struct cluster *c, const char *name)
{
    struct member *m = cluster_member(c, name);
    if (!c->hidden[m->number])
        cluster_fail(c, "the socket of %s is not hidden", name);
    cluster_tell(c, "show the socket of %s", name);
    move_socket(c, name, "hidden", name, "s");
    c->hidden[m->number] = false;
    set_links_to(c, m->number);
}

// --- Cuts ------------------------------------------------------------------

static void set_cut(struct cluster *c, int from, int to, enum link_cut cut)
{
    if (c->cuts[from][to] == cut)
        return;
    c->cuts[from][to] = (unsigned char)cut;
    fault_cut_out(c->members[from].faults, to, cut != LINK_WHOLE);
    fault_cut_in(c->members[to].faults, from, cut != LINK_WHOLE);
    set_link(c, from, to);
}

struct cut {
    const struct member *from;
    const char *to;
    enum link_cut cut;
};

static void check_cuttable(struct cluster *c, struct member *m, void *arg)
{
    (void)arg;
    if (m->role == NULL || !m->role->clerks) // clients may always be cut
        cluster_allow_ahead(c, m, ALLOW_CUT, "cut off");
}

static void cut_one(struct cluster *c, struct member *to, void *arg)
{
    const struct cut *cut = arg;
    if (to != cut->from)
        set_cut(c, cut->from->number, to->number, cut->cut);
}

static void cut_from(struct cluster *c, struct member *from, void *arg)
{
    struct cut cut = *(const struct cut *)arg;
    cut.from = from;
    cluster_each(c, cut.to, cut_one, &cut);
}

static void cut_all(struct cluster *c, const char *from, const char *to,
                    enum cluster_cut how)
{
    cluster_each(c, from, check_cuttable, NULL);
    cluster_each(c, to, check_cuttable, NULL);
    struct cut cut = {NULL, to, how == CUT_REFUSE ? LINK_REFUSED : LINK_SILENT};
    cluster_each(c, from, cut_from, &cut);
}

static const char *how_text(enum cluster_cut how)
{
    return how == CUT_REFUSE ? "refusing" : "silent";
}

void cluster_cut(struct cluster *c, const char *from, const char *to,
                 enum cluster_cut how)
{
    cluster_tell(c, "cut %s -> %s, %s", from, to, how_text(how));
    cut_all(c, from, to, how);
}

void cluster_part(struct cluster *c, const char *some, const char *others,
                  enum cluster_cut how)
{
    cluster_tell(c, "cut %s <-> %s, %s", some, others, how_text(how));
    cut_all(c, some, others, how);
    cut_all(c, others, some, how);
}

void cluster_heal(struct cluster *c)
{
    cluster_tell(c, "heal");
    for (int from = 0; from < c->count; from++)
        for (int to = 0; to < c->count; to++)
            set_cut(c, from, to, LINK_WHOLE);
}
