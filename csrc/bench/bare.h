/*
 * bare: a signature by OpenSSL alone, as one would write it who knows OpenSSL and wants it fast: a
 * context that is prepared once and copied per call. What the core's signatures are measured
 * beside, in sig_bench.c and in benchmarks/.
 *
 * The copy goes onto an empty context: OpenSSL 3.5 crashes when it copies onto one that has signed.
 * HMAC needs no copy, its context is begun again.
 */
#ifndef PJF_BENCH_BARE_H
#define PJF_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "core/alg.h"
#include "core/sig.h"

/* One algorithm, key and message. Zero-initialised by its owner; one thread at a time. */
typedef struct bare {
    EVP_MD_CTX *sign, *verify, *copy; /* NULL for HMAC */
    EVP_MAC_CTX *mac;                 /* NULL for the others */
    const uint8_t *message;           /* borrowed */
    size_t message_len;
    uint8_t signature[PJF_SIG_MAX]; /* as OpenSSL takes it: DER for ECDSA */
    size_t signature_len;
} bare;

/* Prepares both operations and signs the message once. The key is referenced by the contexts, the
 * message has to outlive them. False when OpenSSL refuses; bare_clear() is due in any case. */
bool bare_init(bare *b, const pjf_alg *alg, EVP_PKEY *pkey, const uint8_t *message,
               size_t message_len);

/* The same with HMAC and its secret, which is not needed afterwards. */
bool bare_init_mac(bare *b, const pjf_alg *alg, const uint8_t *secret, size_t secret_len,
                   const uint8_t *message, size_t message_len);

/* Frees the contexts. */
void bare_clear(bare *b);

/* Signs the message once more, and verifies its signature. False when OpenSSL fails. */
bool bare_sign(bare *b);
bool bare_verify(bare *b);

#endif
