/*
 * A daemon thread may be in the middle of a signature when the process ends. OpenSSL's handler of
 * that, OPENSSL_cleanup(), takes away what the thread works with, and the process would end in a
 * segmentation fault. Ours is registered after OpenSSL's, runs before it, and waits. No work begins
 * meanwhile: the interpreter is gone, and with it the GIL that a thread would need.
 */
#include "py/pyunlocked.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* To generate a long RSA key takes seconds. */
#define MILLISECONDS_AT_MOST 5000

static atomic_long running;
static atomic_long owner; /* the process whose threads they are: a forked child has none of them */

static void wait_for_running(void)
{
    const struct timespec millisecond = {0, 1000000};
    for (int left = MILLISECONDS_AT_MOST; left > 0; left--) {
        if (atomic_load(&owner) != getpid() || atomic_load(&running) <= 0) {
            return;
        }
        nanosleep(&millisecond, NULL);
    }
}

bool pjf_unlocked_init(void)
{
    static atomic_flag registered = ATOMIC_FLAG_INIT;
    return atomic_flag_test_and_set(&registered) || atexit(wait_for_running) == 0;
}

void pjf_unlocked_begin(void)
{
    long self = getpid();
    if (atomic_load(&owner) != self) {
        atomic_store(&running, 0);
        atomic_store(&owner, self);
    }
    atomic_fetch_add(&running, 1);
}

void pjf_unlocked_end(void)
{
    atomic_fetch_sub(&running, 1);
}
