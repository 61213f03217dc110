/*
 * Whatever text a key came from, these are the last words on its numbers. Not EVP_PKEY_check():
 * it tests the primes of an RSA key, which takes 20 ms and more, and looks at no Edwards point.
 */
#include <limits.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "core/key_internal.h"

#define PJF_RSA_EXPONENT_BITS_MAX 64

/* ---- RSA ---- */

/* The numbers of a key as BIGNUMs; of a public one n and e alone. */
typedef struct rsa_numbers {
    BIGNUM *at[PJF_RSA_NUMBERS];
} rsa_numbers;

static pjf_status rsa_numbers_read(const pjf_pkey *pkey, bool is_private, rsa_numbers *numbers)
{
    pjf_status status = PJF_OK;
    pjf_buf bytes;
    pjf_buf_init(&bytes);
    size_t count = is_private ? PJF_RSA_NUMBERS : PJF_RSA_D;
    for (size_t i = 0; i < count; i++) {
        bytes.len = 0;
        status = pjf_pkey_rsa_number(pkey, (pjf_rsa_number)i, &bytes);
        if (status != PJF_OK) {
            break;
        }
        numbers->at[i] = i < PJF_RSA_D ? BN_new() : BN_secure_new();
        if (numbers->at[i] == NULL ||
            BN_bin2bn(bytes.ptr, (int)bytes.len, numbers->at[i]) == NULL) {
            status = PJF_ERR_NOMEM;
            break;
        }
        if (i >= PJF_RSA_D) {
            BN_set_flags(numbers->at[i], BN_FLG_CONSTTIME);
        }
    }
    pjf_buf_free(&bytes, true);
    return status;
}

static void rsa_numbers_free(rsa_numbers *numbers)
{
    for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
        BN_clear_free(numbers->at[i]);
    }
}

static pjf_status check_rsa_public(const rsa_numbers *numbers)
{
    const BIGNUM *n = numbers->at[PJF_RSA_N];
    const BIGNUM *e = numbers->at[PJF_RSA_E];
    int bits = BN_num_bits(n);
    if (bits < PJF_RSA_BITS_MIN || bits > PJF_RSA_BITS_MAX || !BN_is_odd(n)) {
        return PJF_ERR_KEY_RSA_MODULUS;
    }
    if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > PJF_RSA_EXPONENT_BITS_MAX) {
        return PJF_ERR_KEY_RSA_EXPONENT;
    }
    return PJF_OK;
}

/* One prime's share: d·e = 1 and the reduced exponent = d, both mod (prime - 1). */
static pjf_status check_rsa_prime(const rsa_numbers *numbers, pjf_rsa_number prime,
                                  pjf_rsa_number exponent, BN_CTX *ctx)
{
    pjf_status status = PJF_ERR_CRYPTO;
    BN_CTX_start(ctx);
    BIGNUM *order = BN_CTX_get(ctx);
    BIGNUM *rest = BN_CTX_get(ctx);
    if (rest == NULL || !BN_sub(order, numbers->at[prime], BN_value_one())) {
        goto done;
    }
    BN_set_flags(order, BN_FLG_CONSTTIME);
    if (!BN_mod(rest, numbers->at[PJF_RSA_D], order, ctx)) {
        goto done;
    }
    status = PJF_ERR_KEY_MISMATCH;
    if (BN_cmp(rest, numbers->at[exponent]) != 0) {
        goto done;
    }
    if (!BN_mod_mul(rest, rest, numbers->at[PJF_RSA_E], order, ctx)) {
        status = PJF_ERR_CRYPTO;
        goto done;
    }
    if (BN_is_one(rest)) {
        status = PJF_OK;
    }
done:
    BN_CTX_end(ctx);
    return status;
}

/* p·q = n, what check_rsa_prime() says of each, and qi·q = 1 mod p (RFC 8017 §3.2). OpenSSL would
 * notice a wrong number at every signature and take the slow way without a word. */
static pjf_status check_rsa_private(const rsa_numbers *numbers)
{
    const BIGNUM *n = numbers->at[PJF_RSA_N];
    const BIGNUM *p = numbers->at[PJF_RSA_P];
    const BIGNUM *q = numbers->at[PJF_RSA_Q];
    for (size_t i = PJF_RSA_D; i < PJF_RSA_NUMBERS; i++) {
        /* Bounds the work, too. */
        if (BN_is_zero(numbers->at[i]) || BN_cmp(numbers->at[i], n) >= 0) {
            return PJF_ERR_KEY_MISMATCH;
        }
    }
    if (BN_is_one(p) || BN_is_one(q)) {
        return PJF_ERR_KEY_MISMATCH;
    }
    BN_CTX *ctx = BN_CTX_secure_new();
    if (ctx == NULL) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = PJF_ERR_CRYPTO;
    BN_CTX_start(ctx);
    BIGNUM *product = BN_CTX_get(ctx);
    if (product == NULL || !BN_mul(product, p, q, ctx)) {
        goto done;
    }
    if (BN_cmp(product, n) != 0) {
        status = PJF_ERR_KEY_MISMATCH;
        goto done;
    }
    if (!BN_mod_mul(product, numbers->at[PJF_RSA_QI], q, p, ctx)) {
        goto done;
    }
    status = BN_is_one(product) ? PJF_OK : PJF_ERR_KEY_MISMATCH;
    if (status == PJF_OK) {
        status = check_rsa_prime(numbers, PJF_RSA_P, PJF_RSA_DP, ctx);
    }
    if (status == PJF_OK) {
        status = check_rsa_prime(numbers, PJF_RSA_Q, PJF_RSA_DQ, ctx);
    }
done:
    BN_CTX_end(ctx);
    BN_CTX_free(ctx);
    return status;
}

static pjf_status check_rsa(const pjf_pkey *pkey, bool is_private)
{
    rsa_numbers numbers = {{NULL}};
    pjf_ossl_errors before = pjf_ossl_begin();
    pjf_status status = rsa_numbers_read(pkey, is_private, &numbers);
    if (status == PJF_OK) {
        status = check_rsa_public(&numbers);
    }
    if (status == PJF_OK && is_private) {
        status = check_rsa_private(&numbers);
    }
    rsa_numbers_free(&numbers);
    return pjf_ossl_end(before, status);
}

/* Whether the key lets one of the algorithms verify. An RSASSA-PSS key may be restricted to a
 * digest, also of MGF1, and to more salt (RFC 4055 §1.2); OpenSSL reads restrictions that it can't
 * write. */
static pjf_status check_pss(pjf_pkey *pkey)
{
    static const pjf_digest digests[] = {PJF_SHA256, PJF_SHA384, PJF_SHA512};
    pjf_status status = PJF_ERR_KEY_RSA_PSS;
    pjf_ossl_errors before = pjf_ossl_begin();
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]) && status != PJF_OK; i++) {
        const char *name = pjf_digest_of(digests[i])->name;
        EVP_PKEY_CTX *pss;
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        if (ctx == NULL) {
            status = PJF_ERR_NOMEM;
            break;
        }
        if (EVP_DigestVerifyInit_ex(ctx, &pss, name, NULL, NULL, pkey, NULL) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(pss, name, NULL) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(pss, RSA_PSS_SALTLEN_DIGEST) == 1) {
            status = PJF_OK;
        }
        EVP_MD_CTX_free(ctx);
    }
    return pjf_ossl_end(before, status);
}

/* ---- EC ---- */

/* On the curve, not at infinity, coordinates below the field's prime. All curves of the table have
 * cofactor 1, so that there is no small order to look for. The private number: 1 to order - 1. */
static pjf_status check_ec(pjf_pkey *pkey, bool is_private)
{
    pjf_ossl_errors before = pjf_ossl_begin();
    pjf_status status = PJF_ERR_CRYPTO;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL) {
        goto done;
    }
    status = PJF_OK;
    if (EVP_PKEY_public_check_quick(ctx) != 1) {
        status = PJF_ERR_KEY_POINT;
    } else if (is_private && EVP_PKEY_private_check(ctx) != 1) {
        status = PJF_ERR_KEY_MISMATCH;
    }
    EVP_PKEY_CTX_free(ctx);
done:
    return pjf_ossl_end(before, status);
}

/* ---- Edwards curves (RFC 8032 §5) ---- */

/* a·x² + y² = 1 + d·x²·y² over the field of prime p. */
typedef struct edwards_curve {
    const char *prime;
    const char *d;
    bool minus;  /* a is -1, else 1 */
    uint8_t len; /* of an encoded point: y, and the sign of x in the highest bit */
} edwards_curve;

static const edwards_curve ed25519 = {
    "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFED",
    "52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3",
    true,
    32,
};
static const edwards_curve ed448 = {
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF"
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "-98A9",
    false,
    57,
};

/* Judges y of a public key; the sign of x changes nothing: with one x, -x is on the curve too, but
 * for x = 0, which is of small order.
 *
 * Of small order: y = ±1 (x is 0; order 1 and 2), y = 0 (order 4), and where the cofactor is 8, the
 * halves of the latter: y² = -x², which with the curve's equation is d·y⁴ + 2y² - 1 = 0. */
static pjf_status check_edwards_y(const BIGNUM *y, const BIGNUM *p, const BIGNUM *d, bool minus,
                                  BN_CTX *ctx)
{
    pjf_status status = PJF_ERR_CRYPTO;
    BN_CTX_start(ctx);
    BIGNUM *y2 = BN_CTX_get(ctx);
    BIGNUM *u = BN_CTX_get(ctx);
    BIGNUM *v = BN_CTX_get(ctx);
    BIGNUM *t = BN_CTX_get(ctx);
    if (t == NULL || !BN_mod_sqr(y2, y, p, ctx) || !BN_mod_sub(u, y2, BN_value_one(), p, ctx)) {
        goto done;
    }
    status = PJF_ERR_KEY_POINT;
    if (BN_is_zero(y2) || BN_is_zero(u)) {
        goto done;
    }
    /* v = d·y²; t = v·y² + 2y² - 1 */
    if (!BN_mod_mul(v, d, y2, p, ctx) || !BN_mod_mul(t, v, y2, p, ctx) ||
        !BN_mod_add(t, t, y2, p, ctx) || !BN_mod_add(t, t, u, p, ctx)) {
        status = PJF_ERR_CRYPTO;
        goto done;
    }
    if (minus && BN_is_zero(t)) {
        goto done;
    }
    /* x² = u / v, v being d·y² - a, must be a square: so must u·v. */
    if (!(minus ? BN_mod_add(v, v, BN_value_one(), p, ctx)
                : BN_mod_sub(v, v, BN_value_one(), p, ctx)) ||
        !BN_mod_mul(t, u, v, p, ctx)) {
        status = PJF_ERR_CRYPTO;
        goto done;
    }
    int symbol = BN_kronecker(t, p, ctx);
    status = symbol == 1 ? PJF_OK : symbol < -1 ? PJF_ERR_CRYPTO : PJF_ERR_KEY_POINT;
done:
    BN_CTX_end(ctx);
    return status;
}

static pjf_status check_okp(const pjf_pkey *pkey, pjf_curve which)
{
    const edwards_curve *curve = which == PJF_ED25519 ? &ed25519 : &ed448;
    pjf_status status;
    BIGNUM *y = NULL;
    BIGNUM *p = NULL;
    BIGNUM *d = NULL;
    BN_CTX *ctx = NULL;
    pjf_buf bytes;
    pjf_buf_init(&bytes);
    pjf_ossl_errors before = pjf_ossl_begin();
    status = pjf_pkey_curve_number(pkey, which, PJF_CURVE_X, &bytes);
    if (status != PJF_OK) {
        goto done;
    }
    status = PJF_ERR_CRYPTO;
    bytes.ptr[curve->len - 1] &= 0x7f;
    y = BN_lebin2bn(bytes.ptr, curve->len, NULL);
    ctx = BN_CTX_new();
    if (y == NULL || ctx == NULL || !BN_hex2bn(&p, curve->prime) || !BN_hex2bn(&d, curve->d) ||
        !BN_nnmod(d, d, p, ctx)) {
        goto done;
    }
    /* One encoding per point (RFC 8032 §5.1.3, §5.2.3). */
    status = BN_cmp(y, p) < 0 ? check_edwards_y(y, p, d, curve->minus, ctx) : PJF_ERR_KEY_POINT;
done:
    BN_free(y);
    BN_free(p);
    BN_free(d);
    BN_CTX_free(ctx);
    pjf_buf_free(&bytes, false);
    return pjf_ossl_end(before, status);
}

/* ---- the pair ---- */

/* Signs a few bytes with the private part and verifies with the public one. A private key whose
 * halves don't match would not only make useless signatures: an EdDSA one gives its secret away. */
static pjf_status check_pair(pjf_pkey *pkey, const pjf_pkey_facts *facts)
{
    static const uint8_t message[] = "one key, two halves";
    /* An RSASSA-PSS key may allow but one digest: NULL takes it. EdDSA has none. */
    const char *digest =
        facts->kind == PJF_KEY_OKP || facts->pss_only ? NULL : pjf_digest_of(PJF_SHA256)->name;
    uint8_t signature[PJF_RSA_BITS_MAX / 8];
    size_t len = sizeof(signature);
    pjf_status status = PJF_ERR_CRYPTO;
    pjf_ossl_errors before = pjf_ossl_begin();
    EVP_MD_CTX *sign = EVP_MD_CTX_new();
    EVP_MD_CTX *verify = EVP_MD_CTX_new();
    if (sign == NULL || verify == NULL ||
        EVP_DigestSignInit_ex(sign, NULL, digest, NULL, NULL, pkey, NULL) != 1 ||
        EVP_DigestVerifyInit_ex(verify, NULL, digest, NULL, NULL, pkey, NULL) != 1 ||
        EVP_DigestSign(sign, signature, &len, message, sizeof(message)) != 1 ||
        len > sizeof(signature)) { /* ECDSA out of memory: success, and -1 as the length */
        goto done;
    }
    status = EVP_DigestVerify(verify, signature, len, message, sizeof(message)) == 1
                 ? PJF_OK
                 : PJF_ERR_KEY_MISMATCH;
done:
    pjf_cleanse(signature, sizeof(signature)); /* of halves that don't match, it is a secret */
    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);
    return pjf_ossl_end(before, status);
}

pjf_status pjf_key_check_numbers(pjf_pkey *pkey, bool is_private)
{
    pjf_pkey_facts facts;
    pjf_status status = pjf_pkey_describe(pkey, &facts);
    if (status != PJF_OK) {
        return status;
    }
    switch (facts.kind) {
    case PJF_KEY_RSA:
        status = check_rsa(pkey, is_private);
        if (status == PJF_OK && facts.pss_only) {
            status = check_pss(pkey);
        }
        break;
    case PJF_KEY_EC: status = check_ec(pkey, is_private); break;
    default: status = check_okp(pkey, facts.curve); break;
    }
    return status == PJF_OK && is_private ? check_pair(pkey, &facts) : status;
}
