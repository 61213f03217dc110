/*
 * ECDSA (RFC 7518 §3.4, RFC 8812 §3.2). A JWS carries r and s, each with the length of the curve;
 * OpenSSL takes and gives the DER of RFC 3279 §2.2.3:
 *
 *     SEQUENCE { r INTEGER, s INTEGER }
 *
 * whose writing and reading is all that happens here. Exactly one DER stands for a pair of numbers,
 * and exactly one pair for a DER.
 */
#include "core/sig_evp.h"

#include <string.h>

#define DER_SEQUENCE 0x30
#define DER_INTEGER  0x02
#define DER_LONG_1   0x81 /* the length follows in one byte */

/* Appends the INTEGER of an unsigned big-endian number; zero, which no signature has, is false. */
static bool write_number(uint8_t **at, const uint8_t *number, size_t len)
{
    while (len != 0 && number[0] == 0) {
        number++;
        len--;
    }
    if (len == 0) {
        return false;
    }
    uint8_t *out = *at;
    size_t sign = number[0] >> 7; /* a zero keeps it positive */
    *out++ = DER_INTEGER;
    *out++ = (uint8_t)(len + sign);
    *out = 0;
    out += sign;
    memcpy(out, number, len);
    *at = out + len;
    return true;
}

bool pjf_ecdsa_write_der(const uint8_t *raw, size_t len, uint8_t out[PJF_ECDSA_DER_MAX],
                         size_t *out_len)
{
    uint8_t content[PJF_ECDSA_DER_MAX];
    uint8_t *end = content;
    if (!write_number(&end, raw, len) || !write_number(&end, raw + len, len)) {
        return false;
    }
    size_t content_len = (size_t)(end - content), head = 0;
    out[head++] = DER_SEQUENCE;
    if (content_len > 127) {
        out[head++] = DER_LONG_1;
    }
    out[head++] = (uint8_t)content_len;
    memcpy(out + head, content, content_len);
    *out_len = head + content_len;
    return true;
}

/* Reads an INTEGER in its shortest form, positive and of at most len bytes, into exactly len. */
static bool read_number(pjf_span *der, uint8_t *out, size_t len)
{
    if (der->len < 3 || der->ptr[0] != DER_INTEGER) {
        return false;
    }
    const uint8_t *number = der->ptr + 2;
    size_t number_len = der->ptr[1], whole = 2 + number_len;
    if (number_len == 0 || whole > der->len || number[0] > 127) {
        return false;
    }
    if (number[0] == 0) { /* only to keep it positive; zero itself is no part of a signature */
        if (number_len == 1 || number[1] < 128) {
            return false;
        }
        number++;
        number_len--;
    }
    if (number_len > len) {
        return false;
    }
    memset(out, 0, len - number_len);
    memcpy(out + len - number_len, number, number_len);
    *der = (pjf_span){der->ptr + whole, der->len - whole};
    return true;
}

bool pjf_ecdsa_read_der(pjf_span der, size_t len, uint8_t *raw)
{
    size_t head = der.len > 127 + 2 ? 3 : 2;
    if (der.len < head || der.ptr[0] != DER_SEQUENCE || der.ptr[head - 1] != der.len - head ||
        (head == 3 && der.ptr[1] != DER_LONG_1)) {
        return false;
    }
    der = (pjf_span){der.ptr + head, der.len - head};
    return read_number(&der, raw, len) && read_number(&der, raw + len, len) && der.len == 0;
}

pjf_status pjf_ecdsa_sign(const pjf_evp_call *call, pjf_span message, uint8_t *out, size_t *out_len)
{
    uint8_t der[PJF_ECDSA_DER_MAX];
    size_t der_len = sizeof(der), len = call->curve->len;
    pjf_status status = pjf_evp_sign_digest(call, NULL, message, der, &der_len);
    if (status != PJF_OK) {
        return status;
    }
    *out_len = 2 * len;
    return pjf_ecdsa_read_der((pjf_span){der, der_len}, len, out) ? PJF_OK : PJF_ERR_CRYPTO;
}

pjf_status pjf_ecdsa_verify(const pjf_evp_call *call, pjf_span message, pjf_span signature)
{
    uint8_t der[PJF_ECDSA_DER_MAX];
    size_t der_len, len = call->curve->len;
    if (signature.len != 2 * len || !pjf_ecdsa_write_der(signature.ptr, len, der, &der_len)) {
        return PJF_ERR_SIGNATURE;
    }
    return pjf_evp_verify_digest(call, NULL, message, (pjf_span){der, der_len});
}
