#include "core/key_text.h"

#include "core/b64url.h"

/* ---- DER ---- */

uint8_t pjf_der_peek(pjf_span rest)
{
    return rest.len == 0 ? 0 : rest.ptr[0];
}

bool pjf_der_take(pjf_span *rest, uint8_t tag, pjf_span *content)
{
    if (rest->len < 2 || rest->ptr[0] != tag) {
        return false;
    }
    size_t header = 2;
    size_t len = rest->ptr[1];
    if (len >= 0x80) {
        size_t count = len & 0x7f;
        if (count == 0 || count > sizeof(uint32_t) || rest->len < 2 + count || rest->ptr[2] == 0) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < count; i++) {
            len = len << 8 | rest->ptr[2 + i];
        }
        if (len < 0x80) {
            return false;
        }
        header += count;
    }
    if (len > rest->len - header) {
        return false;
    }
    *content = (pjf_span){rest->ptr + header, len};
    rest->ptr += header + len;
    rest->len -= header + len;
    return true;
}

bool pjf_der_take_unsigned(pjf_span *rest, pjf_span *number)
{
    if (!pjf_der_take(rest, PJF_DER_INTEGER, number) || number->len == 0 ||
        number->ptr[0] >= 0x80) {
        return false;
    }
    return number->len == 1 || number->ptr[0] != 0 || number->ptr[1] >= 0x80;
}

bool pjf_der_take_number(pjf_span *rest, uint64_t *value)
{
    pjf_span number;
    if (!pjf_der_take_unsigned(rest, &number) || number.len > sizeof(*value)) {
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < number.len; i++) {
        *value = *value << 8 | number.ptr[i];
    }
    return true;
}

bool pjf_der_take_algorithm(pjf_span *rest, pjf_span *oid, pjf_span *parameters)
{
    return pjf_der_take(rest, PJF_DER_SEQUENCE, parameters) &&
           pjf_der_take(parameters, PJF_DER_OID, oid);
}

/* ---- base64 ---- */

pjf_status pjf_base64_decode(const pjf_lib *lib, pjf_span text, bool space, pjf_buf *out)
{
    pjf_buf clean;
    pjf_buf_init(&clean);
    size_t len;
    pjf_status status = pjf_buf_reserve(&clean, text.len);
    if (status == PJF_OK) {
        status = pjf_buf_reserve(out, pjf_b64url_decoded_max(text.len));
    }
    for (size_t i = 0; i < text.len && status == PJF_OK; i++) {
        uint8_t c = text.ptr[i];
        if (space && pjf_is_space(c)) {
            continue;
        }
        if (c == '-' || c == '_') {
            status = PJF_ERR_KEY_FORMAT;
        }
        clean.ptr[clean.len++] = (uint8_t)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    if (status == PJF_OK) {
        pjf_span url = {clean.ptr, clean.len};
        if (clean.len % 4 != 0 || pjf_b64url_decode_segment(lib->b64url, url, out->ptr + out->len,
                                                            &len, NULL) != PJF_OK) {
            status = PJF_ERR_KEY_FORMAT;
        } else {
            out->len += len;
        }
    }
    pjf_buf_free(&clean, true);
    return status;
}
