/*
 * b64url_internal: what the codecs share. Included by b64url*.c and nobody else.
 */
#ifndef PJF_B64URL_INTERNAL_H
#define PJF_B64URL_INTERNAL_H

#include "core/b64url.h"

/* x86-64 with GCC's target attributes: the SIMD codecs are compiled whatever -march says, and
 * chosen at run time. */
#if defined(__x86_64__) && defined(__GNUC__)
# define PJF_B64URL_X86 1
#else
# define PJF_B64URL_X86 0
#endif

/* NEON is part of AArch64: nothing to ask the CPU for. */
#if defined(__aarch64__) && defined(__ARM_NEON)
# define PJF_B64URL_AARCH64 1
#else
# define PJF_B64URL_AARCH64 0
#endif

#define PJF_B64URL_BAD 0xff

extern const char pjf_b64url_chars[64];      /* value -> character */
extern const uint8_t pjf_b64url_values[256]; /* character -> value, or PJF_B64URL_BAD */

void pjf_b64url_encode_portable(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_portable(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                      size_t *offset);
#if PJF_B64URL_X86
/* Constants of the x86 codecs, each repeated to 16 bytes; what they are for is in b64url_x86.h. */
typedef struct pjf_b64url_decode_rows {
    _Alignas(16) uint8_t low4[16];
    uint8_t classes[16], refused[16];
    int8_t shift[16];
    uint8_t underscore[16], underscore_shift[16];
    uint8_t join_pairs[16], join_quads[16];
    int8_t pack[16];
} pjf_b64url_decode_rows;

/* How to fill up the last block of a text: one row per number of characters in its last group. */
typedef struct pjf_b64url_rest_rows {
    _Alignas(16) int8_t select[16];
    uint8_t fill[16];
} pjf_b64url_rest_rows;

typedef struct pjf_b64url_encode_rows {
    _Alignas(16) uint8_t spread[16];
    uint8_t mask02[16], multiply02[16], mask13[16], multiply13[16];
    uint8_t last_letter[16], after_upper[16], upper_kind[16];
    int8_t shift[16]; /* by kind: 0 a..z, 1..10 digits, 11 '-', 12 '_', 13 A..Z */
} pjf_b64url_encode_rows;

extern const pjf_b64url_decode_rows pjf_b64url_decoding;
extern const pjf_b64url_rest_rows pjf_b64url_rests[4];
extern const pjf_b64url_encode_rows pjf_b64url_encoding;

void pjf_b64url_encode_ssse3(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_ssse3(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                   size_t *offset);
void pjf_b64url_encode_avx2(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_avx2(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                  size_t *offset);
#endif

#if PJF_B64URL_AARCH64
void pjf_b64url_encode_neon(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_neon(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                  size_t *offset);
#endif

/* Says why text that a codec found unfit is unfit; it must hold a wrong character, have a wrong
 * length or stray bits. */
PJF_COLD pjf_status pjf_b64url_explain(const uint8_t *src, size_t len, size_t *offset);

/* The decoded length of len characters. len % 4 must not be 1. */
static inline size_t pjf_b64url_decoded_len(size_t len)
{
    return len / 4 * 3 + len % 4 * 3 / 4;
}

/* Encodes the last len (0, 1 or 2) bytes of a text. */
static inline void pjf_b64url_encode_rest(const uint8_t *src, size_t len, char *out)
{
    if (len == 0) {
        return;
    }
    unsigned bits = (unsigned)src[0] << 16;
    if (len == 2) {
        bits |= (unsigned)src[1] << 8;
        out[2] = pjf_b64url_chars[bits >> 6 & 63];
    }
    out[0] = pjf_b64url_chars[bits >> 18];
    out[1] = pjf_b64url_chars[bits >> 12 & 63];
}

#endif
