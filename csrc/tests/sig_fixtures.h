/*
 * sig_fixtures: what the suites of the signature families share: a key with all that a call needs,
 * and the keys of the RFCs.
 */
#ifndef PJF_TESTS_SIG_FIXTURES_H
#define PJF_TESTS_SIG_FIXTURES_H

#include <openssl/evp.h>

#include "core/key_internal.h"
#include "core/sig.h"
#include "tests/fixtures.h"

/* RFC 7515 A.2, 2048 bits; its token is deterministic. */
extern const char a2_jwk[], a2_token[];

typedef struct signer {
    pjf_lib *lib;
    pjf_sig_scratch *scratch;
    pjf_key *key;
} signer;

/* The process ends when there is no such key, for nothing works then. */
signer signer_of_jwk(const char *jwk);
signer signer_of_pkey(EVP_PKEY *pkey); /* private; taken over */
signer signer_new(const char *alg);    /* with a new key for the algorithm, of the default size */
void signer_free(signer *s);

pjf_status signer_sign(const signer *s, const char *alg, pjf_span message, uint8_t *out,
                       size_t *out_len);
pjf_status signer_verify(const signer *s, const char *alg, pjf_span message,
                         const uint8_t *signature, size_t len);

/* A token of an RFC: what is signed (borrowed), and the signature. */
typedef struct signed_text {
    pjf_span message;
    uint8_t signature[PJF_SIG_MAX];
    size_t len;
} signed_text;
void signed_text_read(const char *token, signed_text *out);

/* Checks that nothing but the signature itself verifies: any byte changed, cut off or added, and
 * the signatures of nothing. signature has room for one byte more. */
void check_only_this_verifies(const signer *s, const char *alg, pjf_span message,
                              uint8_t *signature, size_t len);

/* Bytes of hexadecimal text; the number of them. */
size_t bytes_of_hex(const char *hex, uint8_t *out);

#endif
