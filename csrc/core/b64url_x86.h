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
 * Ends of texts are done without byte loops: the last block ends with the text, overlapping what is
 * done already, and when decoding is filled up with 'A' (value 0). So after a decoded text there is
 * always a zero byte, unless its last character has stray bits. Nothing outside the text is read.
 */
#ifndef PJF_B64URL_X86_H
#define PJF_B64URL_X86_H

#include "core/b64url_internal.h"

#if PJF_B64URL_X86

# include <immintrin.h>

# define PJF_SSSE3        __attribute__((target("ssse3")))
# define PJF_SSSE3_INLINE static inline __attribute__((target("ssse3"), always_inline))

/* Decodes 16 characters to 12 bytes and 4 zeros; what is wrong is or-ed into *bad. */
PJF_SSSE3_INLINE __m128i pjf_b64url_decode16(__m128i chars, __m128i *bad)
{
    const pjf_b64url_decode_rows *const rows = &pjf_b64url_decoding;
# define ROW(name) _mm_load_si128((const __m128i *)rows->name)
    __m128i hi = _mm_and_si128(_mm_srli_epi32(chars, 4), ROW(low4));
    __m128i lo = _mm_and_si128(chars, ROW(low4));
    __m128i wrong =
        _mm_and_si128(_mm_shuffle_epi8(ROW(classes), hi), _mm_shuffle_epi8(ROW(refused), lo));
    __m128i underscore = _mm_cmpeq_epi8(chars, ROW(underscore));
    __m128i values = _mm_add_epi8(_mm_add_epi8(chars, _mm_shuffle_epi8(ROW(shift), hi)),
                                  _mm_and_si128(underscore, ROW(underscore_shift)));
    __m128i pairs = _mm_maddubs_epi16(values, ROW(join_pairs));
    __m128i quads = _mm_madd_epi16(pairs, ROW(join_quads));
    *bad = _mm_or_si128(*bad, wrong);
    return _mm_shuffle_epi8(quads, ROW(pack));
# undef ROW
}

/* The last 12 + rest (1..4) characters before src + len, followed by 'A' up to 16. They lie in the
 * last 16 characters of a text, of which there must be that many. */
PJF_SSSE3_INLINE __m128i pjf_b64url_load_last16(const uint8_t *src, size_t len, size_t rest)
{
    const pjf_b64url_rest_rows *const rows = &pjf_b64url_rests[rest - 1];
    __m128i chars = _mm_loadu_si128((const __m128i *)(src + len - 16));
    return _mm_or_si128(_mm_shuffle_epi8(chars, _mm_load_si128((const __m128i *)rows->select)),
                        _mm_load_si128((const __m128i *)rows->fill));
}

/* Encodes 12 bytes, shuffled to 1 0 2 1 of each group of three, to 16 characters. */
PJF_SSSE3_INLINE __m128i pjf_b64url_encode_spread16(__m128i spread)
{
    const pjf_b64url_encode_rows *const rows = &pjf_b64url_encoding;
# define ROW(name) _mm_load_si128((const __m128i *)rows->name)
    __m128i fields02 = _mm_mulhi_epu16(_mm_and_si128(spread, ROW(mask02)), ROW(multiply02));
    __m128i fields13 = _mm_mullo_epi16(_mm_and_si128(spread, ROW(mask13)), ROW(multiply13));
    __m128i values = _mm_or_si128(fields02, fields13);
    __m128i kind = _mm_subs_epu8(values, ROW(last_letter));
    __m128i upper = _mm_cmplt_epi8(values, ROW(after_upper));
    kind = _mm_or_si128(kind, _mm_and_si128(upper, ROW(upper_kind)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(ROW(shift), kind));
# undef ROW
}

/* Encodes the 12 bytes at src + from to out + from / 3 * 4, out of a load that ends with the text;
 * they must be among its last 16 bytes. */
PJF_SSSE3_INLINE void pjf_b64url_encode_last12(const uint8_t *src, size_t len, size_t from,
                                               char *out)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(src + len - 16));
    __m128i skip = _mm_set1_epi8((char)(from - (len - 16)));
    __m128i select =
        _mm_add_epi8(_mm_load_si128((const __m128i *)pjf_b64url_encoding.spread), skip);
    _mm_storeu_si128((__m128i *)(out + from / 3 * 4),
                     pjf_b64url_encode_spread16(_mm_shuffle_epi8(bytes, select)));
}

/* Encodes src[i, len); i is a multiple of 3, len at least 16. */
PJF_SSSE3_INLINE void pjf_b64url_encode_blocks12(const uint8_t *src, size_t len, size_t i,
                                                 char *out)
{
    const __m128i spread = _mm_load_si128((const __m128i *)pjf_b64url_encoding.spread);
    const size_t groups = len - len % 3; /* bytes in whole groups */
    for (; len - i >= 16; i += 12) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(src + i));
        _mm_storeu_si128((__m128i *)(out + i / 3 * 4),
                         pjf_b64url_encode_spread16(_mm_shuffle_epi8(bytes, spread)));
    }
    if (groups - i > 12) { /* 15 are left: too few for a load from here on */
        pjf_b64url_encode_last12(src, len, i, out);
    }
    if (groups != i) {
        pjf_b64url_encode_last12(src, len, groups - 12, out);
    }
    pjf_b64url_encode_rest(src + groups, len - groups, out + groups / 3 * 4);
}

#endif
#endif
