/* Keys that come from no text: new ones, and the public part of another. */
#include <stdlib.h>
#include <string.h>

#include "core/key_internal.h"

static pjf_status generate_secret(pjf_key *key, const pjf_alg *alg, size_t bits)
{
    if (bits == 0) {
        bits = alg->min_key_bits;
    }
    if (bits < alg->min_key_bits || bits % 8 != 0 || bits / 8 > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_ARGUMENT;
    }
    pjf_buf secret;
    pjf_buf_init(&secret);
    pjf_status status = pjf_buf_reserve(&secret, bits / 8);
    if (status == PJF_OK) {
        status = pjf_random(secret.ptr, bits / 8);
    }
    if (status == PJF_OK) {
        status = pjf_key_set_secret(key, (pjf_span){secret.ptr, bits / 8});
    }
    pjf_buf_free(&secret, true);
    return status;
}

static pjf_status generate_pair(pjf_key *key, const pjf_alg *alg, size_t bits)
{
    pjf_key_kind kind = (pjf_key_kind)alg->key_kind;
    pjf_curve curve = (pjf_curve)alg->curve;
    pjf_pkey *pkey = NULL;
    if (kind == PJF_KEY_RSA) {
        if (bits == 0) {
            bits = PJF_RSA_BITS_DEFAULT;
        }
        if (bits < alg->min_key_bits || bits > PJF_RSA_BITS_MAX) {
            return PJF_ERR_KEY_RSA_MODULUS;
        }
    } else if (bits != 0) {
        return PJF_ERR_ARGUMENT;
    }
    if (kind == PJF_KEY_OKP && curve == PJF_CURVE_NONE) {
        curve = PJF_ED25519;
    }
    pjf_status status = pjf_pkey_generate(key->lib, kind, curve, bits, &pkey);
    return status == PJF_OK ? pjf_key_adopt(key, pkey, true) : status;
}

pjf_status pjf_key_generate(pjf_lib *lib, const pjf_alg *alg, size_t bits, pjf_key **out)
{
    pjf_key *key = NULL;
    if (alg->family == PJF_FAMILY_NONE) {
        return PJF_ERR_ALG_UNSUPPORTED;
    }
    pjf_status status = pjf_key_new(lib, &key);
    if (status != PJF_OK) {
        return status;
    }
    status = alg->family == PJF_FAMILY_HMAC ? generate_secret(key, alg, bits)
                                            : generate_pair(key, alg, bits);
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}

pjf_status pjf_key_public(pjf_key *key, pjf_key **out)
{
    pjf_key *public_key = NULL;
    pjf_pkey *pkey = NULL;
    if (key->kind == PJF_KEY_OCT) {
        return PJF_ERR_KEY_NO_PUBLIC;
    }
    if (!key->is_private) {
        *out = pjf_key_ref(key);
        return PJF_OK;
    }
    pjf_status status = pjf_key_new(key->lib, &public_key);
    if (status != PJF_OK) {
        return status;
    }
    status = pjf_pkey_public(key->lib, key->pkey, &pkey);
    if (status == PJF_OK) {
        status = pjf_key_adopt(public_key, pkey, false);
    }
    if (status == PJF_OK && key->kid != NULL) {
        status = pjf_key_set_kid(public_key, (pjf_span){key->kid, key->kid_len});
    }
    if (status != PJF_OK) {
        pjf_key_unref(public_key);
        return status;
    }
    public_key->alg = key->alg;
    public_key->use = key->use;
    public_key->ops = pjf_key_public_ops(key->ops);
    *out = public_key;
    return PJF_OK;
}
