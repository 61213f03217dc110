/* Blocks of 32 characters as b64url_x86.h does 16. */
#include "core/b64url_x86.h"

#if PJF_B64URL_X86

# define PJF_AVX2        __attribute__((target("avx2")))
# define PJF_AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

/* A row of constants in both halves. */
# define ROW(name) _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)rows->name))

PJF_AVX2_INLINE void decode32(__m256i chars, uint8_t *out, __m256i *bad)
{
    const pjf_b64url_decode_rows *const rows = &pjf_b64url_decoding;
    __m256i hi = _mm256_and_si256(_mm256_srli_epi32(chars, 4), ROW(low4));
    __m256i lo = _mm256_and_si256(chars, ROW(low4));
    __m256i wrong = _mm256_and_si256(_mm256_shuffle_epi8(ROW(classes), hi),
                                     _mm256_shuffle_epi8(ROW(refused), lo));
    __m256i underscore = _mm256_cmpeq_epi8(chars, ROW(underscore));
    __m256i values = _mm256_add_epi8(_mm256_add_epi8(chars, _mm256_shuffle_epi8(ROW(shift), hi)),
                                     _mm256_and_si256(underscore, ROW(underscore_shift)));
    __m256i pairs = _mm256_maddubs_epi16(values, ROW(join_pairs));
    __m256i quads = _mm256_madd_epi16(pairs, ROW(join_quads));
    __m256i halves = _mm256_shuffle_epi8(quads, ROW(pack));
    *bad = _mm256_or_si256(*bad, wrong);
    _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(halves));
    _mm_storeu_si128((__m128i *)(out + 12), _mm256_extracti128_si256(halves, 1));
}

PJF_AVX2 pjf_status pjf_b64url_decode_avx2(const uint8_t *src, size_t len, uint8_t *out,
                                           size_t *out_len, size_t *offset)
{
    __m256i bad = _mm256_setzero_si256();
    if (PJF_UNLIKELY(len < 32)) {
        return pjf_b64url_decode_ssse3(src, len, out, out_len, offset);
    }
    for (size_t i = 0; len - i > 32; i += 32) {
        __m256i chars = _mm256_loadu_si256((const __m256i *)(src + i));
        decode32(chars, out + i / 4 * 3, &bad);
    }
    const size_t whole = (len - 1) / 4 * 4;
    __m128i low = _mm_loadu_si128((const __m128i *)(src + whole - 28));
    __m128i high = pjf_b64url_load_last16(src, len, len - whole);
    __m256i last = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    decode32(last, out + (whole - 28) / 4 * 3, &bad);

    const size_t decoded = pjf_b64url_decoded_len(len);
    if (PJF_UNLIKELY(!_mm256_testz_si256(bad, bad) || out[decoded] != 0 || len % 4 == 1)) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = decoded;
    return PJF_OK;
}

/* Encodes 12 bytes of each half to 32 characters. */
PJF_AVX2_INLINE __m256i encode24(__m256i bytes)
{
    const pjf_b64url_encode_rows *const rows = &pjf_b64url_encoding;
    __m256i spread = _mm256_shuffle_epi8(bytes, ROW(spread));
    __m256i fields02 = _mm256_mulhi_epu16(_mm256_and_si256(spread, ROW(mask02)), ROW(multiply02));
    __m256i fields13 = _mm256_mullo_epi16(_mm256_and_si256(spread, ROW(mask13)), ROW(multiply13));
    __m256i values = _mm256_or_si256(fields02, fields13);
    __m256i kind = _mm256_subs_epu8(values, ROW(last_letter));
    __m256i upper = _mm256_cmpgt_epi8(ROW(after_upper), values);
    kind = _mm256_or_si256(kind, _mm256_and_si256(upper, ROW(upper_kind)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(ROW(shift), kind));
}

PJF_AVX2 void pjf_b64url_encode_avx2(const uint8_t *src, size_t len, char *out)
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
