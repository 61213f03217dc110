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
 *   PJF_JSON_EXPECTED(ctx)                const pjf_json_name * that may come next, or NULL
 *   PJF_JSON_ON_EXPECTED(ctx)             it came: takes the place of the key event; a statement
 * The last two may be left out. Each event is an expression of type pjf_status. It is evaluated
 * inside the function, whose local names (start, end, p, token, level, kinds, status, c, string,
 * expected) it must not mean otherwise; PJF_JSON_ON_EXPECTED finds p behind the colon.
 *
 * The function is a state machine of labels (value, name, after_value): it never recurses, and the
 * kinds of the open containers are a stack of bytes. Claims sets are compact, so white space is
 * looked for only where the expected character is not. Strings without escapes are handed over as
 * they lie in the text; the others are unescaped into scratch. Whatever needs no event is a
 * function of json_lex.h.
 */

#include "core/json_lex.h"

#ifndef PJF_JSON_EXPECTED
# define PJF_JSON_EXPECTED(ctx)    ((const pjf_json_name *)NULL)
# define PJF_JSON_ON_EXPECTED(ctx) ((void)(ctx))
#endif

static pjf_status PJF_JSON_FN(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch,
                              PJF_JSON_CTX *ctx, pjf_error *error)
{
    uint8_t kinds[PJF_JSON_DEPTH_MAX]; /* '{' or '[' of each open container; set when opened */
    const uint8_t *const start = text.ptr;
    const uint8_t *end, *p, *token;
    size_t level = 0;
    pjf_status status;

#define PJF_JSON_FAIL(code) \
    do {                    \
        status = (code);    \
        goto failed;        \
    } while (0)
/* A refusal by the receiver is told at the beginning of the token it was about. */
#define PJF_JSON_EVENT(expression)            \
    do {                                      \
        status = (expression);                \
        if (PJF_UNLIKELY(status != PJF_OK)) { \
            p = token;                        \
            goto failed;                      \
        }                                     \
    } while (0)
/* Moves p to the next byte that is not white space and puts it into c. */
#define PJF_JSON_PEEK(c)                         \
    do {                                         \
        if (PJF_UNLIKELY(p == end)) {            \
            PJF_JSON_FAIL(PJF_ERR_JSON_EOF);     \
        }                                        \
        (c) = *p;                                \
        if (PJF_UNLIKELY((c) <= ' ')) {          \
            p = pjf_json_skip_space(p, end);     \
            if (p == end) {                      \
                PJF_JSON_FAIL(PJF_ERR_JSON_EOF); \
            }                                    \
            (c) = *p;                            \
        }                                        \
    } while (0)
/* Reads the string whose opening quote is at p. */
#define PJF_JSON_READ_STRING(string)                                                          \
    do {                                                                                      \
        token = p++;                                                                          \
        const uint8_t *stop = pjf_json_scan_string(p, start, end);                            \
        (string) =                                                                            \
            (pjf_json_string){{p, (size_t)(stop - p)}, true, false, (size_t)(token - start)}; \
        if (PJF_LIKELY(stop != end && *stop == '"')) {                                        \
            p = stop + 1;                                                                     \
        } else {                                                                              \
            pjf_json_string unescaped = (string);                                             \
            p = stop;                                                                         \
            status = pjf_json_finish_string(&p, start, end, scratch, &unescaped);             \
            if (PJF_UNLIKELY(status != PJF_OK)) {                                             \
                goto failed;                                                                  \
            }                                                                                 \
            (string) = unescaped;                                                             \
        }                                                                                     \
    } while (0)

    const pjf_json_name *expected;
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
    case '9': goto number;
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
    case 'I': goto literal;
    default: PJF_JSON_FAIL(PJF_ERR_JSON_VALUE);
    }

name: /* c is the byte at p */
    expected = PJF_JSON_EXPECTED(ctx);
    if (expected != NULL && PJF_LIKELY(pjf_json_is_next(expected, p, start, end))) {
        p += expected->len;
        PJF_JSON_ON_EXPECTED(ctx);
        goto value;
    }
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

number:
    {
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

literal:
    {
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
#undef PJF_JSON_EXPECTED
#undef PJF_JSON_ON_EXPECTED
