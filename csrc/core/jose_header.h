/*
 * jose_header: the parameters of a JOSE header (RFC 7515 §4) that decide how a token is verified,
 * parsed into a fixed struct. Other parameters are checked as JSON and skipped; only their names
 * are kept while the header is read, in the buffer's inline bytes up to 1 KB of them.
 */
#ifndef PJF_JOSE_HEADER_H
#define PJF_JOSE_HEADER_H

#include "core/alg.h"
#include "core/base.h"
#include "core/buf.h"

#define PJF_HEADER_KID_MAX    255 /* bytes of UTF-8 kept for key selection */
#define PJF_HEADER_PARAMS_MAX 128 /* more parameters are refused: names are compared pairwise */

typedef struct pjf_jose_header {
    const pjf_alg *alg; /* the table's row of "alg", or NULL: absent, not a string, or unknown */
    bool has_alg;
    bool has_kid;
    bool kid_is_string;
    bool kid_truncated; /* longer than PJF_HEADER_KID_MAX: matches no key */
    bool b64_false;     /* RFC 7797: "b64" is false */
    bool has_b64;
    bool crit_lists_b64;
    pjf_status crit; /* PJF_OK, or the first fault of "crit" */
    uint8_t kid_len;
    uint8_t kid[PJF_HEADER_KID_MAX];
} pjf_jose_header;

/* Parses the decoded header. Syntax errors come back in error (PJF_ERR_JSON_*,
 * PJF_ERR_HEADER_DUPLICATE for a repeated name, PJF_ERR_HEADER_PARAMS for more than
 * PJF_HEADER_PARAMS_MAX names, PJF_ERR_JSON_NOT_OBJECT); what the parameters mean
 * is in the struct and judged by jws.c, in PyJWT's order. scratch is working memory. */
pjf_status pjf_jose_header_parse(pjf_span json, pjf_buf *scratch, pjf_jose_header *out,
                                 pjf_error *error);

#endif
