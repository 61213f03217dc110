/*
 * What is refused as an HMAC secret matters most here. If a verifier can be made to take a public
 * key for a secret, whoever knows the public key signs tokens it accepts (algorithm confusion).
 */
#include "core/key.h"

#include "core/buf.h"
#include "tests/fixtures.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define EC_BASE64                                                                      \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETGjar37/K608OtY7f99lbSDmhB1ro9uWcb46BRY/UHie" \
    "hCPYgtOcjIASmaDGtT6Yr96Qa+8whxKVmVt6b6P3ZA=="
#define EC_PEM_BODY                                                      \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETGjar37/K608OtY7f99lbSDmhB1r\n" \
    "o9uWcb46BRY/UHiehCPYgtOcjIASmaDGtT6Yr96Qa+8whxKVmVt6b6P3ZA==\n"
#define EC_PEM  "-----BEGIN PUBLIC KEY-----\n" EC_PEM_BODY "-----END PUBLIC KEY-----\n"
#define SSH_KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0hTxn2Y0Zk user@host"
#define JWK     "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}"
#define RSA_JWK "{ \"use\" : \"sig\", \"\\u006bty\":\"RSA\", \"n\":\"AQAB\", \"e\":\"AQAB\" }"
#define JWKS    "{\"keys\":[{\"kid\":\"1\",\"kty\":\"EC\"}]}"

static pjf_status load(pjf_lib *lib, pjf_span secret)
{
    pjf_key *key = NULL;
    guarded copy = guarded_new(secret.len, true);
    if (secret.len != 0) {
        memcpy(copy.ptr, secret.ptr, secret.len);
    }
    pjf_status status = pjf_key_from_secret(lib, (pjf_span){copy.ptr, secret.len}, &key);
    CHECK((status == PJF_OK) == (key != NULL));
    pjf_key_unref(key);
    guarded_free(&copy);
    return status;
}

static void secrets_are_accepted(void)
{
    static const char *const secrets[] = {
        "x",
        "secret",
        "django-insecure-5+(p#x@^k9!q0=l$w&z7n*e)b%",
        "0123456789abcdef0123456789abcdef",
        "{not json",
        "[not json",
        "{}",
        "[]",
        "{\"key\":\"value\"}",
        "kty",
        "\"kty\"",
        "MIIB is only a prefix",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
        "-----BEGIN",
        "BEGIN PUBLIC KEY",
        "ssh",
        "my ssh-rsa",
        "0\x80\x80\x80",
        "=",
        " ",
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        note("%s", secrets[i]);
        CHECK_STATUS(load(lib, span_of(secrets[i])), PJF_OK);
    }
    CHECK_STATUS(load(lib, SPAN("\0")), PJF_OK);
    CHECK_STATUS(load(lib, SPAN("a\0b\0c\0d")), PJF_OK);
    uint64_t seed = 9;
    for (int round = 0; round < 500; round++) { /* what secrets.token_bytes() gives */
        uint8_t secret[200];
        size_t len = test_random_below(&seed, 199) + 1;
        test_random_fill(&seed, secret, len);
        note("random secret %d", round);
        CHECK_STATUS(load(lib, (pjf_span){secret, len}), PJF_OK);
    }
    pjf_lib_unref(lib);
}

/* Every disguise that some loader sees through must be refused too. */
static void check_disguises(pjf_lib *lib, pjf_span text, pjf_status want)
{
    static const char *const before[] = {"", " ", "\n\n\t ", "\xef\xbb\xbf", "\xef\xbb\xbf \r\n"};
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        pjf_buf out;
        pjf_buf_init(&out);
        note("prefix %zu, %.*s", i, (int)text.len, (const char *)text.ptr);
        pjf_buf_append(&out, before[i], strlen(before[i]));
        pjf_buf_append(&out, text.ptr, text.len);
        CHECK_STATUS(load(lib, (pjf_span){out.ptr, out.len}), want);
        pjf_buf_free(&out, false);
    }
    /* UTF-16 and UTF-32, both byte orders, with and without mark. */
    for (unsigned width = 2; width <= 4; width += 2) {
        for (int big = 0; big < 2; big++) {
            for (int mark = 0; mark < 2; mark++) {
                pjf_buf out;
                pjf_buf_init(&out);
                note("UTF-%u, big %d, mark %d, %.*s", width * 8, big, mark, (int)text.len,
                     (const char *)text.ptr);
                for (size_t i = 0; i < text.len + (mark ? 1 : 0); i++) {
                    uint8_t unit[4] = {0};
                    unsigned code = mark && i == 0 ? 0xfeff : text.ptr[i - (mark ? 1 : 0)];
                    unit[big ? width - 1 : 0] = (uint8_t)code;
                    unit[big ? width - 2 : 1] = (uint8_t)(code >> 8);
                    pjf_buf_append(&out, unit, width);
                }
                CHECK_STATUS(load(lib, (pjf_span){out.ptr, out.len}), want);
                pjf_buf_free(&out, false);
            }
        }
    }
}

static void asymmetric_keys_are_refused(void)
{
    static const char *const texts[] = {
        EC_PEM,
        "preamble\n" EC_PEM,
        "-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n-----END OPENSSH PRIVATE KEY-----",
        "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----",
        SSH_KEY,
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== a@b",
        "ssh-dss AAAA",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNh",
        "sk-ssh-ed25519@openssh.com AAAA",
        EC_BASE64,
        EC_PEM_BODY,
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_disguises(lib, span_of(texts[i]), PJF_ERR_KEY_ASYMMETRIC);
    }
    pjf_lib_unref(lib);
}

static void der_is_refused(void)
{
    pjf_lib *lib = fixture_lib();
    uint8_t der[128];
    char text[] = EC_BASE64;
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    }
    size_t len;
    CHECK_STATUS(pjf_b64url_decode_segment(lib->b64url, span_of(text), der, &len, NULL), PJF_OK);
    CHECK_STATUS(load(lib, (pjf_span){der, len}), PJF_ERR_KEY_ASYMMETRIC);
    CHECK_STATUS(load(lib, span_of(text)), PJF_ERR_KEY_ASYMMETRIC); /* base64url of it */
    /* Cut short it is no key, and may be a secret. */
    CHECK_STATUS(load(lib, (pjf_span){der, len - 1}), PJF_OK);
    pjf_lib_unref(lib);
}

/* The forms that OpenSSL has for a key: each alone, and with a byte behind, which is no DER but is
 * loaded by those who read only as far as the key goes. */
static void every_form_of_der_is_refused(void)
{
    enum { FORMS = 6 };
    pjf_lib *lib = fixture_lib();
    unsigned char *der[FORMS] = {NULL};
    int len[FORMS];
    EVP_PKEY *ec = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(1024);
    X509 *certificate = X509_new();
    X509_SIG *encrypted = NULL;
    PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(ec);
    if (!CHECK(ec != NULL && rsa != NULL && certificate != NULL && pkcs8 != NULL)) {
        return;
    }
    X509_set_pubkey(certificate, ec);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 60);
    CHECK(X509_sign(certificate, ec, EVP_sha256()) > 0);
    encrypted = PKCS8_encrypt(-1, EVP_aes_128_cbc(), "pass", 4, NULL, 0, 1, pkcs8);

    len[0] = i2d_PUBKEY(ec, &der[0]);
    len[1] = i2d_PrivateKey(ec, &der[1]); /* SEC 1 */
    len[2] = i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &der[2]);
    len[3] = i2d_PublicKey(rsa, &der[3]); /* PKCS#1 */
    len[4] = i2d_X509(certificate, &der[4]);
    len[5] = i2d_X509_SIG(encrypted, &der[5]);
    ERR_clear_error();
    for (size_t i = 0; i < FORMS; i++) {
        note("form %zu", i);
        if (!CHECK(len[i] > 0)) {
            continue;
        }
        size_t size = (size_t)len[i];
        uint8_t *longer = malloc(size + 1);
        memcpy(longer, der[i], size);
        longer[size] = '\n';
        CHECK_STATUS(load(lib, (pjf_span){longer, size}), PJF_ERR_KEY_ASYMMETRIC);
        CHECK_STATUS(load(lib, (pjf_span){longer, size + 1}), PJF_ERR_KEY_ASYMMETRIC);
        free(longer);
        OPENSSL_free(der[i]);
    }
    CHECK_EQUAL(ERR_get_error(), 0);
    X509_SIG_free(encrypted);
    PKCS8_PRIV_KEY_INFO_free(pkcs8);
    X509_free(certificate);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    pjf_lib_unref(lib);
}

/* The outline of a key, but not one: what a random secret may look like. */
static void der_outlines_alone_may_be_secrets(void)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
    } rows[] = {
        {{0x30}, 1},                                                   /* no length */
        {{0x30, 0x80, 0x30, 0x06, 0x02, 0x01, 0, 0, 0, 0, 0, 0}, 12},  /* indefinite length */
        {{0x30, 0x85, 0, 0, 0, 0, 7, 0x02, 1, 0, 2, 1, 0}, 13},        /* of five bytes */
        {{0x30, 0x84, 0, 0}, 4},                                       /* cut off */
        {{0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 0}, 9},            /* longer than there is */
        {{0x30, 0x04, 0x02, 0x02, 0x12, 0x34}, 6},                     /* too short for a key */
        {{0x30, 0x09, 0x02, 0x01, 5, 0x05, 4, 1, 2, 3, 4, '!'}, 12},   /* no key, and a rest */
        {{0x30, 0x08, 0x02, 0x7f, 5, 0x04, 4, 1, 2, 3, '!'}, 11},      /* INTEGER cut off, a rest */
        {{0x30, 0x81, 0x08, 0x30, 0x06, 0x04, 4, 1, 2, 3, 4, '!'}, 12} /* neither OID nor INTEGER */
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        note("row %zu", i);
        CHECK_STATUS(load(lib, (pjf_span){rows[i].bytes, rows[i].len}), PJF_OK);
    }
    pjf_lib_unref(lib);
}

static clock_t time_to_load(pjf_lib *lib, pjf_span secret)
{
    clock_t before = clock();
    for (size_t i = 0; i < 1000; i++) {
        pjf_key *key = NULL;
        (void)pjf_key_from_secret(lib, secret, &key);
        pjf_key_unref(key);
    }
    return clock() - before;
}

/* A set of JWKs has room for fifteen thousand secrets, and whoever publishes it chooses them. None
 * may cost OpenSSL's decoders, a thousand times what other secrets do. */
static void outlines_of_der_are_cheap(void)
{
    static const uint8_t rows[][24] = {
        {0x30, 0x09, 0x02, 0x01, 0},
        {0x30, 0x0c, 0x30, 0x08, 0x06, 0x03, 0x2b, 0x65, 0x70},
        {0x30, 0x09, 0x02, 0x01, 0, 0x04, 0x04},
    };
    pjf_lib *lib = fixture_lib();
    clock_t usual = time_to_load(lib, SPAN("a secret like any other!"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        note("row %zu", i);
        CHECK(time_to_load(lib, (pjf_span){rows[i], sizeof(rows[i])}) <
              20 * usual + CLOCKS_PER_SEC / 10);
    }
    pjf_lib_unref(lib);
}

static void jwk_texts_are_refused(void)
{
    static const char *const texts[] = {
        JWK, RSA_JWK, JWKS, "[" JWK "]", "{\"kty\":", "{\"kty\":\"RSA\",}", "{'a':1, \"kty\": 2}",
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check_disguises(lib, span_of(texts[i]), PJF_ERR_KEY_JWK);
    }
    pjf_lib_unref(lib);
}

static void empty_secrets_are_refused(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = NULL;
    CHECK_STATUS(pjf_key_from_secret(lib, (pjf_span){NULL, 0}, &key), PJF_ERR_KEY_EMPTY);
    CHECK(key == NULL);
    CHECK_STATUS(load(lib, SPAN("")), PJF_ERR_KEY_EMPTY);
    pjf_lib_unref(lib);
}

static void loading_leaves_the_error_queue(void)
{
    pjf_lib *lib = fixture_lib();
    uint8_t nearly_der[40] = {0x30, 38, 0x30, 20};
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    CHECK_STATUS(load(lib, (pjf_span){nearly_der, sizeof(nearly_der)}), PJF_OK);
    CHECK_STATUS(load(lib, SPAN(EC_BASE64)), PJF_ERR_KEY_ASYMMETRIC);
    CHECK_STATUS(load(lib, SPAN("secret")), PJF_OK);
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
    pjf_lib_unref(lib);
}

static void a_key_knows_itself(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = NULL;
    CHECK_STATUS(pjf_key_from_secret(lib, SPAN("0123456789"), &key), PJF_OK);
    pjf_lib_unref(lib); /* the key holds its own reference */
    CHECK_EQUAL(pjf_key_kind_of(key), PJF_KEY_OCT);
    CHECK_EQUAL(pjf_key_bits(key), 80);
    CHECK(pjf_key_fits(key, fixture_alg("HS256")));
    CHECK(pjf_key_fits(key, fixture_alg("HS512")));
    CHECK(!pjf_key_fits(key, fixture_alg("none")));
    CHECK(pjf_key_ref(key) == key);
    pjf_key_unref(key);
    CHECK_EQUAL(pjf_key_bits(key), 80);
    pjf_key_unref(key);
    pjf_key_unref(NULL);
}

static void a_fresh_key_is_bound(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = NULL;
    CHECK_STATUS(pjf_key_from_secret(lib, SPAN("0123456789"), &key), PJF_OK);
    CHECK(pjf_key_alg(key) == NULL);
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("RS256")), PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("none")), PJF_ERR_KEY_ALGORITHM);
    CHECK(pjf_key_alg(key) == NULL);
    pjf_key_ref(key); /* shared from here on */
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("HS384")), PJF_ERR_ARGUMENT);
    pjf_key_unref(key);
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("HS384")), PJF_OK);
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("HS384")), PJF_OK);
    CHECK_STATUS(pjf_key_bind(key, fixture_alg("HS256")), PJF_ERR_KEY_ALGORITHM);
    CHECK(pjf_key_alg(key) == fixture_alg("HS384"));
    CHECK(!pjf_key_fits(key, fixture_alg("HS256")));
    CHECK_STATUS(pjf_key_check(key, fixture_alg("HS256"), PJF_KEY_TO_SIGN), PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(pjf_key_check(key, fixture_alg("HS384"), PJF_KEY_TO_SIGN), PJF_OK);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

TEST_SUITE(key, TEST(secrets_are_accepted), TEST(asymmetric_keys_are_refused), TEST(der_is_refused),
           TEST(every_form_of_der_is_refused), TEST(der_outlines_alone_may_be_secrets),
           TEST(outlines_of_der_are_cheap), TEST(jwk_texts_are_refused),
           TEST(empty_secrets_are_refused), TEST(loading_leaves_the_error_queue),
           TEST(a_key_knows_itself), TEST(a_fresh_key_is_bound));
