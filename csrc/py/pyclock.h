/*
 * pyclock: the current time in seconds since the epoch. The system's clock, unless time.time has
 * been replaced, by freezegun, time_machine or a test's mock: then whatever that says.
 */
#ifndef PJF_PY_CLOCK_H
#define PJF_PY_CLOCK_H

#include "py/state.h"

/* The time into *now. Returns 0, or -1 with the exception of a replaced time.time. */
int pjf_clock_now(pjf_state *state, double *now);

#endif
