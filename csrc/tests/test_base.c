#include "tests/harness.h"

#include <openssl/err.h>

static void every_status_has_a_text(void)
{
    for (int status = 0; status < PJF_STATUS_COUNT; status++) {
        note("status %d", status);
        const char *text = pjf_status_text((pjf_status)status);
        CHECK(text != NULL && text[0] != '\0' && strcmp(text, "unknown status") != 0);
    }
    CHECK(strcmp(pjf_status_text(PJF_STATUS_COUNT), "unknown status") == 0);
    CHECK(strcmp(pjf_status_text((pjf_status)9999), "unknown status") == 0);
    CHECK(strcmp(pjf_status_text(PJF_ERR_SIGNATURE), "Signature verification failed") == 0);
}

static void sizes_overflow_into_false(void)
{
    size_t out;
    CHECK(pjf_size_add(1, 2, &out) && out == 3);
    CHECK(pjf_size_add(SIZE_MAX - 1, 1, &out) && out == SIZE_MAX);
    CHECK(!pjf_size_add(SIZE_MAX, 1, &out));
    CHECK(pjf_size_mul(SIZE_MAX / 2, 2, &out) && out == SIZE_MAX - 1);
    CHECK(!pjf_size_mul(SIZE_MAX / 2 + 1, 2, &out));
    CHECK(pjf_size_mul(0, SIZE_MAX, &out) && out == 0);
}

static void secrets_differ_in_any_byte(void)
{
    uint8_t a[64], b[64];
    memset(a, 0x5a, sizeof(a));
    memcpy(b, a, sizeof(b));
    CHECK(pjf_secret_equal(a, b, sizeof(a)));
    CHECK(pjf_secret_equal(NULL, NULL, 0));
    for (size_t i = 0; i < sizeof(a); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            note("byte %zu bit %u", i, bit);
            b[i] = (uint8_t)(a[i] ^ 1u << bit);
            CHECK(!pjf_secret_equal(a, b, sizeof(a)));
            CHECK(pjf_secret_equal(a, b, i));
            b[i] = a[i];
        }
    }
}

static void cleanse_zeroes(void)
{
    uint8_t secret[100], zeros[100] = {0};
    memset(secret, 0xaa, sizeof(secret));
    pjf_cleanse(secret, sizeof(secret));
    CHECK_BYTES(secret, sizeof(secret), zeros, sizeof(zeros));
    pjf_cleanse(NULL, 0);
}

static void random_bytes_differ(void)
{
    uint8_t a[32] = {0}, b[32] = {0};
    CHECK_STATUS(pjf_random(a, sizeof(a)), PJF_OK);
    CHECK_STATUS(pjf_random(b, sizeof(b)), PJF_OK);
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK_STATUS(pjf_random(NULL, 0), PJF_OK);
}

static void random_leaves_the_error_queue(void)
{
    uint8_t out[16];
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    CHECK_STATUS(pjf_random(out, sizeof(out)), PJF_OK);
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
}

TEST_SUITE(base, TEST(every_status_has_a_text), TEST(sizes_overflow_into_false),
           TEST(secrets_differ_in_any_byte), TEST(cleanse_zeroes), TEST(random_bytes_differ),
           TEST(random_leaves_the_error_queue));
