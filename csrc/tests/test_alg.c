#include "core/alg.h"
#include "tests/harness.h"

static void names_are_found_exactly(void)
{
    static const char *const names[] = {"none", "HS256", "HS384", "HS512"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        note("%s", names[i]);
        const pjf_alg *alg = pjf_alg_find(names[i], strlen(names[i]));
        if (CHECK(alg != NULL)) {
            CHECK_BYTES(alg->name, alg->name_len, names[i], strlen(names[i]));
            CHECK(pjf_alg_at(alg->id) == alg);
        }
        CHECK(pjf_alg_find(names[i], strlen(names[i]) - 1) == NULL);
    }
    static const char *const others[] = {"",         "hs256",  "Hs256", "HS256 ", " HS256",
                                         "HS2566",   "HS1",    "NONE",  "None",   "nOnE",
                                         "HS256/64", "SHA256", "HS257", "RS256\n"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        note("%s", others[i]);
        CHECK(pjf_alg_find(others[i], strlen(others[i])) == NULL);
    }
    CHECK(pjf_alg_find("HS256\0", 6) == NULL);
    CHECK(pjf_alg_find("HS256HS", 5) != NULL); /* the length counts, not a terminator */
}

static void check_asymmetric(const pjf_alg *alg)
{
    const pjf_curve_facts *curve =
        alg->curve == PJF_CURVE_NONE ? NULL : pjf_curve_of((pjf_curve)alg->curve);
    switch ((pjf_alg_family)alg->family) {
    case PJF_FAMILY_NONE:
        CHECK_EQUAL(alg->signature_len, 0);
        CHECK_EQUAL(alg->key_kind, PJF_KEY_KIND_NONE);
        break;
    case PJF_FAMILY_RSA:
    case PJF_FAMILY_RSAPSS: /* RFC 7518 §3.3, §3.5 */
        CHECK_EQUAL(alg->key_kind, PJF_KEY_RSA);
        CHECK_EQUAL(alg->min_key_bits, 2048);
        CHECK_EQUAL(alg->signature_len, 0);
        CHECK_EQUAL(atoi(alg->name + 2), atoi(pjf_digest_of((pjf_digest)alg->digest)->name + 3));
        CHECK_EQUAL(alg->name[0], alg->family == PJF_FAMILY_RSA ? 'R' : 'P');
        break;
    case PJF_FAMILY_ECDSA: /* RFC 7518 §3.4: r and s have the length of the curve's order */
        CHECK_EQUAL(alg->key_kind, PJF_KEY_EC);
        CHECK_EQUAL(alg->signature_len, 2u * ((curve->bits + 7u) / 8u));
        break;
    case PJF_FAMILY_EDDSA: /* RFC 8037 §3.1: either curve, but for the names of RFC 9864 */
        CHECK_EQUAL(alg->key_kind, PJF_KEY_OKP);
        CHECK(curve == NULL || strcmp(curve->crv, alg->name) == 0);
        CHECK_EQUAL(alg->signature_len, curve == NULL ? 0 : 2u * curve->len);
        break;
    default: CHECK(false); break;
    }
    CHECK(curve == NULL ||
          (curve->key_kind == alg->key_kind && (alg->signature_len == curve->signature_len)));
}

static void rows_are_consistent(void)
{
    size_t rows = 0;
    for (const pjf_alg *alg; (alg = pjf_alg_at(rows)) != NULL; rows++) {
        note("%s", alg->name);
        CHECK_EQUAL(alg->id, rows);
        CHECK_EQUAL(strlen(alg->name), alg->name_len);
        CHECK(pjf_alg_find(alg->name, alg->name_len) == alg);
        if (alg->family == PJF_FAMILY_HMAC) {
            /* RFC 7518 §3.2: the MAC is the whole digest, and the key at least as long. */
            CHECK_EQUAL(alg->key_kind, PJF_KEY_OCT);
            CHECK_EQUAL(alg->min_key_bits, alg->signature_len * 8);
            const pjf_digest_facts *digest = pjf_digest_of((pjf_digest)alg->digest);
            CHECK_EQUAL(atoi(alg->name + 2), alg->min_key_bits);
            CHECK_EQUAL(atoi(digest->name + 3), alg->min_key_bits);
            CHECK_EQUAL(digest->len, alg->signature_len);
            CHECK_EQUAL(digest->block_len, digest->len == 32 ? 64 : 128);
        } else {
            check_asymmetric(alg);
        }
    }
    CHECK(rows >= 4 && rows <= PJF_ALG_MAX);
    CHECK(pjf_alg_at(SIZE_MAX) == NULL);
}

TEST_SUITE(alg, TEST(names_are_found_exactly), TEST(rows_are_consistent));
