/*
 * A daemon thread may be in the middle of a signature when the process ends. OpenSSL's handler of
 * that, OPENSSL_cleanup(), takes away what the thread works with, and the process would end in a
 * segmentation fault. Ours is registered after OpenSSL's, runs before it, and waits. No work begins
 * meanwhile: the interpreter is gone, and with it the GIL that a thread would need.
 */
#include "py/pyunlocked.h"

#ifdef _WIN32
/* Where a process ends by ending its other threads first. */

bool pjf_unlocked_init(void)
{
    return true;
}

void pjf_unlocked_begin(void) {}

void pjf_unlocked_end(void) {}

#else

# include <stdatomic.h>
# include <stdlib.h>
# include <time.h>
# include <unistd.h>

/* Of sleeps of a millisecond. To generate a long RSA key takes seconds. */
# define SLEEPS_AT_MOST      5000
/* What a thread needs to end, once it has been refused the GIL. */
# define MILLISECONDS_TO_END 20

# define COUNT_BITS 32
# define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)

/* How many threads are at work, and above that the process they are of: a forked child has none of
 * its parent's. In one word, as interpreters with a GIL each change it beside each other. */
static _Atomic uint64_t running;
/* Of them this thread, which may be the one that ends the process: by a signal, say. */
static _Thread_local unsigned mine;

static uint64_t this_process(void)
{
    return (uint64_t)getpid() << COUNT_BITS;
}

static void wait_for_running(void)
{
    struct timespec pause = {0, 1000000};
    bool waited = false;
    for (int left = SLEEPS_AT_MOST; left > 0; left--) {
        uint64_t now = atomic_load(&running);
        if ((now & ~COUNT_MASK) != this_process() || (now & COUNT_MASK) <= mine) {
            break;
        }
        nanosleep(&pause, NULL);
        waited = true;
    }
    if (waited) {
        pause.tv_nsec *= MILLISECONDS_TO_END;
        nanosleep(&pause, NULL);
    }
}

bool pjf_unlocked_init(void)
{
    static atomic_flag registered = ATOMIC_FLAG_INIT;
    return atomic_flag_test_and_set(&registered) || atexit(wait_for_running) == 0;
}

void pjf_unlocked_begin(void)
{
    uint64_t self = this_process(), before = atomic_load(&running), after;
    do {
        after = ((before & ~COUNT_MASK) == self ? before : self) + 1;
    } while (!atomic_compare_exchange_weak(&running, &before, after));
    mine++;
}

void pjf_unlocked_end(void)
{
    mine--;
    atomic_fetch_sub(&running, 1);
}

#endif
