/*
 * alg: the one static table of JWS algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2,
 * RFC 9864 §2.2). Facts only; sig.c does the work.
 */
#ifndef PJF_ALG_H
#define PJF_ALG_H

#include "core/base.h"

typedef enum pjf_alg_family {
    PJF_FAMILY_NONE,   /* "none", RFC 7518 §3.6: known by name, never verifies */
    PJF_FAMILY_HMAC,   /* RFC 7518 §3.2 */
    PJF_FAMILY_RSA,    /* RSASSA-PKCS1-v1_5, RFC 7518 §3.3 */
    PJF_FAMILY_RSAPSS, /* RSASSA-PSS, RFC 7518 §3.5 */
    PJF_FAMILY_ECDSA,  /* RFC 7518 §3.4, RFC 8812 */
    PJF_FAMILY_EDDSA   /* RFC 8037, RFC 9864 */
} pjf_alg_family;

typedef enum pjf_digest { PJF_SHA256, PJF_SHA384, PJF_SHA512, PJF_DIGEST_COUNT } pjf_digest;

typedef struct pjf_digest_facts {
    const char *name;  /* as OpenSSL and hashlib spell it */
    uint8_t len;       /* of the result, in bytes */
    uint8_t block_len; /* of the compression function's input, in bytes */
} pjf_digest_facts;

/* The "kty" of RFC 7518 §6.1 and RFC 8037 §2. */
typedef enum pjf_key_kind {
    PJF_KEY_OCT,
    PJF_KEY_RSA,
    PJF_KEY_EC,
    PJF_KEY_OKP,
    PJF_KEY_KIND_NONE
} pjf_key_kind;

/* The "crv" of RFC 7518 §6.2.1.1, RFC 8037 §2 and RFC 8812 §3.1. */
typedef enum pjf_curve {
    PJF_CURVE_NONE,
    PJF_P256,
    PJF_P384,
    PJF_P521,
    PJF_SECP256K1,
    PJF_ED25519,
    PJF_ED448,
    PJF_CURVE_COUNT
} pjf_curve;

typedef struct pjf_curve_facts {
    const char *crv;       /* in a JWK */
    const char *ossl_name; /* OpenSSL's name of the group, or of the key type of an OKP */
    uint8_t key_kind;      /* pjf_key_kind */
    uint8_t len;           /* bytes of a coordinate, or of an OKP public key */
    uint8_t signature_len; /* bytes of a JWS signature by such a key */
    uint16_t bits;
} pjf_curve_facts;

typedef struct pjf_alg {
    const char *name; /* exactly as in a JOSE header */
    uint8_t name_len;
    uint8_t id;            /* index of the row; a set of algorithms is a bit mask of 1 << id */
    uint8_t family;        /* pjf_alg_family */
    uint8_t digest;        /* pjf_digest, for families that have one */
    uint8_t key_kind;      /* pjf_key_kind that fits */
    uint8_t curve;         /* pjf_curve that fits, or PJF_CURVE_NONE: any of the kind */
    uint8_t signature_len; /* bytes of the signature, 0 when it depends on the key */
    uint16_t min_key_bits; /* RFC 7518 §3.2, §3.3: below it a key is insecure; 0: no such rule */
} pjf_alg;

/* The facts of a digest. */
const pjf_digest_facts *pjf_digest_of(pjf_digest digest);

/* The facts of a curve; not for PJF_CURVE_NONE. */
const pjf_curve_facts *pjf_curve_of(pjf_curve curve);

/* The curve with exactly this JWK name, or PJF_CURVE_NONE. */
pjf_curve pjf_curve_find(const char *crv, size_t len);

#define PJF_ALG_MAX 32 /* rows; a mask fits uint32_t */

/* The row with exactly this name (case and all), or NULL. */
const pjf_alg *pjf_alg_find(const char *name, size_t len);

/* The row with this id, or NULL past the end. */
const pjf_alg *pjf_alg_at(size_t id);

#endif
