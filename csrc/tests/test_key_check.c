/*
 * What the numbers of a key must be. The points of small order are the published list (the ones
 * that libraries compare with), not computed here; so are the curves' members and non-members
 * among small y, by a few lines of Python that share nothing with the C code.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/key_internal.h"
#include "tests/fixtures.h"

static pjf_status check_okp(pjf_lib *lib, pjf_curve curve, const uint8_t *x)
{
    pjf_pkey *pkey = NULL;
    CHECK_STATUS(pjf_pkey_new_okp(lib, curve, (pjf_span){x, pjf_curve_of(curve)->len},
                                  (pjf_span){NULL, 0}, &pkey),
                 PJF_OK);
    pjf_status status = pjf_key_check_numbers(pkey, false);
    pjf_pkey_free(pkey);
    return status;
}

static void ed25519_points_of_small_order(void)
{
    static const char encodings[][33] = {
        /* y = 0, 1, two of order 8, -1, and the first two again with the prime added */
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
        "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
        "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
        "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
        "\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        "\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        "\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        for (int sign = 0; sign < 2; sign++) {
            uint8_t x[32];
            memcpy(x, encodings[i], 32);
            x[31] |= sign ? 0x80 : 0;
            note("encoding %zu, sign %d", i, sign);
            CHECK_STATUS(check_okp(lib, PJF_ED25519, x), PJF_ERR_KEY_POINT);
            x[0] ^= 8; /* a neighbour is an ordinary point, or none, but never crashes */
            pjf_status status = check_okp(lib, PJF_ED25519, x);
            CHECK(status == PJF_OK || status == PJF_ERR_KEY_POINT);
        }
    }
    pjf_lib_unref(lib);
}

static void ed448_points_of_small_order(void)
{
    pjf_lib *lib = fixture_lib();
    for (int i = 0; i < 5; i++) {
        for (int sign = 0; sign < 2; sign++) {
            uint8_t x[57] = {0};
            if (i < 2) {
                x[0] = (uint8_t)i; /* y = 0, 1 */
            } else {               /* y = p - 1, p, p + 1: p is 2^448 - 2^224 - 1 */
                memset(x, 0xff, 56);
                x[28] = 0xfe;
                x[0] = 0xfe;
                if (i == 3) {
                    x[0] = 0xff;
                } else if (i == 4) {
                    memset(x, 0, 28);
                    x[28] = 0xff;
                }
            }
            x[56] = sign ? 0x80 : 0;
            note("y %d, sign %d", i, sign);
            CHECK_STATUS(check_okp(lib, PJF_ED448, x), PJF_ERR_KEY_POINT);
        }
    }
    pjf_lib_unref(lib);
}

static void encodings_of_points_are_canonical(void)
{
    pjf_lib *lib = fixture_lib();
    for (int low = 0xed; low <= 0xff; low++) { /* y = p + 0 … p + 18 */
        uint8_t x[32];
        memset(x, 0xff, sizeof(x));
        x[0] = (uint8_t)low;
        x[31] = 0x7f;
        note("low byte %x", (unsigned)low);
        CHECK_STATUS(check_okp(lib, PJF_ED25519, x), PJF_ERR_KEY_POINT);
        x[31] = 0xff;
        CHECK_STATUS(check_okp(lib, PJF_ED25519, x), PJF_ERR_KEY_POINT);
    }
    /* A point of Ed448 with one of the seven unused bits set. */
    for (unsigned bit = 1; bit < 0x80; bit <<= 1) {
        uint8_t x[57] = {3};
        x[56] = (uint8_t)bit;
        note("bit %x", bit);
        CHECK_STATUS(check_okp(lib, PJF_ED448, x), PJF_ERR_KEY_POINT);
    }
    pjf_lib_unref(lib);
}

static void edwards_points_are_on_the_curve(void)
{
    static const uint8_t ed25519_on[] = {3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 19},
                         ed25519_off[] = {2, 7, 8, 11, 12, 13, 17};
    static const uint8_t ed448_on[] = {3, 4, 5, 7, 8, 9, 12, 13, 19},
                         ed448_off[] = {2, 6, 10, 11, 14, 15, 16, 17, 18};
    static const struct {
        pjf_curve curve;
        const uint8_t *y;
        size_t count;
        pjf_status status;
    } rows[] = {
        {PJF_ED25519, ed25519_on, sizeof(ed25519_on), PJF_OK},
        {PJF_ED25519, ed25519_off, sizeof(ed25519_off), PJF_ERR_KEY_POINT},
        {PJF_ED448, ed448_on, sizeof(ed448_on), PJF_OK},
        {PJF_ED448, ed448_off, sizeof(ed448_off), PJF_ERR_KEY_POINT},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t j = 0; j < rows[i].count; j++) {
            uint8_t x[57] = {rows[i].y[j]};
            note("%s, y %u", pjf_curve_of(rows[i].curve)->crv, x[0]);
            CHECK_STATUS(check_okp(lib, rows[i].curve, x), rows[i].status);
            x[pjf_curve_of(rows[i].curve)->len - 1] |= 0x80;
            CHECK_STATUS(check_okp(lib, rows[i].curve, x), rows[i].status);
        }
    }
    /* What keys really look like. */
    for (int round = 0; round < 40; round++) {
        pjf_curve curve = round % 2 ? PJF_ED25519 : PJF_ED448;
        pjf_pkey *pkey = NULL;
        note("round %d", round);
        CHECK_STATUS(pjf_pkey_generate(lib, PJF_KEY_OKP, curve, 0, &pkey), PJF_OK);
        CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_OK);
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

static void rsa_sizes(void)
{
    static const uint8_t three[] = {3};
    static uint8_t n[2049];
    static const struct {
        size_t bits;
        uint8_t low;
        pjf_status status;
    } rows[] = {
        {512, 1, PJF_ERR_KEY_RSA_MODULUS},
        {1023, 1, PJF_ERR_KEY_RSA_MODULUS},
        {1024, 1, PJF_OK},
        {1024, 2, PJF_ERR_KEY_RSA_MODULUS},
        {2049, 1, PJF_OK},
        {16384, 1, PJF_OK},
        {16385, 1, PJF_ERR_KEY_RSA_MODULUS},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = (rows[i].bits + 7) / 8;
        pjf_pkey *pkey = NULL;
        memset(n, 0, sizeof(n));
        n[0] = (uint8_t)(1u << (rows[i].bits - 1) % 8);
        n[len - 1] |= rows[i].low;
        pjf_span numbers[PJF_RSA_NUMBERS] = {{n, len}, {three, 1}};
        note("%zu bits, low %d", rows[i].bits, rows[i].low);
        CHECK_STATUS(pjf_pkey_new_rsa(lib, numbers, &pkey), PJF_OK);
        CHECK_STATUS(pjf_key_check_numbers(pkey, false), rows[i].status);
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

static void halves_of_one_key(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = PJF_CURVE_NONE; i < PJF_CURVE_COUNT; i++) {
        pjf_curve curve = (pjf_curve)i;
        pjf_key_kind kind =
            curve == PJF_CURVE_NONE ? PJF_KEY_RSA : (pjf_key_kind)pjf_curve_of(curve)->key_kind;
        pjf_pkey *pkey = NULL;
        note("curve %zu", i);
        CHECK_STATUS(pjf_pkey_generate(lib, kind, curve, 1024, &pkey), PJF_OK);
        CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_OK);
        CHECK_STATUS(pjf_key_check_numbers(pkey, false), PJF_OK);
        pjf_pkey_free(pkey);
    }
    pjf_lib_unref(lib);
}

/* RFC 4055 §1.2 lets a key allow one digest alone; the check must not take another. */
static void rsa_pss_keys(void)
{
    static const char *const digests[] = {NULL, "SHA256", "SHA384", "SHA512"};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        EVP_PKEY *pkey = NULL;
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
        note("%s", digests[i] == NULL ? "any" : digests[i]);
        CHECK(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1);
        CHECK(digests[i] == NULL || /* that of MGF1 would be SHA-1 */
              (EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, digests[i], NULL) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, digests[i]) == 1));
        CHECK(EVP_PKEY_generate(ctx, &pkey) == 1);
        CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_OK);

        pjf_key *key = NULL, *public_key = NULL;
        CHECK_STATUS(pjf_key_new(lib, &key), PJF_OK);
        CHECK_STATUS(pjf_key_adopt(key, pkey, true), PJF_OK);
        CHECK_STATUS(pjf_key_public(key, &public_key), PJF_OK);
        CHECK(pjf_key_fits(public_key, fixture_alg("PS256")));
        CHECK(!pjf_key_fits(public_key, fixture_alg("RS256")));
        pjf_key_unref(public_key);
        pjf_key_unref(key);
        EVP_PKEY_CTX_free(ctx);
    }
    pjf_lib_unref(lib);
}

/* No algorithm has these pairs of digests, or a salt longer than its digest. */
static void rsa_pss_keys_that_serve_nothing(void)
{
    static const struct {
        const char *digest, *mgf1_digest;
        int salt_len;
    } rows[] = {{"SHA1", "SHA1", 20},
                {"SHA224", "SHA224", 28},
                {"SHA256", "SHA1", 32},
                {"SHA256", "SHA384", 32},
                {"SHA384", "SHA384", 60}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EVP_PKEY *pkey = NULL;
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
        note("%s, MGF1 with %s", rows[i].digest, rows[i].mgf1_digest);
        CHECK(EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, rows[i].digest, NULL) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, rows[i].mgf1_digest) == 1);
        CHECK(EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, rows[i].salt_len) == 1);
        CHECK(EVP_PKEY_generate(ctx, &pkey) == 1);
        CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_ERR_KEY_RSA_PSS);
        CHECK_STATUS(pjf_key_check_numbers(pkey, false), PJF_ERR_KEY_RSA_PSS);
        CHECK_EQUAL(ERR_peek_error(), 0);
        EVP_PKEY_free(pkey);
        EVP_PKEY_CTX_free(ctx);
    }
}

static void keys_of_other_kinds(void)
{
    pjf_lib *lib = fixture_lib();
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "X448");
    CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_ERR_KEY_TYPE);
    EVP_PKEY_free(pkey);
    pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224");
    CHECK_STATUS(pjf_key_check_numbers(pkey, true), PJF_ERR_KEY_CURVE);
    EVP_PKEY_free(pkey);
    pjf_lib_unref(lib);
}

/* ---- key_make.c ---- */

static void a_key_for_every_algorithm(void)
{
    pjf_lib *lib = fixture_lib();
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        pjf_key *key = NULL, *public_key = NULL;
        note("%s", alg->name);
        pjf_status status = pjf_key_generate(lib, alg, 0, &key);
        if (alg->family == PJF_FAMILY_NONE) {
            CHECK_STATUS(status, PJF_ERR_ALG_UNSUPPORTED);
            CHECK(key == NULL);
            continue;
        }
        CHECK_STATUS(status, PJF_OK);
        CHECK(pjf_key_fits(key, alg));
        CHECK(pjf_key_alg(key) == NULL); /* not bound */
        CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_SIGN), PJF_OK);
        status = pjf_key_public(key, &public_key);
        if (alg->family == PJF_FAMILY_HMAC) {
            CHECK_EQUAL(pjf_key_bits(key), alg->min_key_bits);
            CHECK_STATUS(status, PJF_ERR_KEY_NO_PUBLIC);
        } else {
            pjf_key *same = NULL;
            CHECK_STATUS(status, PJF_OK);
            CHECK(!pjf_key_is_private(public_key));
            CHECK_STATUS(pjf_key_check(public_key, alg, PJF_KEY_TO_SIGN), PJF_ERR_KEY_PUBLIC);
            CHECK_STATUS(pjf_key_public(public_key, &same), PJF_OK);
            CHECK(same == public_key);
            pjf_key_unref(same);
            uint8_t of_pair[PJF_THUMBPRINT_LEN], of_public[PJF_THUMBPRINT_LEN];
            CHECK_STATUS(pjf_key_thumbprint(key, of_pair), PJF_OK);
            CHECK_STATUS(pjf_key_thumbprint(public_key, of_public), PJF_OK);
            CHECK_BYTES(of_pair, sizeof(of_pair), of_public, sizeof(of_public));
        }
        if (alg->family == PJF_FAMILY_RSA) {
            CHECK_EQUAL(pjf_key_bits(key), PJF_RSA_BITS_DEFAULT);
        }
        pjf_key_unref(public_key);
        pjf_key_unref(key);
    }
    pjf_key *ed25519 = NULL;
    CHECK_STATUS(pjf_key_generate(lib, fixture_alg("EdDSA"), 0, &ed25519), PJF_OK);
    CHECK_EQUAL(pjf_key_curve_of(ed25519), PJF_ED25519);
    pjf_key_unref(ed25519);
    pjf_lib_unref(lib);
}

static void sizes_of_generated_keys(void)
{
    static const struct {
        const char *alg;
        size_t bits;
        pjf_status status;
    } rows[] = {
        {"HS256", 256, PJF_OK},
        {"HS256", 264, PJF_OK},
        {"HS512", 512, PJF_OK},
        {"HS512", 504, PJF_ERR_ARGUMENT},
        {"HS256", 257, PJF_ERR_ARGUMENT},
        {"HS256", 8, PJF_ERR_ARGUMENT},
        {"HS256", PJF_KEY_TEXT_MAX * 8, PJF_OK},
        {"HS256", PJF_KEY_TEXT_MAX * 8 + 8, PJF_ERR_ARGUMENT},
        {"HS256", SIZE_MAX, PJF_ERR_ARGUMENT},
        {"RS256", 1024, PJF_ERR_KEY_RSA_MODULUS},
        {"RS256", 2047, PJF_ERR_KEY_RSA_MODULUS},
        {"PS256", 2056, PJF_OK},
        {"PS256", 16385, PJF_ERR_KEY_RSA_MODULUS},
        {"PS256", SIZE_MAX, PJF_ERR_KEY_RSA_MODULUS},
        {"ES256", 256, PJF_ERR_ARGUMENT},
        {"EdDSA", 256, PJF_ERR_ARGUMENT},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_key *key = NULL;
        note("%s, %zu", rows[i].alg, rows[i].bits);
        CHECK_STATUS(pjf_key_generate(lib, fixture_alg(rows[i].alg), rows[i].bits, &key),
                     rows[i].status);
        CHECK((key != NULL) == (rows[i].status == PJF_OK));
        if (key != NULL) {
            CHECK_EQUAL(pjf_key_bits(key), rows[i].bits);
        }
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

TEST_SUITE(key_check, TEST(ed25519_points_of_small_order), TEST(ed448_points_of_small_order),
           TEST(encodings_of_points_are_canonical), TEST(edwards_points_are_on_the_curve),
           TEST(rsa_sizes), TEST(halves_of_one_key), TEST(rsa_pss_keys),
           TEST(rsa_pss_keys_that_serve_nothing), TEST(keys_of_other_kinds),
           TEST(a_key_for_every_algorithm), TEST(sizes_of_generated_keys));
