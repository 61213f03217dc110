/*
 * Python's json.dumps(..., ensure_ascii=True) leaves ' ' .. '~' as they are, but for '"' and '\';
 * everything else becomes an escape: a short one where JSON has it, \u and four lower-case
 * hexadecimal digits where not.
 */
#include "core/json_write.h"

#if defined(__SSE2__)
# include <emmintrin.h>
#endif

#define ESCAPE_MAX 12 /* longest text of one code point: two \uXXXX */
#define PIECE      32 /* wide characters that are reserved room for at once */

static inline bool is_plain(uint32_t code)
{
    return code >= ' ' && code <= '~' && code != '"' && code != '\\';
}

/* Writes \uXXXX and returns the end. */
static uint8_t *put_unit(uint32_t unit, uint8_t *out)
{
    static const char hex[] = "0123456789abcdef";
    out[0] = '\\';
    out[1] = 'u';
    out[2] = (uint8_t)hex[unit >> 12 & 15];
    out[3] = (uint8_t)hex[unit >> 8 & 15];
    out[4] = (uint8_t)hex[unit >> 4 & 15];
    out[5] = (uint8_t)hex[unit & 15];
    return out + 6;
}

/* Writes the escape of a code point that is not plain, at most ESCAPE_MAX bytes; returns the end.
 */
static uint8_t *put_escape(uint32_t code, uint8_t *out)
{
    uint8_t letter;
    switch (code) {
    case '"':
    case '\\': letter = (uint8_t)code; break;
    case '\b': letter = 'b'; break;
    case '\f': letter = 'f'; break;
    case '\n': letter = 'n'; break;
    case '\r': letter = 'r'; break;
    case '\t': letter = 't'; break;
    default:
        if (code > 0xffff) {
            code -= 0x10000;
            return put_unit(0xdc00 | (code & 0x3ff), put_unit(0xd800 | code >> 10, out));
        }
        return put_unit(code, out);
    }
    out[0] = '\\';
    out[1] = letter;
    return out + 2;
}

/* Copies the plain characters that src[0, count) begins with to out; returns how many. out has room
 * for count. */
static inline size_t copy_plain(const uint8_t *src, size_t count, uint8_t *out)
{
    size_t i = 0;
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i one = _mm_set1_epi8(1);
    const __m128i after_space = _mm_set1_epi8(' ' + 1);
    for (; count - i >= 16; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(src + i));
        /* One up and signed, only ' ' .. '~' are not below ' ' + 1. */
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmplt_epi8(_mm_add_epi8(bytes, one), after_space));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        _mm_storeu_si128((__m128i *)(out + i), bytes);
        if (PJF_UNLIKELY(mask != 0)) {
            return i + (size_t)__builtin_ctz(mask);
        }
    }
#endif
    for (; i < count && is_plain(src[i]); i++) {
        out[i] = src[i];
    }
    return i;
}

pjf_status pjf_json_write_latin1(pjf_buf *out, const uint8_t *chars, size_t count)
{
    const size_t old_len = out->len;
    size_t need;
    pjf_status status;
    if (!pjf_size_add(count, 2, &need)) {
        return PJF_ERR_NOMEM;
    }
    status = pjf_buf_reserve(out, need);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    out->ptr[out->len++] = '"';
    for (;;) {
        size_t plain = copy_plain(chars, count, out->ptr + out->len);
        out->len += plain;
        chars += plain;
        count -= plain;
        if (PJF_LIKELY(count == 0)) {
            break;
        }
        /* Room for this escape, the characters after it and the closing quote. */
        if (!pjf_size_add(count, ESCAPE_MAX, &need)) {
            status = PJF_ERR_NOMEM;
        } else {
            status = pjf_buf_reserve(out, need);
        }
        if (PJF_UNLIKELY(status != PJF_OK)) {
            out->len = old_len;
            return status;
        }
        out->len = (size_t)(put_escape(*chars, out->ptr + out->len) - out->ptr);
        chars++;
        count--;
    }
    out->ptr[out->len++] = '"';
    return PJF_OK;
}

/* Both wide writers: chars[i] is CHARS(i). */
#define WRITE_WIDE(out, chars, count)                                 \
    do {                                                              \
        const size_t old_len = (out)->len;                            \
        pjf_status status = pjf_buf_append_byte((out), '"');          \
        for (size_t i = 0; status == PJF_OK && i < (count);) {        \
            size_t piece = (count) - i < PIECE ? (count) - i : PIECE; \
            status = pjf_buf_reserve((out), PIECE * ESCAPE_MAX);      \
            if (PJF_UNLIKELY(status != PJF_OK)) {                     \
                break;                                                \
            }                                                         \
            uint8_t *at = (out)->ptr + (out)->len;                    \
            for (; piece != 0; piece--, i++) {                        \
                if (is_plain((chars)[i])) {                           \
                    *at++ = (uint8_t)(chars)[i];                      \
                } else {                                              \
                    at = put_escape((chars)[i], at);                  \
                }                                                     \
            }                                                         \
            (out)->len = (size_t)(at - (out)->ptr);                   \
        }                                                             \
        if (status == PJF_OK) {                                       \
            status = pjf_buf_append_byte((out), '"');                 \
        }                                                             \
        if (PJF_UNLIKELY(status != PJF_OK)) {                         \
            (out)->len = old_len;                                     \
        }                                                             \
        return status;                                                \
    } while (0)

pjf_status pjf_json_write_ucs2(pjf_buf *out, const uint16_t *chars, size_t count)
{
    WRITE_WIDE(out, chars, count);
}

pjf_status pjf_json_write_ucs4(pjf_buf *out, const uint32_t *chars, size_t count)
{
    WRITE_WIDE(out, chars, count);
}

pjf_status pjf_json_write_int(pjf_buf *out, int64_t value)
{
    uint8_t digits[20]; /* "-9223372036854775808" */
    uint8_t *const end = digits + sizeof(digits);
    uint8_t *at = end;
    uint64_t left = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (uint8_t)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (value < 0) {
        *--at = '-';
    }
    return pjf_buf_append(out, at, (size_t)(end - at));
}
