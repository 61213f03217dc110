/*
 * b64url_internal: what the three codecs share. Included by b64url*.c and nobody else.
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

#define PJF_B64URL_BAD 0xff

extern const char pjf_b64url_chars[64];     /* value -> character */
extern const uint8_t pjf_b64url_values[256]; /* character -> value, or PJF_B64URL_BAD */

void pjf_b64url_encode_portable(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_portable(const uint8_t *src, size_t len, uint8_t *out,
                                      size_t *out_len, size_t *offset);
#if PJF_B64URL_X86
void pjf_b64url_encode_ssse3(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_ssse3(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                   size_t *offset);
void pjf_b64url_encode_avx2(const uint8_t *src, size_t len, char *out);
pjf_status pjf_b64url_decode_avx2(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                  size_t *offset);
#endif

/* Says why text that a codec found unfit is unfit; it must hold a wrong character, have a wrong
 * length or stray bits. */
pjf_status pjf_b64url_explain(const uint8_t *src, size_t len, size_t *offset);

/* The decoded length of len characters. len % 4 must not be 1. */
static inline size_t
pjf_b64url_decoded_len(size_t len)
{
    return len / 4 * 3 + len % 4 * 3 / 4;
}

/* True when the last character has bits set that belong to no byte (RFC 4648 §3.5). Any answer will
 * do for a character outside the alphabet. */
static inline bool
pjf_b64url_stray_bits(const uint8_t *src, size_t len)
{
    static const uint8_t unused[4] = {0, 0, 0x0f, 0x03};
    return len != 0 && (pjf_b64url_values[src[len - 1]] & unused[len % 4]) != 0;
}

/* Encodes the last len (0, 1 or 2) bytes of a text. */
static inline void
pjf_b64url_encode_rest(const uint8_t *src, size_t len, char *out)
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
