/*
 * OpenSSH's public keys. The good lines are ssh-keygen's, and what they hold is told by what it
 * made of them in PEM; the bad ones are built here.
 */
#include "tests/key_fixtures.h"

#include <openssl/evp.h>

static void every_type_is_loaded(void)
{
    static const struct {
        const char *line;
        const char *public_text;
        const char *alg;
    } rows[] = {
        {SSH_RSA, SSH_RSA_PUBLIC, "RS256"},         {SSH_P256, SSH_P256_PUBLIC, "ES256"},
        {SSH_P384, SSH_P384_PUBLIC, "ES384"},       {SSH_P521, SSH_P521_PUBLIC, "ES512"},
        {SSH_ED25519, SSH_ED25519_PUBLIC, "EdDSA"},
    };
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(rows); i++) {
        note("%s", rows[i].line);
        pjf_key *key = must_load_key(lib, TEXT_SSH, span_of(rows[i].line), NULL);
        check_public_is(key, rows[i].public_text);
        CHECK(!pjf_key_is_private(key));
        CHECK(pjf_key_fits(key, fixture_alg(rows[i].alg)));
        pjf_key_unref(key);
    }
    pjf_lib_unref(lib);
}

/* A line of a type and a blob, between two texts. */
static void make_line(pjf_buf *out, const char *before, pjf_span type, pjf_span blob,
                      const char *after)
{
    unsigned char base64[2048];
    pjf_buf_init(out);
    CHECK(blob.len < 1500);
    int len = EVP_EncodeBlock(base64, blob.ptr, (int)blob.len);
    pjf_buf_append(out, before, strlen(before));
    pjf_buf_append(out, type.ptr, type.len);
    pjf_buf_append_byte(out, ' ');
    pjf_buf_append(out, base64, (size_t)len);
    pjf_buf_append(out, after, strlen(after));
}

static void append_string(pjf_buf *out, pjf_span string)
{
    uint8_t len[4] = {0, 0, (uint8_t)(string.len >> 8), (uint8_t)string.len};
    pjf_buf_append(out, len, sizeof(len));
    pjf_buf_append(out, string.ptr, string.len);
}

/* The blob of a good line. */
static void blob_of(const char *line, pjf_buf *out)
{
    const char *start = strchr(line, ' ') + 1;
    int len = (int)strcspn(start, " \n");
    pjf_buf_init(out);
    CHECK_STATUS(pjf_buf_reserve(out, (size_t)len), PJF_OK);
    int got = EVP_DecodeBlock(out->ptr, (const unsigned char *)start, len);
    got -= (start[len - 1] == '=') + (start[len - 2] == '=');
    CHECK(got > 0);
    out->len = (size_t)got;
}

static pjf_status try_blob(const char *before, const char *type, pjf_span blob, const char *after)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf line;
    make_line(&line, before, span_of(type), blob, after);
    pjf_status status = try_key(lib, TEXT_SSH, span_of_buf(&line), NULL);
    pjf_buf_free(&line, false);
    pjf_lib_unref(lib);
    return status;
}

static void a_line_may_have_a_comment_and_nothing_else(void)
{
    static const struct {
        const char *before, *after;
        pjf_status status;
    } rows[] = {
        {"", "", PJF_OK},
        {"", "\n", PJF_OK},
        {"", "\r\n", PJF_OK},
        {" \n", "\n\n", PJF_OK},
        {"", " ", PJF_OK},
        {"", " user@host", PJF_OK},
        {"", "\ta comment with = and \xc3\xa9\n", PJF_OK},
        {"", "\nssh-rsa AAAA", PJF_ERR_KEY_TRAILING},
        {"", " comment\n# more", PJF_ERR_KEY_TRAILING},
        {"", " comment\rmore", PJF_ERR_KEY_TRAILING},
        {"# keys\n", "", PJF_ERR_KEY_FORMAT},
        {"no-pty ", "", PJF_ERR_KEY_FORMAT},
        {"command=\"/bin/sh\" ", "", PJF_ERR_KEY_FORMAT},
        {"from=\"a b\",no-pty ", "", PJF_ERR_KEY_FORMAT},
        {"@cert-authority * ", "", PJF_ERR_KEY_FORMAT},
        {"host ", "", PJF_ERR_KEY_FORMAT},
        {"\xef\xbb\xbf", "", PJF_ERR_KEY_FORMAT},
        {"", "=", PJF_ERR_KEY_FORMAT},
        {"", "AAAA", PJF_ERR_KEY_FORMAT},
        {"", "-", PJF_ERR_KEY_FORMAT},
    };
    pjf_buf blob;
    blob_of(SSH_ED25519, &blob);
    for (size_t i = 0; i < COUNT(rows); i++) {
        note("row %zu", i);
        CHECK_STATUS(try_blob(rows[i].before, "ssh-ed25519", span_of_buf(&blob), rows[i].after),
                     rows[i].status);
    }
    pjf_buf_free(&blob, false);
    pjf_lib *lib = fixture_lib();
    static const char *const bad[] = {"",
                                      " ",
                                      "ssh-ed25519",
                                      "ssh-ed25519 ",
                                      "ssh-ed25519 A",
                                      "ssh-ed25519 AAAA",
                                      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
                                      "ssh-ed25519  ",
                                      "secret",
                                      "ecdsa",
                                      "ssh"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        note("%s", bad[i]);
        CHECK_STATUS(try_key(lib, TEXT_SSH, span_of(bad[i]), NULL), PJF_ERR_KEY_FORMAT);
    }
    CHECK_STATUS(try_key(lib, TEXT_SSH, (pjf_span){NULL, 0}, NULL), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_key(lib, TEXT_SSH, SPAN(P256_PUBLIC), NULL), PJF_ERR_KEY_FORMAT);
    pjf_lib_unref(lib);
}

static void other_types_are_refused(void)
{
    static const char *const types[] = {"ssh-dss",
                                        "ssh-ed448",
                                        "sk-ssh-ed25519@openssh.com",
                                        "sk-ecdsa-sha2-nistp256@openssh.com",
                                        "ssh-rsa-cert-v01@openssh.com",
                                        "ssh-ed25519-cert-v01@openssh.com",
                                        "ecdsa-sha2-nistp256-cert-v01@openssh.com",
                                        "ecdsa-sha2-nistp192",
                                        "ecdsa-sha2-nistk163",
                                        "ecdsa-sha2-1.3.132.0.10",
                                        "ssh-rsa1"};
    for (size_t i = 0; i < COUNT(types); i++) {
        pjf_buf blob;
        pjf_buf_init(&blob);
        append_string(&blob, span_of(types[i]));
        append_string(&blob, SPAN("whatever"));
        note("%s", types[i]);
        CHECK_STATUS(try_blob("", types[i], span_of_buf(&blob), ""), PJF_ERR_KEY_TYPE);
        pjf_buf_free(&blob, false);
    }
    CHECK_STATUS(try_blob("", "rsa-sha2-256", SPAN("x"), ""), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_blob("", "SSH-RSA", SPAN("x"), ""), PJF_ERR_KEY_FORMAT);
}

static void the_type_inside_must_be_the_type_outside(void)
{
    static const char *const lines[] = {SSH_RSA, SSH_P256, SSH_P384, SSH_P521, SSH_ED25519};
    static const char *const types[] = {"ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                        "ecdsa-sha2-nistp521", "ssh-ed25519"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        pjf_buf blob;
        blob_of(lines[i], &blob);
        for (size_t j = 0; j < COUNT(types); j++) {
            note("%s as %s", types[i], types[j]);
            CHECK_STATUS(try_blob("", types[j], span_of_buf(&blob), ""),
                         i == j ? PJF_OK : PJF_ERR_KEY_FORMAT);
        }
        /* Every byte is needed, and no more. */
        CHECK_STATUS(pjf_buf_append_byte(&blob, 0), PJF_OK);
        CHECK_STATUS(try_blob("", types[i], span_of_buf(&blob), ""), PJF_ERR_KEY_FORMAT);
        blob.len--;
        while (blob.len-- != 0) {
            note("%s, %zu bytes", types[i], blob.len);
            CHECK_STATUS(try_blob("", types[i], span_of_buf(&blob), ""), PJF_ERR_KEY_FORMAT);
        }
        pjf_buf_free(&blob, false);
    }
}

static void rsa_numbers_are_positive_and_of_one_length(void)
{
    static const struct {
        pjf_span e, n;
        pjf_status status;
    } rows[] = {
        {SPAN("\3"), SPAN("\x23"), PJF_ERR_KEY_RSA_MODULUS}, /* well formed */
        {SPAN("\3"), SPAN("\0\xa3"), PJF_ERR_KEY_RSA_MODULUS},
        {SPAN("\3"), SPAN("\xa3"), PJF_ERR_KEY_FORMAT}, /* below zero */
        {SPAN("\x83"), SPAN("\x23"), PJF_ERR_KEY_FORMAT},
        {SPAN("\3"), SPAN("\0\x23"), PJF_ERR_KEY_FORMAT}, /* a byte too much */
        {SPAN("\0\3"), SPAN("\x23"), PJF_ERR_KEY_FORMAT},
        {SPAN("\3"), SPAN("\0"), PJF_ERR_KEY_FORMAT},
        {SPAN("\3"), SPAN(""), PJF_ERR_KEY_FORMAT}, /* zero */
        {SPAN(""), SPAN("\x23"), PJF_ERR_KEY_FORMAT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pjf_buf blob;
        pjf_buf_init(&blob);
        append_string(&blob, SPAN("ssh-rsa"));
        append_string(&blob, rows[i].e);
        append_string(&blob, rows[i].n);
        note("row %zu", i);
        CHECK_STATUS(try_blob("", "ssh-rsa", span_of_buf(&blob), ""), rows[i].status);
        pjf_buf_free(&blob, false);
    }
}

static pjf_status try_ec(const char *curve, pjf_span point)
{
    pjf_buf blob;
    pjf_buf_init(&blob);
    append_string(&blob, SPAN("ecdsa-sha2-nistp256"));
    append_string(&blob, span_of(curve));
    append_string(&blob, point);
    pjf_status status = try_blob("", "ecdsa-sha2-nistp256", span_of_buf(&blob), "");
    pjf_buf_free(&blob, false);
    return status;
}

static void points_are_uncompressed_and_on_the_curve(void)
{
    pjf_buf blob;
    uint8_t point[66];
    blob_of(SSH_P256, &blob);
    memcpy(point, blob.ptr + blob.len - 65, 65);
    point[65] = 0;
    CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 65}), PJF_OK);
    CHECK_STATUS(try_ec("nistp384", (pjf_span){point, 65}), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec("", (pjf_span){point, 65}), PJF_ERR_KEY_FORMAT);
    CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 64}), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 66}), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec("nistp256", SPAN("")), PJF_ERR_KEY_POINT);
    CHECK_STATUS(try_ec("nistp256", SPAN("\0")), PJF_ERR_KEY_POINT);
    point[64] ^= 1;
    CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 65}), PJF_ERR_KEY_POINT);
    point[64] ^= 1;
    for (uint8_t form = 0; form < 8; form++) {
        point[0] = form;
        note("form %u", form);
        CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 65}),
                     form == 4 ? PJF_OK : PJF_ERR_KEY_POINT);
        CHECK_STATUS(try_ec("nistp256", (pjf_span){point, 33}), PJF_ERR_KEY_POINT);
    }
    pjf_buf_free(&blob, false);
}

static void ed25519_points_are_checked(void)
{
    uint8_t key[33] = {1}; /* of order 1 */
    for (size_t len = 31; len <= 33; len++) {
        pjf_buf blob;
        pjf_buf_init(&blob);
        append_string(&blob, SPAN("ssh-ed25519"));
        append_string(&blob, (pjf_span){key, len});
        CHECK_STATUS(try_blob("", "ssh-ed25519", span_of_buf(&blob), ""),
                     len == 32 ? PJF_ERR_KEY_POINT : PJF_ERR_KEY_FORMAT);
        pjf_buf_free(&blob, false);
    }
}

/* A length that reaches beyond the end, also where adding to it would overflow. */
static void lengths_are_checked(void)
{
    static const char *const lengths[] = {"\xff\xff\xff\xff", "\x7f\xff\xff\xff", "\x80\0\0\0",
                                          "\0\1\0\0"};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        pjf_buf blob;
        pjf_buf_init(&blob);
        pjf_buf_append(&blob, lengths[i], 4);
        pjf_buf_append(&blob, "ssh-rsa", 7);
        note("length %zu", i);
        CHECK_STATUS(try_blob("", "ssh-rsa", span_of_buf(&blob), ""), PJF_ERR_KEY_FORMAT);
        blob.len = 0;
        append_string(&blob, SPAN("ssh-rsa"));
        append_string(&blob, SPAN("\3"));
        pjf_buf_append(&blob, lengths[i], 4);
        pjf_buf_append(&blob, "abcdefgh", 8);
        CHECK_STATUS(try_blob("", "ssh-rsa", span_of_buf(&blob), ""), PJF_ERR_KEY_FORMAT);
        pjf_buf_free(&blob, false);
    }
}

static void lines_are_bounded(void)
{
    pjf_lib *lib = fixture_lib();
    pjf_buf line;
    pjf_buf_init(&line);
    CHECK_STATUS(pjf_buf_append(&line, SSH_ED25519, strlen(SSH_ED25519) - 1), PJF_OK);
    while (line.len < PJF_KEY_TEXT_MAX) {
        CHECK_STATUS(pjf_buf_append_byte(&line, 'x'), PJF_OK);
    }
    CHECK_STATUS(try_key(lib, TEXT_SSH, span_of_buf(&line), NULL), PJF_OK);
    CHECK_STATUS(pjf_buf_append_byte(&line, 'x'), PJF_OK);
    CHECK_STATUS(try_key(lib, TEXT_SSH, span_of_buf(&line), NULL), PJF_ERR_KEY_TOO_LONG);
    pjf_buf_free(&line, false);
    pjf_lib_unref(lib);
}

static void every_allocation_may_fail(void)
{
    static const char *const lines[] = {SSH_RSA, SSH_P521, SSH_ED25519};
    pjf_lib *lib = fixture_lib();
    for (size_t i = 0; i < COUNT(lines); i++) {
        fail_each_allocation_of_loading(lib, TEXT_SSH, span_of(lines[i]), NULL);
    }
    pjf_lib_unref(lib);
}

TEST_SUITE(key_ssh, TEST(every_type_is_loaded), TEST(a_line_may_have_a_comment_and_nothing_else),
           TEST(other_types_are_refused), TEST(the_type_inside_must_be_the_type_outside),
           TEST(rsa_numbers_are_positive_and_of_one_length),
           TEST(points_are_uncompressed_and_on_the_curve), TEST(ed25519_points_are_checked),
           TEST(lengths_are_checked), TEST(lines_are_bounded), TEST(every_allocation_may_fail));
