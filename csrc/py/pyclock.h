/*
 * pyclock: the current time in seconds since the epoch. The system's clock, unless time.time has
 * been replaced, by freezegun, time_machine or a test's mock: then whatever that says.
 */
#ifndef PJF_PY_CLOCK_H
#define PJF_PY_CLOCK_H

#include "py/state.h"

/* Seconds since the epoch, known to lie between two bounds. */
typedef struct pjf_now {
    double earliest;
    double latest;
} pjf_now;

/* The time as cheaply as it can be had: the kernel's coarse clock, a few milliseconds wide, which
 * settles nearly every claim. Returns 0, or -1 with the exception of a replaced time.time. */
int pjf_clock_read(pjf_state *state, pjf_now *now);

/* The time exactly (both bounds equal), for a claim that lies between the bounds. */
int pjf_clock_read_exactly(pjf_state *state, pjf_now *now);

#endif
