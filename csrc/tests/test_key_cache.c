#include "core/key_cache.h"
#include "tests/fixtures.h"

static pjf_key *get(pjf_key_cache *cache, pjf_lib *lib, pjf_key_purpose purpose, pjf_span text)
{
    pjf_key *key = NULL;
    CHECK_STATUS(pjf_key_cache_get(cache, lib, PJF_FAMILY_HMAC, purpose, text, &key), PJF_OK);
    return key;
}

static void a_text_is_loaded_once(void)
{
    pjf_lib *lib = fixture_lib();
    static pjf_key_cache cache;
    pjf_key *a = get(&cache, lib, PJF_KEY_TO_VERIFY, SPAN("secret a"));
    pjf_key *b = get(&cache, lib, PJF_KEY_TO_VERIFY, SPAN("secret b"));
    CHECK(a != b);
    char copy[] = "secret a";
    CHECK(get(&cache, lib, PJF_KEY_TO_VERIFY, span_of(copy)) == a); /* bytes, not addresses */
    copy[7] = 'b';
    CHECK(get(&cache, lib, PJF_KEY_TO_VERIFY, span_of(copy)) == b);
    CHECK(get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("secret a")) != a);
    CHECK(get(&cache, lib, PJF_KEY_TO_VERIFY, SPAN("secret a\0")) != a);
    CHECK_EQUAL(cache.count, 4);
    CHECK_EQUAL(cache.bytes, 8 + 8 + 8 + 9);
    pjf_key_cache_clear(&cache);
    CHECK_EQUAL(cache.count, 0);
    CHECK_EQUAL(cache.bytes, 0);
    pjf_lib_unref(lib);
}

static void the_rsa_families_share_a_text(void)
{
    pjf_lib *lib = fixture_lib();
    static pjf_key_cache cache;
    pjf_buf pem;
    pjf_buf_init(&pem);
    pjf_key *made = NULL;
    CHECK_STATUS(pjf_key_generate(lib, pjf_alg_find("RS256", 5), 0, &made), PJF_OK);
    CHECK_STATUS(pjf_key_to_pem(made, true, NULL, &pem), PJF_OK);
    const pjf_alg_family families[] = {PJF_FAMILY_RSA, PJF_FAMILY_RSAPSS, PJF_FAMILY_RSA};
    pjf_key *keys[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(pjf_key_cache_get(&cache, lib, families[i], PJF_KEY_TO_SIGN,
                                       (pjf_span){pem.ptr, pem.len}, &keys[i]),
                     PJF_OK);
    }
    CHECK(keys[0] == keys[1] && keys[1] == keys[2]);
    CHECK_EQUAL(cache.count, 1);
    pjf_key *other = NULL; /* as a secret the same text stays refused */
    CHECK_STATUS(pjf_key_cache_get(&cache, lib, PJF_FAMILY_HMAC, PJF_KEY_TO_SIGN,
                                   (pjf_span){pem.ptr, pem.len}, &other),
                 PJF_ERR_KEY_ASYMMETRIC);
    CHECK_STATUS(pjf_key_cache_get(&cache, lib, PJF_FAMILY_ECDSA, PJF_KEY_TO_SIGN,
                                   (pjf_span){pem.ptr, pem.len}, &other),
                 PJF_OK);
    CHECK(other != keys[0]); /* families of other loaders keep their own */
    CHECK_EQUAL(cache.count, 2);
    pjf_key_cache_clear(&cache);
    pjf_key_unref(made);
    pjf_buf_free(&pem, true);
    pjf_lib_unref(lib);
}

static void failures_are_not_kept(void)
{
    pjf_lib *lib = fixture_lib();
    static pjf_key_cache cache;
    pjf_key *key = NULL;
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(pjf_key_cache_get(&cache, lib, PJF_FAMILY_HMAC, PJF_KEY_TO_SIGN,
                                       SPAN("{\"kty\":\"oct\"}"), &key),
                     PJF_ERR_KEY_JWK);
        CHECK_STATUS(
            pjf_key_cache_get(&cache, lib, PJF_FAMILY_HMAC, PJF_KEY_TO_SIGN, SPAN(""), &key),
            PJF_ERR_KEY_EMPTY);
        CHECK_STATUS(
            pjf_key_cache_get(&cache, lib, PJF_FAMILY_NONE, PJF_KEY_TO_SIGN, SPAN("secret"), &key),
            PJF_ERR_ALG_UNSUPPORTED);
    }
    CHECK_EQUAL(cache.count, 0);
    pjf_key_cache_clear(&cache);
    pjf_lib_unref(lib);
}

static void the_least_recently_used_goes(void)
{
    pjf_lib *lib = fixture_lib();
    static pjf_key_cache cache;
    pjf_key *first = get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("first"));
    pjf_key *second = pjf_key_ref(get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("second")));
    for (int i = 0; i < PJF_KEY_CACHE_ENTRIES - 2; i++) {
        char text[32];
        snprintf(text, sizeof(text), "secret %d", i);
        get(&cache, lib, PJF_KEY_TO_SIGN, span_of(text));
    }
    CHECK_EQUAL(cache.count, PJF_KEY_CACHE_ENTRIES);
    CHECK(get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("first")) == first);
    get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("one more")); /* sends "second" away */
    CHECK_EQUAL(cache.count, PJF_KEY_CACHE_ENTRIES);
    CHECK(get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("first")) == first);
    CHECK_EQUAL(pjf_key_bits(second), 48); /* our reference outlives the entry */
    CHECK(get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("second")) != second);
    pjf_key_unref(second);
    pjf_key_cache_clear(&cache);
    pjf_lib_unref(lib);
}

static void bytes_are_bounded(void)
{
    pjf_lib *lib = fixture_lib();
    static pjf_key_cache cache;
    size_t len = PJF_KEY_CACHE_BYTES / 2 + 1;
    uint8_t *text = malloc(PJF_KEY_CACHE_BYTES + 1);
    memset(text, 'x', PJF_KEY_CACHE_BYTES + 1);
    get(&cache, lib, PJF_KEY_TO_SIGN, SPAN("small"));
    get(&cache, lib, PJF_KEY_TO_SIGN, (pjf_span){text, len});
    CHECK_EQUAL(cache.count, 2);
    text[0] = 'y';
    get(&cache, lib, PJF_KEY_TO_SIGN, (pjf_span){text, len});
    CHECK_EQUAL(cache.count, 1);
    CHECK_EQUAL(cache.bytes, len);
    get(&cache, lib, PJF_KEY_TO_SIGN, (pjf_span){text, PJF_KEY_CACHE_BYTES});
    CHECK_EQUAL(cache.count, 1);
    pjf_key *key = NULL;
    CHECK_STATUS(pjf_key_cache_get(&cache, lib, PJF_FAMILY_HMAC, PJF_KEY_TO_SIGN,
                                   (pjf_span){text, PJF_KEY_CACHE_BYTES + 1}, &key),
                 PJF_ERR_ARGUMENT);
    CHECK_EQUAL(cache.count, 1);
    free(text);
    pjf_key_cache_clear(&cache);
    pjf_lib_unref(lib);
}

TEST_SUITE(key_cache, TEST(a_text_is_loaded_once), TEST(the_rsa_families_share_a_text),
           TEST(failures_are_not_kept), TEST(the_least_recently_used_goes),
           TEST(bytes_are_bounded));
