/*
 * The cache against a model that is a plain list. The input is a list of operations on few tokens;
 * after each, table and model agree: what is in, how much of it, what was given back, once. What
 * the cache evicts is its own choice, but it must have a reason: no room, or expiry.
 */
#include "core/cache.h"
#include "fuzz/fuzz.h"

#define TOKENS 48

typedef struct entry {
    size_t value; /* 0: not in */
    size_t bytes;
    int64_t expiry;
} entry;

typedef struct model {
    pjf_cache *cache;
    entry entries[TOKENS];
    size_t count, bytes;
    uint64_t hits, misses;
    size_t capacity, max_bytes;
    size_t last_value; /* values are numbers in disguise, each given once */
    int64_t now;
} model;

typedef struct input {
    const uint8_t *at, *end;
} input;

static unsigned next(input *in)
{
    return in->at == in->end ? 0 : *in->at++;
}

/* Token k in memory of its own. Some are another's beginning or end, most end alike, one is empty.
 */
static pjf_span token_of(size_t k)
{
    static const char tail[] = ".the-same-signature-for-all-of-them";
    size_t len = k % 4 == 0 ? k : k % 4 == 1 ? sizeof(tail) - 1 : k + sizeof(tail) - 1;
    uint8_t *bytes = exactly(len);
    for (size_t i = 0; i < len; i++) {
        size_t from_end = len - i;
        bytes[i] = (uint8_t)(from_end < sizeof(tail) ? tail[sizeof(tail) - 1 - from_end] : 'a');
    }
    if (k % 4 != 0) {
        bytes[0] = (uint8_t)k;
    }
    return (pjf_span){bytes, len};
}

/* What an entry costs beyond its token and value: as the cache itself counts it. */
static size_t overhead(void)
{
    static size_t known;
    pjf_cache *cache;
    pjf_cache_stats stats;
    void *removed[PJF_CACHE_REMOVED];
    size_t count;
    if (known == 0) {
        REQUIRE(pjf_cache_new(1, 1 << 20, &cache) == PJF_OK);
        REQUIRE(pjf_cache_put(cache, (pjf_span){NULL, 0}, &known, 0, INT64_MAX, 0, removed,
                              &count) == PJF_OK);
        pjf_cache_get_stats(cache, &stats);
        known = stats.bytes;
        REQUIRE(known != 0 && known < 1024);
        REQUIRE(pjf_cache_pop(cache) == &known);
        pjf_cache_free(cache);
    }
    return known;
}

/* The value was given back: it must have been in. Returns whose it was. */
static size_t given_back(model *m, const void *value)
{
    size_t k = 0;
    while (k < TOKENS && m->entries[k].value != (size_t)(uintptr_t)value) {
        k++;
    }
    REQUIRE(value != NULL && k < TOKENS);
    m->count--;
    m->bytes -= m->entries[k].bytes;
    m->entries[k].value = 0;
    return k;
}

static void put(model *m, size_t k, size_t value_bytes, int64_t expiry)
{
    pjf_span token = token_of(k);
    void *removed[PJF_CACHE_REMOVED];
    size_t count = 99, value = ++m->last_value;
    size_t bytes = token.len + value_bytes + overhead();
    pjf_status status = pjf_cache_put(m->cache, token, (void *)(uintptr_t)value, value_bytes,
                                      expiry, m->now, removed, &count);
    free((void *)(uintptr_t)token.ptr);
    if (bytes > m->max_bytes / 4) {
        REQUIRE(status == PJF_ERR_ARGUMENT && count == 0);
        return;
    }
    REQUIRE(status == PJF_OK || status == PJF_ERR_NOMEM);
    REQUIRE(count <= PJF_CACHE_REMOVED && (status == PJF_OK || count == PJF_CACHE_REMOVED));
    for (size_t i = 0; i < count; i++) {
        bool full = m->count == m->capacity || m->bytes + bytes > m->max_bytes;
        size_t whose = given_back(m, removed[i]);
        REQUIRE(whose == k || full || m->entries[whose].expiry <= m->now);
    }
    REQUIRE(m->entries[k].value ==
            0); /* an older value of the token went, whatever became of this */
    if (status == PJF_OK) {
        m->entries[k] = (entry){value, bytes, expiry};
        m->count++;
        m->bytes += bytes;
    }
}

static void get(model *m, size_t k)
{
    pjf_span token = token_of(k);
    void *removed = m;
    const entry *known = &m->entries[k];
    const void *value = pjf_cache_get(m->cache, token, m->now, &removed);
    free((void *)(uintptr_t)token.ptr);
    if (known->value != 0 && known->expiry > m->now) {
        REQUIRE((size_t)(uintptr_t)value == known->value && removed == NULL);
        m->hits++;
        return;
    }
    REQUIRE(value == NULL);
    m->misses++;
    if (known->value != 0) { /* expired */
        REQUIRE(given_back(m, removed) == k);
    } else {
        REQUIRE(removed == NULL);
    }
}

static bool pop(model *m)
{
    const void *value = pjf_cache_pop(m->cache);
    REQUIRE((value == NULL) == (m->count == 0));
    if (value != NULL) {
        given_back(m, value);
    }
    return value != NULL;
}

static void compare(const model *m)
{
    pjf_cache_stats stats;
    pjf_cache_get_stats(m->cache, &stats);
    REQUIRE(stats.entries == m->count && stats.bytes == m->bytes);
    REQUIRE(stats.hits == m->hits && stats.misses == m->misses);
    REQUIRE(stats.capacity == m->capacity && stats.max_bytes == m->max_bytes);
    REQUIRE(m->count <= m->capacity && m->bytes <= m->max_bytes);
}

/* A visit meets each value that is in, once. */
static void visit(const model *m)
{
    bool met[TOKENS] = {false};
    size_t count = 0;
    for (size_t i = 0; i < m->capacity; i++) {
        const void *value = pjf_cache_at(m->cache, i);
        for (size_t k = 0; value != NULL && k < TOKENS; k++) {
            if (m->entries[k].value == (size_t)(uintptr_t)value) {
                REQUIRE(!met[k]);
                met[k] = true;
                count++;
            }
        }
    }
    REQUIRE(count == m->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    model m = {.capacity = next(&in) % 40 + 1, .max_bytes = (next(&in) + 1) * (size_t)100};
    REQUIRE(pjf_cache_new(m.capacity, m.max_bytes, &m.cache) == PJF_OK);
    while (in.at != in.end) {
        unsigned operation = next(&in);
        size_t k = next(&in) % TOKENS;
        switch (operation % 8) {
        case 0:
        case 1:
        case 2: {
            unsigned time = next(&in);
            size_t value_bytes = next(&in) * (size_t)(operation >= 128 ? 30 : 1);
            put(&m, k, value_bytes, time == 255 ? INT64_MAX : m.now - 20 + (int64_t)time);
            break;
        }
        case 3:
        case 4: get(&m, k); break;
        case 5: m.now += (int64_t)next(&in) - (operation >= 128 ? 255 : 0); break; /* or back */
        case 6: visit(&m); break;
        default:
            if (operation < 128) {
                pop(&m);
            } else { /* clear */
                while (pop(&m)) {
                }
            }
        }
        compare(&m);
    }
    visit(&m);
    while (pop(&m)) {
    }
    compare(&m);
    pjf_cache_free(m.cache);
    return 0;
}
