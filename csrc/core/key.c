#include "core/key.h"

#include <stdlib.h>

#include "core/key_guard.h"
#include "core/key_internal.h"

pjf_status pjf_key_from_secret(pjf_lib *lib, pjf_span secret, pjf_key **out)
{
    pjf_status status = pjf_key_guard_secret(secret);
    if (status != PJF_OK) {
        return status;
    }
    pjf_key *key = calloc(1, sizeof(*key));
    if (key == NULL) {
        return PJF_ERR_NOMEM;
    }
    atomic_init(&key->refs, 1);
    key->lib = pjf_lib_ref(lib);
    key->kind = PJF_KEY_OCT;
    key->bits = secret.len * 8;
    status = pjf_hmac_new(lib, secret, &key->hmac);
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}

pjf_status pjf_key_load(pjf_lib *lib, pjf_alg_family family, pjf_span text, pjf_key **out)
{
    switch (family) {
    case PJF_FAMILY_HMAC: return pjf_key_from_secret(lib, text, out);
    default: return PJF_ERR_ALG_UNSUPPORTED;
    }
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
    pjf_hmac_free(key->hmac);
    pjf_lib_unref(key->lib);
    free(key);
}

pjf_key_kind pjf_key_kind_of(const pjf_key *key)
{
    return key->kind;
}

size_t pjf_key_bits(const pjf_key *key)
{
    return key->bits;
}

bool pjf_key_fits(const pjf_key *key, const pjf_alg *alg)
{
    return key->kind == (pjf_key_kind)alg->key_kind;
}
