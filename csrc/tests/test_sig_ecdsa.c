/*
 * ECDSA as JWS carries it (RFC 7518 §3.4): r and s, each of the curve's length, and nothing else.
 * The lengths and the DER behind them are ours; OpenSSL's own calls are the oracle.
 */
#include "tests/sig_fixtures.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

/* RFC 7515 A.3. */
static const char a3_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG"
    "6-0iY7X1fCE9-E9LI\"}";
static const char a3_token[] =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"
    "lLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I"
    "SlSApmWQxfKTUJqPP3-Kg6NU1Q";

/* RFC 7515 A.4. */
static const char a4_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcB"
    "pXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBX"
    "MoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\",\"d\":\"AY5pb7A0UFiB3RELSD64fTLO"
    "SV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM9mE15j2C\"}";
static const char a4_token[] =
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPW"
    "ROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKv"
    "U8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";

/* RFC 7520 §4.3. */
static const char c43_jwk[] =
    "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6s"
    "Yl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt\",\"y\":\"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN"
    "34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\",\"d\":\"AAhRON2r9cqXX1hg-RoI6R1t"
    "X5p2rUAYdmpHZoC1XNM56KtscrX6zbKipQrCW9CGZH3T4ubpnoTKLDYJ_fF3_rJt\"}";
static const char c43_token[] =
    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGF"
    "uZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9"
    "hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW9"
    "1IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUII"
    "UnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IE"
    "KBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2";

static const char *const algs[] = {"ES256", "ES256K", "ES384", "ES512"};

static void rfc_examples(void)
{
    static const struct {
        const char *alg, *jwk, *token;
    } examples[] = {{"ES256", a3_jwk, a3_token},
                    {"ES512", a4_jwk, a4_token},
                    {"ES521", a4_jwk, a4_token}, /* PyJWT's name for the same */
                    {"ES512", c43_jwk, c43_token}};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        signer s = signer_of_jwk(examples[i].jwk);
        signed_text text;
        signed_text_read(examples[i].token, &text);
        if (i == 0) {
            check_only_this_verifies(&s, examples[i].alg, text.message, text.signature, text.len);
        }
        CHECK_STATUS(signer_verify(&s, examples[i].alg, text.message, text.signature, text.len),
                     PJF_OK);
        text.signature[text.len / 2] ^= 1;
        CHECK_STATUS(signer_verify(&s, examples[i].alg, text.message, text.signature, text.len),
                     PJF_ERR_SIGNATURE);
        signer_free(&s);
    }
}

static const char *digest_of(const char *alg)
{
    return pjf_digest_of((pjf_digest)fixture_alg(alg)->digest)->name;
}

/* OpenSSL's word on a signature, whose DER is made by OpenSSL too. */
static int openssl_verifies(const signer *s, const char *alg, pjf_span message, const uint8_t *raw,
                            size_t len)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    unsigned char *der = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(raw, (int)len, NULL), BN_bin2bn(raw + len, (int)len, NULL));
    int der_len = i2d_ECDSA_SIG(pair, &der);
    CHECK(EVP_DigestVerifyInit_ex(ctx, NULL, digest_of(alg), NULL, NULL, s->key->pkey, NULL) == 1);
    int result = EVP_DigestVerify(ctx, der, (size_t)der_len, message.ptr, message.len);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    return result;
}

/* A signature of OpenSSL's, taken apart by OpenSSL. */
static void openssl_signs(const signer *s, const char *alg, pjf_span message, uint8_t *raw,
                          size_t len)
{
    unsigned char der[200];
    size_t der_len = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(EVP_DigestSignInit_ex(ctx, NULL, digest_of(alg), NULL, NULL, s->key->pkey, NULL) == 1);
    CHECK(EVP_DigestSign(ctx, der, &der_len, message.ptr, message.len) == 1);
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, (int)len) == (int)len);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + len, (int)len) == (int)len);
    ECDSA_SIG_free(pair);
    EVP_MD_CTX_free(ctx);
}

static void every_curve_agrees_with_openssl(void)
{
    for (size_t a = 0; a < sizeof(algs) / sizeof(algs[0]); a++) {
        signer s = signer_new(algs[a]), other = signer_new(algs[a]);
        size_t len = pjf_curve_of((pjf_curve)fixture_alg(algs[a])->curve)->len, got = 0;
        uint8_t raw[PJF_SIG_MAX + 1];
        for (size_t i = 0; i < 8; i++) {
            note("%s, signature %zu", algs[a], i);
            CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), raw, &got), PJF_OK);
            CHECK_EQUAL(got, 2 * len);
            CHECK_EQUAL(got, pjf_sig_len(fixture_alg(algs[a]), s.key));
            CHECK_EQUAL(openssl_verifies(&s, algs[a], SPAN("a.b"), raw, len), 1);
            openssl_signs(&s, algs[a], SPAN("a.b"), raw, len);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), raw, got), PJF_OK);
            CHECK_STATUS(signer_verify(&other, algs[a], SPAN("a.b"), raw, got), PJF_ERR_SIGNATURE);
        }
        raw[2 * len] = 0;
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), raw, 2 * len + 1), PJF_ERR_SIGNATURE);
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), raw, 2 * len - 1), PJF_ERR_SIGNATURE);
        signer_free(&other);
        signer_free(&s);
    }
}

/* One signature in 128 has an r or s that is shorter than the curve. */
static void short_numbers_keep_their_zeros(void)
{
    signer s = signer_new("ES256");
    uint8_t raw[PJF_SIG_MAX];
    size_t len = 0, found_r = 0, found_s = 0;
    for (size_t i = 0; i < 20000 && (found_r < 2 || found_s < 2); i++) {
        CHECK_STATUS(signer_sign(&s, "ES256", SPAN("a.b"), raw, &len), PJF_OK);
        if (raw[0] == 0 || raw[32] == 0) {
            found_r += raw[0] == 0;
            found_s += raw[32] == 0;
            CHECK_STATUS(signer_verify(&s, "ES256", SPAN("a.b"), raw, len), PJF_OK);
            CHECK_EQUAL(openssl_verifies(&s, "ES256", SPAN("a.b"), raw, 32), 1);
        }
    }
    CHECK(found_r >= 2 && found_s >= 2);
    signer_free(&s);
}

static void each_name_has_its_curve(void)
{
    uint8_t raw[PJF_SIG_MAX] = {1};
    size_t len = 0;
    for (size_t a = 0; a < sizeof(algs) / sizeof(algs[0]); a++) {
        signer s = signer_new(algs[a]);
        for (size_t b = 0; b < sizeof(algs) / sizeof(algs[0]); b++) {
            note("%s with a key of %s", algs[b], algs[a]);
            pjf_status want = a == b ? PJF_OK : PJF_ERR_KEY_ALGORITHM;
            CHECK_STATUS(signer_sign(&s, algs[b], SPAN("a.b"), raw, &len), want);
            want = a == b ? PJF_OK : PJF_ERR_KEY_ALGORITHM;
            CHECK_STATUS(
                signer_verify(&s, algs[b], SPAN("a.b"), raw, fixture_alg(algs[b])->signature_len),
                want);
        }
        signer_free(&s);
    }
}

/* CVE-2022-21449 ("psychic signatures"): Java took r = s = 0 for a signature of everything. */
static void zero_and_the_order_are_no_numbers(void)
{
    for (size_t a = 0; a < sizeof(algs) / sizeof(algs[0]); a++) {
        signer s = signer_new(algs[a]);
        const pjf_curve_facts *curve = pjf_curve_of((pjf_curve)fixture_alg(algs[a])->curve);
        size_t len = curve->len, got = 0;
        uint8_t good[PJF_SIG_MAX], raw[PJF_SIG_MAX], special[5][PJF_ECDSA_NUMBER_MAX];
        EC_GROUP *group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(curve->ossl_name));
        BIGNUM *n = BN_dup(EC_GROUP_get0_order(group));
        memset(special[0], 0, len);
        BN_bn2binpad(n, special[1], (int)len);
        BN_add_word(n, 1);
        BN_bn2binpad(n, special[2], (int)len);
        memset(special[3], 0xff, len);
        memset(special[4], 0, len);
        special[4][len - 1] = 1; /* allowed, and no signature of this message */
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), good, &got), PJF_OK);
        for (size_t r = 0; r < 6; r++) {
            for (size_t t = 0; t < 6; t++) {
                note("%s, r of kind %zu, s of kind %zu", algs[a], r, t);
                memcpy(raw, r < 5 ? special[r] : good, len);
                memcpy(raw + len, t < 5 ? special[t] : good + len, len);
                CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), raw, 2 * len),
                             r == 5 && t == 5 ? PJF_OK : PJF_ERR_SIGNATURE);
            }
        }
        /* r + n stands for r modulo n, where it fits. */
        BN_sub_word(n, 1);
        BIGNUM *r_plus_n = BN_bin2bn(good, (int)len, NULL);
        BN_add(r_plus_n, r_plus_n, n);
        memcpy(raw, good, 2 * len);
        if (BN_num_bytes(r_plus_n) <= (int)len) {
            BN_bn2binpad(r_plus_n, raw, (int)len);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), raw, 2 * len), PJF_ERR_SIGNATURE);
        }
        BN_free(r_plus_n);
        BN_free(n);
        EC_GROUP_free(group);
        signer_free(&s);
    }
}

static void other_forms_of_the_pair_are_refused(void)
{
    signer s = signer_of_jwk(a3_jwk);
    signed_text text;
    uint8_t form[PJF_SIG_MAX] = {0};
    size_t len = 0;
    signed_text_read(a3_token, &text);
    CHECK(pjf_ecdsa_write_der(text.signature, 32, form, &len));
    CHECK_STATUS(signer_verify(&s, "ES256", text.message, form, len), PJF_ERR_SIGNATURE);

    memset(form, 0, sizeof(form)); /* numbers of 33 bytes */
    memcpy(form + 1, text.signature, 32);
    memcpy(form + 34, text.signature + 32, 32);
    CHECK_STATUS(signer_verify(&s, "ES256", text.message, form, 66), PJF_ERR_SIGNATURE);
    memset(form, 0, sizeof(form)); /* as long as those of ES384 */
    memcpy(form + 16, text.signature, 32);
    memcpy(form + 64, text.signature + 32, 32);
    CHECK_STATUS(signer_verify(&s, "ES256", text.message, form, 96), PJF_ERR_SIGNATURE);
    memcpy(form, text.signature + 32, 32); /* s before r */
    memcpy(form + 32, text.signature, 32);
    CHECK_STATUS(signer_verify(&s, "ES256", text.message, form, 64), PJF_ERR_SIGNATURE);
    for (size_t i = 0; i < 32; i++) { /* little-endian */
        form[i] = text.signature[31 - i];
        form[32 + i] = text.signature[63 - i];
    }
    CHECK_STATUS(signer_verify(&s, "ES256", text.message, form, 64), PJF_ERR_SIGNATURE);
    signer_free(&s);
}

static void der_is_what_openssl_writes(void)
{
    static const size_t lens[] = {32, 48, 66};
    uint64_t seed = 3279;
    for (size_t i = 0; i < 3000; i++) {
        size_t len = lens[i % 3], der_len = 0;
        uint8_t raw[2 * PJF_ECDSA_NUMBER_MAX], der[PJF_ECDSA_DER_MAX];
        uint8_t back[2 * PJF_ECDSA_NUMBER_MAX];
        unsigned char *want = NULL;
        test_random_fill(&seed, raw, 2 * len);
        memset(raw, 0, test_random_below(&seed, len + 1)); /* now and then zero itself */
        memset(raw + len, 0, test_random_below(&seed, len + 1));
        ECDSA_SIG *pair = ECDSA_SIG_new();
        ECDSA_SIG_set0(pair, BN_bin2bn(raw, (int)len, NULL), BN_bin2bn(raw + len, (int)len, NULL));
        bool zero = BN_is_zero(ECDSA_SIG_get0_r(pair)) || BN_is_zero(ECDSA_SIG_get0_s(pair));
        int want_len = i2d_ECDSA_SIG(pair, &want);
        note("pair %zu", i);
        CHECK_EQUAL(pjf_ecdsa_write_der(raw, len, der, &der_len), !zero);
        CHECK_EQUAL(pjf_ecdsa_read_der((pjf_span){want, (size_t)want_len}, len, back), !zero);
        if (!zero) {
            CHECK_BYTES(der, der_len, want, (size_t)want_len);
            CHECK_BYTES(back, 2 * len, raw, 2 * len);
        }
        OPENSSL_free(want);
        ECDSA_SIG_free(pair);
    }
}

/* Whatever is read must be what OpenSSL would read and write, and what OpenSSL writes is read. */
static void damaged_der_is_refused(void)
{
    static const size_t lens[] = {32, 48, 66};
    uint64_t seed = 5758;
    size_t accepted = 0, refused = 0;
    for (size_t i = 0; i < 30000; i++) {
        size_t len = lens[i % 3], der_len = 0;
        uint8_t raw[2 * PJF_ECDSA_NUMBER_MAX], der[PJF_ECDSA_DER_MAX + 1];
        test_random_fill(&seed, raw, 2 * len);
        memset(raw, 0, test_random_below(&seed, 3));
        memset(raw + len, 0, test_random_below(&seed, 3));
        CHECK(pjf_ecdsa_write_der(raw, len, der, &der_len));
        size_t changes = test_random_below(&seed, 3), at;
        for (size_t change = 0; change < changes; change++) {
            switch (test_random(&seed) % 4) {
            case 0: /* near the heads, where it matters */
                at = test_random_below(&seed, 8);
                der[at] = (uint8_t)test_random(&seed);
                break;
            case 1:
                at = test_random_below(&seed, der_len);
                der[at] = (uint8_t)(der[at] ^ 1u << test_random(&seed) % 8);
                break;
            case 2: der_len = test_random_below(&seed, der_len + 1); break;
            default:
                if (der_len < sizeof(der)) {
                    der[der_len++] = 0;
                }
                break;
            }
            if (der_len == 0) {
                break;
            }
        }
        guarded copy = guarded_new(der_len, true);
        memcpy(copy.ptr, der, der_len);
        bool got = pjf_ecdsa_read_der((pjf_span){copy.ptr, der_len}, len, raw);
        const unsigned char *from = der;
        unsigned char *again = NULL;
        ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &from, (long)der_len);
        bool want = false;
        if (pair != NULL) {
            const BIGNUM *r = ECDSA_SIG_get0_r(pair), *s = ECDSA_SIG_get0_s(pair);
            int again_len = i2d_ECDSA_SIG(pair, &again);
            want = again_len == (int)der_len && memcmp(again, der, der_len) == 0 &&
                   !BN_is_zero(r) && !BN_is_zero(s) && !BN_is_negative(r) && !BN_is_negative(s) &&
                   BN_num_bytes(r) <= (int)len && BN_num_bytes(s) <= (int)len;
        }
        note("case %zu", i);
        CHECK_EQUAL(got, want);
        *(got ? &accepted : &refused) += 1;
        OPENSSL_free(again);
        ECDSA_SIG_free(pair);
        guarded_free(&copy);
    }
    CHECK(accepted > 1000 && refused > 1000);
}

TEST_SUITE(sig_ecdsa, TEST(rfc_examples), TEST(every_curve_agrees_with_openssl),
           TEST(short_numbers_keep_their_zeros), TEST(each_name_has_its_curve),
           TEST(zero_and_the_order_are_no_numbers), TEST(other_forms_of_the_pair_are_refused),
           TEST(der_is_what_openssl_writes), TEST(damaged_der_is_refused));
