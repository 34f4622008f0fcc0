// machine.h - how slow the machine is at the moment, for the time limits.
#ifndef GRADING_RUNNER_MACHINE_H
#define GRADING_RUNNER_MACHINE_H

// 1 on a machine that is as fast as ours, and idle; up to 10. Takes 50 ms.
double machine_factor(void);

// The factor of a machine that does, in the same time, so much of the usual:
// of computing, and of waking up. For tests.
double machine_factor_of(double computing, double waking);

#endif
