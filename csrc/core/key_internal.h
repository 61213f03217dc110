/*
 * key_internal: the layout of a key, for the files that make keys (key*.c) and use them (sig.c).
 */
#ifndef PJF_KEY_INTERNAL_H
#define PJF_KEY_INTERNAL_H

#include <stdatomic.h>

#include "core/key.h"
#include "core/sig_hmac.h"

struct pjf_key {
    atomic_size_t refs;
    pjf_lib *lib; /* a reference */
    pjf_key_kind kind;
    size_t bits;
    pjf_hmac *hmac; /* PJF_KEY_OCT */
};

#endif
