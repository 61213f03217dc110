#include "core/base.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

const char *pjf_status_text(pjf_status status)
{
    static const char *const texts[PJF_STATUS_COUNT] = {
#define PJF_STATUS_TEXT(code, text) [code] = (text),
        PJF_STATUS_LIST(PJF_STATUS_TEXT)
#undef PJF_STATUS_TEXT
    };
    return (size_t)status < PJF_STATUS_COUNT ? texts[status] : "unknown status";
}

bool pjf_secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    /* 16 bytes at a time, all of them whatever the first ones say: for that length OpenSSL's x86-64
     * code compares words, for any other single bytes (26 ns of a verification). */
    int different = 0;
    for (; len >= 16; a += 16, b += 16, len -= 16) {
        different |= CRYPTO_memcmp(a, b, 16);
    }
    if (len != 0) {
        different |= CRYPTO_memcmp(a, b, len);
    }
    return different == 0;
}

void pjf_cleanse(void *ptr, size_t len)
{
    if (len != 0) {
        OPENSSL_cleanse(ptr, len);
    }
}

pjf_status pjf_random(uint8_t *out, size_t len)
{
    pjf_status status = PJF_OK;
    ERR_set_mark();
    while (len != 0) {
        int piece = len < INT_MAX ? (int)len : INT_MAX;
        if (RAND_bytes(out, piece) != 1) {
            status = PJF_ERR_CRYPTO;
            break;
        }
        out += piece;
        len -= (size_t)piece;
    }
    ERR_pop_to_mark();
    return status;
}
