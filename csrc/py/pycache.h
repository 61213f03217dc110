/*
 * pycache: the verified-token cache of one Verifier, over the core's table. A hit skips the
 * cryptography and the parsing, nothing else, and shares no mutable object with anybody:
 *
 *  - the cache keeps a copy of the claims of its own, out of the garbage collector's sight, and
 *    hands out copies of it, deep ones where a claim is a list or a dict;
 *  - every rule on claims is checked again on every hit, against the current clock;
 *  - only tokens that passed every check get in, so failures and junk neither stay nor evict.
 */
#ifndef PJF_PY_CACHE_H
#define PJF_PY_CACHE_H

#include "core/cache.h"
#include "py/pyclaims.h"
#include "py/state.h"

/* Bytes that a cache may take per entry of its capacity, on average. */
#define PJF_PY_CACHE_BYTES_PER_ENTRY 2048

/* What is known of a token, lent to one call. */
typedef struct pjf_cached {
    PyObject *claims;    /* a reference of the caller's; never to be changed or handed out */
    bool flat;           /* no claim is a list or a dict */
    pjf_claim_view view; /* of claims */
} pjf_cached;

/* Looks the token up. True with a reference in out->claims that the caller drops. now: seconds
 * since the epoch. */
bool pjf_py_cache_get(pjf_cache *cache, pjf_span token, double now, pjf_cached *out);

/* A new dict with the claims of a hit. */
PyObject *pjf_py_cache_copy(const pjf_cached *cached);

/* Offers a verified token to the cache, until its exp. claims is the dict about to be handed out,
 * view its view. now: seconds since the epoch. Not keeping it is no error, so there is no result;
 * no exception is left set. */
void pjf_py_cache_put(const pjf_state *state, pjf_cache *cache, pjf_span token, PyObject *claims,
                      bool flat, const pjf_claim_view *view, double now);

/* Drops all entries. */
void pjf_py_cache_clear(pjf_cache *cache);

#endif
