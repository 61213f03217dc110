/*
 * sig: signs and verifies bytes with a prepared key. sig.c is the one switch from algorithm family
 * to file: sig_hmac.c, sig_rsa.c, sig_ecdsa.c, sig_eddsa.c.
 */
#ifndef PJF_SIG_H
#define PJF_SIG_H

#include "core/alg.h"
#include "core/base.h"
#include "core/key.h"

#define PJF_SIG_MAX 2048 /* longest signature, in bytes: RSA with PJF_RSA_BITS_MAX */

/* Working memory of one signing or verifying call at a time: contexts that prepared states are
 * copied into. Reused from call to call by whoever holds it; never by two threads at once. */
typedef struct pjf_sig_scratch pjf_sig_scratch;

/* A new scratch. PJF_ERR_NOMEM. */
pjf_status pjf_sig_scratch_new(pjf_sig_scratch **out);

/* Frees it; NULL is allowed. */
void pjf_sig_scratch_free(pjf_sig_scratch *scratch);

/* The length in bytes of alg's signatures by key (NULL for "none"); at most PJF_SIG_MAX. */
size_t pjf_sig_len(const pjf_alg *alg, const pjf_key *key);

/* True when a signature of this family takes so long that a caller who holds a lock for other
 * threads should let go of it. */
bool pjf_sig_is_slow(const pjf_alg *alg);

/* Signs message into out[PJF_SIG_MAX]; *out_len is the signature's length. Fails as
 * pjf_key_check() does; PJF_ERR_CRYPTO when OpenSSL fails. "none" gives an empty signature and
 * needs no key. */
pjf_status pjf_sig_sign(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                        pjf_span message, uint8_t *out, size_t *out_len);

/* PJF_OK only when signature is alg's signature of message by key (or by the private key that key
 * holds); PJF_ERR_SIGNATURE when not (a MAC is compared in constant time). Fails as pjf_key_check()
 * does. "none" never verifies. */
pjf_status pjf_sig_verify(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                          pjf_span message, pjf_span signature);

#endif
