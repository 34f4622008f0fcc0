#include "common/runtime/unsolved.h"

#include <stddef.h>
#include <stdio.h>

#include "common/runtime/process.h"
#include "common/runtime/self.h"

void not_implemented(const char *what)
{
    struct self *self = self_get();
    if (self->on_unsolved != NULL)
        self->on_unsolved(self->arg, what);
    fprintf(stderr, "not implemented: %s\n", what);
    process_leave(UNSOLVED_STATUS);
}
