#include "tests/key_fixtures.h"

#include <openssl/err.h>
#include <openssl/evp.h>

pjf_status load_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password,
                    pjf_key **out)
{
    pjf_span password_span = {NULL, 0};
    const pjf_span *given = password == NULL ? NULL : &password_span;
    pjf_status status;
    guarded copy = guarded_new(text.len, true);
    if (text.len != 0) {
        memcpy(copy.ptr, text.ptr, text.len);
    }
    if (password != NULL && password[0] != '\0') { /* an empty one may be NULL */
        password_span = span_of(password);
    }
    text.ptr = copy.ptr;
    *out = NULL;
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 42);
    switch (form) {
    case TEXT_PEM: status = pjf_key_from_pem(lib, text, given, out); break;
    case TEXT_DER: status = pjf_key_from_der(lib, text, given, out); break;
    default: status = pjf_key_from_ssh(lib, text, out); break;
    }
    CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), 42);
    CHECK_EQUAL(ERR_get_error(), 0);
    CHECK((status == PJF_OK) == (*out != NULL));
    guarded_free(&copy);
    return status;
}

pjf_status try_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password)
{
    pjf_key *key;
    pjf_status status = load_key(lib, form, text, password, &key);
    pjf_key_unref(key);
    return status;
}

pjf_key *must_load_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password)
{
    pjf_key *key;
    if (!CHECK_STATUS(load_key(lib, form, text, password, &key), PJF_OK)) {
        exit(2);
    }
    return key;
}

void der_of_pem(const char *pem, pjf_buf *out)
{
    pjf_buf_init(out);
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    const char *start = strchr(pem, '\n') + 1;
    const char *end = strstr(start, "-----END");
    int len = 0;
    int last = 0;
    CHECK_STATUS(pjf_buf_reserve(out, strlen(pem)), PJF_OK);
    EVP_DecodeInit(ctx);
    CHECK(EVP_DecodeUpdate(ctx, out->ptr, &len, (const unsigned char *)start, (int)(end - start)) >=
          0);
    CHECK(EVP_DecodeFinal(ctx, out->ptr + len, &last) == 1);
    out->len = (size_t)(len + last);
    EVP_ENCODE_CTX_free(ctx);
}

void check_public_is(const pjf_key *key, const char *pem)
{
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_key_to_pem(key, false, NULL, &out), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, pem, strlen(pem));
    pjf_buf_free(&out, false);
}

static void fail_each_of_ours(pjf_lib *lib, key_text_form form, pjf_span text, const char *password)
{
    bool failed = can_fail_allocations;
    for (long after = 0; failed && after < 100; after++) {
        note("allocation %ld", after);
        fail_allocation(after);
        pjf_status status = try_key(lib, form, text, password);
        failed = allocation_has_failed();
        fail_allocation(-1);
        CHECK_STATUS(status, failed ? PJF_ERR_NOMEM : PJF_OK);
        CHECK(failed || after > 0);
    }
    CHECK(!failed);
}

static void fail_each_of_openssls(pjf_lib *lib, key_text_form form, pjf_span text,
                                  const char *password)
{
    pjf_buf want, got;
    pjf_buf_init(&want);
    pjf_buf_init(&got);
    pjf_key *key = must_load_key(lib, form, text, password);
    CHECK_STATUS(pjf_key_to_der(key, false, &want), PJF_OK);
    pjf_key_unref(key);
    bool failed = true;
    long told = 0;
    for (long after = 0; failed && after < 20000;
         after += 1 + after / 32) { /* thousands: closest at first */
        note("OpenSSL's allocation %ld", after);
        fail_openssl_allocation(after);
        pjf_status status = load_key(lib, form, text, password, &key);
        failed = openssl_allocation_has_failed();
        fail_openssl_allocation(-1);
        told += status == PJF_ERR_NOMEM;
        if (status == PJF_OK) {
            got.len = 0;
            CHECK_STATUS(pjf_key_to_der(key, false, &got), PJF_OK);
            CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
        }
        CHECK(failed || status == PJF_OK);
        pjf_key_unref(key);
    }
    CHECK(!failed);
    CHECK(told != 0);
    pjf_buf_free(&want, false);
    pjf_buf_free(&got, false);
}

void fail_each_allocation_of_loading(pjf_lib *lib, key_text_form form, pjf_span text,
                                     const char *password)
{
    fail_each_of_ours(lib, form, text, password);
    fail_each_of_openssls(lib, form, text, password);
}

void der_append(pjf_buf *out, uint8_t tag, pjf_span content)
{
    uint8_t header[4] = {tag, 0x82, (uint8_t)(content.len >> 8), (uint8_t)content.len};
    size_t len = 4;
    if (content.len < 0x80) {
        header[1] = (uint8_t)content.len;
        len = 2;
    } else if (content.len < 0x100) {
        header[1] = 0x81;
        header[2] = (uint8_t)content.len;
        len = 3;
    }
    CHECK(content.len < 0x10000);
    CHECK_STATUS(pjf_buf_append(out, header, len), PJF_OK);
    CHECK_STATUS(pjf_buf_append(out, content.ptr, content.len), PJF_OK);
}
