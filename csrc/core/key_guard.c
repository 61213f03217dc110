/*
 * What a secret is compared with is its text with every disguise taken off: NUL bytes (UTF-16 and
 * UTF-32 of ASCII text are ASCII text with NULs), byte order marks, leading white space. A false
 * alarm costs a clear error when a key is loaded; a miss costs every account.
 */
#include "core/key_guard.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/buf.h"
#include "core/json_read.h"

/* Longer base64 is no key anyone uses. */
#define PJF_GUARD_BASE64_MAX 65536

static pjf_span skip(pjf_span text, size_t count)
{
    return (pjf_span){text.ptr + count, text.len - count};
}

/* Text after any run of white space and UTF-8, UTF-16 or (NULs being gone) UTF-32 marks. */
static pjf_span skip_disguise(pjf_span text)
{
    for (;;) {
        if (text.len >= 1 && text.ptr[0] != '\0' && strchr(" \t\r\n\v\f", text.ptr[0]) != NULL) {
            text = skip(text, 1);
        } else if (pjf_span_starts_with(text, "\xEF\xBB\xBF")) {
            text = skip(text, 3);
        } else if (pjf_span_starts_with(text, "\xFF\xFE") ||
                   pjf_span_starts_with(text, "\xFE\xFF")) {
            text = skip(text, 2);
        } else {
            return text;
        }
    }
}

/* PEM armour (RFC 7468) and its RFC 4716 cousin, anywhere: a loader finds it after any preamble. */
static bool looks_like_pem(pjf_span text)
{
    return pjf_span_contains(text, "----BEGIN ") || pjf_span_contains(text, "---- BEGIN ");
}

/* One line of an OpenSSH public key or authorized_keys file. */
static bool looks_like_ssh(pjf_span text)
{
    static const char *const prefixes[] = {"ssh-ed25519", "ssh-ed448",        "ssh-rsa",
                                           "ssh-dss",     "ecdsa-sha2-nistp", "sk-ssh-ed25519",
                                           "sk-ecdsa-"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (pjf_span_starts_with(text, prefixes[i])) {
            return true;
        }
    }
    return false;
}

/* The content of the DER element that bytes start with (X.690 §8.1). False when they start with
 * none of that tag, or with one that is longer than they are. */
static bool der_element(pjf_span bytes, uint8_t tag, pjf_span *content)
{
    if (bytes.len < 2 || bytes.ptr[0] != tag) {
        return false;
    }
    size_t header = 2;
    size_t len = bytes.ptr[1];
    if (len >= 0x80) {
        size_t count = len & 0x7f;
        if (count == 0 || count > 4 || bytes.len < 2 + count) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < count; i++) {
            len = len << 8 | bytes.ptr[2 + i];
        }
        header += count;
    }
    if (len > bytes.len - header) {
        return false;
    }
    *content = (pjf_span){bytes.ptr + header, len};
    return true;
}

/* What every key and certificate begins with: an INTEGER, or a SEQUENCE that begins with an OID, an
 * INTEGER or the certificate's version. No text and hardly any random secret does. */
static bool could_be_der(pjf_span outer)
{
    pjf_span inner;
    if (outer.len < 8) {
        return false;
    }
    if (outer.ptr[0] == 0x02) {
        return true;
    }
    return der_element(outer, 0x30, &inner) && inner.len != 0 &&
           (inner.ptr[0] == 0x06 || inner.ptr[0] == 0x02 || inner.ptr[0] == 0xa0);
}

/* What comes second in a key or certificate: an INTEGER (PKCS #1), a BIT STRING
 * (SubjectPublicKeyInfo), an OCTET STRING (SEC 1, encrypted PKCS #8) or a SEQUENCE (PKCS #8, a
 * certificate). */
static bool goes_on_like_der(pjf_span outer)
{
    static const uint8_t tags[] = {0x02, 0x03, 0x04, 0x30};
    pjf_span first;
    if (!der_element(outer, outer.ptr[0], &first)) {
        return false;
    }
    pjf_span rest = skip(outer, (size_t)(first.ptr + first.len - outer.ptr));
    return rest.len != 0 && memchr(tags, rest.ptr[0], sizeof(tags)) != NULL;
}

/* A DER public key, private key or certificate at the start of the bytes. The outline is enough:
 * other libraries load what OpenSSL does not, and one random secret in a hundred million looks so.
 * OpenSSL's decoders would take milliseconds to say no, for each key of a set that somebody else
 * has written. */
static bool looks_like_der(pjf_span bytes)
{
    pjf_span outer;
    if (!der_element(bytes, 0x30, &outer) || !could_be_der(outer)) {
        return false;
    }
    bool is_all = outer.ptr + outer.len == bytes.ptr + bytes.len;
    return is_all || goes_on_like_der(outer); /* there are loaders that don't look at the rest */
}

/* PEM without its armour: base64 or base64url of DER, with line breaks or without. */
static pjf_status looks_like_base64_der(pjf_span text, bool *found)
{
    *found = false;
    if (text.len < 24 || text.ptr[0] != 'M' || text.len > PJF_GUARD_BASE64_MAX) {
        return PJF_OK; /* a SEQUENCE longer than 31 bytes starts with 'M' */
    }
    pjf_buf clean;
    pjf_buf der;
    pjf_buf_init(&clean);
    pjf_buf_init(&der);
    pjf_status status = pjf_buf_reserve(&clean, text.len + 4);
    if (status == PJF_OK) {
        status = pjf_buf_reserve(&der, text.len + 4);
    }
    if (status != PJF_OK) {
        goto done;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (c != '\0' && strchr(" \t\r\n=", c) == NULL) {
            clean.ptr[clean.len++] = (uint8_t)(c == '-' ? '+' : c == '_' ? '/' : c);
        }
    }
    int padding = 0; /* which EVP_DecodeBlock counts as bytes */
    for (; clean.len % 4 != 0; padding++) {
        clean.ptr[clean.len++] = '=';
    }
    int len = EVP_DecodeBlock(der.ptr, clean.ptr, (int)clean.len) - padding;
    if (len > 0) {
        der.len = (size_t)len; /* for pjf_buf_free to cleanse */
        *found = looks_like_der((pjf_span){der.ptr, der.len});
    }
done:
    pjf_buf_free(&clean, true);
    pjf_buf_free(&der, true);
    return status;
}

/* JSON events that look for a member named "kty" (RFC 7517 §4.1), at any depth. */
typedef struct jwk_search {
    bool found;
} jwk_search;

static pjf_status on_key(void *ctx, const pjf_json_string *name)
{
    if (name->text.len == 3 && memcmp(name->text.ptr, "kty", 3) == 0) {
        ((jwk_search *)ctx)->found = true;
        return PJF_ERR_JSON_SINK;
    }
    return PJF_OK;
}

static bool looks_like_jwk(pjf_span text)
{
    static const pjf_json_sink sink = {.key = on_key};
    if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '[')) {
        return false;
    }
    jwk_search search = {false};
    pjf_error error;
    pjf_buf scratch;
    pjf_buf_init(&scratch);
    pjf_status status =
        pjf_json_read(text, PJF_JSON_NAN, PJF_JSON_DEPTH_MAX, &scratch, &sink, &search, &error);
    pjf_buf_free(&scratch, true);
    if (search.found) {
        return true;
    }
    /* Broken JSON that a laxer reader might still load, or nesting no secret has. */
    return status == PJF_ERR_JSON_DEPTH ||
           (status != PJF_OK &&
            (pjf_span_contains(text, "\"kty\"") || pjf_span_contains(text, "\\u")));
}

static pjf_status guard_text(pjf_span text)
{
    if (looks_like_pem(text)) {
        return PJF_ERR_KEY_ASYMMETRIC;
    }
    text = skip_disguise(text);
    if (looks_like_ssh(text) || looks_like_der(text)) {
        return PJF_ERR_KEY_ASYMMETRIC;
    }
    if (looks_like_jwk(text)) {
        return PJF_ERR_KEY_JWK;
    }
    bool found;
    pjf_status status = looks_like_base64_der(text, &found);
    if (status == PJF_OK && found) {
        status = PJF_ERR_KEY_ASYMMETRIC;
    }
    return status;
}

pjf_status pjf_key_guard_secret(pjf_span secret)
{
    if (secret.len == 0) {
        return PJF_ERR_KEY_EMPTY;
    }
    pjf_status status = guard_text(secret);
    if (status == PJF_OK && memchr(secret.ptr, '\0', secret.len) != NULL) {
        uint8_t *squeezed = malloc(secret.len);
        if (squeezed == NULL) {
            status = PJF_ERR_NOMEM;
        } else {
            size_t len = 0;
            for (size_t i = 0; i < secret.len; i++) {
                squeezed[len] = secret.ptr[i];
                len += secret.ptr[i] != '\0';
            }
            status = guard_text((pjf_span){squeezed, len});
            pjf_cleanse(squeezed, secret.len);
            free(squeezed);
        }
    }
    return status;
}
