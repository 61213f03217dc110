#include "core/json_scan.h"

#if PJF_JSON_SCAN

# include <immintrin.h>

static inline __m128i stops16(const uint8_t *p)
{
    return pjf_json_stops(_mm_loadu_si128((const __m128i *)p));
}

const uint8_t *pjf_json_skip_plain_sse2(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 64; p += 64) {
        __m128i first = _mm_or_si128(stops16(p), stops16(p + 16));
        __m128i second = _mm_or_si128(stops16(p + 32), stops16(p + 48));
        if (_mm_movemask_epi8(_mm_or_si128(first, second)) != 0) {
            break;
        }
    }
    return p;
}

# if PJF_JSON_SCAN_AVX2
#  define PJF_AVX2        __attribute__((target("avx2")))
#  define PJF_AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

/* The same of 32 bytes. */
PJF_AVX2_INLINE __m256i stops32(const uint8_t *p)
{
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)p);
    return _mm256_or_si256(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
                                           _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))),
                           _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), bytes));
}

PJF_AVX2 const uint8_t *pjf_json_skip_plain_avx2(const uint8_t *p, const uint8_t *end)
{
    for (; end - p >= 64; p += 64) {
        __m256i stops = _mm256_or_si256(stops32(p), stops32(p + 32));
        if (!_mm256_testz_si256(stops, stops)) {
            break;
        }
    }
    return p;
}
# endif

const uint8_t *pjf_json_skip_plain(const uint8_t *p, const uint8_t *end)
{
# if PJF_JSON_SCAN_AVX2
    if (PJF_LIKELY(__builtin_cpu_supports("avx2"))) {
        return pjf_json_skip_plain_avx2(p, end);
    }
# endif
    return pjf_json_skip_plain_sse2(p, end);
}

#else
typedef int pjf_json_scan_is_empty; /* ISO C wants a declaration in every file */
#endif
