#include "core/json_write.h"
#include "tests/harness.h"

#define LEN_MAX 200

/* Python's rule (json.encoder.ESCAPE_ASCII), one code point at a time; returns the length. */
static size_t reference_write(const uint32_t *chars, size_t count, char *out)
{
    char *at = out;
    *at++ = '"';
    for (size_t i = 0; i < count; i++) {
        static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        uint32_t c = chars[i];
        const char *pair = NULL;
        for (size_t j = 0; j < sizeof(shorts) - 1; j += 2) {
            pair = (uint8_t)shorts[j] == c ? &shorts[j] : pair;
        }
        if (pair != NULL) {
            at += sprintf(at, "\\%c", pair[1]);
        } else if (c >= ' ' && c <= '~') {
            *at++ = (char)c;
        } else if (c <= 0xffff) {
            at += sprintf(at, "\\u%04x", (unsigned)c);
        } else {
            at += sprintf(at, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                          (unsigned)(0xdc00 + (c & 0x3ff)));
        }
    }
    *at++ = '"';
    return (size_t)(at - out);
}

/* A name is a string between its separator and its colon. */
static void check_name(const uint8_t *chars, size_t count, const char *string, size_t string_len)
{
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_json_write_name(&out, ',', chars, count), PJF_OK);
    if (CHECK_EQUAL(out.len, string_len + 2)) {
        CHECK_EQUAL(out.ptr[0], ',');
        CHECK_BYTES(out.ptr + 1, string_len, string, string_len);
        CHECK_EQUAL(out.ptr[string_len + 1], ':');
    }
    pjf_buf_free(&out, false);
}

/* Writes chars in each width that holds them, behind some bytes, and compares. */
static void check_write(const uint32_t *chars, size_t count)
{
    char want[12 * LEN_MAX + 2];
    size_t want_len = reference_write(chars, count, want);
    uint32_t highest = 0;
    for (size_t i = 0; i < count; i++) {
        highest = chars[i] > highest ? chars[i] : highest;
    }
    for (unsigned width = 1; width <= 4; width *= 2) {
        guarded memory = guarded_new(count * width, true);
        pjf_buf out;
        pjf_status status;
        pjf_buf_init(&out);
        CHECK_STATUS(pjf_buf_append(&out, "{", 1), PJF_OK);
        if (width == 1 && highest <= 0xff) {
            for (size_t i = 0; i < count; i++) {
                memory.ptr[i] = (uint8_t)chars[i];
            }
            status = pjf_json_write_latin1(&out, memory.ptr, count);
            check_name(memory.ptr, count, want, want_len);
        } else if (width == 2 && highest <= 0xffff) {
            for (size_t i = 0; i < count; i++) {
                ((uint16_t *)(void *)memory.ptr)[i] = (uint16_t)chars[i];
            }
            status = pjf_json_write_ucs2(&out, (uint16_t *)(void *)memory.ptr, count);
        } else if (width == 4) {
            if (count != 0) {
                memcpy(memory.ptr, chars, count * 4);
            }
            status = pjf_json_write_ucs4(&out, (uint32_t *)(void *)memory.ptr, count);
        } else {
            guarded_free(&memory);
            pjf_buf_free(&out, false);
            continue;
        }
        CHECK_STATUS(status, PJF_OK);
        CHECK_EQUAL(out.ptr[0], '{');
        CHECK_BYTES(out.ptr + 1, out.len - 1, want, want_len);
        pjf_buf_free(&out, false);
        guarded_free(&memory);
    }
}

static void every_code_point(void)
{
    for (uint32_t code = 0; code <= 0x10ffff; code += code < 0x3000 || code >= 0xffffe ? 1 : 97) {
        note("U+%04X", (unsigned)code);
        check_write(&code, 1);
    }
}

static void known_texts(void)
{
    static const struct {
        const char *chars, *want;
    } rows[] = {
        {"", "\"\""},
        {"exp", "\"exp\""},
        {"a/b", "\"a/b\""},
        {"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f\x80\xe9\xff", "\"\\u0001\\u001f\\u007f\\u0080\\u00e9\\u00ff\""},
        {" ~", "\" ~\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_buf out;
        pjf_buf_init(&out);
        note("row %zu", i);
        pjf_span chars = span_of(rows[i].chars);
        CHECK_STATUS(pjf_json_write_latin1(&out, chars.ptr, chars.len), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, rows[i].want, strlen(rows[i].want));
        pjf_buf_free(&out, false);
    }
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_json_write_latin1(&out, NULL, 0), PJF_OK);
    CHECK_STATUS(pjf_json_write_ucs2(&out, NULL, 0), PJF_OK);
    CHECK_STATUS(pjf_json_write_ucs4(&out, NULL, 0), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, "\"\"\"\"\"\"", 6);
    pjf_buf_free(&out, false);
}

/* Characters are copied 16 at a time: an escape at every place of every length. */
static void an_escape_at_every_place(void)
{
    static const uint32_t specials[] = {'"', '\n', 0x1f, 0x7f, 0xe9, 0x20ac, 0x1f600};
    uint32_t chars[LEN_MAX];
    for (size_t i = 0; i < LEN_MAX; i++) {
        chars[i] = ' ' + (uint32_t)(i * 7 % 90 + 3);
        chars[i] = chars[i] == '\\' ? 'x' : chars[i];
    }
    for (size_t len = 0; len < 70; len++) {
        note("%zu plain characters", len);
        check_write(chars, len);
        for (size_t at = 0; at < len; at++) {
            uint32_t plain = chars[at];
            note("special at %zu of %zu", at, len);
            chars[at] = specials[(at + len) % (sizeof(specials) / sizeof(specials[0]))];
            check_write(chars, len);
            chars[at] = plain;
        }
    }
}

static void random_texts(void)
{
    static const uint32_t limits[] = {0x80, 0x100, 0x10000, 0x110000};
    uint64_t seed = 11;
    uint32_t chars[LEN_MAX];
    for (int round = 0; round < 2000; round++) {
        size_t len = test_random_below(&seed, LEN_MAX);
        uint32_t limit = limits[round % 4];
        for (size_t i = 0; i < len; i++) {
            chars[i] = (uint32_t)(test_random(&seed) % limit);
        }
        note("round %d", round);
        check_write(chars, len);
    }
}

static void integers(void)
{
    static const struct {
        int64_t value;
        const char *want;
    } rows[] = {{0, "0"},
                {7, "7"},
                {-1, "-1"},
                {10, "10"},
                {99, "99"},
                {100, "100"},
                {1790000000, "1790000000"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_buf out;
        pjf_buf_init(&out);
        CHECK_STATUS(pjf_json_write_int(&out, rows[i].value), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, rows[i].want, strlen(rows[i].want));
        pjf_buf_free(&out, false);
    }
    uint64_t seed = 12;
    for (int round = 0; round < 2000; round++) {
        int64_t value = (int64_t)test_random(&seed) >> (test_random(&seed) % 64);
        char want[32];
        int len = snprintf(want, sizeof(want), "%lld", (long long)value);
        pjf_buf out;
        pjf_buf_init(&out);
        CHECK_STATUS(pjf_json_write_int(&out, value), PJF_OK);
        CHECK_BYTES(out.ptr, out.len, want, (size_t)len);
        pjf_buf_free(&out, false);
    }
}

static void out_of_memory_takes_nothing_back(void)
{
    static uint32_t wide[4000];
    static uint16_t medium[4000];
    static uint8_t narrow[4000];
    for (size_t i = 0; i < 4000; i++) {
        wide[i] = medium[i] = 0x20ac;
        narrow[i] = i < 500 ? 'x' : 0xff;
    }
    for (long after = 0; can_fail_allocations && after < 3; after++) {
        for (int width = 0; width < 4; width++) {
            pjf_buf out;
            pjf_buf_init(&out);
            CHECK_STATUS(pjf_buf_append(&out, "[1,", 3), PJF_OK);
            fail_allocation(after);
            pjf_status status = width == 0   ? pjf_json_write_latin1(&out, narrow, 4000)
                                : width == 1 ? pjf_json_write_ucs2(&out, medium, 4000)
                                : width == 2 ? pjf_json_write_ucs4(&out, wide, 4000)
                                             : pjf_json_write_name(&out, ',', narrow, 4000);
            note("width %d, allocation %ld", width, after);
            CHECK_STATUS(status, allocation_has_failed() ? PJF_ERR_NOMEM : PJF_OK);
            CHECK(after != 0 || allocation_has_failed());
            fail_allocation(-1);
            if (status != PJF_OK) {
                CHECK_BYTES(out.ptr, out.len, "[1,", 3);
            }
            pjf_buf_free(&out, false);
        }
    }
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_json_write_latin1(&out, narrow, SIZE_MAX), PJF_ERR_NOMEM);
    CHECK_STATUS(pjf_json_write_name(&out, '{', narrow, SIZE_MAX), PJF_ERR_NOMEM);
    CHECK_EQUAL(out.len, 0);
    pjf_buf_free(&out, false);
}

TEST_SUITE(json_write, TEST(known_texts), TEST(every_code_point), TEST(an_escape_at_every_place),
           TEST(random_texts), TEST(integers), TEST(out_of_memory_takes_nothing_back));
