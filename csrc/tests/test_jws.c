#include "core/jws.h"

#include "tests/fixtures.h"

typedef struct bench {
    pjf_lib *lib;
    pjf_key *key;
    pjf_jws_work work;
} bench;

static void set_up(bench *b)
{
    b->lib = fixture_lib();
    b->key = fixture_a1_key(b->lib);
    CHECK_STATUS(pjf_jws_work_init(&b->work), PJF_OK);
}

static void tear_down(bench *b)
{
    pjf_jws_work_free(&b->work);
    pjf_key_unref(b->key);
    pjf_lib_unref(b->lib);
}

/* The whole of a verification, in the order the binding has it. */
static pjf_status verify(bench *b, pjf_span token, uint32_t allowed, pjf_jws *jws)
{
    pjf_error json_error;
    const pjf_alg *alg = NULL;
    pjf_status status =
        pjf_jws_load(b->lib, &b->work, token, PJF_TOKEN_MAX_DEFAULT, jws, &json_error);
    if (status == PJF_OK) {
        status = pjf_jws_check_header(jws);
    }
    if (status == PJF_OK) {
        status = pjf_jws_check_detached(jws, false);
    }
    if (status == PJF_OK) {
        status = pjf_jws_check_alg(jws, allowed, &alg);
    }
    if (status == PJF_OK) {
        status = pjf_sig_verify(b->work.sig, alg, b->key, jws->signing_input, jws->signature);
    }
    pjf_jws_work_trim(&b->work);
    return status;
}

static uint32_t only(const char *name)
{
    return (uint32_t)1 << fixture_alg(name)->id;
}

static void rfc_7515_a1(void)
{
    static const char payload[] =
        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    bench b;
    pjf_jws jws;
    set_up(&b);
    for (int round = 0; round < 3; round++) { /* the second round finds the header remembered */
        note("round %d", round);
        CHECK_STATUS(verify(&b, SPAN(A1_TOKEN), only("HS256"), &jws), PJF_OK);
        CHECK_BYTES(jws.payload.ptr, jws.payload.len, payload, strlen(payload));
        CHECK_BYTES(jws.header_segment.ptr, jws.header_segment.len, A1_HEADER, strlen(A1_HEADER));
        CHECK_EQUAL(jws.signing_input.len, strlen(A1_HEADER "." A1_PAYLOAD));
        CHECK_EQUAL(jws.signature.len, 32);
        CHECK(jws.header->alg == fixture_alg("HS256"));
        if (jws.header_json.len != 0) {
            CHECK_BYTES(jws.header_json.ptr, jws.header_json.len,
                        "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}", 30);
        }
    }
    tear_down(&b);
}

static void any_changed_character_is_noticed(void)
{
    bench b;
    set_up(&b);
    char token[] = A1_TOKEN;
    for (size_t i = 0; i < sizeof(token) - 1; i++) {
        static const char others[] = "AQgw_-.= ";
        for (size_t o = 0; o < sizeof(others) - 1; o++) {
            char kept = token[i];
            if (kept == others[o]) {
                continue;
            }
            pjf_jws jws;
            token[i] = others[o];
            note("'%c' at %zu", others[o], i);
            CHECK(verify(&b, span_of(token), only("HS256"), &jws) != PJF_OK);
            token[i] = kept;
        }
    }
    pjf_jws jws;
    CHECK_STATUS(verify(&b, span_of(token), only("HS256"), &jws), PJF_OK);
    for (size_t len = 0; len < sizeof(token) - 1; len++) {
        note("first %zu characters", len);
        CHECK(verify(&b, (pjf_span){(uint8_t *)token, len}, only("HS256"), &jws) != PJF_OK);
    }
    tear_down(&b);
}

/* {"alg":"HS256"} is eyJhbGciOiJIUzI1NiJ9, {} is e30. */
#define HS256_HEADER "eyJhbGciOiJIUzI1NiJ9"

static void malformed_tokens(void)
{
    static const struct {
        const char *token;
        pjf_status status;
    } rows[] = {
        {"", PJF_ERR_SEGMENTS},
        {"abc", PJF_ERR_SEGMENTS},
        {".", PJF_ERR_SEGMENTS},
        {"a.b", PJF_ERR_SEGMENTS},
        {HS256_HEADER ".e30", PJF_ERR_SEGMENTS},
        {"..", PJF_ERR_HEADER_JSON},
        {"...", PJF_ERR_HEADER_JSON},
        {"a..", PJF_ERR_HEADER_B64},
        {"*.e30.AA", PJF_ERR_HEADER_B64},
        {HS256_HEADER "=.e30.AA", PJF_ERR_HEADER_B64},
        {HS256_HEADER " .e30.AA", PJF_ERR_HEADER_B64},
        {" " HS256_HEADER ".e30.AA", PJF_ERR_HEADER_B64},
        {"e30x.e30.AA", PJF_ERR_HEADER_JSON},
        {"W10.e30.AA", PJF_ERR_HEADER_JSON},
        {"bnVsbA.e30.AA", PJF_ERR_HEADER_JSON},
        {HS256_HEADER ".e30a=.AA", PJF_ERR_PAYLOAD_B64},
        {HS256_HEADER ".e31.AA", PJF_ERR_PAYLOAD_B64},
        {HS256_HEADER ".e30.x.AA", PJF_ERR_PAYLOAD_B64},
        {HS256_HEADER ".e.AA", PJF_ERR_PAYLOAD_B64},
        {HS256_HEADER ".e30.A", PJF_ERR_SIGNATURE_B64},
        {HS256_HEADER ".e30.AB", PJF_ERR_SIGNATURE_B64},
        {HS256_HEADER ".e30.A\n", PJF_ERR_SIGNATURE_B64},
        {HS256_HEADER ".e30.+/==", PJF_ERR_SIGNATURE_B64},
        {HS256_HEADER ".e30.", PJF_ERR_SIGNATURE},
        {HS256_HEADER ".e30.AA", PJF_ERR_SIGNATURE},
        {HS256_HEADER ".e30=.AA==", PJF_ERR_SIGNATURE},
        {HS256_HEADER "..AA", PJF_ERR_SIGNATURE},
        {"e30.e30.AA", PJF_ERR_ALG_MISSING},
        {"e30=.e30.AA", PJF_ERR_ALG_MISSING},
        /* Of two faults, PyJWT's first. */
        {"*.*.*", PJF_ERR_HEADER_B64},
        {"e30x.*.*", PJF_ERR_HEADER_JSON},
        {"e30.*.*", PJF_ERR_PAYLOAD_B64},
        {"e30.e30.*", PJF_ERR_SIGNATURE_B64},
    };
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_span text = span_of(rows[i].token);
        guarded copy = guarded_new(text.len, true);
        memcpy(copy.ptr, text.ptr, text.len);
        for (int round = 0; round < 2; round++) {
            pjf_jws jws;
            note("\"%s\", round %d", rows[i].token, round);
            CHECK_STATUS(verify(&b, (pjf_span){copy.ptr, text.len}, only("HS256"), &jws),
                         rows[i].status);
        }
        guarded_free(&copy);
    }
    pjf_jws jws;
    CHECK_STATUS(verify(&b, (pjf_span){NULL, 0}, only("HS256"), &jws), PJF_ERR_SEGMENTS);
    tear_down(&b);
}

static void header_faults_tell_where(void)
{
    bench b;
    set_up(&b);
    pjf_buf token;
    pjf_jws jws;
    pjf_error error;
    fixture_sign(b.work.sig, b.key, "HS256", SPAN("{\"alg\":\"HS256\",\"alg\":\"none\"}"),
                 SPAN("{}"), &token);
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, (pjf_span){token.ptr, token.len},
                              PJF_TOKEN_MAX_DEFAULT, &jws, &error),
                 PJF_ERR_HEADER_JSON);
    CHECK_STATUS(error.status, PJF_ERR_HEADER_DUPLICATE);
    CHECK_EQUAL(error.offset, 15);
    pjf_buf_free(&token, false);
    tear_down(&b);
}

static void the_allow_list_decides(void)
{
    static const char *const names[] = {"none", "HS256", "HS384", "HS512"};
    bench b;
    set_up(&b);
    for (size_t n = 0; n < 4; n++) {
        char header[64];
        pjf_buf token;
        snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", names[n]);
        fixture_sign(b.work.sig, b.key, names[n], span_of(header), SPAN("{\"a\":1}"), &token);
        pjf_span text = {token.ptr, token.len};
        for (uint32_t allowed = 0; allowed < 16; allowed++) {
            pjf_jws jws;
            bool listed = (allowed & only(names[n])) != 0;
            note("%s, allowed %x", names[n], (unsigned)allowed);
            CHECK_STATUS(verify(&b, text, allowed, &jws),
                         !listed  ? PJF_ERR_ALG_NOT_ALLOWED
                         : n == 0 ? PJF_ERR_SIGNATURE /* "none" never verifies */
                                  : PJF_OK);
        }
        pjf_buf_free(&token, false);
    }
    /* The header names another algorithm than the one that signed. */
    pjf_buf token;
    pjf_jws jws;
    fixture_sign(b.work.sig, b.key, "HS256", SPAN("{\"alg\":\"HS384\"}"), SPAN("{}"), &token);
    CHECK_STATUS(verify(&b, (pjf_span){token.ptr, token.len}, UINT32_MAX, &jws), PJF_ERR_SIGNATURE);
    pjf_buf_free(&token, false);
    fixture_sign(b.work.sig, b.key, "HS256", SPAN("{\"alg\":\"HS999\"}"), SPAN("{}"), &token);
    CHECK_STATUS(verify(&b, (pjf_span){token.ptr, token.len}, UINT32_MAX, &jws),
                 PJF_ERR_ALG_NOT_ALLOWED);
    pjf_buf_free(&token, false);
    tear_down(&b);
}

static void header_rules(void)
{
    static const struct {
        const char *header;
        pjf_status status;
    } rows[] = {
        {"{\"alg\":\"HS256\",\"kid\":\"a\"}", PJF_OK},
        {"{\"alg\":\"HS256\",\"kid\":1}", PJF_ERR_HEADER_KID},
        {"{\"alg\":\"HS256\",\"kid\":null}", PJF_ERR_HEADER_KID},
        {"{\"alg\":\"HS256\",\"crit\":[]}", PJF_ERR_CRIT_NOT_LIST},
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", PJF_ERR_CRIT_UNSUPPORTED},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"]}", PJF_ERR_CRIT_MISSING},
        {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":true}", PJF_OK},
        {"{\"alg\":\"HS256\",\"b64\":true}", PJF_OK},
        {"{\"alg\":\"HS256\",\"b64\":false}", PJF_ERR_PAYLOAD_NOT_EMPTY},
        {"{\"kid\":1,\"crit\":[]}", PJF_ERR_HEADER_KID}, /* of two faults, the kid */
        {"{\"crit\":[]}", PJF_ERR_CRIT_NOT_LIST},        /* before the missing alg */
    };
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pjf_buf token;
        pjf_jws jws;
        note("%s", rows[i].header);
        fixture_sign(b.work.sig, b.key, "HS256", span_of(rows[i].header), SPAN("{}"), &token);
        CHECK_STATUS(verify(&b, (pjf_span){token.ptr, token.len}, only("HS256"), &jws),
                     rows[i].status);
        CHECK_STATUS(verify(&b, (pjf_span){token.ptr, token.len}, only("HS256"), &jws),
                     rows[i].status);
        pjf_buf_free(&token, false);
    }
    tear_down(&b);
}

static void detached_payloads(void)
{
    bench b;
    pjf_buf token;
    pjf_jws jws;
    pjf_error error;
    set_up(&b);
    fixture_sign(b.work.sig, b.key, "HS256",
                 SPAN("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}"), SPAN(""), &token);
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, (pjf_span){token.ptr, token.len}, 1000, &jws, &error),
                 PJF_OK);
    CHECK_EQUAL(jws.payload.len, 0);
    CHECK_STATUS(pjf_jws_check_header(&jws), PJF_OK);
    CHECK_STATUS(pjf_jws_check_detached(&jws, true), PJF_OK);
    CHECK_STATUS(pjf_jws_check_detached(&jws, false), PJF_ERR_DETACHED_REQUIRED);
    pjf_buf_free(&token, false);

    fixture_sign(b.work.sig, b.key, "HS256", SPAN("{\"alg\":\"HS256\",\"b64\":false}"), SPAN(""),
                 &token);
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, (pjf_span){token.ptr, token.len}, 1000, &jws, &error),
                 PJF_OK);
    CHECK_STATUS(pjf_jws_check_detached(&jws, true), PJF_ERR_B64_NOT_CRIT);
    pjf_buf_free(&token, false);

    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, SPAN(A1_TOKEN), 1000, &jws, &error), PJF_OK);
    CHECK_STATUS(pjf_jws_check_detached(&jws, true), PJF_ERR_DETACHED_UNEXPECTED);
    CHECK_STATUS(pjf_jws_check_detached(&jws, false), PJF_OK);
    tear_down(&b);
}

static void length_is_bounded(void)
{
    bench b;
    pjf_jws jws;
    pjf_error error;
    set_up(&b);
    size_t len = strlen(A1_TOKEN);
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, SPAN(A1_TOKEN), len, &jws, &error), PJF_OK);
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, SPAN(A1_TOKEN), len - 1, &jws, &error),
                 PJF_ERR_TOKEN_TOO_LONG);
    tear_down(&b);
}

static void payloads_of_every_size(void)
{
    static const size_t sizes[] = {0,   1,    2,    3,    22,    23,     24,    100,
                                   500, 1000, 1024, 5000, 10000, 100000, 190000};
    bench b;
    uint64_t seed = 7515;
    set_up(&b);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *payload = malloc(sizes[i] + 1);
        pjf_buf token;
        pjf_jws jws;
        test_random_fill(&seed, payload, sizes[i]);
        note("%zu bytes", sizes[i]);
        fixture_sign(b.work.sig, b.key, "HS512", SPAN("{\"alg\":\"HS512\"}"),
                     (pjf_span){payload, sizes[i]}, &token);
        pjf_error error;
        const pjf_alg *alg;
        CHECK_STATUS(pjf_jws_load(b.lib, &b.work, (pjf_span){token.ptr, token.len},
                                  PJF_TOKEN_MAX_DEFAULT, &jws, &error),
                     PJF_OK);
        CHECK_BYTES(jws.payload.ptr, jws.payload.len, payload, sizes[i]);
        CHECK_STATUS(pjf_jws_check_alg(&jws, only("HS512"), &alg), PJF_OK);
        CHECK_STATUS(pjf_sig_verify(b.work.sig, alg, b.key, jws.signing_input, jws.signature),
                     PJF_OK);
        pjf_buf_free(&token, false);
        free(payload);
    }
    tear_down(&b);
}

/* The remembered header must be used for the same header segment and no other. */
static void the_memo_never_mixes_headers_up(void)
{
    static const char *const headers[] = {
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"HS512\"}",
        "{\"alg\":\"HS256\",\"kid\":\"a\"}",
        "{\"alg\":\"HS256\",\"kid\":\"b\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"x\"]}",
        "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"x\":\"0123456789012345678901234567890123456789012345678"
        "901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
        "9012345678901234567890123456789012345678901234567890123456789\"}", /* longer than the memo
                                                                             */
        "{\"alg\":\"HS256\",", /* no JSON; its segment is the beginning of another's */
        "[]",
    };
    enum { COUNT = sizeof(headers) / sizeof(headers[0]) };
    bench fresh, b;
    pjf_buf tokens[COUNT];
    uint64_t seed = 10;
    set_up(&b);
    for (size_t i = 0; i < COUNT; i++) {
        fixture_sign(b.work.sig, b.key, i == 1 ? "HS512" : "HS256", span_of(headers[i]), SPAN("{}"),
                     &tokens[i]);
    }
    for (int round = 0; round < 300; round++) {
        size_t i = test_random_below(&seed, COUNT);
        pjf_span text = {tokens[i].ptr, tokens[i].len};
        pjf_jws got, want;
        note("round %d, %s", round, headers[i]);
        set_up(&fresh);
        pjf_status want_status = verify(&fresh, text, UINT32_MAX, &want);
        CHECK_STATUS(verify(&b, text, UINT32_MAX, &got), want_status);
        if (want_status == PJF_OK) {
            CHECK(got.header->alg == want.header->alg);
            CHECK_BYTES(got.header->kid, got.header->kid_len, want.header->kid,
                        want.header->kid_len);
        }
        tear_down(&fresh);
    }
    for (size_t i = 0; i < COUNT; i++) {
        pjf_buf_free(&tokens[i], false);
    }
    tear_down(&b);
}

static void memory_of_large_tokens_is_given_back(void)
{
    enum { LEN = 3 << 20 };
    bench b;
    pjf_jws jws;
    pjf_error error;
    uint8_t *token = malloc(LEN);
    set_up(&b);
    memset(token, 'A', LEN);
    memcpy(token, HS256_HEADER ".", strlen(HS256_HEADER ".")); /* the payload's length fits */
    token[LEN - 2 - (LEN - 2 - strlen(HS256_HEADER ".")) % 4] = '.';
    CHECK_STATUS(pjf_jws_load(b.lib, &b.work, (pjf_span){token, LEN}, LEN, &jws, &error), PJF_OK);
    CHECK(b.work.decoded.cap > LEN / 4 * 3);
    pjf_jws_work_trim(&b.work);
    CHECK_EQUAL(b.work.decoded.cap, PJF_BUF_INLINE);
    free(token);
    tear_down(&b);
}

/* Strings of a header that are longer unescaped than work may keep. */
static void memory_of_large_headers_is_given_back(void)
{
    bench b;
    pjf_buf header, token;
    pjf_jws jws;
    pjf_error error;
    set_up(&b);
    pjf_buf_init(&header);
    CHECK_STATUS(pjf_buf_append(&header, "{\"alg\":\"HS256\",\"x\":\"\\n", 22), PJF_OK);
    for (int i = 0; i < 400000; i++) {
        CHECK_STATUS(pjf_buf_append(&header, "xxx", 3), PJF_OK);
    }
    CHECK_STATUS(pjf_buf_append(&header, "\"}", 2), PJF_OK);
    fixture_sign(b.work.sig, b.key, "HS256", (pjf_span){header.ptr, header.len}, SPAN("{}"),
                 &token);
    CHECK_STATUS(
        pjf_jws_load(b.lib, &b.work, (pjf_span){token.ptr, token.len}, token.len, &jws, &error),
        PJF_OK);
    CHECK(b.work.unescape.cap > 1 << 20);
    pjf_jws_work_trim(&b.work);
    CHECK_EQUAL(b.work.unescape.cap, PJF_BUF_INLINE);
    pjf_buf_free(&header, false);
    pjf_buf_free(&token, false);
    tear_down(&b);
}

/* RFC 7797 §3: the payload as it is, behind the header segment and a dot. */
static void detached_payloads_are_signed_as_they_are(void)
{
    uint8_t payload[PJF_BUF_INLINE];
    memset(payload, '$', sizeof(payload));
    pjf_buf out;
    pjf_buf_init(&out);
    CHECK_STATUS(pjf_jws_detached_input(SPAN("eyJ9"), SPAN("$.02"), &out), PJF_OK);
    CHECK_BYTES(out.ptr, out.len, "eyJ9.$.02", 9);
    pjf_buf_free(&out, false);
    for (size_t header_len = sizeof(payload) - 1; can_fail_allocations && header_len != 0;
         header_len /= 2) {
        note("header of %zu", header_len);
        fail_allocation(0);
        CHECK_STATUS(pjf_jws_detached_input((pjf_span){payload, header_len},
                                            (pjf_span){payload, sizeof(payload)}, &out),
                     PJF_ERR_NOMEM);
        fail_allocation(-1);
        pjf_buf_free(&out, false);
    }
    if (can_fail_allocations) { /* the dot is what does not fit */
        fail_allocation(0);
        CHECK_STATUS(pjf_jws_detached_input((pjf_span){payload, sizeof(payload)}, SPAN(""), &out),
                     PJF_ERR_NOMEM);
        fail_allocation(-1);
        pjf_buf_free(&out, false);
    }
}

TEST_SUITE(jws, TEST(rfc_7515_a1), TEST(any_changed_character_is_noticed), TEST(malformed_tokens),
           TEST(header_faults_tell_where), TEST(the_allow_list_decides), TEST(header_rules),
           TEST(detached_payloads), TEST(length_is_bounded), TEST(payloads_of_every_size),
           TEST(the_memo_never_mixes_headers_up), TEST(memory_of_large_tokens_is_given_back),
           TEST(memory_of_large_headers_is_given_back),
           TEST(detached_payloads_are_signed_as_they_are));
