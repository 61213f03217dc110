/*
 * sig_hmac: HMAC (RFC 2104, RFC 7518 §3.2) over SHA-2 with inner and outer digest states prepared
 * once per key and digest, then copied per call: two compressions fewer than HMAC from scratch and
 * none of OpenSSL's per-call fetches.
 *
 * Two ways with the same results: EVP contexts (PJF_HMAC_LOW_LEVEL=0, or whenever FIPS is asked
 * for) and the low-level SHA structs (PJF_HMAC_LOW_LEVEL=1, the default where the headers have
 * them), which are deprecated but copied with a plain assignment.
 */
#ifndef PJF_SIG_HMAC_H
#define PJF_SIG_HMAC_H

#include "core/alg.h"
#include "core/base.h"
#include "core/ossl.h"

typedef struct pjf_hmac pjf_hmac;                 /* prepared states of one key */
typedef struct pjf_hmac_scratch pjf_hmac_scratch; /* contexts of one call at a time */

/* Prepares the states of every SHA-2 digest for a secret. */
pjf_status pjf_hmac_new(pjf_lib *lib, pjf_span secret, pjf_hmac **out);

/* Cleanses and frees; NULL is allowed. */
void pjf_hmac_free(pjf_hmac *hmac);

pjf_status pjf_hmac_scratch_new(pjf_hmac_scratch **out);
void pjf_hmac_scratch_free(pjf_hmac_scratch *scratch);

/* The MAC of message into out[64]; *out_len is the digest's length. */
pjf_status pjf_hmac_compute(pjf_hmac_scratch *scratch, const pjf_hmac *hmac, pjf_digest digest,
                            pjf_span message, uint8_t *out, size_t *out_len);

/* "low-level" or "evp": the way this key's MACs are computed. */
const char *pjf_hmac_way(const pjf_hmac *hmac);

#endif
