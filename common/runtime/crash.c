// crash.c - the places where a node can be made to crash, in words.
#include "common/runtime/self.h"

const char *crash_kind_text(enum crash_kind kind)
{
    static const char *const texts[] = {
        [CRASH_NONE] = "somewhere",
        [CRASH_BEFORE_HANDLER] = "before the handler of",
        [CRASH_BEFORE_REPLY] = "after the handler and before the reply of",
        [CRASH_AFTER_REPLY] = "after the reply of",
        [CRASH_BEFORE_PUT] = "before the put of",
        [CRASH_AFTER_PUT] = "after the put of",
        [CRASH_OUTFILE_BEGIN] = "as it began the file",
        [CRASH_OUTFILE_APPEND] = "as it wrote the file",
        [CRASH_BEFORE_COMMIT] = "before the commit of",
        [CRASH_AFTER_COMMIT] = "after the commit of",
    };
    return kind < sizeof texts / sizeof *texts ? texts[kind] : "?";
}
