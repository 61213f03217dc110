#include "core/ossl.h"
#include "tests/harness.h"

#include <openssl/err.h>

static void a_handle_has_what_it_promises(void)
{
    pjf_lib *lib = NULL;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    if (!CHECK_STATUS(pjf_lib_new(&lib), PJF_OK)) {
        return;
    }
    CHECK(lib->b64url == pjf_b64url_codec_best());
    for (size_t i = 0; i < PJF_DIGEST_COUNT; i++) {
        CHECK(lib->digests[i] != NULL);
    }
    CHECK(pjf_lib_ref(lib) == lib);
    pjf_lib_unref(lib);
    CHECK(lib->b64url != NULL); /* still there */
    pjf_lib_unref(lib);
    pjf_lib_unref(NULL);
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
}

static void openssl_is_3_or_newer(void)
{
    const char *version = pjf_lib_openssl_version();
    CHECK(strncmp(version, "OpenSSL ", 8) == 0 && atoi(version + 8) >= 3);
}

/* Errors of a failed call are taken off the queue, those from before it stay. */
static void a_failure_out_of_memory_is_told_from_others(void)
{
    for (int earlier = 0; earlier < 2; earlier++) {
        note("earlier errors: %d", earlier);
        ERR_clear_error();
        if (earlier) {
            ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE); /* somebody else's */
        }
        pjf_ossl_errors before = pjf_ossl_begin();
        CHECK_STATUS(pjf_ossl_end(before, PJF_ERR_CRYPTO), PJF_ERR_CRYPTO);

        before = pjf_ossl_begin();
        ERR_raise(ERR_LIB_EVP, 42);
        CHECK_STATUS(pjf_ossl_end(before, PJF_ERR_CRYPTO), PJF_ERR_CRYPTO);

        before = pjf_ossl_begin();
        ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
        CHECK_STATUS(pjf_ossl_end(before, PJF_ERR_CRYPTO), PJF_ERR_NOMEM);

        before = pjf_ossl_begin();
        ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
        CHECK_STATUS(pjf_ossl_end(before, PJF_OK), PJF_OK); /* it was got over */

        CHECK_EQUAL(ERR_get_error() != 0, earlier);
        CHECK_EQUAL(ERR_get_error(), 0);
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
    ERR_raise(ERR_LIB_EVP, 42); /* what it led to */
    CHECK_STATUS(pjf_ossl_end(before, PJF_ERR_CRYPTO), PJF_ERR_NOMEM);
    CHECK_EQUAL(ERR_get_error(), 0);
}

TEST_SUITE(ossl, TEST(a_handle_has_what_it_promises), TEST(openssl_is_3_or_newer),
           TEST(a_failure_out_of_memory_is_told_from_others));
