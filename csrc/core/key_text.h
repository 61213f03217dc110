/*
 * key_text: what the readers and writers of key files share: key_pem.c (armour), key_der.c
 * (contents), key_pbe.c (encryption under a password), key_ssh.c, key_load.c (which of them).
 * key_text.c has the steps that all of them take, and knows of no key.
 *
 * All text is taken from the front of a span, which shrinks: what is left at the end was not read,
 * and is an error. Nothing here allocates but what fills a pjf_buf.
 */
#ifndef PJF_KEY_TEXT_H
#define PJF_KEY_TEXT_H

#include <string.h>

#include "core/key_internal.h"

/* ---- key_der.c ---- */

/* What a DER text holds. */
typedef enum pjf_key_form {
    PJF_FORM_PRIVATE,     /* PrivateKeyInfo, version 1 or 2 (RFC 5958 §2) */
    PJF_FORM_ENCRYPTED,   /* EncryptedPrivateKeyInfo (RFC 5958 §3) */
    PJF_FORM_RSA_PRIVATE, /* RSAPrivateKey (RFC 8017 §A.1.2) */
    PJF_FORM_EC_PRIVATE,  /* ECPrivateKey (RFC 5915 §3) */
    PJF_FORM_PUBLIC,      /* SubjectPublicKeyInfo (RFC 5280 §4.1) */
    PJF_FORM_RSA_PUBLIC,  /* RSAPublicKey (RFC 8017 §A.1.1) */
    PJF_FORM_CERTIFICATE  /* Certificate (RFC 5280 §4.1) */
} pjf_key_form;

/* pjf_key_from_der() for a form that is known. */
pjf_status pjf_key_from_form(pjf_lib *lib, pjf_key_form form, pjf_span der,
                             const pjf_span *password, pjf_key **out);

/* The named curve that a DER text of ECParameters (RFC 5480 §2.1.1) is. PJF_ERR_KEY_FORMAT,
 * PJF_ERR_KEY_TRAILING, PJF_ERR_KEY_CURVE. */
pjf_status pjf_der_curve(pjf_span der, pjf_curve *out);

/* ---- key_text.c: DER (X.690 §10), definite, shortest lengths only ---- */

#define PJF_DER_INTEGER      0x02
#define PJF_DER_BIT_STRING   0x03
#define PJF_DER_OCTET_STRING 0x04
#define PJF_DER_OID          0x06
#define PJF_DER_SEQUENCE     0x30

/* Takes the element at the front if it has this tag. */
bool pjf_der_take(pjf_span *rest, uint8_t tag, pjf_span *content);

/* The tag at the front, 0 at the end. */
uint8_t pjf_der_peek(pjf_span rest);

/* Takes an INTEGER that is not negative and as short as it can be. */
bool pjf_der_take_unsigned(pjf_span *rest, pjf_span *number);

/* The same, of at most 8 bytes, as a number. */
bool pjf_der_take_number(pjf_span *rest, uint64_t *value);

/* Takes an AlgorithmIdentifier (RFC 5280 §4.1.1.2); parameters is what follows its OID. */
bool pjf_der_take_algorithm(pjf_span *rest, pjf_span *oid, pjf_span *parameters);

/* An object identifier's content octets, from a string literal. */
#define PJF_OID(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

static inline bool pjf_span_equal(pjf_span a, pjf_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool pjf_is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- key_pbe.c ---- */

/* Appends what an EncryptedPrivateKeyInfo holds. PJF_ERR_KEY_FORMAT, PJF_ERR_KEY_CIPHER,
 * PJF_ERR_KEY_KDF, PJF_ERR_KEY_PASSWORD_MISSING, in this order and before any work is done; then
 * PJF_ERR_KEY_PASSWORD. */
pjf_status pjf_pbe_open(pjf_span der, const pjf_span *password, pjf_buf *plain);

/* Decrypts the contents of a PEM block with OpenSSL's own headers (RFC 1421 §4.6.1.1) in place.
 * header: "Proc-Type: 4,ENCRYPTED", "DEK-Info: <cipher>,<iv>", each ended by a line feed. */
pjf_status pjf_pbe_open_pem(char *header, pjf_span password, pjf_buf *body);

/* What the status of reading decrypted bytes means: one wrong password in 256 gives a good padding,
 * and bytes that are no key. */
static inline pjf_status pjf_pbe_judge(pjf_status status)
{
    return status == PJF_ERR_KEY_FORMAT || status == PJF_ERR_KEY_TRAILING ? PJF_ERR_KEY_PASSWORD
                                                                          : status;
}

/* Appends the EncryptedPrivateKeyInfo of a PrivateKeyInfo: PBES2 (RFC 8018 §6.2) with
 * PBKDF2-HMAC-SHA256 of PJF_PBKDF2_ITERATIONS and a random salt of 16 bytes, and AES-256-CBC. */
#define PJF_PBKDF2_ITERATIONS 600000

pjf_status pjf_pbe_seal(pjf_span der, pjf_span password, pjf_buf *out);

/* ---- key_text.c: base64 (RFC 4648 §4), strict: padding required, unused bits zero ---- */

/* Appends the bytes of base64 text, in which white space may stand anywhere if space.
 * PJF_ERR_KEY_FORMAT. */
pjf_status pjf_base64_decode(const pjf_lib *lib, pjf_span text, bool space, pjf_buf *out);

#endif
