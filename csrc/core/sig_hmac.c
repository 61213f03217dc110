/*
 * The low-level SHA functions are deprecated since OpenSSL 3.0 and deaf to fips=yes, but a prepared
 * state is a plain struct: copying it costs nothing, where EVP_MD_CTX_copy_ex allocates in the
 * provider. This file alone knows of them; a key prepared under FIPS takes the EVP way.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "core/sig_hmac.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#ifndef PJF_HMAC_LOW_LEVEL
# if defined(OPENSSL_NO_DEPRECATED_3_0) || defined(OPENSSL_NO_DEPRECATED)
#  define PJF_HMAC_LOW_LEVEL 0
# else
#  define PJF_HMAC_LOW_LEVEL 1
# endif
#endif

#define PJF_HMAC_BLOCK_MAX 128 /* block of SHA-384 and SHA-512, in bytes */
#define PJF_HMAC_IPAD      0x36
#define PJF_HMAC_OPAD      0x5c

#if PJF_HMAC_LOW_LEVEL
typedef union low_state {
    SHA256_CTX sha256;
    SHA512_CTX sha512; /* SHA-384 too: another initial value, a shorter result */
} low_state;
#endif

struct pjf_hmac {
    bool low_level;
#if PJF_HMAC_LOW_LEVEL
    low_state low[PJF_DIGEST_COUNT][2];
#endif
    EVP_MD_CTX *evp[PJF_DIGEST_COUNT][2]; /* inner, outer; NULL when low_level */
};

struct pjf_hmac_scratch {
#if PJF_HMAC_LOW_LEVEL
    low_state low;
#endif
    EVP_MD_CTX *evp;
};

enum { INNER, OUTER };

#if PJF_HMAC_LOW_LEVEL
static void low_init(low_state *state, pjf_digest digest)
{
    switch (digest) {
    case PJF_SHA256: SHA256_Init(&state->sha256); break;
    case PJF_SHA384: SHA384_Init(&state->sha512); break;
    default: SHA512_Init(&state->sha512); break;
    }
}

/* Copies what the digest uses of a state: half of it for SHA-256. */
static void low_copy(low_state *to, const low_state *from, pjf_digest digest)
{
    if (digest == PJF_SHA256) {
        to->sha256 = from->sha256;
    } else {
        to->sha512 = from->sha512;
    }
}

static void low_update(low_state *state, pjf_digest digest, const uint8_t *ptr, size_t len)
{
    if (digest == PJF_SHA256) {
        SHA256_Update(&state->sha256, ptr, len);
    } else {
        SHA512_Update(&state->sha512, ptr, len);
    }
}

static void low_final(low_state *state, pjf_digest digest, uint8_t *out)
{
    if (digest == PJF_SHA256) {
        SHA256_Final(out, &state->sha256);
    } else {
        SHA512_Final(out, &state->sha512); /* knows its own result length */
    }
}
#endif

/* The key block of RFC 2104 §2, xored with a pad: keys longer than a block are hashed first. */
static pjf_status key_block(pjf_lib *lib, pjf_digest digest, pjf_span secret, uint8_t pad,
                            uint8_t block[PJF_HMAC_BLOCK_MAX])
{
    memset(block, 0, PJF_HMAC_BLOCK_MAX);
    if (secret.len > pjf_digest_of(digest)->block_len) {
        if (EVP_Digest(secret.ptr, secret.len, block, NULL, lib->digests[digest], NULL) != 1) {
            return PJF_ERR_CRYPTO;
        }
    } else if (secret.len != 0) {
        memcpy(block, secret.ptr, secret.len);
    }
    for (size_t i = 0; i < pjf_digest_of(digest)->block_len; i++) {
        block[i] ^= pad;
    }
    return PJF_OK;
}

static pjf_status prepare(pjf_lib *lib, pjf_hmac *hmac, pjf_digest digest, int which,
                          pjf_span secret)
{
    uint8_t block[PJF_HMAC_BLOCK_MAX];
    pjf_status status =
        key_block(lib, digest, secret, which == INNER ? PJF_HMAC_IPAD : PJF_HMAC_OPAD, block);
    if (status != PJF_OK) {
        goto done;
    }
#if PJF_HMAC_LOW_LEVEL
    if (hmac->low_level) {
        low_init(&hmac->low[digest][which], digest);
        low_update(&hmac->low[digest][which], digest, block, pjf_digest_of(digest)->block_len);
        goto done;
    }
#endif
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    hmac->evp[digest][which] = ctx;
    if (ctx == NULL) {
        status = PJF_ERR_NOMEM;
    } else if (EVP_DigestInit_ex2(ctx, lib->digests[digest], NULL) != 1 ||
               EVP_DigestUpdate(ctx, block, pjf_digest_of(digest)->block_len) != 1) {
        status = PJF_ERR_CRYPTO;
    }
done:
    pjf_cleanse(block, sizeof(block));
    return status;
}

pjf_status pjf_hmac_new(pjf_lib *lib, pjf_span secret, pjf_hmac **out)
{
    pjf_status status = PJF_OK;
    pjf_hmac *hmac = calloc(1, sizeof(*hmac));
    if (hmac == NULL) {
        return PJF_ERR_NOMEM;
    }
    hmac->low_level = PJF_HMAC_LOW_LEVEL && !lib->fips;
    ERR_set_mark();
    for (size_t i = 0; i < PJF_DIGEST_COUNT && status == PJF_OK; i++) {
        status = prepare(lib, hmac, (pjf_digest)i, INNER, secret);
        if (status == PJF_OK) {
            status = prepare(lib, hmac, (pjf_digest)i, OUTER, secret);
        }
    }
    ERR_pop_to_mark();
    if (status != PJF_OK) {
        pjf_hmac_free(hmac);
        return status;
    }
    *out = hmac;
    return PJF_OK;
}

void pjf_hmac_free(pjf_hmac *hmac)
{
    if (hmac == NULL) {
        return;
    }
    for (size_t i = 0; i < PJF_DIGEST_COUNT; i++) {
        EVP_MD_CTX_free(hmac->evp[i][INNER]); /* cleanses the provider's state */
        EVP_MD_CTX_free(hmac->evp[i][OUTER]);
    }
    pjf_cleanse(hmac, sizeof(*hmac));
    free(hmac);
}

pjf_status pjf_hmac_scratch_new(pjf_hmac_scratch **out)
{
    pjf_hmac_scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL) {
        return PJF_ERR_NOMEM;
    }
    ERR_set_mark();
    scratch->evp = EVP_MD_CTX_new();
    ERR_pop_to_mark();
    if (scratch->evp == NULL) {
        free(scratch);
        return PJF_ERR_NOMEM;
    }
    *out = scratch;
    return PJF_OK;
}

void pjf_hmac_scratch_free(pjf_hmac_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    EVP_MD_CTX_free(scratch->evp);
    pjf_cleanse(scratch, sizeof(*scratch));
    free(scratch);
}

#if PJF_HMAC_LOW_LEVEL
# if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#  define BIG_ENDIAN32(word) __builtin_bswap32(word)
#  define BIG_ENDIAN64(word) __builtin_bswap64(word)
# else
#  define BIG_ENDIAN32(word) (word)
#  define BIG_ENDIAN64(word) (word)
# endif

/* Pads what goes before: a block, or two, whose last 8 bytes are its length, in bits. */
static inline void put_length(uint8_t *end, uint64_t bytes)
{
    uint64_t bits = BIG_ENDIAN64(bytes * 8);
    memcpy(end - sizeof(bits), &bits, sizeof(bits));
}

static inline void put_digest(uint8_t *to, const SHA256_CTX *ctx)
{
    for (size_t i = 0; i < 8; i++) {
        uint32_t word = BIG_ENDIAN32(ctx->h[i]);
        memcpy(to + sizeof(word) * i, &word, sizeof(word));
    }
}

/* HMAC-SHA256 in whole blocks, padded here (FIPS 180-4 §5.1.1): of a prepared state, which has seen
 * one block, the chaining value is all there is. SHA256_Final would copy each last block once more,
 * and cleanse it, though it holds no secret: the message, and an inner hash that says nothing
 * without the outer state. The padding is written first, so that it has arrived when it is read. */
static void compute_sha256(SHA256_CTX *ctx, const SHA256_CTX *inner, const SHA256_CTX *outer,
                           pjf_span message, uint8_t *out)
{
    const size_t rest = message.len % SHA256_CBLOCK;
    const size_t whole = message.len - rest;
    const size_t padded = rest < SHA256_CBLOCK - 8 ? SHA256_CBLOCK : 2 * SHA256_CBLOCK;
    uint8_t last[2 * SHA256_CBLOCK] = {0};
    uint8_t digest[SHA256_CBLOCK] = {0};

    if (rest != 0) {
        pjf_copy(last, message.ptr + whole, rest);
    }
    last[rest] = 0x80;
    put_length(last + padded, SHA256_CBLOCK + (uint64_t)message.len);
    digest[SHA256_DIGEST_LENGTH] = 0x80;
    put_length(digest + sizeof(digest), SHA256_CBLOCK + SHA256_DIGEST_LENGTH);

    memcpy(ctx->h, inner->h, sizeof(ctx->h));
    ctx->num = 0; /* bytes waiting for the rest of their block: never any */
    if (whole != 0) {
        SHA256_Update(ctx, message.ptr, whole);
    }
    SHA256_Update(ctx, last, padded);
    put_digest(digest, ctx);

    memcpy(ctx->h, outer->h, sizeof(ctx->h));
    SHA256_Transform(ctx, digest);
    put_digest(out, ctx);
}
#endif

static pjf_status compute_evp(EVP_MD_CTX *ctx, const pjf_hmac *hmac, pjf_digest digest,
                              pjf_span message, uint8_t *out)
{
    pjf_status status = PJF_ERR_CRYPTO;
    ERR_set_mark();
    if (EVP_MD_CTX_copy_ex(ctx, hmac->evp[digest][INNER]) == 1 &&
        EVP_DigestUpdate(ctx, message.ptr, message.len) == 1 &&
        EVP_DigestFinal_ex(ctx, out, NULL) == 1 &&
        EVP_MD_CTX_copy_ex(ctx, hmac->evp[digest][OUTER]) == 1 &&
        EVP_DigestUpdate(ctx, out, pjf_digest_of(digest)->len) == 1 &&
        EVP_DigestFinal_ex(ctx, out, NULL) == 1) {
        status = PJF_OK;
    }
    ERR_pop_to_mark();
    return status;
}

pjf_status pjf_hmac_compute(pjf_hmac_scratch *scratch, const pjf_hmac *hmac, pjf_digest digest,
                            pjf_span message, uint8_t *out, size_t *out_len)
{
    *out_len = pjf_digest_of(digest)->len;
#if PJF_HMAC_LOW_LEVEL
    if (PJF_LIKELY(hmac->low_level)) {
        const low_state *inner = &hmac->low[digest][INNER];
        const low_state *outer = &hmac->low[digest][OUTER];
        low_state *state = &scratch->low;
        if (PJF_LIKELY(digest == PJF_SHA256)) {
            compute_sha256(&state->sha256, &inner->sha256, &outer->sha256, message, out);
            return PJF_OK;
        }
        low_copy(state, inner, digest);
        low_update(state, digest, message.ptr, message.len);
        low_final(state, digest, out);
        low_copy(state, outer, digest);
        low_update(state, digest, out, pjf_digest_of(digest)->len);
        low_final(state, digest, out);
        return PJF_OK;
    }
#endif
    return compute_evp(scratch->evp, hmac, digest, message, out);
}

const char *pjf_hmac_way(const pjf_hmac *hmac)
{
    return hmac->low_level ? "low-level" : "evp";
}
