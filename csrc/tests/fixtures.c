#include "tests/fixtures.h"

static void must(pjf_status status, const char *what)
{
    if (status != PJF_OK) {
        printf("fixture: %s: %s\n", what, pjf_status_text(status));
        exit(2);
    }
}

pjf_lib *fixture_lib(void)
{
    pjf_lib *lib = NULL;
    must(pjf_lib_new(&lib), "pjf_lib_new");
    return lib;
}

pjf_key *fixture_a1_key(pjf_lib *lib)
{
    pjf_key *key = NULL;
    uint8_t secret[128];
    size_t len;
    must(pjf_b64url_decode_segment(lib->b64url, SPAN(A1_SECRET), secret, &len, NULL), "decoding");
    must(pjf_key_from_secret(lib, (pjf_span){secret, len}, &key), "pjf_key_from_secret");
    return key;
}

const pjf_alg *fixture_alg(const char *name)
{
    const pjf_alg *alg = pjf_alg_find(name, strlen(name));
    must(alg == NULL ? PJF_ERR_ARGUMENT : PJF_OK, name);
    return alg;
}

void fixture_append_b64url(pjf_buf *out, pjf_span bytes)
{
    size_t len = pjf_b64url_encoded_len(bytes.len);
    must(pjf_buf_reserve(out, len), "pjf_buf_reserve");
    pjf_b64url_codec_best()->encode(bytes.ptr, bytes.len, (char *)out->ptr + out->len);
    out->len += len;
}

void fixture_sign(pjf_sig_scratch *scratch, const pjf_key *key, const char *alg, pjf_span header,
                  pjf_span payload, pjf_buf *out)
{
    uint8_t signature[PJF_SIG_MAX];
    size_t len;
    pjf_buf_init(out);
    fixture_append_b64url(out, header);
    must(pjf_buf_append_byte(out, '.'), "append");
    fixture_append_b64url(out, payload);
    must(pjf_sig_sign(scratch, fixture_alg(alg), key, (pjf_span){out->ptr, out->len}, signature,
                      &len),
         "pjf_sig_sign");
    must(pjf_buf_append_byte(out, '.'), "append");
    fixture_append_b64url(out, (pjf_span){signature, len});
}
