/*
 * JWK in and out. The keys are published ones (tests/jwks.h); each refusal has a row of its own.
 */
#include "core/key.h"

#include <openssl/err.h>

#include "core/sig.h"
#include "tests/fixtures.h"
#include "tests/jwks.h"

static const pjf_span no_kid = {NULL, 0};

static pjf_status load(pjf_lib *lib, pjf_span json, const char *alg, pjf_key **out)
{
    guarded copy = guarded_new(json.len, true);
    if (json.len != 0) {
        memcpy(copy.ptr, json.ptr, json.len);
    }
    *out = NULL;
    pjf_status status = pjf_key_from_jwk(lib, (pjf_span){copy.ptr, json.len},
                                         alg == NULL ? NULL : fixture_alg(alg), out);
    CHECK((status == PJF_OK) == (*out != NULL));
    guarded_free(&copy);
    return status;
}

/* The key of a JWK that must load. */
static pjf_key *must_load(pjf_lib *lib, const char *json)
{
    pjf_key *key;
    note("%s", json);
    if (!CHECK_STATUS(load(lib, span_of(json), NULL, &key), PJF_OK)) {
        exit(2);
    }
    return key;
}

typedef struct sample {
    const char *jwk; /* as the writer writes it */
    const char *alg;
    pjf_key_kind kind;
    pjf_curve curve;
    size_t bits;
    bool is_private;
} sample;

static const sample samples[] = {
    {JWK(OCT_MEMBERS), "HS256", PJF_KEY_OCT, PJF_CURVE_NONE, 512, true},
    {JWK(A2_MEMBERS), "RS256", PJF_KEY_RSA, PJF_CURVE_NONE, 2048, true},
    {JWK(A2_PUBLIC_MEMBERS), "PS512", PJF_KEY_RSA, PJF_CURVE_NONE, 2048, false},
    {JWK(A3_MEMBERS), "ES256", PJF_KEY_EC, PJF_P256, 256, true},
    {JWK(A3_PUBLIC_MEMBERS), "ES256", PJF_KEY_EC, PJF_P256, 256, false},
    {JWK(P384_MEMBERS), "ES384", PJF_KEY_EC, PJF_P384, 384, true},
    {JWK(A4_MEMBERS), "ES512", PJF_KEY_EC, PJF_P521, 521, true},
    {JWK(K1_MEMBERS), "ES256K", PJF_KEY_EC, PJF_SECP256K1, 256, true},
    {JWK(ED25519_MEMBERS), "EdDSA", PJF_KEY_OKP, PJF_ED25519, 256, true},
    {JWK(ED25519_PUBLIC_MEMBERS), "Ed25519", PJF_KEY_OKP, PJF_ED25519, 256, false},
    {JWK(ED448_MEMBERS), "Ed448", PJF_KEY_OKP, PJF_ED448, 456, true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void every_kind_is_loaded_and_written_back(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(samples); i++) {
        const sample *row = &samples[i];
        pjf_key *key = must_load(lib, row->jwk);
        CHECK_EQUAL(pjf_key_kind_of(key), row->kind);
        CHECK_EQUAL(pjf_key_curve_of(key), row->curve);
        CHECK_EQUAL(pjf_key_bits(key), row->bits);
        CHECK_EQUAL(pjf_key_is_private(key), row->is_private);
        CHECK(pjf_key_alg(key) == NULL);
        CHECK(pjf_key_kid(key).ptr == NULL);
        CHECK(pjf_key_fits(key, fixture_alg(row->alg)));
        CHECK(!pjf_key_fits(key, fixture_alg("none")));
        CHECK_STATUS(pjf_key_check(key, fixture_alg(row->alg), PJF_KEY_TO_SIGN),
                     row->is_private ? PJF_OK : PJF_ERR_KEY_PUBLIC);
        CHECK_STATUS(pjf_key_check(key, fixture_alg(row->alg), PJF_KEY_TO_VERIFY), PJF_OK);
        pjf_buf out;
        pjf_buf_init(&out);
        CHECK_STATUS(pjf_buf_append(&out, "before", 6), PJF_OK); /* it is appended to */
        CHECK_STATUS(pjf_key_to_jwk(key, row->is_private, no_kid, &out), PJF_OK);
        CHECK_BYTES(out.ptr + 6, out.len - 6, row->jwk, strlen(row->jwk));
        pjf_buf_free(&out, true);
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

/* The token of RFC 7515 A.2 and A.4 of RFC 8037, made again byte for byte with the loaded keys. */
static void loaded_keys_sign_what_the_rfcs_say(void)
{
    static const char *const signed_texts[][4] = {
        {"RS256", JWK(A2_MEMBERS), "eyJhbGciOiJSUzI1NiJ9." A1_PAYLOAD,
         "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
         "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt"
         "QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6"
         "IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
        {"RS256", JWK(A2_SHORT_MEMBERS), "eyJhbGciOiJSUzI1NiJ9." A1_PAYLOAD,
         "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
         "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt"
         "QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6"
         "IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
        {"EdDSA", JWK(ED25519_MEMBERS), "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
         "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
    };
    pjf_lib *lib = fixture_lib();
    pjf_sig_scratch *scratch = NULL;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    for (size_t i = 0; i < COUNT(signed_texts); i++) {
        uint8_t signature[PJF_SIG_MAX];
        size_t len = 0;
        pjf_key *key = must_load(lib, signed_texts[i][1]);
        pjf_buf text;
        CHECK_STATUS(pjf_sig_sign(scratch, fixture_alg(signed_texts[i][0]), key,
                                  span_of(signed_texts[i][2]), signature, &len),
                     PJF_OK);
        pjf_buf_init(&text);
        fixture_append_b64url(&text, (pjf_span){signature, len});
        CHECK_BYTES(text.ptr, text.len, signed_texts[i][3], strlen(signed_texts[i][3]));
        pjf_buf_free(&text, false);
        pjf_key_unref(key);
    }
    pjf_sig_scratch_free(scratch);
    pjf_lib_unref(lib);
}

static void thumbprints_are_those_of_the_rfcs(void)
{
    static const char *const pairs[][2] = {
        {JWK(T1_MEMBERS "," M("alg", "RS256") "," M("kid", "2011-04-29")), T1_THUMBPRINT},
        {JWK(ED25519_PUBLIC_MEMBERS), A3_ED_THUMBPRINT},
        {JWK(ED25519_MEMBERS), A3_ED_THUMBPRINT},
        {JWK(EC_PUBLIC_MEMBERS("P-256", W1_X, W1_Y) "," M("use", "enc")), W1_THUMBPRINT},
        /* Computed with Python's hashlib from the text that RFC 7638 §3.2 asks for. */
        {JWK(OCT_MEMBERS), "y_x3gCJnL6oKGBBIXScabduwxTVy2Wd2bzRVEUbdUzc"},
        {JWK(A2_MEMBERS), "IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8"},
        {JWK(A4_MEMBERS), "u5YUSjQ2-2chBi51NSk3t3g7IM4o2KYcnPqPtCNGd3U"},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        uint8_t thumbprint[PJF_THUMBPRINT_LEN];
        pjf_buf text;
        pjf_key *key = must_load(lib, pairs[i][0]);
        CHECK_STATUS(pjf_key_thumbprint(key, thumbprint), PJF_OK);
        pjf_buf_init(&text);
        fixture_append_b64url(&text, (pjf_span){thumbprint, sizeof(thumbprint)});
        CHECK_BYTES(text.ptr, text.len, pairs[i][1], strlen(pairs[i][1]));
        pjf_buf_free(&text, false);
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

typedef struct refusal {
    const char *json;
    pjf_status status;
} refusal;

static void check_refusals(const refusal *refusals, size_t count)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < count; i++) {
        pjf_key *key;
        note("%s", refusals[i].json);
        CHECK_STATUS(load(lib, span_of(refusals[i].json), NULL, &key), refusals[i].status);
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

static void texts_that_are_no_jwk(void)
{
    static const refusal refusals[] = {
        {"", PJF_ERR_JWK_JSON},
        {"not json", PJF_ERR_JWK_JSON},
        {"null", PJF_ERR_JWK_JSON},
        {"1", PJF_ERR_JWK_JSON},
        {"-0", PJF_ERR_JWK_JSON},
        {"1.5", PJF_ERR_JWK_JSON},
        {"\"kty\"", PJF_ERR_JWK_JSON},
        {"[]", PJF_ERR_JWK_JSON},
        {"[" JWK(OCT_MEMBERS) "]", PJF_ERR_JWK_JSON},
        {JWK(OCT_MEMBERS) JWK(OCT_MEMBERS), PJF_ERR_JWK_JSON},
        {JWK(OCT_MEMBERS ","), PJF_ERR_JWK_JSON},
        {JWK(OCT_MEMBERS ",\"x\":NaN"), PJF_ERR_JWK_JSON},
        {"\xef\xbb\xbf" JWK(OCT_MEMBERS), PJF_ERR_JWK_JSON},
        {JWK(OCT_MEMBERS "," M("kid", "\xff")), PJF_ERR_JWK_JSON},
        {"{}", PJF_ERR_JWK_KTY},
        {"{\"keys\":[" JWK(OCT_MEMBERS) "]}", PJF_ERR_JWK_KTY},
        {JWK(M("k", A1_SECRET)), PJF_ERR_JWK_KTY},
        {JWK(M("kty", "") "," M("k", A1_SECRET)), PJF_ERR_JWK_KTY},
        {JWK(M("kty", "OCT") "," M("k", A1_SECRET)), PJF_ERR_JWK_KTY},
        {JWK(M("kty", "AKP") "," M("pub", A1_SECRET)), PJF_ERR_JWK_KTY},
        {"{\"kty\":1}", PJF_ERR_JWK_KTY},
        {"{\"kty\":null}", PJF_ERR_JWK_KTY},
        {"{\"kty\":[\"oct\"]}", PJF_ERR_JWK_KTY},
        {JWK("\"a\":{" OCT_MEMBERS "}"), PJF_ERR_JWK_KTY},
    };
    check_refusals(refusals, COUNT(refusals));
}

static void members_that_occur_twice(void)
{
    static const refusal refusals[] = {
        {JWK(OCT_MEMBERS "," M("k", A1_SECRET)), PJF_ERR_JWK_DUPLICATE},
        {JWK(OCT_MEMBERS "," M("\\u006b", A1_SECRET)), PJF_ERR_JWK_DUPLICATE},
        {JWK(OCT_MEMBERS "," M("kty", "RSA")), PJF_ERR_JWK_DUPLICATE},
        {JWK(OCT_MEMBERS ",\"ext\":1,\"ext\":2"), PJF_ERR_JWK_DUPLICATE},
        {JWK(OCT_MEMBERS ",\"\":1,\"\":2"), PJF_ERR_JWK_DUPLICATE},
        /* Not of the key itself. */
        {JWK(OCT_MEMBERS ",\"ext\":{\"a\":1,\"a\":2,\"kty\":3}"), PJF_OK},
    };
    check_refusals(refusals, COUNT(refusals));
}

static void many_members(void)
{
    pjf_lib *lib = fixture_lib();
    for (int count = PJF_JWK_MEMBERS_MAX; count <= PJF_JWK_MEMBERS_MAX + 1; count++) {
        pjf_buf json;
        pjf_key *key;
        pjf_buf_init(&json);
        CHECK_STATUS(pjf_buf_append(&json, "{" OCT_MEMBERS, strlen("{" OCT_MEMBERS)), PJF_OK);
        for (int i = 2; i < count; i++) {
            char member[32];
            int len = snprintf(member, sizeof(member), ",\"member%d\":%d", i, i);
            CHECK_STATUS(pjf_buf_append(&json, member, (size_t)len), PJF_OK);
        }
        CHECK_STATUS(pjf_buf_append_byte(&json, '}'), PJF_OK);
        note("%d members", count);
        CHECK_STATUS(load(lib, (pjf_span){json.ptr, json.len}, NULL, &key),
                     count > PJF_JWK_MEMBERS_MAX ? PJF_ERR_JWK_TOO_MANY : PJF_OK);
        pjf_key_unref(key);
        pjf_buf_free(&json, true);
    }
    pjf_lib_unref(lib);
}

static void long_texts(void)
{
    static uint8_t text[PJF_KEY_TEXT_MAX + 1];
    pjf_lib *lib = fixture_lib();
    pjf_key *key;
    memset(text, ' ', sizeof(text));
    memcpy(text, JWK(OCT_MEMBERS), strlen(JWK(OCT_MEMBERS)));
    CHECK_STATUS(load(lib, (pjf_span){text, sizeof(text) - 1}, NULL, &key), PJF_OK);
    pjf_key_unref(key);
    CHECK_STATUS(load(lib, (pjf_span){text, sizeof(text)}, NULL, &key), PJF_ERR_KEY_TOO_LONG);

    /* All of it numbers: an RSA key whose public part alone is longer than the bounds allow. */
    static const char *const numbers[] = {"n", "d", "e"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        pjf_buf json;
        pjf_buf_init(&json);
        for (size_t j = 0; j < COUNT(numbers); j++) {
            char member[32];
            int len =
                snprintf(member, sizeof(member), "%s\"%s\":\"", j == 0 ? "{" : "\",", numbers[j]);
            CHECK_STATUS(pjf_buf_append(&json, member, (size_t)len), PJF_OK);
            size_t digits = i == j ? PJF_KEY_TEXT_MAX - 5000 : 400;
            CHECK_STATUS(pjf_buf_reserve(&json, digits), PJF_OK);
            memset(json.ptr + json.len, '_', digits); /* sixes of ones: an odd number */
            json.len += digits;
        }
        CHECK_STATUS(pjf_buf_append(&json, "\",\"kty\":\"RSA\"}", 14), PJF_OK);
        note("long %s", numbers[i]);
        CHECK_STATUS(load(lib, (pjf_span){json.ptr, json.len}, NULL, &key),
                     i == 0 ? PJF_ERR_KEY_RSA_MODULUS : PJF_ERR_KEY_RSA_EXPONENT);
        pjf_buf_free(&json, true);
    }
    pjf_lib_unref(lib);
}

static void numbers_that_are_missing_or_misspelt(void)
{
    static const refusal refusals[] = {
        {JWK(M("kty", "oct")), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "oct") ",\"k\":1"), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "oct") ",\"k\":null"), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "oct") ",\"k\":{\"k\":\"AAAA\"}"), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "RSA") "," M("e", A2_E)), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "RSA") "," M("n", A2_N)), PJF_ERR_JWK_MEMBER},
        {JWK(A2_PUBLIC_MEMBERS ",\"d\":null"), PJF_ERR_JWK_MEMBER},
        {JWK(A2_PUBLIC_MEMBERS ",\"d\":[]"), PJF_ERR_JWK_MEMBER},
        {JWK(A2_SHORT_MEMBERS "," M("p", A2_P)), PJF_ERR_JWK_MEMBER},
        {JWK(A2_SHORT_MEMBERS
             "," M("p", A2_P) "," M("q", A2_Q) "," M("dp", A2_DP) "," M("dq", A2_DQ)),
         PJF_ERR_JWK_MEMBER},
        {JWK(A2_SHORT_MEMBERS "," M("qi", A2_QI)), PJF_ERR_JWK_MEMBER},
        {JWK(A2_PUBLIC_MEMBERS "," A2_CRT_MEMBERS), PJF_ERR_JWK_MEMBER},
        {JWK(A2_MEMBERS ",\"oth\":[]"), PJF_ERR_JWK_OTH},
        {JWK(A2_PUBLIC_MEMBERS ",\"oth\":\"\""), PJF_ERR_JWK_OTH},
        {JWK(M("kty", "EC") "," M("x", A3_X) "," M("y", A3_Y)), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "EC") "," M("crv", "P-256") "," M("y", A3_Y)), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "EC") "," M("crv", "P-256") "," M("x", A3_X)), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "EC") "," M("crv", "P-256") "," M("d", A3_D)), PJF_ERR_JWK_MEMBER},
        {JWK(A3_PUBLIC_MEMBERS ",\"d\":0"), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "OKP") "," M("crv", "Ed25519")), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "OKP") "," M("crv", "Ed25519") "," M("d", A1_ED_D)), PJF_ERR_JWK_MEMBER},
        {JWK(M("kty", "OKP") "," M("x", A1_ED_X)), PJF_ERR_JWK_MEMBER},

        {JWK(EC_PUBLIC_MEMBERS("P-224", A3_X, A3_Y)), PJF_ERR_KEY_CURVE},
        {JWK(EC_PUBLIC_MEMBERS("p-256", A3_X, A3_Y)), PJF_ERR_KEY_CURVE},
        {JWK(EC_PUBLIC_MEMBERS("prime256v1", A3_X, A3_Y)), PJF_ERR_KEY_CURVE},
        {JWK(EC_PUBLIC_MEMBERS("", A3_X, A3_Y)), PJF_ERR_KEY_CURVE},
        {JWK(EC_PUBLIC_MEMBERS("Ed25519", A3_X, A3_Y)), PJF_ERR_KEY_CURVE},
        {JWK(OKP_PUBLIC_MEMBERS("P-256", A1_ED_X)), PJF_ERR_KEY_CURVE},
        {JWK(OKP_PUBLIC_MEMBERS("X25519", A1_ED_X)), PJF_ERR_KEY_CURVE},

        /* base64url without padding, every bit of it used (RFC 7515 §2). */
        {JWK(M("kty", "oct") "," M("k", "c2VjcmV0IQ==")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "c2VjcmV0IR")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "c2VjcmV0I")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", " c2VjcmV0")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "c2Vj\\ncmV0")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "+/+/+/+/")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "AAAA\\u0000")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "oct") "," M("k", "\xc3\xa9\xc3\xa9")), PJF_ERR_JWK_B64},
        {JWK(M("kty", "RSA") "," M("n", A2_N "=") "," M("e", A2_E)), PJF_ERR_JWK_B64},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AQAB=")), PJF_ERR_JWK_B64},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", "*")), PJF_ERR_JWK_B64},

        {JWK(M("kty", "oct") "," M("k", "")), PJF_ERR_KEY_EMPTY},
        {JWK(M("kty", "RSA") "," M("n", "") "," M("e", A2_E)), PJF_ERR_JWK_LENGTH},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "")), PJF_ERR_JWK_LENGTH},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AAEAAQ")), PJF_OK}, /* 00 01 00 01 */
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AAABAAE")), PJF_ERR_JWK_LENGTH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", "")), PJF_ERR_JWK_LENGTH},
        {JWK(EC_PUBLIC_MEMBERS("P-256", "", A3_Y)), PJF_ERR_JWK_LENGTH},
        {JWK(EC_PUBLIC_MEMBERS("P-256", A3_X "AA", A3_Y)), PJF_ERR_JWK_B64},
        {JWK(EC_PUBLIC_MEMBERS("P-384", A3_X, A3_Y)), PJF_ERR_JWK_LENGTH},
        {JWK(EC_PUBLIC_MEMBERS("P-256", A3_X, P384_Y)), PJF_ERR_JWK_LENGTH},
        {JWK(EC_MEMBERS("P-256", A3_X, A3_Y, "AQ")), PJF_ERR_JWK_LENGTH},
        {JWK(EC_MEMBERS("P-256", A3_X, A3_Y, "")), PJF_ERR_JWK_LENGTH},
        {JWK(EC_MEMBERS("P-256", A3_X, A3_Y, P384_D)), PJF_ERR_JWK_LENGTH},
        {JWK(OKP_PUBLIC_MEMBERS("Ed25519", ED448_X)), PJF_ERR_JWK_LENGTH},
        {JWK(OKP_PUBLIC_MEMBERS("Ed448", A1_ED_X)), PJF_ERR_JWK_LENGTH},
        {JWK(OKP_MEMBERS("Ed25519", A1_ED_X, "AQ")), PJF_ERR_JWK_LENGTH},
        {JWK(OKP_MEMBERS("Ed25519", A1_ED_X, "")), PJF_ERR_JWK_LENGTH},

        /* What belongs to another kind of key is nobody's business. */
        {JWK(OCT_MEMBERS ",\"n\":5,\"crv\":\"P-1\",\"d\":[],\"oth\":1"), PJF_OK},
        {JWK(ED25519_PUBLIC_MEMBERS ",\"y\":\"!\",\"k\":\"\""), PJF_OK},
    };
    check_refusals(refusals, COUNT(refusals));
}

static void secrets_that_are_no_secrets(void)
{
    static const refusal refusals[] = {
        /* "-----BEGIN PUBLIC KEY-----", and JSON of a JWK, in base64url. */
        {JWK(M("kty", "oct") "," M("k", "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0")),
         PJF_ERR_KEY_ASYMMETRIC},
        {JWK(M("kty", "oct") "," M("k", "eyJrdHkiOiJSU0EifQ")), PJF_ERR_KEY_JWK},
    };
    check_refusals(refusals, COUNT(refusals));
}

static void numbers_that_are_no_key(void)
{
    static const refusal refusals[] = {
        /* (x, y) exchanged; (0, 0); not below the field's prime. */
        {JWK(EC_PUBLIC_MEMBERS("P-256", A3_Y, A3_X)), PJF_ERR_KEY_POINT},
        {JWK(EC_PUBLIC_MEMBERS("P-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
         PJF_ERR_KEY_POINT},
        {JWK(EC_PUBLIC_MEMBERS("P-256", "__________________________________________8",
                               "__________________________________________8")),
         PJF_ERR_KEY_POINT},
        {JWK(EC_PUBLIC_MEMBERS("secp256k1", A3_X, A3_Y)), PJF_ERR_KEY_POINT},
        {JWK(EC_PUBLIC_MEMBERS("P-256", K1_X, K1_Y)), PJF_ERR_KEY_POINT},
        /* Another's d; 0; as large as the order and above (d + order gives the same point). */
        {JWK(EC_MEMBERS("P-256", W1_X, W1_Y, A3_D)), PJF_ERR_KEY_MISMATCH},
        {JWK(EC_MEMBERS("P-256", A3_X, A3_Y, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
         PJF_ERR_KEY_MISMATCH},
        {JWK(EC_MEMBERS("secp256k1", K1_X, K1_Y, "_____________________rqu3OavSKA7v9JejNA2QUI")),
         PJF_ERR_KEY_MISMATCH},
        {JWK(EC_MEMBERS("P-256", A3_X, A3_Y, "__________________________________________8")),
         PJF_ERR_KEY_MISMATCH},
        {JWK(OKP_MEMBERS("Ed25519", A1_ED_X, A1_ED_X)), PJF_ERR_KEY_MISMATCH},
        {JWK(OKP_MEMBERS("Ed448", ED448_X, ED448_X)), PJF_ERR_KEY_MISMATCH},
        {JWK(OKP_PUBLIC_MEMBERS("Ed25519", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
         PJF_ERR_KEY_POINT},

        {JWK(M("kty", "RSA") "," M("n", "AA") "," M("e", A2_E)), PJF_ERR_KEY_RSA_MODULUS},
        {JWK(M("kty", "RSA") "," M("n", "AQAB") "," M("e", A2_E)), PJF_ERR_KEY_RSA_MODULUS},
        {JWK(M("kty", "RSA") "," M("n", A2_P) "," M("e", A2_E)), PJF_OK}, /* 1024 bits */
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AQ")), PJF_ERR_KEY_RSA_EXPONENT},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "Ag")), PJF_ERR_KEY_RSA_EXPONENT},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AQAA")), PJF_ERR_KEY_RSA_EXPONENT},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AA")), PJF_ERR_KEY_RSA_EXPONENT},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "Aw")), PJF_OK},
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "__________8")), PJF_OK}, /* 2^64 - 1 */
        {JWK(M("kty", "RSA") "," M("n", A2_N) "," M("e", "AQAAAAAAAAAB")),
         PJF_ERR_KEY_RSA_EXPONENT}, /* 2^64 + 1 */
        {JWK(M("kty", "RSA") "," M("n", T1_N) "," M("e", A2_E) "," M("d", A2_D)),
         PJF_ERR_KEY_MISMATCH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", "AQ")), PJF_ERR_KEY_MISMATCH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", "Ag")), PJF_ERR_KEY_MISMATCH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", A2_N)), PJF_ERR_KEY_MISMATCH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", A2_P)), PJF_ERR_KEY_MISMATCH},
        {JWK(A2_PUBLIC_MEMBERS "," M("d", A2_P) "," A2_CRT_MEMBERS), PJF_ERR_KEY_MISMATCH},
        {JWK(M("kty", "RSA") "," M("n", T1_N) "," M("e", A2_E) "," M("d", A2_D) "," A2_CRT_MEMBERS),
         PJF_ERR_KEY_MISMATCH},
    };
    check_refusals(refusals, COUNT(refusals));
}

/* Each of p, q, dp, dq, qi wrong by itself: OpenSSL signs nevertheless, with d. */
static void every_number_of_an_rsa_key_counts(void)
{
    static const char *const names[] = {"p", "q", "dp", "dq", "qi"};
    static const char *const values[] = {A2_P, A2_Q, A2_DP, A2_DQ, A2_QI};
    static const char *const wrong[] = {"AQ", "AA", "", A2_N};
    pjf_lib *lib = fixture_lib();
    for (size_t bad = 0; bad < COUNT(names); bad++) {
        for (size_t w = 0; w < COUNT(wrong) + 1; w++) {
            pjf_buf json;
            pjf_key *key;
            pjf_buf_init(&json);
            pjf_buf_append(&json, "{" A2_SHORT_MEMBERS, strlen("{" A2_SHORT_MEMBERS));
            for (size_t i = 0; i < COUNT(names); i++) {
                const char *value = i != bad           ? values[i]
                                    : w < COUNT(wrong) ? wrong[w]
                                                       : values[(i + 1) % COUNT(names)];
                pjf_buf_append(&json, ",\"", 2);
                pjf_buf_append(&json, names[i], strlen(names[i]));
                pjf_buf_append(&json, "\":\"", 3);
                pjf_buf_append(&json, value, strlen(value));
                pjf_buf_append(&json, "\"", 1);
            }
            pjf_buf_append(&json, "}", 1);
            note("%s, %zu", names[bad], w);
            CHECK_STATUS(load(lib, (pjf_span){json.ptr, json.len}, NULL, &key),
                         w == 2 ? PJF_ERR_JWK_LENGTH : PJF_ERR_KEY_MISMATCH);
            pjf_key_unref(key);
            pjf_buf_free(&json, true);
        }
    }
    pjf_lib_unref(lib);
}

/* Primes in either order, and what is computed of d alone is what the RFC prints. */
static void primes_are_recovered(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf out;
    pjf_buf_init(&out);
    for (int round = 0; round < 10; round++) {
        pjf_key *key = must_load(lib, JWK(A2_SHORT_MEMBERS));
        out.len = 0;
        CHECK_STATUS(pjf_key_to_jwk(key, true, no_kid, &out), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, JWK(A2_MEMBERS), strlen(JWK(A2_MEMBERS)));
        pjf_key_unref(key);
    }
    pjf_buf_free(&out, true);
    pjf_lib_unref(lib);
}

static void alg_binds(void)
{
    static const refusal refusals[] = {
        {JWK(OCT_MEMBERS "," M("alg", "HS512")), PJF_OK},
        {JWK(A2_MEMBERS "," M("alg", "PS384")), PJF_OK},
        {JWK(A4_MEMBERS "," M("alg", "ES521")), PJF_OK},
        {JWK(ED448_MEMBERS "," M("alg", "EdDSA")), PJF_OK},
        {JWK(ED448_MEMBERS "," M("alg", "Ed448")), PJF_OK},
        {JWK(OCT_MEMBERS "," M("alg", "none")), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS "," M("alg", "hs256")), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS "," M("alg", "")), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS "," M("alg", "A256GCM")), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS "," M("alg", "RS256")), PJF_ERR_JWK_ALG},
        {JWK(A2_MEMBERS "," M("alg", "HS256")), PJF_ERR_JWK_ALG},
        {JWK(A2_MEMBERS "," M("alg", "RSA-OAEP")), PJF_ERR_JWK_ALG},
        {JWK(A3_MEMBERS "," M("alg", "ES384")), PJF_ERR_JWK_ALG},
        {JWK(A3_MEMBERS "," M("alg", "ES256K")), PJF_ERR_JWK_ALG},
        {JWK(ED25519_MEMBERS "," M("alg", "Ed448")), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS ",\"alg\":null"), PJF_ERR_JWK_ALG},
        {JWK(OCT_MEMBERS ",\"alg\":[\"HS256\"]"), PJF_ERR_JWK_ALG},
    };
    check_refusals(refusals, COUNT(refusals));
    pjf_lib *lib = fixture_lib();
    pjf_key *key = must_load(lib, JWK(A2_MEMBERS "," M("alg", "RS384")));
    CHECK(pjf_key_alg(key) == fixture_alg("RS384"));
    CHECK(pjf_key_fits(key, fixture_alg("RS384")));
    CHECK_STATUS(pjf_key_check(key, fixture_alg("RS256"), PJF_KEY_TO_SIGN), PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(pjf_key_check(key, fixture_alg("PS384"), PJF_KEY_TO_VERIFY),
                 PJF_ERR_KEY_ALGORITHM);
    pjf_key_unref(key);

    /* The caller's word instead of the JWK's own, whatever that is. */
    static const char *const own[] = {"", ",\"alg\":\"RS256\"", ",\"alg\":\"RSA-OAEP\"",
                                      ",\"alg\":5"};
    for (size_t i = 0; i < COUNT(own); i++) {
        char json[4096];
        snprintf(json, sizeof(json), "{" A2_PUBLIC_MEMBERS "%s}", own[i]);
        note("%s", own[i]);
        CHECK_STATUS(load(lib, span_of(json), "PS256", &key), PJF_OK);
        CHECK(pjf_key_alg(key) == fixture_alg("PS256"));
        pjf_key_unref(key);
        CHECK_STATUS(load(lib, span_of(json), "ES256", &key), PJF_ERR_KEY_ALGORITHM);
        CHECK_STATUS(load(lib, span_of(json), "none", &key), PJF_ERR_KEY_ALGORITHM);
    }
    pjf_lib_unref(lib);
}

typedef struct binding {
    const char *members;
    bool signs, verifies;            /* the private key */
    bool public_verifies;            /* its public part */
    const char *written, *published; /* what is written of them */
} binding;

static void use_and_key_ops_bind(void)
{
    static const binding bindings[] = {
        {"", true, true, true, "", ""},
        {",\"use\":\"sig\"", true, true, true, ",\"use\":\"sig\"", ",\"use\":\"sig\""},
        {",\"use\":\"enc\"", false, false, false, ",\"use\":\"enc\"", ",\"use\":\"enc\""},
        {",\"use\":\"SIG\"", false, false, false, ",\"use\":\"enc\"", ",\"use\":\"enc\""},
        {",\"use\":\"\"", false, false, false, ",\"use\":\"enc\"", ",\"use\":\"enc\""},
        {",\"key_ops\":[]", false, false, false, ",\"key_ops\":[]", ",\"key_ops\":[]"},
        {",\"key_ops\":[\"sign\"]", true, true, true, ",\"key_ops\":[\"sign\"]",
         ",\"key_ops\":[\"verify\"]"},
        {",\"key_ops\":[\"verify\"]", false, true, true, ",\"key_ops\":[\"verify\"]",
         ",\"key_ops\":[\"verify\"]"},
        {",\"key_ops\":[\"verify\",\"sign\"]", true, true, true,
         ",\"key_ops\":[\"sign\",\"verify\"]", ",\"key_ops\":[\"verify\"]"},
        {",\"key_ops\":[\"encrypt\",\"deriveBits\",\"own\"]", false, false, false,
         ",\"key_ops\":[]", ",\"key_ops\":[]"},
        {",\"key_ops\":[\"Sign\"]", false, false, false, ",\"key_ops\":[]", ",\"key_ops\":[]"},
        {",\"use\":\"sig\",\"key_ops\":[\"encrypt\",\"sign\"]", true, true, true,
         ",\"use\":\"sig\",\"key_ops\":[\"sign\"]", ",\"use\":\"sig\",\"key_ops\":[\"verify\"]"},
        {",\"use\":\"enc\",\"key_ops\":[\"sign\"]", false, false, false,
         ",\"use\":\"enc\",\"key_ops\":[\"sign\"]", ",\"use\":\"enc\",\"key_ops\":[\"verify\"]"},
    };
    pjf_lib *lib = fixture_lib();
    const pjf_alg *alg = fixture_alg("ES256");
    for (size_t i = 0; i < COUNT(bindings); i++) {
        const binding *row = &bindings[i];
        char json[1024];
        pjf_key *public_key = NULL;
        pjf_buf out;
        pjf_buf_init(&out);
        snprintf(json, sizeof(json), "{" A3_MEMBERS "%s}", row->members);
        pjf_key *key = must_load(lib, json);
        CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_SIGN),
                     row->signs ? PJF_OK : PJF_ERR_KEY_USE);
        CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_VERIFY),
                     row->verifies ? PJF_OK : PJF_ERR_KEY_USE);
        CHECK_STATUS(pjf_key_public(key, &public_key), PJF_OK);
        CHECK_STATUS(pjf_key_check(public_key, alg, PJF_KEY_TO_VERIFY),
                     row->public_verifies ? PJF_OK : PJF_ERR_KEY_USE);
        CHECK(pjf_key_check(public_key, alg, PJF_KEY_TO_SIGN) != PJF_OK);

        CHECK_STATUS(pjf_key_to_jwk(key, true, no_kid, &out), PJF_OK);
        snprintf(json, sizeof(json), "{" A3_MEMBERS "%s}", row->written);
        CHECK_BYTES(out.ptr, out.len, json, strlen(json));
        /* The public JWK is the same whether it is asked of the pair or of its public part. */
        snprintf(json, sizeof(json), "{" A3_PUBLIC_MEMBERS "%s}", row->published);
        pjf_key *both[] = {key, public_key};
        for (size_t j = 0; j < 2; j++) {
            out.len = 0;
            CHECK_STATUS(pjf_key_to_jwk(both[j], false, no_kid, &out), PJF_OK);
            CHECK_BYTES(out.ptr, out.len, json, strlen(json));
        }
        pjf_buf_free(&out, true);
        pjf_key_unref(public_key);
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

/* A public key that says it is for signing is for nothing, and is not mended by writing it. */
static void key_ops_of_a_public_key(void)
{
    static const char json[] = JWK(A3_PUBLIC_MEMBERS ",\"key_ops\":[\"sign\"]");
    pjf_lib *lib = fixture_lib();
    const pjf_alg *alg = fixture_alg("ES256");
    pjf_key *key = must_load(lib, json), *public_key = NULL;
    CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_VERIFY), PJF_ERR_KEY_USE);
    CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_SIGN), PJF_ERR_KEY_PUBLIC);
    CHECK_STATUS(pjf_key_public(key, &public_key), PJF_OK);
    CHECK(public_key == key);
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_key_to_jwk(key, false, no_kid, &out), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, json, strlen(json));
    pjf_buf_free(&out, true);
    pjf_key_unref(public_key);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

static void use_and_key_ops_are_well_formed(void)
{
    static const refusal refusals[] = {
        {JWK(OCT_MEMBERS ",\"use\":null"), PJF_ERR_JWK_USE},
        {JWK(OCT_MEMBERS ",\"use\":[\"sig\"]"), PJF_ERR_JWK_USE},
        {JWK(OCT_MEMBERS ",\"use\":true"), PJF_ERR_JWK_USE},
        {JWK(OCT_MEMBERS ",\"key_ops\":null"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":\"sign\""), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":{\"a\":\"sign\"}"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[\"sign\",1]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[\"sign\",1.5]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[\"sign\",null]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[[\"sign\"]]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[{\"sign\":\"sign\"}]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[\"sign\",\"sign\"]"), PJF_ERR_JWK_OPS},
        {JWK(OCT_MEMBERS ",\"key_ops\":[\"own\",\"sign\",\"\\u006fwn\"]"), PJF_ERR_JWK_OPS},
    };
    check_refusals(refusals, COUNT(refusals));
}

static void kid_is_kept(void)
{
    pjf_lib *lib = fixture_lib();
    char json[1024];
    char longest[PJF_KEY_KID_MAX + 2];
    pjf_key *key, *public_key = NULL;
    pjf_buf out;
    static const char *const kids[][2] = {
        {"", ""},
        {"2011-04-29", "2011-04-29"},
        {"a\\u0000\\\"\\\\\\/", "a\\u0000\\\"\\\\/"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\\u00e9 \\u20ac \\ud83d\\ude00"},
        {"\\ud83d\\ude00", "\\ud83d\\ude00"},
    };
    pjf_buf_init(&out);
    for (size_t i = 0; i < COUNT(kids); i++) {
        snprintf(json, sizeof(json), "{" ED25519_MEMBERS ",\"kid\":\"%s\"}", kids[i][0]);
        key = must_load(lib, json);
        CHECK(pjf_key_kid(key).ptr != NULL);
        CHECK_STATUS(pjf_key_public(key, &public_key), PJF_OK);
        out.len = 0;
        CHECK_STATUS(pjf_key_to_jwk(public_key, false, pjf_key_kid(public_key), &out), PJF_OK);
        snprintf(json, sizeof(json), "{" ED25519_PUBLIC_MEMBERS ",\"kid\":\"%s\"}", kids[i][1]);
        CHECK_BYTES(out.ptr, out.len, json, strlen(json));
        pjf_key_unref(public_key);
        pjf_key_unref(key);
    }
    memset(longest, 'k', sizeof(longest));
    for (int over = 0; over < 2; over++) {
        note("%d more", over);
        longest[PJF_KEY_KID_MAX + over] = '\0';
        snprintf(json, sizeof(json), "{" ED25519_PUBLIC_MEMBERS ",\"kid\":\"%s\"}", longest);
        CHECK_STATUS(load(lib, span_of(json), NULL, &key), over ? PJF_ERR_JWK_KID : PJF_OK);
        pjf_key_unref(key);
        longest[PJF_KEY_KID_MAX] = 'k';
    }
    /* A caller's kid for the writer. */
    key = must_load(lib, JWK(ED25519_PUBLIC_MEMBERS "," M("kid", "old")));
    out.len = 0;
    CHECK_STATUS(pjf_key_to_jwk(key, false, SPAN("new"), &out), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, JWK(ED25519_PUBLIC_MEMBERS "," M("kid", "new")),
                strlen(JWK(ED25519_PUBLIC_MEMBERS "," M("kid", "new"))));
    size_t len = out.len;
    CHECK_STATUS(pjf_key_to_jwk(key, false, (pjf_span){(uint8_t *)longest, 256}, &out),
                 PJF_ERR_JWK_KID);
    CHECK_STATUS(pjf_key_to_jwk(key, false, SPAN("\xed\xa0\x80"), &out), PJF_ERR_JWK_KID);
    CHECK_STATUS(pjf_key_to_jwk(key, false, SPAN("\xff"), &out), PJF_ERR_JWK_KID);
    CHECK_EQUAL(out.len, len); /* a failure appends nothing */
    pjf_key_unref(key);
    pjf_buf_free(&out, true);

    static const refusal refusals[] = {
        {JWK(OCT_MEMBERS ",\"kid\":1"), PJF_ERR_JWK_KID},
        {JWK(OCT_MEMBERS ",\"kid\":null"), PJF_ERR_JWK_KID},
        {JWK(OCT_MEMBERS ",\"kid\":{}"), PJF_ERR_JWK_KID},
        {JWK(OCT_MEMBERS ",\"kid\":\"\\ud800\""), PJF_ERR_JWK_KID},
    };
    check_refusals(refusals, COUNT(refusals));
    pjf_lib_unref(lib);
}

static void writers_keep_private_parts(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf out;
    pjf_buf_init(&out);
    for (size_t i = 0; i < COUNT(samples); i++) {
        pjf_key *key = must_load(lib, samples[i].jwk);
        out.len = 0;
        if (samples[i].kind == PJF_KEY_OCT) {
            CHECK_STATUS(pjf_key_to_jwk(key, false, no_kid, &out), PJF_ERR_KEY_NO_PUBLIC);
        } else if (!samples[i].is_private) {
            CHECK_STATUS(pjf_key_to_jwk(key, true, no_kid, &out), PJF_ERR_KEY_NO_PRIVATE);
        } else {
            CHECK_STATUS(pjf_key_to_jwk(key, false, no_kid, &out), PJF_OK);
            CHECK_STATUS(pjf_buf_append_byte(&out, '\0'), PJF_OK);
            CHECK(strstr((const char *)out.ptr, "\"d\"") == NULL);
            CHECK(strstr((const char *)out.ptr, "\"p\"") == NULL);
            out.len--;
            pjf_key *again;
            CHECK_STATUS(load(lib, (pjf_span){out.ptr, out.len}, NULL, &again), PJF_OK);
            CHECK(!pjf_key_is_private(again));
            pjf_key_unref(again);
        }
        pjf_key_unref(key);
    }
    pjf_buf_free(&out, true);
    pjf_lib_unref(lib);
}

static void the_error_queue_is_left_alone(void)
{
    static const char *const texts[] = {
        JWK(A2_MEMBERS),
        JWK(A2_SHORT_MEMBERS),
        JWK(ED448_MEMBERS),
        JWK(EC_PUBLIC_MEMBERS("P-256", A3_Y, A3_X)),
        JWK(EC_MEMBERS("P-256", W1_X, W1_Y, A3_D)),
        JWK(OKP_MEMBERS("Ed25519", A1_ED_X, A1_ED_X)),
        JWK(A2_PUBLIC_MEMBERS "," M("d", A2_P) "," A2_CRT_MEMBERS),
    };
    pjf_lib *lib = fixture_lib();
    for (int earlier = 0; earlier < 2; earlier++) {
        ERR_clear_error();
        if (earlier) {
            ERR_raise(ERR_LIB_USER, 42);
        }
        for (size_t i = 0; i < COUNT(texts); i++) {
            pjf_key *key = NULL, *public_key = NULL;
            uint8_t thumbprint[PJF_THUMBPRINT_LEN];
            note("%s", texts[i]);
            if (load(lib, span_of(texts[i]), NULL, &key) == PJF_OK) {
                CHECK_STATUS(pjf_key_thumbprint(key, thumbprint), PJF_OK);
                CHECK_STATUS(pjf_key_public(key, &public_key), PJF_OK);
            }
            pjf_key_unref(public_key);
            pjf_key_unref(key);
            CHECK_EQUAL(ERR_GET_REASON(ERR_peek_last_error()), earlier ? 42 : 0);
        }
    }
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
    pjf_lib_unref(lib);
}

TEST_SUITE(key_jwk, TEST(every_kind_is_loaded_and_written_back),
           TEST(loaded_keys_sign_what_the_rfcs_say), TEST(thumbprints_are_those_of_the_rfcs),
           TEST(texts_that_are_no_jwk), TEST(members_that_occur_twice), TEST(many_members),
           TEST(long_texts), TEST(numbers_that_are_missing_or_misspelt),
           TEST(secrets_that_are_no_secrets), TEST(numbers_that_are_no_key),
           TEST(every_number_of_an_rsa_key_counts), TEST(primes_are_recovered), TEST(alg_binds),
           TEST(use_and_key_ops_bind), TEST(key_ops_of_a_public_key),
           TEST(use_and_key_ops_are_well_formed), TEST(kid_is_kept),
           TEST(writers_keep_private_parts), TEST(the_error_queue_is_left_alone));
