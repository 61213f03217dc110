/*
 * json_write: appends JSON tokens to a buffer, exactly as Python's json.dumps writes them with
 * ensure_ascii. It walks no objects: the caller writes the braces, commas and colons.
 */
#ifndef PJF_JSON_WRITE_H
#define PJF_JSON_WRITE_H

#include "core/base.h"
#include "core/buf.h"

/* A quoted string from ASCII or Latin-1 bytes (each byte is one code point up to U+00FF). */
pjf_status pjf_json_write_latin1(pjf_buf *out, const uint8_t *chars, size_t count);

/* A member name of such bytes: behind the separator ('{' or ','), with its colon. */
pjf_status pjf_json_write_name(pjf_buf *out, uint8_t separator, const uint8_t *chars, size_t count);

/* A quoted string from 16-bit code points (surrogates are written as they are). */
pjf_status pjf_json_write_ucs2(pjf_buf *out, const uint16_t *chars, size_t count);

/* A quoted string from 32-bit code points; above U+FFFF as a surrogate pair. */
pjf_status pjf_json_write_ucs4(pjf_buf *out, const uint32_t *chars, size_t count);

/* A decimal integer. */
pjf_status pjf_json_write_int(pjf_buf *out, int64_t value);

#endif
