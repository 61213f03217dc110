#include "core/ossl.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

pjf_status pjf_lib_new(pjf_lib **out)
{
    pjf_status status = PJF_OK;
    pjf_lib *lib = calloc(1, sizeof(*lib));
    if (lib == NULL) {
        return PJF_ERR_NOMEM;
    }
    atomic_init(&lib->refs, 1);
    lib->b64url = pjf_b64url_codec_best();

    ERR_set_mark();
    lib->fips = EVP_default_properties_is_fips_enabled(NULL) == 1;
    for (size_t i = 0; i < PJF_DIGEST_COUNT; i++) {
        lib->digests[i] = EVP_MD_fetch(NULL, pjf_digest_of((pjf_digest)i)->name, NULL);
        if (lib->digests[i] == NULL) {
            status = PJF_ERR_CRYPTO;
            break;
        }
    }
    ERR_pop_to_mark();

    if (status != PJF_OK) {
        pjf_lib_unref(lib);
        return status;
    }
    *out = lib;
    return PJF_OK;
}

pjf_lib *pjf_lib_ref(pjf_lib *lib)
{
    atomic_fetch_add_explicit(&lib->refs, 1, memory_order_relaxed);
    return lib;
}

void pjf_lib_unref(pjf_lib *lib)
{
    if (lib == NULL || atomic_fetch_sub_explicit(&lib->refs, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < PJF_DIGEST_COUNT; i++) {
        EVP_MD_free(lib->digests[i]);
    }
    free(lib);
}

const char *pjf_lib_openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}

/* What pjf_ossl_begin() leaves on earlier errors, of ERR_LIB_USER. */
#define PJF_ERR_REASON_MARK 1

pjf_ossl_errors pjf_ossl_begin(void)
{
    ERR_set_mark();
    if (ERR_peek_last_error() != 0) {
        /* So that the last error tells whether there are new ones; it goes with the others. */
        ERR_raise(ERR_LIB_USER, PJF_ERR_REASON_MARK);
    }
    return (pjf_ossl_errors){ERR_peek_last_error()};
}

static bool is_out_of_memory(unsigned long error)
{
    return ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
}

pjf_status pjf_ossl_end(pjf_ossl_errors before, pjf_status status)
{
    bool no_memory = false;
    if (status != PJF_OK && before.last == 0) {
        /* All errors are ours, and the one that counts may be the first of several. */
        unsigned long error;
        while ((error = ERR_get_error()) != 0) {
            no_memory |= is_out_of_memory(error);
        }
    } else if (status != PJF_OK) {
        unsigned long error = ERR_peek_last_error(); /* one can't look below without removing it */
        no_memory = error != before.last && is_out_of_memory(error);
    }
    ERR_pop_to_mark();
    return no_memory ? PJF_ERR_NOMEM : status;
}
