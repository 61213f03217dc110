/*
 * The codec of AArch64, where every CPU has these instructions. Loads and stores that deal
 * characters and bytes out to four and three registers do most of the work: lane i of the registers
 * is group i of the text, so a group is put together by shifts alone, and the whole alphabet fits a
 * table look-up. Decoding, the two halves of the ASCII table are looked up apart: an index outside
 * a table gives 0.
 *
 * Nothing outside the text is read. The last block of a text overlaps what is done already, and is
 * filled up with 'A' (value 0) when decoding: so the byte behind a decoded text that ends within a
 * group is zero, unless its last character has stray bits.
 */
#include "core/b64url_internal.h"

#if PJF_B64URL_AARCH64

# include <arm_neon.h>
# include <string.h>

static inline uint8x16x4_t table64(const uint8_t *bytes)
{
    uint8x16x4_t table = {
        {vld1q_u8(bytes), vld1q_u8(bytes + 16), vld1q_u8(bytes + 32), vld1q_u8(bytes + 48)}};
    return table;
}

/* The values of 16 characters. What is wrong sets bit 7 in *bad: PJF_B64URL_BAD of the tables, or a
 * character that is not ASCII. */
static inline uint8x16_t values16(uint8x16_t chars, uint8x16x4_t low, uint8x16x4_t high,
                                  uint8x16_t *bad)
{
    uint8x16_t other = veorq_u8(chars, vdupq_n_u8(64)); /* below 64 for characters from 64 to 127 */
    uint8x16_t values = vorrq_u8(vqtbl4q_u8(low, chars), vqtbl4q_u8(high, other));
    *bad = vorrq_u8(*bad, vorrq_u8(values, chars));
    return values;
}

/* Decodes 64 characters to 48 bytes. */
static inline void decode64(const uint8_t *src, uint8_t *out, uint8x16x4_t low, uint8x16x4_t high,
                            uint8x16_t *bad)
{
    uint8x16x4_t chars = vld4q_u8(src);
    uint8x16_t a = values16(chars.val[0], low, high, bad);
    uint8x16_t b = values16(chars.val[1], low, high, bad);
    uint8x16_t c = values16(chars.val[2], low, high, bad);
    uint8x16_t d = values16(chars.val[3], low, high, bad);
    uint8x16x3_t bytes = {{vorrq_u8(vshlq_n_u8(a, 2), vshrq_n_u8(b, 4)),
                           vorrq_u8(vshlq_n_u8(b, 4), vshrq_n_u8(c, 2)),
                           vorrq_u8(vshlq_n_u8(c, 6), d)}};
    vst3q_u8(out, bytes);
}

/* Decodes 32 characters to 24 bytes. */
static inline void decode32(const uint8_t *src, uint8_t *out, uint8x16x4_t low, uint8x16x4_t high,
                            uint8x16_t *bad)
{
    uint8x8x4_t chars = vld4_u8(src);
    uint8x16_t ab = values16(vcombine_u8(chars.val[0], chars.val[1]), low, high, bad);
    uint8x16_t cd = values16(vcombine_u8(chars.val[2], chars.val[3]), low, high, bad);
    uint8x8_t a = vget_low_u8(ab), b = vget_high_u8(ab);
    uint8x8_t c = vget_low_u8(cd), d = vget_high_u8(cd);
    uint8x8x3_t bytes = {{vorr_u8(vshl_n_u8(a, 2), vshr_n_u8(b, 4)),
                          vorr_u8(vshl_n_u8(b, 4), vshr_n_u8(c, 2)), vorr_u8(vshl_n_u8(c, 6), d)}};
    vst3_u8(out, bytes);
}

pjf_status pjf_b64url_decode_neon(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                  size_t *offset)
{
    if (len < 32) {
        return pjf_b64url_decode_portable(src, len, out, out_len, offset);
    }
    const uint8x16x4_t low = table64(pjf_b64url_values), high = table64(pjf_b64url_values + 64);
    uint8x16_t bad = vdupq_n_u8(0);
    size_t i = 0;
    for (; len - i >= 64; i += 64) {
        decode64(src + i, out + i / 4 * 3, low, high, &bad);
    }
    if (len - i >= 32) {
        decode32(src + i, out + i / 4 * 3, low, high, &bad);
    }
    const size_t whole = (len - 1) / 4 * 4; /* where the last group starts */
    uint8_t last[32];
    memcpy(last, src + whole - 28, 28);
    for (size_t at = 0; at < 4; at++) {
        last[28 + at] = whole + at < len ? src[whole + at] : 'A';
    }
    decode32(last, out + (whole - 28) / 4 * 3, low, high, &bad);

    const size_t decoded = pjf_b64url_decoded_len(len);
    const bool stray = len % 4 != 0 && out[decoded] != 0;
    if (PJF_UNLIKELY(vmaxvq_u8(bad) > 127 || stray || len % 4 == 1)) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = decoded;
    return PJF_OK;
}

/* Encodes 48 bytes to 64 characters. */
static inline void encode48(const uint8_t *src, char *out, uint8x16x4_t alphabet)
{
    const uint8x16_t six = vdupq_n_u8(63);
    uint8x16x3_t bytes = vld3q_u8(src);
    uint8x16_t x = bytes.val[0], y = bytes.val[1], z = bytes.val[2];
    uint8x16_t b = vandq_u8(vorrq_u8(vshlq_n_u8(x, 4), vshrq_n_u8(y, 4)), six);
    uint8x16_t c = vandq_u8(vorrq_u8(vshlq_n_u8(y, 2), vshrq_n_u8(z, 6)), six);
    uint8x16x4_t chars = {{vqtbl4q_u8(alphabet, vshrq_n_u8(x, 2)), vqtbl4q_u8(alphabet, b),
                           vqtbl4q_u8(alphabet, c), vqtbl4q_u8(alphabet, vandq_u8(z, six))}};
    vst4q_u8((uint8_t *)out, chars);
}

/* Encodes 24 bytes to 32 characters. */
static inline void encode24(const uint8_t *src, char *out, uint8x16x4_t alphabet)
{
    const uint8x8_t six = vdup_n_u8(63);
    uint8x8x3_t bytes = vld3_u8(src);
    uint8x8_t x = bytes.val[0], y = bytes.val[1], z = bytes.val[2];
    uint8x8_t b = vand_u8(vorr_u8(vshl_n_u8(x, 4), vshr_n_u8(y, 4)), six);
    uint8x8_t c = vand_u8(vorr_u8(vshl_n_u8(y, 2), vshr_n_u8(z, 6)), six);
    uint8x8x4_t chars = {{vqtbl4_u8(alphabet, vshr_n_u8(x, 2)), vqtbl4_u8(alphabet, b),
                          vqtbl4_u8(alphabet, c), vqtbl4_u8(alphabet, vand_u8(z, six))}};
    vst4_u8((uint8_t *)out, chars);
}

void pjf_b64url_encode_neon(const uint8_t *src, size_t len, char *out)
{
    if (len < 24) {
        pjf_b64url_encode_portable(src, len, out);
        return;
    }
    const uint8x16x4_t alphabet = table64((const uint8_t *)pjf_b64url_chars);
    const size_t groups = len - len % 3; /* bytes in whole groups */
    size_t i = 0;
    for (; groups - i >= 48; i += 48) {
        encode48(src + i, out + i / 3 * 4, alphabet);
    }
    if (groups - i >= 24) {
        encode24(src + i, out + i / 3 * 4, alphabet);
        i += 24;
    }
    if (groups != i) {
        encode24(src + groups - 24, out + (groups - 24) / 3 * 4, alphabet);
    }
    pjf_b64url_encode_rest(src + groups, len - groups, out + groups / 3 * 4);
}

#else
typedef int pjf_b64url_neon_is_empty; /* ISO C wants a declaration in every file */
#endif
