#include "core/utf8.h"
#include "tests/harness.h"

/* RFC 3629 §4, decoded and encoded again: the length of the one sequence in bytes[0, len), or 0. */
static size_t reference_sequence(const uint8_t *bytes, size_t len)
{
    size_t want = bytes[0] < 0x80 ? 1 : bytes[0] >> 5 == 6 ? 2 : bytes[0] >> 4 == 14 ? 3 : 4;
    if (want > len || (bytes[0] >= 0x80 && bytes[0] < 0xc0) || bytes[0] >= 0xf8) {
        return 0;
    }
    uint32_t code = want == 1 ? bytes[0] : bytes[0] & (0x7fu >> want);
    for (size_t i = 1; i < want; i++) {
        if (bytes[i] >> 6 != 2) {
            return 0;
        }
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool good = code >= lowest[want] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return good ? want : 0;
}

static void check_sequence(const uint8_t *bytes, size_t len)
{
    size_t offset = 999;
    bool good = reference_sequence(bytes, len) == len;
    note("%02x %02x %02x %02x, %zu bytes", bytes[0], bytes[1], bytes[2], bytes[3], len);
    CHECK_STATUS(pjf_utf8_validate(bytes, len, &offset), good ? PJF_OK : PJF_ERR_JSON_UTF8);
}

static void every_code_point(void)
{
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        uint8_t bytes[4] = {0};
        size_t len = pjf_utf8_put(code, bytes);
        size_t want = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        note("U+%04X", (unsigned)code);
        CHECK_EQUAL(len, want);
        CHECK_STATUS(pjf_utf8_validate(bytes, len, NULL), surrogate ? PJF_ERR_JSON_UTF8 : PJF_OK);
        CHECK(pjf_utf8_is_ascii(bytes, len) == (code < 0x80));
        CHECK(surrogate || reference_sequence(bytes, len) == len);
    }
}

static void every_two_bytes(void)
{
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        uint8_t bytes[4] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        if (bytes[0] >= 0x80) {
            check_sequence(bytes, 1);
            check_sequence(bytes, 2);
        }
    }
}

static void every_three_bytes_with_an_edge(void)
{
    static const uint8_t edges[] = {0x00, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (unsigned pair = 0xe000; pair < 0xf000; pair++) {
        for (size_t i = 0; i < sizeof(edges); i++) {
            uint8_t bytes[4] = {(uint8_t)(pair >> 8), (uint8_t)pair, edges[i]};
            check_sequence(bytes, 3);
        }
    }
}

static void every_four_bytes_with_edges(void)
{
    static const uint8_t edges[] = {0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0};
    for (unsigned pair = 0xf000; pair < 0x10000; pair++) {
        for (size_t i = 0; i < sizeof(edges); i++) {
            for (size_t j = 0; j < sizeof(edges); j++) {
                uint8_t bytes[4] = {(uint8_t)(pair >> 8), (uint8_t)pair, edges[i], edges[j]};
                check_sequence(bytes, 4);
                check_sequence(bytes, 3);
            }
        }
    }
}

static void offset_is_of_the_sequence(void)
{
    for (size_t before = 0; before < 70; before++) {
        for (size_t after = 0; after < 20; after++) {
            size_t len = before + 3 + after, offset = 999;
            guarded text = guarded_new(len, true);
            memset(text.ptr, 'a', len);
            note("%zu before, %zu after", before, after);
            CHECK(pjf_utf8_is_ascii(text.ptr, len));
            memcpy(text.ptr + before, "\xe2\x82\xac", 3);
            CHECK_STATUS(pjf_utf8_validate(text.ptr, len, &offset), PJF_OK);
            CHECK(!pjf_utf8_is_ascii(text.ptr, len));
            text.ptr[before + 2] = 'a';
            CHECK_STATUS(pjf_utf8_validate(text.ptr, len, &offset), PJF_ERR_JSON_UTF8);
            CHECK_EQUAL(offset, before);
            guarded_free(&text);
        }
    }
    CHECK_STATUS(pjf_utf8_validate(NULL, 0, NULL), PJF_OK);
    CHECK(pjf_utf8_is_ascii(NULL, 0));
}

TEST_SUITE(utf8, TEST(every_code_point), TEST(every_two_bytes),
           TEST(every_three_bytes_with_an_edge), TEST(every_four_bytes_with_edges),
           TEST(offset_is_of_the_sequence));
