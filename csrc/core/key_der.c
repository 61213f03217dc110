/*
 * The outline of a key is read here, down to each number, before OpenSSL sees it: so it is known
 * which form and type OpenSSL must find, and OpenSSL is never asked to try one after the other.
 * What is wrong gets its own status, and no byte is left unread.
 *
 * Of a certificate, the public key is cut out; OpenSSL does not see the rest.
 */
#include <limits.h>

#include <openssl/core_dispatch.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "core/key_text.h"

#define OUTER(n) (uint8_t)(0xa0 | (n)) /* [n], constructed */
#define INNER(n) (uint8_t)(0x80 | (n)) /* [n] IMPLICIT, primitive */

/* Takes a BIT STRING of whole bytes, given with this tag. */
static bool take_bits(pjf_span *rest, uint8_t tag, pjf_span *bytes)
{
    if (!pjf_der_take(rest, tag, bytes) || bytes->len == 0 || bytes->ptr[0] != 0) {
        return false;
    }
    bytes->ptr++;
    bytes->len--;
    return true;
}

/* ---- types and curves ---- */

typedef struct key_type {
    pjf_span oid;
    const char *name; /* OpenSSL's */
    pjf_key_kind kind;
    pjf_curve curve; /* of an OKP */
} key_type;

static const key_type rsa_type = {PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), "RSA",
                                  PJF_KEY_RSA, PJF_CURVE_NONE};
static const key_type ec_type = {PJF_OID("\x2a\x86\x48\xce\x3d\x02\x01"), "EC", PJF_KEY_EC,
                                 PJF_CURVE_NONE};
static const key_type pss_type = {PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), "RSA-PSS",
                                  PJF_KEY_RSA, PJF_CURVE_NONE};
static const key_type ed25519_type = {PJF_OID("\x2b\x65\x70"), "ED25519", PJF_KEY_OKP, PJF_ED25519};
static const key_type ed448_type = {PJF_OID("\x2b\x65\x71"), "ED448", PJF_KEY_OKP, PJF_ED448};

static const key_type *find_type(pjf_span oid)
{
    static const key_type *const types[] = {&rsa_type, &ec_type, &pss_type, &ed25519_type,
                                            &ed448_type};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (pjf_span_equal(oid, types[i]->oid)) {
            return types[i];
        }
    }
    return NULL;
}

/* Takes ECParameters: the OID of a curve of the table. Explicit parameters (a SEQUENCE) may
 * describe a curve that is a known one but for its generator (CVE-2020-0601): never read. */
static pjf_status take_curve(pjf_span *rest, pjf_curve *curve)
{
    static const struct {
        pjf_span oid;
        pjf_curve curve;
    } curves[] = {
        {PJF_OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), PJF_P256},
        {PJF_OID("\x2b\x81\x04\x00\x22"), PJF_P384},
        {PJF_OID("\x2b\x81\x04\x00\x23"), PJF_P521},
        {PJF_OID("\x2b\x81\x04\x00\x0a"), PJF_SECP256K1},
    };
    pjf_span oid;
    if (pjf_der_take(rest, PJF_DER_SEQUENCE, &oid)) {
        return PJF_ERR_KEY_CURVE;
    }
    if (!pjf_der_take(rest, PJF_DER_OID, &oid)) {
        return PJF_ERR_KEY_FORMAT;
    }
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
        if (pjf_span_equal(oid, curves[i].oid)) {
            *curve = curves[i].curve;
            return PJF_OK;
        }
    }
    return PJF_ERR_KEY_CURVE;
}

pjf_status pjf_der_curve(pjf_span der, pjf_curve *out)
{
    pjf_status status = take_curve(&der, out);
    return status == PJF_OK && der.len != 0 ? PJF_ERR_KEY_TRAILING : status;
}

/* ---- outlines ---- */

typedef struct key_outline {
    const key_type *type;
    const char *structure; /* OpenSSL's name of the form */
    pjf_span der;          /* what OpenSSL is to decode */
    bool is_private;
    /* Of a PrivateKeyInfo: */
    pjf_span body;       /* its algorithm and key, without version and what follows */
    uint8_t version;     /* less 1 */
    pjf_span public_key; /* that version 2 may hold; ptr NULL without */
} key_outline;

/* A point in compressed or uncompressed form (SEC 1 §2.3.3); not infinity, not the hybrid form. */
static pjf_status check_point(pjf_span point, pjf_curve curve)
{
    size_t len = pjf_curve_of(curve)->len;
    if (point.len == 0) {
        return PJF_ERR_KEY_POINT;
    }
    switch (point.ptr[0]) {
    case 0x04: return point.len == 1 + 2 * len ? PJF_OK : PJF_ERR_KEY_POINT;
    case 0x02:
    case 0x03: return point.len == 1 + len ? PJF_OK : PJF_ERR_KEY_POINT;
    default: return PJF_ERR_KEY_POINT;
    }
}

/* The content of an RSAPublicKey. */
static pjf_status read_rsa_public(pjf_span content)
{
    pjf_span number;
    bool good =
        pjf_der_take_unsigned(&content, &number) && pjf_der_take_unsigned(&content, &number);
    return good && content.len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
}

/* The content of an RSAPrivateKey. */
static pjf_status read_rsa_private(pjf_span content)
{
    uint64_t version;
    pjf_span number;
    if (!pjf_der_take_number(&content, &version)) {
        return PJF_ERR_KEY_FORMAT;
    }
    for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
        if (!pjf_der_take_unsigned(&content, &number)) {
            return PJF_ERR_KEY_FORMAT;
        }
    }
    if (version == 1 && pjf_der_peek(content) == PJF_DER_SEQUENCE) {
        return PJF_ERR_KEY_TYPE; /* more than two primes */
    }
    return version == 0 && content.len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
}

/* The content of an ECPrivateKey. *curve: what is already known of it, or PJF_CURVE_NONE. */
static pjf_status read_ec_private(pjf_span content, pjf_curve curve)
{
    uint64_t version;
    pjf_span number, tagged, point;
    if (!pjf_der_take_number(&content, &version) || version != 1 ||
        !pjf_der_take(&content, PJF_DER_OCTET_STRING, &number) || number.len == 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (pjf_der_take(&content, OUTER(0), &tagged)) {
        pjf_curve own;
        pjf_status status = pjf_der_curve(tagged, &own);
        if (status != PJF_OK) {
            return status == PJF_ERR_KEY_TRAILING ? PJF_ERR_KEY_FORMAT : status;
        }
        if (curve != PJF_CURVE_NONE && curve != own) {
            return PJF_ERR_KEY_FORMAT;
        }
        curve = own;
    }
    if (curve == PJF_CURVE_NONE) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (number.len > pjf_curve_of(curve)->len) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (pjf_der_take(&content, OUTER(1), &tagged)) {
        if (!take_bits(&tagged, PJF_DER_BIT_STRING, &point) || tagged.len != 0) {
            return PJF_ERR_KEY_FORMAT;
        }
        pjf_status status = check_point(point, curve);
        if (status != PJF_OK) {
            return status;
        }
    }
    return content.len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
}

/* Takes the AlgorithmIdentifier of a key, with the curve of an EC key. */
static pjf_status take_type(pjf_span *rest, const key_type **type, pjf_curve *curve)
{
    pjf_span oid, parameters;
    if (!pjf_der_take_algorithm(rest, &oid, &parameters)) {
        return PJF_ERR_KEY_FORMAT;
    }
    *type = find_type(oid);
    if (*type == NULL) {
        return PJF_ERR_KEY_TYPE;
    }
    *curve = (*type)->curve;
    switch ((*type)->kind) {
    case PJF_KEY_EC: {
        pjf_status status = pjf_der_curve(parameters, curve);
        return status == PJF_ERR_KEY_TRAILING ? PJF_ERR_KEY_FORMAT : status;
    }
    case PJF_KEY_OKP: return parameters.len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT; /* RFC 8410 §3 */
    default: return PJF_OK; /* NULL, nothing, or what OpenSSL knows of RSASSA-PSS */
    }
}

static pjf_status read_public(pjf_span der, key_outline *key)
{
    pjf_span content, bytes, inner;
    pjf_curve curve;
    key->der = der;
    key->structure = "SubjectPublicKeyInfo";
    if (!pjf_der_take(&der, PJF_DER_SEQUENCE, &content)) {
        return PJF_ERR_KEY_FORMAT;
    }
    pjf_status status = take_type(&content, &key->type, &curve);
    if (status != PJF_OK) {
        return status;
    }
    if (!take_bits(&content, PJF_DER_BIT_STRING, &bytes) || content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    switch (key->type->kind) {
    case PJF_KEY_EC: return check_point(bytes, curve);
    case PJF_KEY_OKP: return bytes.len == pjf_curve_of(curve)->len ? PJF_OK : PJF_ERR_KEY_FORMAT;
    default:
        if (!pjf_der_take(&bytes, PJF_DER_SEQUENCE, &inner) || bytes.len != 0) {
            return PJF_ERR_KEY_FORMAT;
        }
        return read_rsa_public(inner);
    }
}

static pjf_status read_private(pjf_span der, key_outline *key)
{
    pjf_span content, bytes, inner, attributes;
    pjf_curve curve;
    uint64_t version;
    key->der = der;
    key->structure = "PrivateKeyInfo";
    key->is_private = true;
    if (!pjf_der_take(&der, PJF_DER_SEQUENCE, &content) ||
        !pjf_der_take_number(&content, &version) || version > 1) {
        return PJF_ERR_KEY_FORMAT;
    }
    key->version = (uint8_t)version;
    key->body = content;
    pjf_status status = take_type(&content, &key->type, &curve);
    if (status != PJF_OK) {
        return status;
    }
    if (!pjf_der_take(&content, PJF_DER_OCTET_STRING, &bytes)) {
        return PJF_ERR_KEY_FORMAT;
    }
    key->body.len -= content.len;
    (void)pjf_der_take(&content, OUTER(0), &attributes); /* friendly names and such: not read */
    if (version == 1 && pjf_der_peek(content) == INNER(1)) {
        if (!take_bits(&content, INNER(1), &key->public_key)) {
            return PJF_ERR_KEY_FORMAT;
        }
    }
    if (content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    uint8_t tag = key->type->kind == PJF_KEY_OKP ? PJF_DER_OCTET_STRING : PJF_DER_SEQUENCE;
    if (!pjf_der_take(&bytes, tag, &inner) || bytes.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    switch (key->type->kind) {
    case PJF_KEY_EC: return read_ec_private(inner, curve);
    case PJF_KEY_OKP: return inner.len == pjf_curve_of(curve)->len ? PJF_OK : PJF_ERR_KEY_FORMAT;
    default: return read_rsa_private(inner);
    }
}

/* Finds the SubjectPublicKeyInfo of a certificate. */
static pjf_status read_certificate(pjf_span der, key_outline *key)
{
    pjf_span content, tbs, skipped;
    uint64_t version;
    if (!pjf_der_take(&der, PJF_DER_SEQUENCE, &content) ||
        !pjf_der_take(&content, PJF_DER_SEQUENCE, &tbs) ||
        !pjf_der_take(&content, PJF_DER_SEQUENCE, &skipped) || /* signatureAlgorithm */
        !pjf_der_take(&content, PJF_DER_BIT_STRING, &skipped) || content.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (pjf_der_take(&tbs, OUTER(0), &skipped) &&
        (!pjf_der_take_number(&skipped, &version) || skipped.len != 0)) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (!pjf_der_take(&tbs, PJF_DER_INTEGER, &skipped)) { /* serialNumber */
        return PJF_ERR_KEY_FORMAT;
    }
    for (int i = 0; i < 4; i++) { /* signature, issuer, validity, subject */
        if (!pjf_der_take(&tbs, PJF_DER_SEQUENCE, &skipped)) {
            return PJF_ERR_KEY_FORMAT;
        }
    }
    pjf_span public_key = tbs;
    if (!pjf_der_take(&tbs, PJF_DER_SEQUENCE, &skipped)) {
        return PJF_ERR_KEY_FORMAT;
    }
    public_key.len -= tbs.len;
    return read_public(public_key, key);
}

/* What the content of one form's SEQUENCE holds. */
static pjf_status read_outline(pjf_key_form form, pjf_span der, pjf_span content, key_outline *key)
{
    *key = (key_outline){.der = der, .structure = "type-specific"};
    switch (form) {
    case PJF_FORM_PRIVATE: return read_private(der, key);
    case PJF_FORM_PUBLIC: return read_public(der, key);
    case PJF_FORM_CERTIFICATE: return read_certificate(der, key);
    case PJF_FORM_RSA_PUBLIC: key->type = &rsa_type; return read_rsa_public(content);
    case PJF_FORM_RSA_PRIVATE:
        key->type = &rsa_type;
        key->is_private = true;
        return read_rsa_private(content);
    case PJF_FORM_EC_PRIVATE:
        key->type = &ec_type;
        key->is_private = true;
        return read_ec_private(content, PJF_CURVE_NONE);
    case PJF_FORM_ENCRYPTED: break;
    }
    return PJF_ERR_ARGUMENT;
}

/* ---- from outline to key ---- */

/* Appends the header of a SEQUENCE. */
static pjf_status append_sequence(pjf_buf *out, size_t len)
{
    uint8_t header[2 + sizeof(uint32_t)] = {PJF_DER_SEQUENCE};
    size_t used = 1;
    size_t count = len < 0x80 ? 0 : len < 0x100 ? 1 : len < 0x10000 ? 2 : len < 0x1000000 ? 3 : 4;
    header[used++] = (uint8_t)(count == 0 ? len : 0x80 | count);
    for (size_t i = count; i-- > 0;) {
        header[used++] = (uint8_t)(len >> (8 * i));
    }
    return pjf_buf_append(out, header, used);
}

/* The PrivateKeyInfo of version 1 for one of version 2, which OpenSSL 3.0 does not know. */
static pjf_status append_version_1(pjf_buf *out, pjf_span body)
{
    static const uint8_t version[] = {PJF_DER_INTEGER, 1, 0};
    pjf_status status = append_sequence(out, sizeof(version) + body.len);
    if (status == PJF_OK) {
        status = pjf_buf_append(out, version, sizeof(version));
    }
    if (status == PJF_OK) {
        status = pjf_buf_append(out, body.ptr, body.len);
    }
    return status;
}

static pjf_status decode(const key_outline *key, pjf_span der, pjf_pkey **out)
{
    const unsigned char *rest = der.ptr;
    size_t rest_len = der.len;
    EVP_PKEY *pkey = NULL;
    pjf_status status = PJF_ERR_KEY_FORMAT;
    pjf_ossl_errors before = pjf_ossl_begin();
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
        &pkey, "DER", key->structure, key->type->name,
        key->is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, NULL, NULL);
    if (ctx == NULL || OSSL_DECODER_CTX_get_num_decoders(ctx) == 0) {
        status = PJF_ERR_CRYPTO;
    } else if (OSSL_DECODER_from_data(ctx, &rest, &rest_len) == 1 && pkey != NULL) {
        status = rest_len == 0 ? PJF_OK : PJF_ERR_KEY_FORMAT;
    } else if (key->type->kind == PJF_KEY_EC) {
        /* The rest of it was read above, and found good. */
        status = key->is_private ? PJF_ERR_KEY_MISMATCH : PJF_ERR_KEY_POINT;
    }
    OSSL_DECODER_CTX_free(ctx);
    status = pjf_ossl_end(before, status);
    if (status != PJF_OK) {
        EVP_PKEY_free(pkey);
        return status;
    }
    *out = pkey;
    return PJF_OK;
}

/* Appends the SubjectPublicKeyInfo of a key. */
static pjf_status append_public(pjf_pkey *pkey, pjf_buf *out)
{
    pjf_ossl_errors before = pjf_ossl_begin();
    pjf_status status = PJF_ERR_CRYPTO;
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    if (len > 0) {
        status = pjf_buf_append(out, der, (size_t)len);
    }
    OPENSSL_free(der);
    return pjf_ossl_end(before, status);
}

/* That the public key beside a private one (RFC 5958 §2) is its own. */
static pjf_status check_public(pjf_pkey *pkey, pjf_span public_key)
{
    pjf_buf der;
    pjf_span rest, content, oid, parameters, own;
    pjf_buf_init(&der);
    pjf_status status = append_public(pkey, &der);
    if (status == PJF_OK) {
        rest = (pjf_span){der.ptr, der.len};
        bool good = pjf_der_take(&rest, PJF_DER_SEQUENCE, &content) &&
                    pjf_der_take_algorithm(&content, &oid, &parameters) &&
                    take_bits(&content, PJF_DER_BIT_STRING, &own) &&
                    pjf_span_equal(own, public_key);
        status = good ? PJF_OK : PJF_ERR_KEY_MISMATCH;
    }
    pjf_buf_free(&der, false);
    return status;
}

static pjf_status make_key(pjf_lib *lib, const key_outline *outline, pjf_key **out)
{
    pjf_span der = outline->der;
    pjf_pkey *pkey = NULL;
    pjf_key *key = NULL;
    pjf_buf rewritten;
    pjf_status status = PJF_OK;
    pjf_buf_init(&rewritten);
    if (outline->version != 0) {
        status = append_version_1(&rewritten, outline->body);
        der = (pjf_span){rewritten.ptr, rewritten.len};
    }
    if (status == PJF_OK) {
        status = decode(outline, der, &pkey);
    }
    if (status == PJF_OK && outline->public_key.ptr != NULL) {
        status = check_public(pkey, outline->public_key);
    }
    if (status == PJF_OK) {
        status = pjf_key_new(lib, &key);
    }
    if (status == PJF_OK) {
        status = pjf_key_adopt(key, pkey, outline->is_private);
        pkey = NULL; /* the key's now */
    }
    pjf_buf_free(&rewritten, true);
    pjf_pkey_free(pkey);
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}

static pjf_status from_encrypted(pjf_lib *lib, pjf_span der, const pjf_span *password,
                                 pjf_key **out)
{
    pjf_buf plain;
    pjf_buf_init(&plain);
    pjf_status status = pjf_pbe_open(der, password, &plain);
    if (status == PJF_OK) {
        status =
            pjf_key_from_form(lib, PJF_FORM_PRIVATE, (pjf_span){plain.ptr, plain.len}, NULL, out);
        status = pjf_pbe_judge(status);
    }
    pjf_buf_free(&plain, true);
    return status;
}

pjf_status pjf_key_from_form(pjf_lib *lib, pjf_key_form form, pjf_span der,
                             const pjf_span *password, pjf_key **out)
{
    pjf_span rest = der;
    pjf_span content;
    key_outline key;
    if (!pjf_der_take(&rest, PJF_DER_SEQUENCE, &content)) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (rest.len != 0) {
        return PJF_ERR_KEY_TRAILING;
    }
    if (form == PJF_FORM_ENCRYPTED) {
        return from_encrypted(lib, der, password, out);
    }
    pjf_status status = read_outline(form, der, content, &key);
    if (status != PJF_OK) {
        return status;
    }
    return password != NULL ? PJF_ERR_KEY_PASSWORD_UNUSED : make_key(lib, &key, out);
}

/* The one form whose first two elements are like these. */
static bool find_form(pjf_span der, pjf_key_form *form)
{
    pjf_span content, element;
    if (!pjf_der_take(&der, PJF_DER_SEQUENCE, &content)) {
        return false;
    }
    if (pjf_der_take(&content, PJF_DER_INTEGER, &element)) {
        switch (pjf_der_peek(content)) {
        case PJF_DER_SEQUENCE: *form = PJF_FORM_PRIVATE; return true;
        case PJF_DER_OCTET_STRING: *form = PJF_FORM_EC_PRIVATE; return true;
        case PJF_DER_INTEGER:
            (void)pjf_der_take(&content, PJF_DER_INTEGER, &element);
            (void)pjf_der_take(&content, PJF_DER_INTEGER, &element);
            *form = content.len == 0 ? PJF_FORM_RSA_PUBLIC : PJF_FORM_RSA_PRIVATE;
            return true;
        default: return false;
        }
    }
    if (pjf_der_take(&content, PJF_DER_SEQUENCE, &element)) {
        switch (pjf_der_peek(content)) {
        case PJF_DER_BIT_STRING: *form = PJF_FORM_PUBLIC; return true;
        case PJF_DER_OCTET_STRING: *form = PJF_FORM_ENCRYPTED; return true;
        case PJF_DER_SEQUENCE: *form = PJF_FORM_CERTIFICATE; return true;
        default: return false;
        }
    }
    return false;
}

pjf_status pjf_key_from_der(pjf_lib *lib, pjf_span der, const pjf_span *password, pjf_key **out)
{
    pjf_key_form form;
    if (der.len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    if (!find_form(der, &form)) {
        return PJF_ERR_KEY_FORMAT;
    }
    return pjf_key_from_form(lib, form, der, password, out);
}

/* ---- writing ---- */

/* Appends the PrivateKeyInfo of a key. */
static pjf_status append_private(pjf_pkey *pkey, pjf_buf *out)
{
    pjf_ossl_errors before = pjf_ossl_begin();
    pjf_status status = PJF_ERR_CRYPTO;
    unsigned char *der = NULL;
    int len = 0;
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    if (info != NULL) {
        len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    }
    if (len > 0) {
        status = pjf_buf_append(out, der, (size_t)len);
        OPENSSL_clear_free(der, (size_t)len);
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return pjf_ossl_end(before, status);
}

pjf_status pjf_key_to_der(const pjf_key *key, bool private_part, pjf_buf *out)
{
    if (key->pkey == NULL) {
        return PJF_ERR_KEY_TYPE;
    }
    if (!private_part) {
        return append_public(key->pkey, out);
    }
    return key->is_private ? append_private(key->pkey, out) : PJF_ERR_KEY_NO_PRIVATE;
}
