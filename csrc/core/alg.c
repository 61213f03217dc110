#include "core/alg.h"

#include <string.h>

#define ROW(index, text) .id = (index), .name = (text), .name_len = sizeof(text) - 1

static const pjf_digest_facts digests[PJF_DIGEST_COUNT] = {
    [PJF_SHA256] = {"SHA256", 32, 64},
    [PJF_SHA384] = {"SHA384", 48, 128},
    [PJF_SHA512] = {"SHA512", 64, 128},
};

static const pjf_curve_facts curves[PJF_CURVE_COUNT] = {
    [PJF_P256] = {"P-256", "prime256v1", PJF_KEY_EC, 32, 64, 256},
    [PJF_P384] = {"P-384", "secp384r1", PJF_KEY_EC, 48, 96, 384},
    [PJF_P521] = {"P-521", "secp521r1", PJF_KEY_EC, 66, 132, 521},
    [PJF_SECP256K1] = {"secp256k1", "secp256k1", PJF_KEY_EC, 32, 64, 256},
    [PJF_ED25519] = {"Ed25519", "ED25519", PJF_KEY_OKP, 32, 64, 256},
    [PJF_ED448] = {"Ed448", "ED448", PJF_KEY_OKP, 57, 114, 456},
};

#define HMAC_ROW(index, text, sha, bytes)                                 \
    {ROW(index, text),        .family = PJF_FAMILY_HMAC, .digest = (sha), \
     .key_kind = PJF_KEY_OCT, .signature_len = (bytes),  .min_key_bits = (bytes) * 8}
#define RSA_ROW(index, text, padding, sha)                                            \
    {ROW(index, text), .family = (padding), .digest = (sha), .key_kind = PJF_KEY_RSA, \
     .min_key_bits = 2048}
#define ECDSA_ROW(index, text, sha, group, bytes)                         \
    {ROW(index, text),       .family = PJF_FAMILY_ECDSA, .digest = (sha), \
     .key_kind = PJF_KEY_EC, .curve = (group),           .signature_len = (bytes)}
#define EDDSA_ROW(index, text, group, bytes)                                                  \
    {ROW(index, text), .family = PJF_FAMILY_EDDSA, .key_kind = PJF_KEY_OKP, .curve = (group), \
     .signature_len = (bytes)}

static const pjf_alg pjf_algs[] = {
    {ROW(0, "none"), .family = PJF_FAMILY_NONE, .key_kind = PJF_KEY_KIND_NONE},
    HMAC_ROW(1, "HS256", PJF_SHA256, 32),
    HMAC_ROW(2, "HS384", PJF_SHA384, 48),
    HMAC_ROW(3, "HS512", PJF_SHA512, 64),
    RSA_ROW(4, "RS256", PJF_FAMILY_RSA, PJF_SHA256),
    RSA_ROW(5, "RS384", PJF_FAMILY_RSA, PJF_SHA384),
    RSA_ROW(6, "RS512", PJF_FAMILY_RSA, PJF_SHA512),
    RSA_ROW(7, "PS256", PJF_FAMILY_RSAPSS, PJF_SHA256),
    RSA_ROW(8, "PS384", PJF_FAMILY_RSAPSS, PJF_SHA384),
    RSA_ROW(9, "PS512", PJF_FAMILY_RSAPSS, PJF_SHA512),
    ECDSA_ROW(10, "ES256", PJF_SHA256, PJF_P256, 64),
    ECDSA_ROW(11, "ES256K", PJF_SHA256, PJF_SECP256K1, 64),
    ECDSA_ROW(12, "ES384", PJF_SHA384, PJF_P384, 96),
    ECDSA_ROW(13, "ES512", PJF_SHA512, PJF_P521, 132),
    ECDSA_ROW(14, "ES521", PJF_SHA512, PJF_P521, 132), /* PyJWT's alias, of no RFC */
    EDDSA_ROW(15, "EdDSA", PJF_CURVE_NONE, 0),
    EDDSA_ROW(16, "Ed25519", PJF_ED25519, 64),
    EDDSA_ROW(17, "Ed448", PJF_ED448, 114),
};

#define PJF_ALG_ROWS (sizeof(pjf_algs) / sizeof(pjf_algs[0]))

_Static_assert(PJF_ALG_ROWS <= PJF_ALG_MAX, "a set of algorithms must fit a 32-bit mask");

const pjf_digest_facts *pjf_digest_of(pjf_digest digest)
{
    return &digests[digest];
}

const pjf_curve_facts *pjf_curve_of(pjf_curve curve)
{
    return &curves[curve];
}

pjf_curve pjf_curve_find(const char *crv, size_t len)
{
    for (size_t i = PJF_CURVE_NONE + 1; i < PJF_CURVE_COUNT; i++) {
        if (strlen(curves[i].crv) == len && memcmp(curves[i].crv, crv, len) == 0) {
            return (pjf_curve)i;
        }
    }
    return PJF_CURVE_NONE;
}

const pjf_alg *pjf_alg_find(const char *name, size_t len)
{
    for (size_t i = 0; i < PJF_ALG_ROWS; i++) {
        if (pjf_algs[i].name_len == len && memcmp(pjf_algs[i].name, name, len) == 0) {
            return &pjf_algs[i];
        }
    }
    return NULL;
}

const pjf_alg *pjf_alg_at(size_t id)
{
    return id < PJF_ALG_ROWS ? &pjf_algs[id] : NULL;
}
