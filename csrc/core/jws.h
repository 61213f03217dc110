/*
 * jws: the compact serialisation of RFC 7515 §7.1. Splits a token, decodes its segments and judges
 * its JOSE header, in PyJWT's order, so that of two faults the same wins. What sig.h then verifies
 * is pjf_jws.signing_input.
 *
 * The algorithm is the token's claim and the allow-list the caller's word: a header names one of
 * the allowed algorithms byte for byte, or the token is refused before any cryptography.
 */
#ifndef PJF_JWS_H
#define PJF_JWS_H

#include "core/base.h"
#include "core/buf.h"
#include "core/jose_header.h"
#include "core/key.h"
#include "core/sig.h"

#define PJF_TOKEN_MAX_DEFAULT 262144 /* bytes: 256 KiB */
#define PJF_HEADER_MEMO_MAX   256

/* The last good header segment and its parse. Tokens of one issuer share their header, so most
 * verifications parse none. Owned by one thread at a time; zero-initialised. */
typedef struct pjf_header_memo {
    size_t segment_len; /* 0: empty */
    uint8_t segment[PJF_HEADER_MEMO_MAX];
    pjf_jose_header header;
} pjf_header_memo;

/* Working memory of a call, reused from call to call; one thread at a time. */
typedef struct pjf_jws_work {
    pjf_sig_scratch *sig;
    pjf_buf decoded;  /* decoded segments */
    pjf_buf unescape; /* of JSON strings */
    pjf_header_memo memo;
} pjf_jws_work;

/* A token taken apart. Spans point into the token or into the work's buffers and die with either.
 */
typedef struct pjf_jws {
    const pjf_jose_header *header;
    pjf_span header_segment; /* encoded */
    pjf_span header_json;    /* decoded; empty when the memo served (decode header_segment then) */
    pjf_span payload;        /* decoded */
    pjf_span signature;      /* decoded */
    pjf_span signing_input;  /* of the token: header_segment "." payload_segment */
} pjf_jws;

/* Prepares zeroed memory. PJF_ERR_NOMEM. */
pjf_status pjf_jws_work_init(pjf_jws_work *work);

/* Frees what the work owns. */
void pjf_jws_work_free(pjf_jws_work *work);

/* Gives back memory that an unusually large token made the work take. Call it after each use. */
void pjf_jws_work_trim(pjf_jws_work *work);

/* Splits the token and decodes its three segments; no judgement of the header but its JSON. For
 * PJF_ERR_HEADER_JSON the detail is in *json_error (not NULL). max_len bounds the token, in bytes.
 */
pjf_status pjf_jws_load(pjf_lib *lib, pjf_jws_work *work, pjf_span token, size_t max_len,
                        pjf_jws *out, pjf_error *json_error);

/* The rules on "kid", "crit" and "b64" (RFC 7515 §4.1.4, §4.1.11, RFC 7797 §6). detached: the
 * caller supplies a payload. The first gives PJF_ERR_HEADER_KID or PJF_ERR_CRIT_*, the second
 * PJF_ERR_B64_NOT_CRIT or PJF_ERR_DETACHED_*. */
pjf_status pjf_jws_check_header(const pjf_jws *jws);
pjf_status pjf_jws_check_detached(const pjf_jws *jws, bool detached);

/* Appends what is signed for a detached payload: header segment, dot, the payload as it is
 * (RFC 7797 §3). PJF_ERR_NOMEM. */
pjf_status pjf_jws_detached_input(pjf_span header_segment, pjf_span payload, pjf_buf *out);

/* The header's algorithm, when it is one of the allowed (a mask of 1 << alg->id).
 * PJF_ERR_ALG_MISSING or PJF_ERR_ALG_NOT_ALLOWED, and *out is left alone. */
pjf_status pjf_jws_check_alg(const pjf_jws *jws, uint32_t allowed, const pjf_alg **out);

#endif
