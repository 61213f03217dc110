/*
 * b64url_x86: the steps on 16 characters that the SSSE3 and the AVX2 codec share, after the methods
 * of Wojciech Muła and Daniel Lemire ("Faster Base64 Encoding and Decoding Using AVX2
 * Instructions", 2018), with tables for the URL-safe alphabet.
 *
 * Decoding, per character c with nibbles hi and lo:
 *  - c is outside the alphabet exactly when classes[hi] & refused[lo] is not zero: each row of the
 *    ASCII table has a class bit, and refused[lo] holds the classes that have no character there;
 *  - its value is c + shift[hi]; '_' shares its row with P..Z and needs 33 more.
 * Four values of 6 bits are then joined by two multiply-adds, and the gaps shuffled away.
 *
 * Encoding runs the same backwards.
 *
 * Ends of texts are done without byte loops: the last block is loaded so that it ends with the
 * text, overlapping what is done already. Nothing outside the text is ever read.
 */
#ifndef PJF_B64URL_X86_H
#define PJF_B64URL_X86_H

#include "core/b64url_internal.h"

#if PJF_B64URL_X86

# include <immintrin.h>
# include <string.h>

# define PJF_SSSE3 __attribute__((target("ssse3")))
# define PJF_SSSE3_INLINE static inline __attribute__((target("ssse3"), always_inline))

/* Table rows, so that both codecs make their constants of the same numbers. */
# define PJF_B64URL_CLASSES                                                                        \
     0x20, 0x20, 0x01, 0x02, 0x04, 0x08, 0x04, 0x10, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20
# define PJF_B64URL_REFUSED                                                                        \
     0x25, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x23, 0x3b, 0x3b, 0x3a, 0x3b, 0x33
# define PJF_B64URL_SHIFT 0, 0, 62 - '-', 52 - '0', -'A', -'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0
# define PJF_B64URL_PACK 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1
# define PJF_B64URL_SPREAD 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10
# define PJF_B64URL_UNSHIFT                                                                        \
     'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,     \
         '0' - 52, '0' - 52, '-' - 62, '_' - 63, 'A', 0, 0

/* Decodes 16 characters to 12 bytes (and 4 zeros); what is wrong is or-ed into *bad. */
PJF_SSSE3_INLINE __m128i
pjf_b64url_decode16(__m128i chars, __m128i *bad)
{
    const __m128i low4 = _mm_set1_epi8(0x0f);
    __m128i hi = _mm_and_si128(_mm_srli_epi32(chars, 4), low4);
    __m128i lo = _mm_and_si128(chars, low4);
    *bad = _mm_or_si128(*bad,
                        _mm_and_si128(_mm_shuffle_epi8(_mm_setr_epi8(PJF_B64URL_CLASSES), hi),
                                      _mm_shuffle_epi8(_mm_setr_epi8(PJF_B64URL_REFUSED), lo)));
    __m128i underscore = _mm_cmpeq_epi8(chars, _mm_set1_epi8('_'));
    __m128i shift = _mm_add_epi8(_mm_shuffle_epi8(_mm_setr_epi8(PJF_B64URL_SHIFT), hi),
                                 _mm_and_si128(underscore, _mm_set1_epi8(33)));
    __m128i values = _mm_add_epi8(chars, shift);
    __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
    __m128i quads = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
    return _mm_shuffle_epi8(quads, _mm_setr_epi8(PJF_B64URL_PACK));
}

/* True when no decode16 refused anything. */
PJF_SSSE3_INLINE bool
pjf_b64url_all_good(__m128i bad)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8(bad, _mm_setzero_si128())) == 0xffff;
}

/* The last rest (1..15) characters of src[0, len), followed by 'A' (value 0) up to 16. */
PJF_SSSE3_INLINE __m128i
pjf_b64url_load_rest(const uint8_t *src, size_t len, size_t rest)
{
    /* A window on it selects the last `rest` bytes of 16 and clears the others. */
    static const int8_t slide[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1,
                                     -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    if (PJF_LIKELY(len >= 16)) {
        __m128i select = _mm_loadu_si128((const __m128i *)(slide + 16 - rest));
        __m128i chars = _mm_loadu_si128((const __m128i *)(src + len - 16));
        __m128i empty = _mm_cmplt_epi8(select, _mm_setzero_si128());
        return _mm_or_si128(_mm_shuffle_epi8(chars, select),
                            _mm_and_si128(empty, _mm_set1_epi8('A')));
    }
    char copy[16];
    memset(copy, 'A', sizeof(copy));
    memcpy(copy, src + len - rest, rest);
    return _mm_loadu_si128((const __m128i *)copy);
}

/* Decodes what the 32-character blocks left: src[i, len). */
PJF_SSSE3_INLINE __m128i
pjf_b64url_decode_blocks16(const uint8_t *src, size_t len, size_t i, uint8_t *out, __m128i bad)
{
    out += i / 4 * 3;
    for (; len - i >= 16; i += 16, out += 12) {
        __m128i chars = _mm_loadu_si128((const __m128i *)(src + i));
        _mm_storeu_si128((__m128i *)out, pjf_b64url_decode16(chars, &bad));
    }
    if (len != i) {
        __m128i chars = pjf_b64url_load_rest(src, len, len - i);
        _mm_storeu_si128((__m128i *)out, pjf_b64url_decode16(chars, &bad));
    }
    return bad;
}

/* Encodes 12 bytes, already spread by PJF_B64URL_SPREAD, to 16 characters. */
PJF_SSSE3_INLINE __m128i
pjf_b64url_encode_spread16(__m128i spread)
{
    /* Each 32 bits hold bytes 1 0 2 1 of a group: bring its four 6-bit fields to bytes. */
    __m128i fields02 = _mm_mulhi_epu16(_mm_and_si128(spread, _mm_set1_epi32(0x0fc0fc00)),
                                       _mm_set1_epi32(0x04000040));
    __m128i fields13 = _mm_mullo_epi16(_mm_and_si128(spread, _mm_set1_epi32(0x003f03f0)),
                                       _mm_set1_epi32(0x01000010));
    __m128i values = _mm_or_si128(fields02, fields13);
    /* Row of UNSHIFT: 0 for a..z, 1..10 digits, 11 '-', 12 '_', 13 for A..Z. */
    __m128i row = _mm_subs_epu8(values, _mm_set1_epi8(51));
    __m128i upper = _mm_cmplt_epi8(values, _mm_set1_epi8(26));
    row = _mm_or_si128(row, _mm_and_si128(upper, _mm_set1_epi8(13)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(_mm_setr_epi8(PJF_B64URL_UNSHIFT), row));
}

/* Encodes the 12 bytes at src + from to out + from / 3 * 4, out of a load that ends with the text;
 * they must be among its last 16 bytes. */
PJF_SSSE3_INLINE void
pjf_b64url_encode_last12(const uint8_t *src, size_t len, size_t from, char *out)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(src + len - 16));
    __m128i skip = _mm_set1_epi8((char)(from - (len - 16)));
    __m128i select = _mm_add_epi8(_mm_setr_epi8(PJF_B64URL_SPREAD), skip);
    _mm_storeu_si128((__m128i *)(out + from / 3 * 4),
                     pjf_b64url_encode_spread16(_mm_shuffle_epi8(bytes, select)));
}

/* Encodes src[i, len); i is a multiple of 3, len at least 16. */
PJF_SSSE3_INLINE void
pjf_b64url_encode_blocks12(const uint8_t *src, size_t len, size_t i, char *out)
{
    const size_t groups = len - len % 3; /* bytes in whole groups */
    for (; len - i >= 16; i += 12) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(src + i));
        _mm_storeu_si128((__m128i *)(out + i / 3 * 4),
                         pjf_b64url_encode_spread16(
                             _mm_shuffle_epi8(bytes, _mm_setr_epi8(PJF_B64URL_SPREAD))));
    }
    if (groups - i > 12) {
        pjf_b64url_encode_last12(src, len, i, out);
    }
    if (groups != i) {
        pjf_b64url_encode_last12(src, len, groups - 12, out);
    }
    pjf_b64url_encode_rest(src + groups, len - groups, out + groups / 3 * 4);
}

#endif
#endif
