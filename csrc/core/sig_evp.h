/*
 * sig_evp: what the asymmetric families share. A key keeps, per algorithm and operation, an
 * EVP_MD_CTX initialised once; a call copies it into the scratch context and finishes there. A
 * fresh context would cost 2 to 3 µs of fetches and set-up per call.
 *
 * The contexts of a key are made when first needed, by whichever thread comes first, and never
 * changed afterwards: copying one is safe on several threads at once, and after fork.
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

typedef struct evp_md_ctx_st pjf_evp_md_ctx; /* EVP_MD_CTX, without OpenSSL's headers */

/* An RSA key serves six algorithms, the others one (EdDSA) or one per curve. */
#define PJF_EVP_SLOTS 6

/* Zero-initialised by the key that owns it. Slots: digest, plus PJF_DIGEST_COUNT for RSASSA-PSS. */
typedef struct pjf_evp_sig {
    _Atomic(pjf_evp_md_ctx *) sign[PJF_EVP_SLOTS];
    _Atomic(pjf_evp_md_ctx *) verify[PJF_EVP_SLOTS];
} pjf_evp_sig;

/* Frees the contexts. */
void pjf_evp_sig_clear(pjf_evp_sig *evp);

/* The context that calls copy into; one call at a time. */
typedef struct pjf_evp_scratch pjf_evp_scratch;

pjf_status pjf_evp_scratch_new(pjf_evp_scratch **out);
void pjf_evp_scratch_free(pjf_evp_scratch *scratch);

/* What a family's functions work with. */
typedef struct pjf_evp_call {
    pjf_evp_scratch *scratch;
    pjf_lib *lib;
    pjf_evp_sig *evp; /* of the key; its slots may be filled */
    pjf_pkey *pkey;
    const pjf_alg *alg;
    const pjf_curve_facts *curve; /* NULL for RSA */
    size_t key_bits;
} pjf_evp_call;

/* One per family: sign into out[PJF_SIG_MAX], verify to PJF_OK or PJF_ERR_SIGNATURE (a signature of
 * the wrong length is refused before OpenSSL sees it). Only a result of exactly 1 from OpenSSL is
 * success. PJF_ERR_NOMEM, PJF_ERR_CRYPTO. */
pjf_status pjf_rsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out, size_t *out_len);
pjf_status pjf_rsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);
pjf_status pjf_ecdsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                          size_t *out_len);
pjf_status pjf_ecdsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);
pjf_status pjf_eddsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                          size_t *out_len);
pjf_status pjf_eddsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature);

/* sig_evp.c, for the family files. Initialises a context for one family; *pctx is its
 * EVP_PKEY_CTX, to set padding on. */
typedef struct evp_pkey_ctx_st pjf_evp_pkey_ctx;
typedef pjf_status (*pjf_evp_setup)(const pjf_alg *alg, pjf_lib *lib, pjf_evp_pkey_ctx *pctx);

/* Signs or verifies in OpenSSL's own form of the signature. setup may be NULL. *out_len is the room
 * in out before, the length after. */
pjf_status pjf_evp_sign(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                        uint8_t *out, size_t *out_len);
pjf_status pjf_evp_verify(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                          pjf_span signature);

#endif
