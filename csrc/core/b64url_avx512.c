/*
 * Blocks of 64 characters with AVX-512 VBMI, whose byte permutations serve as the codec's tables:
 * one instruction looks up all 128 rows of ASCII, one the alphabet. Masked loads and stores do the
 * end of a text; bytes masked out are not touched and can't fault.
 */
#include "core/b64url_internal.h"

#if PJF_B64URL_X86

# include <immintrin.h>

# define PJF_AVX512 __attribute__((target("avx512vbmi,avx512bw,avx512f")))
# define PJF_AVX512_INLINE \
     static inline __attribute__((target("avx512vbmi,avx512bw,avx512f"), always_inline))

# define EACH16(row)                                                                          \
     row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7), row(8), row(9), row(10), \
         row(11), row(12), row(13), row(14), row(15)
# define PACK(i)   4 * (i) + 2, 4 * (i) + 1, 4 * (i)
# define SPREAD(i) 3 * (i) + 1, 3 * (i), 3 * (i) + 2, 3 * (i) + 1

/* Byte 2 1 0 of each group of four; the 16 bytes past them are masked out. */
static const uint8_t pack[64] = {EACH16(PACK)};
/* Bytes 1 0 2 1 of each group of three. */
static const uint8_t spread[64] = {EACH16(SPREAD)};

/* The lowest count (at most 64) bits set. */
static inline uint64_t low_bits(size_t count)
{
    return count >= 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* Decodes 64 characters to 48 bytes and 16 zeros. Bit 7 of a byte of *bad is set for a character
 * outside the alphabet. */
PJF_AVX512_INLINE __m512i decode64(__m512i chars, __m512i *bad)
{
    const __m512i low = _mm512_loadu_si512(pjf_b64url_values);
    const __m512i high = _mm512_loadu_si512(pjf_b64url_values + 64);
    __m512i values = _mm512_permutex2var_epi8(low, chars, high); /* ignores bit 7 of chars */
    __m512i pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
    __m512i quads = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
    *bad = _mm512_or_si512(*bad, _mm512_or_si512(values, chars));
    return _mm512_maskz_permutexvar_epi8(low_bits(48), _mm512_loadu_si512(pack), quads);
}

PJF_AVX512 pjf_status pjf_b64url_decode_avx512(const uint8_t *src, size_t len, uint8_t *out,
                                               size_t *out_len, size_t *offset)
{
    __m512i bad = _mm512_setzero_si512();
    size_t i = 0;
    for (; len - i > 64; i += 64) {
        _mm512_storeu_si512(out + i / 4 * 3, decode64(_mm512_loadu_si512(src + i), &bad));
    }
    /* Filled up with 'A' (value 0): what follows the decoded text is zero unless bits are stray. */
    __m512i rest = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), low_bits(len - i), src + i);
    __m512i bytes = decode64(rest, &bad);
    _mm512_storeu_si512(out + i / 4 * 3, bytes);

    const size_t decoded = pjf_b64url_decoded_len(len);
    const uint64_t stray = _mm512_test_epi8_mask(bytes, bytes) >> (decoded - i / 4 * 3);
    if (PJF_UNLIKELY((_mm512_movepi8_mask(bad) | stray) != 0 || len % 4 == 1)) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = decoded;
    return PJF_OK;
}

/* Encodes 48 bytes to 64 characters. */
PJF_AVX512_INLINE __m512i encode48(__m512i bytes)
{
    /* Where the four fields of 6 bits begin in each 32 bits of a group. */
    const __m512i fields = _mm512_set1_epi64(0x3036242a1016040a);
    __m512i groups = _mm512_permutexvar_epi8(_mm512_loadu_si512(spread), bytes);
    __m512i values = _mm512_multishift_epi64_epi8(fields, groups);
    return _mm512_permutexvar_epi8(values, _mm512_loadu_si512(pjf_b64url_chars));
}

PJF_AVX512 void pjf_b64url_encode_avx512(const uint8_t *src, size_t len, char *out)
{
    size_t i = 0;
    for (; len - i >= 64; i += 48) {
        _mm512_storeu_si512(out + i / 3 * 4, encode48(_mm512_loadu_si512(src + i)));
    }
    for (; i < len; i += 48) { /* twice for 49 to 63 bytes */
        const size_t count = len - i < 48 ? len - i : 48;
        __m512i bytes = _mm512_maskz_loadu_epi8(low_bits(count), src + i);
        _mm512_mask_storeu_epi8(out + i / 3 * 4, low_bits(pjf_b64url_encoded_len(count)),
                                encode48(bytes));
    }
}

#else
typedef int pjf_b64url_avx512_is_empty; /* ISO C wants a declaration in every file */
#endif
