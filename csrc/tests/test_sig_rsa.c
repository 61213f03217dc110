/*
 * RSASSA-PKCS1-v1_5 and RSASSA-PSS with exactly the parameters of RFC 7518 §3.3 and §3.5. OpenSSL
 * called directly, with those parameters and with others, is the oracle.
 */
#include "tests/sig_fixtures.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

/* RFC 7520 §3.4, §4.1 and §4.2. */
static const char c34_jwk[] =
    "{\"kty\":\"RSA\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRo"
    "jdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkH"
    "Hig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhz"
    "wOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iai"
    "Qkqgc5gHdrNP5zw\",\"e\":\"AQAB\",\"d\":\"bWUC9B-EFRIo8kpGfh0ZuyGPvMNKvYWNtB_ikiH9k20eT-O"
    "1q_I78eiZkpXxXQ0UTEs2LsNRS-8uJbvQ-A1irkwMSMkK1J3XTGgdrhCku9gRldY7sNA_AKZGh-Q661_42rINLRC"
    "e8W-nZ34ui_qOfkLnK9QWDDqpaIsA-bMwWWSDFu2MUBYwkHTMEzLYGqOe04noqeq1hExBTHBOBdkMXiuFhUq1BU6"
    "l-DqEiWxqg82sXt2h-LMnT3046AOYJoRioz75tSUQfGCshWTBnP5uDjd18kKhyv07lhfSJdrPdM5Plyl21hsFf4L"
    "_mHCuoFau7gdsPfHPxxjVOcOpBrQzwQ\",\"p\":\"3Slxg_DwTXJcb6095RoXygQCAZ5RnAvZlno1yhHtnUex_f"
    "p7AZ_9nRaO7HX_-SFfGQeutao2TDjDAWU4Vupk8rw9JR0AzZ0N2fvuIAmr_WCsmGpeNqQnev1T7IyEsnh8UMt-n5"
    "CafhkikzhEsrmndH6LxOrvRJlsPp6Zv8bUq0k\",\"q\":\"uKE2dh-cTf6ERF4k4e_jy78GfPYUIaUyoSSJuBzp"
    "3Cubk3OCqs6grT8bR_cu0Dm1MZwWmtdqDyI95HrUeq3MP15vMMON8lHTeZu2lmKvwqW7anV5UzhM1iZ7z4yMkuUw"
    "FWoBvyY898EXvRD-hdqRxHlSqAZ192zB3pVFJ0s7pFc\",\"dp\":\"B8PVvXkvJrj2L-GYQ7v3y9r6Kw5g9SahX"
    "BwsWUzp19TVlgI-YV85q1NIb1rxQtD-IsXXR3-TanevuRPRt5OBOdiMGQp8pbt26gljYfKU_E9xn-RULHz0-ed9E"
    "9gXLKD4VGngpz-PfQ_q29pk5xWHoJp009Qf1HvChixRX59ehik\",\"dq\":\"CLDmDGduhylc9o7r84rEUVn7pz"
    "Q6PF83Y-iBZx5NT-TpnOZKF1pErAMVeKzFEl41DlHHqqBLSM0W1sOFbwTxYWZDm6sI6og5iTbwQGIC3gnJKbi_7k"
    "_vJgGHwHxgPaX2PnvP-zyEkDERuf-ry4c_Z11Cq9AqC2yeL6kdKT1cYF8\",\"qi\":\"3PiqvXQN0zwMeE-sBvZ"
    "gi289XP9XCQF3VWqPzMKnIgQp7_Tugo6-NZBKCQsMf3HaEGBjTVJs_jcK8-TRXvaKe-7ZMaQj8VfBdYkssbu0NKD"
    "DhjJ-GtiseaDVWt7dcH0cfwxgFUHpQh7FoCrjFJ6h6ZEpMF6xmujs4qMpPz8aaI4\"}";
static const char c41_token[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGF"
    "uZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9"
    "hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW9"
    "1IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKt"
    "ainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0R"
    "nltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS"
    "_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH"
    "84ogoree7vjbU5y18kDquDg";
static const char c42_token[] =
    "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGF"
    "uZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9"
    "hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW9"
    "1IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1"
    "xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFl"
    "fz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2"
    "Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfm"
    "WjwZ6oD4ifKo8DYM-X72Eaw";

static const char *const algs[] = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"};
#define ALGS 6

#define MODULUS_LEN 256 /* of a2_jwk */

static void rfc_examples(void)
{
    static const struct {
        const char *alg, *jwk, *token;
        bool deterministic;
    } examples[] = {
        {"RS256", a2_jwk, a2_token, true},
        {"RS256", c34_jwk, c41_token, true},
        {"PS384", c34_jwk, c42_token, false},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        signer s = signer_of_jwk(examples[i].jwk);
        signed_text text;
        uint8_t got[PJF_SIG_MAX];
        size_t len = 0;
        signed_text_read(examples[i].token, &text);
        note("example %zu", i);
        CHECK_STATUS(signer_verify(&s, examples[i].alg, text.message, text.signature, text.len),
                     PJF_OK);
        CHECK_STATUS(signer_sign(&s, examples[i].alg, text.message, got, &len), PJF_OK);
        if (examples[i].deterministic) {
            CHECK_BYTES(got, len, text.signature, text.len);
        }
        CHECK_STATUS(signer_verify(&s, examples[i].alg, text.message, got, len), PJF_OK);
        signer_free(&s);
    }
}

static void only_the_signature_verifies(void)
{
    signer s = signer_of_jwk(a2_jwk), other = signer_of_jwk(c34_jwk);
    for (size_t a = 0; a < ALGS; a++) {
        uint8_t signature[PJF_SIG_MAX + 1];
        size_t len = 0;
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_EQUAL(len, MODULUS_LEN);
        CHECK_EQUAL(len, pjf_sig_len(fixture_alg(algs[a]), s.key));
        check_only_this_verifies(&s, algs[a], SPAN("a.b"), signature, len);
        CHECK_STATUS(signer_verify(&other, algs[a], SPAN("a.b"), signature, len),
                     PJF_ERR_SIGNATURE);
        for (size_t b = 0; b < ALGS; b++) { /* another digest, another padding */
            note("%s taken for %s", algs[a], algs[b]);
            CHECK_STATUS(signer_verify(&s, algs[b], SPAN("a.b"), signature, len),
                         a == b ? PJF_OK : PJF_ERR_SIGNATURE);
        }
    }
    signer_free(&other);
    signer_free(&s);
}

/* Parameters of a signature as OpenSSL takes them; mgf1 NULL: PKCS #1 v1.5. */
typedef struct parameters {
    const char *digest, *mgf1;
    int salt_len;
} parameters;

static EVP_MD_CTX *openssl_context(const signer *s, const parameters *p, bool verify)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings = NULL;
    EVP_PKEY *pkey = s->key->pkey;
    CHECK((verify ? EVP_DigestVerifyInit_ex(ctx, &settings, p->digest, NULL, NULL, pkey, NULL)
                  : EVP_DigestSignInit_ex(ctx, &settings, p->digest, NULL, NULL, pkey, NULL)) == 1);
    if (p->mgf1 != NULL) {
        CHECK(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md_name(settings, p->mgf1, NULL) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, p->salt_len) == 1);
    }
    return ctx;
}

static void openssl_signs(const signer *s, const parameters *p, pjf_span message, uint8_t *out)
{
    size_t len = PJF_SIG_MAX;
    EVP_MD_CTX *ctx = openssl_context(s, p, false);
    CHECK(EVP_DigestSign(ctx, out, &len, message.ptr, message.len) == 1);
    EVP_MD_CTX_free(ctx);
}

static int openssl_verifies(const signer *s, const parameters *p, pjf_span message,
                            const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = openssl_context(s, p, true);
    int result = EVP_DigestVerify(ctx, signature, len, message.ptr, message.len);
    EVP_MD_CTX_free(ctx);
    return result;
}

static parameters parameters_of(const char *name)
{
    const pjf_alg *alg = fixture_alg(name);
    const pjf_digest_facts *digest = pjf_digest_of((pjf_digest)alg->digest);
    if (alg->family == PJF_FAMILY_RSA) {
        return (parameters){digest->name, NULL, 0};
    }
    return (parameters){digest->name, digest->name, digest->len};
}

static void openssl_agrees_on_the_parameters(void)
{
    signer s = signer_of_jwk(a2_jwk);
    for (size_t a = 0; a < ALGS; a++) {
        parameters right = parameters_of(algs[a]);
        uint8_t signature[PJF_SIG_MAX];
        size_t len = 0;
        note("%s", algs[a]);
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_EQUAL(openssl_verifies(&s, &right, SPAN("a.b"), signature, len), 1);
        openssl_signs(&s, &right, SPAN("a.b"), signature);
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN), PJF_OK);
    }
    signer_free(&s);
}

static void other_salts_and_masks_are_refused(void)
{
    static const char *const digests[] = {"SHA1", "SHA256", "SHA384", "SHA512", "SHA512-256"};
    signer s = signer_of_jwk(a2_jwk);
    for (size_t a = 3; a < ALGS; a++) {
        parameters right = parameters_of(algs[a]);
        uint8_t signature[PJF_SIG_MAX];
        int longest = MODULUS_LEN - right.salt_len - 2;
        const int salts[] = {0, 1, 20, right.salt_len - 1, right.salt_len + 1, longest};
        for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
            parameters p = right;
            p.salt_len = salts[i];
            note("%s, salt of %d", algs[a], salts[i]);
            openssl_signs(&s, &p, SPAN("a.b"), signature);
            CHECK_EQUAL(openssl_verifies(&s, &p, SPAN("a.b"), signature, MODULUS_LEN), 1);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN),
                         PJF_ERR_SIGNATURE);
        }
        for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
            parameters p = right;
            p.mgf1 = digests[i];
            note("%s, MGF1 with %s", algs[a], digests[i]);
            openssl_signs(&s, &p, SPAN("a.b"), signature);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN),
                         strcmp(p.mgf1, right.mgf1) == 0 ? PJF_OK : PJF_ERR_SIGNATURE);
            p.digest = digests[i];
            p.mgf1 = right.mgf1;
            note("%s, message hashed with %s", algs[a], digests[i]);
            openssl_signs(&s, &p, SPAN("a.b"), signature);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN),
                         strcmp(p.digest, right.digest) == 0 ? PJF_OK : PJF_ERR_SIGNATURE);
        }
    }
    signer_free(&s);
}

/* The RSA operation itself on a whole block, with the private key. */
static void sign_block(const signer *s, const uint8_t block[MODULUS_LEN], uint8_t *out)
{
    size_t len = PJF_SIG_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, s->key->pkey, NULL);
    CHECK(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
          EVP_PKEY_sign(ctx, out, &len, block, MODULUS_LEN) == 1);
    EVP_PKEY_CTX_free(ctx);
}

/* Blocks that lax verifiers take for RFC 8017 §9.2 (Bleichenbacher 2006, CVE-2006-4339 and its
 * kin): with e = 3 they can be forged without the key. */
static void lax_paddings_are_refused(void)
{
    static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                   0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t without_null[] = {0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                           0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
    static const uint8_t long_length[] = {0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09,
                                          0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                                          0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t another_digest[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                             0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                                             0x06, 0x05, 0x00, 0x04, 0x20}; /* SHA-512/256 */
    static const struct {
        const char *what;
        pjf_span info;
        uint8_t type, fill;
        size_t behind; /* bytes behind the digest */
        bool valid;
    } blocks[] = {
        {"as it should be", {info, sizeof(info)}, 1, 0xff, 0, true},
        {"junk behind", {info, sizeof(info)}, 1, 0xff, 100, false},
        {"a byte behind", {info, sizeof(info)}, 1, 0xff, 1, false},
        {"type 2", {info, sizeof(info)}, 2, 0xff, 0, false},
        {"type 0", {info, sizeof(info)}, 0, 0xff, 0, false},
        {"another fill", {info, sizeof(info)}, 1, 0xfe, 0, false},
        {"parameters missing", {without_null, sizeof(without_null)}, 1, 0xff, 0, false},
        {"BER", {long_length, sizeof(long_length)}, 1, 0xff, 0, false},
        {"another digest", {another_digest, sizeof(another_digest)}, 1, 0xff, 0, false},
        {"no DigestInfo", {info, 0}, 1, 0xff, 0, false},
    };
    signer s = signer_of_jwk(a2_jwk);
    uint8_t digest[32];
    CHECK(EVP_Digest("a.b", 3, digest, NULL, s.lib->digests[PJF_SHA256], NULL) == 1);
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        uint8_t block[MODULUS_LEN], signature[PJF_SIG_MAX];
        size_t end = MODULUS_LEN - blocks[i].behind - sizeof(digest) - blocks[i].info.len;
        memset(block, 0x5a, sizeof(block));
        block[0] = 0;
        block[1] = blocks[i].type;
        memset(block + 2, blocks[i].fill, end - 3);
        block[end - 1] = 0;
        memcpy(block + end, blocks[i].info.ptr, blocks[i].info.len);
        memcpy(block + end + blocks[i].info.len, digest, sizeof(digest));
        sign_block(&s, block, signature);
        note("%s", blocks[i].what);
        CHECK_STATUS(signer_verify(&s, "RS256", SPAN("a.b"), signature, MODULUS_LEN),
                     blocks[i].valid ? PJF_OK : PJF_ERR_SIGNATURE);
        CHECK_STATUS(signer_verify(&s, "PS256", SPAN("a.b"), signature, MODULUS_LEN),
                     PJF_ERR_SIGNATURE);
    }
    signer_free(&s);
}

/* s and s + n are the same number modulo n; RFC 8017 §5.2.2 allows the one below n. */
static void numbers_from_the_modulus_on_are_refused(void)
{
    signer s = signer_of_jwk(a2_jwk);
    BIGNUM *n = NULL;
    uint8_t signature[PJF_SIG_MAX];
    CHECK(EVP_PKEY_get_bn_param(s.key->pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1);
    for (size_t a = 0; a < ALGS; a++) {
        note("%s", algs[a]);
        CHECK(BN_bn2binpad(n, signature, MODULUS_LEN) == MODULUS_LEN);
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN),
                     PJF_ERR_SIGNATURE);
        size_t tried = 0;
        for (size_t i = 0; i < 100 && tried == 0; i++) { /* n is 0.63 of what the length allows */
            char message[20];
            size_t len = 0;
            int message_len = snprintf(message, sizeof(message), "a.%zu", i);
            pjf_span text = {(const uint8_t *)message, (size_t)message_len};
            CHECK_STATUS(signer_sign(&s, algs[a], text, signature, &len), PJF_OK);
            BIGNUM *number = BN_bin2bn(signature, MODULUS_LEN, NULL);
            BN_add(number, number, n);
            if (BN_num_bytes(number) == MODULUS_LEN) {
                BN_bn2binpad(number, signature, MODULUS_LEN);
                CHECK_STATUS(signer_verify(&s, algs[a], text, signature, MODULUS_LEN),
                             PJF_ERR_SIGNATURE);
                tried++;
            }
            BN_free(number);
        }
        CHECK_EQUAL(tried, 1);
    }
    BN_free(n);
    signer_free(&s);
}

/* RFC 8017 §9.1.1: a key must have room for the digest, as long a salt, and two bytes. */
static void keys_too_short_for_pss_are_named_so(void)
{
    static const size_t sizes[] = {1024, 1033, 1034};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        signer s = signer_of_pkey(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", sizes[i]));
        for (size_t a = 0; a < ALGS; a++) {
            uint8_t signature[PJF_SIG_MAX] = {0};
            size_t len = 0;
            bool fits = sizes[i] >= 1034 || strcmp(algs[a], "PS512") != 0;
            note("%s with %zu bits", algs[a], sizes[i]);
            CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len),
                         fits ? PJF_OK : PJF_ERR_KEY_ALGORITHM);
            if (fits) {
                CHECK_EQUAL(len, (sizes[i] + 7) / 8);
                CHECK_EQUAL(len, pjf_sig_len(fixture_alg(algs[a]), s.key));
            }
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, (sizes[i] + 7) / 8),
                         fits ? PJF_OK : PJF_ERR_KEY_ALGORITHM);
        }
        if (sizes[i] < 1034) { /* OpenSSL thinks so too */
            parameters p = parameters_of("PS512");
            uint8_t signature[PJF_SIG_MAX];
            size_t len = sizeof(signature);
            EVP_MD_CTX *ctx = openssl_context(&s, &p, false);
            CHECK(EVP_DigestSign(ctx, signature, &len, (const uint8_t *)"a.b", 3) != 1);
            EVP_MD_CTX_free(ctx);
        }
        signer_free(&s);
    }
}

/* A key of id-RSASSA-PSS; digest NULL: without restrictions. */
static EVP_PKEY *new_pss_key(const char *digest, int salt_len)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    CHECK(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1);
    if (digest != NULL) {
        CHECK(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, digest, NULL) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, digest) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, salt_len) == 1);
    }
    CHECK(EVP_PKEY_generate(ctx, &pkey) == 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void restricted_keys_keep_to_their_algorithm(void)
{
    static const struct {
        const char *digest;
        int salt_len;
        const char *allowed; /* the PS algorithms, by their digits */
    } keys[] = {{NULL, 0, "256 384 512"},
                {"SHA256", 32, "256"},
                {"SHA512", 20, "512"}}; /* at least so much salt */
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        signer s = signer_of_pkey(new_pss_key(keys[i].digest, keys[i].salt_len));
        for (size_t a = 0; a < ALGS; a++) {
            uint8_t signature[PJF_SIG_MAX] = {0};
            size_t len = 0;
            bool fits = algs[a][0] == 'P' && strstr(keys[i].allowed, algs[a] + 2) != NULL;
            note("key %zu, %s", i, algs[a]);
            CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len),
                         fits ? PJF_OK : PJF_ERR_KEY_ALGORITHM);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, MODULUS_LEN),
                         fits ? PJF_OK : PJF_ERR_KEY_ALGORITHM);
        }
        signer_free(&s);
    }
}

TEST_SUITE(sig_rsa, TEST(rfc_examples), TEST(only_the_signature_verifies),
           TEST(openssl_agrees_on_the_parameters), TEST(other_salts_and_masks_are_refused),
           TEST(lax_paddings_are_refused), TEST(numbers_from_the_modulus_on_are_refused),
           TEST(keys_too_short_for_pss_are_named_so),
           TEST(restricted_keys_keep_to_their_algorithm));
