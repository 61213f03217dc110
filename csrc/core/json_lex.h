/*
 * json_lex: the pieces of JSON text (RFC 8259) that are read without any event: runs of string
 * characters, escapes, digits, words. Inline functions of json_read.inc.h, and for it alone. Each
 * takes the text's end and reads nothing at or past it; a cursor moves behind what was read, or to
 * the offending byte.
 */
#ifndef PJF_JSON_LEX_H
#define PJF_JSON_LEX_H

#include <string.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/json_read.h"
#include "core/json_scan.h"
#include "core/utf8.h"

/* The first byte in [p, end) that ends or interrupts a plain run of string characters: a quote, a
 * backslash, a control character or a byte that is not ASCII; end when there is none. start is the
 * beginning of the text: bytes from there on may be read too. */
static inline const uint8_t *pjf_json_scan_string(const uint8_t *p, const uint8_t *start,
                                                  const uint8_t *end)
{
#if defined(__SSE2__)
    const uint8_t *const begin = p;
    while (PJF_LIKELY(end - start >= 16)) {
        /* The last block ends with the text; what it has from before p is shifted out. */
        size_t left = (size_t)(end - p);
        unsigned before = left < 16 ? 16 - (unsigned)left : 0;
        __m128i bytes = _mm_loadu_si128((const __m128i *)(p - before));
        unsigned mask = (unsigned)_mm_movemask_epi8(pjf_json_stops(bytes)) >> before;
        if (PJF_LIKELY(mask != 0)) {
            return p + __builtin_ctz(mask);
        }
        if (left <= 16) {
            return end;
        }
        p += 16;
        if (PJF_UNLIKELY(p - begin == 64)) { /* a long string */
            p = pjf_json_skip_plain(p, end);
            if (p == end) {
                return end;
            }
        }
    }
#else
    (void)start;
#endif
    while (p != end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }
    return p;
}

/* Whether the text goes on at p with this name, quoted, and a colon: the next name->len bytes. */
static inline bool pjf_json_is_next(const pjf_json_name *name, const uint8_t *p,
                                    const uint8_t *start, const uint8_t *end)
{
    uint64_t words[3];
    const size_t len = name->len;
    const size_t before = name->before;
    if (len == 0 || (size_t)(end - p) < len || (size_t)(p - start) < before) {
        return false;
    }
    const uint8_t *const from = p - before;
    memcpy(&words[0], from, 8);
    memcpy(&words[1], from + name->second, 8);
    memcpy(&words[2], p + len - 8, 8);
    return (((words[0] ^ name->words[0]) | (words[1] ^ name->words[1]) |
             (words[2] ^ name->words[2])) &
            name->mask) == 0;
}

static inline const uint8_t *pjf_json_skip_space(const uint8_t *p, const uint8_t *end)
{
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* The value of the four hexadecimal digits at p. PJF_ERR_JSON_EOF when the text ends before. */
static inline pjf_status pjf_json_hex4(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, p++) {
        if (p == end) {
            return PJF_ERR_JSON_EOF;
        }
        uint32_t digit = *p, letter = *p | 0x20;
        if (digit >= '0' && digit <= '9') {
            digit -= '0';
        } else if (letter >= 'a' && letter <= 'f') {
            digit = letter - 'a' + 10;
        } else {
            return PJF_ERR_JSON_ESCAPE;
        }
        *value = *value << 4 | digit;
    }
    return PJF_OK;
}

/* Appends the character of the escape sequence whose backslash is at *cursor to scratch, and moves
 * the cursor behind it; on failure to the backslash, or to the end. A pair of surrogate escapes is
 * one character. */
static inline pjf_status pjf_json_unescape(const uint8_t **cursor, const uint8_t *end,
                                           pjf_buf *scratch, pjf_json_string *string)
{
    const uint8_t *p = *cursor + 1;
    pjf_status status;
    uint32_t code, low;
    uint8_t bytes[4];
    if (p == end) {
        *cursor = end;
        return PJF_ERR_JSON_EOF;
    }
    switch (*p++) {
    case '"': code = '"'; break;
    case '\\': code = '\\'; break;
    case '/': code = '/'; break;
    case 'b': code = '\b'; break;
    case 'f': code = '\f'; break;
    case 'n': code = '\n'; break;
    case 'r': code = '\r'; break;
    case 't': code = '\t'; break;
    case 'u':
        status = pjf_json_hex4(p, end, &code);
        if (status != PJF_OK) {
            *cursor = status == PJF_ERR_JSON_EOF ? end : *cursor;
            return status;
        }
        p += 4;
        if (code < 0xd800 || code > 0xdfff) {
            break;
        }
        if (code < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
            pjf_json_hex4(p + 2, end, &low) == PJF_OK && low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        } else {
            string->surrogates = true;
        }
        break;
    default: return PJF_ERR_JSON_ESCAPE;
    }
    if (code >= 0x80) {
        string->ascii = false;
    }
    *cursor = p;
    return pjf_buf_append(scratch, bytes, pjf_utf8_put(code, bytes));
}

/* The rest of a string whose plain run, begun at string->text.ptr, ends at *cursor with something
 * else than the closing quote. Fills *string, and leaves *cursor behind the closing quote; on
 * failure at the offending byte. */
static __attribute__((noinline)) pjf_status pjf_json_finish_string(const uint8_t **cursor,
                                                                   const uint8_t *start,
                                                                   const uint8_t *end,
                                                                   pjf_buf *scratch,
                                                                   pjf_json_string *string)
{
    const uint8_t *p = *cursor;
    const uint8_t *run = string->text.ptr; /* not copied to scratch yet */
    bool escaped = false;
    pjf_status status = PJF_OK;
    scratch->len = 0;
    for (;;) {
        if (p == end) {
            status = PJF_ERR_JSON_EOF;
            break;
        }
        if (*p >= 0x80) {
            size_t len = pjf_utf8_sequence(p, end);
            if (len == 0) {
                status = PJF_ERR_JSON_UTF8;
                break;
            }
            string->ascii = false;
            p += len;
            continue;
        }
        if (*p == '\\') {
            escaped = true;
            status = pjf_buf_append(scratch, run, (size_t)(p - run));
            if (status == PJF_OK) {
                status = pjf_json_unescape(&p, end, scratch, string);
            }
            if (status != PJF_OK) {
                break;
            }
            run = p;
            continue;
        }
        if (*p == '"') {
            break;
        }
        if (*p < 0x20) {
            status = PJF_ERR_JSON_CONTROL;
            break;
        }
        p = pjf_json_scan_string(p + 1, start, end);
    }
    if (status == PJF_OK && escaped) {
        status = pjf_buf_append(scratch, run, (size_t)(p - run));
        string->text = (pjf_span){scratch->ptr, scratch->len};
    } else {
        string->text.len = (size_t)(p - run);
    }
    *cursor = status == PJF_OK ? p + 1 : p;
    return status;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The value of the eight digits at p; false when they are not all digits. */
static inline bool pjf_json_eight_digits(const uint8_t *p, uint64_t *value)
{
    const uint64_t high4 = UINT64_C(0xf0f0f0f0f0f0f0f0);
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    if ((word & high4) != zeros || ((word + UINT64_C(0x0606060606060606)) & high4) != zeros) {
        return false;
    }
    /* Neighbours are joined: pairs of digits first, then all four pairs at once. */
    word -= zeros;
    word = word * 10 + (word >> 8);
    const uint64_t ends = UINT64_C(0x000000ff000000ff);
    *value = ((word & ends) * UINT64_C(0x000f424000000064) +
              (word >> 16 & ends) * UINT64_C(0x0000271000000001)) >>
             32;
    return true;
}
#endif

/* The digits at p, as far as they go: returns their end. *value wraps beyond 19 digits. */
static inline const uint8_t *pjf_json_digits(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
    uint64_t sum = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (end - p >= 8 && pjf_json_eight_digits(p, &sum)) { /* a NumericDate has ten */
        p += 8;
    }
#endif
    for (; p != end && *p >= '0' && *p <= '9'; p++) {
        sum = sum * 10 + (uint64_t)(*p - '0');
    }
    *value = sum;
    return p;
}

/* Moves behind a run of at least one digit. PJF_ERR_JSON_NUMBER or PJF_ERR_JSON_EOF at *cursor. */
static inline pjf_status pjf_json_need_digits(const uint8_t **cursor, const uint8_t *end)
{
    const uint8_t *p = *cursor;
    while (p != end && *p >= '0' && *p <= '9') {
        p++;
    }
    if (p == *cursor) {
        return p == end ? PJF_ERR_JSON_EOF : PJF_ERR_JSON_NUMBER;
    }
    *cursor = p;
    return PJF_OK;
}

/* The fraction and exponent that begin at *cursor (RFC 8259 §6). */
static PJF_COLD pjf_status pjf_json_finish_number(const uint8_t **cursor, const uint8_t *end)
{
    pjf_status status = PJF_OK;
    if (**cursor == '.') {
        ++*cursor;
        status = pjf_json_need_digits(cursor, end);
    }
    if (status == PJF_OK && *cursor != end && (**cursor | 0x20) == 'e') {
        ++*cursor;
        if (*cursor != end && (**cursor == '+' || **cursor == '-')) {
            ++*cursor;
        }
        status = pjf_json_need_digits(cursor, end);
    }
    return status;
}

/* Moves behind the word at *cursor. A text that ends inside the word is PJF_ERR_JSON_EOF, at the
 * end. */
static inline pjf_status pjf_json_word(const uint8_t **cursor, const uint8_t *end, const char *word,
                                       size_t len)
{
    const uint8_t *p = *cursor;
    size_t left = (size_t)(end - p);
    if (memcmp(p, word, left < len ? left : len) != 0) {
        return PJF_ERR_JSON_VALUE;
    }
    *cursor = left < len ? end : p + len;
    return left < len ? PJF_ERR_JSON_EOF : PJF_OK;
}

#endif
