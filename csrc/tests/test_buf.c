#include "core/buf.h"
#include "tests/harness.h"

static void starts_empty_and_inline(void)
{
    pjf_buf buf;
    pjf_buf_init(&buf);
    CHECK(buf.ptr == buf.store);
    CHECK_EQUAL(buf.len, 0);
    CHECK_EQUAL(buf.cap, PJF_BUF_INLINE);
    CHECK_STATUS(pjf_buf_append(&buf, NULL, 0), PJF_OK);
    CHECK_EQUAL(buf.len, 0);
    pjf_buf_free(&buf, false);
}

static void keeps_bytes_while_growing(void)
{
    uint8_t want[20000];
    uint64_t seed = 1;
    pjf_buf buf;
    test_random_fill(&seed, want, sizeof(want));
    pjf_buf_init(&buf);
    for (size_t done = 0, piece = 1; done < sizeof(want); done += piece, piece = piece * 2 + 1) {
        piece = piece < sizeof(want) - done ? piece : sizeof(want) - done;
        if (piece == 1) {
            CHECK_STATUS(pjf_buf_append_byte(&buf, want[done]), PJF_OK);
        } else {
            CHECK_STATUS(pjf_buf_append(&buf, want + done, piece), PJF_OK);
        }
        CHECK(buf.cap >= buf.len);
    }
    CHECK_BYTES(buf.ptr, buf.len, want, sizeof(want));
    CHECK(buf.ptr != buf.store);
    pjf_buf_free(&buf, false);
    CHECK(buf.ptr == buf.store && buf.len == 0 && buf.cap == PJF_BUF_INLINE);
    CHECK_STATUS(pjf_buf_append(&buf, "again", 5), PJF_OK);
    CHECK_BYTES(buf.ptr, buf.len, "again", 5);
    pjf_buf_free(&buf, true);
}

static void fills_the_inline_storage_without_malloc(void)
{
    pjf_buf buf;
    pjf_buf_init(&buf);
    fail_allocation(0);
    for (size_t i = 0; i < PJF_BUF_INLINE; i++) {
        CHECK_STATUS(pjf_buf_append_byte(&buf, (uint8_t)i), PJF_OK);
    }
    CHECK(buf.ptr == buf.store);
    CHECK(!allocation_has_failed());
    fail_allocation(-1);
    CHECK_STATUS(pjf_buf_append_byte(&buf, 7), PJF_OK);
    CHECK(buf.ptr != buf.store);
    CHECK_EQUAL(buf.len, PJF_BUF_INLINE + 1);
    pjf_buf_free(&buf, false);
}

static void old_storage_is_cleansed(void)
{
    static const uint8_t zeros[PJF_BUF_INLINE];
    pjf_buf buf;
    pjf_buf_init(&buf);
    memset(buf.store, 0xee, sizeof(buf.store));
    buf.len = sizeof(buf.store);
    CHECK_STATUS(pjf_buf_reserve(&buf, 1), PJF_OK);
    CHECK_BYTES(buf.store, sizeof(buf.store), zeros, sizeof(zeros));
    pjf_buf_free(&buf, true);

    /* What an earlier, longer use has left behind the present contents. */
    memset(buf.store, 0xee, sizeof(buf.store));
    buf.len = 1;
    CHECK_STATUS(pjf_buf_reserve(&buf, sizeof(buf.store)), PJF_OK);
    CHECK_BYTES(buf.store, sizeof(buf.store), zeros, sizeof(zeros));
    pjf_buf_free(&buf, true);

    memset(buf.store, 0xee, sizeof(buf.store));
    buf.len = sizeof(buf.store);
    pjf_buf_free(&buf, true);
    CHECK_BYTES(buf.store, sizeof(buf.store), zeros, sizeof(zeros));
}

static void impossible_sizes_change_nothing(void)
{
    pjf_buf buf;
    pjf_buf_init(&buf);
    CHECK_STATUS(pjf_buf_append(&buf, "secret", 6), PJF_OK);
    static const size_t extras[] = {SIZE_MAX, SIZE_MAX - 5, SIZE_MAX - 6, SIZE_MAX / 2 + 1};
    /* Without a malloc that is told to fail, nothing proves that it is not asked. */
    for (size_t i = 0; can_fail_allocations && i < sizeof(extras) / sizeof(extras[0]); i++) {
        note("extra %zx", extras[i]);
        /* The allocators of sanitizers abort on such sizes: ours must not get to see them. */
        fail_allocation(0);
        CHECK_STATUS(pjf_buf_reserve(&buf, extras[i]), PJF_ERR_NOMEM);
        fail_allocation(-1);
        CHECK_BYTES(buf.ptr, buf.len, "secret", 6);
        CHECK_EQUAL(buf.cap, PJF_BUF_INLINE);
    }
    pjf_buf_free(&buf, false);
}

static void failed_growth_changes_nothing(void)
{
    uint8_t many[3000];
    pjf_buf buf;
    memset(many, 'x', sizeof(many));
    pjf_buf_init(&buf);
    CHECK_STATUS(pjf_buf_append(&buf, many, 2000), PJF_OK);
    CHECK_STATUS(pjf_buf_grow(&buf, buf.cap - buf.len), PJF_OK); /* nothing to do */
    CHECK_EQUAL(buf.len, 2000);
    for (int i = 0; can_fail_allocations && i < 2; i++) {
        size_t cap = buf.cap;
        fail_allocation(0);
        CHECK_STATUS(pjf_buf_append(&buf, many, sizeof(many)), PJF_ERR_NOMEM);
        CHECK(allocation_has_failed());
        fail_allocation(-1);
        CHECK_BYTES(buf.ptr, buf.len, many, 2000);
        CHECK_EQUAL(buf.cap, cap);
    }
    CHECK_STATUS(pjf_buf_append(&buf, many, sizeof(many)), PJF_OK);
    CHECK_EQUAL(buf.len, 5000);
    buf.len = buf.cap;
    if (can_fail_allocations) {
        fail_allocation(0);
        CHECK_STATUS(pjf_buf_append_byte(&buf, 'y'), PJF_ERR_NOMEM);
        fail_allocation(-1);
        CHECK_EQUAL(buf.len, buf.cap);
    }
    pjf_buf_free(&buf, false);
}

TEST_SUITE(buf, TEST(starts_empty_and_inline), TEST(keeps_bytes_while_growing),
           TEST(fills_the_inline_storage_without_malloc), TEST(old_storage_is_cleansed),
           TEST(impossible_sizes_change_nothing), TEST(failed_growth_changes_nothing));
