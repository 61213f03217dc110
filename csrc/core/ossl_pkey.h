/*
 * ossl_pkey: the EVP_PKEY of OpenSSL 3 behind calls of our own: made from numbers and read back.
 * The few calls that AWS-LC and BoringSSL lack or spell otherwise (fetching, fromdata, named
 * parameters, Ed448) are in ossl.c and ossl_pkey.c, so that another library is another pair of
 * files.
 *
 * Numbers are unsigned and big-endian. Functions leave OpenSSL's error queue as they found it.
 */
#ifndef PJF_OSSL_PKEY_H
#define PJF_OSSL_PKEY_H

#include "core/alg.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/ossl.h"

typedef struct evp_pkey_st pjf_pkey; /* EVP_PKEY, without OpenSSL's headers */

/* The numbers of an RSA key (RFC 8017 §3, RFC 7518 §6.3). Absent ones have ptr NULL. */
typedef enum pjf_rsa_number {
    PJF_RSA_N,
    PJF_RSA_E,
    PJF_RSA_D,
    PJF_RSA_P,
    PJF_RSA_Q,
    PJF_RSA_DP,
    PJF_RSA_DQ,
    PJF_RSA_QI,
    PJF_RSA_NUMBERS
} pjf_rsa_number;

/* A key from n and e; with d private, with all eight fast. With d alone the primes are recovered
 * (RFC 8017 has no such form, but RFC 7518 §6.3.2 does). PJF_ERR_KEY_MISMATCH when d fits no
 * primes, PJF_ERR_CRYPTO when OpenSSL refuses. */
pjf_status pjf_pkey_new_rsa(pjf_lib *lib, const pjf_span numbers[PJF_RSA_NUMBERS], pjf_pkey **out);

/* A key of an EC curve from its affine coordinates, each of the curve's length, and the private
 * number d or an empty span. PJF_ERR_KEY_POINT when they are no point of the curve. */
pjf_status pjf_pkey_new_ec(pjf_lib *lib, pjf_curve curve, pjf_span x, pjf_span y, pjf_span d,
                           pjf_pkey **out);

/* An Ed25519 or Ed448 key from the public bytes, or from the private ones when d is not empty (then
 * x must be what belongs to it: PJF_ERR_KEY_MISMATCH). */
pjf_status pjf_pkey_new_okp(pjf_lib *lib, pjf_curve curve, pjf_span x, pjf_span d, pjf_pkey **out);

/* A new RSA key pair with e = 65537, or a pair of the curve (bits unused). */
pjf_status pjf_pkey_generate(pjf_lib *lib, pjf_key_kind kind, pjf_curve curve, size_t bits,
                             pjf_pkey **out);

/* The public part alone, a key of its own. */
pjf_status pjf_pkey_public(pjf_lib *lib, pjf_pkey *pkey, pjf_pkey **out);

/* Drops a reference. NULL is allowed. */
void pjf_pkey_free(pjf_pkey *pkey);

/* What a loaded pkey is. PJF_ERR_KEY_TYPE, PJF_ERR_KEY_CURVE (explicit parameters too). */
typedef struct pjf_pkey_facts {
    pjf_key_kind kind;
    pjf_curve curve;
    bool pss_only;
    size_t bits;
} pjf_pkey_facts;

pjf_status pjf_pkey_describe(const pjf_pkey *pkey, pjf_pkey_facts *out);

/* Appends a number of an RSA key without leading zeros. PJF_ERR_KEY_NO_PRIVATE where it has not
 * that one. */
pjf_status pjf_pkey_rsa_number(const pjf_pkey *pkey, pjf_rsa_number which, pjf_buf *out);

/* Appends x, y (of EC) or d, each with exactly the length of the curve. Asked for what the key has
 * not: PJF_ERR_KEY_NO_PRIVATE. */
typedef enum pjf_curve_number { PJF_CURVE_X, PJF_CURVE_Y, PJF_CURVE_D } pjf_curve_number;

pjf_status pjf_pkey_curve_number(const pjf_pkey *pkey, pjf_curve curve, pjf_curve_number which,
                                 pjf_buf *out);

#endif
