/*
 * sig: signs and verifies bytes with a prepared key. sig.c is the one switch from algorithm family
 * to file (sig_hmac.c).
 */
#ifndef PJF_SIG_H
#define PJF_SIG_H

#include "core/alg.h"
#include "core/base.h"
#include "core/key.h"

#define PJF_SIG_MAX 64 /* longest signature of the alg table, in bytes */

/* Working memory of one signing or verifying call at a time: contexts that prepared states are
 * copied into. Reused from call to call by whoever holds it; never by two threads at once. */
typedef struct pjf_sig_scratch pjf_sig_scratch;

/* A new scratch. PJF_ERR_NOMEM. */
pjf_status pjf_sig_scratch_new(pjf_sig_scratch **out);

/* Frees it; NULL is allowed. */
void pjf_sig_scratch_free(pjf_sig_scratch *scratch);

/* Signs message into out[PJF_SIG_MAX]; *out_len is the signature's length.
 * PJF_ERR_KEY_ALGORITHM when the key does not fit alg; PJF_ERR_CRYPTO when OpenSSL fails. "none"
 * gives an empty signature and needs no key. */
pjf_status pjf_sig_sign(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                        pjf_span message, uint8_t *out, size_t *out_len);

/* PJF_OK only when signature is alg's signature of message by key; PJF_ERR_SIGNATURE when not (a
 * MAC is compared in constant time). "none" never verifies. */
pjf_status pjf_sig_verify(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                          pjf_span message, pjf_span signature);

#endif
