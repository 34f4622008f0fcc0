// fatal.h - nodes that crash or spin: who it was, and where in the source.
#ifndef COMMON_RUNTIME_SIM_FATAL_H
#define COMMON_RUNTIME_SIM_FATAL_H

// From now on a node that gets a signal which ends it, or that runs for seconds
// without calling the runtime, ends the program with its backtrace.
void fatal_watch(void);

// As abort(), for who has said all there is to say.
_Noreturn void fatal_end(void);

#endif
