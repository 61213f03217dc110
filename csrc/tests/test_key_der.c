/*
 * Keys in DER. Good ones are the contents of OpenSSL's PEM texts; bad ones are built here, element
 * by element, or are good ones with one place changed.
 */
#include "core/key_text.h"
#include "tests/key_fixtures.h"

static void every_form_is_loaded(void)
{
    static const struct {
        const char *text;
        const char *password;
        const char *public_text;
    } rows[] = {
        {RSA_PRIVATE, NULL, RSA_PUBLIC},          {RSA_PKCS1_PRIVATE, NULL, RSA_PUBLIC},
        {RSA_PUBLIC, NULL, RSA_PUBLIC},           {RSA_PKCS1_PUBLIC, NULL, RSA_PUBLIC},
        {RSA_CERTIFICATE, NULL, RSA_PUBLIC},      {P256_PRIVATE, NULL, P256_PUBLIC},
        {P256_SEC1, NULL, P256_PUBLIC},           {P256_SEC1_NO_PUBLIC, NULL, P256_PUBLIC},
        {P256_PUBLIC, NULL, P256_PUBLIC},         {P256_CERTIFICATE, NULL, P256_PUBLIC},
        {P521_PRIVATE, NULL, P521_PUBLIC},        {ED25519_PRIVATE, NULL, ED25519_PUBLIC},
        {ED448_PUBLIC, NULL, ED448_PUBLIC},       {ED25519_V2_PRIVATE, NULL, ED25519_V2_PUBLIC},
        {PSS_PRIVATE, NULL, PSS_PUBLIC},          {ENCRYPTED_AES256, "secret", P256_PUBLIC},
        {ENCRYPTED_SCRYPT, "secret", P256_PUBLIC}};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(rows); i++) {
        pjf_buf der;
        der_of_pem(rows[i].text, &der);
        note("%s", rows[i].text);
        pjf_key *key = must_load_key(lib, TEXT_DER, span_of_buf(&der), rows[i].password);
        check_public_is(key, rows[i].public_text);
        CHECK_EQUAL(pjf_key_is_private(key), strstr(rows[i].text, "PRIVATE") != NULL);
        pjf_key_unref(key);
        CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&der), rows[i].password ? NULL : "secret"),
                     rows[i].password ? PJF_ERR_KEY_PASSWORD_MISSING : PJF_ERR_KEY_PASSWORD_UNUSED);

        CHECK_STATUS(pjf_buf_append_byte(&der, 0), PJF_OK);
        CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&der), rows[i].password),
                     PJF_ERR_KEY_TRAILING);
        der.len--;
        while (der.len-- != 0) {
            CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&der), rows[i].password),
                         PJF_ERR_KEY_FORMAT);
        }
        pjf_buf_free(&der, true);
    }
    pjf_lib_unref(lib);
}

/* ---- building ---- */

/* Elements inside elements: der_begin() says where one's content starts in the buffer, der_end()
 * makes an element of all from there. */
static size_t der_begin(const pjf_buf *out)
{
    return out->len;
}

static void der_end(pjf_buf *out, size_t start, uint8_t tag)
{
    pjf_buf content;
    pjf_buf_init(&content);
    CHECK_STATUS(pjf_buf_append(&content, out->ptr + start, out->len - start), PJF_OK);
    out->len = start;
    der_append(out, tag, span_of_buf(&content));
    pjf_buf_free(&content, false);
}

static void der_number(pjf_buf *out, uint64_t value)
{
    uint8_t bytes[9] = {0};
    size_t from = 1;
    for (size_t i = 0; i < 8; i++) {
        bytes[1 + i] = (uint8_t)(value >> (56 - 8 * i));
    }
    while (from < 8 && bytes[from] == 0) {
        from++;
    }
    from -= bytes[from] >= 0x80;
    der_append(out, PJF_DER_INTEGER, (pjf_span){bytes + from, sizeof(bytes) - from});
}

#define OID(literal) ((pjf_span)PJF_OID(literal))
#define RSA          OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define EC           OID("\x2a\x86\x48\xce\x3d\x02\x01")
#define P256         OID("\x2a\x86\x48\xce\x3d\x03\x01\x07")
#define P384         OID("\x2b\x81\x04\x00\x22")
#define ED25519      OID("\x2b\x65\x70")

/* An AlgorithmIdentifier; parameters are appended as they are. */
static void der_algorithm(pjf_buf *out, pjf_span oid, pjf_span parameters)
{
    size_t start = der_begin(out);
    der_append(out, PJF_DER_OID, oid);
    CHECK_STATUS(pjf_buf_append(out, parameters.ptr, parameters.len), PJF_OK);
    der_end(out, start, PJF_DER_SEQUENCE);
}

/* An AlgorithmIdentifier whose parameters are an OID. */
static void der_ec_algorithm(pjf_buf *out, pjf_span curve)
{
    size_t start = der_begin(out);
    der_append(out, PJF_DER_OID, EC);
    der_append(out, PJF_DER_OID, curve);
    der_end(out, start, PJF_DER_SEQUENCE);
}

static pjf_status try_buf(pjf_buf *der, const char *password)
{
    pjf_lib *lib = fixture_lib();
    pjf_status status = try_key(lib, TEXT_DER, span_of_buf(der), password);
    pjf_lib_unref(lib);
    return status;
}

/* ---- EC ---- */

/* A SubjectPublicKeyInfo of P-256 with this content of its BIT STRING. */
static pjf_status try_p256(pjf_span bits)
{
    pjf_buf der;
    pjf_buf_init(&der);
    der_ec_algorithm(&der, P256);
    der_append(&der, PJF_DER_BIT_STRING, bits);
    der_end(&der, 0, PJF_DER_SEQUENCE);
    pjf_status status = try_buf(&der, NULL);
    pjf_buf_free(&der, false);
    return status;
}

static void points_must_be_on_the_curve(void)
{
    pjf_buf der;
    uint8_t bits[66 + 1];
    der_of_pem(P256_PUBLIC, &der);
    memcpy(bits, der.ptr + der.len - 66, 66); /* no unused bits, 04, x, y */
    pjf_buf_free(&der, false);
    CHECK_STATUS(try_p256((pjf_span){bits, 66}), PJF_OK);
    CHECK_STATUS(try_p256((pjf_span){bits, 65}), PJF_ERR_KEY_POINT);
    bits[66] = 0;
    CHECK_STATUS(try_p256((pjf_span){bits, 67}), PJF_ERR_KEY_POINT);
    for (unsigned form = 0; form < 256; form++) {
        bits[1] = (uint8_t)form;
        note("form %u", form);
        CHECK_STATUS(try_p256((pjf_span){bits, 66}), form == 4 ? PJF_OK : PJF_ERR_KEY_POINT);
        CHECK_STATUS(try_p256((pjf_span){bits, 34}),
                     form == 2 || form == 3 ? PJF_OK : PJF_ERR_KEY_POINT);
    }
    bits[1] = 4;
    bits[65] ^= 1;
    CHECK_STATUS(try_p256((pjf_span){bits, 66}), PJF_ERR_KEY_POINT);
    memset(bits + 2, 0, 64);
    CHECK_STATUS(try_p256((pjf_span){bits, 66}), PJF_ERR_KEY_POINT);
    memset(bits + 2, 0xff, 64);
    CHECK_STATUS(try_p256((pjf_span){bits, 66}), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_p256(SPAN("\0\0")), PJF_ERR_KEY_POINT); /* infinity */
    CHECK_STATUS(try_p256(SPAN("\0")), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_p256(SPAN("")), PJF_ERR_KEY_FORMAT);
    bits[0] = 1; /* an unused bit */
    CHECK_STATUS(try_p256((pjf_span){bits, 66}), PJF_ERR_KEY_FORMAT);
}

/* The number and point of P256_SEC1. */
typedef struct ec_numbers {
    pjf_buf der;
    pjf_span d, bits;
} ec_numbers;

static void ec_numbers_init(ec_numbers *numbers)
{
    der_of_pem(P256_SEC1, &numbers->der);
    numbers->d = (pjf_span){numbers->der.ptr + 7, 32};
    numbers->bits = (pjf_span){numbers->der.ptr + numbers->der.len - 66, 66};
}

/* An ECPrivateKey; curve and bits may be absent. */
static void der_ec_private(pjf_buf *out, uint64_t version, pjf_span d, pjf_span curve,
                           pjf_span bits)
{
    size_t start = der_begin(out);
    der_number(out, version);
    der_append(out, PJF_DER_OCTET_STRING, d);
    if (curve.ptr != NULL) {
        size_t tagged = der_begin(out);
        der_append(out, PJF_DER_OID, curve);
        der_end(out, tagged, 0xa0);
    }
    if (bits.ptr != NULL) {
        size_t tagged = der_begin(out);
        der_append(out, PJF_DER_BIT_STRING, bits);
        der_end(out, tagged, 0xa1);
    }
    der_end(out, start, PJF_DER_SEQUENCE);
}

static pjf_status try_ec_private(uint64_t version, pjf_span d, pjf_span curve, pjf_span bits)
{
    pjf_buf der;
    pjf_buf_init(&der);
    der_ec_private(&der, version, d, curve, bits);
    pjf_status status = try_buf(&der, NULL);
    pjf_buf_free(&der, false);
    return status;
}

static pjf_status try_ec_pkcs8(pjf_span outer_curve, pjf_span d, pjf_span curve, pjf_span bits)
{
    pjf_buf der, inner;
    pjf_buf_init(&der);
    pjf_buf_init(&inner);
    der_ec_private(&inner, 1, d, curve, bits);
    der_number(&der, 0);
    der_ec_algorithm(&der, outer_curve);
    der_append(&der, PJF_DER_OCTET_STRING, span_of_buf(&inner));
    der_end(&der, 0, PJF_DER_SEQUENCE);
    pjf_status status = try_buf(&der, NULL);
    pjf_buf_free(&der, false);
    pjf_buf_free(&inner, false);
    return status;
}

static void ec_private_keys_are_read_to_the_end(void)
{
    static const uint8_t order[] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    static const uint8_t zeros[33];
    static const pjf_span none = {NULL, 0};
    ec_numbers numbers;
    ec_numbers_init(&numbers);
    pjf_span d = numbers.d, bits = numbers.bits;
    CHECK_STATUS(try_ec_private(1, d, P256, bits), PJF_OK);
    CHECK_STATUS(try_ec_private(1, d, P256, none), PJF_OK);
    CHECK_STATUS(try_ec_private(1, d, none, bits), PJF_ERR_KEY_FORMAT); /* which curve? */
    CHECK_STATUS(try_ec_private(0, d, P256, bits), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec_private(2, d, P256, bits), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec_private(1, SPAN(""), P256, bits), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec_private(1, (pjf_span){zeros, 33}, P256, bits), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec_private(1, (pjf_span){zeros, 32}, P256, bits), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_ec_private(1, (pjf_span){zeros, 32}, P256, none), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec_private(1, (pjf_span){order, 32}, P256, bits), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_ec_private(1, (pjf_span){order, 32}, P256, none), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec_private(1, SPAN("\1"), P256, bits), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_ec_private(1, d, P384, bits), PJF_ERR_KEY_POINT);
    uint8_t beside[66];
    memcpy(beside, bits.ptr, sizeof(beside));
    beside[65] ^= 1; /* not on the curve */
    CHECK_STATUS(try_ec_private(1, d, P256, (pjf_span){beside, 66}), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_ec_private(1, d, P256, SPAN("\0\4")), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec_private(1, d, P256, SPAN("")), PJF_ERR_KEY_FORMAT);

    CHECK_STATUS(try_ec_pkcs8(P256, d, none, bits), PJF_OK);
    CHECK_STATUS(try_ec_pkcs8(P256, d, P256, bits), PJF_OK);
    CHECK_STATUS(try_ec_pkcs8(P384, d, P256, bits), PJF_ERR_KEY_FORMAT); /* two curves */
    CHECK_STATUS(try_ec_pkcs8(P256, SPAN("\2"), none, bits), PJF_ERR_KEY_MISMATCH);
    pjf_buf_free(&numbers.der, true);
}

/* ---- PrivateKeyInfo ---- */

/* Of Ed25519, the private bytes 1 to 32; public_tag 0 for none. */
static pjf_status try_okp(uint64_t version, pjf_span parameters, size_t len, uint8_t public_tag,
                          pjf_span bits, pjf_span rest)
{
    uint8_t d[33];
    pjf_buf der;
    pjf_buf_init(&der);
    for (size_t i = 0; i < sizeof(d); i++) {
        d[i] = (uint8_t)(i + 1);
    }
    der_number(&der, version);
    der_algorithm(&der, ED25519, parameters);
    size_t start = der_begin(&der);
    der_append(&der, PJF_DER_OCTET_STRING, (pjf_span){d, len});
    der_end(&der, start, PJF_DER_OCTET_STRING);
    if (public_tag != 0) {
        der_append(&der, public_tag, bits);
    }
    CHECK_STATUS(pjf_buf_append(&der, rest.ptr, rest.len), PJF_OK);
    der_end(&der, 0, PJF_DER_SEQUENCE);
    pjf_status status = try_buf(&der, NULL);
    pjf_buf_free(&der, false);
    return status;
}

static void private_key_infos_are_read_to_the_end(void)
{
    static const pjf_span none = {NULL, 0};
    static const char bits[] =
        "\0\x79\xb5\x56\x2e\x8f\xe6\x54\xf9\x40\x78\xb1\x12\xe8\xa9\x8b\xa7\x90\x1f\x85\x3a\xe6"
        "\x95\xbe\xd7\xe0\xe3\x91\x0b\xad\x04\x96\x64";
    pjf_span good = SPAN(bits);
    uint8_t other[33];
    memcpy(other, bits, sizeof(other));
    other[20] ^= 4;
    CHECK_STATUS(try_okp(0, none, 32, 0, none, none), PJF_OK);
    CHECK_STATUS(try_okp(1, none, 32, 0, none, none), PJF_OK);
    CHECK_STATUS(try_okp(2, none, 32, 0, none, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(0, SPAN("\5\0"), 32, 0, none, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(0, none, 31, 0, none, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(0, none, 33, 0, none, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(0, none, 32, 0, none, SPAN("\xa0\0")), PJF_OK); /* no attributes */
    CHECK_STATUS(try_okp(0, none, 32, 0, none, SPAN("\xa0\0\xa0\0")), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(0, none, 32, 0, none, SPAN("\5\0")), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(1, none, 32, 0, none, SPAN("\5\0")), PJF_ERR_KEY_FORMAT);

    CHECK_STATUS(try_okp(1, none, 32, 0x81, good, none), PJF_OK);
    CHECK_STATUS(try_okp(0, none, 32, 0x81, good, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(1, none, 32, 0xa1, good, none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(1, none, 32, 0x81, SPAN(""), none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(1, none, 32, 0x81, SPAN("\1x"), none), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_okp(1, none, 32, 0x81, SPAN("\0"), none), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_okp(1, none, 32, 0x81, (pjf_span){other, 33}, none), PJF_ERR_KEY_MISMATCH);
    CHECK_STATUS(try_okp(1, none, 32, 0x81, good, SPAN("\5\0")), PJF_ERR_KEY_FORMAT);
}

/* ---- RSA ---- */

static void rsa_numbers_are_positive_and_of_one_length(void)
{
    static const struct {
        pjf_span n, e, rest;
        pjf_status status;
    } rows[] = {
        {SPAN("\x23"), SPAN("\3"), SPAN(""), PJF_ERR_KEY_RSA_MODULUS}, /* well formed */
        {SPAN("\0\xa3"), SPAN("\3"), SPAN(""), PJF_ERR_KEY_RSA_MODULUS},
        {SPAN("\0"), SPAN("\3"), SPAN(""), PJF_ERR_KEY_RSA_MODULUS},
        {SPAN("\xa3"), SPAN("\3"), SPAN(""), PJF_ERR_KEY_FORMAT}, /* below zero */
        {SPAN("\x23"), SPAN("\x83"), SPAN(""), PJF_ERR_KEY_FORMAT},
        {SPAN("\0\x23"), SPAN("\3"), SPAN(""), PJF_ERR_KEY_FORMAT}, /* a byte too much */
        {SPAN("\x23"), SPAN("\0\3"), SPAN(""), PJF_ERR_KEY_FORMAT},
        {SPAN(""), SPAN("\3"), SPAN(""), PJF_ERR_KEY_FORMAT},
        {SPAN("\x23"), SPAN(""), SPAN(""), PJF_ERR_KEY_FORMAT},
        {SPAN("\x23"), SPAN("\3"), SPAN("\5\0"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x23"), SPAN("\3"), SPAN("\2\1\1"), PJF_ERR_KEY_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pjf_buf der, key;
        pjf_buf_init(&der);
        pjf_buf_init(&key);
        der_append(&key, PJF_DER_INTEGER, rows[i].n);
        der_append(&key, PJF_DER_INTEGER, rows[i].e);
        CHECK_STATUS(pjf_buf_append(&key, rows[i].rest.ptr, rows[i].rest.len), PJF_OK);
        der_end(&key, 0, PJF_DER_SEQUENCE);
        note("row %zu", i);
        CHECK_STATUS(try_buf(&key, NULL), rows[i].status);

        der_algorithm(&der, RSA, SPAN("\5\0"));
        size_t start = der_begin(&der);
        CHECK_STATUS(pjf_buf_append_byte(&der, 0), PJF_OK);
        CHECK_STATUS(pjf_buf_append(&der, key.ptr, key.len), PJF_OK);
        der_end(&der, start, PJF_DER_BIT_STRING);
        der_end(&der, 0, PJF_DER_SEQUENCE);
        CHECK_STATUS(try_buf(&der, NULL), rows[i].status);
        pjf_buf_free(&der, false);
        pjf_buf_free(&key, false);
    }
}

/* Each of the eight numbers matters: a key that disagrees with itself is refused. */
static void rsa_private_numbers_must_agree(void)
{
    pjf_buf der;
    pjf_span rest, content, number;
    der_of_pem(RSA_PKCS1_PRIVATE, &der);
    rest = span_of_buf(&der);
    CHECK(pjf_der_take(&rest, PJF_DER_SEQUENCE, &content));
    CHECK(pjf_der_take(&content, PJF_DER_INTEGER, &number));
    CHECK_STATUS(try_buf(&der, NULL), PJF_OK);
    for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
        CHECK(pjf_der_take(&content, PJF_DER_INTEGER, &number));
        uint8_t *last = der.ptr + (number.ptr - der.ptr) + number.len - 1;
        note("number %zu", i);
        *last ^= 2;
        CHECK(try_buf(&der, NULL) != PJF_OK);
        *last ^= 2;
    }
    CHECK_EQUAL(content.len, 0);
    pjf_buf_free(&der, true);
}

/* ---- encryption ---- */

#define PBES2     OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define PBKDF2    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")
#define SCRYPT    OID("\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")
#define PKCS12    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03")
#define AES256    OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a")
#define AES256GCM OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2e")
#define SHA256    OID("\x2a\x86\x48\x86\xf7\x0d\x02\x09")
#define MD5       OID("\x2a\x86\x48\x86\xf7\x0d\x02\x06")

typedef struct envelope {
    pjf_span scheme, kdf, prf, cipher;
    uint64_t cost[3]; /* iterations; or N, r, p */
    uint64_t key_len; /* 0: not given */
    size_t iv_len, data_len;
    pjf_span cost_der; /* instead of cost[0] */
    pjf_span rest;     /* behind the derivation's parameters */
} envelope;

static const envelope usual = {
    .scheme = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"),
    .kdf = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"),
    .prf = PJF_OID("\x2a\x86\x48\x86\xf7\x0d\x02\x09"),
    .cipher = PJF_OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"),
    .cost = {1000, 8, 1},
    .iv_len = 16,
    .data_len = 64,
};

static void append_salt_and_cost(pjf_buf *out, const envelope *e)
{
    der_append(out, PJF_DER_OCTET_STRING, SPAN("saltsalt"));
    if (e->cost_der.ptr != NULL) {
        CHECK_STATUS(pjf_buf_append(out, e->cost_der.ptr, e->cost_der.len), PJF_OK);
    } else {
        der_number(out, e->cost[0]);
    }
}

static pjf_status try_envelope(const envelope *e, const char *password)
{
    static const uint8_t zeros[256];
    pjf_buf der;
    pjf_buf_init(&der);
    size_t algorithm = der_begin(&der);
    der_append(&der, PJF_DER_OID, e->scheme);
    size_t parameters = der_begin(&der);
    if (pjf_span_equal(e->scheme, PBES2)) {
        size_t kdf = der_begin(&der);
        der_append(&der, PJF_DER_OID, e->kdf);
        size_t kdf_parameters = der_begin(&der);
        append_salt_and_cost(&der, e);
        if (pjf_span_equal(e->kdf, SCRYPT)) {
            der_number(&der, e->cost[1]);
            der_number(&der, e->cost[2]);
        }
        if (e->key_len != 0) {
            der_number(&der, e->key_len);
        }
        if (pjf_span_equal(e->kdf, PBKDF2) && e->prf.ptr != NULL) {
            der_algorithm(&der, e->prf, SPAN("\5\0"));
        }
        CHECK_STATUS(pjf_buf_append(&der, e->rest.ptr, e->rest.len), PJF_OK);
        der_end(&der, kdf_parameters, PJF_DER_SEQUENCE);
        der_end(&der, kdf, PJF_DER_SEQUENCE);
        size_t cipher = der_begin(&der);
        der_append(&der, PJF_DER_OID, e->cipher);
        der_append(&der, PJF_DER_OCTET_STRING, (pjf_span){zeros, e->iv_len});
        der_end(&der, cipher, PJF_DER_SEQUENCE);
    } else {
        append_salt_and_cost(&der, e);
    }
    der_end(&der, parameters, PJF_DER_SEQUENCE);
    der_end(&der, algorithm, PJF_DER_SEQUENCE);
    der_append(&der, PJF_DER_OCTET_STRING, (pjf_span){zeros, e->data_len});
    der_end(&der, 0, PJF_DER_SEQUENCE);
    pjf_status status = try_buf(&der, password);
    pjf_buf_free(&der, false);
    return status;
}

/* Checks the envelope without a password: then no work is done, and good parameters show by
 * PJF_ERR_KEY_PASSWORD_MISSING. A refused one is tried with a password too. */
#define CHECK_ENVELOPE(want, ...)                                               \
    do {                                                                        \
        envelope e = usual;                                                     \
        __VA_ARGS__;                                                            \
        note("%s", #__VA_ARGS__);                                               \
        CHECK_STATUS(try_envelope(&e, NULL),                                    \
                     (want) == PJF_OK ? PJF_ERR_KEY_PASSWORD_MISSING : (want)); \
        if ((want) != PJF_OK) {                                                 \
            CHECK_STATUS(try_envelope(&e, "secret"), (want));                   \
        }                                                                       \
    } while (0)

static void the_cost_of_a_password_is_bounded(void)
{
    CHECK_ENVELOPE(PJF_OK, (void)e);
    CHECK_ENVELOPE(PJF_OK, e.cost[0] = 1);
    CHECK_ENVELOPE(PJF_OK, e.cost[0] = 10000000);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost[0] = 10000001);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost[0] = (uint64_t)1 << 32);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost[0] = ((uint64_t)1 << 32) + 1);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost[0] = INT64_MAX);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost[0] = UINT64_MAX);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.cost_der = SPAN("\2\12\1\0\0\0\0\0\0\0\0\1"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.cost[0] = 0);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.cost_der = SPAN("\2\1\xff"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.cost_der = SPAN("\2\11\xff\0\0\0\0\0\0\0\0"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.cost_der = SPAN("\2\2\0\1"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.cost_der = SPAN(""));

    CHECK_ENVELOPE(PJF_OK, e.scheme = PKCS12, e.cost[0] = 10000000);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.scheme = PKCS12, e.cost[0] = 10000001);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.scheme = PKCS12,
                   e.cost_der = SPAN("\2\12\1\0\0\0\0\0\0\0\0\1"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.scheme = PKCS12, e.cost[0] = 0);

    CHECK_ENVELOPE(PJF_OK, e.kdf = SCRYPT, e.cost[0] = 16384);
    CHECK_ENVELOPE(PJF_OK, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[2] = 32);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[2] = 33);
    CHECK_ENVELOPE(PJF_OK, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[1] = 15);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[1] = 16);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = 32768); /* 32 MiB and a little */
    CHECK_ENVELOPE(PJF_OK, e.kdf = SCRYPT, e.cost[0] = 32768, e.cost[1] = 1);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 65536, e.cost[1] = 1);
    CHECK_ENVELOPE(PJF_OK, e.kdf = SCRYPT, e.cost[0] = 65536, e.cost[1] = 2);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = UINT64_MAX);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = (uint64_t)1 << 62);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = 2, e.cost[1] = (uint64_t)1 << 62);
    CHECK_ENVELOPE(PJF_ERR_KEY_KDF, e.kdf = SCRYPT, e.cost[0] = 2, e.cost[2] = UINT64_MAX);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 1);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 1000);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 0);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[1] = 0);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 16384, e.cost[2] = 0);
}

static void only_known_ways_of_encryption_are_taken(void)
{
    CHECK_ENVELOPE(PJF_OK, e.prf = (pjf_span){NULL, 0}); /* HMAC-SHA1 */
    CHECK_ENVELOPE(PJF_OK, e.key_len = 32);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.key_len = 16);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.key_len = 1 << 30);
    CHECK_ENVELOPE(PJF_ERR_KEY_CIPHER, e.prf = MD5);
    CHECK_ENVELOPE(PJF_ERR_KEY_CIPHER, e.cipher = AES256GCM);
    CHECK_ENVELOPE(PJF_ERR_KEY_CIPHER, e.kdf = SHA256);
    CHECK_ENVELOPE(PJF_ERR_KEY_CIPHER, e.scheme = PBKDF2);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.iv_len = 15);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.iv_len = 0);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.data_len = 0);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.data_len = 63);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.rest = SPAN("\5\0"));
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.kdf = SCRYPT, e.cost[0] = 16384, e.rest = SPAN("\5\0"));
    CHECK_ENVELOPE(PJF_OK, e.scheme = PKCS12, e.data_len = 8);
    CHECK_ENVELOPE(PJF_ERR_KEY_FORMAT, e.scheme = PKCS12, e.data_len = 12);
    envelope e = usual;
    CHECK_STATUS(try_envelope(&e, "secret"), PJF_ERR_KEY_PASSWORD);
    e.kdf = SCRYPT;
    e.cost[0] = 16;
    CHECK_STATUS(try_envelope(&e, "secret"), PJF_ERR_KEY_PASSWORD);
    e.scheme = PKCS12;
    CHECK_STATUS(try_envelope(&e, "secret"), PJF_ERR_KEY_PASSWORD);
}

/* ---- the encoding ---- */

static void der_is_not_ber(void)
{
    pjf_buf der, out;
    der_of_pem(ED25519_PUBLIC, &der); /* 30 2a … */
    static const struct {
        pjf_span header;
        pjf_status status;
    } rows[] = {
        {SPAN("\x30\x2a"), PJF_OK},
        {SPAN("\x30\x81\x2a"), PJF_ERR_KEY_FORMAT}, /* lengths longer than they need be */
        {SPAN("\x30\x82\x00\x2a"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30\x80"), PJF_ERR_KEY_FORMAT}, /* indefinite */
        {SPAN("\x30\xff"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30\x85\x01\x00\x00\x00\x2a"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30\x84\xff\xff\xff\xff"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30\x29"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30\x2b"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x31\x2a"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x10\x2a"), PJF_ERR_KEY_FORMAT},
        {SPAN("\x30"), PJF_ERR_KEY_FORMAT},
        {SPAN(""), PJF_ERR_KEY_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pjf_buf_init(&out);
        CHECK_STATUS(pjf_buf_append(&out, rows[i].header.ptr, rows[i].header.len), PJF_OK);
        CHECK_STATUS(pjf_buf_append(&out, der.ptr + 2, der.len - 2), PJF_OK);
        note("row %zu", i);
        pjf_status status = try_buf(&out, NULL);
        CHECK_STATUS(status, i == 7 && status == PJF_ERR_KEY_TRAILING ? PJF_ERR_KEY_TRAILING
                                                                      : rows[i].status);
        pjf_buf_free(&out, false);
    }
    pjf_buf_free(&der, false);
}

static void certificates_are_read_as_far_as_their_key(void)
{
    pjf_buf der;
    pjf_span rest, certificate, tbs, skipped;
    der_of_pem(P256_CERTIFICATE, &der);
    rest = span_of_buf(&der);
    CHECK(pjf_der_take(&rest, PJF_DER_SEQUENCE, &certificate));
    pjf_span inside = certificate;
    CHECK(pjf_der_take(&inside, PJF_DER_SEQUENCE, &tbs));
    /* Nothing is said of its signature: who trusts a certificate has looked at it. */
    der.ptr[der.len - 1] ^= 1;
    CHECK_STATUS(try_buf(&der, NULL), PJF_OK);
    /* But each element in front of the key must be there. */
    for (size_t i = 0; tbs.len != 0 && i < 7; i++) {
        uint8_t *tag = der.ptr + (tbs.ptr - der.ptr);
        uint8_t was = *tag;
        CHECK(pjf_der_take(&tbs, was, &skipped));
        note("element %zu", i);
        *tag = 0x04;
        CHECK_STATUS(try_buf(&der, NULL), PJF_ERR_KEY_FORMAT);
        *tag = was;
    }
    for (size_t i = 0; inside.len != 0; i++) {
        uint8_t *tag = der.ptr + (inside.ptr - der.ptr);
        uint8_t was = *tag;
        CHECK(pjf_der_take(&inside, was, &skipped));
        note("outer element %zu", i);
        *tag = 0x04;
        CHECK_STATUS(try_buf(&der, NULL), PJF_ERR_KEY_FORMAT);
        *tag = was;
    }
    pjf_buf_free(&der, false);
}

/* Any one byte changed: whatever comes of it, nothing is read or written that should not be, and a
 * private key never becomes another one. */
static void any_byte_may_be_changed(void)
{
    static const char *const texts[] = {P256_PRIVATE,           P256_SEC1,      P256_PUBLIC,
                                        ED25519_PRIVATE,        ED25519_PUBLIC, ED25519_V2_PRIVATE,
                                        RSA_PKCS1_PUBLIC,       RSA_PUBLIC,     P256_CERTIFICATE,
                                        ENCRYPTED_AES128_SHA512};
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x30};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        pjf_buf der, good, now;
        der_of_pem(texts[i], &der);
        pjf_buf_init(&good);
        pjf_buf_init(&now);
        const char *password = i == 9 ? "secret" : NULL;
        pjf_key *key = must_load_key(lib, TEXT_DER, span_of_buf(&der), password);
        bool is_private = pjf_key_is_private(key);
        CHECK_STATUS(pjf_key_to_der(key, is_private, &good), PJF_OK);
        pjf_key_unref(key);
        for (size_t at = 0; at < der.len; at++) {
            for (size_t j = 0; j < COUNT(changes); j++) {
                note("text %zu, byte %zu ^ %02x", i, at, changes[j]);
                der.ptr[at] ^= changes[j];
                pjf_status status = load_key(lib, TEXT_DER, span_of_buf(&der), password, &key);
                if (status == PJF_OK && is_private && i != 3) {
                    CHECK(pjf_key_is_private(key));
                    now.len = 0;
                    CHECK_STATUS(pjf_key_to_der(key, true, &now), PJF_OK);
                    CHECK_BYTES(now.ptr, now.len, good.ptr, good.len);
                }
                pjf_key_unref(key);
                der.ptr[at] ^= changes[j];
            }
        }
        pjf_buf_free(&der, true);
        pjf_buf_free(&good, true);
        pjf_buf_free(&now, true);
    }
    pjf_lib_unref(lib);
}

static void keys_are_written(void)
{
    static const char *const texts[][2] = {{RSA_PRIVATE, RSA_PUBLIC},
                                           {P521_PRIVATE, P521_PUBLIC},
                                           {ED448_PRIVATE, ED448_PUBLIC},
                                           {PSS_PRIVATE, PSS_PUBLIC}};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        pjf_buf private_der, public_der, out;
        der_of_pem(texts[i][0], &private_der);
        der_of_pem(texts[i][1], &public_der);
        pjf_buf_init(&out);
        pjf_key *key = must_load_key(lib, TEXT_DER, span_of_buf(&private_der), NULL);
        CHECK_STATUS(pjf_key_to_der(key, true, &out), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, private_der.ptr, private_der.len);
        out.len = 0;
        CHECK_STATUS(pjf_key_to_der(key, false, &out), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, public_der.ptr, public_der.len);
        pjf_key_unref(key);
        key = must_load_key(lib, TEXT_DER, span_of_buf(&public_der), NULL);
        CHECK_STATUS(pjf_key_to_der(key, true, &out), PJF_ERR_KEY_NO_PRIVATE);
        pjf_key_unref(key);
        pjf_buf_free(&private_der, true);
        pjf_buf_free(&public_der, false);
        pjf_buf_free(&out, true);
    }
    pjf_key *secret = NULL;
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_key_from_secret(lib, SPAN("a secret"), &secret), PJF_OK);
    CHECK_STATUS(pjf_key_to_der(secret, true, &out), PJF_ERR_KEY_TYPE);
    CHECK_STATUS(pjf_key_to_der(secret, false, &out), PJF_ERR_KEY_TYPE);
    pjf_key_unref(secret);
    pjf_buf_free(&out, false);
    pjf_lib_unref(lib);
}

static void texts_are_bounded(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf text;
    pjf_buf_init(&text);
    while (text.len <= PJF_KEY_TEXT_MAX) {
        CHECK_STATUS(pjf_buf_append_byte(&text, 0x30), PJF_OK);
    }
    CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&text), NULL), PJF_ERR_KEY_TOO_LONG);
    text.len--;
    CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&text), NULL), PJF_ERR_KEY_FORMAT);
    /* Passwords, too. */
    pjf_buf der;
    der_of_pem(ENCRYPTED_AES256, &der);
    CHECK_STATUS(pjf_buf_append(&text, "0", 2), PJF_OK);
    CHECK_STATUS(try_key(lib, TEXT_DER, span_of_buf(&der), (const char *)text.ptr),
                 PJF_ERR_KEY_TOO_LONG);
    pjf_buf_free(&der, false);
    pjf_buf_free(&text, false);
    pjf_lib_unref(lib);
}

static void every_allocation_may_fail(void)
{
    static const char *const texts[] = {RSA_PKCS1_PUBLIC, P256_CERTIFICATE, ED25519_V2_PRIVATE,
                                        PSS_PRIVATE, ENCRYPTED_PKCS12};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        pjf_buf der;
        der_of_pem(texts[i], &der);
        fail_each_allocation_of_loading(lib, TEXT_DER, span_of_buf(&der), i == 4 ? "secret" : NULL);
        pjf_buf_free(&der, true);
    }
    pjf_lib_unref(lib);
}

TEST_SUITE(key_der, TEST(every_form_is_loaded), TEST(points_must_be_on_the_curve),
           TEST(ec_private_keys_are_read_to_the_end), TEST(private_key_infos_are_read_to_the_end),
           TEST(rsa_numbers_are_positive_and_of_one_length), TEST(rsa_private_numbers_must_agree),
           TEST(the_cost_of_a_password_is_bounded), TEST(only_known_ways_of_encryption_are_taken),
           TEST(der_is_not_ber), TEST(certificates_are_read_as_far_as_their_key),
           TEST(any_byte_may_be_changed), TEST(keys_are_written), TEST(texts_are_bounded),
           TEST(every_allocation_may_fail));
