#include "core/json_scan.h"
#include "tests/harness.h"

#if PJF_JSON_SCAN
typedef const uint8_t *(*skip_plain)(const uint8_t *p, const uint8_t *end);

static bool is_stop(uint8_t c)
{
    return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

/* What the header promises: whole blocks without a stop. */
static size_t plain_blocks(const uint8_t *ptr, size_t len)
{
    size_t at = 0;
    for (; len - at >= 64; at += 64) {
        for (size_t i = 0; i < 64; i++) {
            if (is_stop(ptr[at + i])) {
                return at;
            }
        }
    }
    return at;
}

/* Every byte at every place of texts of every length, which end at a page's end. */
static void check_way(skip_plain way)
{
    for (size_t len = 0; len <= 200; len++) {
        guarded text = guarded_new(len, true);
        if (len != 0) {
            memset(text.ptr, 'p', len);
        }
        CHECK_EQUAL(way(text.ptr, text.ptr + len) - text.ptr, len / 64 * 64);
        for (size_t at = 0; at < len; at++) {
            static const uint8_t bytes[] = {0x00, 0x1f, ' ',  '!',  '"',  '#',  '[', '\\',
                                            ']',  0x7e, 0x7f, 0x80, 0xc3, 0xff, 'x'};
            const uint8_t c = bytes[(at + len) % sizeof(bytes)];
            note("byte %#x at %zu of %zu", c, at, len);
            text.ptr[at] = c;
            CHECK_EQUAL(way(text.ptr, text.ptr + len) - text.ptr, plain_blocks(text.ptr, len));
            text.ptr[at] = 'p';
        }
        guarded_free(&text);
    }
    guarded block = guarded_new(128, true);
    for (unsigned c = 0; c < 256; c++) {
        for (size_t at = 0; at < 128; at += 13) {
            note("byte %#x at %zu", c, at);
            memset(block.ptr, 'p', 128);
            block.ptr[at] = (uint8_t)c;
            CHECK_EQUAL(way(block.ptr, block.ptr + 128) - block.ptr, plain_blocks(block.ptr, 128));
        }
    }
    guarded_free(&block);
}

static void every_way_skips_the_same(void)
{
    check_way(pjf_json_skip_plain);
    check_way(pjf_json_skip_plain_sse2);
# if PJF_JSON_SCAN_AVX2
    if (__builtin_cpu_supports("avx2")) {
        check_way(pjf_json_skip_plain_avx2);
    }
# endif
}
#else
static void every_way_skips_the_same(void)
{
    note("this CPU's strings are scanned byte by byte");
}
#endif

TEST_SUITE(json_scan, TEST(every_way_skips_the_same));
