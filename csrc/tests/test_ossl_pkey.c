/*
 * Keys from numbers, numbers from keys. What the numbers must be is key_check's business; here it
 * matters that they come through as they are.
 */
#include "core/ossl_pkey.h"

#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "tests/fixtures.h"

static void every_kind_is_generated(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = PJF_CURVE_NONE; i < PJF_CURVE_COUNT; i++) {
        pjf_curve curve = (pjf_curve)i;
        pjf_key_kind kind =
            curve == PJF_CURVE_NONE ? PJF_KEY_RSA : (pjf_key_kind)pjf_curve_of(curve)->key_kind;
        size_t bits = kind == PJF_KEY_RSA ? 1024 : pjf_curve_of(curve)->bits;
        pjf_pkey *pkey = NULL, *public_key = NULL;
        pjf_pkey_facts facts;
        note("curve %zu", i);
        CHECK_STATUS(pjf_pkey_generate(lib, kind, curve, bits, &pkey), PJF_OK);
        CHECK_STATUS(pjf_pkey_public(lib, pkey, &public_key), PJF_OK);
        pjf_pkey *both[] = {pkey, public_key};
        for (size_t j = 0; j < 2; j++) {
            CHECK_STATUS(pjf_pkey_describe(both[j], &facts), PJF_OK);
            CHECK_EQUAL(facts.kind, kind);
            CHECK_EQUAL(facts.curve, curve);
            CHECK_EQUAL(facts.bits, bits);
            CHECK(!facts.pss_only);
        }
        CHECK(EVP_PKEY_eq(pkey, public_key) == 1);
        pjf_buf number;
        pjf_buf_init(&number);
        if (kind == PJF_KEY_RSA) {
            CHECK_STATUS(pjf_pkey_rsa_number(pkey, PJF_RSA_E, &number), PJF_OK);
            CHECK_BYTES(number.ptr, number.len, "\x01\x00\x01", 3);
            for (size_t n = PJF_RSA_D; n < PJF_RSA_NUMBERS; n++) {
                CHECK_STATUS(pjf_pkey_rsa_number(pkey, (pjf_rsa_number)n, &number), PJF_OK);
                CHECK_STATUS(pjf_pkey_rsa_number(public_key, (pjf_rsa_number)n, &number),
                             PJF_ERR_KEY_NO_PRIVATE);
            }
        } else {
            CHECK_STATUS(pjf_pkey_curve_number(pkey, curve, PJF_CURVE_D, &number), PJF_OK);
            CHECK_EQUAL(number.len, pjf_curve_of(curve)->len);
            CHECK_STATUS(pjf_pkey_curve_number(public_key, curve, PJF_CURVE_D, &number),
                         PJF_ERR_KEY_NO_PRIVATE);
            CHECK_EQUAL(number.len, pjf_curve_of(curve)->len); /* nothing appended */
            CHECK_STATUS(pjf_pkey_curve_number(public_key, curve, PJF_CURVE_Y, &number),
                         kind == PJF_KEY_EC ? PJF_OK : PJF_ERR_KEY_NO_PRIVATE);
        }
        pjf_buf_free(&number, true);
        pjf_pkey_free(public_key);
        pjf_pkey_free(pkey);
    }
    pjf_pkey *none = NULL;
    CHECK_STATUS(pjf_pkey_generate(lib, PJF_KEY_OCT, PJF_CURVE_NONE, 256, &none), PJF_ERR_CRYPTO);
    CHECK(none == NULL);
    pjf_lib_unref(lib);
}

/* The numbers of a pair into bytes, the bytes into a pair. */
static void numbers_come_through(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = PJF_CURVE_NONE + 1; i < PJF_CURVE_COUNT; i++) {
        pjf_curve curve = (pjf_curve)i;
        const pjf_curve_facts *facts = pjf_curve_of(curve);
        bool ec = facts->key_kind == PJF_KEY_EC;
        pjf_pkey *pkey = NULL, *again = NULL;
        pjf_buf numbers;
        note("%s", facts->crv);
        pjf_buf_init(&numbers);
        CHECK_STATUS(pjf_pkey_generate(lib, (pjf_key_kind)facts->key_kind, curve, 0, &pkey),
                     PJF_OK);
        CHECK_STATUS(pjf_pkey_curve_number(pkey, curve, PJF_CURVE_X, &numbers), PJF_OK);
        CHECK_STATUS(pjf_pkey_curve_number(pkey, curve, PJF_CURVE_D, &numbers), PJF_OK);
        pjf_span x = {numbers.ptr, facts->len}, d = {numbers.ptr + facts->len, facts->len}, y = {0};
        if (ec) {
            CHECK_STATUS(pjf_pkey_curve_number(pkey, curve, PJF_CURVE_Y, &numbers), PJF_OK);
            y = (pjf_span){numbers.ptr + 2 * facts->len, facts->len};
        }
        for (int is_private = 0; is_private < 2; is_private++) {
            pjf_span secret = is_private ? d : (pjf_span){NULL, 0};
            CHECK_STATUS(ec ? pjf_pkey_new_ec(lib, curve, x, y, secret, &again)
                            : pjf_pkey_new_okp(lib, curve, x, secret, &again),
                         PJF_OK);
            CHECK(EVP_PKEY_eq(pkey, again) == 1);
            pjf_buf back;
            pjf_buf_init(&back);
            CHECK_STATUS(pjf_pkey_curve_number(again, curve, PJF_CURVE_D, &back),
                         is_private ? PJF_OK : PJF_ERR_KEY_NO_PRIVATE);
            CHECK_BYTES(back.ptr, back.len, secret.ptr, secret.len);
            pjf_buf_free(&back, true);
            pjf_pkey_free(again);
            again = NULL;
        }
        if (!ec) { /* the public bytes of another */
            uint8_t other[64];
            memcpy(other, x.ptr, x.len);
            other[3] ^= 1;
            CHECK_STATUS(pjf_pkey_new_okp(lib, curve, (pjf_span){other, x.len}, d, &again),
                         PJF_ERR_KEY_MISMATCH);
        } else { /* coordinates of another curve's length */
            CHECK_STATUS(pjf_pkey_new_ec(lib, curve, (pjf_span){x.ptr, x.len - 1u}, y, d, &again),
                         PJF_ERR_KEY_POINT);
        }
        CHECK(again == NULL);
        pjf_buf_free(&numbers, true);
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

/* The five other numbers, computed from n, e and d, are those that OpenSSL generated. */
static void rsa_primes_are_recovered(void)
{
    pjf_lib *lib = fixture_lib();
    for (int round = 0; round < 5; round++) {
        pjf_pkey *pkey = NULL, *again = NULL;
        pjf_span numbers[PJF_RSA_NUMBERS] = {{NULL, 0}};
        uint8_t bytes[PJF_RSA_NUMBERS][256];
        pjf_buf number;
        pjf_buf_init(&number);
        CHECK_STATUS(pjf_pkey_generate(lib, PJF_KEY_RSA, PJF_CURVE_NONE, 1024, &pkey), PJF_OK);
        for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
            number.len = 0;
            CHECK_STATUS(pjf_pkey_rsa_number(pkey, (pjf_rsa_number)i, &number), PJF_OK);
            memcpy(bytes[i], number.ptr, number.len);
            numbers[i] = (pjf_span){bytes[i], number.len};
        }
        pjf_span some[PJF_RSA_NUMBERS] = {numbers[0], numbers[1], numbers[2]};
        CHECK_STATUS(pjf_pkey_new_rsa(lib, some, &again), PJF_OK);
        for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
            note("round %d, number %zu", round, i);
            number.len = 0;
            CHECK_STATUS(pjf_pkey_rsa_number(again, (pjf_rsa_number)i, &number), PJF_OK);
            CHECK_BYTES(number.ptr, number.len, numbers[i].ptr, numbers[i].len);
        }
        pjf_pkey_free(again);
        again = NULL;

        /* d + lcm(p - 1, q - 1) would do, too; d + 2 does not. */
        bytes[PJF_RSA_D][numbers[PJF_RSA_D].len - 1] ^= 2;
        CHECK_STATUS(pjf_pkey_new_rsa(lib, some, &again), PJF_ERR_KEY_MISMATCH);
        CHECK(again == NULL);
        pjf_buf_free(&number, true);
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

static void primes_are_not_recovered_from_anything(void)
{
    static const struct {
        const char *what;
        pjf_span n, e, d;
        pjf_status status;
    } rows[] = {
        {"no modulus", SPAN("\x00"), SPAN("\x03"), SPAN("\x03"), PJF_ERR_KEY_RSA_MODULUS},
        {"even", SPAN("\x10\x00"), SPAN("\x03"), SPAN("\x03"), PJF_ERR_KEY_RSA_MODULUS},
        {"e is 1", SPAN("\x0c\xa1"), SPAN("\x01"), SPAN("\x03"), PJF_ERR_KEY_RSA_EXPONENT},
        {"e is even", SPAN("\x0c\xa1"), SPAN("\x04"), SPAN("\x03"), PJF_ERR_KEY_RSA_EXPONENT},
        {"d is even", SPAN("\x0c\xa1"), SPAN("\x11"), SPAN("\x02"), PJF_ERR_KEY_MISMATCH},
        {"d is n", SPAN("\x0c\xa1"), SPAN("\x11"), SPAN("\x0c\xa1"), PJF_ERR_KEY_MISMATCH},
        /* (2^89 - 1) · (2^61 - 1), with the inverse of e by the product of the primes less one, and
         * by their least common multiple. Smaller ones would now and then share a factor with the
         * base that is tried. */
        {"by the product",
         SPAN("\x3f\xff\xff\xff\xff\xff\xff\xfd\xff\xff\xff\xe0\x00\x00\x00\x00\x00\x00\x01"),
         SPAN("\x01\x01"),
         SPAN("\x04\x3b\xc4\x3b\xc4\x3b\xc4\x3b\x80\x7f\x80\x7b\x44\xbb\x44\xbb\x44\xbb\x45"),
         PJF_OK},
        {"by the lcm",
         SPAN("\x3f\xff\xff\xff\xff\xff\xff\xfd\xff\xff\xff\xe0\x00\x00\x00\x00\x00\x00\x01"),
         SPAN("\x01\x01"),
         SPAN("\x02\x19\xa2\x19\xa2\x19\xa2\x19\x80\x7f\x80\x7d\x66\xdd\x66\xdd\x66\xdd\x67"),
         PJF_OK},
        /* Prime powers, for which a d exists, but no two primes. */
        {"65537", SPAN("\x01\x00\x01"), SPAN("\x03"), SPAN("\xaa\xab"), PJF_ERR_KEY_MISMATCH},
        {"243", SPAN("\xf3"), SPAN("\x05"), SPAN("\x41"), PJF_ERR_KEY_MISMATCH},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_pkey *pkey = NULL;
        pjf_span numbers[PJF_RSA_NUMBERS] = {rows[i].n, rows[i].e, rows[i].d};
        note("%s", rows[i].what);
        CHECK_STATUS(pjf_pkey_new_rsa(lib, numbers, &pkey), rows[i].status);
        if (rows[i].status == PJF_OK) {
            pjf_buf number;
            pjf_buf_init(&number);
            CHECK_STATUS(pjf_pkey_rsa_number(pkey, PJF_RSA_P, &number), PJF_OK);
            CHECK_STATUS(pjf_pkey_rsa_number(pkey, PJF_RSA_Q, &number), PJF_OK);
            static const uint8_t primes[] = {0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0xff,
                                             0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
            CHECK_BYTES(number.ptr, number.len, primes, sizeof(primes));
            pjf_buf_free(&number, true);
        }
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

#define MERSENNE 1279 /* 2^1279 - 1 is prime */

/* The time to look for the primes of n = 2^1279 - 1, with d, or with one bit of it changed. */
static clock_t time_to_recover(pjf_lib *lib, uint8_t change)
{
    enum { LEN = (MERSENNE + 7) / 8 };
    uint8_t n[LEN], e[] = {0x01, 0x00, 0x01}, d[LEN] = {0};
    memset(n, 0xff, LEN);
    n[0] = 0x7f;
    /* The inverse of e by n - 1, by OpenSSL. */
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *number = BN_bin2bn(e, sizeof(e), NULL);
    BIGNUM *order = BN_bin2bn(n, LEN, NULL);
    CHECK(BN_sub_word(order, 1) && BN_mod_inverse(number, number, order, ctx) != NULL &&
          BN_bn2binpad(number, d, LEN) == LEN);
    BN_free(order);
    BN_free(number);
    BN_CTX_free(ctx);
    d[LEN / 2] = (uint8_t)(d[LEN / 2] ^ change);
    pjf_span numbers[PJF_RSA_NUMBERS] = {{n, LEN}, {e, sizeof(e)}, {d, LEN}};
    pjf_pkey *pkey = NULL;
    clock_t before = clock();
    CHECK_STATUS(pjf_pkey_new_rsa(lib, numbers, &pkey), PJF_ERR_KEY_MISMATCH);
    return clock() - before;
}

/* Where n is a prime, no base ever gives its two primes away; a hundred were tried, of which each
 * takes seconds where n has 16384 bits. A wrong d is noticed with the first one. */
static void a_modulus_that_is_prime_costs_little(void)
{
    pjf_lib *lib = fixture_lib();
    clock_t once = time_to_recover(lib, 1);
    CHECK(time_to_recover(lib, 0) < 20 * once + CLOCKS_PER_SEC / 100);
    pjf_lib_unref(lib);
}

/* A key of OpenSSL's own making, with one option of its generator. */
static EVP_PKEY *openssl_key(const char *type, const OSSL_PARAM *options)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CHECK(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1 &&
          EVP_PKEY_CTX_set_params(ctx, options) == 1 && EVP_PKEY_generate(ctx, &pkey) == 1);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static void other_keys_are_told_apart(void)
{
    pjf_pkey_facts facts;
    char p224[] = "secp224r1", p256[] = "prime256v1", encoding[] = OSSL_PKEY_EC_ENCODING_EXPLICIT;
    size_t bits = 1024;
    OSSL_PARAM none[] = {OSSL_PARAM_construct_end()};
    OSSL_PARAM small[] = {OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits),
                          OSSL_PARAM_construct_end()};
    OSSL_PARAM other_group[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, p224, 0),
        OSSL_PARAM_construct_end()};
    OSSL_PARAM in_full[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, p256, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0),
        OSSL_PARAM_construct_end()};
    ERR_clear_error();

    EVP_PKEY *pkey = openssl_key("X25519", none);
    CHECK_STATUS(pjf_pkey_describe(pkey, &facts), PJF_ERR_KEY_TYPE);
    EVP_PKEY_free(pkey);
    pkey = openssl_key("EC", other_group);
    CHECK_STATUS(pjf_pkey_describe(pkey, &facts), PJF_ERR_KEY_CURVE);
    EVP_PKEY_free(pkey);

    /* The right curve, but written out: what is read back need not be a curve of the table. */
    unsigned char *der = NULL;
    pkey = openssl_key("EC", in_full);
    int len = i2d_PUBKEY(pkey, &der);
    EVP_PKEY_free(pkey);
    const unsigned char *cursor = der;
    CHECK(len > 200); /* or it was not written out */
    pkey = d2i_PUBKEY(NULL, &cursor, len);
    CHECK(pkey != NULL);
    CHECK_STATUS(pjf_pkey_describe(pkey, &facts), PJF_ERR_KEY_CURVE);
    EVP_PKEY_free(pkey);
    OPENSSL_free(der);

    pkey = openssl_key("RSA-PSS", small);
    pjf_pkey *public_key = NULL;
    pjf_lib *lib = fixture_lib();
    CHECK_STATUS(pjf_pkey_public(lib, pkey, &public_key), PJF_OK);
    CHECK_STATUS(pjf_pkey_describe(public_key, &facts), PJF_OK);
    CHECK(facts.pss_only && facts.kind == PJF_KEY_RSA && facts.bits == 1024);
    pjf_pkey_free(public_key);
    pjf_pkey_free(NULL);
    EVP_PKEY_free(pkey);
    pjf_lib_unref(lib);
    CHECK_EQUAL(ERR_peek_error(), 0);
}

TEST_SUITE(ossl_pkey, TEST(every_kind_is_generated), TEST(numbers_come_through),
           TEST(rsa_primes_are_recovered), TEST(primes_are_not_recovered_from_anything),
           TEST(a_modulus_that_is_prime_costs_little), TEST(other_keys_are_told_apart));
