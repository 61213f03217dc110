/*
 * json_read.inc.h: the JSON grammar (RFC 8259), a template. Including it generates one static
 * function, with the receiver's events written into it as macros, so that they cost no call. The
 * contract is pjf_json_read's in json_read.h.
 *
 * Defined before the inclusion, undefined after it:
 *   PJF_JSON_FN                           name of the function
 *   PJF_JSON_CTX                          type that ctx points to
 *   PJF_JSON_ON_LITERAL(ctx, which)       pjf_json_literal
 *   PJF_JSON_ON_INTEGER(ctx, value)       int64_t
 *   PJF_JSON_ON_BIG_INTEGER(ctx, digits)  pjf_span
 *   PJF_JSON_ON_NUMBER(ctx, text)         pjf_span
 *   PJF_JSON_ON_STRING(ctx, value)        const pjf_json_string *
 *   PJF_JSON_ON_KEY(ctx, name)            const pjf_json_string *
 *   PJF_JSON_ON_OBJECT_BEGIN(ctx)   PJF_JSON_ON_OBJECT_END(ctx)
 *   PJF_JSON_ON_ARRAY_BEGIN(ctx)    PJF_JSON_ON_ARRAY_END(ctx)
 * Each event is an expression of type pjf_status.
 *
 * The function is a state machine of labels (value, name, after_value): it never recurses, and the
 * kinds of the open containers are a stack of bytes. Claims sets are compact, so white space is
 * looked for only where the expected character is not. Strings without escapes are handed over as
 * they lie in the text; the others are unescaped into scratch by one function outside the template.
 */

#ifndef PJF_JSON_READ_INC_H
#define PJF_JSON_READ_INC_H

#include <string.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/json_read.h"
#include "core/utf8.h"

#if defined(__SSE2__)
# include <emmintrin.h>
#endif

/* The first byte in [p, end) that ends or interrupts a plain run of string characters: a quote, a
 * backslash, a control character or a byte that is not ASCII; end when there is none. start is the
 * beginning of the text: bytes from there on may be read too. */
static inline const uint8_t *
pjf_json_scan_string(const uint8_t *p, const uint8_t *start, const uint8_t *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(' ');
    while (PJF_LIKELY(end - start >= 16)) {
        /* The last block is loaded so that it ends with the text; bytes before p are shifted out. */
        size_t left = (size_t)(end - p);
        unsigned before = left < 16 ? 16 - (unsigned)left : 0;
        __m128i bytes = _mm_loadu_si128((const __m128i *)(p - before));
        /* Signed: below ' ' are the controls and everything from 0x80 on. */
        __m128i stop = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmplt_epi8(bytes, space));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop) >> before;
        if (PJF_LIKELY(mask != 0)) {
            return p + __builtin_ctz(mask);
        }
        if (left <= 16) {
            return end;
        }
        p += 16;
    }
#else
    (void)start;
#endif
    while (p != end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }
    return p;
}

static inline const uint8_t *
pjf_json_skip_space(const uint8_t *p, const uint8_t *end)
{
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* The value of the four hexadecimal digits at p. PJF_ERR_JSON_EOF when the text ends before. */
static inline pjf_status
pjf_json_hex4(const uint8_t *p, const uint8_t *end, uint32_t *value)
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
static inline pjf_status
pjf_json_unescape(const uint8_t **cursor, const uint8_t *end, pjf_buf *scratch,
                  pjf_json_string *string)
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
    case '"':
        code = '"';
        break;
    case '\\':
        code = '\\';
        break;
    case '/':
        code = '/';
        break;
    case 'b':
        code = '\b';
        break;
    case 'f':
        code = '\f';
        break;
    case 'n':
        code = '\n';
        break;
    case 'r':
        code = '\r';
        break;
    case 't':
        code = '\t';
        break;
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
    default:
        return PJF_ERR_JSON_ESCAPE;
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
static __attribute__((noinline)) pjf_status
pjf_json_finish_string(const uint8_t **cursor, const uint8_t *start, const uint8_t *end,
                       pjf_buf *scratch, pjf_json_string *string)
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
static inline bool
pjf_json_eight_digits(const uint8_t *p, uint64_t *value)
{
    const uint64_t high4 = UINT64_C(0xf0f0f0f0f0f0f0f0);
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    if ((word & high4) != zeros || ((word + UINT64_C(0x0606060606060606)) & high4) != zeros) {
        return false;
    }
    /* Neighbours are joined: to base 100 in each step's low byte, then all four of those at once. */
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
static inline const uint8_t *
pjf_json_digits(const uint8_t *p, const uint8_t *end, uint64_t *value)
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
static inline pjf_status
pjf_json_need_digits(const uint8_t **cursor, const uint8_t *end)
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
static __attribute__((noinline)) pjf_status
pjf_json_finish_number(const uint8_t **cursor, const uint8_t *end)
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
static inline pjf_status
pjf_json_word(const uint8_t **cursor, const uint8_t *end, const char *word, size_t len)
{
    const uint8_t *p = *cursor;
    size_t left = (size_t)(end - p);
    if (memcmp(p, word, left < len ? left : len) != 0) {
        return PJF_ERR_JSON_VALUE;
    }
    *cursor = left < len ? end : p + len;
    return left < len ? PJF_ERR_JSON_EOF : PJF_OK;
}

#endif /* PJF_JSON_READ_INC_H */

static pjf_status
PJF_JSON_FN(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch, PJF_JSON_CTX *ctx,
            pjf_error *error)
{
    uint8_t kinds[PJF_JSON_DEPTH_MAX]; /* '{' or '[' of each open container; set when opened */
    const uint8_t *const start = text.ptr;
    const uint8_t *end, *p, *token;
    size_t level = 0;
    pjf_status status;

#define PJF_JSON_FAIL(code)                                                                        \
    do {                                                                                           \
        status = (code);                                                                           \
        goto failed;                                                                               \
    } while (0)
/* A refusal by the receiver is told at the beginning of the token it was about. */
#define PJF_JSON_EVENT(expression)                                                                 \
    do {                                                                                           \
        status = (expression);                                                                     \
        if (PJF_UNLIKELY(status != PJF_OK)) {                                                      \
            p = token;                                                                             \
            goto failed;                                                                           \
        }                                                                                          \
    } while (0)
/* Moves p to the next byte that is not white space and puts it into c. */
#define PJF_JSON_PEEK(c)                                                                           \
    do {                                                                                           \
        if (PJF_UNLIKELY(p == end)) {                                                              \
            PJF_JSON_FAIL(PJF_ERR_JSON_EOF);                                                       \
        }                                                                                          \
        (c) = *p;                                                                                  \
        if (PJF_UNLIKELY((c) <= ' ')) {                                                            \
            p = pjf_json_skip_space(p, end);                                                       \
            if (p == end) {                                                                        \
                PJF_JSON_FAIL(PJF_ERR_JSON_EOF);                                                   \
            }                                                                                      \
            (c) = *p;                                                                              \
        }                                                                                          \
    } while (0)
/* Reads the string whose opening quote is at p. */
#define PJF_JSON_READ_STRING(string)                                                               \
    do {                                                                                           \
        token = p++;                                                                               \
        const uint8_t *stop = pjf_json_scan_string(p, start, end);                                 \
        (string) = (pjf_json_string){{p, (size_t)(stop - p)}, true, false,                         \
                                     (size_t)(token - start)};                                     \
        if (PJF_LIKELY(stop != end && *stop == '"')) {                                             \
            p = stop + 1;                                                                          \
        } else {                                                                                   \
            pjf_json_string unescaped = (string);                                                  \
            p = stop;                                                                              \
            status = pjf_json_finish_string(&p, start, end, scratch, &unescaped);                  \
            if (PJF_UNLIKELY(status != PJF_OK)) {                                                  \
                goto failed;                                                                       \
            }                                                                                      \
            (string) = unescaped;                                                                  \
        }                                                                                          \
    } while (0)

    uint8_t c;
    pjf_json_string string;

    if (text.len == 0) {
        *error = (pjf_error){PJF_ERR_JSON_EOF, 0};
        return PJF_ERR_JSON_EOF;
    }
    p = token = start;
    end = start + text.len;
    if (depth > PJF_JSON_DEPTH_MAX) {
        depth = PJF_JSON_DEPTH_MAX;
    }
    if (PJF_UNLIKELY(text.len >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)) {
        PJF_JSON_FAIL(PJF_ERR_JSON_BOM);
    }

value:
    PJF_JSON_PEEK(c);
value_at:
    switch (c) {
    case '"':
        PJF_JSON_READ_STRING(string);
        PJF_JSON_EVENT(PJF_JSON_ON_STRING(ctx, &string));
        goto after_value;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        goto number;
    case '{':
        token = p;
        if (PJF_UNLIKELY(level >= depth)) {
            PJF_JSON_FAIL(PJF_ERR_JSON_DEPTH);
        }
        kinds[level++] = '{';
        PJF_JSON_EVENT(PJF_JSON_ON_OBJECT_BEGIN(ctx));
        p++;
        PJF_JSON_PEEK(c);
        if (c == '}') {
            goto close_object;
        }
        goto name;
    case '[':
        token = p;
        if (PJF_UNLIKELY(level >= depth)) {
            PJF_JSON_FAIL(PJF_ERR_JSON_DEPTH);
        }
        kinds[level++] = '[';
        PJF_JSON_EVENT(PJF_JSON_ON_ARRAY_BEGIN(ctx));
        p++;
        PJF_JSON_PEEK(c);
        if (c == ']') {
            goto close_array;
        }
        goto value_at;
    case 't':
    case 'f':
    case 'n':
    case 'N':
    case 'I':
        goto literal;
    default:
        PJF_JSON_FAIL(PJF_ERR_JSON_VALUE);
    }

name: /* c is the byte at p */
    if (PJF_UNLIKELY(c != '"')) {
        PJF_JSON_FAIL(PJF_ERR_JSON_NAME);
    }
    PJF_JSON_READ_STRING(string);
    PJF_JSON_EVENT(PJF_JSON_ON_KEY(ctx, &string));
    PJF_JSON_PEEK(c);
    if (PJF_UNLIKELY(c != ':')) {
        PJF_JSON_FAIL(PJF_ERR_JSON_COLON);
    }
    p++;
    goto value;

after_value:
    if (PJF_UNLIKELY(level == 0)) {
        goto finished;
    }
    PJF_JSON_PEEK(c);
    if (PJF_LIKELY(c == ',')) {
        p++;
        if (kinds[level - 1] == '[') {
            goto value;
        }
        PJF_JSON_PEEK(c);
        goto name;
    }
    if (PJF_UNLIKELY(c != (kinds[level - 1] == '{' ? '}' : ']'))) {
        PJF_JSON_FAIL(PJF_ERR_JSON_COMMA);
    }
    if (c == ']') {
        goto close_array;
    }

close_object:
    token = p++;
    level--;
    PJF_JSON_EVENT(PJF_JSON_ON_OBJECT_END(ctx));
    goto after_value;

close_array:
    token = p++;
    level--;
    PJF_JSON_EVENT(PJF_JSON_ON_ARRAY_END(ctx));
    goto after_value;

number: {
    const bool negative = c == '-';
    uint64_t magnitude;
    token = p;
    if (negative) {
        p++;
        if (PJF_UNLIKELY(p == end)) {
            PJF_JSON_FAIL(PJF_ERR_JSON_EOF);
        }
        if (PJF_UNLIKELY(*p == 'I' && (options & PJF_JSON_NAN) != 0)) {
            status = pjf_json_word(&p, end, "Infinity", 8);
            if (status != PJF_OK) {
                goto failed;
            }
            PJF_JSON_EVENT(PJF_JSON_ON_LITERAL(ctx, PJF_JSON_LITERAL_MINUS_INFINITY));
            goto after_value;
        }
    }
    const uint8_t *const digits = p;
    p = pjf_json_digits(p, end, &magnitude);
    const size_t count = (size_t)(p - digits);
    if (PJF_UNLIKELY(count == 0)) {
        PJF_JSON_FAIL(PJF_ERR_JSON_NUMBER);
    }
    if (PJF_UNLIKELY(*digits == '0' && count > 1)) {
        p = digits + 1; /* a leading zero: RFC 8259 §6 */
        PJF_JSON_FAIL(PJF_ERR_JSON_NUMBER);
    }
    if (PJF_UNLIKELY(p != end && (*p == '.' || (*p | 0x20) == 'e'))) {
        status = pjf_json_finish_number(&p, end);
        if (PJF_UNLIKELY(status != PJF_OK)) {
            goto failed;
        }
        PJF_JSON_EVENT(PJF_JSON_ON_NUMBER(ctx, ((pjf_span){token, (size_t)(p - token)})));
        goto after_value;
    }
    if (PJF_UNLIKELY(count > 19 || magnitude > (uint64_t)INT64_MAX + negative ||
                     (negative && magnitude == 0))) {
        PJF_JSON_EVENT(PJF_JSON_ON_BIG_INTEGER(ctx, ((pjf_span){token, (size_t)(p - token)})));
        goto after_value;
    }
    PJF_JSON_EVENT(
        PJF_JSON_ON_INTEGER(ctx, (int64_t)(negative ? UINT64_C(0) - magnitude : magnitude)));
    goto after_value;
}

literal: {
    pjf_json_literal which;
    token = p;
    status = PJF_ERR_JSON_VALUE;
    switch (c) {
    case 't':
        which = PJF_JSON_TRUE;
        status = pjf_json_word(&p, end, "true", 4);
        break;
    case 'f':
        which = PJF_JSON_FALSE;
        status = pjf_json_word(&p, end, "false", 5);
        break;
    case 'n':
        which = PJF_JSON_NULL;
        status = pjf_json_word(&p, end, "null", 4);
        break;
    case 'N':
        which = PJF_JSON_LITERAL_NAN;
        if ((options & PJF_JSON_NAN) != 0) {
            status = pjf_json_word(&p, end, "NaN", 3);
        }
        break;
    default:
        which = PJF_JSON_LITERAL_INFINITY;
        if ((options & PJF_JSON_NAN) != 0) {
            status = pjf_json_word(&p, end, "Infinity", 8);
        }
        break;
    }
    if (PJF_UNLIKELY(status != PJF_OK)) {
        goto failed;
    }
    PJF_JSON_EVENT(PJF_JSON_ON_LITERAL(ctx, which));
    goto after_value;
}

finished:
    p = pjf_json_skip_space(p, end);
    if (PJF_UNLIKELY(p != end)) {
        PJF_JSON_FAIL(PJF_ERR_JSON_TRAILING);
    }
    *error = (pjf_error){PJF_OK, 0};
    return PJF_OK;

failed:
    *error = (pjf_error){status, (size_t)(p - start)};
    return status;

#undef PJF_JSON_FAIL
#undef PJF_JSON_EVENT
#undef PJF_JSON_PEEK
#undef PJF_JSON_READ_STRING
}

#undef PJF_JSON_FN
#undef PJF_JSON_CTX
#undef PJF_JSON_ON_LITERAL
#undef PJF_JSON_ON_INTEGER
#undef PJF_JSON_ON_BIG_INTEGER
#undef PJF_JSON_ON_NUMBER
#undef PJF_JSON_ON_STRING
#undef PJF_JSON_ON_KEY
#undef PJF_JSON_ON_OBJECT_BEGIN
#undef PJF_JSON_ON_OBJECT_END
#undef PJF_JSON_ON_ARRAY_BEGIN
#undef PJF_JSON_ON_ARRAY_END
