// picture_tags.h - are the tags of a page well nested?
#ifndef GRADING_LINEAR_TESTS_PICTURE_TAGS_H
#define GRADING_LINEAR_TESTS_PICTURE_TAGS_H

// Fails the test unless each tag is closed in its turn, as XML wants it, each
// entity known, and no character one that a page may not have.
void picture_tags_check(const char *page);

#endif
