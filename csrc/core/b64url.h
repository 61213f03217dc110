/*
 * b64url: base64url of RFC 4648 §5, strict. Text without padding is canonical; a correct trailing
 * '=' padding (to a multiple of four) is accepted on decoding, as PyJWT >= 2.15.1 does. Anything
 * else is refused: other characters, impossible lengths, unused bits that are not zero.
 *
 * Codecs with the same results: portable; SSSE3 and AVX2 on x86-64, NEON on AArch64. They are
 * constant tables; the caller takes the best one the CPU has (pjf_lib keeps it), and tests take
 * each by name. An AVX-512 codec was faster by itself and made the SHA code after it slower.
 */
#ifndef PJF_B64URL_H
#define PJF_B64URL_H

#include "core/base.h"

typedef enum pjf_b64url_path {
    PJF_B64URL_PORTABLE,
    PJF_B64URL_SSSE3,
    PJF_B64URL_AVX2,
    PJF_B64URL_NEON,
    PJF_B64URL_PATH_COUNT
} pjf_b64url_path;

typedef struct pjf_b64url_codec {
    const char *name; /* "portable", "ssse3", "avx2", "neon" */
    /* Writes exactly pjf_b64url_encoded_len(len) characters, no terminator. Reads no byte outside
     * [src, src + len), writes none outside the result. src and out must not overlap. */
    void (*encode)(const uint8_t *src, size_t len, char *out);
    /* Decodes unpadded text (no '='). out has room for pjf_b64url_decoded_max(len) bytes, all of
     * which may be written. On success *out_len is the decoded length. On failure *offset (may be
     * NULL) is the first offending character's index, or len for a wrong length; out is undefined.
     */
    pjf_status (*decode)(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                         size_t *offset);
} pjf_b64url_codec;

/* The codec of one path, or NULL when this CPU (or build) lacks it. */
const pjf_b64url_codec *pjf_b64url_codec_get(pjf_b64url_path path);

/* The fastest codec this CPU has; never NULL. */
const pjf_b64url_codec *pjf_b64url_codec_best(void);

/* Characters of the unpadded encoding of len bytes. len must be at most SIZE_MAX / 2. */
static inline size_t pjf_b64url_encoded_len(size_t len)
{
    return len / 3 * 4 + (len % 3 == 0 ? 0 : len % 3 + 1);
}

/* Output room that decode() needs for len characters: the decoded length, plus slack for wide
 * stores. */
static inline size_t pjf_b64url_decoded_max(size_t len)
{
    return len / 4 * 3 + 3 + 32;
}

/* The part of pjf_b64url_decode_segment that deals with '='. */
PJF_COLD pjf_status pjf_b64url_decode_padded(const pjf_b64url_codec *codec, pjf_span text,
                                             uint8_t *out, size_t *out_len, size_t *offset);

/* Strict decoding of a JWS segment: correct trailing padding is stripped, the rest is decode().
 * Same buffers and results as pjf_b64url_codec.decode, and PJF_ERR_B64_PADDING at the first '=' of
 * a padding that is not correct. */
static inline pjf_status pjf_b64url_decode_segment(const pjf_b64url_codec *codec, pjf_span text,
                                                   uint8_t *out, size_t *out_len, size_t *offset)
{
    if (text.len != 0 && PJF_UNLIKELY(text.ptr[text.len - 1] == '=')) {
        return pjf_b64url_decode_padded(codec, text, out, out_len, offset);
    }
    return codec->decode(text.ptr, text.len, out, out_len, offset);
}

#endif
