/*
 * jose_header: the parameters of a JOSE header (RFC 7515 §4) that decide how a token is verified,
 * parsed into a fixed struct without allocation. Other parameters are checked as JSON and skipped.
 */
#ifndef PJF_JOSE_HEADER_H
#define PJF_JOSE_HEADER_H

#include "core/alg.h"
#include "core/base.h"
#include "core/buf.h"

#define PJF_HEADER_KID_MAX 255 /* bytes of UTF-8 kept for key selection */

typedef struct pjf_jose_header {
    const pjf_alg *alg; /* the table's row of "alg", or NULL: absent, not a string, or unknown */
    bool has_alg;
    bool has_kid;
    bool kid_is_string;
    bool kid_truncated; /* longer than PJF_HEADER_KID_MAX: matches no key */
    bool b64_false;     /* RFC 7797: "b64" is false */
    bool crit_lists_b64;
    pjf_status crit; /* PJF_OK, or what is wrong with "crit" */
    uint8_t kid_len;
    uint8_t kid[PJF_HEADER_KID_MAX];
    /* An "alg" that is a string the table does not know, up to 32 bytes; for the caller who
     * registers algorithms of its own. alg_name_len is 0 when there is none. */
    uint8_t alg_name_len;
    uint8_t alg_name[32];
} pjf_jose_header;

/* Parses the decoded header. Syntax errors come back in error (PJF_ERR_JSON_*,
 * PJF_ERR_HEADER_DUPLICATE for a repeated name, PJF_ERR_JSON_NOT_OBJECT); what the parameters mean
 * is in the struct and judged by jws.c, in PyJWT's order. scratch is working memory. */
pjf_status pjf_jose_header_parse(pjf_span json, pjf_buf *scratch, pjf_jose_header *out,
                                 pjf_error *error);

#endif
