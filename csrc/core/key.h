/*
 * key: an immutable, reference-counted, typed key. A key is checked and prepared once, when it is
 * loaded; using it needs no parsing and no check but that it fits the algorithm and the operation.
 *
 * Loaders and writers, one file per form: key.c (raw secrets), key_pem.c, key_der.c, key_ssh.c,
 * key_jwk.c; key_load.c chooses among them, key_make.c has generation and the public part. Whatever
 * the form, key_check.c has the last word on the numbers.
 *
 * Every function here is safe on any thread, and leaves OpenSSL's error queue as it found it. Out
 * of memory is PJF_ERR_NOMEM everywhere. Texts and passwords, but not secrets, are bounded by
 * PJF_KEY_TEXT_MAX (PJF_ERR_KEY_TOO_LONG).
 */
#ifndef PJF_KEY_H
#define PJF_KEY_H

#include "core/alg.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/ossl.h"

#define PJF_KEY_TEXT_MAX     ((size_t)256 * 1024)
#define PJF_KEY_KID_MAX      255 /* bytes of UTF-8 */
#define PJF_JWK_MEMBERS_MAX  128 /* more are refused: names are compared pairwise */
#define PJF_RSA_BITS_MIN     1024
#define PJF_RSA_BITS_MAX     16384
#define PJF_RSA_BITS_DEFAULT 2048 /* what generation gives unless told otherwise */
#define PJF_THUMBPRINT_LEN   32   /* SHA-256 */

typedef struct pjf_key pjf_key; /* opaque; layout in key_internal.h */

typedef enum pjf_key_purpose { PJF_KEY_TO_SIGN, PJF_KEY_TO_VERIFY } pjf_key_purpose;

/* ---- loading ---- */

/* An HMAC secret (RFC 7518 §3.2). Copies the bytes. Refused: empty secrets (PJF_ERR_KEY_EMPTY);
 * PEM, OpenSSH, DER (also in base64) keys and certificates (PJF_ERR_KEY_ASYMMETRIC); JWK and JWKS
 * texts (PJF_ERR_KEY_JWK), each in any Unicode encoding, behind any leading white space or byte
 * order mark: a public key taken for a secret is how algorithm confusion starts. */
pjf_status pjf_key_from_secret(pjf_lib *lib, pjf_span secret, pjf_key **out);

/* A key from PEM text (RFC 7468): PRIVATE KEY, ENCRYPTED PRIVATE KEY (RFC 5958), RSA PRIVATE KEY
 * and RSA PUBLIC KEY (RFC 8017), EC PRIVATE KEY (RFC 5915; its EC PARAMETERS block may stand before
 * it), also in OpenSSL's old "Proc-Type: 4,ENCRYPTED" form, PUBLIC KEY (RFC 5280) and CERTIFICATE
 * (its public key; nothing else of it is looked at). White space around the one block is allowed,
 * anything else is PJF_ERR_KEY_TRAILING.
 *
 * password: NULL for none. PJF_ERR_KEY_PASSWORD_MISSING, PJF_ERR_KEY_PASSWORD,
 * PJF_ERR_KEY_PASSWORD_UNUSED; PJF_ERR_KEY_KDF for a key derivation above the bounds that
 * key_pbe.c states, before it is run; PJF_ERR_KEY_CIPHER for a scheme it does not list. Nothing
 * ever asks on a terminal.
 *
 * PJF_ERR_KEY_NO_ARMOUR for text without a BEGIN line, PJF_ERR_KEY_OPENSSH for OpenSSH's own form
 * of a private key, PJF_ERR_KEY_FORMAT for what else is no such text; PJF_ERR_KEY_TYPE,
 * PJF_ERR_KEY_CURVE (explicit curve parameters too), PJF_ERR_KEY_RSA_MODULUS,
 * PJF_ERR_KEY_RSA_EXPONENT, PJF_ERR_KEY_RSA_PSS, PJF_ERR_KEY_POINT, PJF_ERR_KEY_MISMATCH for what
 * is in it, PJF_ERR_CRYPTO for an RSASSA-PSS key that is restricted to more salt than its modulus
 * has room for. */
pjf_status pjf_key_from_pem(pjf_lib *lib, pjf_span pem, const pjf_span *password, pjf_key **out);

/* The same contents in DER, without their PEM armour: which they are, the first two elements tell.
 */
pjf_status pjf_key_from_der(pjf_lib *lib, pjf_span der, const pjf_span *password, pjf_key **out);

/* One public key in OpenSSH's line format (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4): ssh-rsa,
 * ecdsa-sha2-nistp256/384/521, ssh-ed25519, with or without a comment. Other types, also
 * certificates, are PJF_ERR_KEY_TYPE; options before the type PJF_ERR_KEY_FORMAT; a second line
 * PJF_ERR_KEY_TRAILING; otherwise as above. */
pjf_status pjf_key_from_ssh(pjf_lib *lib, pjf_span line, pjf_key **out);

/* A JWK (RFC 7517): a JSON object with "kty" oct, RSA, EC or OKP. "alg" (any of the alg table),
 * "use" and "key_ops" bind the key; "kid" is kept; other members are ignored. alg: what the caller
 * binds the key to instead of the JWK's own "alg", or NULL. Numbers are base64url without padding
 * and have exactly the length RFC 7518 §6 asks for (leading zeros of RSA numbers are refused as
 * PJF_ERR_JWK_LENGTH only where they exceed one octet). An RSA private key may give d alone, or all
 * of p, q, dp, dq, qi (RFC 7518 §6.3.2); "oth" is PJF_ERR_JWK_OTH. A JWK "oct" goes through the
 * same guard as a raw secret. */
pjf_status pjf_key_from_jwk(pjf_lib *lib, pjf_span json, const pjf_alg *alg, pjf_key **out);

/* What a caller of encode() or decode() gave as key text, in the forms that the algorithms of a
 * family take: HMAC a secret; the others PEM, OpenSSH where text starts with "ssh-", "ecdsa-" or
 * "sk-", DER where it starts with the byte 0x30. PJF_ERR_ALG_UNSUPPORTED for a family without keys.
 */
pjf_status pjf_key_load(pjf_lib *lib, pjf_alg_family family, pjf_span text, pjf_key **out);

/* A new private key or secret for the algorithm, not bound to it. bits: of an RSA modulus
 * (0: PJF_RSA_BITS_DEFAULT; below the algorithm's min_key_bits or above PJF_RSA_BITS_MAX:
 * PJF_ERR_KEY_RSA_MODULUS) or of a secret (0: the digest's; less is PJF_ERR_ARGUMENT); must be 0
 * for the others. "EdDSA" gives Ed25519. */
pjf_status pjf_key_generate(pjf_lib *lib, const pjf_alg *alg, size_t bits, pjf_key **out);

/* The public part of a private key (itself when it is public: a new reference), with the same kid
 * and bindings; key_ops "sign" becomes "verify". PJF_ERR_KEY_NO_PUBLIC for a secret. */
pjf_status pjf_key_public(pjf_key *key, pjf_key **out);

/* Binds a key that was just loaded (the caller's reference is its only one: PJF_ERR_ARGUMENT) to
 * one algorithm, as a JWK's "alg" does. PJF_ERR_KEY_ALGORITHM when it does not fit. */
pjf_status pjf_key_bind(pjf_key *fresh, const pjf_alg *alg);

/* Adds a reference; returns key. */
pjf_key *pjf_key_ref(pjf_key *key);

/* Drops a reference; the last one cleanses and frees. NULL is allowed. */
void pjf_key_unref(pjf_key *key);

/* ---- what a key is ---- */

pjf_key_kind pjf_key_kind_of(const pjf_key *key);

/* The "kty" of its JWK (RFC 7518 §6.1, RFC 8037 §2), a constant. */
const char *pjf_key_kty(const pjf_key *key);

/* PJF_CURVE_NONE for kinds without curves. */
pjf_curve pjf_key_curve_of(const pjf_key *key);

/* True for private keys and secrets. */
bool pjf_key_is_private(const pjf_key *key);

/* Of a secret, eight times its length in bytes; of RSA, the modulus; of a curve, its order. */
size_t pjf_key_bits(const pjf_key *key);

/* The algorithm that a JWK (or its loader's caller) bound the key to, or NULL. */
const pjf_alg *pjf_key_alg(const pjf_key *key);

/* The "kid" of the JWK it was loaded from, borrowed; ptr NULL without one. */
pjf_span pjf_key_kid(const pjf_key *key);

/* True when kind, curve and bound algorithm let the key serve the algorithm. */
bool pjf_key_fits(const pjf_key *key, const pjf_alg *alg);

/* PJF_OK when the key fits and may do this: PJF_ERR_KEY_ALGORITHM, PJF_ERR_KEY_USE ("use" is not
 * "sig", or "key_ops" lacks the operation: "sign", or "verify"; a private key with "sign" alone may
 * verify), PJF_ERR_KEY_PUBLIC. Asked before any cryptography. */
pjf_status pjf_key_check(const pjf_key *key, const pjf_alg *alg, pjf_key_purpose purpose);

/* ---- writing; appended to out ---- */

/* PEM: PRIVATE KEY (PKCS #8) when private_part, else PUBLIC KEY (SubjectPublicKeyInfo).
 * password: NULL, or what to encrypt a private key with (PBES2, PBKDF2-HMAC-SHA256, AES-256-CBC).
 * PJF_ERR_KEY_NO_PRIVATE; PJF_ERR_KEY_TYPE for a secret; PJF_ERR_ARGUMENT for a password without
 * private_part, or an empty one. out holds secrets then: free it with cleansing. */
pjf_status pjf_key_to_pem(const pjf_key *key, bool private_part, const pjf_span *password,
                          pjf_buf *out);

/* The same in DER, never encrypted. */
pjf_status pjf_key_to_der(const pjf_key *key, bool private_part, pjf_buf *out);

/* The JWK as compact JSON, members in the order kty, crv, numbers, alg, use, key_ops, kid. kid:
 * what to write for it, ptr NULL for none. PJF_ERR_KEY_NO_PRIVATE when private_part is asked of a
 * public key; PJF_ERR_KEY_NO_PUBLIC when not of a secret. */
pjf_status pjf_key_to_jwk(const pjf_key *key, bool private_part, pjf_span kid, pjf_buf *out);

/* The SHA-256 thumbprint of the key (RFC 7638 §3, RFC 8037 §2): the same for a private key and its
 * public part. */
pjf_status pjf_key_thumbprint(const pjf_key *key, uint8_t out[PJF_THUMBPRINT_LEN]);

#endif
