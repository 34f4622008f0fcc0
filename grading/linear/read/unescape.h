// unescape.h - bytes as text: UTF-8, escapes, base64.
#ifndef GRADING_LINEAR_READ_UNESCAPE_H
#define GRADING_LINEAR_READ_UNESCAPE_H

#include "grading/linear/history.h"

// What stands between the quotes of a string of JSON or EDN, without its
// escapes; the history keeps it. False: an escape is wrong, *why says how.
bool unescape(struct linear_history *h, struct slice text, struct slice *out,
              const char **why);

// Likewise, from base64 (RFC 4648, with padding).
bool base64_decode(struct linear_history *h, struct slice text,
                   struct slice *out, const char **why);

bool utf8_valid(struct slice text);

#endif
