/*
 * An array of slots, chained into buckets by index; CLOCK picks what goes: an entry used since the
 * hand last passed gets a second chance, an expired one none.
 */
#include "core/cache.h"

#include <stdlib.h>
#include <string.h>

#define NO_SLOT       UINT32_MAX
#define SWEEP_PER_PUT 8 /* slots looked at for expiry on each insertion */

typedef struct slot {
    uint64_t hash;
    uint8_t *token; /* NULL: free */
    size_t token_len;
    void *value;
    size_t bytes;
    int64_t expiry;
    uint32_t next; /* in the bucket, or in the list of free slots */
    bool used;
} slot;

struct pjf_cache {
    slot *slots;
    uint32_t *buckets;
    size_t bucket_mask;
    uint32_t free_head;
    uint32_t touched; /* slots that have ever been used; the rest is untouched memory */
    size_t hand;      /* of eviction */
    size_t sweep;     /* of expiry */
    uint64_t seed[2];
    pjf_cache_stats stats;
};

/* A product folded to its own half: every bit of a and b reaches every bit of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    uint64_t low = (a & UINT32_MAX) * (b >> 32 | 1), high = (a >> 32) * (b | 1);
    return low ^ (high << 32 | high >> 32) ^ (b * UINT64_C(0x9E3779B97F4A7C15));
#endif
}

static uint64_t token_hash(const pjf_cache *cache, pjf_span token)
{
    uint64_t word[4] = {0, 0, 0, 0};
    size_t tail = token.len < sizeof(word) ? token.len : sizeof(word);
    if (tail != 0) {
        memcpy(word, token.ptr + token.len - tail, tail);
    }
    return mix(word[0] ^ cache->seed[0], word[1] ^ cache->seed[1]) ^
           mix(word[2] ^ cache->seed[1], word[3] ^ cache->seed[0] ^ token.len);
}

pjf_status pjf_cache_new(size_t capacity, size_t max_bytes, pjf_cache **out)
{
    size_t buckets = 8;
    while (buckets < capacity) {
        buckets *= 2;
    }
    pjf_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = PJF_ERR_NOMEM;
    cache->slots = calloc(capacity, sizeof(slot));
    cache->buckets = malloc(buckets * sizeof(uint32_t));
    if (cache->slots == NULL || cache->buckets == NULL) {
        goto failed;
    }
    status = pjf_random((uint8_t *)cache->seed, sizeof(cache->seed));
    if (status != PJF_OK) {
        goto failed;
    }
    memset(cache->buckets, 0xFF, buckets * sizeof(uint32_t)); /* NO_SLOT */
    cache->bucket_mask = buckets - 1;
    cache->free_head = NO_SLOT;
    cache->stats.capacity = capacity;
    cache->stats.max_bytes = max_bytes;
    *out = cache;
    return PJF_OK;

failed:
    pjf_cache_free(cache);
    return status;
}

void pjf_cache_free(pjf_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    free(cache->slots);
    free(cache->buckets);
    free(cache);
}

static uint32_t find(const pjf_cache *cache, pjf_span token, uint64_t hash)
{
    uint32_t i = cache->buckets[hash & cache->bucket_mask];
    while (i != NO_SLOT) {
        const slot *s = &cache->slots[i];
        if (s->hash == hash && s->token_len == token.len &&
            memcmp(s->token, token.ptr, token.len) == 0) {
            return i;
        }
        i = s->next;
    }
    return NO_SLOT;
}

/* Unlinks slot i and gives back its value. */
static void *take(pjf_cache *cache, uint32_t i)
{
    slot *s = &cache->slots[i];
    uint32_t *link = &cache->buckets[s->hash & cache->bucket_mask];
    while (*link != i) {
        link = &cache->slots[*link].next;
    }
    *link = s->next;
    void *value = s->value;
    cache->stats.entries--;
    cache->stats.bytes -= s->bytes;
    pjf_cleanse(s->token, s->token_len); /* a token is a credential */
    free(s->token);
    s->token = NULL;
    s->value = NULL;
    s->next = cache->free_head;
    cache->free_head = i;
    return value;
}

void *pjf_cache_get(pjf_cache *cache, pjf_span token, int64_t now, void **removed)
{
    uint32_t i = find(cache, token, token_hash(cache, token));
    *removed = NULL;
    if (PJF_UNLIKELY(i == NO_SLOT)) {
        cache->stats.misses++;
        return NULL;
    }
    if (PJF_UNLIKELY(cache->slots[i].expiry <= now)) {
        cache->stats.misses++;
        *removed = take(cache, i);
        return NULL;
    }
    cache->stats.hits++;
    cache->slots[i].used = true;
    return cache->slots[i].value;
}

/* The next victim of CLOCK. The cache is not empty. */
static uint32_t pick_victim(pjf_cache *cache, int64_t now)
{
    for (;;) {
        if (cache->hand >= cache->touched) {
            cache->hand = 0;
        }
        slot *s = &cache->slots[cache->hand];
        if (s->token != NULL && (!s->used || s->expiry <= now)) {
            return (uint32_t)cache->hand;
        }
        s->used = false;
        cache->hand++;
    }
}

pjf_status pjf_cache_put(pjf_cache *cache, pjf_span token, void *value, size_t value_bytes,
                         int64_t expiry, int64_t now, void *removed[PJF_CACHE_REMOVED],
                         size_t *removed_count)
{
    size_t count = 0;
    size_t bytes;
    *removed_count = 0;
    if (!pjf_size_add(token.len, value_bytes, &bytes) ||
        !pjf_size_add(bytes, sizeof(slot) + sizeof(uint32_t), &bytes) ||
        bytes > cache->stats.max_bytes / 4) {
        return PJF_ERR_ARGUMENT;
    }
    uint8_t *copy = malloc(token.len == 0 ? 1 : token.len);
    if (copy == NULL) {
        return PJF_ERR_NOMEM;
    }
    if (token.len != 0) {
        memcpy(copy, token.ptr, token.len);
    }

    uint64_t hash = token_hash(cache, token);
    uint32_t old = find(cache, token, hash);
    if (old != NO_SLOT) {
        removed[count++] = take(cache, old);
    }
    for (size_t n = 0; n < SWEEP_PER_PUT && n < cache->touched; n++) {
        if (cache->sweep >= cache->touched) {
            cache->sweep = 0;
        }
        uint32_t i = (uint32_t)cache->sweep++;
        if (cache->slots[i].token != NULL && cache->slots[i].expiry <= now) {
            removed[count++] = take(cache, i);
        }
    }
    while (cache->stats.entries != 0 && (cache->stats.entries == cache->stats.capacity ||
                                         cache->stats.bytes + bytes > cache->stats.max_bytes)) {
        if (count == PJF_CACHE_REMOVED) { /* many small entries against one large: try next time */
            pjf_cleanse(copy, token.len);
            free(copy);
            *removed_count = count;
            return PJF_ERR_NOMEM;
        }
        removed[count++] = take(cache, pick_victim(cache, now));
    }

    uint32_t i = cache->free_head;
    if (i != NO_SLOT) {
        cache->free_head = cache->slots[i].next;
    } else {
        i = cache->touched++;
    }
    slot *s = &cache->slots[i];
    uint32_t *head = &cache->buckets[hash & cache->bucket_mask];
    *s = (slot){.hash = hash,
                .token = copy,
                .token_len = token.len,
                .value = value,
                .bytes = bytes,
                .expiry = expiry,
                .next = *head,
                .used = false};
    *head = i;
    cache->stats.entries++;
    cache->stats.bytes += bytes;
    *removed_count = count;
    return PJF_OK;
}

void *pjf_cache_pop(pjf_cache *cache)
{
    if (cache->stats.entries == 0) {
        return NULL;
    }
    while (cache->hand >= cache->touched || cache->slots[cache->hand].token == NULL) {
        cache->hand = cache->hand >= cache->touched ? 0 : cache->hand + 1;
    }
    return take(cache, (uint32_t)cache->hand);
}

void *pjf_cache_at(const pjf_cache *cache, size_t i)
{
    return i < cache->touched ? cache->slots[i].value : NULL;
}

void pjf_cache_get_stats(const pjf_cache *cache, pjf_cache_stats *out)
{
    *out = cache->stats;
}
