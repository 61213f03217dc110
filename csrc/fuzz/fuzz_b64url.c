/*
 * The input as text: every codec says the same about it, and what it accepts encodes back to it.
 * The input as bytes: every codec encodes it alike, and decodes that to it.
 */
#include "core/b64url.h"
#include "fuzz/fuzz.h"

typedef struct result {
    pjf_status status;
    size_t offset;
    uint8_t *bytes;
    size_t len;
} result;

static result decode(const pjf_b64url_codec *codec, pjf_span text)
{
    result r = {PJF_OK, 0, exactly(pjf_b64url_decoded_max(text.len)), 0};
    r.status = pjf_b64url_decode_segment(codec, text, r.bytes, &r.len, &r.offset);
    REQUIRE(r.status != PJF_OK || r.len <= text.len / 4 * 3 + 2);
    REQUIRE(r.status == PJF_OK || r.offset <= text.len);
    return r;
}

static void as_text(pjf_span text)
{
    result want = decode(pjf_b64url_codec_get(PJF_B64URL_PORTABLE), text);
    for (int path = 0; path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec == NULL) {
            continue;
        }
        result got = decode(codec, text);
        REQUIRE(got.status == want.status);
        if (got.status != PJF_OK) {
            REQUIRE(got.offset == want.offset);
        } else {
            REQUIRE(same_bytes((pjf_span){got.bytes, got.len}, (pjf_span){want.bytes, want.len}));
            size_t len = pjf_b64url_encoded_len(got.len);
            uint8_t *again = exactly(len);
            codec->encode(got.bytes, got.len, (char *)again);
            /* Canonical: only padding may have been left out. */
            REQUIRE(len <= text.len && text.len - len <= 2);
            REQUIRE(same_bytes((pjf_span){again, len}, (pjf_span){text.ptr, len}));
            free(again);
        }
        free(got.bytes);
    }
    free(want.bytes);
}

static void as_bytes(pjf_span bytes)
{
    size_t len = pjf_b64url_encoded_len(bytes.len);
    uint8_t *want = exactly(len);
    pjf_b64url_codec_get(PJF_B64URL_PORTABLE)->encode(bytes.ptr, bytes.len, (char *)want);
    for (int path = 0; path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec == NULL) {
            continue;
        }
        uint8_t *text = exactly(len);
        codec->encode(bytes.ptr, bytes.len, (char *)text);
        REQUIRE(same_bytes((pjf_span){text, len}, (pjf_span){want, len}));
        result back = decode(codec, (pjf_span){text, len});
        REQUIRE(back.status == PJF_OK);
        REQUIRE(same_bytes((pjf_span){back.bytes, back.len}, bytes));
        free(back.bytes);
        free(text);
    }
    free(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_text((pjf_span){data, size});
    as_bytes((pjf_span){data, size});
    return 0;
}
