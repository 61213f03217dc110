#include "core/jose_header.h"

#include "core/json_read.h"
#include "tests/harness.h"

static pjf_status parse(pjf_span json, pjf_jose_header *out, pjf_error *error)
{
    pjf_buf scratch;
    pjf_buf_init(&scratch);
    pjf_status status = pjf_jose_header_parse(json, &scratch, out, error);
    CHECK_STATUS(error->status, status);
    pjf_buf_free(&scratch, false);
    return status;
}

static void algorithms(void)
{
    static const struct {
        const char *json, *name; /* NULL: none known */
        bool has_alg;
    } rows[] = {
        {"{\"alg\":\"HS256\"}", "HS256", true},
        {"{\"typ\":\"JWT\",\"alg\":\"HS512\"}", "HS512", true},
        {"{\"alg\":\"none\"}", "none", true},
        {"{\"a\\u006cg\":\"HS\\u0032\\u00356\"}", "HS256",
         true}, /* JSON is read before it is compared */
        {"{\"alg\":\"hs256\"}", NULL, true},
        {"{\"alg\":\"HS256\\u0000\"}", NULL, true},
        {"{\"alg\":\"RS999\"}", NULL, true},
        {"{\"alg\":\"\"}", NULL, true},
        {"{\"alg\":null}", NULL, true},
        {"{\"alg\":256}", NULL, true},
        {"{\"alg\":[\"HS256\"]}", NULL, true},
        {"{\"alg\":{\"alg\":\"HS256\"}}", NULL, true},
        {"{}", NULL, false},
        {"{\"Alg\":\"HS256\"}", NULL, false},
        {"{\"x\":{\"alg\":\"HS256\"}}", NULL, false},
        {"{\"x\":[{\"alg\":\"HS256\"}],\"y\":\"HS256\"}", NULL, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_jose_header header;
        pjf_error error;
        note("%s", rows[i].json);
        CHECK_STATUS(parse(span_of(rows[i].json), &header, &error), PJF_OK);
        CHECK(header.has_alg == rows[i].has_alg);
        CHECK((header.alg != NULL) == (rows[i].name != NULL));
        if (header.alg != NULL && rows[i].name != NULL) {
            CHECK_BYTES(header.alg->name, header.alg->name_len, rows[i].name, strlen(rows[i].name));
        }
    }
}

static void key_ids(void)
{
    pjf_jose_header header;
    pjf_error error;
    CHECK_STATUS(parse(SPAN("{\"kid\":\"k\\u00e9y-1\"}"), &header, &error), PJF_OK);
    CHECK(header.has_kid && header.kid_is_string && !header.kid_truncated);
    CHECK_BYTES(header.kid, header.kid_len, "k\xc3\xa9y-1", 6);
    CHECK_STATUS(parse(SPAN("{\"kid\":\"\"}"), &header, &error), PJF_OK);
    CHECK(header.has_kid && header.kid_is_string && header.kid_len == 0);
    CHECK_STATUS(parse(SPAN("{\"alg\":\"HS256\"}"), &header, &error), PJF_OK);
    CHECK(!header.has_kid && !header.kid_is_string);

    static const char *const others[] = {"{\"kid\":1}", "{\"kid\":null}", "{\"kid\":[\"a\"]}",
                                         "{\"kid\":{\"kid\":\"a\"}}", "{\"kid\":1.5}"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        note("%s", others[i]);
        CHECK_STATUS(parse(span_of(others[i]), &header, &error), PJF_OK);
        CHECK(header.has_kid && !header.kid_is_string && header.kid_len == 0);
    }
    for (size_t len = PJF_HEADER_KID_MAX - 1; len <= PJF_HEADER_KID_MAX + 2; len++) {
        char json[PJF_HEADER_KID_MAX + 32], kid[PJF_HEADER_KID_MAX + 3];
        memset(kid, 'k', sizeof(kid));
        snprintf(json, sizeof(json), "{\"kid\":\"%.*s\"}", (int)len, kid);
        note("kid of %zu bytes", len);
        CHECK_STATUS(parse(span_of(json), &header, &error), PJF_OK);
        CHECK(header.kid_truncated == (len > PJF_HEADER_KID_MAX));
        CHECK(header.kid_is_string);
        if (len <= PJF_HEADER_KID_MAX) {
            CHECK_BYTES(header.kid, header.kid_len, kid, len);
        }
    }
}

static void critical_extensions(void)
{
    static const struct {
        const char *json;
        pjf_status crit;
        bool lists_b64;
    } rows[] = {
        {"{}", PJF_OK, false},
        {"{\"crit\":[\"b64\"],\"b64\":false}", PJF_OK, true},
        {"{\"b64\":true,\"crit\":[\"b64\"]}", PJF_OK, true},
        {"{\"crit\":[]}", PJF_ERR_CRIT_NOT_LIST, false},
        {"{\"crit\":null}", PJF_ERR_CRIT_NOT_LIST, false},
        {"{\"crit\":\"b64\",\"b64\":true}", PJF_ERR_CRIT_NOT_LIST, false},
        {"{\"crit\":{\"b64\":true},\"b64\":true}", PJF_ERR_CRIT_NOT_LIST, false},
        {"{\"crit\":{\"a\":[\"b64\"]},\"b64\":true}", PJF_ERR_CRIT_NOT_LIST, false},
        {"{\"crit\":[1]}", PJF_ERR_CRIT_NOT_STRING, false},
        {"{\"crit\":[null]}", PJF_ERR_CRIT_NOT_STRING, false},
        {"{\"crit\":[[\"b64\"]],\"b64\":true}", PJF_ERR_CRIT_NOT_STRING, false},
        {"{\"crit\":[{\"b64\":1}],\"b64\":true}", PJF_ERR_CRIT_NOT_STRING, false},
        {"{\"crit\":[\"b64\",1],\"b64\":true}", PJF_ERR_CRIT_NOT_STRING, true},
        {"{\"crit\":[\"exp\"],\"exp\":1}", PJF_ERR_CRIT_UNSUPPORTED, false},
        {"{\"crit\":[\"\"]}", PJF_ERR_CRIT_UNSUPPORTED, false},
        {"{\"crit\":[\"B64\"],\"B64\":true}", PJF_ERR_CRIT_UNSUPPORTED, false},
        {"{\"crit\":[\"b64\",\"exp\"],\"b64\":true}", PJF_ERR_CRIT_UNSUPPORTED, true},
        {"{\"crit\":[\"exp\",\"b64\"],\"b64\":true}", PJF_ERR_CRIT_UNSUPPORTED, false},
        {"{\"crit\":[1,\"exp\"]}", PJF_ERR_CRIT_NOT_STRING, false},
        {"{\"crit\":[\"exp\",1]}", PJF_ERR_CRIT_UNSUPPORTED, false},
        {"{\"crit\":[\"b64\",\"b64\"],\"b64\":true}", PJF_ERR_CRIT_DUPLICATE, true},
        {"{\"crit\":[\"b64\"]}", PJF_ERR_CRIT_MISSING, true},
        {"{\"crit\":[\"b64\",1]}", PJF_ERR_CRIT_MISSING, true},
        {"{\"crit\":[\"b64\"],\"x\":{\"b64\":false}}", PJF_ERR_CRIT_MISSING, true},
        {"{\"x\":[\"exp\"],\"alg\":\"HS256\"}", PJF_OK, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_jose_header header;
        pjf_error error;
        note("%s", rows[i].json);
        CHECK_STATUS(parse(span_of(rows[i].json), &header, &error), PJF_OK);
        CHECK_STATUS(header.crit, rows[i].crit);
        CHECK(header.crit_lists_b64 == rows[i].lists_b64);
    }
}

static void unencoded_payloads(void)
{
    static const struct {
        const char *json;
        bool b64_false;
    } rows[] = {
        {"{\"b64\":false}", true},      {"{\"b64\":true}", false},
        {"{\"b64\":null}", false},      {"{\"b64\":0}", false},
        {"{\"b64\":\"false\"}", false}, {"{\"x\":{\"b64\":false}}", false},
        {"{\"b64\":[false]}", false},   {"{\"x\":false}", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_jose_header header;
        pjf_error error;
        note("%s", rows[i].json);
        CHECK_STATUS(parse(span_of(rows[i].json), &header, &error), PJF_OK);
        CHECK(header.b64_false == rows[i].b64_false);
    }
}

static void refusals(void)
{
    static const struct {
        const char *json;
        pjf_status status;
        size_t offset;
    } rows[] = {
        {"", PJF_ERR_JSON_EOF, 0},
        {"[]", PJF_ERR_JSON_NOT_OBJECT, 0},
        {" \"alg\"", PJF_ERR_JSON_NOT_OBJECT, 1},
        {"1", PJF_ERR_JSON_NOT_OBJECT, 0},
        {"1.5", PJF_ERR_JSON_NOT_OBJECT, 0},
        {"null", PJF_ERR_JSON_NOT_OBJECT, 0},
        {"[{\"alg\":\"HS256\"}]", PJF_ERR_JSON_NOT_OBJECT, 0},
        {"{\"alg\":\"HS256\"", PJF_ERR_JSON_EOF, 14},
        {"{\"alg\":\"HS256\"}x", PJF_ERR_JSON_TRAILING, 15},
        {"\xef\xbb\xbf{}", PJF_ERR_JSON_BOM, 0},
        {"{\"alg\":\"HS256\",\"alg\":\"none\"}", PJF_ERR_HEADER_DUPLICATE, 15},
        {"{\"alg\":\"HS256\",\"a\\u006cg\":\"none\"}", PJF_ERR_HEADER_DUPLICATE, 15},
        {"{\"x\":1,\"y\":2,\"x\":1}", PJF_ERR_HEADER_DUPLICATE, 13},
        {"{\"\":1,\"\":1}", PJF_ERR_HEADER_DUPLICATE, 6},
        {"{\"alg\":\"\xff\"}", PJF_ERR_JSON_UTF8, 8},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_jose_header header;
        pjf_error error;
        note("%s", rows[i].json);
        CHECK_STATUS(parse(span_of(rows[i].json), &header, &error), rows[i].status);
        CHECK_EQUAL(error.offset, rows[i].offset);
    }
    pjf_jose_header header;
    pjf_error error;
    /* Only the header's own names must be unique, not those inside a parameter. */
    CHECK_STATUS(parse(SPAN("{\"x\":{\"a\":1,\"a\":2},\"a\":3}"), &header, &error), PJF_OK);
    CHECK_STATUS(parse(SPAN("{\"ab\":1,\"a\":2,\"b\":3,\"abc\":4}"), &header, &error), PJF_OK);
}

static void many_parameters_are_refused(void)
{
    for (int count = PJF_HEADER_PARAMS_MAX; count <= PJF_HEADER_PARAMS_MAX + 1; count++) {
        pjf_jose_header header;
        pjf_error error;
        pjf_buf json;
        pjf_buf_init(&json);
        for (int i = 0; i < count; i++) {
            char member[32];
            int len = snprintf(member, sizeof(member), "%c\"name-%d\":1", i == 0 ? '{' : ',', i);
            CHECK_STATUS(pjf_buf_append(&json, member, (size_t)len), PJF_OK);
        }
        CHECK_STATUS(pjf_buf_append_byte(&json, '}'), PJF_OK);
        note("%d parameters", count);
        CHECK_STATUS(parse((pjf_span){json.ptr, json.len}, &header, &error),
                     count > PJF_HEADER_PARAMS_MAX ? PJF_ERR_HEADER_PARAMS : PJF_OK);
        pjf_buf_free(&json, false);
    }
}

static void nesting_is_bounded(void)
{
    for (size_t nested = PJF_JSON_DEPTH_DEFAULT - 1; nested <= PJF_JSON_DEPTH_DEFAULT; nested++) {
        char json[2 * PJF_JSON_DEPTH_DEFAULT + 16];
        pjf_jose_header header;
        pjf_error error;
        char arrays[PJF_JSON_DEPTH_DEFAULT + 1], ends[PJF_JSON_DEPTH_DEFAULT + 1];
        memset(arrays, '[', sizeof(arrays));
        memset(ends, ']', sizeof(ends));
        int len = snprintf(json, sizeof(json), "{\"x\":%.*s%.*s}", (int)nested, arrays, (int)nested,
                           ends);
        note("%zu", nested);
        CHECK_STATUS(parse((pjf_span){(uint8_t *)json, (size_t)len}, &header, &error),
                     nested < PJF_JSON_DEPTH_DEFAULT ? PJF_OK : PJF_ERR_JSON_DEPTH);
    }
}

TEST_SUITE(jose_header, TEST(algorithms), TEST(key_ids), TEST(critical_extensions),
           TEST(unencoded_payloads), TEST(refusals), TEST(many_parameters_are_refused),
           TEST(nesting_is_bounded));
