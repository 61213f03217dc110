/*
 * alg: the one static table of JWS algorithms (RFC 7518 §3.1). Facts only; sig.c does the work.
 */
#ifndef PJF_ALG_H
#define PJF_ALG_H

#include "core/base.h"

typedef enum pjf_alg_family {
    PJF_FAMILY_NONE, /* "none", RFC 7518 §3.6: known by name, never verifies */
    PJF_FAMILY_HMAC
} pjf_alg_family;

typedef enum pjf_digest { PJF_SHA256, PJF_SHA384, PJF_SHA512, PJF_DIGEST_COUNT } pjf_digest;

typedef struct pjf_digest_facts {
    const char *name;  /* as OpenSSL and hashlib spell it */
    uint8_t len;       /* of the result, in bytes */
    uint8_t block_len; /* of the compression function's input, in bytes */
} pjf_digest_facts;

typedef enum pjf_key_kind { PJF_KEY_OCT, PJF_KEY_KIND_NONE } pjf_key_kind;

typedef struct pjf_alg {
    const char *name; /* exactly as in a JOSE header */
    uint8_t name_len;
    uint8_t id;            /* index of the row; a set of algorithms is a bit mask of 1 << id */
    uint8_t family;        /* pjf_alg_family */
    uint8_t digest;        /* pjf_digest, for families that have one */
    uint8_t key_kind;      /* pjf_key_kind that fits */
    uint8_t signature_len; /* bytes of the signature, 0 when it depends on the key */
    uint16_t min_key_bits; /* RFC 7518 §3.2: below it a key is insecure */
} pjf_alg;

/* The facts of a digest. */
const pjf_digest_facts *pjf_digest_of(pjf_digest digest);

#define PJF_ALG_MAX 32 /* rows; a mask fits uint32_t */

/* The row with exactly this name (case and all), or NULL. */
const pjf_alg *pjf_alg_find(const char *name, size_t len);

/* The row with this id, or NULL past the end. */
const pjf_alg *pjf_alg_at(size_t id);

#endif
