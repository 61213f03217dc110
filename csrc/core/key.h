/*
 * key: an immutable, reference-counted, typed key. A key is checked and prepared once, when it is
 * loaded; using it needs no parsing and no check but that its kind fits the algorithm.
 *
 * Loaders, one file per input form: key.c (raw secrets).
 */
#ifndef PJF_KEY_H
#define PJF_KEY_H

#include "core/alg.h"
#include "core/base.h"
#include "core/ossl.h"

typedef struct pjf_key pjf_key; /* opaque; layout in key_internal.h */

/* An HMAC secret (RFC 7518 §3.2). Copies the bytes. Refused: empty secrets (PJF_ERR_KEY_EMPTY);
 * PEM, OpenSSH, DER (also in base64) keys and certificates (PJF_ERR_KEY_ASYMMETRIC); JWK and JWKS
 * texts (PJF_ERR_KEY_JWK), each in any Unicode encoding, behind any leading white space or byte
 * order mark: a public key taken for a secret is how algorithm confusion starts. */
pjf_status pjf_key_from_secret(pjf_lib *lib, pjf_span secret, pjf_key **out);

/* A key from text in whatever form the algorithms of a family take: the one switch from family to
 * loader. Fails as that loader does; PJF_ERR_ALG_UNSUPPORTED for a family without keys. */
pjf_status pjf_key_load(pjf_lib *lib, pjf_alg_family family, pjf_span text, pjf_key **out);

/* Adds a reference; returns key. Safe on any thread. */
pjf_key *pjf_key_ref(pjf_key *key);

/* Drops a reference; the last one cleanses and frees. NULL is allowed. */
void pjf_key_unref(pjf_key *key);

/* The kind of the key. */
pjf_key_kind pjf_key_kind_of(const pjf_key *key);

/* Strength in bits: of an HMAC secret, eight times its length in bytes. */
size_t pjf_key_bits(const pjf_key *key);

/* True when a key of this kind can serve the algorithm. */
bool pjf_key_fits(const pjf_key *key, const pjf_alg *alg);

#endif
