/*
 * base: what every unit of the core shares. Status codes, borrowed byte spans, checked sizes, and
 * the three OpenSSL helpers that need no context (constant-time compare, cleanse, random bytes).
 *
 * Conventions of the whole core, said once:
 *  - functions are pjf_<unit>_<verb>, return pjf_status, and take out-parameters last;
 *  - bytes are always (pointer, length); a NULL pointer is allowed only with length 0;
 *  - the core formats no text: an error is a code, a byte offset and a constant message;
 *  - no mutable globals; a function is safe on any thread unless its header says otherwise.
 */
#ifndef PJF_BASE_H
#define PJF_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Code and constant text of every failure of the core. The binding turns a code into an exception.
 */
#define PJF_STATUS_LIST(X)                                                                        \
    X(PJF_OK, "ok")                                                                               \
    X(PJF_ERR_NOMEM, "out of memory")                                                             \
    X(PJF_ERR_CRYPTO, "OpenSSL refused the operation")                                            \
    X(PJF_ERR_ARGUMENT, "invalid argument")                                                       \
    /* b64url */                                                                                  \
    X(PJF_ERR_B64_LENGTH, "base64url text has an impossible length")                              \
    X(PJF_ERR_B64_ALPHABET, "character outside the base64url alphabet")                           \
    X(PJF_ERR_B64_PADDING, "incorrect base64url padding")                                         \
    X(PJF_ERR_B64_TRAILING_BITS, "unused bits of base64url text are not zero")                    \
    /* json_read */                                                                               \
    X(PJF_ERR_JSON_EOF, "unexpected end of JSON text")                                            \
    X(PJF_ERR_JSON_VALUE, "expected a JSON value")                                                \
    X(PJF_ERR_JSON_NAME, "expected a member name in double quotes")                               \
    X(PJF_ERR_JSON_COLON, "expected ':' after a member name")                                     \
    X(PJF_ERR_JSON_COMMA, "expected ',' or the end of the object or array")                       \
    X(PJF_ERR_JSON_NUMBER, "invalid JSON number")                                                 \
    X(PJF_ERR_JSON_CONTROL, "control character in a JSON string")                                 \
    X(PJF_ERR_JSON_ESCAPE, "invalid escape in a JSON string")                                     \
    X(PJF_ERR_JSON_UTF8, "JSON text is not UTF-8")                                                \
    X(PJF_ERR_JSON_BOM, "JSON text starts with a byte order mark")                                \
    X(PJF_ERR_JSON_DEPTH, "JSON text is nested too deeply")                                       \
    X(PJF_ERR_JSON_TRAILING, "unexpected text after the JSON value")                              \
    X(PJF_ERR_JSON_SINK, "JSON value refused by its receiver")                                    \
    X(PJF_ERR_JSON_NOT_OBJECT, "must be a json object")                                           \
    /* key */                                                                                     \
    X(PJF_ERR_KEY_EMPTY, "HMAC key must not be empty.")                                           \
    X(PJF_ERR_KEY_ASYMMETRIC, "The specified key is an asymmetric key or x509 certificate and"    \
                              " should not be used as an HMAC secret.")                           \
    X(PJF_ERR_KEY_JWK, "The specified key looks like a JWK and should not be used directly as an" \
                       " HMAC secret. Load it via PyJWK / HMACAlgorithm.from_jwk first.")         \
    X(PJF_ERR_KEY_ALGORITHM, "the key does not fit the algorithm")                                \
    X(PJF_ERR_KEY_PUBLIC, "a public key can't sign; the private key is needed")                   \
    X(PJF_ERR_KEY_USE, "the key's JWK 'use' or 'key_ops' does not allow this operation")          \
    X(PJF_ERR_KEY_FORMAT, "Could not read the key: it is damaged, or not in this form")           \
    X(PJF_ERR_KEY_NO_ARMOUR, "Could not read the key: there is no -----BEGIN line in it")         \
    X(PJF_ERR_KEY_OPENSSH, "Could not read the key: OPENSSH PRIVATE KEY is not supported, but"    \
                           " PKCS #8 is (for RSA and EC keys: ssh-keygen -p -m PKCS8)")           \
    X(PJF_ERR_KEY_TRAILING, "Could not read the key: something else stands before or behind it")  \
    X(PJF_ERR_KEY_PASSWORD_MISSING, "the key is encrypted and no password was given")             \
    X(PJF_ERR_KEY_PASSWORD, "the password does not decrypt the key")                              \
    X(PJF_ERR_KEY_PASSWORD_UNUSED, "a password was given, but the key is not encrypted")          \
    X(PJF_ERR_KEY_KDF, "the encrypted key asks for too much work to be decrypted")                \
    X(PJF_ERR_KEY_CIPHER, "the key is encrypted in an unsupported way (PBES2 with AES or triple"  \
                          " DES is supported)")                                                   \
    X(PJF_ERR_KEY_TYPE, "unsupported type of key (RSA, EC, Ed25519 and Ed448 are supported)")     \
    X(PJF_ERR_KEY_CURVE, "unsupported curve (P-256, P-384, P-521, secp256k1, Ed25519 and Ed448"   \
                         " are supported)")                                                       \
    X(PJF_ERR_KEY_RSA_MODULUS, "the RSA modulus must have 1024 to 16384 bits")                    \
    X(PJF_ERR_KEY_RSA_EXPONENT, "the RSA public exponent must be odd, at least 3 and below 2^64") \
    X(PJF_ERR_KEY_RSA_PSS, "the RSASSA-PSS key allows none of PS256, PS384 and PS512")            \
    X(PJF_ERR_KEY_POINT, "the public key is not a valid point of its curve")                      \
    X(PJF_ERR_KEY_MISMATCH, "Public key does not match private key")                              \
    X(PJF_ERR_KEY_NO_PRIVATE, "the key has no private part")                                      \
    X(PJF_ERR_KEY_NO_PUBLIC, "a shared secret has no public part")                                \
    X(PJF_ERR_KEY_TOO_LONG, "the key text is longer than 256 KiB")                                \
    /* key_jwk (RFC 7517, RFC 7518 section 6, RFC 8037) */                                        \
    X(PJF_ERR_JWK_JSON, "Key is not valid JSON")                                                  \
    X(PJF_ERR_JWK_DUPLICATE, "JWK: a member occurs twice")                                        \
    X(PJF_ERR_JWK_TOO_MANY, "JWK: too many members")                                              \
    X(PJF_ERR_JWK_KTY, "JWK: 'kty' is missing or unsupported (RSA, EC, OKP, oct are supported)")  \
    X(PJF_ERR_JWK_MEMBER, "JWK: a member that its 'kty' requires is missing or not a string")     \
    X(PJF_ERR_JWK_B64, "JWK: a member is not base64url text without padding")                     \
    X(PJF_ERR_JWK_LENGTH, "JWK: a member has the wrong length for its 'crv'")                     \
    X(PJF_ERR_JWK_ALG, "JWK: 'alg' is not a supported signature algorithm, or does not fit")      \
    X(PJF_ERR_JWK_USE, "JWK: 'use' must be a string")                                             \
    X(PJF_ERR_JWK_OPS, "JWK: 'key_ops' must be an array of different strings")                    \
    X(PJF_ERR_JWK_KID, "JWK: 'kid' must be a string of at most 255 bytes")                        \
    X(PJF_ERR_JWK_OTH, "JWK: RSA keys with more than two primes ('oth') are not supported")       \
    /* jws */                                                                                     \
    X(PJF_ERR_TOKEN_TOO_LONG, "Token is longer than max_token_bytes")                             \
    X(PJF_ERR_SEGMENTS, "Not enough segments")                                                    \
    X(PJF_ERR_HEADER_B64, "Invalid header padding")                                               \
    X(PJF_ERR_HEADER_JSON, "Invalid header string")                                               \
    X(PJF_ERR_HEADER_DUPLICATE, "duplicate JOSE header parameter")                                \
    X(PJF_ERR_HEADER_PARAMS, "too many JOSE header parameters")                                   \
    X(PJF_ERR_PAYLOAD_NOT_EMPTY, "Payload segment must be empty when 'b64' is false.")            \
    X(PJF_ERR_PAYLOAD_B64, "Invalid payload padding")                                             \
    X(PJF_ERR_SIGNATURE_B64, "Invalid crypto padding")                                            \
    X(PJF_ERR_HEADER_KID, "Key ID header parameter must be a string")                             \
    X(PJF_ERR_CRIT_NOT_LIST, "Invalid 'crit' header: must be a non-empty list")                   \
    X(PJF_ERR_CRIT_NOT_STRING, "Invalid 'crit' header: values must be strings")                   \
    X(PJF_ERR_CRIT_DUPLICATE, "Invalid 'crit' header: values must be unique")                     \
    X(PJF_ERR_CRIT_UNSUPPORTED, "Unsupported critical extension")                                 \
    X(PJF_ERR_CRIT_MISSING, "Critical extension is missing from headers")                         \
    X(PJF_ERR_B64_NOT_CRIT, "The 'b64' header parameter requires 'b64' to be listed in 'crit'.")  \
    X(PJF_ERR_DETACHED_UNEXPECTED, "It is only valid to pass \"detached_payload\" when the"       \
                                   " protected header has \"b64\" set to false.")                 \
    X(PJF_ERR_DETACHED_REQUIRED, "It is required that you pass in a value for the"                \
                                 " \"detached_payload\" argument to decode a message having the"  \
                                 " b64 header set to false.")                                     \
    X(PJF_ERR_ALG_MISSING, "Algorithm not specified")                                             \
    X(PJF_ERR_ALG_NOT_ALLOWED, "The specified alg value is not allowed")                          \
    X(PJF_ERR_ALG_UNSUPPORTED, "Algorithm not supported")                                         \
    X(PJF_ERR_SIGNATURE, "Signature verification failed")

typedef enum pjf_status {
#define PJF_STATUS_ENUM(code, text) code,
    PJF_STATUS_LIST(PJF_STATUS_ENUM)
#undef PJF_STATUS_ENUM
        PJF_STATUS_COUNT
} pjf_status;

/* The constant English text of a status; never NULL. */
const char *pjf_status_text(pjf_status status);

/* Borrowed bytes. The owner must outlive the span. */
typedef struct pjf_span {
    const uint8_t *ptr;
    size_t len;
} pjf_span;

static inline bool pjf_span_starts_with(pjf_span text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.ptr, word, len) == 0;
}

/* Where the word, of a character at least, is in the text for the first time; or NULL. */
static inline const uint8_t *pjf_span_find(pjf_span text, const char *word)
{
    size_t len = strlen(word);
    while (text.len >= len) {
        const uint8_t *first = memchr(text.ptr, word[0], text.len - len + 1);
        if (first == NULL || memcmp(first, word, len) == 0) {
            return first;
        }
        text.len -= (size_t)(first - text.ptr) + 1;
        text.ptr = first + 1;
    }
    return NULL;
}

static inline bool pjf_span_contains(pjf_span text, const char *word)
{
    return pjf_span_find(text, word) != NULL;
}

/* A failure inside a text: what, and at which byte of it. */
typedef struct pjf_error {
    pjf_status status;
    size_t offset;
} pjf_error;

/* a + b into *sum, or false on overflow. */
static inline bool pjf_size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}

/* a * b into *product, or false on overflow. */
static inline bool pjf_size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

/* memcpy() that needs no call for 16 to 64 bytes, which nearly all texts of tokens have. */
static inline void pjf_copy(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len < 16 || len > 64) {
        memcpy(to, from, len);
        return;
    }
    memcpy(to, from, 16); /* the pieces overlap */
    if (len > 32) {
        memcpy(to + 16, from + 16, 16);
        memcpy(to + len - 32, from + len - 32, 16);
    }
    memcpy(to + len - 16, from + len - 16, 16);
}

/* Constant-time equality of two buffers of the same length (wraps CRYPTO_memcmp). */
bool pjf_secret_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* Overwrites a secret in a way the compiler can't drop (wraps OPENSSL_cleanse). */
void pjf_cleanse(void *ptr, size_t len);

/* Fills out with random bytes (wraps RAND_bytes). PJF_ERR_CRYPTO when there is no entropy. */
pjf_status pjf_random(uint8_t *out, size_t len);

/* For functions that report failures or run once in a while: what leads to them is moved out of the
 * way of the rest. */
#define PJF_COLD __attribute__((cold))

#define PJF_LIKELY(x)   __builtin_expect(!!(x), 1)
#define PJF_UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
