/*
 * key_internal: the layout of a key, for the files that make keys (key*.c) and use them (sig.c).
 */
#ifndef PJF_KEY_INTERNAL_H
#define PJF_KEY_INTERNAL_H

#include <stdatomic.h>

#include "core/key.h"
#include "core/ossl_pkey.h"
#include "core/sig_evp.h"
#include "core/sig_hmac.h"

/* Bits of pjf_key.ops: the "key_ops" of RFC 7517 §4.3 that matter to a signature. */
#define PJF_OPS_ANY    0x80u /* no "key_ops" */
#define PJF_OPS_SIGN   0x01u
#define PJF_OPS_VERIFY 0x02u

/* The "use" of RFC 7517 §4.2. */
typedef enum pjf_key_use { PJF_USE_ANY, PJF_USE_SIG, PJF_USE_OTHER } pjf_key_use;

struct pjf_key {
    atomic_size_t refs;
    pjf_lib *lib; /* a reference */
    pjf_key_kind kind;
    pjf_curve curve;
    pjf_key_use use;
    uint8_t ops;
    bool is_private;
    bool pss_only; /* an id-RSASSA-PSS key (RFC 4055 §1.2): serves PS256, PS384, PS512 alone */
    size_t bits;
    const pjf_alg *alg; /* bound to, or NULL */
    uint8_t *kid;       /* owned, kid_len bytes; NULL without kid */
    size_t kid_len;
    uint8_t *secret; /* PJF_KEY_OCT: owned, bits / 8 bytes, cleansed */
    pjf_hmac *hmac;  /* PJF_KEY_OCT */
    pjf_pkey *pkey;  /* the other kinds: owned, from here on never changed */
    pjf_evp_sig evp; /* the other kinds: contexts prepared for pkey */
};

/* An empty key with one reference: PJF_USE_ANY, PJF_OPS_ANY. Freed by pjf_key_unref() at any stage
 * of its making. */
pjf_status pjf_key_new(pjf_lib *lib, pjf_key **out);

/* Makes key (empty) the one of pkey, which it takes over in every case: kind, curve, bits, after
 * the checks of key_check.c. */
pjf_status pjf_key_adopt(pjf_key *key, pjf_pkey *pkey, bool is_private);

/* Makes key (empty) the one of a secret that the guard has let through; copies the bytes. */
pjf_status pjf_key_set_secret(pjf_key *key, pjf_span secret);

/* Gives key (without kid) a copy of kid, at most PJF_KEY_KID_MAX bytes. */
pjf_status pjf_key_set_kid(pjf_key *key, pjf_span kid);

/* What a private key's ops are for its public part: who may sign lets others verify. */
static inline uint8_t pjf_key_public_ops(uint8_t ops)
{
    if ((ops & PJF_OPS_ANY) != 0) {
        return PJF_OPS_ANY;
    }
    return (ops & (PJF_OPS_SIGN | PJF_OPS_VERIFY)) != 0 ? PJF_OPS_VERIFY : 0;
}

/* key_check.c: what a loaded public or private key must be, whatever text it came from: sizes of
 * RSA numbers; a named curve of the table; a point on it and not of small order; and a private part
 * that belongs to the public one, shown by verifying a signature with it. */
pjf_status pjf_key_check_numbers(pjf_pkey *pkey, bool is_private);

#endif
