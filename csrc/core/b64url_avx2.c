/* Blocks of 32 characters as b64url_x86.h does 16; the ends of texts are left to its functions. */
#include "core/b64url_x86.h"

#if PJF_B64URL_X86

# define PJF_AVX2 __attribute__((target("avx2")))
# define PJF_AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

/* The same 16 bytes in both halves. */
# define BOTH(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

PJF_AVX2_INLINE __m256i
decode32(__m256i chars, __m256i *bad)
{
    const __m256i low4 = _mm256_set1_epi8(0x0f);
    __m256i hi = _mm256_and_si256(_mm256_srli_epi32(chars, 4), low4);
    __m256i lo = _mm256_and_si256(chars, low4);
    *bad = _mm256_or_si256(*bad,
                           _mm256_and_si256(_mm256_shuffle_epi8(BOTH(PJF_B64URL_CLASSES), hi),
                                            _mm256_shuffle_epi8(BOTH(PJF_B64URL_REFUSED), lo)));
    __m256i underscore = _mm256_cmpeq_epi8(chars, _mm256_set1_epi8('_'));
    __m256i shift = _mm256_add_epi8(_mm256_shuffle_epi8(BOTH(PJF_B64URL_SHIFT), hi),
                                    _mm256_and_si256(underscore, _mm256_set1_epi8(33)));
    __m256i values = _mm256_add_epi8(chars, shift);
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i halves = _mm256_shuffle_epi8(quads, BOTH(PJF_B64URL_PACK));
    return _mm256_permutevar8x32_epi32(halves, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

PJF_AVX2 pjf_status
pjf_b64url_decode_avx2(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                       size_t *offset)
{
    __m256i bad32 = _mm256_setzero_si256();
    size_t i = 0;
    for (; len - i >= 32; i += 32) {
        __m256i chars = _mm256_loadu_si256((const __m256i *)(src + i));
        _mm256_storeu_si256((__m256i *)(out + i / 4 * 3), decode32(chars, &bad32));
    }
    __m128i bad =
        _mm_or_si128(_mm256_castsi256_si128(bad32), _mm256_extracti128_si256(bad32, 1));
    bad = pjf_b64url_decode_blocks16(src, len, i, out, bad);
    if (PJF_UNLIKELY(!pjf_b64url_all_good(bad) || len % 4 == 1 ||
                     pjf_b64url_stray_bits(src, len))) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = pjf_b64url_decoded_len(len);
    return PJF_OK;
}

/* Encodes 12 bytes of each half to 32 characters. */
PJF_AVX2_INLINE __m256i
encode24(__m256i bytes)
{
    __m256i spread = _mm256_shuffle_epi8(bytes, BOTH(PJF_B64URL_SPREAD));
    __m256i fields02 = _mm256_mulhi_epu16(_mm256_and_si256(spread, _mm256_set1_epi32(0x0fc0fc00)),
                                          _mm256_set1_epi32(0x04000040));
    __m256i fields13 = _mm256_mullo_epi16(_mm256_and_si256(spread, _mm256_set1_epi32(0x003f03f0)),
                                          _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(fields02, fields13);
    __m256i row = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    row = _mm256_or_si256(row, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(BOTH(PJF_B64URL_UNSHIFT), row));
}

PJF_AVX2 void
pjf_b64url_encode_avx2(const uint8_t *src, size_t len, char *out)
{
    size_t i = 0;
    if (len < 16) {
        pjf_b64url_encode_portable(src, len, out);
        return;
    }
    for (; len - i >= 28; i += 24) { /* the second load ends 28 bytes on */
        __m128i low = _mm_loadu_si128((const __m128i *)(src + i));
        __m128i high = _mm_loadu_si128((const __m128i *)(src + i + 12));
        __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
        _mm256_storeu_si256((__m256i *)(out + i / 3 * 4), encode24(bytes));
    }
    pjf_b64url_encode_blocks12(src, len, i, out);
}

#else
typedef int pjf_b64url_avx2_is_empty; /* ISO C wants a declaration in every file */
#endif
