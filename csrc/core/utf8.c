#include "core/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The first byte of [ptr, end) that is not ASCII, or end. */
static const uint8_t *skip_ascii(const uint8_t *ptr, const uint8_t *end)
{
    for (; end - ptr >= 8; ptr += 8) {
        uint64_t word;
        memcpy(&word, ptr, sizeof(word));
        if ((word & HIGH_BITS) != 0) {
            break;
        }
    }
    while (ptr != end && *ptr < 0x80) {
        ptr++;
    }
    return ptr;
}

bool pjf_utf8_is_ascii(const uint8_t *ptr, size_t len)
{
    return len == 0 || skip_ascii(ptr, ptr + len) == ptr + len;
}

pjf_status pjf_utf8_validate(const uint8_t *ptr, size_t len, size_t *offset)
{
    if (len == 0) {
        return PJF_OK;
    }
    const uint8_t *at = ptr;
    const uint8_t *const end = ptr + len;
    while ((at = skip_ascii(at, end)) != end) {
        size_t sequence = pjf_utf8_sequence(at, end);
        if (sequence == 0) {
            if (offset != NULL) {
                *offset = (size_t)(at - ptr);
            }
            return PJF_ERR_JSON_UTF8;
        }
        at += sequence;
    }
    return PJF_OK;
}

size_t pjf_utf8_put(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}
