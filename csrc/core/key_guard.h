/*
 * key_guard: refuses key material of another kind given as an HMAC secret. A verifier that takes a
 * public key for a secret accepts whatever anybody signs with that public key (CVE-2017-11424,
 * CVE-2022-29217, GHSA-ffc3-869f-jxw9). Typed keys are the first line; this filter is the second.
 */
#ifndef PJF_KEY_GUARD_H
#define PJF_KEY_GUARD_H

#include "core/base.h"

/* PJF_OK for bytes fit to be a secret; PJF_ERR_KEY_EMPTY, PJF_ERR_KEY_ASYMMETRIC (PEM, OpenSSH,
 * DER, base64 of DER) or PJF_ERR_KEY_JWK. */
pjf_status pjf_key_guard_secret(pjf_span secret);

#endif
