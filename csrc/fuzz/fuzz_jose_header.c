/*
 * What a parsed JOSE header says is consistent, whatever was in it, and depends on nothing but the
 * text.
 */
#include "core/jose_header.h"
#include "core/json_read.h"
#include "core/utf8.h"
#include "fuzz/fuzz.h"

static pjf_status parse(pjf_span json, pjf_jose_header *out, pjf_error *error)
{
    pjf_buf scratch;
    pjf_buf_init(&scratch);
    pjf_status status = pjf_jose_header_parse(json, &scratch, out, error);
    REQUIRE(status == error->status);
    REQUIRE(error->offset <= json.len);
    REQUIRE(scratch.cap <= 2 * json.len + PJF_BUF_INLINE);
    pjf_buf_free(&scratch, false);
    return status;
}

static bool is_refusal(pjf_status status)
{
    return (status >= PJF_ERR_JSON_EOF && status <= PJF_ERR_JSON_NOT_OBJECT &&
            status != PJF_ERR_JSON_SINK) ||
           status == PJF_ERR_HEADER_DUPLICATE || status == PJF_ERR_HEADER_PARAMS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pjf_jose_header header, again;
    pjf_error error, error_again;
    uint8_t *text = exactly(size);
    if (size != 0) {
        memcpy(text, data, size);
    }
    pjf_span json = {text, size};

    memset(&header, 0xff, sizeof(header)); /* what was there before must not matter */
    memset(&again, 0x55, sizeof(again));
    pjf_status status = parse(json, &header, &error);
    REQUIRE(parse(json, &again, &error_again) == status);
    REQUIRE(error.offset == error_again.offset);
    if (status != PJF_OK) {
        REQUIRE(is_refusal(status));
        free(text);
        return 0;
    }

    REQUIRE(header.alg == again.alg && header.crit == again.crit &&
            header.has_alg == again.has_alg && header.has_kid == again.has_kid &&
            header.b64_false == again.b64_false && header.crit_lists_b64 == again.crit_lists_b64);
    REQUIRE(
        same_bytes((pjf_span){header.kid, header.kid_len}, (pjf_span){again.kid, again.kid_len}));

    REQUIRE(header.alg == NULL || (header.has_alg && pjf_alg_at(header.alg->id) == header.alg));
    REQUIRE(!header.kid_is_string || header.has_kid);
    REQUIRE(!header.kid_truncated || (header.kid_is_string && header.kid_len == 0));
    REQUIRE(header.kid_len == 0 || header.kid_is_string);
    REQUIRE(!header.b64_false || header.has_b64);
    REQUIRE(header.crit == PJF_OK ||
            (header.crit >= PJF_ERR_CRIT_NOT_LIST && header.crit <= PJF_ERR_CRIT_MISSING));
    REQUIRE(header.crit != PJF_OK || !header.crit_lists_b64 || header.has_b64);
    free(text);
    return 0;
}
