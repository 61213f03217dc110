#include "core/sig.h"

#include <stdlib.h>

#include "core/key_internal.h"
#include "core/sig_hmac.h"

struct pjf_sig_scratch {
    pjf_hmac_scratch *hmac;
};

pjf_status pjf_sig_scratch_new(pjf_sig_scratch **out)
{
    pjf_sig_scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = pjf_hmac_scratch_new(&scratch->hmac);
    if (status != PJF_OK) {
        free(scratch);
        return status;
    }
    *out = scratch;
    return PJF_OK;
}

void pjf_sig_scratch_free(pjf_sig_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    pjf_hmac_scratch_free(scratch->hmac);
    free(scratch);
}

pjf_status pjf_sig_sign(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                        pjf_span message, uint8_t *out, size_t *out_len)
{
    switch (alg->family) {
    case PJF_FAMILY_NONE: *out_len = 0; return PJF_OK;
    case PJF_FAMILY_HMAC:
        if (!pjf_key_fits(key, alg)) {
            return PJF_ERR_KEY_ALGORITHM;
        }
        return pjf_hmac_compute(scratch->hmac, key->hmac, (pjf_digest)alg->digest, message, out,
                                out_len);
    default: return PJF_ERR_ALG_UNSUPPORTED;
    }
}

pjf_status pjf_sig_verify(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                          pjf_span message, pjf_span signature)
{
    uint8_t expected[PJF_SIG_MAX];
    size_t expected_len;

    switch (alg->family) {
    case PJF_FAMILY_NONE: return PJF_ERR_SIGNATURE;
    case PJF_FAMILY_HMAC:
        if (!pjf_key_fits(key, alg)) {
            return PJF_ERR_KEY_ALGORITHM;
        }
        if (signature.len != alg->signature_len) {
            return PJF_ERR_SIGNATURE;
        }
        pjf_status status = pjf_hmac_compute(scratch->hmac, key->hmac, (pjf_digest)alg->digest,
                                             message, expected, &expected_len);
        if (status != PJF_OK) {
            return status;
        }
        if (PJF_LIKELY(pjf_secret_equal(expected, signature.ptr, expected_len))) {
            return PJF_OK;
        }
        pjf_cleanse(expected, sizeof(expected)); /* it would be a valid signature of the message */
        return PJF_ERR_SIGNATURE;
    default: return PJF_ERR_ALG_UNSUPPORTED;
    }
}
