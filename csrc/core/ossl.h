/*
 * ossl: pjf_lib, the handle on OpenSSL and the CPU that the rest of the core works with. One per
 * Python interpreter, made by the module's exec (or by a C test), reference-counted: keys hold it.
 *
 * Every core function that calls OpenSSL leaves the thread's error queue as it found it.
 */
#ifndef PJF_OSSL_H
#define PJF_OSSL_H

#include <stdatomic.h>

#include "core/alg.h"
#include "core/b64url.h"
#include "core/base.h"

typedef struct evp_md_st pjf_evp_md; /* EVP_MD, without OpenSSL's headers */

typedef struct pjf_lib {
    atomic_size_t refs;
    const pjf_b64url_codec *b64url;
    pjf_evp_md *digests[PJF_DIGEST_COUNT]; /* fetched once */
    bool fips;                             /* default properties ask for fips=yes */
} pjf_lib;

/* A new handle with one reference. PJF_ERR_CRYPTO when OpenSSL lacks a digest of the alg table. */
pjf_status pjf_lib_new(pjf_lib **out);

/* Adds a reference; returns lib. */
pjf_lib *pjf_lib_ref(pjf_lib *lib);

/* Drops a reference; the last one frees. NULL is allowed. */
void pjf_lib_unref(pjf_lib *lib);

/* OpenSSL's version text at run time, a constant. */
const char *pjf_lib_openssl_version(void);

/* The thread's error queue as it was before some calls into OpenSSL. */
typedef struct pjf_ossl_errors {
    unsigned long
        last; /* 0: it was empty; ERR_peek_last_error() is another once there are new ones */
} pjf_ossl_errors;

/* Before the calls. */
pjf_ossl_errors pjf_ossl_begin(void);

/* After them: takes their errors off the queue. Returns status, which is what the caller made of
 * their results, but PJF_ERR_NOMEM for a failure whose errors say that memory ran out. */
pjf_status pjf_ossl_end(pjf_ossl_errors before, pjf_status status);

#endif
