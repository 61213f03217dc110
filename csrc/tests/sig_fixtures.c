#include "tests/sig_fixtures.h"

const char a2_jwk[] =
    "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQ"
    "p-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wG"
    "zjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4u"
    "DZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9"
    "gb54h4FRWyuXpoQ\",\"e\":\"AQAB\",\"d\":\"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEA"
    "eP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-G"
    "jBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2Q"
    "vXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_R"
    "QyGWSeWjnczT0QU91p1DhOVRuOopznQ\",\"p\":\"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn"
    "6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW"
    "1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc\",\"q\":\"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4p"
    "xhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLt"
    "XlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc\",\"dp\":\"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZ"
    "vnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy"
    "7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0\",\"dq\":\"h_96-mK1R_7glhsum81dZxjTnY"
    "ynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-k"
    "yNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU\",\"qi\":\"IYd7DHOhrWvxkwPQsRM"
    "2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfn"
    "bJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U\"}";

const char a2_token[] =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"
    "lLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5R"
    "Zmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrn"
    "byTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHW"
    "EsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
    "cN_IoypGlUPQGe77Rw";

static void must(pjf_status status, const char *what)
{
    if (status != PJF_OK) {
        printf("sig_fixtures: %s: %s\n", what, pjf_status_text(status));
        exit(2);
    }
}

static signer signer_without_key(void)
{
    signer s = {.lib = fixture_lib()};
    must(pjf_sig_scratch_new(&s.scratch), "pjf_sig_scratch_new");
    return s;
}

signer signer_of_jwk(const char *jwk)
{
    signer s = signer_without_key();
    must(pjf_key_from_jwk(s.lib, span_of(jwk), NULL, &s.key), "pjf_key_from_jwk");
    return s;
}

signer signer_of_pkey(EVP_PKEY *pkey)
{
    signer s = signer_without_key();
    must(pkey == NULL ? PJF_ERR_ARGUMENT : PJF_OK, "making an EVP_PKEY");
    must(pjf_key_new(s.lib, &s.key), "pjf_key_new");
    must(pjf_key_adopt(s.key, pkey, true), "pjf_key_adopt");
    return s;
}

signer signer_new(const char *alg)
{
    signer s = signer_without_key();
    must(pjf_key_generate(s.lib, fixture_alg(alg), 0, &s.key), "pjf_key_generate");
    return s;
}

void signer_free(signer *s)
{
    pjf_key_unref(s->key);
    pjf_sig_scratch_free(s->scratch);
    pjf_lib_unref(s->lib);
}

pjf_status signer_sign(const signer *s, const char *alg, pjf_span message, uint8_t *out,
                       size_t *out_len)
{
    return pjf_sig_sign(s->scratch, fixture_alg(alg), s->key, message, out, out_len);
}

pjf_status signer_verify(const signer *s, const char *alg, pjf_span message,
                         const uint8_t *signature, size_t len)
{
    return pjf_sig_verify(s->scratch, fixture_alg(alg), s->key, message,
                          (pjf_span){signature, len});
}

void signed_text_read(const char *token, signed_text *out)
{
    const char *dot = strrchr(token, '.');
    out->message = (pjf_span){(const uint8_t *)token, (size_t)(dot - token)};
    must(pjf_b64url_decode_segment(pjf_b64url_codec_best(), span_of(dot + 1), out->signature,
                                   &out->len, NULL),
         "decoding");
}

void check_only_this_verifies(const signer *s, const char *alg, pjf_span message,
                              uint8_t *signature, size_t len)
{
    uint8_t other[PJF_SIG_MAX] = {0};
    note("%s", alg);
    CHECK_STATUS(signer_verify(s, alg, message, signature, len), PJF_OK);
    for (size_t at = 0; at < len; at++) {
        note("%s, byte %zu changed", alg, at);
        uint8_t was = signature[at];
        signature[at] = (uint8_t)(was ^ 1u << at % 8);
        CHECK_STATUS(signer_verify(s, alg, message, signature, len), PJF_ERR_SIGNATURE);
        signature[at] = was;
    }
    for (size_t cut = 0; cut < len; cut++) {
        note("%s, cut to %zu", alg, cut);
        CHECK_STATUS(signer_verify(s, alg, message, signature, cut), PJF_ERR_SIGNATURE);
        CHECK_STATUS(signer_verify(s, alg, message, signature + len - cut, cut), PJF_ERR_SIGNATURE);
    }
    note("%s", alg);
    signature[len] = 0;
    CHECK_STATUS(signer_verify(s, alg, message, signature, len + 1), PJF_ERR_SIGNATURE);
    CHECK_STATUS(signer_verify(s, alg, message, NULL, 0), PJF_ERR_SIGNATURE);
    CHECK_STATUS(signer_verify(s, alg, message, other, len), PJF_ERR_SIGNATURE);
    memset(other, 0xff, sizeof(other));
    CHECK_STATUS(signer_verify(s, alg, message, other, len), PJF_ERR_SIGNATURE);
    other[sizeof(other) - 1] = 0;
    CHECK_STATUS(signer_verify(s, alg, message, other, sizeof(other)), PJF_ERR_SIGNATURE);

    CHECK_STATUS(signer_verify(s, alg, SPAN(""), signature, len), PJF_ERR_SIGNATURE);
    CHECK_STATUS(signer_verify(s, alg, (pjf_span){message.ptr, message.len - 1}, signature, len),
                 PJF_ERR_SIGNATURE);
    CHECK_STATUS(signer_verify(s, alg, message, signature, len), PJF_OK); /* still */
}

size_t bytes_of_hex(const char *hex, uint8_t *out)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        out[i] = (uint8_t)byte;
    }
    return len;
}
