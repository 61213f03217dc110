/*
 * pycache: the verified-token cache of one Verifier, over the core's table. A hit skips the
 * cryptography and the parsing, nothing else, and shares no mutable object with anybody:
 *
 *  - claims that are a flat dict of exact str, int, float, bool and None are kept as a dict and
 *    copied; anything else keeps its JSON text and is parsed again;
 *  - the time claims are kept as numbers and checked against the clock on every hit; what the
 *    verifier's other rules, which never change, say of the same payload does not change either;
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
    PyObject *payload; /* a reference of the caller's: dict to copy, or bytes of JSON to parse */
    pjf_claim_times times;
} pjf_cached;

/* Looks the token up. True with a reference in out->payload that the caller drops. now: seconds
 * since the epoch. */
bool pjf_py_cache_get(pjf_cache *cache, pjf_span token, double now, pjf_cached *out);

/* Offers a verified token to the cache. claims is the dict about to be handed out, json its text.
 * Not keeping it is no error, so there is no result; no exception is left set. */
void pjf_py_cache_put(pjf_cache *cache, pjf_span token, PyObject *claims, bool flat, pjf_span json,
                      const pjf_claim_times *times, double leeway, double now);

/* Drops all entries. */
void pjf_py_cache_clear(pjf_cache *cache);

#endif
