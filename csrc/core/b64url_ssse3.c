#include "core/b64url_x86.h"

#if PJF_B64URL_X86

/* The constants of both x86 codecs. They are data of this file alone, so that a short call loads
 * them from memory instead of building them in registers. */
# define TIMES4(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
# define TIMES16(x)  TIMES4(x, x, x, x)

const pjf_b64url_decode_rows pjf_b64url_decoding = {
    .low4 = {TIMES16(0x0f)},
    /* clang-format off */
    .classes = {0x20, 0x20, 0x01, 0x02, 0x04, 0x08, 0x04, 0x10,
                0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20},
    .refused = {0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21,
                0x21, 0x21, 0x23, 0x3b, 0x3b, 0x3a, 0x3b, 0x33},
    /* clang-format on */
    .shift = {0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a'},
    .underscore = {TIMES16('_')},
    .underscore_shift = {TIMES16(33)},
    .join_pairs = {TIMES4(0x40, 0x01, 0x40, 0x01)},
    .join_quads = {TIMES4(0x00, 0x10, 0x01, 0x00)},
    .pack = {2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1},
};

const pjf_b64url_rest_rows pjf_b64url_rests[4] = {
    {{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'A', 'A', 'A'}},
    {{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'A', 'A'}},
    {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'A'}},
    {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {0}},
};

const pjf_b64url_encode_rows pjf_b64url_encoding = {
    .spread = {1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10},
    .mask02 = {TIMES4(0x00, 0xfc, 0xc0, 0x0f)},
    .multiply02 = {TIMES4(0x40, 0x00, 0x00, 0x04)},
    .mask13 = {TIMES4(0xf0, 0x03, 0x3f, 0x00)},
    .multiply13 = {TIMES4(0x10, 0x00, 0x00, 0x01)},
    .last_letter = {TIMES16(51)},
    .after_upper = {TIMES16(26)},
    .upper_kind = {TIMES16(13)},
    .shift = {'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
              '0' - 52, '0' - 52, '0' - 52, '-' - 62, '_' - 63, 'A'},
};

PJF_SSSE3 void pjf_b64url_encode_ssse3(const uint8_t *src, size_t len, char *out)
{
    if (len < 16) {
        pjf_b64url_encode_portable(src, len, out);
        return;
    }
    pjf_b64url_encode_blocks12(src, len, 0, out);
}

PJF_SSSE3 pjf_status pjf_b64url_decode_ssse3(const uint8_t *src, size_t len, uint8_t *out,
                                             size_t *out_len, size_t *offset)
{
    __m128i bad = _mm_setzero_si128();
    if (len < 16) {
        return pjf_b64url_decode_portable(src, len, out, out_len, offset);
    }
    for (size_t i = 0; len - i > 16; i += 16) {
        __m128i chars = _mm_loadu_si128((const __m128i *)(src + i));
        _mm_storeu_si128((__m128i *)(out + i / 4 * 3), pjf_b64url_decode16(chars, &bad));
    }
    const size_t whole = (len - 1) / 4 * 4;
    __m128i last = pjf_b64url_load_last16(src, len, len - whole);
    _mm_storeu_si128((__m128i *)(out + (whole - 12) / 4 * 3), pjf_b64url_decode16(last, &bad));

    const size_t decoded = pjf_b64url_decoded_len(len);
    const bool clean = _mm_movemask_epi8(_mm_cmpeq_epi8(bad, _mm_setzero_si128())) == 0xffff;
    if (PJF_UNLIKELY(!clean || out[decoded] != 0 || len % 4 == 1)) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = decoded;
    return PJF_OK;
}

#else
typedef int pjf_b64url_ssse3_is_empty; /* ISO C wants a declaration in every file */
#endif
