/*
 * cache: the verified-token cache's table. Maps the full bytes of a token to an opaque value,
 * bounded in entries and bytes; entries die at their expiry. It knows nothing of what a value is:
 * removed values are handed back, and the caller releases them last, when the table is consistent
 * again (a release may run Python, which may call back).
 *
 * The bucket is picked by a keyed hash of the token's end (its signature, which an attacker can't
 * choose) and length; equality is always of the full token bytes. One thread at a time.
 */
#ifndef PJF_CACHE_H
#define PJF_CACHE_H

#include "core/base.h"

typedef struct pjf_cache pjf_cache;

typedef struct pjf_cache_stats {
    uint64_t hits;
    uint64_t misses;
    size_t entries;
    size_t bytes; /* tokens, values as told by the caller, and entry overhead */
    size_t capacity;
    size_t max_bytes;
} pjf_cache_stats;

/* A cache for at most capacity entries (> 0) and max_bytes bytes. */
pjf_status pjf_cache_new(size_t capacity, size_t max_bytes, pjf_cache **out);

/* Frees the table. It must hold no values any more (pjf_cache_pop until NULL). */
void pjf_cache_free(pjf_cache *cache);

/* The value of the token, or NULL; counts a hit or a miss and marks the entry as used. The value
 * stays the cache's: take a reference before anything else can touch the cache. An entry whose
 * expiry is <= now (seconds since the epoch) is a miss and goes: its value comes back in *removed,
 * which is NULL otherwise. */
void *pjf_cache_get(pjf_cache *cache, pjf_span token, int64_t now, void **removed);

/* Adds a verified token. The cache copies the bytes and owns the value. expiry: INT64_MAX for none.
 * Values it had to give up for it (an older one of the same token, evicted ones) are chained onto
 * removed[], at most PJF_CACHE_REMOVED of them; *removed_count tells how many. PJF_ERR_NOMEM, or
 * PJF_ERR_ARGUMENT for an entry larger than a quarter of max_bytes: value stays the caller's. */
#define PJF_CACHE_REMOVED 16
pjf_status pjf_cache_put(pjf_cache *cache, pjf_span token, void *value, size_t value_bytes,
                         int64_t expiry, int64_t now, void *removed[PJF_CACHE_REMOVED],
                         size_t *removed_count);

/* Takes one value out (any), or NULL when the cache is empty. */
void *pjf_cache_pop(pjf_cache *cache);

/* The i-th slot's value or NULL, for i < capacity: lets an owner visit its values. */
void *pjf_cache_at(const pjf_cache *cache, size_t i);

void pjf_cache_get_stats(const pjf_cache *cache, pjf_cache_stats *out);

#endif
