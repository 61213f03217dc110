/*
 * Keys in PEM. The texts are OpenSSL's; what the loader made of one is shown by writing its public
 * part, which must be the text that OpenSSL wrote for it.
 */
#include "core/key_internal.h"
#include "tests/key_fixtures.h"

typedef struct sample {
    const char *name;
    const char *text;
    const char *password;
    const char *public_text;
    const char *alg; /* one that it serves */
    size_t bits;
    bool is_private;
} sample;

#define SAMPLE(text, password, public_text, alg, bits, is_private) \
    {#text, text, password, public_text, alg, bits, is_private}

static const sample samples[] = {
    SAMPLE(RSA_PRIVATE, NULL, RSA_PUBLIC, "RS256", 1024, true),
    SAMPLE(RSA_PUBLIC, NULL, RSA_PUBLIC, "PS384", 1024, false),
    SAMPLE(RSA_PKCS1_PRIVATE, NULL, RSA_PUBLIC, "RS512", 1024, true),
    SAMPLE(RSA_PKCS1_PUBLIC, NULL, RSA_PUBLIC, "RS256", 1024, false),
    SAMPLE(RSA_CERTIFICATE, NULL, RSA_PUBLIC, "RS256", 1024, false),
    SAMPLE(P256_PRIVATE, NULL, P256_PUBLIC, "ES256", 256, true),
    SAMPLE(P256_PUBLIC, NULL, P256_PUBLIC, "ES256", 256, false),
    SAMPLE(P384_PRIVATE, NULL, P384_PUBLIC, "ES384", 384, true),
    SAMPLE(P384_PUBLIC, NULL, P384_PUBLIC, "ES384", 384, false),
    SAMPLE(P521_PRIVATE, NULL, P521_PUBLIC, "ES512", 521, true),
    SAMPLE(P521_PUBLIC, NULL, P521_PUBLIC, "ES512", 521, false),
    SAMPLE(SECP256K1_PRIVATE, NULL, SECP256K1_PUBLIC, "ES256K", 256, true),
    SAMPLE(SECP256K1_PUBLIC, NULL, SECP256K1_PUBLIC, "ES256K", 256, false),
    SAMPLE(P256_SEC1, NULL, P256_PUBLIC, "ES256", 256, true),
    SAMPLE(P256_SEC1_NO_PUBLIC, NULL, P256_PUBLIC, "ES256", 256, true),
    SAMPLE(P256_PARAMETERS P256_SEC1, NULL, P256_PUBLIC, "ES256", 256, true),
    SAMPLE(P256_COMPRESSED, NULL, P256_COMPRESSED, "ES256", 256, false),
    SAMPLE(P256_CERTIFICATE, NULL, P256_PUBLIC, "ES256", 256, false),
    SAMPLE(ED25519_PRIVATE, NULL, ED25519_PUBLIC, "EdDSA", 256, true),
    SAMPLE(ED25519_PUBLIC, NULL, ED25519_PUBLIC, "Ed25519", 256, false),
    SAMPLE(ED448_PRIVATE, NULL, ED448_PUBLIC, "Ed448", 456, true),
    SAMPLE(ED448_PUBLIC, NULL, ED448_PUBLIC, "EdDSA", 456, false),
    SAMPLE(ED25519_V2_PRIVATE, NULL, ED25519_V2_PUBLIC, "EdDSA", 256, true),
    SAMPLE(PSS_PRIVATE, NULL, PSS_PUBLIC, "PS256", 1024, true),
    SAMPLE(PSS_PUBLIC, NULL, PSS_PUBLIC, "PS256", 1024, false),
    SAMPLE(ENCRYPTED_AES256, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(ENCRYPTED_AES128_SHA512, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(ENCRYPTED_DES3_SHA1, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(ENCRYPTED_SCRYPT, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(ENCRYPTED_PKCS12, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(OLD_AES128, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(OLD_AES192, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(OLD_AES256, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(OLD_DES3, "secret", P256_PUBLIC, "ES256", 256, true),
    SAMPLE(OLD_RSA, "secret", RSA_PUBLIC, "RS256", 1024, true),
    SAMPLE(P256_PARAMETERS OLD_AES128, "secret", P256_PUBLIC, "ES256", 256, true),
};

static void every_form_is_loaded(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(samples); i++) {
        const sample *row = &samples[i];
        note("%s", row->name);
        pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(row->text), row->password);
        const pjf_alg *alg = fixture_alg(row->alg);
        CHECK_EQUAL(pjf_key_bits(key), row->bits);
        CHECK_EQUAL(pjf_key_is_private(key), row->is_private);
        CHECK(pjf_key_alg(key) == NULL);
        CHECK(pjf_key_fits(key, alg));
        CHECK(!pjf_key_fits(key, fixture_alg("HS256")));
        CHECK_STATUS(pjf_key_check(key, alg, PJF_KEY_TO_SIGN),
                     row->is_private ? PJF_OK : PJF_ERR_KEY_PUBLIC);
        check_public_is(key, row->public_text);
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

static void an_rsassa_pss_key_serves_nothing_else(void)
{
    static const char *const texts[] = {PSS_PRIVATE, PSS_PUBLIC, PSS_ANY_PRIVATE};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        note("%s", texts[i]);
        pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(texts[i]), NULL);
        CHECK(key->pss_only);
        CHECK(pjf_key_fits(key, fixture_alg("PS256")));
        CHECK(!pjf_key_fits(key, fixture_alg("RS256")));
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

/* text with every line feed replaced by end, behind before and in front of after. */
static void reflow(pjf_buf *out, const char *text, const char *before, const char *end,
                   const char *after)
{
    pjf_buf_init(out);
    pjf_buf_append(out, before, strlen(before));
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            pjf_buf_append(out, end, strlen(end));
        } else {
            pjf_buf_append_byte(out, (uint8_t)*text);
        }
    }
    pjf_buf_append(out, after, strlen(after));
}

static void white_space_is_no_matter(void)
{
    static const char *const ways[][3] = {
        {"", "\r\n", ""},       {"", "\r", ""},     {"", " ", ""},     {"", "", ""},
        {"\n\n ", "\n", "\n "}, {"\t", "\n\t", ""}, {"", "\n\n", " "}, {" \v\f\r\n", "\n", "\f\v"},
    };
    static const char *const texts[] = {RSA_PRIVATE, P256_PUBLIC, P256_PARAMETERS P256_SEC1,
                                        P256_CERTIFICATE};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(ways); i++) {
        for (size_t j = 0; j < COUNT(texts); j++) {
            pjf_buf text;
            reflow(&text, texts[j], ways[i][0], ways[i][1], ways[i][2]);
            note("way %zu, text %zu", i, j);
            CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&text), NULL), PJF_OK);
            pjf_buf_free(&text, false);
        }
    }
    pjf_buf text;
    reflow(&text, OLD_AES256, "\r\n", "\r\n", "");
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&text), "secret"), PJF_OK);
    pjf_buf_free(&text, false);
    pjf_lib_unref(lib);
}

typedef struct refusal {
    const char *text;
    pjf_status status;
} refusal;

static void check_refusals(const refusal *rows, size_t count, const char *password)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < count; i++) {
        note("%zu: %s", i, rows[i].text);
        CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(rows[i].text), password), rows[i].status);
    }
    pjf_lib_unref(lib);
}

static void only_one_block_is_taken(void)
{
    static const refusal rows[] = {
        {"x" P256_PUBLIC, PJF_ERR_KEY_TRAILING},
        {"Certificate:\n    Data:\n" P256_CERTIFICATE, PJF_ERR_KEY_TRAILING},
        {"\xef\xbb\xbf" P256_PUBLIC, PJF_ERR_KEY_TRAILING},
        {P256_PUBLIC "x", PJF_ERR_KEY_TRAILING},
        {P256_PUBLIC "\n-", PJF_ERR_KEY_TRAILING},
        {P256_PUBLIC P256_PUBLIC, PJF_ERR_KEY_TRAILING},
        {P256_CERTIFICATE RSA_CERTIFICATE, PJF_ERR_KEY_TRAILING},
        {P256_PRIVATE P256_CERTIFICATE, PJF_ERR_KEY_TRAILING},
        {RSA_PUBLIC "-----BEGIN PUBLIC KEY-----\n", PJF_ERR_KEY_TRAILING},
        {P256_SEC1 P256_PARAMETERS, PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS P256_SEC1 "x", PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS P256_PRIVATE, PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS P256_PUBLIC, PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS P256_PARAMETERS P256_SEC1, PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS "x" P256_SEC1, PJF_ERR_KEY_TRAILING},
        {P256_PARAMETERS, PJF_ERR_KEY_FORMAT},
        {P384_PARAMETERS P256_SEC1, PJF_ERR_KEY_FORMAT}, /* another curve than the key's own */
    };
    check_refusals(rows, COUNT(rows), NULL);
}

#define BLOCK(label, body) "-----BEGIN " label "-----\n" body "-----END " label "-----\n"
#define ED25519_BODY       "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="

static void damaged_armour_is_refused(void)
{
    static const refusal rows[] = {
        {BLOCK("PUBLIC KEY", ED25519_BODY "\n"), PJF_OK}, /* of which the rest are spoilt ones */
        {"", PJF_ERR_KEY_NO_ARMOUR},
        {" \n", PJF_ERR_KEY_NO_ARMOUR},
        {"secret", PJF_ERR_KEY_NO_ARMOUR},
        {"/etc/key.pem", PJF_ERR_KEY_NO_ARMOUR},
        {"-----BEGIN ", PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY", PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY-----", PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY-----\n" ED25519_BODY, PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY-----\n" ED25519_BODY "\n-----END PUBLIC KEY---",
         PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY-----\n" ED25519_BODY "\n-----END PRIVATE KEY-----",
         PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY-----\n" ED25519_BODY "\n----END PUBLIC KEY-----",
         PJF_ERR_KEY_FORMAT},
        {"-----BEGIN PUBLIC KEY----\n" ED25519_BODY "\n-----END PUBLIC KEY-----",
         PJF_ERR_KEY_FORMAT},
        {"----BEGIN PUBLIC KEY-----\n" ED25519_BODY "\n-----END PUBLIC KEY-----",
         PJF_ERR_KEY_NO_ARMOUR},
        {"-----begin PUBLIC KEY-----\n" ED25519_BODY "\n-----END PUBLIC KEY-----",
         PJF_ERR_KEY_NO_ARMOUR},
        {BLOCK("public key", ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY ", ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("", ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("OPENSSH PRIVATE KEY", ED25519_BODY), PJF_ERR_KEY_OPENSSH},
        {BLOCK("PKCS7", ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("TRUSTED CERTIFICATE", ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", ""), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "\n\n"), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "===="), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"),
         PJF_ERR_KEY_FORMAT}, /* no padding */
        {BLOCK("PUBLIC KEY", ED25519_BODY "="), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", ED25519_BODY "===="), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuF="),
         PJF_ERR_KEY_FORMAT}, /* unused bits */
        {BLOCK("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZu_="),
         PJF_ERR_KEY_FORMAT}, /* base64url */
        {BLOCK("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6F*brBZ9w7lshQhqowtrbLDFw4rXAxZuE="),
         PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "Comment: x\n\n" ED25519_BODY), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", ED25519_BODY "AAAA"), PJF_ERR_KEY_FORMAT},
        {BLOCK("PUBLIC KEY", "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuEAAAAA"),
         PJF_ERR_KEY_TRAILING}, /* bytes behind the DER */
        {BLOCK("EC PARAMETERS", "BggqhkjOPQMBBw") P256_SEC1, PJF_ERR_KEY_FORMAT},
        {BLOCK("EC PARAMETERS", "BggqhkjOPQMBBwAA") P256_SEC1, PJF_ERR_KEY_TRAILING},
        {BLOCK("EC PARAMETERS", "BQA=") P256_SEC1, PJF_ERR_KEY_FORMAT}, /* implicitCurve */
        {BLOCK("EC PARAMETERS", "BggqgRzPVQGCLQ==") P256_SEC1, PJF_ERR_KEY_CURVE}, /* SM2 */
    };
    check_refusals(rows, COUNT(rows), NULL);
    pjf_lib *lib = fixture_lib();
    CHECK_STATUS(try_key(lib, TEXT_PEM, SPAN(P256_PUBLIC "\0"), NULL), PJF_ERR_KEY_TRAILING);
    CHECK_STATUS(try_key(lib, TEXT_PEM, SPAN("\0" P256_PUBLIC), NULL), PJF_ERR_KEY_TRAILING);
    CHECK_STATUS(try_key(lib, TEXT_PEM, (pjf_span){NULL, 0}, NULL), PJF_ERR_KEY_NO_ARMOUR);
    pjf_lib_unref(lib);
}

/* Cut anywhere, a text is no key. */
static void a_part_of_a_text_is_refused(void)
{
    static const char *const texts[] = {P256_PARAMETERS P256_SEC1, ED25519_PUBLIC, OLD_AES128};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        size_t len = strlen(texts[i]) - 2; /* the whole but for its last line feed is good */
        for (size_t part = 0; part <= len; part++) {
            note("text %zu, %zu bytes", i, part);
            CHECK_STATUS(try_key(lib, TEXT_PEM, (pjf_span){(const uint8_t *)texts[i], part},
                                 i == 2 ? "secret" : NULL),
                         part < strlen("-----BEGIN ") ? PJF_ERR_KEY_NO_ARMOUR : PJF_ERR_KEY_FORMAT);
        }
    }
    pjf_lib_unref(lib);
}

/* A label is a promise: contents of another form under it are refused, though they may be good. */
static void contents_must_be_what_the_label_says(void)
{
    static const char *const texts[] = {RSA_PRIVATE,      RSA_PKCS1_PRIVATE, RSA_PKCS1_PUBLIC,
                                        RSA_PUBLIC,       P256_SEC1,         ENCRYPTED_AES256,
                                        P256_CERTIFICATE, P256_PRIVATE,      P256_PUBLIC};
    static const char *const labels[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "RSA PUBLIC KEY",
                                         "PUBLIC KEY",  "EC PRIVATE KEY",  "ENCRYPTED PRIVATE KEY",
                                         "CERTIFICATE"};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *body = strchr(texts[i], '\n');
        size_t body_len = (size_t)(strstr(body, "-----") - body);
        for (size_t j = 0; j < COUNT(labels); j++) {
            char text[2000];
            const char *own = texts[i] + strlen("-----BEGIN ");
            bool is_own = strncmp(own, labels[j], strlen(labels[j])) == 0 &&
                          strncmp(own + strlen(labels[j]), "-----", 5) == 0;
            snprintf(text, sizeof(text), "-----BEGIN %s-----%.*s-----END %s-----", labels[j],
                     (int)body_len, body, labels[j]);
            note("%s", text);
            pjf_status status =
                try_key(lib, TEXT_PEM, span_of(text), is_own && i == 5 ? "secret" : NULL);
            if (!(i == 5 && status == PJF_ERR_KEY_TYPE)) { /* PBES2 is no type of key, either */
                CHECK_STATUS(status, is_own ? PJF_OK : PJF_ERR_KEY_FORMAT);
            }
        }
    }
    pjf_lib_unref(lib);
}

static void other_types_and_curves_are_refused(void)
{
    static const refusal rows[] = {
        {X25519_PRIVATE, PJF_ERR_KEY_TYPE},      {X25519_PUBLIC, PJF_ERR_KEY_TYPE},
        {X448_PUBLIC, PJF_ERR_KEY_TYPE},         {DH_PRIVATE, PJF_ERR_KEY_TYPE},
        {DSA_PRIVATE, PJF_ERR_KEY_TYPE},         {DSA_OLD_PRIVATE, PJF_ERR_KEY_TYPE},
        {MULTI_PRIME_PRIVATE, PJF_ERR_KEY_TYPE}, {SM2_PRIVATE, PJF_ERR_KEY_CURVE},
        {BRAINPOOL_PRIVATE, PJF_ERR_KEY_CURVE},  {EXPLICIT_PRIVATE, PJF_ERR_KEY_CURVE},
        {EXPLICIT_PUBLIC, PJF_ERR_KEY_CURVE},    {EXPLICIT_SEC1, PJF_ERR_KEY_CURVE},
        {P256_HYBRID, PJF_ERR_KEY_POINT},
    };
    check_refusals(rows, COUNT(rows), NULL);
    static const refusal encrypted[] = {
        {ENCRYPTED_MD5_DES, PJF_ERR_KEY_CIPHER},
        {ENCRYPTED_CAMELLIA, PJF_ERR_KEY_CIPHER},
        {OLD_CAMELLIA128, PJF_ERR_KEY_CIPHER},
    };
    check_refusals(encrypted, COUNT(encrypted), "secret");
    check_refusals(encrypted, COUNT(encrypted), NULL);
}

static void passwords_must_be_right(void)
{
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(samples); i++) {
        pjf_span text = span_of(samples[i].text);
        note("%s", samples[i].name);
        if (samples[i].password == NULL) {
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, "secret"), PJF_ERR_KEY_PASSWORD_UNUSED);
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, ""), PJF_ERR_KEY_PASSWORD_UNUSED);
        } else {
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, NULL), PJF_ERR_KEY_PASSWORD_MISSING);
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, ""), PJF_ERR_KEY_PASSWORD);
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, "secret "), PJF_ERR_KEY_PASSWORD);
            CHECK_STATUS(try_key(lib, TEXT_PEM, text, "Secret"), PJF_ERR_KEY_PASSWORD);
        }
    }
    pjf_lib_unref(lib);
}

/* One of 256 wrong passwords gives a good padding, and then there are bytes that are no key. These
 * do; the last two of the old ones even give a SEQUENCE. */
static void a_wrong_password_is_called_so_every_time(void)
{
    static const char *const old[] = {"wrong 398", "wrong 1064", "wrong 1284", "wrong 44338",
                                      "wrong 47112"};
    static const char *const passwords[] = {"wrong 614", "wrong 615", "wrong 855"};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(old); i++) {
        note("%s", old[i]);
        CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(OLD_AES128), old[i]), PJF_ERR_KEY_PASSWORD);
    }
    for (size_t i = 0; i < COUNT(passwords); i++) {
        note("%s", passwords[i]);
        CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(ENCRYPTED_AES128_SHA512), passwords[i]),
                     PJF_ERR_KEY_PASSWORD);
    }
    pjf_lib_unref(lib);
}

#define OLD_BODY                                                       \
    "A6P5kZ6xgU3uNqVq3QzQ5Q0Wl2sQxgqz5cQ0b3v7v8yM0T7r0fQd7y0W0l9H0fZQ" \
    "\n"
#define OLD(header) BLOCK("EC PRIVATE KEY", header OLD_BODY)

static void headers_of_old_encryption_are_read_strictly(void)
{
    static const refusal rows[] = {
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899aabbccddeeff\n\n"),
         PJF_ERR_KEY_PASSWORD}, /* read, but it is not encrypted under that password */
        {OLD("Proc-Type: 4,ENCRYPTED\n\n"), PJF_ERR_KEY_FORMAT},
        {OLD("DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"), PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,MIC-ONLY\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED,\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n"),
         PJF_ERR_KEY_FORMAT}, /* no empty line */
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEE\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF00"
             "\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFG\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00112233445566778899AABBCCDDEEFF"
             "\n\n"),
         PJF_ERR_KEY_FORMAT},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0011223344556677\n\n"), PJF_ERR_KEY_CIPHER},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC\n\n"), PJF_ERR_KEY_CIPHER},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: aes-128-cbc,00112233445566778899AABBCCDDEEFF\n\n"),
         PJF_ERR_KEY_CIPHER},
        {OLD("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-GCM,00112233445566778899AABBCCDDEEFF\n\n"),
         PJF_ERR_KEY_CIPHER},
        {BLOCK("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"), PJF_ERR_KEY_FORMAT},
        {BLOCK("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n"
                                 "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"),
         PJF_ERR_KEY_PASSWORD}, /* nothing to decrypt */
        {BLOCK("PRIVATE KEY",
               "Proc-Type: 4,ENCRYPTED\n"
               "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n" OLD_BODY),
         PJF_ERR_KEY_FORMAT},
    };
    check_refusals(rows, COUNT(rows), "secret");
}

static void texts_and_passwords_are_bounded(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf text;
    pjf_buf_init(&text);
    CHECK_STATUS(pjf_buf_append(&text, P256_PUBLIC, strlen(P256_PUBLIC)), PJF_OK);
    while (text.len < PJF_KEY_TEXT_MAX) {
        CHECK_STATUS(pjf_buf_append_byte(&text, '\n'), PJF_OK);
    }
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&text), NULL), PJF_OK);
    CHECK_STATUS(pjf_buf_append_byte(&text, '\n'), PJF_OK);
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&text), NULL), PJF_ERR_KEY_TOO_LONG);
    CHECK_STATUS(pjf_buf_append_byte(&text, '\0'), PJF_OK);
    const char *long_one = (const char *)text.ptr;
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(ENCRYPTED_AES256), long_one), PJF_ERR_KEY_TOO_LONG);
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(OLD_AES128), long_one), PJF_ERR_KEY_TOO_LONG);
    pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(P256_PRIVATE), NULL);
    pjf_span long_password = span_of(long_one);
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_key_to_pem(key, true, &long_password, &out), PJF_ERR_KEY_TOO_LONG);
    pjf_buf_free(&out, false);
    pjf_key_unref(key);
    /* OpenSSL's old way has room for 1,024 bytes. */
    text.ptr[1025] = '\0';
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of(OLD_AES128), long_one), PJF_ERR_KEY_PASSWORD);
    pjf_buf_free(&text, false);
    pjf_lib_unref(lib);
}

static void load_knows_forms_apart(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf der;
    der_of_pem(P256_PUBLIC, &der);
    struct {
        pjf_span text;
        pjf_status status;
    } const rows[] = {
        {SPAN(P256_PUBLIC), PJF_OK},
        {SPAN("\n" P256_PUBLIC), PJF_OK},
        {SPAN(SSH_P256), PJF_OK},
        {SPAN(SSH_RSA), PJF_OK},
        {span_of_buf(&der), PJF_OK},
        {SPAN("sk-ssh-ed25519@openssh.com AAAA"), PJF_ERR_KEY_TYPE},
        {SPAN("0"), PJF_ERR_KEY_FORMAT},
        {SPAN("secret"), PJF_ERR_KEY_NO_ARMOUR},
        {SPAN(""), PJF_ERR_KEY_NO_ARMOUR},
        {SPAN(ENCRYPTED_AES256), PJF_ERR_KEY_PASSWORD_MISSING},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int family = PJF_FAMILY_RSA; family <= PJF_FAMILY_EDDSA; family++) {
            pjf_key *key = NULL;
            note("%zu", i);
            CHECK_STATUS(pjf_key_load(lib, (pjf_alg_family)family, rows[i].text, &key),
                         rows[i].status);
            pjf_key_unref(key);
        }
    }
    pjf_buf_free(&der, false);
    pjf_lib_unref(lib);
}

/* OpenSSL's own PKCS #8 texts come out again byte for byte, from whatever form they went in. */
static void private_keys_are_written(void)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {RSA_PRIVATE, RSA_PRIVATE},     {RSA_PKCS1_PRIVATE, RSA_PRIVATE},
        {P256_PRIVATE, P256_PRIVATE},   {P256_SEC1, P256_PRIVATE},
        {P384_PRIVATE, P384_PRIVATE},   {P521_PRIVATE, P521_PRIVATE},
        {PSS_PRIVATE, PSS_PRIVATE},     {SECP256K1_PRIVATE, SECP256K1_PRIVATE},
        {ED448_PRIVATE, ED448_PRIVATE}, {ED25519_PRIVATE, ED25519_PRIVATE},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(rows); i++) {
        pjf_buf out;
        pjf_buf_init(&out);
        note("%s", rows[i].text);
        pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(rows[i].text), NULL);
        CHECK_STATUS(pjf_key_to_pem(key, true, NULL, &out), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, rows[i].want, strlen(rows[i].want));
        pjf_key_unref(key);
        pjf_buf_free(&out, true);
    }
    pjf_lib_unref(lib);
}

static void private_keys_are_written_encrypted(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(P256_PRIVATE), NULL);
    pjf_span password = SPAN("pass\xc3\xb6word");
    pjf_buf out, again;
    pjf_buf_init(&out);
    pjf_buf_init(&again);
    CHECK_STATUS(pjf_key_to_pem(key, true, &password, &out), PJF_OK);
    CHECK_STATUS(pjf_key_to_pem(key, true, &password, &again), PJF_OK);
    /* Another salt each time. */
    CHECK(out.len != again.len || memcmp(out.ptr, again.ptr, out.len) != 0);
    CHECK(memcmp(out.ptr, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38) == 0);
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&out), NULL), PJF_ERR_KEY_PASSWORD_MISSING);
    CHECK_STATUS(try_key(lib, TEXT_PEM, span_of_buf(&out), "password"), PJF_ERR_KEY_PASSWORD);
    pjf_key *read = must_load_key(lib, TEXT_PEM, span_of_buf(&out), "pass\xc3\xb6word");
    check_public_is(read, P256_PUBLIC);
    out.len = 0;
    CHECK_STATUS(pjf_key_to_pem(read, true, NULL, &out), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, P256_PRIVATE, strlen(P256_PRIVATE));
    pjf_key_unref(read);
    pjf_key_unref(key);
    pjf_buf_free(&out, true);
    pjf_buf_free(&again, true);
    pjf_lib_unref(lib);
}

static void what_can_not_be_written_is_refused(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *public_key = must_load_key(lib, TEXT_PEM, span_of(P256_PUBLIC), NULL);
    pjf_key *private_key = must_load_key(lib, TEXT_PEM, span_of(P256_PRIVATE), NULL);
    pjf_key *secret = NULL;
    pjf_span password = SPAN("secret");
    pjf_span empty = {NULL, 0};
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_key_from_secret(lib, SPAN("a secret"), &secret), PJF_OK);
    CHECK_STATUS(pjf_key_to_pem(public_key, true, NULL, &out), PJF_ERR_KEY_NO_PRIVATE);
    CHECK_STATUS(pjf_key_to_pem(public_key, true, &password, &out), PJF_ERR_KEY_NO_PRIVATE);
    CHECK_STATUS(pjf_key_to_pem(private_key, false, &password, &out), PJF_ERR_ARGUMENT);
    CHECK_STATUS(pjf_key_to_pem(private_key, true, &empty, &out), PJF_ERR_ARGUMENT);
    CHECK_STATUS(pjf_key_to_pem(secret, true, NULL, &out), PJF_ERR_KEY_TYPE);
    CHECK_STATUS(pjf_key_to_pem(secret, false, NULL, &out), PJF_ERR_KEY_TYPE);
    CHECK_EQUAL(out.len, 0);
    pjf_buf_free(&out, true);
    pjf_key_unref(public_key);
    pjf_key_unref(private_key);
    pjf_key_unref(secret);
    pjf_lib_unref(lib);
}

static void every_allocation_may_fail(void)
{
    pjf_lib *lib = fixture_lib();
    fail_each_allocation_of_loading(lib, TEXT_PEM, span_of(RSA_PRIVATE), NULL);
    fail_each_allocation_of_loading(lib, TEXT_PEM, span_of(P256_PARAMETERS P256_SEC1), NULL);
    fail_each_allocation_of_loading(lib, TEXT_PEM, span_of(OLD_AES128), "secret");
    fail_each_allocation_of_loading(lib, TEXT_PEM, span_of(ENCRYPTED_AES128_SHA512), "secret");
    pjf_lib_unref(lib);
}

/* A buffer that can't grow is left as it was, without a part of a key. */
static void writing_may_fail(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = must_load_key(lib, TEXT_PEM, span_of(RSA_PRIVATE), NULL);
    static const char filler[PJF_BUF_INLINE];
    pjf_span password = SPAN("secret");
    for (size_t used = 0; used <= PJF_BUF_INLINE && can_fail_allocations; used += 64) {
        for (int encrypted = 0; encrypted < (used == PJF_BUF_INLINE ? 2 : 1); encrypted++) {
            static const uint8_t nothing[PJF_BUF_INLINE];
            pjf_buf out;
            memset(&out, 0, sizeof(out));
            pjf_buf_init(&out);
            note("%zu bytes in the buffer", used);
            CHECK_STATUS(pjf_buf_append(&out, filler, used), PJF_OK);
            fail_allocation(0);
            pjf_status status = pjf_key_to_pem(key, true, encrypted ? &password : NULL, &out);
            bool failed = allocation_has_failed();
            fail_allocation(-1);
            CHECK_STATUS(status, failed ? PJF_ERR_NOMEM : PJF_OK);
            CHECK(failed == (used + strlen(RSA_PRIVATE) > PJF_BUF_INLINE));
            if (failed) {
                CHECK_EQUAL(out.len, used);
                CHECK_BYTES(out.ptr + used, out.cap - used, nothing, out.cap - used);
            }
            pjf_buf_free(&out, true);
        }
    }
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

TEST_SUITE(key_pem, TEST(every_form_is_loaded), TEST(an_rsassa_pss_key_serves_nothing_else),
           TEST(white_space_is_no_matter), TEST(only_one_block_is_taken),
           TEST(damaged_armour_is_refused), TEST(a_part_of_a_text_is_refused),
           TEST(contents_must_be_what_the_label_says), TEST(other_types_and_curves_are_refused),
           TEST(passwords_must_be_right), TEST(a_wrong_password_is_called_so_every_time),
           TEST(headers_of_old_encryption_are_read_strictly), TEST(texts_and_passwords_are_bounded),
           TEST(load_knows_forms_apart), TEST(private_keys_are_written),
           TEST(private_keys_are_written_encrypted), TEST(what_can_not_be_written_is_refused),
           TEST(every_allocation_may_fail), TEST(writing_may_fail));
