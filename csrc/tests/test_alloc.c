/*
 * Every allocation of the core fails once, in turn. Each failure must come back as
 * PJF_ERR_NOMEM, and leave nothing behind (the leak checker looks) and nothing broken.
 *
 * Then every allocation inside OpenSSL. It gets over some failures, and does not always say that
 * memory was what it lacked: a signature then "does not verify", a key "is of no known type". So
 * the status may be another, but success must be a real one, and what is wrong must never come out
 * right.
 */
#include "core/cache.h"
#include "core/json_write.h"
#include "core/key_cache.h"
#include "tests/fixtures.h"
#include "tests/jwks.h"

#include <openssl/err.h>

#define TRY(call)               \
    do {                        \
        status = (call);        \
        if (status != PJF_OK) { \
            goto done;          \
        }                       \
    } while (0)

/* From nothing to a verified token and a filled cache. */
static pjf_status whole_way(pjf_span token, pjf_span secret)
{
    pjf_lib *lib = NULL;
    pjf_key *key = NULL, *kept = NULL;
    pjf_cache *cache = NULL;
    pjf_jws jws;
    pjf_error json_error;
    const pjf_alg *alg;
    void *removed[PJF_CACHE_REMOVED];
    size_t count;
    pjf_key_cache *keys = NULL;
    pjf_buf text;
    pjf_status status;
    static pjf_jws_work work;
    static pjf_key_cache key_cache;

    memset(&work, 0, sizeof(work));
    memset(&key_cache, 0, sizeof(key_cache));
    pjf_buf_init(&text);
    status = pjf_jws_work_init(&work);
    if (status != PJF_OK) {
        goto done;
    }
    TRY(pjf_lib_new(&lib));
    TRY(pjf_key_from_secret(lib, secret, &key));
    keys = &key_cache;
    TRY(pjf_key_cache_get(keys, lib, PJF_FAMILY_HMAC, PJF_KEY_TO_VERIFY, secret, &kept));
    TRY(pjf_jws_load(lib, &work, token, PJF_TOKEN_MAX_DEFAULT, &jws, &json_error));
    TRY(pjf_jws_check_alg(&jws, UINT32_MAX, &alg));
    TRY(pjf_sig_verify(work.sig, alg, key, jws.signing_input, jws.signature));
    TRY(pjf_json_write_latin1(&text, jws.payload.ptr, jws.payload.len));
    TRY(pjf_cache_new(16, 1 << 20, &cache));
    TRY(pjf_cache_put(cache, token, &jws, 100, INT64_MAX, 0, removed, &count));
done:
    if (cache != NULL) {
        while (pjf_cache_pop(cache) != NULL) {
        }
    }
    pjf_cache_free(cache);
    pjf_buf_free(&text, true);
    if (keys != NULL) {
        pjf_key_cache_clear(keys);
    }
    pjf_key_unref(key);
    pjf_lib_unref(lib);
    pjf_jws_work_free(&work);
    return status;
}

/* Fails allocation 0, 1, 2, … of the way until it needs no more; returns how many it needs. */
static long fail_each(pjf_span token, pjf_span secret)
{
    for (long after = 0; after < 1000; after++) {
        note("allocation %ld", after);
        fail_allocation(after);
        pjf_status status = whole_way(token, secret);
        bool failed = allocation_has_failed();
        fail_allocation(-1);
        if (!failed) {
            CHECK_STATUS(status, PJF_OK);
            return after;
        }
        CHECK_STATUS(status, PJF_ERR_NOMEM);
    }
    return -1;
}

static void every_allocation_of_an_ordinary_token(void)
{
    uint8_t secret[128];
    size_t len;
    if (!can_fail_allocations) {
        return;
    }
    CHECK_STATUS(
        pjf_b64url_decode_segment(pjf_b64url_codec_best(), SPAN(A1_SECRET), secret, &len, NULL),
        PJF_OK);
    CHECK(fail_each(SPAN(A1_TOKEN), (pjf_span){secret, len}) > 8);
}

static void every_allocation_of_a_large_token(void)
{
    if (!can_fail_allocations) {
        return;
    }
    /* A header whose strings are escaped and outgrow the inline buffers, and a secret with NULs
     * that is looked at twice. */
    static const char secret[] = "MIIB\0 not a key, but long enough to be looked at as base64";
    pjf_span secret_span = {(const uint8_t *)secret, sizeof(secret) - 1};
    pjf_lib *lib = fixture_lib();
    pjf_key *key = NULL;
    pjf_sig_scratch *scratch = NULL;
    pjf_buf header, token;
    uint8_t payload[5000];
    CHECK_STATUS(pjf_key_from_secret(lib, secret_span, &key), PJF_OK);
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    pjf_buf_init(&header);
    CHECK_STATUS(pjf_buf_append(&header, "{\"alg\":\"HS256\",\"x\":\"", 20), PJF_OK);
    for (int i = 0; i < 2000; i++) {
        CHECK_STATUS(pjf_buf_append(&header, "\\n", 2), PJF_OK);
    }
    CHECK_STATUS(pjf_buf_append(&header, "\",\"", 3), PJF_OK);
    for (int i = 0; i < 2000; i++) { /* a name that is remembered */
        CHECK_STATUS(pjf_buf_append(&header, "n", 1), PJF_OK);
    }
    CHECK_STATUS(pjf_buf_append(&header, "\":1}", 4), PJF_OK);
    memset(payload, 0xe9, sizeof(payload));
    fixture_sign(scratch, key, "HS256", (pjf_span){header.ptr, header.len},
                 (pjf_span){payload, sizeof(payload)}, &token);
    pjf_sig_scratch_free(scratch);
    pjf_key_unref(key);
    pjf_lib_unref(lib);

    CHECK(fail_each((pjf_span){token.ptr, token.len}, secret_span) > 12);
    pjf_buf_free(&header, false);
    pjf_buf_free(&token, false);
}

/* OpenSSL can do without some of its memory, but what it then says is not always an error of
 * memory. A good token may still verify; a bad one never does. */
static void every_allocation_inside_openssl(void)
{
    static const char bad_token[] = A1_HEADER "." A1_PAYLOAD ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gF"
                                              "WFOEjXA";
    uint8_t secret[128];
    size_t len;
    long failures = 0;
    CHECK_STATUS(
        pjf_b64url_decode_segment(pjf_b64url_codec_best(), SPAN(A1_SECRET), secret, &len, NULL),
        PJF_OK);
    ERR_clear_error();
    for (int bad = 0; bad < 2; bad++) {
        bool failed = true;
        for (long after = 0; failed && after < 1000; after++) {
            note("allocation %ld, %s token", after, bad ? "bad" : "good");
            fail_openssl_allocation(after);
            pjf_status status =
                whole_way(bad ? SPAN(bad_token) : SPAN(A1_TOKEN), (pjf_span){secret, len});
            failed = openssl_allocation_has_failed();
            fail_openssl_allocation(-1);
            failures += failed;
            if (!failed) {
                CHECK_STATUS(status, bad ? PJF_ERR_SIGNATURE : PJF_OK);
            } else if (status != (bad ? PJF_ERR_SIGNATURE : PJF_OK)) {
                CHECK(status == PJF_ERR_NOMEM || status == PJF_ERR_CRYPTO);
            }
            CHECK_EQUAL(ERR_peek_error(), 0);
        }
        CHECK(!failed);
    }
    CHECK(failures > 2);
}

/* ---- keys ---- */

typedef struct key_case {
    const char *jwk;
    const char *alg;
    pjf_status status; /* of loading it */
} key_case;

static const key_case key_cases[] = {
    {JWK(OCT_MEMBERS "," M("kid", "1")), "HS256", PJF_OK},
    {JWK(A2_MEMBERS "," M("kid", "1")), "RS256", PJF_OK},
    {JWK(A2_SHORT_MEMBERS), "PS256", PJF_OK},
    {JWK(A2_PUBLIC_MEMBERS), "RS256", PJF_OK},
    {JWK(A3_MEMBERS ",\"key_ops\":[\"sign\"]"), "ES256", PJF_OK},
    {JWK(ED25519_MEMBERS), "EdDSA", PJF_OK},
    {JWK(ED448_MEMBERS), "EdDSA", PJF_OK},
    /* Not one key, or none at all. */
    {JWK(A2_PUBLIC_MEMBERS "," M("d", A2_P)), "RS256", PJF_ERR_KEY_MISMATCH},
    {JWK(A2_SHORT_MEMBERS "," M("p", A2_Q) "," M("q", A2_P) "," M("dp", A2_DP) "," M(
         "dq", A2_DQ) "," M("qi", A2_QI)),
     "RS256", PJF_ERR_KEY_MISMATCH},
    {JWK(EC_MEMBERS("P-256", W1_X, W1_Y, A3_D)), "ES256", PJF_ERR_KEY_MISMATCH},
    {JWK(EC_PUBLIC_MEMBERS("P-256", W1_Y, W1_X)), "ES256", PJF_ERR_KEY_POINT},
    {JWK(OKP_MEMBERS("Ed25519", A1_ED_X, A1_ED_X)), "EdDSA", PJF_ERR_KEY_MISMATCH},
    {JWK(OKP_PUBLIC_MEMBERS("Ed25519", K1_D)), "EdDSA", PJF_ERR_KEY_POINT},
};

/* From a JWK through a signature (and one that is wrong) and back to a JWK. */
static pjf_status key_way(pjf_lib *lib, const key_case *row)
{
    const pjf_alg *alg = fixture_alg(row->alg);
    pjf_key *key = NULL, *public_key = NULL;
    pjf_sig_scratch *scratch = NULL;
    uint8_t signature[PJF_SIG_MAX], thumbprint[PJF_THUMBPRINT_LEN];
    size_t len = 0;
    pjf_buf out;
    pjf_status status;
    pjf_buf_init(&out);
    TRY(pjf_key_from_jwk(lib, span_of(row->jwk), NULL, &key));
    TRY(pjf_key_thumbprint(key, thumbprint));
    TRY(pjf_sig_scratch_new(&scratch));
    if (pjf_key_is_private(key)) {
        TRY(pjf_sig_sign(scratch, alg, key, SPAN("message"), signature, &len));
        TRY(pjf_sig_verify(scratch, alg, key, SPAN("message"), (pjf_span){signature, len}));
        CHECK(pjf_sig_verify(scratch, alg, key, SPAN("massage"), (pjf_span){signature, len}) !=
              PJF_OK);
    }
    if (pjf_key_kind_of(key) != PJF_KEY_OCT) {
        TRY(pjf_key_public(key, &public_key));
        CHECK(!pjf_key_is_private(public_key));
    }
    TRY(pjf_key_to_jwk(key, pjf_key_is_private(key), pjf_key_kid(key), &out));
    /* The text it came from; longer by the primes that were recovered. */
    CHECK(out.len >= strlen(row->jwk) && memcmp(out.ptr, row->jwk, strlen(row->jwk) - 1) == 0);
done:
    pjf_buf_free(&out, true);
    pjf_sig_scratch_free(scratch);
    pjf_key_unref(public_key);
    pjf_key_unref(key);
    return status;
}

static void every_allocation_of_a_key(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; can_fail_allocations && i < sizeof(key_cases) / sizeof(key_cases[0]); i++) {
        const key_case *row = &key_cases[i];
        bool failed = true;
        for (long after = 0; failed; after += allocation_step()) {
            note("key %zu, allocation %ld", i, after);
            fail_allocation(after);
            pjf_status status = key_way(lib, row);
            failed = allocation_has_failed();
            fail_allocation(-1);
            CHECK_STATUS(status, failed ? PJF_ERR_NOMEM : row->status);
        }
    }
    pjf_lib_unref(lib);
}

static void every_allocation_inside_openssl_for_a_key(void)
{
    pjf_lib *lib = fixture_lib();
    long told = 0, not_told = 0;
    for (size_t i = 0; i < sizeof(key_cases) / sizeof(key_cases[0]); i++) {
        const key_case *row = &key_cases[i];
        CHECK_STATUS(key_way(lib, row), row->status); /* what is made once is made */
        bool failed = true;
        for (long after = 0; failed; after += allocation_step()) {
            note("key %zu, OpenSSL's allocation %ld", i, after);
            fail_openssl_allocation(after);
            pjf_status status = key_way(lib, row);
            failed = openssl_allocation_has_failed();
            fail_openssl_allocation(-1);
            if (!failed || row->status != PJF_OK) {
                CHECK(failed ? status != PJF_OK : status == row->status);
            } else if (status != PJF_OK) {
                *(status == PJF_ERR_NOMEM ? &told : &not_told) += 1;
            }
        }
        CHECK_STATUS(key_way(lib, row), row->status); /* and nothing is broken */
    }
    note("%ld failures were told, %ld not", told, not_told);
    CHECK(told > 4 * not_told);
    pjf_lib_unref(lib);
}

TEST_SUITE(alloc, TEST(every_allocation_of_an_ordinary_token),
           TEST(every_allocation_of_a_large_token), TEST(every_allocation_inside_openssl),
           TEST(every_allocation_of_a_key), TEST(every_allocation_inside_openssl_for_a_key));
