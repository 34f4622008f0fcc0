// picture_tags.c - see picture_tags.h.
#include "grading/linear/tests/picture_tags.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    DEPTH_MOST = 32,
    NAME_MOST = 16,
};

struct tags {
    char names[DEPTH_MOST][NAME_MOST];
    size_t depth;
};

// Reads the tag behind a '<'; returns what follows its '>'.
static const char *read_tag(struct tags *t, const char *at)
{
    bool closes = *at == '/';
    at += closes ? 1 : 0;
    char name[NAME_MOST] = "";
    size_t size = strcspn(at, " />\n");
    ck_assert_uint_lt(size, NAME_MOST);
    memcpy(name, at, size);
    const char *end = at;
    for (bool quoted = false; quoted || *end != '>'; end++) {
        ck_assert(*end != '\0' && *end != '<');
        if (*end == '"')
            quoted = !quoted;
    }
    if (closes) {
        ck_assert_uint_gt(t->depth, 0);
        ck_assert_str_eq(t->names[--t->depth], name);
    } else if (end[-1] != '/' && name[0] != '!') {
        ck_assert_uint_lt(t->depth, DEPTH_MOST);
        memcpy(t->names[t->depth++], name, NAME_MOST);
    }
    return end + 1;
}

static void expect_entity(const char *at)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(at, known[i], strlen(known[i])) == 0)
            return;
    ck_abort_msg("no entity: %.20s", at);
}

void picture_tags_check(const char *page)
{
    struct tags t = {.depth = 0};
    for (const char *at = page; *at != '\0';) {
        ck_assert((unsigned char)*at >= 0x20 || *at == '\n');
        if (*at == '&')
            expect_entity(at);
        at = *at == '<' ? read_tag(&t, at + 1) : at + 1;
    }
    ck_assert_uint_eq(t.depth, 0);
}
