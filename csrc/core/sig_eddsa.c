/*
 * EdDSA with Ed25519 and Ed448 (RFC 8032, RFC 8037 §3.1). What OpenSSL makes is what a JWS carries.
 */
#include "core/sig_evp.h"

pjf_status pjf_eddsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out, size_t *out_len)
{
    *out_len = call->curve->signature_len;
    pjf_status status = pjf_evp_sign_whole(call, message, out, out_len);
    return status == PJF_OK && *out_len != call->curve->signature_len ? PJF_ERR_CRYPTO : status;
}

pjf_status pjf_eddsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature)
{
    if (signature.len != call->curve->signature_len) {
        return PJF_ERR_SIGNATURE;
    }
    return pjf_evp_verify_whole(call, message, signature);
}
