/*
 * The portable codec, the choice of a codec, and the rules on padding. A codec decodes at full
 * speed and only notes that something is wrong; what and where is found afterwards, by
 * pjf_b64url_explain, so that all codecs say the same.
 */
#include "core/b64url_internal.h"

/* clang-format off */
const char pjf_b64url_chars[64] = {
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
    'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
    'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '_'};

#define BAD4 PJF_B64URL_BAD, PJF_B64URL_BAD, PJF_B64URL_BAD, PJF_B64URL_BAD
#define BAD16 BAD4, BAD4, BAD4, BAD4

const uint8_t pjf_b64url_values[256] = {
    BAD16, BAD16,
    BAD4, BAD4, BAD4, PJF_B64URL_BAD, 62, PJF_B64URL_BAD, PJF_B64URL_BAD,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, PJF_B64URL_BAD, PJF_B64URL_BAD, BAD4,
    PJF_B64URL_BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD4, 63,
    PJF_B64URL_BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD4, PJF_B64URL_BAD,
    BAD16, BAD16, BAD16, BAD16, BAD16, BAD16, BAD16, BAD16,
};
/* clang-format on */

void pjf_b64url_encode_portable(const uint8_t *src, size_t len, char *out)
{
    for (; len >= 3; len -= 3, src += 3, out += 4) {
        unsigned bits = (unsigned)src[0] << 16 | (unsigned)src[1] << 8 | src[2];
        out[0] = pjf_b64url_chars[bits >> 18];
        out[1] = pjf_b64url_chars[bits >> 12 & 63];
        out[2] = pjf_b64url_chars[bits >> 6 & 63];
        out[3] = pjf_b64url_chars[bits & 63];
    }
    pjf_b64url_encode_rest(src, len, out);
}

pjf_status pjf_b64url_decode_portable(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                      size_t *offset)
{
    const uint8_t *const values = pjf_b64url_values;
    unsigned seen = 0; /* all values or-ed: bit 7 comes from PJF_B64URL_BAD alone */
    unsigned stray = 0;
    size_t i = 0;
    for (; len - i >= 4; i += 4, out += 3) {
        unsigned a = values[src[i]], b = values[src[i + 1]];
        unsigned c = values[src[i + 2]], d = values[src[i + 3]];
        unsigned bits = a << 18 | b << 12 | c << 6 | d;
        seen |= a | b | c | d;
        out[0] = (uint8_t)(bits >> 16);
        out[1] = (uint8_t)(bits >> 8);
        out[2] = (uint8_t)bits;
    }
    if (len - i >= 2) {
        unsigned a = values[src[i]], b = values[src[i + 1]];
        unsigned c = len - i == 3 ? values[src[i + 2]] : 0;
        unsigned bits = a << 18 | b << 12 | c << 6;
        seen |= a | b | c;
        stray = len - i == 2 ? bits & 0xffff : bits & 0xff;
        out[0] = (uint8_t)(bits >> 16);
        out[1] = (uint8_t)(bits >> 8);
    }
    if (PJF_UNLIKELY(seen > 63 || stray != 0 || len % 4 == 1)) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = pjf_b64url_decoded_len(len);
    return PJF_OK;
}

pjf_status pjf_b64url_explain(const uint8_t *src, size_t len, size_t *offset)
{
    pjf_status status;
    size_t at = 0;
    while (at < len && pjf_b64url_values[src[at]] != PJF_B64URL_BAD) {
        at++;
    }
    if (at < len) {
        status = PJF_ERR_B64_ALPHABET;
    } else if (len % 4 == 1) {
        status = PJF_ERR_B64_LENGTH;
    } else {
        status = PJF_ERR_B64_TRAILING_BITS;
        at = len - 1;
    }
    if (offset != NULL) {
        *offset = at;
    }
    return status;
}

const pjf_b64url_codec *pjf_b64url_codec_get(pjf_b64url_path path)
{
    static const pjf_b64url_codec codecs[PJF_B64URL_PATH_COUNT] = {
        [PJF_B64URL_PORTABLE] = {"portable", pjf_b64url_encode_portable,
                                 pjf_b64url_decode_portable},
#if PJF_B64URL_X86
        [PJF_B64URL_SSSE3] = {"ssse3", pjf_b64url_encode_ssse3, pjf_b64url_decode_ssse3},
        [PJF_B64URL_AVX2] = {"avx2", pjf_b64url_encode_avx2, pjf_b64url_decode_avx2},
#endif
#if PJF_B64URL_AARCH64
        [PJF_B64URL_NEON] = {"neon", pjf_b64url_encode_neon, pjf_b64url_decode_neon},
#endif
    };
    switch (path) {
    case PJF_B64URL_PORTABLE: return &codecs[PJF_B64URL_PORTABLE];
#if PJF_B64URL_X86
    case PJF_B64URL_SSSE3:
        return __builtin_cpu_supports("ssse3") ? &codecs[PJF_B64URL_SSSE3] : NULL;
    case PJF_B64URL_AVX2: return __builtin_cpu_supports("avx2") ? &codecs[PJF_B64URL_AVX2] : NULL;
#endif
#if PJF_B64URL_AARCH64
    case PJF_B64URL_NEON: return &codecs[PJF_B64URL_NEON];
#endif
    default: return NULL;
    }
}

const pjf_b64url_codec *pjf_b64url_codec_best(void)
{
    for (int path = PJF_B64URL_PATH_COUNT - 1; path > PJF_B64URL_PORTABLE; path--) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec != NULL) {
            return codec;
        }
    }
    return pjf_b64url_codec_get(PJF_B64URL_PORTABLE);
}

pjf_status pjf_b64url_decode_padded(const pjf_b64url_codec *codec, pjf_span text, uint8_t *out,
                                    size_t *out_len, size_t *offset)
{
    size_t len = text.len;
    while (len != 0 && text.ptr[len - 1] == '=') {
        len--;
    }
    if (len != text.len && (text.len - len > 2 || text.len % 4 != 0)) {
        if (offset != NULL) {
            *offset = len;
        }
        return PJF_ERR_B64_PADDING;
    }
    return codec->decode(text.ptr, len, out, out_len, offset);
}
