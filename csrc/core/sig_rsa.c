/*
 * RSASSA-PKCS1-v1_5 and RSASSA-PSS (RFC 8017 §8, RFC 7518 §3.3 and §3.5). What OpenSSL makes is
 * what a JWS carries: a number of exactly the modulus's length.
 */
#include "core/sig_evp.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

/* OpenSSL blinds its work with a private key by a pair of numbers, which it makes anew after so
 * many uses. When memory runs out in the middle of that, the halves don't match: OpenSSL (3.0 to
 * 3.5) reports success all the same, and this signature and all that follow until the next pair are
 * wrong. So once an error has been met, the key's signatures are verified before they are given
 * out. */
#define BLINDING_USES 32

/* RFC 7518 §3.5: MGF1 with the digest of the message, a salt of exactly its length. OpenSSL would
 * accept any salt otherwise. */
static bool set_pss(const pjf_evp_call *call, EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, call->lib->digests[call->alg->digest]) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static bool set_pkcs1(const pjf_evp_call *call, EVP_PKEY_CTX *ctx)
{
    (void)call;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
}

static pjf_evp_setup setup_of(const pjf_evp_call *call)
{
    return call->alg->family == PJF_FAMILY_RSAPSS ? set_pss : set_pkcs1;
}

static size_t modulus_len(const pjf_evp_call *call)
{
    return (call->key_bits + 7) / 8;
}

/* RFC 8017 §9.1.1 step 3: digest, salt and two bytes must fit one bit less than the modulus. */
static bool is_too_short(const pjf_evp_call *call)
{
    size_t digest_len = pjf_digest_of((pjf_digest)call->alg->digest)->len;
    return call->alg->family == PJF_FAMILY_RSAPSS && (call->key_bits + 6) / 8 < 2 * digest_len + 2;
}

pjf_status pjf_rsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out, size_t *out_len)
{
    if (is_too_short(call)) {
        return PJF_ERR_KEY_ALGORITHM;
    }
    pjf_status status;
    size_t tries = 0;
    do {
        *out_len = modulus_len(call);
        status = pjf_evp_sign_digest(call, setup_of(call), message, out, out_len);
        if (status == PJF_OK && *out_len != modulus_len(call)) {
            status = PJF_ERR_CRYPTO;
        }
        if (PJF_LIKELY(status != PJF_OK || !atomic_load(&call->evp->doubtful))) {
            return status;
        }
        status = pjf_rsa_verify(call, message, (pjf_span){out, *out_len});
    } while (status == PJF_ERR_SIGNATURE && ++tries < BLINDING_USES);
    return status == PJF_ERR_SIGNATURE ? PJF_ERR_CRYPTO : status;
}

pjf_status pjf_rsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature)
{
    if (is_too_short(call)) {
        return PJF_ERR_KEY_ALGORITHM;
    }
    if (signature.len != modulus_len(call)) {
        return PJF_ERR_SIGNATURE;
    }
    return pjf_evp_verify_digest(call, setup_of(call), message, signature);
}
