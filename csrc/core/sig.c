#include "core/sig.h"

#include <stdlib.h>

#include "core/key_internal.h"
#include "core/sig_evp.h"
#include "core/sig_hmac.h"

struct pjf_sig_scratch {
    pjf_hmac_scratch *hmac;
    pjf_evp_scratch *evp;
};

pjf_status pjf_sig_scratch_new(pjf_sig_scratch **out)
{
    pjf_sig_scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = pjf_hmac_scratch_new(&scratch->hmac);
    if (status == PJF_OK) {
        status = pjf_evp_scratch_new(&scratch->evp);
    }
    if (status != PJF_OK) {
        pjf_sig_scratch_free(scratch);
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
    pjf_evp_scratch_free(scratch->evp);
    free(scratch);
}

size_t pjf_sig_len(const pjf_alg *alg, const pjf_key *key)
{
    if (alg->signature_len != 0 || key == NULL) {
        return alg->signature_len;
    }
    return key->kind == PJF_KEY_RSA ? (key->bits + 7) / 8 : pjf_curve_of(key->curve)->signature_len;
}

bool pjf_sig_is_slow(const pjf_alg *alg)
{
    return alg->family > PJF_FAMILY_HMAC;
}

static pjf_evp_call evp_call(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key)
{
    return (pjf_evp_call){
        .scratch = scratch->evp,
        .lib = key->lib,
        .evp = (pjf_evp_sig *)&key->evp, /* only its contexts are filled in, atomically */
        .pkey = key->pkey,
        .alg = alg,
        .curve = key->curve == PJF_CURVE_NONE ? NULL : pjf_curve_of(key->curve),
        .key_bits = key->bits,
    };
}

pjf_status pjf_sig_sign(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                        pjf_span message, uint8_t *out, size_t *out_len)
{
    if (alg->family == PJF_FAMILY_NONE) {
        *out_len = 0;
        return PJF_OK;
    }
    pjf_status status = pjf_key_check(key, alg, PJF_KEY_TO_SIGN);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    if (PJF_LIKELY(alg->family == PJF_FAMILY_HMAC)) {
        return pjf_hmac_compute(scratch->hmac, key->hmac, (pjf_digest)alg->digest, message, out,
                                out_len);
    }
    pjf_evp_call call = evp_call(scratch, alg, key);
    switch ((pjf_alg_family)alg->family) {
    case PJF_FAMILY_RSA:
    case PJF_FAMILY_RSAPSS: return pjf_rsa_sign(&call, message, out, out_len);
    case PJF_FAMILY_ECDSA: return pjf_ecdsa_sign(&call, message, out, out_len);
    case PJF_FAMILY_EDDSA: return pjf_eddsa_sign(&call, message, out, out_len);
    default: return PJF_ERR_ALG_UNSUPPORTED;
    }
}

static pjf_status verify_hmac(pjf_hmac_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                              pjf_span message, pjf_span signature)
{
    uint8_t expected[64];
    size_t expected_len;
    if (signature.len != alg->signature_len) {
        return PJF_ERR_SIGNATURE;
    }
    pjf_status status = pjf_hmac_compute(scratch, key->hmac, (pjf_digest)alg->digest, message,
                                         expected, &expected_len);
    if (status != PJF_OK) {
        return status;
    }
    if (PJF_LIKELY(pjf_secret_equal(expected, signature.ptr, expected_len))) {
        return PJF_OK;
    }
    pjf_cleanse(expected, sizeof(expected)); /* it would be a valid signature of the message */
    return PJF_ERR_SIGNATURE;
}

pjf_status pjf_sig_verify(pjf_sig_scratch *scratch, const pjf_alg *alg, const pjf_key *key,
                          pjf_span message, pjf_span signature)
{
    if (alg->family == PJF_FAMILY_NONE) {
        return PJF_ERR_SIGNATURE;
    }
    pjf_status status = pjf_key_check(key, alg, PJF_KEY_TO_VERIFY);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    if (PJF_LIKELY(alg->family == PJF_FAMILY_HMAC)) {
        return verify_hmac(scratch->hmac, alg, key, message, signature);
    }
    pjf_evp_call call = evp_call(scratch, alg, key);
    switch ((pjf_alg_family)alg->family) {
    case PJF_FAMILY_RSA:
    case PJF_FAMILY_RSAPSS: return pjf_rsa_verify(&call, message, signature);
    case PJF_FAMILY_ECDSA: return pjf_ecdsa_verify(&call, message, signature);
    case PJF_FAMILY_EDDSA: return pjf_eddsa_verify(&call, message, signature);
    default: return PJF_ERR_ALG_UNSUPPORTED;
    }
}
