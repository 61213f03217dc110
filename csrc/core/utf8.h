/*
 * utf8: strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef PJF_UTF8_H
#define PJF_UTF8_H

#include "core/base.h"

/* True when every byte is below 0x80. */
bool pjf_utf8_is_ascii(const uint8_t *ptr, size_t len);

/* PJF_OK, or PJF_ERR_JSON_UTF8 with *offset (may be NULL) at the first byte of the first
 * ill-formed sequence. */
pjf_status pjf_utf8_validate(const uint8_t *ptr, size_t len, size_t *offset);

/* Length (2..4) of the well-formed multi-byte sequence that starts at ptr, or 0 when there is none
 * (RFC 3629 §4). ptr[0] must be readable and at least 0x80; nothing at or past end is read. */
static inline size_t pjf_utf8_sequence(const uint8_t *ptr, const uint8_t *end)
{
    size_t left = (size_t)(end - ptr);
    uint8_t first = ptr[0];
    /* Only the second byte has a range of its own: it rules out overlong forms (E0, F0),
     * surrogates (ED) and code points above U+10FFFF (F4). */
    uint8_t lowest = 0x80, highest = 0xbf;
    size_t len;
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    } else if (first < 0xe0) {
        len = 2;
    } else if (first < 0xf0) {
        len = 3;
        lowest = first == 0xe0 ? 0xa0 : 0x80;
        highest = first == 0xed ? 0x9f : 0xbf;
    } else {
        len = 4;
        lowest = first == 0xf0 ? 0x90 : 0x80;
        highest = first == 0xf4 ? 0x8f : 0xbf;
    }
    if (left < len || ptr[1] < lowest || ptr[1] > highest) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((ptr[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* Writes one code point (surrogates U+D800..DFFF allowed: generalised UTF-8) into out[4] and
 * returns the number of bytes. code must be at most 0x10FFFF. */
size_t pjf_utf8_put(uint32_t code, uint8_t out[4]);

#endif
