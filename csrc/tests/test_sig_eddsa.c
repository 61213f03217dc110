/* Ed25519 and Ed448 as JWS carries them (RFC 8037), against RFC 8032 and OpenSSL's own calls. */
#include "tests/sig_fixtures.h"

/* RFC 8037 A.1 and A.4. */
static const char a1_jwk[] =
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    "\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}";
static const char a4_token[] =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09P"
    "GcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/* RFC 8032 §7.4: the empty message, and one byte. */
typedef struct vector {
    const char *secret, *public, *message, *signature;
} vector;

static const vector ed448_vectors[] = {
    {"6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f"
     "032e7549a20098f95b",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6c"
     "d1fa1abeafe8256180",
     "",
     "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d78"
     "28c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db"
     "b61149f05a7363268c71d95808ff2e652600"},
    {"c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949e"
     "f8021e954e0a12274e",
     "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c"
     "235160627b4c3a9480",
     "03",
     "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633"
     "fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
     "f3348ab21aa4adafd1d234441cf807c03a00"},
};

static void rfc_8037_example(void)
{
    signer s = signer_of_jwk(a1_jwk);
    signed_text text;
    uint8_t got[PJF_SIG_MAX];
    size_t len = 0;
    signed_text_read(a4_token, &text);
    CHECK_STATUS(signer_sign(&s, "EdDSA", text.message, got, &len), PJF_OK);
    CHECK_BYTES(got, len, text.signature, text.len); /* deterministic */
    CHECK_STATUS(signer_sign(&s, "Ed25519", text.message, got, &len), PJF_OK);
    CHECK_BYTES(got, len, text.signature, text.len);
    check_only_this_verifies(&s, "EdDSA", text.message, text.signature, text.len);
    check_only_this_verifies(&s, "Ed25519", text.message, text.signature, text.len);
    signer_free(&s);
}

static void rfc_8032_ed448_vectors(void)
{
    for (size_t i = 0; i < sizeof(ed448_vectors) / sizeof(ed448_vectors[0]); i++) {
        const vector *v = &ed448_vectors[i];
        uint8_t secret[57], message[1], want[114], got[PJF_SIG_MAX], public[57], want_public[57];
        size_t message_len = bytes_of_hex(v->message, message), len = 0, public_len = 57;
        bytes_of_hex(v->secret, secret);
        bytes_of_hex(v->public, want_public);
        bytes_of_hex(v->signature, want);
        EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(NULL, "ED448", NULL, secret, 57);
        CHECK(pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, public, &public_len) == 1);
        CHECK_BYTES(public, public_len, want_public, sizeof(want_public));
        signer s = signer_of_pkey(pkey);
        note("vector %zu", i);
        CHECK_STATUS(signer_sign(&s, "Ed448", (pjf_span){message, message_len}, got, &len), PJF_OK);
        CHECK_BYTES(got, len, want, sizeof(want));
        CHECK_STATUS(signer_sign(&s, "EdDSA", (pjf_span){message, message_len}, got, &len), PJF_OK);
        CHECK_BYTES(got, len, want, sizeof(want));
        CHECK_STATUS(signer_verify(&s, "Ed448", (pjf_span){message, message_len}, want, 114),
                     PJF_OK);
        signer_free(&s);
    }
}

static void new_keys_sign_and_verify(void)
{
    static const char *const algs[] = {"Ed25519", "Ed448"};
    for (size_t i = 0; i < 2; i++) {
        signer s = signer_new(algs[i]), other = signer_new(algs[i]);
        uint8_t signature[PJF_SIG_MAX + 1];
        size_t len = 0;
        CHECK_STATUS(signer_sign(&s, algs[i], SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_EQUAL(len, fixture_alg(algs[i])->signature_len);
        CHECK_EQUAL(len, pjf_sig_len(fixture_alg("EdDSA"), s.key));
        check_only_this_verifies(&s, algs[i], SPAN("a.b"), signature, len);
        CHECK_STATUS(signer_verify(&other, algs[i], SPAN("a.b"), signature, len),
                     PJF_ERR_SIGNATURE);
        /* The empty message, from nowhere and from somewhere. */
        CHECK_STATUS(signer_sign(&s, algs[i], (pjf_span){NULL, 0}, signature, &len), PJF_OK);
        CHECK_STATUS(signer_verify(&s, algs[i], SPAN(""), signature, len), PJF_OK);
        signer_free(&other);
        signer_free(&s);
    }
}

static void each_name_has_its_curve(void)
{
    signer s25519 = signer_new("Ed25519"), s448 = signer_new("Ed448");
    uint8_t signature[PJF_SIG_MAX];
    size_t len = 0;
    CHECK_STATUS(signer_sign(&s25519, "Ed448", SPAN("a.b"), signature, &len),
                 PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(signer_sign(&s448, "Ed25519", SPAN("a.b"), signature, &len),
                 PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(signer_sign(&s448, "EdDSA", SPAN("a.b"), signature, &len), PJF_OK);
    CHECK_STATUS(signer_verify(&s448, "Ed25519", SPAN("a.b"), signature, len),
                 PJF_ERR_KEY_ALGORITHM);
    CHECK_STATUS(signer_verify(&s25519, "EdDSA", SPAN("a.b"), signature, len), PJF_ERR_SIGNATURE);
    CHECK_STATUS(signer_verify(&s25519, "ES256", SPAN("a.b"), signature, 64),
                 PJF_ERR_KEY_ALGORITHM);
    signer_free(&s448);
    signer_free(&s25519);
}

/* RFC 8032 §5.1.7: S must be below the order of the group, or every signature has a second
 * spelling. */
static void s_has_one_spelling(void)
{
    static const char order[] = /* little-endian */
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    signer s = signer_of_jwk(a1_jwk);
    signed_text text;
    uint8_t l[32];
    unsigned carry = 0;
    signed_text_read(a4_token, &text);
    bytes_of_hex(order, l);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)text.signature[32 + i] + l[i];
        text.signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    CHECK_EQUAL(carry, 0);
    CHECK_STATUS(signer_verify(&s, "EdDSA", text.message, text.signature, text.len),
                 PJF_ERR_SIGNATURE);
    signer_free(&s);
}

TEST_SUITE(sig_eddsa, TEST(rfc_8037_example), TEST(rfc_8032_ed448_vectors),
           TEST(new_keys_sign_and_verify), TEST(each_name_has_its_curve), TEST(s_has_one_spelling));
