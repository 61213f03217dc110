#include "core/cache.h"

#include "tests/harness.h"

/* Values are numbers in disguise: the cache must never look at them. */
static void *value_of(size_t number)
{
    return (void *)(uintptr_t)number;
}

static pjf_cache *new_cache(size_t capacity, size_t max_bytes)
{
    pjf_cache *cache = NULL;
    if (pjf_cache_new(capacity, max_bytes, &cache) != PJF_OK) {
        printf("pjf_cache_new failed\n");
        exit(2);
    }
    return cache;
}

static void free_cache(pjf_cache *cache)
{
    while (pjf_cache_pop(cache) != NULL) {
    }
    pjf_cache_free(cache);
}

static pjf_status put(pjf_cache *cache, const char *token, size_t number, int64_t expiry,
                      int64_t now)
{
    void *removed[PJF_CACHE_REMOVED];
    size_t count;
    return pjf_cache_put(cache, span_of(token), value_of(number), 10, expiry, now, removed, &count);
}

static size_t get(pjf_cache *cache, const char *token, int64_t now)
{
    void *removed;
    return (size_t)(uintptr_t)pjf_cache_get(cache, span_of(token), now, &removed);
}

static pjf_cache_stats stats_of(const pjf_cache *cache)
{
    pjf_cache_stats stats;
    pjf_cache_get_stats(cache, &stats);
    return stats;
}

static void tokens_are_found_by_all_their_bytes(void)
{
    pjf_cache *cache = new_cache(100, 100000);
    /* All end alike, so their hashes can collide as much as they like. */
    static const char *const tokens[] = {
        "aaaaaaaaaaaaaaaa.signaturesignaturesignaturesignature",
        "baaaaaaaaaaaaaaa.signaturesignaturesignaturesignature",
        "aaaaaaaaaaaaaaab.signaturesignaturesignaturesignature",
        "aaaaaaaaaaaaaaa.signaturesignaturesignaturesignature",
        "aaaaaaaaaaaaaaaa.signaturesignaturesignaturesignaturf",
        "short",
        "",
    };
    enum { COUNT = sizeof(tokens) / sizeof(tokens[0]) };
    for (size_t i = 0; i < COUNT; i++) {
        note("%s", tokens[i]);
        CHECK_EQUAL(get(cache, tokens[i], 0), 0);
        CHECK_STATUS(put(cache, tokens[i], i + 1, INT64_MAX, 0), PJF_OK);
    }
    for (size_t i = 0; i < COUNT; i++) {
        note("%s", tokens[i]);
        char copy[100];
        strcpy(copy, tokens[i]);
        CHECK_EQUAL(get(cache, copy, 0), i + 1);
    }
    CHECK_EQUAL(get(cache, "shor", 0), 0);
    pjf_cache_stats stats = stats_of(cache);
    CHECK_EQUAL(stats.entries, COUNT);
    CHECK_EQUAL(stats.hits, COUNT);
    CHECK_EQUAL(stats.misses, COUNT + 1);
    CHECK_EQUAL(stats.capacity, 100);
    CHECK_EQUAL(stats.max_bytes, 100000);
    free_cache(cache);
}

static void entries_die_at_their_expiry(void)
{
    pjf_cache *cache = new_cache(4, 100000);
    CHECK_STATUS(put(cache, "token", 1, 1000, 0), PJF_OK);
    CHECK_EQUAL(get(cache, "token", 999), 1);
    CHECK_EQUAL(stats_of(cache).entries, 1);
    CHECK_EQUAL(get(cache, "token", 1000), 0); /* RFC 7519 §4.1.4: on or after */
    CHECK_EQUAL(stats_of(cache).entries, 0);
    CHECK_EQUAL(stats_of(cache).bytes, 0);
    CHECK_EQUAL(get(cache, "token", -5), 0);
    CHECK_STATUS(put(cache, "ever", 2, INT64_MAX, 0), PJF_OK);
    CHECK_EQUAL(get(cache, "ever", INT64_MAX - 1), 2);
    free_cache(cache);
}

static void a_second_put_replaces_the_first(void)
{
    pjf_cache *cache = new_cache(4, 100000);
    void *removed[PJF_CACHE_REMOVED];
    size_t count = 99;
    CHECK_STATUS(pjf_cache_put(cache, SPAN("t"), value_of(1), 10, 50, 0, removed, &count), PJF_OK);
    CHECK_EQUAL(count, 0);
    size_t bytes = stats_of(cache).bytes;
    CHECK_STATUS(pjf_cache_put(cache, SPAN("t"), value_of(2), 20, 60, 0, removed, &count), PJF_OK);
    if (CHECK_EQUAL(count, 1)) {
        CHECK(removed[0] == value_of(1));
    }
    CHECK_EQUAL(get(cache, "t", 55), 2);
    CHECK_EQUAL(stats_of(cache).entries, 1);
    CHECK_EQUAL(stats_of(cache).bytes, bytes + 10);
    CHECK(pjf_cache_pop(cache) == value_of(2));
    CHECK(pjf_cache_pop(cache) == NULL);
    CHECK_EQUAL(stats_of(cache).bytes, 0);
    pjf_cache_free(cache);
    pjf_cache_free(NULL);
}

/* Random traffic against a model: no value is lost, given twice or found for another token. */
static void values_are_neither_lost_nor_given_twice(void)
{
    enum { TOKENS = 200, ROUNDS = 20000 };
    uint64_t seed = 13;
    static size_t owner[ROUNDS + 1]; /* of each value: 0 nobody, 1 the cache, 2 handed back */
    static size_t latest[TOKENS];    /* value last put for a token */
    static int64_t expiry_of[TOKENS];
    pjf_cache *cache = new_cache(50, 8000);
    int64_t now = 1000;
    for (size_t round = 1; round <= ROUNDS; round++) {
        size_t t = test_random_below(&seed, TOKENS);
        char token[80];
        snprintf(token, sizeof(token), "header.payload-%zu.%.*s", t, (int)(t % 40),
                 "ssssssssssssssssssssssssssssssssssssssssssss");
        note("round %zu", round);
        now += test_random(&seed) % 4 == 0;
        if (test_random(&seed) % 2 == 0) {
            void *expired;
            size_t found = (size_t)(uintptr_t)pjf_cache_get(cache, span_of(token), now, &expired);
            if (expired != NULL) {
                size_t number = (size_t)(uintptr_t)expired;
                CHECK_EQUAL(found, 0);
                CHECK(expiry_of[t] <= now);
                CHECK_EQUAL(owner[number], 1);
                owner[number] = 2;
            }
            if (found != 0) {
                CHECK_EQUAL(found, latest[t]);
                CHECK_EQUAL(owner[found], 1);
                CHECK(expiry_of[t] > now);
            }
            continue;
        }
        void *removed[PJF_CACHE_REMOVED];
        size_t count;
        expiry_of[t] = now + (int64_t)(test_random(&seed) % 200);
        pjf_status status =
            pjf_cache_put(cache, span_of(token), value_of(round), test_random_below(&seed, 200),
                          expiry_of[t], now, removed, &count);
        CHECK(count <= PJF_CACHE_REMOVED);
        for (size_t i = 0; i < count; i++) {
            size_t number = (size_t)(uintptr_t)removed[i];
            CHECK_EQUAL(owner[number], 1);
            owner[number] = 2;
        }
        if (status == PJF_OK) {
            owner[round] = 1;
            latest[t] = round;
            CHECK(expiry_of[t] <= now || get(cache, token, now) == round);
        }
        pjf_cache_stats stats = stats_of(cache);
        CHECK(stats.entries <= stats.capacity);
        CHECK(stats.bytes <= stats.max_bytes);
    }
    size_t held = 0, seen = 0, popped = 0;
    for (size_t i = 1; i <= ROUNDS; i++) {
        held += owner[i] == 1;
    }
    for (size_t i = 0; i < stats_of(cache).capacity; i++) {
        void *value = pjf_cache_at(cache, i);
        seen += value != NULL;
        CHECK(value == NULL || owner[(size_t)(uintptr_t)value] == 1);
    }
    CHECK_EQUAL(held, stats_of(cache).entries);
    CHECK_EQUAL(seen, held);
    for (void *value; (value = pjf_cache_pop(cache)) != NULL; popped++) {
        CHECK_EQUAL(owner[(size_t)(uintptr_t)value], 1);
        owner[(size_t)(uintptr_t)value] = 2;
    }
    CHECK_EQUAL(popped, held);
    CHECK_EQUAL(stats_of(cache).entries, 0);
    CHECK_EQUAL(stats_of(cache).bytes, 0);
    pjf_cache_free(cache);
}

static void a_full_cache_keeps_what_is_used(void)
{
    enum { CAPACITY = 32 };
    pjf_cache *cache = new_cache(CAPACITY, 1000000);
    char token[32];
    CHECK_STATUS(put(cache, "favourite", 7777, INT64_MAX, 0), PJF_OK);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(token, sizeof(token), "passing %zu", i);
        CHECK_STATUS(put(cache, token, i + 1, INT64_MAX, 0), PJF_OK);
        note("after %zu others", i + 1);
        CHECK_EQUAL(get(cache, "favourite", 0), 7777);
        CHECK(stats_of(cache).entries <= CAPACITY);
    }
    CHECK_EQUAL(stats_of(cache).entries, CAPACITY);
    free_cache(cache);
}

static void expired_entries_make_room_first(void)
{
    pjf_cache *cache = new_cache(8, 1000000);
    char token[32];
    for (size_t i = 0; i < 8; i++) {
        snprintf(token, sizeof(token), "token %zu", i);
        CHECK_STATUS(put(cache, token, i + 1, i < 4 ? 100 : INT64_MAX, 0), PJF_OK);
    }
    CHECK_STATUS(put(cache, "new", 99, INT64_MAX, 100), PJF_OK);
    for (size_t i = 4; i < 8; i++) {
        snprintf(token, sizeof(token), "token %zu", i);
        note("%s", token);
        CHECK_EQUAL(get(cache, token, 100), i + 1);
    }
    CHECK_EQUAL(get(cache, "new", 100), 99);
    CHECK_EQUAL(stats_of(cache).entries, 5);
    free_cache(cache);
}

static void large_entries_are_refused(void)
{
    pjf_cache *cache = new_cache(100, 4000);
    void *removed[PJF_CACHE_REMOVED];
    size_t count = 99;
    CHECK_STATUS(put(cache, "small", 1, INT64_MAX, 0), PJF_OK);
    CHECK_STATUS(pjf_cache_put(cache, SPAN("t"), value_of(2), 1001, INT64_MAX, 0, removed, &count),
                 PJF_ERR_ARGUMENT);
    CHECK_EQUAL(count, 0);
    CHECK_STATUS(
        pjf_cache_put(cache, SPAN("t"), value_of(2), SIZE_MAX, INT64_MAX, 0, removed, &count),
        PJF_ERR_ARGUMENT);
    CHECK_EQUAL(get(cache, "small", 0), 1);
    CHECK_EQUAL(stats_of(cache).entries, 1);
    free_cache(cache);
}

static void failed_allocations_leave_the_value_with_the_caller(void)
{
    pjf_cache *cache = new_cache(4, 100000);
    void *removed[PJF_CACHE_REMOVED];
    size_t count = 99;
    CHECK_STATUS(put(cache, "old", 1, INT64_MAX, 0), PJF_OK);
    if (can_fail_allocations) {
        fail_allocation(0);
        CHECK_STATUS(
            pjf_cache_put(cache, SPAN("new"), value_of(2), 10, INT64_MAX, 0, removed, &count),
            PJF_ERR_NOMEM);
        fail_allocation(-1);
        CHECK_EQUAL(count, 0);
        CHECK_EQUAL(get(cache, "new", 0), 0);
        CHECK_EQUAL(stats_of(cache).entries, 1);
    }
    CHECK_EQUAL(get(cache, "old", 0), 1);
    free_cache(cache);
}

/* A large entry against many small ones: each call gives back what it can hold, and in the end
 * there is room. */
static void one_large_entry_displaces_many_small_ones_by_and_by(void)
{
    enum { SMALL = 100, LARGE = 4000 };
    pjf_cache *cache = new_cache(1000, 16500);
    char token[20];
    for (size_t i = 1; i <= SMALL; i++) {
        snprintf(token, sizeof(token), "token %zu", i);
        CHECK_STATUS(put(cache, token, i, INT64_MAX, 0), PJF_OK);
    }
    for (size_t i = 1; stats_of(cache).bytes + 100 < 16500; i++) { /* fill it up */
        snprintf(token, sizeof(token), "more %zu", i);
        CHECK_STATUS(put(cache, token, SMALL + i, INT64_MAX, 0), PJF_OK);
    }
    size_t entries = stats_of(cache).entries, given_back = 0, calls = 0;
    pjf_status status;
    do {
        void *removed[PJF_CACHE_REMOVED];
        size_t count = 99;
        status = pjf_cache_put(cache, SPAN("large"), value_of(9999), LARGE, INT64_MAX, 0, removed,
                               &count);
        note("call %zu", ++calls);
        CHECK(status == PJF_OK || (status == PJF_ERR_NOMEM && count == PJF_CACHE_REMOVED));
        CHECK(count <= PJF_CACHE_REMOVED);
        given_back += count;
        CHECK_EQUAL(stats_of(cache).entries + given_back, entries + (status == PJF_OK));
    } while (status == PJF_ERR_NOMEM && calls < 20);
    CHECK_STATUS(status, PJF_OK);
    CHECK(calls > 1);
    CHECK_EQUAL(get(cache, "large", 0), 9999);
    CHECK(stats_of(cache).bytes <= 16500);
    free_cache(cache);
}

TEST_SUITE(cache, TEST(tokens_are_found_by_all_their_bytes), TEST(entries_die_at_their_expiry),
           TEST(a_second_put_replaces_the_first), TEST(values_are_neither_lost_nor_given_twice),
           TEST(a_full_cache_keeps_what_is_used), TEST(expired_entries_make_room_first),
           TEST(large_entries_are_refused),
           TEST(failed_allocations_leave_the_value_with_the_caller),
           TEST(one_large_entry_displaces_many_small_ones_by_and_by));
