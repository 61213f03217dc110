#include "core/key_cache.h"

#include <stdlib.h>
#include <string.h>

/* Families whose loader is the same share their entries: one RSA key serves RS256 and PS256. */
static pjf_alg_family loader_of(pjf_alg_family family)
{
    return family == PJF_FAMILY_RSAPSS ? PJF_FAMILY_RSA : family;
}

static bool matches(const pjf_key_cache_entry *entry, pjf_alg_family family,
                    pjf_key_purpose purpose, pjf_span text)
{
    return entry->text.len == text.len && entry->family == family && entry->purpose == purpose &&
           memcmp(entry->text.ptr, text.ptr, text.len) == 0;
}

static void drop_last(pjf_key_cache *cache)
{
    pjf_key_cache_entry *last = &cache->entries[--cache->count];
    cache->bytes -= last->text.len;
    uint8_t *text = (uint8_t *)(uintptr_t)last->text.ptr;
    pjf_cleanse(text, last->text.len);
    free(text);
    pjf_key_unref(last->key);
    *last = (pjf_key_cache_entry){0};
}

static pjf_status add(pjf_key_cache *cache, pjf_lib *lib, pjf_alg_family family,
                      pjf_key_purpose purpose, pjf_span text, pjf_key **out)
{
    pjf_key *key;
    if (text.len > PJF_KEY_CACHE_BYTES) {
        return PJF_ERR_ARGUMENT;
    }
    pjf_status status = pjf_key_load(lib, family, text, &key);
    if (status != PJF_OK) {
        return status;
    }
    uint8_t *copy = malloc(text.len == 0 ? 1 : text.len);
    if (copy == NULL) {
        pjf_key_unref(key);
        return PJF_ERR_NOMEM;
    }
    if (text.len != 0) {
        memcpy(copy, text.ptr, text.len);
    }
    while (cache->count == PJF_KEY_CACHE_ENTRIES || cache->bytes + text.len > PJF_KEY_CACHE_BYTES) {
        drop_last(cache);
    }
    memmove(&cache->entries[1], &cache->entries[0], cache->count * sizeof(cache->entries[0]));
    cache->entries[0] = (pjf_key_cache_entry){family, purpose, {copy, text.len}, key};
    cache->count++;
    cache->bytes += text.len;
    *out = key;
    return PJF_OK;
}

pjf_status pjf_key_cache_get(pjf_key_cache *cache, pjf_lib *lib, pjf_alg_family family,
                             pjf_key_purpose purpose, pjf_span text, pjf_key **out)
{
    family = loader_of(family);
    for (size_t i = 0; i < cache->count; i++) {
        if (matches(&cache->entries[i], family, purpose, text)) {
            if (i != 0) {
                pjf_key_cache_entry found = cache->entries[i];
                memmove(&cache->entries[1], &cache->entries[0], i * sizeof(found));
                cache->entries[0] = found;
            }
            *out = cache->entries[0].key;
            return PJF_OK;
        }
    }
    return add(cache, lib, family, purpose, text, out);
}

void pjf_key_cache_clear(pjf_key_cache *cache)
{
    while (cache->count != 0) {
        drop_last(cache);
    }
}
