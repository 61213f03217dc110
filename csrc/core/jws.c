#include "core/jws.h"

#include <string.h>

/* Buffers grown past this by an unusual token are given back after the call. */
#define PJF_WORK_KEEP ((size_t)1 << 20)

pjf_status pjf_jws_work_init(pjf_jws_work *work)
{
    pjf_buf_init(&work->decoded);
    pjf_buf_init(&work->unescape);
    work->memo.segment_len = 0;
    work->sig = NULL;
    return pjf_sig_scratch_new(&work->sig);
}

void pjf_jws_work_free(pjf_jws_work *work)
{
    pjf_buf_free(&work->decoded, true);
    pjf_buf_free(&work->unescape, true);
    pjf_sig_scratch_free(work->sig);
    work->sig = NULL;
}

void pjf_jws_work_trim(pjf_jws_work *work)
{
    if (PJF_UNLIKELY(work->decoded.cap > PJF_WORK_KEEP)) {
        pjf_buf_free(&work->decoded, true);
    }
    if (PJF_UNLIKELY(work->unescape.cap > PJF_WORK_KEEP)) {
        pjf_buf_free(&work->unescape, true);
    }
}

/* Decodes one segment to the end of work->decoded, which has the room. */
static pjf_status decode_segment(const pjf_lib *lib, pjf_jws_work *work, pjf_span segment,
                                 pjf_span *out)
{
    uint8_t *target = work->decoded.ptr + work->decoded.len;
    size_t len;
    pjf_status status = pjf_b64url_decode_segment(lib->b64url, segment, target, &len, NULL);
    if (PJF_LIKELY(status == PJF_OK)) {
        *out = (pjf_span){target, len};
        work->decoded.len += len;
    }
    return status;
}

/* Where the two dots of a token are. */
typedef struct pjf_split {
    size_t first_dot;
    size_t last_dot;
    bool same_header; /* the header segment is known to be the remembered one */
} pjf_split;

/* First and last dot, as PyJWT splits: a dot between them fails as payload base64. False when there
 * are not two. */
static bool split_token(pjf_span token, pjf_split *split)
{
    const uint8_t *first = token.len == 0 ? NULL : memchr(token.ptr, '.', token.len);
    if (first == NULL) {
        return false;
    }
    const uint8_t *last = token.ptr + token.len - 1;
    while (*last != '.') {
        last--;
    }
    split->first_dot = (size_t)(first - token.ptr);
    split->last_dot = (size_t)(last - token.ptr);
    split->same_header = false;
    return first != last;
}

/* The same without a search, for a token with the last one's header, and so a signature of known
 * length. A guess: other dots are found when the segments are decoded. */
static bool split_like_memo(const pjf_header_memo *memo, pjf_span token, pjf_split *split)
{
    const pjf_alg *alg = memo->header.alg;
    size_t header_len = memo->segment_len;
    if (header_len == 0 || alg == NULL || alg->signature_len == 0) {
        return false;
    }
    size_t signature_len = pjf_b64url_encoded_len(alg->signature_len);
    if (token.len < header_len + signature_len + 2) {
        return false;
    }
    split->first_dot = header_len;
    split->last_dot = token.len - signature_len - 1;
    split->same_header = true;
    return token.ptr[split->first_dot] == '.' && token.ptr[split->last_dot] == '.' &&
           memcmp(token.ptr, memo->segment, header_len) == 0;
}

static pjf_status load_header(pjf_lib *lib, pjf_jws_work *work, bool same_header, pjf_jws *jws,
                              pjf_error *json_error)
{
    pjf_header_memo *memo = &work->memo;
    pjf_span segment = jws->header_segment;
    jws->header = &memo->header;
    jws->header_json = (pjf_span){NULL, 0};
    if (PJF_LIKELY(same_header) || (segment.len != 0 && segment.len == memo->segment_len &&
                                    memcmp(segment.ptr, memo->segment, segment.len) == 0)) {
        return PJF_OK;
    }

    memo->segment_len = 0;
    if (decode_segment(lib, work, segment, &jws->header_json) != PJF_OK) {
        return PJF_ERR_HEADER_B64;
    }
    pjf_status status =
        pjf_jose_header_parse(jws->header_json, &work->unescape, &memo->header, json_error);
    if (status != PJF_OK) {
        return status == PJF_ERR_NOMEM ? status : PJF_ERR_HEADER_JSON;
    }
    if (segment.len <= PJF_HEADER_MEMO_MAX) {
        memcpy(memo->segment, segment.ptr, segment.len);
        memo->segment_len = segment.len;
    }
    return PJF_OK;
}

/* Decodes the segments of a split token. work->decoded has the room for all three. */
static pjf_status load_segments(pjf_lib *lib, pjf_jws_work *work, pjf_span token,
                                const pjf_split *split, pjf_jws *out, pjf_error *json_error)
{
    size_t payload_at = split->first_dot + 1;
    size_t signature_at = split->last_dot + 1;
    pjf_span payload_segment = {token.ptr + payload_at, split->last_dot - payload_at};
    pjf_span signature_segment = {token.ptr + signature_at, token.len - signature_at};
    out->header_segment = (pjf_span){token.ptr, split->first_dot};
    out->signing_input = (pjf_span){token.ptr, split->last_dot};
    work->decoded.len = 0;

    pjf_status status = load_header(lib, work, split->same_header, out, json_error);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    if (PJF_UNLIKELY(out->header->b64_false)) {
        if (payload_segment.len != 0) {
            return PJF_ERR_PAYLOAD_NOT_EMPTY;
        }
        out->payload = (pjf_span){NULL, 0};
    } else if (decode_segment(lib, work, payload_segment, &out->payload) != PJF_OK) {
        return PJF_ERR_PAYLOAD_B64;
    }
    if (decode_segment(lib, work, signature_segment, &out->signature) != PJF_OK) {
        return PJF_ERR_SIGNATURE_B64;
    }
    return PJF_OK;
}

pjf_status pjf_jws_load(pjf_lib *lib, pjf_jws_work *work, pjf_span token, size_t max_len,
                        pjf_jws *out, pjf_error *json_error)
{
    if (PJF_UNLIKELY(token.len > max_len)) {
        return PJF_ERR_TOKEN_TOO_LONG;
    }
    /* First and last dot, as PyJWT splits: a dot between them fails as payload base64. */
    pjf_split split;
    bool guessed = split_like_memo(&work->memo, token, &split);
    if (PJF_UNLIKELY(!guessed && !split_token(token, &split))) {
        return PJF_ERR_SEGMENTS;
    }
    /* One reservation, so that no later segment moves an earlier one. */
    work->decoded.len = 0;
    pjf_status status = pjf_buf_reserve(&work->decoded, pjf_b64url_decoded_max(token.len));
    if (status != PJF_OK) {
        return status;
    }
    status = load_segments(lib, work, token, &split, out, json_error);
    if (PJF_UNLIKELY(status != PJF_OK && guessed)) { /* a stray dot? split_token() knows */
        split_token(token, &split);
        status = load_segments(lib, work, token, &split, out, json_error);
    }
    return status;
}

pjf_status pjf_jws_check_header(const pjf_jws *jws)
{
    const pjf_jose_header *header = jws->header;
    if (PJF_UNLIKELY(header->has_kid && !header->kid_is_string)) {
        return PJF_ERR_HEADER_KID;
    }
    return header->crit;
}

pjf_status pjf_jws_check_detached(const pjf_jws *jws, bool detached)
{
    if (PJF_LIKELY(!jws->header->b64_false)) {
        return PJF_UNLIKELY(detached) ? PJF_ERR_DETACHED_UNEXPECTED : PJF_OK;
    }
    if (!jws->header->crit_lists_b64) {
        return PJF_ERR_B64_NOT_CRIT;
    }
    return detached ? PJF_OK : PJF_ERR_DETACHED_REQUIRED;
}

pjf_status pjf_jws_detached_input(pjf_span header_segment, pjf_span payload, pjf_buf *out)
{
    pjf_status status = pjf_buf_append(out, header_segment.ptr, header_segment.len);
    if (status == PJF_OK) {
        status = pjf_buf_append_byte(out, '.');
    }
    return status == PJF_OK ? pjf_buf_append(out, payload.ptr, payload.len) : status;
}

pjf_status pjf_jws_check_alg(const pjf_jws *jws, uint32_t allowed, const pjf_alg **out)
{
    const pjf_alg *alg = jws->header->alg;
    if (PJF_LIKELY(alg != NULL && (allowed & (1u << alg->id)) != 0)) {
        *out = alg;
        return PJF_OK;
    }
    return jws->header->has_alg ? PJF_ERR_ALG_NOT_ALLOWED : PJF_ERR_ALG_MISSING;
}
