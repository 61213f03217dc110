/*
 * Nobody but the holder of the key makes a token that verifies. The key is random in each process,
 * so a corpus can't know it.
 *
 * The first byte picks what the rest is: a token as it stands; or the header and payload of a token
 * that is signed here, verified, and then damaged at one place.
 */
#include "core/jws.h"
#include "fuzz/fuzz.h"

static pjf_lib *lib;
static pjf_key *key;
static pjf_jws_work used; /* by every input, with what it remembers */

static void set_up(void)
{
    uint8_t secret[32];
    REQUIRE(pjf_lib_new(&lib) == PJF_OK);
    REQUIRE(pjf_random(secret, sizeof(secret)) == PJF_OK);
    REQUIRE(pjf_key_from_secret(lib, (pjf_span){secret, sizeof(secret)}, &key) == PJF_OK);
    REQUIRE(pjf_jws_work_init(&used) == PJF_OK);
}

static pjf_status verify(pjf_jws_work *work, pjf_span token, pjf_jws *jws)
{
    pjf_error json_error = {PJF_OK, 0};
    const pjf_alg *alg = NULL;
    pjf_status status = pjf_jws_load(lib, work, token, PJF_TOKEN_MAX_DEFAULT, jws, &json_error);
    if (status == PJF_ERR_HEADER_JSON) {
        REQUIRE(json_error.status != PJF_OK && json_error.offset <= token.len);
    }
    if (status == PJF_OK) {
        status = pjf_jws_check_header(jws);
    }
    if (status == PJF_OK) {
        status = pjf_jws_check_detached(jws, false);
    }
    if (status == PJF_OK) {
        status = pjf_jws_check_alg(jws, UINT32_MAX, &alg);
    }
    if (status == PJF_OK) {
        REQUIRE(alg == jws->header->alg);
        status = pjf_sig_verify(work->sig, alg, key, jws->signing_input, jws->signature);
    }
    pjf_jws_work_trim(work);
    return status;
}

/* Verifies with the work that remembers and with a fresh one: the answer is the same. */
static pjf_status verify_twice(pjf_span token, pjf_span payload)
{
    pjf_jws_work fresh;
    pjf_jws got, want;
    memset(&fresh, 0, sizeof(fresh));
    REQUIRE(pjf_jws_work_init(&fresh) == PJF_OK);
    pjf_status status = verify(&fresh, token, &want);
    REQUIRE(verify(&used, token, &got) == status);
    if (status == PJF_OK) {
        REQUIRE(got.header->alg == want.header->alg);
        REQUIRE(same_bytes(got.payload, want.payload));
        REQUIRE(same_bytes(got.payload, payload));
        REQUIRE(got.signing_input.ptr == token.ptr && got.signing_input.len < token.len);
    }
    pjf_jws_work_free(&fresh);
    return status;
}

static void append_b64url(pjf_buf *out, pjf_span bytes)
{
    size_t len = pjf_b64url_encoded_len(bytes.len);
    REQUIRE(pjf_buf_reserve(out, len) == PJF_OK);
    lib->b64url->encode(bytes.ptr, bytes.len, (char *)out->ptr + out->len);
    out->len += len;
}

static void sign_and_damage(const uint8_t *data, size_t size)
{
    static const char *const algs[] = {"HS256", "HS384", "HS512", "none"};
    if (size < 5) {
        return;
    }
    const char *name = algs[data[0] & 3];
    const pjf_alg *alg = pjf_alg_find(name, strlen(name));
    size_t place = (size_t)(data[1] | data[2] << 8);
    uint8_t damage = data[3];
    size_t header_len = data[4] < size - 5 ? data[4] : size - 5;
    pjf_span header = {data + 5, header_len};
    pjf_span payload = {data + 5 + header_len, size - 5 - header_len};
    char plain[32];
    if (header_len == 0) { /* a header that is good */
        int len = snprintf(plain, sizeof(plain), "{\"alg\":\"%s\"}", name);
        header = (pjf_span){(const uint8_t *)plain, (size_t)len};
    }

    pjf_buf out;
    uint8_t signature[PJF_SIG_MAX];
    size_t len;
    pjf_buf_init(&out);
    append_b64url(&out, header);
    REQUIRE(pjf_buf_append_byte(&out, '.') == PJF_OK);
    append_b64url(&out, payload);
    pjf_span message = {out.ptr, out.len};
    REQUIRE(pjf_sig_sign(used.sig, alg, key, message, signature, &len) == PJF_OK);
    REQUIRE(len == alg->signature_len);
    REQUIRE(pjf_buf_append_byte(&out, '.') == PJF_OK);
    append_b64url(&out, (pjf_span){signature, len});

    uint8_t *token = exactly(out.len);
    memcpy(token, out.ptr, out.len);
    pjf_status status = verify_twice((pjf_span){token, out.len}, payload);
    REQUIRE(status != PJF_OK || alg->family != PJF_FAMILY_NONE);
    if (header_len == 0) {
        REQUIRE(status == (alg->family == PJF_FAMILY_NONE ? PJF_ERR_SIGNATURE : PJF_OK));
    }

    place %= out.len;
    if (token[place] != damage) {
        token[place] = damage;
        REQUIRE(verify_twice((pjf_span){token, out.len}, payload) != PJF_OK);
    }
    free(token);
    pjf_buf_free(&out, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (lib == NULL) {
        set_up();
    }
    if (size == 0) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        uint8_t *token = exactly(size - 1);
        memcpy(token, data + 1, size - 1);
        REQUIRE(verify_twice((pjf_span){token, size - 1}, (pjf_span){NULL, 0}) != PJF_OK);
        free(token);
    } else {
        sign_and_damage(data + 1, size - 1);
    }
    return 0;
}
