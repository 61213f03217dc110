/*
 * sig_evp: what the asymmetric families share. A key keeps, per algorithm and operation, an OpenSSL
 * context initialised once; calls work on copies of it. A fresh context would cost 2 to 3 µs of
 * fetches and set-up per call.
 *
 * RSA and ECDSA hash the message in the scratch and give the digest to an EVP_PKEY_CTX. Such a
 * context may be used again and again, so a copy that has served is kept beside its template as a
 * spare for the next call: the ordinary call copies and allocates nothing. A call that finds the
 * spare taken, by another thread or by a fork in the middle of a call, copies the template. EdDSA
 * takes whole messages, and an EVP_MD_CTX only once: a call copies the template into the scratch,
 * which holds no key afterwards.
 *
 * Templates are made when first needed, by whichever thread comes first, and never changed
 * afterwards: copying one is safe on several threads at once, and after fork.
 *
 * One file per family (sig_rsa.c, sig_ecdsa.c, sig_eddsa.c) says how its contexts are initialised
 * and what a signature looks like outside OpenSSL.
 */
#ifndef PJF_SIG_EVP_H
#define PJF_SIG_EVP_H

#include <stdatomic.h>

#include "core/alg.h"
#include "core/base.h"
#include "core/ossl.h"
#include "core/ossl_pkey.h"

typedef struct evp_md_ctx_st pjf_evp_md_ctx;     /* EVP_MD_CTX, without OpenSSL's headers */
typedef struct evp_pkey_ctx_st pjf_evp_pkey_ctx; /* EVP_PKEY_CTX, likewise */

typedef enum pjf_evp_operation {
    PJF_EVP_SIGN,
    PJF_EVP_VERIFY,
    PJF_EVP_OPERATIONS
} pjf_evp_operation;

/* The contexts of one algorithm and operation. */
typedef struct pjf_evp_slot {
    _Atomic(pjf_evp_pkey_ctx *) template; /* never changed once it is there */
    _Atomic(pjf_evp_pkey_ctx *) spare;    /* belongs to whoever takes it out */
} pjf_evp_slot;

/* An RSA key serves six algorithms, an EC key one: the digest, plus PJF_DIGEST_COUNT for
 * RSASSA-PSS. */
#define PJF_EVP_SLOTS 6

/* Zero-initialised by the key that owns it. */
typedef struct pjf_evp_sig {
    pjf_evp_slot slots[PJF_EVP_OPERATIONS][PJF_EVP_SLOTS];
    _Atomic(pjf_evp_md_ctx *) whole[PJF_EVP_OPERATIONS]; /* templates of EdDSA */
    atomic_bool doubtful; /* OpenSSL has met an error while it signed: see pjf_rsa_sign() */
} pjf_evp_sig;

/* Frees the contexts; no call may be under way. */
void pjf_evp_sig_clear(pjf_evp_sig *evp);

/* Contexts for the digests, and the one that EdDSA's templates are copied into; one call at a time.
 */
typedef struct pjf_evp_scratch pjf_evp_scratch;

pjf_status pjf_evp_scratch_new(pjf_evp_scratch **out);
void pjf_evp_scratch_free(pjf_evp_scratch *scratch);

/* What a family's functions work with. */
typedef struct pjf_evp_call {
    pjf_evp_scratch *scratch;
    pjf_lib *lib;
    pjf_evp_sig *evp; /* of the key; its contexts may be filled in */
    pjf_pkey *pkey;
    const pjf_alg *alg;
    const pjf_curve_facts *curve; /* NULL for RSA */
    size_t key_bits;
} pjf_evp_call;

/* One per family: sign into out[PJF_SIG_MAX], verify to PJF_OK or PJF_ERR_SIGNATURE (a signature of
 * the wrong length is refused before OpenSSL sees it). Only a result of exactly 1 from OpenSSL is
 * success. PJF_ERR_KEY_ALGORITHM when an RSA key is too short for the algorithm, or of the kind
 * that is restricted to another one (RFC 4055 §1.2). PJF_ERR_NOMEM, PJF_ERR_CRYPTO. */
pjf_status pjf_rsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out, size_t *out_len);
pjf_status pjf_rsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);
pjf_status pjf_ecdsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                          size_t *out_len);
pjf_status pjf_ecdsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);
pjf_status pjf_eddsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                          size_t *out_len);
pjf_status pjf_eddsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);

/* sig_ecdsa.c: the DER of r and s, each of len bytes (at most PJF_ECDSA_NUMBER_MAX), and back.
 * Exactly one DER stands for a pair; false for anything else, and for an r or s of zero. */
#define PJF_ECDSA_NUMBER_MAX 66 /* P-521 */
#define PJF_ECDSA_DER_MAX    (3 + 2 * (2 + 1 + PJF_ECDSA_NUMBER_MAX))
bool pjf_ecdsa_write_der(const uint8_t *raw, size_t len, uint8_t out[PJF_ECDSA_DER_MAX],
                         size_t *out_len);
bool pjf_ecdsa_read_der(pjf_span der, size_t len, uint8_t *raw);

/* ---- sig_evp.c, for the family files ---- */

/* What a family sets on a context beyond the digest; false when OpenSSL refuses. */
typedef bool (*pjf_evp_setup)(const pjf_evp_call *call, pjf_evp_pkey_ctx *ctx);

/* Sign or verify the message's digest, in OpenSSL's own form of the signature. setup may be NULL.
 * *out_len is the room in out before, the length after. */
pjf_status pjf_evp_sign_digest(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                               uint8_t *out, size_t *out_len);
pjf_status pjf_evp_verify_digest(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                                 pjf_span signature);

/* The same with algorithms that take the message whole. */
pjf_status pjf_evp_sign_whole(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                              size_t *out_len);
pjf_status pjf_evp_verify_whole(const pjf_evp_call *call, pjf_span message, pjf_span signature);

#endif
