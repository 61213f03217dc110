#include "core/key.h"

#include <stdlib.h>
#include <string.h>

#include "core/key_guard.h"
#include "core/key_internal.h"

pjf_status pjf_key_new(pjf_lib *lib, pjf_key **out)
{
    pjf_key *key = calloc(1, sizeof(*key));
    if (key == NULL) {
        return PJF_ERR_NOMEM;
    }
    atomic_init(&key->refs, 1);
    key->lib = pjf_lib_ref(lib);
    key->kind = PJF_KEY_KIND_NONE;
    key->ops = PJF_OPS_ANY;
    *out = key;
    return PJF_OK;
}

pjf_status pjf_key_adopt(pjf_key *key, pjf_pkey *pkey, bool is_private)
{
    pjf_pkey_facts facts;
    key->pkey = pkey;
    pjf_status status = pjf_pkey_describe(pkey, &facts);
    if (status != PJF_OK) {
        return status;
    }
    key->kind = facts.kind;
    key->curve = facts.curve;
    key->pss_only = facts.pss_only;
    key->bits = facts.bits;
    key->is_private = is_private;
    return pjf_key_check_numbers(pkey, is_private);
}

pjf_status pjf_key_set_secret(pjf_key *key, pjf_span secret)
{
    key->secret = malloc(secret.len);
    if (key->secret == NULL) {
        return PJF_ERR_NOMEM;
    }
    memcpy(key->secret, secret.ptr, secret.len);
    key->kind = PJF_KEY_OCT;
    key->bits = secret.len * 8;
    key->is_private = true;
    return pjf_hmac_new(key->lib, secret, &key->hmac);
}

pjf_status pjf_key_set_kid(pjf_key *key, pjf_span kid)
{
    key->kid = malloc(kid.len == 0 ? 1 : kid.len);
    if (key->kid == NULL) {
        return PJF_ERR_NOMEM;
    }
    if (kid.len != 0) {
        memcpy(key->kid, kid.ptr, kid.len);
    }
    key->kid_len = kid.len;
    return PJF_OK;
}

pjf_status pjf_key_from_secret(pjf_lib *lib, pjf_span secret, pjf_key **out)
{
    pjf_status status = pjf_key_guard_secret(secret);
    if (status != PJF_OK) {
        return status;
    }
    pjf_key *key = NULL;
    status = pjf_key_new(lib, &key);
    if (status == PJF_OK) {
        status = pjf_key_set_secret(key, secret);
    }
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}

pjf_status pjf_key_bind(pjf_key *fresh, const pjf_alg *alg)
{
    if (atomic_load_explicit(&fresh->refs, memory_order_relaxed) != 1) {
        return PJF_ERR_ARGUMENT; /* somebody else already uses it as it is */
    }
    if (!pjf_key_fits(fresh, alg)) {
        return PJF_ERR_KEY_ALGORITHM;
    }
    fresh->alg = alg;
    return PJF_OK;
}

pjf_key *pjf_key_ref(pjf_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

void pjf_key_unref(pjf_key *key)
{
    if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (key->secret != NULL) {
        pjf_cleanse(key->secret, key->bits / 8);
        free(key->secret);
    }
    pjf_hmac_free(key->hmac);
    pjf_evp_sig_clear(&key->evp);
    pjf_pkey_free(key->pkey);
    free(key->kid);
    pjf_lib_unref(key->lib);
    free(key);
}

pjf_key_kind pjf_key_kind_of(const pjf_key *key)
{
    return key->kind;
}

const char *pjf_key_kty(const pjf_key *key)
{
    static const char *const names[] = {
        [PJF_KEY_OCT] = "oct",
        [PJF_KEY_RSA] = "RSA",
        [PJF_KEY_EC] = "EC",
        [PJF_KEY_OKP] = "OKP",
    };
    return names[key->kind];
}

pjf_curve pjf_key_curve_of(const pjf_key *key)
{
    return key->curve;
}

bool pjf_key_is_private(const pjf_key *key)
{
    return key->is_private;
}

size_t pjf_key_bits(const pjf_key *key)
{
    return key->bits;
}

const pjf_alg *pjf_key_alg(const pjf_key *key)
{
    return key->alg;
}

pjf_span pjf_key_kid(const pjf_key *key)
{
    return (pjf_span){key->kid, key->kid_len};
}

bool pjf_key_fits(const pjf_key *key, const pjf_alg *alg)
{
    return key->kind == (pjf_key_kind)alg->key_kind &&
           (alg->curve == PJF_CURVE_NONE || key->curve == (pjf_curve)alg->curve) &&
           (key->alg == NULL || key->alg == alg) &&
           (!key->pss_only || alg->family == PJF_FAMILY_RSAPSS);
}

pjf_status pjf_key_check(const pjf_key *key, const pjf_alg *alg, pjf_key_purpose purpose)
{
    if (!pjf_key_fits(key, alg)) {
        return PJF_ERR_KEY_ALGORITHM;
    }
    if (key->use == PJF_USE_OTHER) {
        return PJF_ERR_KEY_USE;
    }
    if (purpose == PJF_KEY_TO_SIGN) {
        if ((key->ops & (PJF_OPS_ANY | PJF_OPS_SIGN)) == 0) {
            return PJF_ERR_KEY_USE;
        }
        return key->is_private ? PJF_OK : PJF_ERR_KEY_PUBLIC;
    }
    /* Who signs may check what he signed. */
    unsigned enough = PJF_OPS_ANY | PJF_OPS_VERIFY | (key->is_private ? PJF_OPS_SIGN : 0u);
    return (key->ops & enough) != 0 ? PJF_OK : PJF_ERR_KEY_USE;
}
