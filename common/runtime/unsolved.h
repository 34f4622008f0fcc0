// unsolved.h - what the body of a function says that a student has yet to
// write.
#ifndef COMMON_RUNTIME_UNSOLVED_H
#define COMMON_RUNTIME_UNSOLVED_H

enum {
    UNSOLVED_STATUS = 77, // the exit status that says so
};

// "3a acceptor_prepare": part and function. Notes it where a harness sees it
// (on_unsolved in self.h), says it on stderr and ends the node with
// UNSOLVED_STATUS. Any thread.
_Noreturn void not_implemented(const char *what);

#endif
