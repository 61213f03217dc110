#include "core/sig.h"

#include "core/sig_hmac.h"
#include "tests/fixtures.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char *const algs[] = {"HS256", "HS384", "HS512"};

/* RFC 4231 §4.2–4.7 but for the truncated §4.6. A repeated byte is told by its count. */
typedef struct vector {
    const char *key;
    size_t key_count; /* 0: the key as it stands; otherwise its first byte so many times */
    const char *data;
    size_t data_count;
    const char *macs[3];
} vector;

static const vector vectors[] = {
    {"\x0b",
     20,
     "Hi There",
     0,
     {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa"
      "9cb6",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3"
      "f4e4be9d914eeb61f1702e696c203a126854"}},
    {"Jefe",
     0,
     "what do ya want for nothing?",
     0,
     {"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab2"
      "1649",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0"
      "e6fdcaeab1a34d4a6b4b636e070a38bce737"}},
    {"\xaa",
     20,
     "\xdd",
     50,
     {"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a3"
      "4f27",
      "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67"
      "c807b946a337bee8942674278859e13292fb"}},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
     "\x18\x19",
     0,
     "\xcd",
     50,
     {"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674"
      "cffb",
      "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc578"
      "8063a5f19741120c4f2de2adebeb10a298dd"}},
    {"\xaa",
     131,
     "Test Using Larger Than Block-Size Key - Hash Key First",
     0,
     {"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f4"
      "4952",
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a"
      "1e5295e64f73f63f0aec8b915a985d786598"}},
    {"\xaa",
     131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     0,
     {"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
      "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46"
      "523e",
      "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4"
      "de15134676fb6de0446065c97440fa8c6a58"}},
};

static pjf_span expand(const char *text, size_t count, uint8_t room[200])
{
    if (count == 0) {
        return span_of(text);
    }
    memset(room, (uint8_t)text[0], count);
    return (pjf_span){room, count};
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        out[i] = (uint8_t)byte;
    }
    return len;
}

static void rfc_4231_vectors(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_sig_scratch *scratch = NULL;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        uint8_t key_room[200], data_room[200];
        pjf_span data = expand(vectors[i].data, vectors[i].data_count, data_room);
        pjf_key *key = NULL;
        CHECK_STATUS(
            pjf_key_from_secret(lib, expand(vectors[i].key, vectors[i].key_count, key_room), &key),
            PJF_OK);
        for (size_t a = 0; a < 3; a++) {
            uint8_t want[PJF_SIG_MAX], got[PJF_SIG_MAX];
            size_t want_len = from_hex(vectors[i].macs[a], want), got_len = 0;
            const pjf_alg *alg = fixture_alg(algs[a]);
            note("vector %zu, %s", i, algs[a]);
            CHECK_STATUS(pjf_sig_sign(scratch, alg, key, data, got, &got_len), PJF_OK);
            CHECK_BYTES(got, got_len, want, want_len);
            CHECK_STATUS(pjf_sig_verify(scratch, alg, key, data, (pjf_span){want, want_len}),
                         PJF_OK);
        }
        pjf_key_unref(key);
    }
    pjf_sig_scratch_free(scratch);
    pjf_lib_unref(lib);
}

/* Against OpenSSL's own one-shot HMAC: secrets and messages around the block sizes. */
static void every_length_agrees_with_openssl(void)
{
    static const size_t secret_lens[] = {1, 31, 32, 63, 64, 65, 127, 128, 129, 200};
    uint64_t seed = 2104;
    uint8_t secret[200], message[300];
    pjf_lib *lib = fixture_lib();
    pjf_sig_scratch *scratch = NULL;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    for (size_t s = 0; s < sizeof(secret_lens) / sizeof(secret_lens[0]); s++) {
        pjf_key *key = NULL;
        test_random_fill(&seed, secret, secret_lens[s]);
        CHECK_STATUS(pjf_key_from_secret(lib, (pjf_span){secret, secret_lens[s]}, &key), PJF_OK);
        for (size_t len = 0; len < sizeof(message); len += len < 140 ? 1 : 37) {
            test_random_fill(&seed, message, len);
            for (size_t a = 0; a < 3; a++) {
                uint8_t want[EVP_MAX_MD_SIZE], got[PJF_SIG_MAX];
                unsigned want_len;
                size_t got_len = 0;
                const EVP_MD *md = a == 0 ? EVP_sha256() : a == 1 ? EVP_sha384() : EVP_sha512();
                note("%s, secret of %zu, message of %zu", algs[a], secret_lens[s], len);
                HMAC(md, secret, (int)secret_lens[s], message, len, want, &want_len);
                CHECK_STATUS(pjf_sig_sign(scratch, fixture_alg(algs[a]), key,
                                          (pjf_span){message, len}, got, &got_len),
                             PJF_OK);
                CHECK_BYTES(got, got_len, want, want_len);
            }
        }
        pjf_key_unref(key);
    }
    pjf_sig_scratch_free(scratch);
    pjf_lib_unref(lib);
}

static void any_change_is_noticed(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = fixture_a1_key(lib), *other = NULL;
    pjf_sig_scratch *scratch = NULL;
    char message[] = "header.payload";
    pjf_span text = span_of(message);
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    CHECK_STATUS(pjf_key_from_secret(lib, SPAN("another"), &other), PJF_OK);
    for (size_t a = 0; a < 3; a++) {
        const pjf_alg *alg = fixture_alg(algs[a]);
        uint8_t mac[PJF_SIG_MAX + 1] = {0};
        size_t len;
        CHECK_STATUS(pjf_sig_sign(scratch, alg, key, text, mac, &len), PJF_OK);
        CHECK_EQUAL(len, alg->signature_len);
        CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){mac, len}), PJF_OK);
        for (size_t bit = 0; bit < len * 8; bit++) {
            note("%s, bit %zu", algs[a], bit);
            mac[bit / 8] = (uint8_t)(mac[bit / 8] ^ 1u << bit % 8);
            CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){mac, len}),
                         PJF_ERR_SIGNATURE);
            mac[bit / 8] = (uint8_t)(mac[bit / 8] ^ 1u << bit % 8);
        }
        for (size_t cut = 0; cut < len; cut++) { /* RFC 4231 §4.6 truncates; RFC 7518 does not */
            note("%s, cut to %zu", algs[a], cut);
            CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){mac, cut}),
                         PJF_ERR_SIGNATURE);
        }
        note("%s", algs[a]);
        CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){mac, len + 1}),
                     PJF_ERR_SIGNATURE);
        CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){NULL, 0}),
                     PJF_ERR_SIGNATURE);
        CHECK_STATUS(pjf_sig_verify(scratch, alg, other, text, (pjf_span){mac, len}),
                     PJF_ERR_SIGNATURE);
        CHECK_STATUS(pjf_sig_verify(scratch, fixture_alg(algs[(a + 1) % 3]), key, text,
                                    (pjf_span){mac, len}),
                     PJF_ERR_SIGNATURE);
        message[0] = 'H';
        CHECK_STATUS(pjf_sig_verify(scratch, alg, key, text, (pjf_span){mac, len}),
                     PJF_ERR_SIGNATURE);
        message[0] = 'h';
    }
    pjf_sig_scratch_free(scratch);
    pjf_key_unref(other);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

static void none_signs_nothing_and_never_verifies(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = fixture_a1_key(lib);
    pjf_sig_scratch *scratch = NULL;
    const pjf_alg *none = fixture_alg("none");
    uint8_t mac[PJF_SIG_MAX];
    size_t len = 99;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    CHECK_STATUS(pjf_sig_sign(scratch, none, NULL, SPAN("a.b"), mac, &len), PJF_OK);
    CHECK_EQUAL(len, 0);
    CHECK_STATUS(pjf_sig_verify(scratch, none, NULL, SPAN("a.b"), (pjf_span){NULL, 0}),
                 PJF_ERR_SIGNATURE);
    CHECK_STATUS(pjf_sig_verify(scratch, none, key, SPAN("a.b"), (pjf_span){mac, 0}),
                 PJF_ERR_SIGNATURE);
    pjf_sig_scratch_free(scratch);
    pjf_sig_scratch_free(NULL);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

/* A row whose family no file implements: neither signed nor verified, whatever the key. */
static void unknown_families_are_refused(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = fixture_a1_key(lib);
    pjf_sig_scratch *scratch = NULL;
    pjf_alg alg = *fixture_alg("HS256");
    uint8_t mac[PJF_SIG_MAX] = {0};
    size_t len;
    alg.family = 99;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    CHECK_STATUS(pjf_sig_sign(scratch, &alg, key, SPAN("a.b"), mac, &len), PJF_ERR_ALG_UNSUPPORTED);
    CHECK_STATUS(pjf_sig_verify(scratch, &alg, key, SPAN("a.b"), (pjf_span){mac, 32}),
                 PJF_ERR_ALG_UNSUPPORTED);
    pjf_sig_scratch_free(scratch);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

/* The way the build was told to go is the way that is taken, so that both are really tested. */
static void the_way_is_the_one_built(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_hmac *hmac = NULL;
    CHECK_STATUS(pjf_hmac_new(lib, SPAN("secret"), &hmac), PJF_OK);
#if defined(PJF_HMAC_LOW_LEVEL) && !PJF_HMAC_LOW_LEVEL
    CHECK(strcmp(pjf_hmac_way(hmac), "evp") == 0);
#else
    CHECK(strcmp(pjf_hmac_way(hmac), lib->fips ? "evp" : "low-level") == 0);
#endif
    pjf_hmac_free(hmac);
    pjf_hmac_free(NULL);

    lib->fips = true; /* under FIPS the low-level functions are not used, whatever was built */
    CHECK_STATUS(pjf_hmac_new(lib, SPAN("secret"), &hmac), PJF_OK);
    CHECK(strcmp(pjf_hmac_way(hmac), "evp") == 0);
    pjf_hmac_scratch *scratch = NULL;
    uint8_t got[PJF_SIG_MAX], want[EVP_MAX_MD_SIZE];
    size_t len = 0;
    unsigned want_len;
    CHECK_STATUS(pjf_hmac_scratch_new(&scratch), PJF_OK);
    CHECK_STATUS(pjf_hmac_compute(scratch, hmac, PJF_SHA256, SPAN("message"), got, &len), PJF_OK);
    HMAC(EVP_sha256(), "secret", 6, (const uint8_t *)"message", 7, want, &want_len);
    CHECK_BYTES(got, len, want, want_len);
    pjf_hmac_scratch_free(scratch);
    pjf_hmac_free(hmac);
    pjf_lib_unref(lib);
}

static void signing_leaves_the_error_queue(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_key *key = fixture_a1_key(lib);
    pjf_sig_scratch *scratch = NULL;
    uint8_t mac[PJF_SIG_MAX];
    size_t len;
    CHECK_STATUS(pjf_sig_scratch_new(&scratch), PJF_OK);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    CHECK_STATUS(pjf_sig_sign(scratch, fixture_alg("HS256"), key, SPAN("a.b"), mac, &len), PJF_OK);
    mac[0] ^= 1;
    CHECK_STATUS(
        pjf_sig_verify(scratch, fixture_alg("HS256"), key, SPAN("a.b"), (pjf_span){mac, len}),
        PJF_ERR_SIGNATURE);
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
    pjf_sig_scratch_free(scratch);
    pjf_key_unref(key);
    pjf_lib_unref(lib);
}

TEST_SUITE(sig, TEST(rfc_4231_vectors), TEST(every_length_agrees_with_openssl),
           TEST(any_change_is_noticed), TEST(none_signs_nothing_and_never_verifies),
           TEST(unknown_families_are_refused), TEST(the_way_is_the_one_built),
           TEST(signing_leaves_the_error_queue));
