/*
 * key_fixtures: what the tests of the loaders share.
 */
#ifndef PJF_TESTS_KEY_FIXTURES_H
#define PJF_TESTS_KEY_FIXTURES_H

#include "core/key.h"
#include "tests/fixtures.h"
#include "tests/key_texts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef enum key_text_form { TEXT_PEM, TEXT_DER, TEXT_SSH } key_text_form;

/* Loads from a copy that ends where unreadable memory begins. The error queue must be as it was.
 * *out is NULL unless PJF_OK. */
pjf_status load_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password,
                    pjf_key **out);

/* The status of loading; the key is dropped. */
pjf_status try_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password);

/* The key of a text that must load. */
pjf_key *must_load_key(pjf_lib *lib, key_text_form form, pjf_span text, const char *password);

/* The bytes of the one block of a PEM text, decoded by OpenSSL; out is initialised here. */
void der_of_pem(const char *pem, pjf_buf *out);

/* That the key's public part is written as this PEM text, which another tool wrote. */
void check_public_is(const pjf_key *key, const char *pem);

/* Every allocation of loading a good key fails in turn, ours and OpenSSL's. Ours give
 * PJF_ERR_NOMEM. OpenSSL does without some of its own, and its decoders do not always say what was
 * wrong: then the key is the right one, or there is none. */
void fail_each_allocation_of_loading(pjf_lib *lib, key_text_form form, pjf_span text,
                                     const char *password);

/* ---- building DER ---- */

static inline pjf_span span_of_buf(const pjf_buf *buf)
{
    return (pjf_span){buf->ptr, buf->len};
}

/* Appends an element. */
void der_append(pjf_buf *out, uint8_t tag, pjf_span content);

#endif
