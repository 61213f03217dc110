/*
 * pyunlocked: work of the core without the GIL, and the end of a process that waits for it.
 */
#ifndef PJF_PY_UNLOCKED_H
#define PJF_PY_UNLOCKED_H

#include "py/state.h"

/* Once OpenSSL is in use; more than once does no harm. False for want of memory. */
bool pjf_unlocked_init(void);

/* For PJF_UNLOCKED, in the thread that works. */
void pjf_unlocked_begin(void);
void pjf_unlocked_end(void);

/* Runs a statement without the GIL, as between Py_BEGIN_ALLOW_THREADS and its end. */
#define PJF_UNLOCKED(...)       \
    do {                        \
        pjf_unlocked_begin();   \
        Py_BEGIN_ALLOW_THREADS; \
        __VA_ARGS__;            \
        pjf_unlocked_end();     \
        Py_END_ALLOW_THREADS;   \
    } while (0)

#endif
