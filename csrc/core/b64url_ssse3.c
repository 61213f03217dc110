#include "core/b64url_x86.h"

#if PJF_B64URL_X86

PJF_SSSE3 void
pjf_b64url_encode_ssse3(const uint8_t *src, size_t len, char *out)
{
    if (len < 16) {
        pjf_b64url_encode_portable(src, len, out);
        return;
    }
    pjf_b64url_encode_blocks12(src, len, 0, out);
}

PJF_SSSE3 pjf_status
pjf_b64url_decode_ssse3(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                        size_t *offset)
{
    __m128i bad = pjf_b64url_decode_blocks16(src, len, 0, out, _mm_setzero_si128());
    if (PJF_UNLIKELY(!pjf_b64url_all_good(bad) || len % 4 == 1 ||
                     pjf_b64url_stray_bits(src, len))) {
        return pjf_b64url_explain(src, len, offset);
    }
    *out_len = pjf_b64url_decoded_len(len);
    return PJF_OK;
}

#else
typedef int pjf_b64url_ssse3_is_empty; /* ISO C wants a declaration in every file */
#endif
