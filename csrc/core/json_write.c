/*
 * Python's json.dumps(..., ensure_ascii=True) leaves ' ' .. '~' as they are, but for '"' and '\';
 * everything else becomes an escape: a short one where JSON has it, \u and four lower-case
 * hexadecimal digits where not.
 */
#include "core/json_write.h"

#include <string.h>

#if defined(__SSE2__)
# include <emmintrin.h>
#endif

#define ESCAPE_MAX 12           /* longest text of one code point: two \uXXXX */
#define PIECE      ((size_t)32) /* wide characters that are reserved room for at once */

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

#if defined(__SSE2__)
/* A bit for each byte that is not plain. One up and signed, only ' ' .. '~' are not below ' ' + 1.
 */
static inline unsigned not_plain(__m128i bytes)
{
    __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    __m128i next = _mm_add_epi8(bytes, _mm_set1_epi8(1));
    stop = _mm_or_si128(stop, _mm_cmplt_epi8(next, _mm_set1_epi8(' ' + 1)));
    return (unsigned)_mm_movemask_epi8(stop);
}

/* Copies 4 to 15 characters, by their first and last eight or four, which overlap. False, with junk
 * in out, when one is not plain. */
static inline bool copy_short(const uint8_t *src, size_t count, uint8_t *out)
{
    if (count >= 8) {
        uint64_t head, tail;
        memcpy(&head, src, 8);
        memcpy(&tail, src + count - 8, 8);
        memcpy(out, &head, 8);
        memcpy(out + count - 8, &tail, 8);
        return not_plain(_mm_set_epi64x((long long)tail, (long long)head)) == 0;
    }
    uint32_t head, tail;
    memcpy(&head, src, 4);
    memcpy(&tail, src + count - 4, 4);
    memcpy(out, &head, 4);
    memcpy(out + count - 4, &tail, 4);
    return not_plain(_mm_set_epi32((int)tail, (int)tail, (int)head, (int)head)) == 0;
}
#endif

/* Copies the plain characters that src[0, count) begins with to out; returns how many. out has room
 * for count. */
static inline size_t copy_plain(const uint8_t *src, size_t count, uint8_t *out)
{
    size_t i = 0;
#if defined(__SSE2__)
    for (; count - i >= 16; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(src + i));
        unsigned mask = not_plain(bytes);
        _mm_storeu_si128((__m128i *)(out + i), bytes);
        if (PJF_UNLIKELY(mask != 0)) {
            return i + (size_t)__builtin_ctz(mask);
        }
    }
    if (count - i >= 4 && PJF_LIKELY(copy_short(src + i, count - i, out + i))) {
        return count;
    }
#endif
    for (; i < count && is_plain(src[i]); i++) {
        out[i] = src[i];
    }
    return i;
}

/* The characters and what follows them; out has room for the plain case. On failure out is as long
 * as old_len. */
static inline pjf_status write_chars(pjf_buf *out, const uint8_t *chars, size_t count,
                                     const char *after, size_t after_len, size_t old_len)
{
    while (count != 0) {
        size_t plain = copy_plain(chars, count, out->ptr + out->len);
        size_t need;
        out->len += plain;
        if (PJF_LIKELY(plain == count)) {
            break;
        }
        chars += plain;
        count -= plain;
        /* Room for this escape, the characters after it and what ends the string. */
        pjf_status status = PJF_ERR_NOMEM;
        if (pjf_size_add(count, ESCAPE_MAX + after_len, &need)) {
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
    memcpy(out->ptr + out->len, after, after_len);
    out->len += after_len;
    return PJF_OK;
}

pjf_status pjf_json_write_latin1(pjf_buf *out, const uint8_t *chars, size_t count)
{
    const size_t old_len = out->len;
    size_t need;
    if (!pjf_size_add(count, 2, &need)) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = pjf_buf_reserve(out, need);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    out->ptr[out->len++] = '"';
    return write_chars(out, chars, count, "\"", 1, old_len);
}

pjf_status pjf_json_write_name(pjf_buf *out, uint8_t separator, const uint8_t *chars, size_t count)
{
    const size_t old_len = out->len;
    size_t need;
    if (!pjf_size_add(count, 4, &need)) {
        return PJF_ERR_NOMEM;
    }
    pjf_status status = pjf_buf_reserve(out, need);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    out->ptr[out->len++] = separator;
    out->ptr[out->len++] = '"';
    return write_chars(out, chars, count, "\":", 2, old_len);
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
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    uint8_t digits[20]; /* "-9223372036854775808" */
    uint8_t *const end = digits + sizeof(digits);
    uint8_t *at = end;
    uint64_t left = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    while (left >= 10) {
        at -= 2;
        memcpy(at, pairs + left % 100 * 2, 2);
        left /= 100;
    }
    if (left != 0 || at == end) {
        *--at = (uint8_t)('0' + left);
    }
    if (value < 0) {
        *--at = '-';
    }
    return pjf_buf_append(out, at, (size_t)(end - at));
}
