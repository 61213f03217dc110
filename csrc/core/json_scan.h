/*
 * json_scan: long runs of plain characters in JSON strings (RFC 8259 §7), by the widest vectors
 * that the CPU has. Short strings are json_lex.h's.
 */
#ifndef PJF_JSON_SCAN_H
#define PJF_JSON_SCAN_H

#include "core/base.h"

#if defined(__SSE2__)
# include <emmintrin.h>

# define PJF_JSON_SCAN 1

/* The bytes that a plain run ends at are stops: a quote, a backslash, a control character, a byte
 * that is not ASCII. A mark in each byte that is one. */
static inline __m128i pjf_json_stops(__m128i bytes)
{
    /* Signed: below ' ' are the controls and everything from 0x80 on. All three comparisons are
     * cheap ones of a vector with a constant. */
    return _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
                        _mm_cmpgt_epi8(_mm_set1_epi8(' '), bytes));
}

/* Moves p on by whole blocks of 64 bytes that have no stop, and returns where it has got to: fewer
 * than 64 bytes before end, or at a block with a stop. */
const uint8_t *pjf_json_skip_plain(const uint8_t *p, const uint8_t *end);

/* The ways it may take, for the tests. AVX2 only where the CPU has it. */
const uint8_t *pjf_json_skip_plain_sse2(const uint8_t *p, const uint8_t *end);
# if defined(__x86_64__) && defined(__GNUC__)
#  define PJF_JSON_SCAN_AVX2 1
const uint8_t *pjf_json_skip_plain_avx2(const uint8_t *p, const uint8_t *end);
# endif
#endif

#endif
