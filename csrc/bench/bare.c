#include "bench/bare.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

static EVP_MD_CTX *new_template(const pjf_alg *alg, EVP_PKEY *pkey, bool verify)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings = NULL;
    const char *digest =
        alg->family == PJF_FAMILY_EDDSA ? NULL : pjf_digest_of((pjf_digest)alg->digest)->name;
    if (ctx == NULL ||
        (verify ? EVP_DigestVerifyInit_ex(ctx, &settings, digest, NULL, NULL, pkey, NULL)
                : EVP_DigestSignInit_ex(ctx, &settings, digest, NULL, NULL, pkey, NULL)) != 1 ||
        (alg->family == PJF_FAMILY_RSAPSS &&
         (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
          EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1))) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* Into out[PJF_SIG_MAX]. */
static bool sign_into(bare *b, uint8_t *out, size_t *out_len)
{
    *out_len = PJF_SIG_MAX;
    if (b->mac != NULL) {
        return EVP_MAC_init(b->mac, NULL, 0, NULL) == 1 &&
               EVP_MAC_update(b->mac, b->message, b->message_len) == 1 &&
               EVP_MAC_final(b->mac, out, out_len, PJF_SIG_MAX) == 1;
    }
    return EVP_MD_CTX_copy_ex(b->copy, b->sign) == 1 &&
           EVP_DigestSign(b->copy, out, out_len, b->message, b->message_len) == 1 &&
           EVP_MD_CTX_reset(b->copy) == 1;
}

bool bare_init(bare *b, const pjf_alg *alg, EVP_PKEY *pkey, const uint8_t *message,
               size_t message_len)
{
    b->message = message;
    b->message_len = message_len;
    b->sign = new_template(alg, pkey, false);
    b->verify = new_template(alg, pkey, true);
    b->copy = EVP_MD_CTX_new();
    return b->sign != NULL && b->verify != NULL && b->copy != NULL &&
           sign_into(b, b->signature, &b->signature_len);
}

bool bare_init_mac(bare *b, const pjf_alg *alg, const uint8_t *secret, size_t secret_len,
                   const uint8_t *message, size_t message_len)
{
    char digest[16] = {0};
    OPENSSL_strlcpy(digest, pjf_digest_of((pjf_digest)alg->digest)->name, sizeof(digest));
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    b->message = message;
    b->message_len = message_len;
    b->mac = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    return b->mac != NULL && EVP_MAC_init(b->mac, secret, secret_len, params) == 1 &&
           sign_into(b, b->signature, &b->signature_len);
}

void bare_clear(bare *b)
{
    EVP_MD_CTX_free(b->sign);
    EVP_MD_CTX_free(b->verify);
    EVP_MD_CTX_free(b->copy);
    EVP_MAC_CTX_free(b->mac);
    *b = (bare){0};
}

bool bare_sign(bare *b)
{
    uint8_t out[PJF_SIG_MAX];
    size_t len;
    return sign_into(b, out, &len);
}

bool bare_verify(bare *b)
{
    if (b->mac != NULL) {
        uint8_t out[PJF_SIG_MAX];
        size_t len;
        return sign_into(b, out, &len) && len == b->signature_len &&
               CRYPTO_memcmp(out, b->signature, len) == 0;
    }
    return EVP_MD_CTX_copy_ex(b->copy, b->verify) == 1 &&
           EVP_DigestVerify(b->copy, b->signature, b->signature_len, b->message, b->message_len) ==
               1 &&
           EVP_MD_CTX_reset(b->copy) == 1;
}
