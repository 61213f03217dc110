/*
 * Both instances of the grammar deliver the same events, in an order that makes sense; what they
 * deliver is written as JSON, and read again it is the same.
 */
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/utf8.h"
#include "fuzz/fuzz.h"

typedef struct rewriter {
    pjf_buf out; /* the events as compact JSON */
    size_t level;
    char kinds[PJF_JSON_DEPTH_MAX];
    bool after_key; /* a name waits for its value */
    size_t end;     /* of the text read so far, by the strings' offsets */
} rewriter;

static void must(pjf_status status)
{
    REQUIRE(status == PJF_OK);
}

static void put(rewriter *to, const void *bytes, size_t len)
{
    must(pjf_buf_append(&to->out, bytes, len));
}

/* Before a value or a name: the comma, and the rule on what may stand where. */
static void separate(rewriter *to, bool is_key)
{
    bool in_object = to->level != 0 && to->kinds[to->level - 1] == '{';
    REQUIRE(to->level != 0 || to->out.len == 0); /* one value at the top */
    REQUIRE(is_key ? in_object && !to->after_key : in_object == to->after_key);
    if (to->out.len != 0 && !to->after_key) {
        uint8_t last = to->out.ptr[to->out.len - 1];
        if (last != '{' && last != '[') {
            put(to, ",", 1);
        }
    }
    to->after_key = is_key;
}

static pjf_status on_literal(rewriter *to, pjf_json_literal which)
{
    static const char *const words[] = {"null", "false", "true", "NaN", "Infinity", "-Infinity"};
    separate(to, false);
    put(to, words[which], strlen(words[which]));
    return PJF_OK;
}

static pjf_status on_integer(rewriter *to, int64_t value)
{
    separate(to, false);
    must(pjf_json_write_int(&to->out, value));
    return PJF_OK;
}

static pjf_status on_big_integer(rewriter *to, pjf_span digits)
{
    size_t sign = digits.ptr[0] == '-';
    REQUIRE(digits.len - sign >= 19 || same_bytes(digits, (pjf_span){(const uint8_t *)"-0", 2}));
    for (size_t i = sign; i < digits.len; i++) {
        REQUIRE(digits.ptr[i] >= '0' && digits.ptr[i] <= '9');
    }
    separate(to, false);
    put(to, digits.ptr, digits.len);
    return PJF_OK;
}

static pjf_status on_number(rewriter *to, pjf_span text)
{
    bool fraction_or_exponent = false;
    for (size_t i = 0; i < text.len; i++) {
        REQUIRE(text.ptr[i] != 0 && strchr("0123456789+-.eE", text.ptr[i]) != NULL);
        fraction_or_exponent |= text.ptr[i] == '.' || (text.ptr[i] | 0x20) == 'e';
    }
    REQUIRE(fraction_or_exponent);
    separate(to, false);
    put(to, text.ptr, text.len);
    return PJF_OK;
}

/* Generalised UTF-8 to code points; returns how many. */
static size_t code_points(pjf_span text, uint32_t *out)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len;) {
        uint8_t first = text.ptr[i];
        size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        uint32_t code = len == 1 ? first : first & (0x7fu >> len);
        for (size_t j = 1; j < len; j++) {
            code = code << 6 | (text.ptr[i + j] & 0x3fu);
        }
        out[count++] = code;
        i += len;
    }
    return count;
}

static void put_string(rewriter *to, const pjf_json_string *string)
{
    REQUIRE(string->ascii == pjf_utf8_is_ascii(string->text.ptr, string->text.len));
    REQUIRE(string->surrogates ==
            (pjf_utf8_validate(string->text.ptr, string->text.len, NULL) != PJF_OK));
    REQUIRE(string->offset >= to->end); /* strings come in the order of the text */
    to->end = string->offset + 2;
    uint32_t *chars = malloc((string->text.len + 1) * sizeof(*chars));
    REQUIRE(chars != NULL);
    must(pjf_json_write_ucs4(&to->out, chars, code_points(string->text, chars)));
    free(chars);
}

static pjf_status on_string(rewriter *to, const pjf_json_string *value)
{
    separate(to, false);
    put_string(to, value);
    return PJF_OK;
}

static pjf_status on_key(rewriter *to, const pjf_json_string *name)
{
    separate(to, true);
    put_string(to, name);
    put(to, ":", 1);
    return PJF_OK;
}

static pjf_status open_container(rewriter *to, char kind)
{
    separate(to, false);
    REQUIRE(to->level < PJF_JSON_DEPTH_MAX);
    to->kinds[to->level++] = kind;
    put(to, &kind, 1);
    return PJF_OK;
}

static pjf_status close_container(rewriter *to, char kind, const char *closing)
{
    REQUIRE(to->level > 0 && to->kinds[to->level - 1] == kind && !to->after_key);
    to->level--;
    put(to, closing, 1);
    return PJF_OK;
}

/* The instance with the events inlined. */
#define PJF_JSON_FN                         read_inlined
#define PJF_JSON_CTX                        rewriter
#define PJF_JSON_ON_LITERAL(to, which)      on_literal((to), (which))
#define PJF_JSON_ON_INTEGER(to, value)      on_integer((to), (value))
#define PJF_JSON_ON_BIG_INTEGER(to, digits) on_big_integer((to), (digits))
#define PJF_JSON_ON_NUMBER(to, text)        on_number((to), (text))
#define PJF_JSON_ON_STRING(to, value)       on_string((to), (value))
#define PJF_JSON_ON_KEY(to, name)           on_key((to), (name))
#define PJF_JSON_ON_OBJECT_BEGIN(to)        open_container((to), '{')
#define PJF_JSON_ON_OBJECT_END(to)          close_container((to), '{', "}")
#define PJF_JSON_ON_ARRAY_BEGIN(to)         open_container((to), '[')
#define PJF_JSON_ON_ARRAY_END(to)           close_container((to), '[', "]")
#include "core/json_read.inc.h"

/* The same events for the table. */
static pjf_status table_literal(void *ctx, pjf_json_literal which)
{
    return on_literal(ctx, which);
}

static pjf_status table_integer(void *ctx, int64_t value)
{
    return on_integer(ctx, value);
}

static pjf_status table_big_integer(void *ctx, pjf_span digits)
{
    return on_big_integer(ctx, digits);
}

static pjf_status table_number(void *ctx, pjf_span text)
{
    return on_number(ctx, text);
}

static pjf_status table_string(void *ctx, const pjf_json_string *value)
{
    return on_string(ctx, value);
}

static pjf_status table_key(void *ctx, const pjf_json_string *name)
{
    return on_key(ctx, name);
}

static pjf_status table_object_begin(void *ctx)
{
    return open_container(ctx, '{');
}

static pjf_status table_object_end(void *ctx)
{
    return close_container(ctx, '{', "}");
}

static pjf_status table_array_begin(void *ctx)
{
    return open_container(ctx, '[');
}

static pjf_status table_array_end(void *ctx)
{
    return close_container(ctx, '[', "]");
}

static const pjf_json_sink sink = {
    .literal = table_literal,
    .integer = table_integer,
    .big_integer = table_big_integer,
    .number = table_number,
    .string = table_string,
    .key = table_key,
    .object_begin = table_object_begin,
    .object_end = table_object_end,
    .array_begin = table_array_begin,
    .array_end = table_array_end,
};

static pjf_error run(pjf_span text, unsigned options, size_t depth, bool inlined, rewriter *to)
{
    pjf_buf scratch;
    pjf_error error = {PJF_ERR_ARGUMENT, SIZE_MAX};
    pjf_buf_init(&scratch);
    pjf_buf_init(&to->out);
    to->level = 0;
    to->after_key = false;
    to->end = 0;
    pjf_status status = inlined ? read_inlined(text, options, depth, &scratch, to, &error)
                                : pjf_json_read(text, options, depth, &scratch, &sink, to, &error);
    REQUIRE(status == error.status);
    REQUIRE(error.offset <= text.len);
    REQUIRE(scratch.cap <= 2 * text.len + PJF_BUF_INLINE);
    REQUIRE(to->level <= depth);
    REQUIRE(status != PJF_OK || (to->level == 0 && !to->after_key && to->out.len != 0));
    pjf_buf_free(&scratch, false);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rewriter table, inlined, again;
    static const size_t depths[] = {1, 3, PJF_JSON_DEPTH_DEFAULT, PJF_JSON_DEPTH_MAX};
    if (size == 0) {
        return 0;
    }
    unsigned options = data[0] & 1 ? PJF_JSON_NAN : PJF_JSON_STRICT;
    size_t depth = depths[data[0] >> 1 & 3];
    uint8_t *text = exactly(size - 1);
    memcpy(text, data + 1, size - 1);
    pjf_span span = {text, size - 1};

    pjf_error a = run(span, options, depth, false, &table);
    pjf_error b = run(span, options, depth, true, &inlined);
    REQUIRE(a.status == b.status && a.offset == b.offset);
    pjf_span written = {table.out.ptr, table.out.len};
    REQUIRE(same_bytes(written, (pjf_span){inlined.out.ptr, inlined.out.len}));
    if (a.status == PJF_OK) {
        REQUIRE(run(written, options, depth, true, &again).status == PJF_OK);
        REQUIRE(same_bytes(written, (pjf_span){again.out.ptr, again.out.len}));
        pjf_buf_free(&again.out, false);
    }
    pjf_buf_free(&table.out, false);
    pjf_buf_free(&inlined.out, false);
    free(text);
    return 0;
}
