/*
 * Whatever a text holds, loading it as a JWK gives a key that is consistent, or a refusal of this
 * loader's; and a key that was loaded is written to a text that loads to the same key.
 */
#include "core/b64url.h"
#include "core/key.h"
#include "fuzz/fuzz.h"

static bool is_refusal(pjf_status status)
{
    return (status >= PJF_ERR_JWK_JSON && status <= PJF_ERR_JWK_OTH) ||
           (status >= PJF_ERR_KEY_EMPTY && status <= PJF_ERR_KEY_JWK) ||
           (status >= PJF_ERR_KEY_CURVE && status <= PJF_ERR_KEY_MISMATCH);
}

static pjf_key *load(pjf_lib *lib, pjf_span json, const pjf_alg *alg, pjf_status *status)
{
    pjf_key *key = NULL;
    *status = pjf_key_from_jwk(lib, json, alg, &key);
    REQUIRE((*status == PJF_OK) == (key != NULL));
    return key;
}

static void same_keys(const pjf_key *a, const pjf_key *b)
{
    uint8_t of_a[PJF_THUMBPRINT_LEN], of_b[PJF_THUMBPRINT_LEN];
    REQUIRE(pjf_key_thumbprint(a, of_a) == PJF_OK && pjf_key_thumbprint(b, of_b) == PJF_OK);
    REQUIRE(memcmp(of_a, of_b, sizeof(of_a)) == 0);
    REQUIRE(pjf_key_kind_of(a) == pjf_key_kind_of(b) && pjf_key_bits(a) == pjf_key_bits(b));
    REQUIRE(pjf_key_curve_of(a) == pjf_key_curve_of(b) && pjf_key_alg(a) == pjf_key_alg(b));
    REQUIRE(same_bytes(pjf_key_kid(a), pjf_key_kid(b)));
}

/* Both may do the same with every algorithm. */
static void same_permissions(const pjf_key *a, const pjf_key *b)
{
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        REQUIRE(pjf_key_check(a, alg, PJF_KEY_TO_SIGN) == pjf_key_check(b, alg, PJF_KEY_TO_SIGN));
        REQUIRE(pjf_key_check(a, alg, PJF_KEY_TO_VERIFY) ==
                pjf_key_check(b, alg, PJF_KEY_TO_VERIFY));
    }
}

/* Writes the key, loads the text, and writes that: the texts are one. */
static void round_trip(pjf_lib *lib, const pjf_key *key, bool private_part)
{
    pjf_status status;
    pjf_buf first, second;
    pjf_buf_init(&first);
    pjf_buf_init(&second);
    status = pjf_key_to_jwk(key, private_part, pjf_key_kid(key), &first);
    if (private_part ? !pjf_key_is_private(key) : pjf_key_kind_of(key) == PJF_KEY_OCT) {
        REQUIRE(status == (private_part ? PJF_ERR_KEY_NO_PRIVATE : PJF_ERR_KEY_NO_PUBLIC));
        REQUIRE(first.len == 0);
        return;
    }
    REQUIRE(status == PJF_OK);
    pjf_key *again = load(lib, (pjf_span){first.ptr, first.len}, NULL, &status);
    REQUIRE(again != NULL);
    REQUIRE(pjf_key_is_private(again) == private_part);
    same_keys(key, again);
    if (private_part || !pjf_key_is_private(key)) {
        same_permissions(key, again);
    }
    REQUIRE(pjf_key_to_jwk(again, private_part, pjf_key_kid(again), &second) == PJF_OK);
    REQUIRE(same_bytes((pjf_span){first.ptr, first.len}, (pjf_span){second.ptr, second.len}));
    pjf_key_unref(again);
    pjf_buf_free(&first, true);
    pjf_buf_free(&second, true);
}

/* The first byte chooses the algorithm that the caller binds the key to, most often none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pjf_lib *lib;
    if (lib == NULL) {
        REQUIRE(pjf_lib_new(&lib) == PJF_OK);
    }
    if (size == 0) {
        return 0;
    }
    const pjf_alg *alg = pjf_alg_at(data[0]); /* no such row: NULL */
    uint8_t *text = exactly(--size);
    if (size != 0) {
        memcpy(text, data + 1, size);
    }
    pjf_status status;
    pjf_key *key = load(lib, (pjf_span){text, size}, alg, &status);
    if (key == NULL) {
        REQUIRE(is_refusal(status) || (status == PJF_ERR_KEY_ALGORITHM && alg != NULL));
        free(text);
        return 0;
    }
    free(text); /* the key needs it no more */

    REQUIRE(pjf_key_alg(key) == NULL || pjf_key_fits(key, pjf_key_alg(key)));
    REQUIRE(alg == NULL || pjf_key_alg(key) == alg);
    REQUIRE(pjf_key_kid(key).len <= PJF_KEY_KID_MAX);
    round_trip(lib, key, true);
    round_trip(lib, key, false);

    pjf_key *public_key = NULL;
    status = pjf_key_public(key, &public_key);
    REQUIRE(status == (pjf_key_kind_of(key) == PJF_KEY_OCT ? PJF_ERR_KEY_NO_PUBLIC : PJF_OK));
    if (public_key != NULL) {
        REQUIRE(!pjf_key_is_private(public_key));
        same_keys(key, public_key);
        round_trip(lib, public_key, false);
    }
    pjf_key_unref(public_key);
    pjf_key_unref(key);
    return 0;
}
