/*
 * fixtures: the handle, key and token that several suites start from.
 */
#ifndef PJF_TESTS_FIXTURES_H
#define PJF_TESTS_FIXTURES_H

#include "core/b64url.h"
#include "core/jws.h"
#include "tests/harness.h"

/* RFC 7515 A.1. */
#define A1_SECRET \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
#define A1_HEADER "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
#define A1_PAYLOAD                                                                      \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb" \
    "290Ijp0cnVlfQ"
#define A1_SIGNATURE "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define A1_TOKEN     A1_HEADER "." A1_PAYLOAD "." A1_SIGNATURE

/* A handle; the process ends when there is none, for nothing works then. */
pjf_lib *fixture_lib(void);

/* The key of RFC 7515 A.1. */
pjf_key *fixture_a1_key(pjf_lib *lib);

/* The row of an algorithm that exists. */
const pjf_alg *fixture_alg(const char *name);

/* Appends the base64url of bytes. */
void fixture_append_b64url(pjf_buf *out, pjf_span bytes);

/* A token of the header and payload texts, signed with the key; out is initialised here and freed
 * by the caller. */
void fixture_sign(pjf_sig_scratch *scratch, const pjf_key *key, const char *alg, pjf_span header,
                  pjf_span payload, pjf_buf *out);

#endif
