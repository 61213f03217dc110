/*
 * Keys encrypted under a password. Who sends a key chooses how much work its password costs, so
 * the parameters are read and bounded before any of that work is done:
 *
 *  - PBKDF2 (RFC 8018 §5.2) and PKCS #12's derivation (RFC 7292 §B): 10,000,000 iterations. Every
 *    tool's default is far below (OpenSSL 2,048, OWASP's advice for SHA-256 600,000), and they take
 *    a few seconds, once per load.
 *  - scrypt (RFC 7914): (N + p + 2)·r·128 bytes of memory of at most 32 MiB, as OpenSSL counts and
 *    bounds it, and N·r·p of at most 2^22: 32 times OpenSSL's default (N = 2^14, r = 8, p = 1), and
 *    a few seconds, too.
 *
 * The derived key is only as long as its cipher asks. Ciphers and hashes are those of a short
 * list, so that no scheme runs that nobody looked at: DES, RC2 and RC4 need OpenSSL's legacy
 * provider anyway.
 */
#include <limits.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "core/key_text.h"

#ifndef PJF_KDF_ITERATIONS_MAX /* the fuzzers have less time */
# define PJF_KDF_ITERATIONS_MAX 10000000
#endif
#ifndef PJF_SCRYPT_WORK_MAX
# define PJF_SCRYPT_WORK_MAX ((uint64_t)1 << 22)
#endif
#define PJF_SCRYPT_MEMORY_MAX ((uint64_t)32 << 20)

#define SALT_LEN 16

typedef struct cipher_facts {
    pjf_span oid;
    uint8_t key_len;
    uint8_t block_len;
} cipher_facts;

static const cipher_facts *find_cipher(pjf_span oid)
{
    static const cipher_facts ciphers[] = {
        {PJF_OID("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), 16, 16}, /* aes128-CBC */
        {PJF_OID("\x60\x86\x48\x01\x65\x03\x04\x01\x16"), 24, 16}, /* aes192-CBC */
        {PJF_OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), 32, 16}, /* aes256-CBC */
        {PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x03\x07"), 24, 8},      /* des-ede3-cbc */
    };
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
        if (pjf_span_equal(oid, ciphers[i].oid)) {
            return &ciphers[i];
        }
    }
    return NULL;
}

/* hmacWithSHA1, 224, 256, 384, 512 (RFC 8018 §B.1). */
static bool is_known_prf(pjf_span oid)
{
    static const pjf_span hmac = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x02");
    return oid.len == hmac.len + 1 && memcmp(oid.ptr, hmac.ptr, hmac.len) == 0 &&
           oid.ptr[hmac.len] >= 7 && oid.ptr[hmac.len] <= 11;
}

static pjf_status check_iterations(uint64_t iterations)
{
    if (iterations == 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    return iterations <= PJF_KDF_ITERATIONS_MAX ? PJF_OK : PJF_ERR_KEY_KDF;
}

/* Takes the SEQUENCE of a derivation's parameters as far as its salt. */
static bool take_salt(pjf_span *parameters, pjf_span *content)
{
    pjf_span salt;
    return pjf_der_take(parameters, PJF_DER_SEQUENCE, content) && parameters->len == 0 &&
           pjf_der_take(content, PJF_DER_OCTET_STRING, &salt);
}

/* Takes the length of the derived key, where it is given. */
static bool take_key_len(pjf_span *content, uint8_t want)
{
    uint64_t len;
    return pjf_der_peek(*content) != PJF_DER_INTEGER ||
           (pjf_der_take_number(content, &len) && len == want);
}

/* Takes an INTEGER that is not negative; one too large for 64 bits is the largest of them. */
static bool take_cost(pjf_span *content, uint64_t *cost)
{
    pjf_span rest = *content;
    pjf_span number;
    if (pjf_der_take_number(&rest, cost)) {
        *content = rest;
        return true;
    }
    *cost = UINT64_MAX;
    return pjf_der_take(content, PJF_DER_INTEGER, &number) && number.len > sizeof(*cost) &&
           number.ptr[0] < 0x80;
}

static pjf_status check_pbkdf2(pjf_span parameters, uint8_t key_len)
{
    uint64_t iterations;
    pjf_span content, prf, prf_parameters;
    if (!take_salt(&parameters, &content) || !take_cost(&content, &iterations) ||
        !take_key_len(&content, key_len)) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (content.len != 0) { /* else HMAC-SHA1 */
        if (!pjf_der_take_algorithm(&content, &prf, &prf_parameters) || content.len != 0) {
            return PJF_ERR_KEY_FORMAT;
        }
        if (!is_known_prf(prf)) {
            return PJF_ERR_KEY_CIPHER;
        }
    }
    return check_iterations(iterations);
}

static pjf_status check_scrypt(pjf_span parameters, uint8_t key_len)
{
    uint64_t n, r, p, blocks, memory, work;
    pjf_span content;
    if (!take_salt(&parameters, &content) || !take_cost(&content, &n) || !take_cost(&content, &r) ||
        !take_cost(&content, &p) || !take_key_len(&content, key_len) || content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (__builtin_add_overflow(n, p, &blocks) || __builtin_add_overflow(blocks, 2u, &blocks) ||
        __builtin_mul_overflow(blocks, r, &memory) ||
        __builtin_mul_overflow(memory, 128u, &memory) || __builtin_mul_overflow(n, r, &work) ||
        __builtin_mul_overflow(work, p, &work) || memory > PJF_SCRYPT_MEMORY_MAX ||
        work > PJF_SCRYPT_WORK_MAX) {
        return PJF_ERR_KEY_KDF;
    }
    bool is_power_of_2 = n > 1 && (n & (n - 1)) == 0;
    bool is_large = r < 4 && n >> (16 * r) != 0; /* RFC 7914 §2 */
    return is_power_of_2 && !is_large && r != 0 && p != 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
}

/* PBES2 (RFC 8018 §6.2). */
static pjf_status check_pbes2(pjf_span parameters, uint8_t *block_len)
{
    static const pjf_span pbkdf2 = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c");
    static const pjf_span scrypt = PJF_OID("\x2b\x06\x01\x04\x01\xda\x47\x04\x0b");
    pjf_span content, kdf, kdf_parameters, oid, cipher_parameters, iv;
    if (!pjf_der_take(&parameters, PJF_DER_SEQUENCE, &content) || parameters.len != 0 ||
        !pjf_der_take_algorithm(&content, &kdf, &kdf_parameters) ||
        !pjf_der_take_algorithm(&content, &oid, &cipher_parameters) || content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    const cipher_facts *cipher = find_cipher(oid);
    if (cipher == NULL) {
        return PJF_ERR_KEY_CIPHER;
    }
    if (!pjf_der_take(&cipher_parameters, PJF_DER_OCTET_STRING, &iv) ||
        cipher_parameters.len != 0 || iv.len != cipher->block_len) {
        return PJF_ERR_KEY_FORMAT;
    }
    *block_len = cipher->block_len;
    if (pjf_span_equal(kdf, pbkdf2)) {
        return check_pbkdf2(kdf_parameters, cipher->key_len);
    }
    if (pjf_span_equal(kdf, scrypt)) {
        return check_scrypt(kdf_parameters, cipher->key_len);
    }
    return PJF_ERR_KEY_CIPHER;
}

/* The two schemes of PKCS #12 (RFC 7292 §C) that OpenSSL's default provider has: SHA-1 and triple
 * DES with three keys or two. */
static bool is_pkcs12(pjf_span oid)
{
    static const pjf_span three = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03");
    static const pjf_span two = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04");
    return pjf_span_equal(oid, three) || pjf_span_equal(oid, two);
}

static pjf_status check_pkcs12(pjf_span parameters, uint8_t *block_len)
{
    pjf_span content;
    uint64_t iterations;
    if (!take_salt(&parameters, &content) || !take_cost(&content, &iterations) ||
        content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    *block_len = 8;
    return check_iterations(iterations);
}

/* All that can be said of an EncryptedPrivateKeyInfo without its password. */
static pjf_status check_envelope(pjf_span der)
{
    static const pjf_span pbes2 = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d");
    pjf_span content, oid, parameters, encrypted;
    uint8_t block_len = 0;
    pjf_status status;
    if (!pjf_der_take(&der, PJF_DER_SEQUENCE, &content) ||
        !pjf_der_take_algorithm(&content, &oid, &parameters) ||
        !pjf_der_take(&content, PJF_DER_OCTET_STRING, &encrypted) || content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (pjf_span_equal(oid, pbes2)) {
        status = check_pbes2(parameters, &block_len);
    } else if (is_pkcs12(oid)) {
        status = check_pkcs12(parameters, &block_len);
    } else {
        return PJF_ERR_KEY_CIPHER;
    }
    if (status != PJF_OK) {
        return status;
    }
    return encrypted.len != 0 && encrypted.len % block_len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
}

/* OpenSSL takes lengths as int, and NULL for no password at all. */
static const char *password_text(pjf_span password)
{
    return password.len == 0 ? "" : (const char *)password.ptr;
}

pjf_status pjf_pbe_open(pjf_span der, const pjf_span *password, pjf_buf *plain)
{
    pjf_status status = check_envelope(der);
    if (status != PJF_OK) {
        return status;
    }
    if (password == NULL) {
        return PJF_ERR_KEY_PASSWORD_MISSING;
    }
    if (password->len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    const unsigned char *at = der.ptr;
    const X509_ALGOR *algorithm;
    const ASN1_OCTET_STRING *encrypted;
    unsigned char *data = NULL;
    int len = 0;
    status = PJF_ERR_KEY_FORMAT;
    X509_SIG *envelope = d2i_X509_SIG(NULL, &at, (long)der.len);
    if (envelope != NULL) {
        X509_SIG_get0(envelope, &algorithm, &encrypted);
        status = PJF_ERR_KEY_PASSWORD;
        if (PKCS12_pbe_crypt(algorithm, password_text(*password), (int)password->len,
                             ASN1_STRING_get0_data(encrypted), ASN1_STRING_length(encrypted), &data,
                             &len, 0) != NULL) {
            status = pjf_buf_append(plain, data, (size_t)len);
            OPENSSL_clear_free(data, (size_t)len);
        }
    }
    X509_SIG_free(envelope);
    return pjf_ossl_end(before, status);
}

/* A pem_password_cb: hands out the password, and never asks for one. */
static int give_password(char *buf, int size, int writing, void *data)
{
    const pjf_span *password = data;
    (void)writing;
    if (password->len > (size_t)size) {
        return -1;
    }
    if (password->len != 0) {
        memcpy(buf, password->ptr, password->len);
    }
    return (int)password->len;
}

pjf_status pjf_pbe_open_pem(char *header, pjf_span password, pjf_buf *body)
{
    EVP_CIPHER_INFO cipher;
    long len = (long)body->len;
    pjf_status status = PJF_OK;
    pjf_ossl_errors before = pjf_ossl_begin();
    if (PEM_get_EVP_CIPHER_INFO(header, &cipher) != 1) {
        status = PJF_ERR_KEY_FORMAT;
    } else if (PEM_do_header(&cipher, body->ptr, &len, give_password, &password) != 1) {
        status = PJF_ERR_KEY_PASSWORD;
    }
    status = pjf_ossl_end(before, status);
    if (status == PJF_OK) {
        pjf_cleanse(body->ptr + len, body->len - (size_t)len);
        body->len = (size_t)len;
    }
    return status;
}

pjf_status pjf_pbe_seal(pjf_span der, pjf_span password, pjf_buf *out)
{
    uint8_t salt[SALT_LEN];
    if (password.len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    pjf_status status = pjf_random(salt, sizeof(salt));
    if (status != PJF_OK) {
        return status;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    const unsigned char *at = der.ptr;
    unsigned char *sealed = NULL;
    X509_SIG *envelope = NULL;
    int len = 0;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (info != NULL) {
        envelope =
            PKCS8_encrypt(NID_hmacWithSHA256, EVP_aes_256_cbc(), password_text(password),
                          (int)password.len, salt, (int)sizeof(salt), PJF_PBKDF2_ITERATIONS, info);
    }
    if (envelope != NULL) {
        len = i2d_X509_SIG(envelope, &sealed);
    }
    status = len > 0 ? pjf_buf_append(out, sealed, (size_t)len) : PJF_ERR_CRYPTO;
    OPENSSL_free(sealed);
    X509_SIG_free(envelope);
    PKCS8_PRIV_KEY_INFO_free(info);
    return pjf_ossl_end(before, status);
}
