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

/* Writes one code point (surrogates U+D800..DFFF allowed: generalised UTF-8) into out[4] and
 * returns the number of bytes. code must be at most 0x10FFFF. */
size_t pjf_utf8_put(uint32_t code, uint8_t out[4]);

#endif
