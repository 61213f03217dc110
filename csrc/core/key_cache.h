/*
 * key_cache: keys prepared from raw text, found again by that text. For callers who pass the same
 * secret with every call: a secret is checked and prepared once, not per token.
 *
 * An entry is found by family, purpose and the whole bytes, so one text taken as an HMAC secret and
 * as a PEM gives two entries and no confusion; the two RSA families share theirs. Bounded in
 * entries and bytes; the least recently used goes first, its copy of the text cleansed. One thread
 * at a time.
 */
#ifndef PJF_KEY_CACHE_H
#define PJF_KEY_CACHE_H

#include "core/alg.h"
#include "core/base.h"
#include "core/key.h"

#define PJF_KEY_CACHE_ENTRIES 64
#define PJF_KEY_CACHE_BYTES   ((size_t)256 * 1024)

typedef struct pjf_key_cache_entry {
    pjf_alg_family family;
    pjf_key_purpose purpose;
    pjf_span text; /* owned */
    pjf_key *key;  /* a reference */
} pjf_key_cache_entry;

/* Zero-initialised by its owner; most recently used first. */
typedef struct pjf_key_cache {
    pjf_key_cache_entry entries[PJF_KEY_CACHE_ENTRIES];
    size_t count;
    size_t bytes;
} pjf_key_cache;

/* The prepared key of the text, from the cache or loaded and added. The key is the cache's: take a
 * reference before anything else can use the cache. Fails as the loader of the family does;
 * failures are not kept. A text too large to keep is PJF_ERR_ARGUMENT. */
pjf_status pjf_key_cache_get(pjf_key_cache *cache, pjf_lib *lib, pjf_alg_family family,
                             pjf_key_purpose purpose, pjf_span text, pjf_key **out);

/* Empties it, cleansing the texts. */
void pjf_key_cache_clear(pjf_key_cache *cache);

#endif
