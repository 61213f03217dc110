#include "core/json_read.h"
#include "tests/harness.h"

/* Writes the events of a parse down: { } [ ] as they are, literals as words, i12 an integer, b12 a
 * big one, d1.5 another number, s'x' a string, k'x' a name; ~ behind a string that is not ASCII, ^
 * behind one with a lone surrogate. */
typedef struct recorder {
    pjf_buf trace;
    size_t events;
    size_t refuse_at; /* refuse this event, counted from 1; 0 for none */
} recorder;

static pjf_status record(recorder *to, const char *kind, const void *text, size_t len,
                         const char *after)
{
    pjf_status status = PJF_OK;
    if (++to->events == to->refuse_at) {
        return PJF_ERR_JSON_SINK;
    }
    if (to->trace.len != 0) {
        status = pjf_buf_append_byte(&to->trace, ' ');
    }
    if (status == PJF_OK) {
        status = pjf_buf_append(&to->trace, kind, strlen(kind));
    }
    if (status == PJF_OK) {
        status = pjf_buf_append(&to->trace, text, len);
    }
    return status == PJF_OK ? pjf_buf_append(&to->trace, after, strlen(after)) : status;
}

static pjf_status on_literal(void *ctx, pjf_json_literal which)
{
    static const char *const words[] = {"null", "false", "true", "NaN", "Infinity", "-Infinity"};
    return record(ctx, words[which], NULL, 0, "");
}

static pjf_status on_integer(void *ctx, int64_t value)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)value);
    return record(ctx, "i", digits, (size_t)len, "");
}

static pjf_status on_big_integer(void *ctx, pjf_span digits)
{
    return record(ctx, "b", digits.ptr, digits.len, "");
}

static pjf_status on_number(void *ctx, pjf_span text)
{
    return record(ctx, "d", text.ptr, text.len, "");
}

static const char *string_end(const pjf_json_string *string)
{
    return string->surrogates ? "'~^" : string->ascii ? "'" : "'~";
}

static pjf_status on_string(void *ctx, const pjf_json_string *value)
{
    return record(ctx, "s'", value->text.ptr, value->text.len, string_end(value));
}

static pjf_status on_key(void *ctx, const pjf_json_string *name)
{
    return record(ctx, "k'", name->text.ptr, name->text.len, string_end(name));
}

static pjf_status on_object_begin(void *ctx)
{
    return record(ctx, "{", NULL, 0, "");
}

static pjf_status on_object_end(void *ctx)
{
    return record(ctx, "}", NULL, 0, "");
}

static pjf_status on_array_begin(void *ctx)
{
    return record(ctx, "[", NULL, 0, "");
}

static pjf_status on_array_end(void *ctx)
{
    return record(ctx, "]", NULL, 0, "");
}

static const pjf_json_sink sink = {
    .literal = on_literal,
    .integer = on_integer,
    .big_integer = on_big_integer,
    .number = on_number,
    .string = on_string,
    .key = on_key,
    .object_begin = on_object_begin,
    .object_end = on_object_end,
    .array_begin = on_array_begin,
    .array_end = on_array_end,
};

/* Parses a copy of text that ends at a page's end. Returns the status; *error is checked against
 * it. The trace is left in to->trace, which the caller frees. */
static pjf_status parse(pjf_span text, unsigned options, size_t depth, recorder *to,
                        pjf_error *error)
{
    pjf_buf scratch;
    guarded copy = guarded_new(text.len, true);
    if (text.len != 0) {
        memcpy(copy.ptr, text.ptr, text.len);
    }
    pjf_buf_init(&scratch);
    pjf_buf_init(&to->trace);
    to->events = 0;
    pjf_status status =
        pjf_json_read((pjf_span){copy.ptr, text.len}, options, depth, &scratch, &sink, to, error);
    CHECK_STATUS(error->status, status);
    CHECK(error->offset <= text.len);
    pjf_buf_free(&scratch, true);
    guarded_free(&copy);
    return status;
}

static void check_events(pjf_span text, unsigned options, const char *events)
{
    recorder to = {.refuse_at = 0};
    pjf_error error = {PJF_ERR_ARGUMENT, 1};
    note("%.*s", (int)text.len, (const char *)text.ptr);
    if (CHECK_STATUS(parse(text, options, PJF_JSON_DEPTH_DEFAULT, &to, &error), PJF_OK)) {
        CHECK_EQUAL(error.offset, 0);
        CHECK_BYTES(to.trace.ptr, to.trace.len, events, strlen(events));
    }
    pjf_buf_free(&to.trace, false);
}

static void check_refused(pjf_span text, unsigned options, pjf_status status, size_t offset)
{
    recorder to = {.refuse_at = 0};
    pjf_error error = {PJF_OK, 999};
    note("%.*s", (int)text.len, (const char *)text.ptr);
    CHECK_STATUS(parse(text, options, PJF_JSON_DEPTH_DEFAULT, &to, &error), status);
    CHECK_EQUAL(error.offset, offset);
    pjf_buf_free(&to.trace, false);
}

static void values_and_their_events(void)
{
    static const struct {
        const char *text, *events;
    } rows[] = {
        {"null", "null"},
        {"true", "true"},
        {"false", "false"},
        {"\"\"", "s''"},
        {"\"a\"", "s'a'"},
        {" \t\r\n1 \t\r\n", "i1"},
        {"{}", "{ }"},
        {"[]", "[ ]"},
        {"[ ]", "[ ]"},
        {"{ }", "{ }"},
        {"{\"a\":1}", "{ k'a' i1 }"},
        {"{\"a\":1,\"a\":2}", "{ k'a' i1 k'a' i2 }"},
        {"{\"\":\"\"}", "{ k'' s'' }"},
        {" { \"a\" : [ 1 , 2 ] , \"b\" : { } } ", "{ k'a' [ i1 i2 ] k'b' { } }"},
        {"[[],[[]],{\"a\":[{}]}]", "[ [ ] [ [ ] ] { k'a' [ { } ] } ]"},
        {"[1,\"x\",null,true,false,1.5]", "[ i1 s'x' null true false d1.5 ]"},
        {"{\"token_type\":\"access\",\"exp\":1790000000,\"jti\":\"0123456789abcdef0123456789abcdef\","
         "\"user_id\":\"1\"}",
         "{ k'token_type' s'access' k'exp' i1790000000 k'jti' "
         "s'0123456789abcdef0123456789abcdef' k'user_id' s'1' }"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_events(span_of(rows[i].text), PJF_JSON_STRICT, rows[i].events);
    }
    check_events(SPAN("[NaN,Infinity,-Infinity]"), PJF_JSON_NAN, "[ NaN Infinity -Infinity ]");
}

static void numbers(void)
{
    static const struct {
        const char *text, *events;
    } good[] = {
        {"0", "i0"},
        {"-0", "b-0"},
        {"1", "i1"},
        {"-1", "i-1"},
        {"10", "i10"},
        {"12345678", "i12345678"},
        {"-12345678", "i-12345678"},
        {"123456789", "i123456789"},
        {"1790000000", "i1790000000"},
        {"99999999", "i99999999"},
        {"1234567890123456", "i1234567890123456"},
        {"999999999999999999", "i999999999999999999"},
        {"1000000000000000000", "i1000000000000000000"},
        {"9223372036854775807", "i9223372036854775807"},
        {"-9223372036854775808", "i-9223372036854775808"},
        {"9223372036854775808", "b9223372036854775808"},
        {"-9223372036854775809", "b-9223372036854775809"},
        {"9999999999999999999", "b9999999999999999999"},
        {"18446744073709551616", "b18446744073709551616"},
        {"-18446744073709551616", "b-18446744073709551616"},
        {"100000000000000000000000", "b100000000000000000000000"},
        {"0.0", "d0.0"},
        {"-0.0", "d-0.0"},
        {"1.5", "d1.5"},
        {"1e5", "d1e5"},
        {"1E5", "d1E5"},
        {"1e+5", "d1e+5"},
        {"1e-05", "d1e-05"},
        {"0e0", "d0e0"},
        {"-1.25E-10", "d-1.25E-10"},
        {"12345678.12345678", "d12345678.12345678"},
        {"1e999", "d1e999"},
    };
    static const struct {
        const char *text;
        pjf_status status;
        size_t offset;
    } bad[] = {
        {"-", PJF_ERR_JSON_EOF, 1},
        {"00", PJF_ERR_JSON_NUMBER, 1},
        {"01", PJF_ERR_JSON_NUMBER, 1},
        {"-01", PJF_ERR_JSON_NUMBER, 2},
        {"00000000", PJF_ERR_JSON_NUMBER, 1},
        {"01.5", PJF_ERR_JSON_NUMBER, 1},
        {"--1", PJF_ERR_JSON_NUMBER, 1},
        {"-a", PJF_ERR_JSON_NUMBER, 1},
        {"- 1", PJF_ERR_JSON_NUMBER, 1},
        {"-.5", PJF_ERR_JSON_NUMBER, 1},
        {"+1", PJF_ERR_JSON_VALUE, 0},
        {".5", PJF_ERR_JSON_VALUE, 0},
        {"1.", PJF_ERR_JSON_EOF, 2},
        {"1.e5", PJF_ERR_JSON_NUMBER, 2},
        {"1.x", PJF_ERR_JSON_NUMBER, 2},
        {"1e", PJF_ERR_JSON_EOF, 2},
        {"1e+", PJF_ERR_JSON_EOF, 3},
        {"1e+-1", PJF_ERR_JSON_NUMBER, 3},
        {"1ee1", PJF_ERR_JSON_NUMBER, 2},
        {"1.5.5", PJF_ERR_JSON_TRAILING, 3},
        {"0x10", PJF_ERR_JSON_TRAILING, 1},
        {"1_0", PJF_ERR_JSON_TRAILING, 1},
        {"1 2", PJF_ERR_JSON_TRAILING, 2},
        {"-Infinity", PJF_ERR_JSON_NUMBER, 1},
        {"-NaN", PJF_ERR_JSON_NUMBER, 1},
        {"1234567:", PJF_ERR_JSON_TRAILING, 7},
        {"1234567/", PJF_ERR_JSON_TRAILING, 7},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        check_events(span_of(good[i].text), PJF_JSON_STRICT, good[i].events);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_refused(span_of(bad[i].text), PJF_JSON_STRICT, bad[i].status, bad[i].offset);
    }
    check_refused(SPAN("-NaN"), PJF_JSON_NAN, PJF_ERR_JSON_NUMBER, 1);
    check_refused(SPAN("-Infinit"), PJF_JSON_NAN, PJF_ERR_JSON_EOF, 8);
    check_refused(SPAN("Infinity "), PJF_JSON_STRICT, PJF_ERR_JSON_VALUE, 0);
}

/* Digits are taken eight at a time where there are that many: all lengths, all neighbours. */
static void integers_of_every_length(void)
{
    uint64_t seed = 8;
    for (size_t len = 1; len <= 18; len++) {
        for (int round = 0; round < 50; round++) {
            char text[64], events[96];
            long long value = (long long)(test_random(&seed) % 9 + 1);
            for (size_t i = 1; i < len; i++) {
                value = value * 10 + (long long)(test_random(&seed) % 10);
            }
            const char *sign = round % 2 == 0 ? "" : "-";
            snprintf(text, sizeof(text), "[%s%lld,%lld]", sign, value, value);
            snprintf(events, sizeof(events), "[ i%s%lld i%lld ]", sign, value, value);
            check_events(span_of(text), PJF_JSON_STRICT, events);
        }
    }
}

static void every_error_with_its_offset(void)
{
    static const struct {
        const char *text;
        pjf_status status;
        size_t offset;
    } rows[] = {
        {"", PJF_ERR_JSON_EOF, 0},
        {"  ", PJF_ERR_JSON_EOF, 2},
        {"[", PJF_ERR_JSON_EOF, 1},
        {"[1", PJF_ERR_JSON_EOF, 2},
        {"[1,", PJF_ERR_JSON_EOF, 3},
        {"{", PJF_ERR_JSON_EOF, 1},
        {"{\"a", PJF_ERR_JSON_EOF, 3},
        {"{\"a\"", PJF_ERR_JSON_EOF, 4},
        {"{\"a\":", PJF_ERR_JSON_EOF, 5},
        {"{\"a\":1", PJF_ERR_JSON_EOF, 6},
        {"{\"a\":1,", PJF_ERR_JSON_EOF, 7},
        {"\"abc", PJF_ERR_JSON_EOF, 4},
        {"\"abc\\", PJF_ERR_JSON_EOF, 5},
        {"\"\\u00", PJF_ERR_JSON_EOF, 5},
        {"tru", PJF_ERR_JSON_EOF, 3},
        {"[fals", PJF_ERR_JSON_EOF, 5},
        {"n", PJF_ERR_JSON_EOF, 1},
        {"x", PJF_ERR_JSON_VALUE, 0},
        {"]", PJF_ERR_JSON_VALUE, 0},
        {"[,1]", PJF_ERR_JSON_VALUE, 1},
        {"[1,]", PJF_ERR_JSON_VALUE, 3},
        {"[1,,2]", PJF_ERR_JSON_VALUE, 3},
        {"{\"a\":}", PJF_ERR_JSON_VALUE, 5},
        {"{\"a\": ,", PJF_ERR_JSON_VALUE, 6},
        {"[tRue]", PJF_ERR_JSON_VALUE, 1},
        {"True", PJF_ERR_JSON_VALUE, 0},
        {"nul1", PJF_ERR_JSON_VALUE, 0},
        {"NaN", PJF_ERR_JSON_VALUE, 0},
        {"'a'", PJF_ERR_JSON_VALUE, 0},
        {"/**/1", PJF_ERR_JSON_VALUE, 0},
        {"\x01", PJF_ERR_JSON_VALUE, 0},
        {"\x0b"
         "1",
         PJF_ERR_JSON_VALUE, 0},
        {"\xc2\xa0"
         "1",
         PJF_ERR_JSON_VALUE, 0},
        {"{1:2}", PJF_ERR_JSON_NAME, 1},
        {"{,}", PJF_ERR_JSON_NAME, 1},
        {"{\"a\":1,}", PJF_ERR_JSON_NAME, 7},
        {"{\"a\":1, }", PJF_ERR_JSON_NAME, 8},
        {"{a:1}", PJF_ERR_JSON_NAME, 1},
        {"{\"a\" 1}", PJF_ERR_JSON_COLON, 5},
        {"{\"a\",1}", PJF_ERR_JSON_COLON, 4},
        {"{\"a\"}", PJF_ERR_JSON_COLON, 4},
        {"[1 2]", PJF_ERR_JSON_COMMA, 3},
        {"[1}", PJF_ERR_JSON_COMMA, 2},
        {"{\"a\":1]", PJF_ERR_JSON_COMMA, 6},
        {"{\"a\":1 \"b\":2}", PJF_ERR_JSON_COMMA, 7},
        {"[\"a\"\"b\"]", PJF_ERR_JSON_COMMA, 4},
        {"[truex]", PJF_ERR_JSON_COMMA, 5},
        {"1 x", PJF_ERR_JSON_TRAILING, 2},
        {"{}{}", PJF_ERR_JSON_TRAILING, 2},
        {"[],", PJF_ERR_JSON_TRAILING, 2},
        {"\"a\nb\"", PJF_ERR_JSON_CONTROL, 2},
        {"\"\x1f\"", PJF_ERR_JSON_CONTROL, 1},
        {"\"\t\"", PJF_ERR_JSON_CONTROL, 1},
        {"\"\\x\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"ab\\'\"", PJF_ERR_JSON_ESCAPE, 3},
        {"\"\\\n\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\U0041\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\u12\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\u12g4\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\u 123\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\u+123\"", PJF_ERR_JSON_ESCAPE, 1},
        {"\"\\ud83d\\u12\"", PJF_ERR_JSON_ESCAPE, 7},
        {"\"\\u0041\\ud83d\\x\"", PJF_ERR_JSON_ESCAPE, 13},
        {"\"\x80\"", PJF_ERR_JSON_UTF8, 1},
        {"\"\xff\"", PJF_ERR_JSON_UTF8, 1},
        {"\"a\xc3\"", PJF_ERR_JSON_UTF8, 2},
        {"\"\xc0\x80\"", PJF_ERR_JSON_UTF8, 1},
        {"\"\xe0\x80\x80\"", PJF_ERR_JSON_UTF8, 1},
        {"\"\xed\xa0\x80\"", PJF_ERR_JSON_UTF8, 1},
        {"\"\xf4\x90\x80\x80\"", PJF_ERR_JSON_UTF8, 1},
        {"\"\xe2\x82", PJF_ERR_JSON_UTF8, 1},
        {"\"\xc3\xa9\xff\"", PJF_ERR_JSON_UTF8, 3},
        {"{\"\xff\":1}", PJF_ERR_JSON_UTF8, 2},
        {"\xef\xbb\xbf{}", PJF_ERR_JSON_BOM, 0},
        {"\xef\xbb\xbf", PJF_ERR_JSON_BOM, 0},
        {"\xef\xbb", PJF_ERR_JSON_VALUE, 0},
        {"\xff\xfe{", PJF_ERR_JSON_VALUE, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_refused(span_of(rows[i].text), PJF_JSON_STRICT, rows[i].status, rows[i].offset);
    }
    check_refused((pjf_span){NULL, 0}, PJF_JSON_STRICT, PJF_ERR_JSON_EOF, 0);
    /* NUL bytes: in a string, as white space, and as UTF-16 and UTF-32 have them. */
    check_refused(SPAN("\"\0\""), PJF_JSON_STRICT, PJF_ERR_JSON_CONTROL, 1);
    check_refused(SPAN("1\0"), PJF_JSON_STRICT, PJF_ERR_JSON_TRAILING, 1);
    check_refused(SPAN("{\0}\0"), PJF_JSON_STRICT, PJF_ERR_JSON_NAME, 1);
    check_refused(SPAN("\0{\0}"), PJF_JSON_STRICT, PJF_ERR_JSON_VALUE, 0);
    check_refused(SPAN("\0\0\0001"), PJF_JSON_STRICT, PJF_ERR_JSON_VALUE, 0);
}

static void escapes(void)
{
    static const struct {
        const char *text, *events;
    } rows[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s'\"\\/\b\f\n\r\t'"},
        {"\"\\u0041\\u007f\"", "s'A\x7f'"},
        {"\"\\u0080\"", "s'\xc2\x80'~"},
        {"\"\\u20AC\\u20ac\"", "s'\xe2\x82\xac\xe2\x82\xac'~"},
        {"\"\\ud83d\\ude00\"", "s'\xf0\x9f\x98\x80'~"},
        {"\"\\uDBFF\\uDFFF\"", "s'\xf4\x8f\xbf\xbf'~"},
        {"\"\\ud800\\udc00\"", "s'\xf0\x90\x80\x80'~"},
        {"\"\\ud83d\"", "s'\xed\xa0\xbd'~^"},
        {"\"\\ude00\"", "s'\xed\xb8\x80'~^"},
        {"\"\\ude00\\ude01\"", "s'\xed\xb8\x80\xed\xb8\x81'~^"},
        {"\"\\ude00\\ud83d\"", "s'\xed\xb8\x80\xed\xa0\xbd'~^"},
        {"\"\\ud83d\\ud83d\\ude00\"", "s'\xed\xa0\xbd\xf0\x9f\x98\x80'~^"},
        {"\"\\ud83dx\\ude00\"", "s'\xed\xa0\xbdx\xed\xb8\x80'~^"},
        {"\"\\ud83d\\n\"", "s'\xed\xa0\xbd\n'~^"},
        {"\"\\ud83d\\u0041\"", "s'\xed\xa0\xbd"
                               "A'~^"},
        {"\"\xc3\xa9\"", "s'\xc3\xa9'~"},
        {"\"\x7f\"", "s'\x7f'"},
        {"{\"\\u006bid\":\"\\u0061\"}", "{ k'kid' s'a' }"},
        {"[\"\\n\",\"plain\",\"\\t\"]", "[ s'\n' s'plain' s'\t' ]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_events(span_of(rows[i].text), PJF_JSON_STRICT, rows[i].events);
    }
    recorder to = {.refuse_at = 0};
    pjf_error error;
    CHECK_STATUS(parse(SPAN("\"a\\u0000b\""), PJF_JSON_STRICT, 1, &to, &error), PJF_OK);
    CHECK_BYTES(to.trace.ptr, to.trace.len, "s'a\0b'", 6);
    pjf_buf_free(&to.trace, false);
}

/* Strings are scanned 16 bytes at a time: something special at every place of every length, with
 * little or much text behind it. */
static void something_special_at_every_place(void)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
        const char *end;
        pjf_status status;
    } kinds[] = {
        {"", "", "'", PJF_OK},
        {"\\n", "\n", "'", PJF_OK},
        {"\\u20ac", "\xe2\x82\xac", "'~", PJF_OK},
        {"\xe2\x82\xac", "\xe2\x82\xac", "'~", PJF_OK},
        {"\x7f", "\x7f", "'", PJF_OK},
        {"\x1f", NULL, NULL, PJF_ERR_JSON_CONTROL},
        {"\xff", NULL, NULL, PJF_ERR_JSON_UTF8},
        {"\\q", NULL, NULL, PJF_ERR_JSON_ESCAPE},
    };
    static const char filler[] =
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ....";
    static const char *const tails[] = {"", " ", "        ", "                         "};
    for (size_t before = 0; before < 40; before++) {
        for (size_t after = 0; after < 40; after += after < 20 ? 1 : 7) {
            for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
                const char *tail = tails[(before + after) % 4];
                char text[200], events[200];
                int len = snprintf(text, sizeof(text), "\"%.*s%s%.*s\"%s", (int)before, filler,
                                   kinds[k].in, (int)after, filler, tail);
                pjf_span span = {(const uint8_t *)text, (size_t)len};
                if (kinds[k].out == NULL) {
                    check_refused(span, PJF_JSON_STRICT, kinds[k].status, before + 1);
                    continue;
                }
                snprintf(events, sizeof(events), "s'%.*s%s%.*s%s", (int)before, filler,
                         kinds[k].out, (int)after, filler, kinds[k].end);
                check_events(span, PJF_JSON_STRICT, events);
            }
        }
    }
}

static void long_strings_outgrow_the_scratch(void)
{
    enum { COUNT = 5000 };
    char *text = malloc(COUNT * 2 + 3);
    recorder to = {.refuse_at = 0};
    pjf_error error;
    text[0] = '"';
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(text + 1 + 2 * i, "\\n", 2);
    }
    memcpy(text + 1 + COUNT * 2, "\"", 2);
    CHECK_STATUS(parse(span_of(text), PJF_JSON_STRICT, 1, &to, &error), PJF_OK);
    CHECK_EQUAL(to.trace.len, COUNT + 3);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(to.trace.ptr[2 + i] == '\n');
    }
    pjf_buf_free(&to.trace, false);
    free(text);
}

static void depth_is_bounded(void)
{
    static const size_t depths[] = {1, 2, 127, 128, 129, 1023, 1024};
    char text[2 * PJF_JSON_DEPTH_MAX + 16];
    recorder to = {.refuse_at = 0};
    pjf_error error;
    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        for (int over = 0; over < 2; over++) {
            size_t depth = depths[i], nested = depth + (size_t)over;
            note("depth %zu, nested %zu", depth, nested);
            memset(text, '[', nested);
            memset(text + nested, ']', nested);
            pjf_span span = {(const uint8_t *)text, nested * 2};
            pjf_status status = parse(span, PJF_JSON_STRICT, depth, &to, &error);
            CHECK_STATUS(status, over ? PJF_ERR_JSON_DEPTH : PJF_OK);
            CHECK_EQUAL(error.offset, over ? depth : 0);
            pjf_buf_free(&to.trace, false);
        }
    }
    /* Beyond what the parser can follow, whatever is asked for. */
    memset(text, '[', PJF_JSON_DEPTH_MAX + 1);
    pjf_span span = {(const uint8_t *)text, PJF_JSON_DEPTH_MAX + 1};
    CHECK_STATUS(parse(span, PJF_JSON_STRICT, SIZE_MAX, &to, &error), PJF_ERR_JSON_DEPTH);
    CHECK_EQUAL(error.offset, PJF_JSON_DEPTH_MAX);
    pjf_buf_free(&to.trace, false);

    CHECK_STATUS(parse(SPAN("{\"a\":{}}"), PJF_JSON_STRICT, 1, &to, &error), PJF_ERR_JSON_DEPTH);
    CHECK_EQUAL(error.offset, 5);
    pjf_buf_free(&to.trace, false);
    /* It is nesting that counts, not the number of containers. */
    CHECK_STATUS(parse(SPAN("[[],[],{},{}]"), PJF_JSON_STRICT, 2, &to, &error), PJF_OK);
    pjf_buf_free(&to.trace, false);
}

static const char sample[] =
    "{\"alg\":\"HS256\",\"n\":[1790000000,-1.5e3,18446744073709551616,true,false,null],"
    "\"\\u00e9\xc3\xa9\":{\"deep\":[[],{}],\"esc\":\"a\\n\\ud83d\\ude00\\ud800z\"}, \"last\" : -0 }";

static void no_prefix_is_accepted(void)
{
    for (size_t len = 0; len < sizeof(sample) - 1; len++) {
        recorder to = {.refuse_at = 0};
        pjf_error error;
        note("first %zu bytes", len);
        pjf_span prefix = {(const uint8_t *)sample, len};
        pjf_status status = parse(prefix, PJF_JSON_STRICT, 10, &to, &error);
        if (status == PJF_ERR_JSON_UTF8) {
            CHECK_EQUAL(sample[error.offset], '\xc3'); /* cut in two */
        } else {
            CHECK_STATUS(status, PJF_ERR_JSON_EOF);
            CHECK_EQUAL(error.offset, len);
        }
        pjf_buf_free(&to.trace, false);
    }
}

static void a_refused_event_ends_the_parse(void)
{
    recorder to = {.refuse_at = 0};
    pjf_error error;
    CHECK_STATUS(parse(span_of(sample), PJF_JSON_STRICT, 10, &to, &error), PJF_OK);
    size_t events = to.events, last_offset = 0;
    pjf_buf_free(&to.trace, false);
    CHECK_EQUAL(events, 27);
    for (to.refuse_at = 1; to.refuse_at <= events; to.refuse_at++) {
        note("event %zu", to.refuse_at);
        CHECK_STATUS(parse(span_of(sample), PJF_JSON_STRICT, 10, &to, &error), PJF_ERR_JSON_SINK);
        CHECK_EQUAL(to.events, to.refuse_at);
        CHECK(error.offset > last_offset || to.refuse_at == 1); /* each token has its own place */
        last_offset = error.offset;
        pjf_buf_free(&to.trace, false);
    }
    CHECK_EQUAL(last_offset, sizeof(sample) - 2);

    /* The place is where the refused token begins. */
    to.refuse_at = 4;
    CHECK_STATUS(parse(SPAN("{\"a\":1, \"b\\n\":2}"), PJF_JSON_STRICT, 10, &to, &error),
                 PJF_ERR_JSON_SINK);
    CHECK_EQUAL(error.offset, 8);
    pjf_buf_free(&to.trace, false);
}

static void string_offsets_are_of_the_quote(void)
{
    /* Duplicates of JOSE parameters are told by this offset. */
    recorder to = {.refuse_at = 3};
    pjf_error error;
    CHECK_STATUS(parse(SPAN("  {  \"a\" : \"bc\" }"), PJF_JSON_STRICT, 10, &to, &error),
                 PJF_ERR_JSON_SINK);
    CHECK_EQUAL(error.offset, 11);
    pjf_buf_free(&to.trace, false);
}

static void a_failed_scratch_is_out_of_memory(void)
{
    enum { COUNT = 3000 };
    if (!can_fail_allocations) {
        return;
    }
    char text[COUNT + 10];
    recorder to = {.refuse_at = 0};
    pjf_error error;
    memset(text, 'x', sizeof(text));
    memcpy(text, "\"\\n", 3);
    text[COUNT] = '"';
    fail_allocation(0);
    CHECK_STATUS(
        parse((pjf_span){(const uint8_t *)text, COUNT + 1}, PJF_JSON_STRICT, 1, &to, &error),
        PJF_ERR_NOMEM);
    CHECK(allocation_has_failed());
    pjf_buf_free(&to.trace, false);
}

/* The template once more, with names that are expected: what comes as expected is written down as
 * its key event would be. */
typedef struct expecting {
    recorder *to;
    const pjf_json_name *names;
    size_t count;
    size_t next;
    size_t met;
} expecting;

static pjf_status on_any_key(expecting *one, const pjf_json_string *name)
{
    one->next++;
    return on_key(one->to, name);
}

static void on_expected(expecting *one, const uint8_t *after)
{
    const size_t len = one->names[one->next++].len - (size_t)3;
    one->met++;
    record(one->to, "k'", after - len - 2, len, "'");
}

#define PJF_JSON_FN                     read_expecting
#define PJF_JSON_CTX                    expecting
#define PJF_JSON_ON_LITERAL(one, which) on_literal((one)->to, which)
#define PJF_JSON_ON_INTEGER(one, value) on_integer((one)->to, value)
#define PJF_JSON_ON_BIG_INTEGER(one, s) on_big_integer((one)->to, s)
#define PJF_JSON_ON_NUMBER(one, s)      on_number((one)->to, s)
#define PJF_JSON_ON_STRING(one, s)      on_string((one)->to, s)
#define PJF_JSON_ON_KEY(one, s)         on_any_key(one, s)
#define PJF_JSON_ON_OBJECT_BEGIN(one)   on_object_begin((one)->to)
#define PJF_JSON_ON_OBJECT_END(one)     on_object_end((one)->to)
#define PJF_JSON_ON_ARRAY_BEGIN(one)    on_array_begin((one)->to)
#define PJF_JSON_ON_ARRAY_END(one)      on_array_end((one)->to)
#define PJF_JSON_EXPECTED(one)    ((one)->next < (one)->count ? &(one)->names[(one)->next] : NULL)
#define PJF_JSON_ON_EXPECTED(one) on_expected(one, p)
#include "core/json_read.inc.h"

/* Reads text with the names expected, and without: the events must be the same, and so must what is
 * wrong. Returns how many names came as expected. */
static size_t check_expecting(pjf_span text, const pjf_json_name *names, size_t count)
{
    recorder with = {.refuse_at = 0}, without = {.refuse_at = 0};
    pjf_error error, plain_error;
    pjf_buf scratch;
    guarded copy = guarded_new(text.len, true);
    memcpy(copy.ptr, text.ptr, text.len);
    pjf_buf_init(&scratch);
    pjf_buf_init(&with.trace);
    expecting one = {.to = &with, .names = names, .count = count};
    note("%.*s", (int)text.len, (const char *)text.ptr);
    pjf_status status = parse(text, PJF_JSON_STRICT, 10, &without, &plain_error);
    CHECK_STATUS(
        read_expecting((pjf_span){copy.ptr, text.len}, PJF_JSON_STRICT, 10, &scratch, &one, &error),
        status);
    CHECK_EQUAL(error.offset, plain_error.offset);
    CHECK_BYTES(with.trace.ptr, with.trace.len, without.trace.ptr, without.trace.len);
    pjf_buf_free(&with.trace, false);
    pjf_buf_free(&without.trace, false);
    pjf_buf_free(&scratch, true);
    guarded_free(&copy);
    return one.met;
}

/* A name that is expected is met wherever it is, and nothing else is taken for it. */
static void expected_names(void)
{
    static const char letters[] = "abcdefghijklmnopqrst";
    for (size_t len = 1; len <= PJF_JSON_NAME_MAX; len++) {
        char text[64];
        pjf_json_name names[3] = {{.len = 0}};
        const pjf_span name = {(const uint8_t *)letters, len};
        CHECK(pjf_json_name_init(&names[0], name));
        CHECK(pjf_json_name_init(&names[1], (pjf_span){(const uint8_t *)letters + 1, len}));
        CHECK_EQUAL(names[0].len, len + 3);
        snprintf(text, sizeof(text), "{\"%.*s\":1,\"%.*s\":2}", (int)len, letters, (int)len,
                 letters + 1);
        /* In front of a short name that begins the text there are not the bytes to compare. */
        CHECK_EQUAL(check_expecting(span_of(text), names, 3), len >= 4 ? 2 : 1);
        for (size_t cut = strlen(text); cut > 0; cut--) {
            check_expecting((pjf_span){(const uint8_t *)text, cut}, names, 3);
        }
        for (size_t at = 0; text[at] != '\0'; at++) { /* any byte wrong */
            const char kept = text[at];
            for (const char *other = "x\" \\:,\x01\xc3"; *other != '\0'; other++) {
                text[at] = *other;
                check_expecting(span_of(text), names, 3);
            }
            text[at] = kept;
        }
    }
    pjf_json_name names[2];
    CHECK(pjf_json_name_init(&names[0], SPAN("exp")));
    CHECK(pjf_json_name_init(&names[1], SPAN("iat")));
    CHECK_EQUAL(check_expecting(SPAN("{ \"exp\":1 ,\n\"iat\": 2}"), names, 2), 2);
    CHECK_EQUAL(check_expecting(SPAN("{ \"exp\" :1,\"iat\":2}"), names, 2), 1);
    CHECK_EQUAL(check_expecting(SPAN("{\"e\\u0078p\":1,\"iat\":2}"), names, 2), 1);
    CHECK_EQUAL(check_expecting(SPAN("{\"iat\":1,\"exp\":2}"), names, 2), 0);
    CHECK_EQUAL(check_expecting(SPAN("{ \"exp\":1,\"exp\":2}"), names, 2), 1);
}

static void names_that_are_not_expected(void)
{
    static const char *const others[] = {"",     "abcdefghijklmnopq", "a\"b", "a\\b",
                                         "\x1f", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        pjf_json_name name = {.len = 9};
        note("name %zu", i);
        CHECK(!pjf_json_name_init(&name, span_of(others[i])));
        CHECK_EQUAL(name.len, 0);
        CHECK_EQUAL(check_expecting(SPAN("{\"abcdefghijklmnopq\":1}"), &name, 1), 0);
    }
}

TEST_SUITE(json_read, TEST(expected_names), TEST(names_that_are_not_expected),
           TEST(values_and_their_events), TEST(numbers), TEST(integers_of_every_length),
           TEST(every_error_with_its_offset), TEST(escapes), TEST(something_special_at_every_place),
           TEST(long_strings_outgrow_the_scratch), TEST(depth_is_bounded),
           TEST(no_prefix_is_accepted), TEST(a_refused_event_ends_the_parse),
           TEST(string_offsets_are_of_the_quote), TEST(a_failed_scratch_is_out_of_memory));
