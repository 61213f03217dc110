/*
 * Whatever a text holds, loading it as PEM, DER or OpenSSH gives a key that is consistent, or a
 * refusal of these loaders'; and a key that was loaded is written to texts that load to the same.
 *
 * The first byte picks the form and whether a password is given. In the last of the forms the text
 * is DER that is armoured here, under the label that the second byte picks: bytes that libFuzzer
 * changes inside base64 seldom stay base64.
 */
#include "core/key.h"
#include "fuzz/fuzz.h"

#include <openssl/err.h>
#include <openssl/evp.h>

enum { TEXT_PEM, TEXT_DER, TEXT_SSH, TEXT_ARMOURED, TEXT_FORMS };
#define WITH_PASSWORD 0x40

static pjf_lib *lib;

/* PJF_ERR_CRYPTO: an RSASSA-PSS key restricted to a salt that its modulus has no room for. */
static bool is_refusal(pjf_status status)
{
    return (status >= PJF_ERR_KEY_FORMAT && status <= PJF_ERR_KEY_MISMATCH) ||
           status == PJF_ERR_CRYPTO;
}

static pjf_key *load(unsigned form, pjf_span text, const pjf_span *password)
{
    pjf_key *key = NULL;
    pjf_status status;
    switch (form) {
    case TEXT_PEM: status = pjf_key_from_pem(lib, text, password, &key); break;
    case TEXT_DER: status = pjf_key_from_der(lib, text, password, &key); break;
    default: status = pjf_key_from_ssh(lib, text, &key); break;
    }
    REQUIRE((status == PJF_OK) == (key != NULL));
    REQUIRE(status == PJF_OK || is_refusal(status));
    REQUIRE(ERR_peek_error() == 0);
    return key;
}

static void same_keys(const pjf_key *a, const pjf_key *b)
{
    uint8_t of_a[PJF_THUMBPRINT_LEN], of_b[PJF_THUMBPRINT_LEN];
    REQUIRE(pjf_key_thumbprint(a, of_a) == PJF_OK && pjf_key_thumbprint(b, of_b) == PJF_OK);
    REQUIRE(memcmp(of_a, of_b, sizeof(of_a)) == 0);
    REQUIRE(pjf_key_kind_of(a) == pjf_key_kind_of(b) && pjf_key_bits(a) == pjf_key_bits(b));
    REQUIRE(pjf_key_curve_of(a) == pjf_key_curve_of(b));
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        REQUIRE(pjf_key_fits(a, alg) == pjf_key_fits(b, alg));
    }
}

/* Writes the key, loads the text, and writes that: the texts are one. */
static void round_trip(const pjf_key *key, bool private_part, unsigned form)
{
    pjf_buf first, second;
    pjf_buf_init(&first);
    pjf_buf_init(&second);
    REQUIRE((form == TEXT_PEM ? pjf_key_to_pem(key, private_part, NULL, &first)
                              : pjf_key_to_der(key, private_part, &first)) == PJF_OK);
    pjf_key *again = load(form, (pjf_span){first.ptr, first.len}, NULL);
    REQUIRE(again != NULL);
    REQUIRE(pjf_key_is_private(again) == private_part);
    same_keys(key, again);
    REQUIRE((form == TEXT_PEM ? pjf_key_to_pem(again, private_part, NULL, &second)
                              : pjf_key_to_der(again, private_part, &second)) == PJF_OK);
    REQUIRE(same_bytes((pjf_span){first.ptr, first.len}, (pjf_span){second.ptr, second.len}));
    pjf_key_unref(again);
    pjf_buf_free(&first, true);
    pjf_buf_free(&second, true);
}

static void load_and_write(unsigned form, pjf_span text, const pjf_span *password)
{
    pjf_key *key = load(form, text, password);
    if (key == NULL) {
        return;
    }
    REQUIRE(pjf_key_alg(key) == NULL && pjf_key_kid(key).ptr == NULL);
    round_trip(key, false, TEXT_DER);
    round_trip(key, false, TEXT_PEM);
    if (pjf_key_is_private(key)) {
        round_trip(key, true, TEXT_DER);
        round_trip(key, true, TEXT_PEM);
    } else {
        pjf_buf out;
        pjf_buf_init(&out);
        REQUIRE(pjf_key_to_der(key, true, &out) == PJF_ERR_KEY_NO_PRIVATE && out.len == 0);
    }
    pjf_key_unref(key);
}

/* What DER gives without armour, it gives in it, if the label is right; and no other way round. */
static void armour(const uint8_t *der, size_t len, uint8_t which, const pjf_span *password)
{
    static const char *const labels[] = {
        "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
        "PUBLIC KEY",  "RSA PUBLIC KEY",        "CERTIFICATE"};
    const char *label = labels[which % (sizeof(labels) / sizeof(labels[0]))];
    size_t room = len / 3 * 4 + 128;
    char *text = (char *)exactly(room);
    int used = snprintf(text, room, "-----BEGIN %s-----\n", label);
    used += EVP_EncodeBlock((unsigned char *)text + used, der, (int)len);
    used += snprintf(text + used, room - (size_t)used, "\n-----END %s-----\n", label);
    uint8_t *pem = exactly((size_t)used);
    memcpy(pem, text, (size_t)used);
    pjf_key *key = load(TEXT_PEM, (pjf_span){pem, (size_t)used}, password);
    if (key != NULL) {
        pjf_key *bare = load(TEXT_DER, (pjf_span){der, len}, password);
        REQUIRE(bare != NULL);
        REQUIRE(pjf_key_is_private(bare) == pjf_key_is_private(key));
        same_keys(key, bare);
        pjf_key_unref(bare);
    }
    pjf_key_unref(key);
    free(text);
    free(pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "secret";
    pjf_span password = {(const uint8_t *)secret, sizeof(secret) - 1};
    if (lib == NULL) {
        REQUIRE(pjf_lib_new(&lib) == PJF_OK);
    }
    if (size < 2) {
        return 0;
    }
    unsigned form = data[0] % TEXT_FORMS;
    const pjf_span *given = (data[0] & WITH_PASSWORD) != 0 ? &password : NULL;
    size_t skipped = form == TEXT_ARMOURED ? 2 : 1;
    size_t len = size - skipped;
    uint8_t *text = exactly(len);
    memcpy(text, data + skipped, len);
    if (form == TEXT_ARMOURED) {
        armour(text, len, data[1], given);
    } else {
        load_and_write(form, (pjf_span){text, len}, given);
    }
    free(text);
    return 0;
}
