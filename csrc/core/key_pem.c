/*
 * PEM armour (RFC 7468), read strictly where it could be misunderstood and loosely where it can
 * not: one block, nothing but white space around it, labels by an allow-list; but base64 in lines
 * of any length, or in none, as environment variables hold it.
 */

#include <openssl/evp.h>

#include "core/key_text.h"

#define BEGIN   "-----BEGIN "
#define END     "-----END "
#define DASHES  "-----"
#define COLUMNS 64           /* of base64 that is written (RFC 7468 §2) */
#define LINE    ((size_t)48) /* bytes that make them */

static pjf_span skip_space(pjf_span text)
{
    while (text.len != 0 && pjf_is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    return text;
}

static bool take_word(pjf_span *text, const char *word)
{
    size_t len = strlen(word);
    if (!pjf_span_starts_with(*text, word)) {
        return false;
    }
    text->ptr += len;
    text->len -= len;
    return true;
}

/* Takes all before the next word; the word stays. */
static bool take_until(pjf_span *text, const char *word, pjf_span *before)
{
    const uint8_t *found = pjf_span_find(*text, word);
    if (found == NULL) {
        return false;
    }
    *before = (pjf_span){text->ptr, (size_t)(found - text->ptr)};
    text->ptr += before->len;
    text->len -= before->len;
    return true;
}

/* ---- one block ---- */

typedef struct pem_block {
    pjf_span label;
    pjf_span body; /* between the two lines of dashes */
} pem_block;

/* Takes the block at the front, and the white space around it. */
static pjf_status take_block(pjf_span *text, pem_block *out)
{
    pjf_span rest = skip_space(*text);
    pjf_span label;
    if (!take_word(&rest, BEGIN)) {
        /* An armoured key further on is not taken: who wrote what stands before it? */
        return pjf_span_contains(rest, BEGIN) ? PJF_ERR_KEY_TRAILING : PJF_ERR_KEY_FORMAT;
    }
    if (!take_until(&rest, DASHES, &out->label) || !take_word(&rest, DASHES) ||
        !take_until(&rest, DASHES, &out->body) || !take_word(&rest, END) ||
        !take_until(&rest, DASHES, &label) || !take_word(&rest, DASHES) ||
        !pjf_span_equal(label, out->label)) {
        return PJF_ERR_KEY_FORMAT;
    }
    *text = skip_space(rest);
    return PJF_OK;
}

static bool is_labelled(const pem_block *block, const char *label)
{
    return pjf_span_equal(block->label, (pjf_span){(const uint8_t *)label, strlen(label)});
}

static pjf_status form_of(const pem_block *block, pjf_key_form *form)
{
    static const struct {
        const char *label;
        pjf_key_form form;
    } forms[] = {
        {"PRIVATE KEY", PJF_FORM_PRIVATE},         {"ENCRYPTED PRIVATE KEY", PJF_FORM_ENCRYPTED},
        {"RSA PRIVATE KEY", PJF_FORM_RSA_PRIVATE}, {"EC PRIVATE KEY", PJF_FORM_EC_PRIVATE},
        {"PUBLIC KEY", PJF_FORM_PUBLIC},           {"RSA PUBLIC KEY", PJF_FORM_RSA_PUBLIC},
        {"CERTIFICATE", PJF_FORM_CERTIFICATE},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (is_labelled(block, forms[i].label)) {
            *form = forms[i].form;
            return PJF_OK;
        }
    }
    if (is_labelled(block, "OPENSSH PRIVATE KEY")) {
        return PJF_ERR_KEY_OPENSSH;
    }
    return is_labelled(block, "DSA PRIVATE KEY") ? PJF_ERR_KEY_TYPE : PJF_ERR_KEY_FORMAT;
}

/* ---- OpenSSL's own encryption ---- */

/* Takes the text of a line, without its end. */
static pjf_span take_line(pjf_span *text)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);
    pjf_span line = {text->ptr, end == NULL ? text->len : (size_t)(end - text->ptr)};
    text->ptr += line.len + (end != NULL);
    text->len -= line.len + (end != NULL);
    while (line.len != 0 && pjf_is_space(line.ptr[line.len - 1])) {
        line.len--;
    }
    return line;
}

static bool is_hex(pjf_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

#define HEADER_MAX 96 /* bytes of the header that is handed on, with its NUL */

/* Takes the header lines of an encrypted block and the empty line behind them; header becomes what
 * pjf_pbe_open_pem() wants. */
static pjf_status take_header(pjf_span *body, char header[HEADER_MAX])
{
    static const struct {
        const char *cipher;
        size_t iv_len;
    } ciphers[] = {
        {"AES-128-CBC,", 16}, {"AES-192-CBC,", 16}, {"AES-256-CBC,", 16}, {"DES-EDE3-CBC,", 8}};
    static const char proc_type[] = "Proc-Type: 4,ENCRYPTED";
    *body = skip_space(*body);
    pjf_span first = take_line(body);
    pjf_span second = take_line(body);
    pjf_span value = second;
    if (!take_word(&first, proc_type) || first.len != 0 || !take_word(&value, "DEK-Info: ") ||
        take_line(body).len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
        if (take_word(&value, ciphers[i].cipher)) {
            if (value.len != 2 * ciphers[i].iv_len || !is_hex(value)) {
                return PJF_ERR_KEY_FORMAT;
            }
            size_t len = sizeof(proc_type) - 1;
            memcpy(header, proc_type, len);
            header[len++] = '\n';
            memcpy(header + len, second.ptr, second.len); /* at most 10 + 13 + 32 */
            len += second.len;
            header[len++] = '\n';
            header[len] = '\0';
            return PJF_OK;
        }
    }
    return PJF_ERR_KEY_CIPHER;
}

/* ---- loading ---- */

/* OpenSSL writes the curve once more in a block of its own before an EC PRIVATE KEY. */
static pjf_status read_ec_parameters(const pjf_lib *lib, pjf_span body, pjf_curve *curve)
{
    pjf_buf der;
    pjf_buf_init(&der);
    pjf_status status = pjf_base64_decode(lib, body, true, &der);
    if (status == PJF_OK) {
        status = pjf_der_curve((pjf_span){der.ptr, der.len}, curve);
    }
    pjf_buf_free(&der, false);
    return status;
}

static pjf_status load_block(pjf_lib *lib, const pem_block *block, const pjf_span *password,
                             pjf_key **out)
{
    pjf_key_form form;
    pjf_span body = block->body;
    char header[HEADER_MAX];
    bool is_encrypted = false;
    pjf_buf der;
    pjf_buf_init(&der);
    pjf_status status = form_of(block, &form);
    /* A header's colon is no base64. */
    if (status == PJF_OK && memchr(body.ptr, ':', body.len) != NULL) {
        is_encrypted = true;
        status = form == PJF_FORM_RSA_PRIVATE || form == PJF_FORM_EC_PRIVATE
                     ? take_header(&body, header)
                     : PJF_ERR_KEY_FORMAT;
    }
    if (status == PJF_OK) {
        status = pjf_base64_decode(lib, body, true, &der);
    }
    if (status == PJF_OK && is_encrypted) {
        status = password == NULL ? PJF_ERR_KEY_PASSWORD_MISSING
                                  : pjf_pbe_open_pem(header, *password, &der);
    }
    if (status == PJF_OK) {
        status = pjf_key_from_form(lib, form, (pjf_span){der.ptr, der.len},
                                   is_encrypted ? NULL : password, out);
        status = is_encrypted ? pjf_pbe_judge(status) : status;
    }
    pjf_buf_free(&der, true);
    return status;
}

pjf_status pjf_key_from_pem(pjf_lib *lib, pjf_span pem, const pjf_span *password, pjf_key **out)
{
    pem_block block;
    pjf_curve curve = PJF_CURVE_NONE;
    pjf_key *key = NULL;
    if (pem.len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    if (password != NULL && password->len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    if (!pjf_span_contains(pem, BEGIN)) {
        return PJF_ERR_KEY_NO_ARMOUR;
    }
    pjf_status status = take_block(&pem, &block);
    if (status == PJF_OK && is_labelled(&block, "EC PARAMETERS")) {
        status = read_ec_parameters(lib, block.body, &curve);
        if (status == PJF_OK) {
            status = take_block(&pem, &block);
        }
        if (status == PJF_OK && !is_labelled(&block, "EC PRIVATE KEY")) {
            status = PJF_ERR_KEY_TRAILING;
        }
    }
    if (status == PJF_OK && pem.len != 0) {
        status = PJF_ERR_KEY_TRAILING;
    }
    if (status == PJF_OK) {
        status = load_block(lib, &block, password, &key);
    }
    if (status == PJF_OK && curve != PJF_CURVE_NONE && curve != pjf_key_curve_of(key)) {
        pjf_key_unref(key);
        status = PJF_ERR_KEY_FORMAT;
    }
    if (status == PJF_OK) {
        *out = key;
    }
    return status;
}

/* ---- writing ---- */

static pjf_status append_text(pjf_buf *out, const char *text)
{
    return pjf_buf_append(out, text, strlen(text));
}

static pjf_status append_line(pjf_buf *out, const char *start, const char *label)
{
    pjf_status status = append_text(out, start);
    if (status == PJF_OK) {
        status = append_text(out, label);
    }
    if (status == PJF_OK) {
        status = append_text(out, DASHES "\n");
    }
    return status;
}

static pjf_status append_block(pjf_buf *out, const char *label, pjf_span der)
{
    pjf_status status = append_line(out, BEGIN, label);
    while (status == PJF_OK && der.len != 0) {
        unsigned char line[COLUMNS + 1]; /* and a NUL */
        size_t piece = der.len < LINE ? der.len : LINE;
        int len = EVP_EncodeBlock(line, der.ptr, (int)piece);
        status = pjf_buf_append(out, line, (size_t)len);
        if (status == PJF_OK) {
            status = pjf_buf_append_byte(out, '\n');
        }
        pjf_cleanse(line, sizeof(line));
        der.ptr += piece;
        der.len -= piece;
    }
    return status == PJF_OK ? append_line(out, END, label) : status;
}

pjf_status pjf_key_to_pem(const pjf_key *key, bool private_part, const pjf_span *password,
                          pjf_buf *out)
{
    pjf_buf der, sealed;
    if (password != NULL && (!private_part || password->len == 0)) {
        return PJF_ERR_ARGUMENT;
    }
    pjf_buf_init(&der);
    pjf_buf_init(&sealed);
    pjf_status status = pjf_key_to_der(key, private_part, &der);
    pjf_span contents = {der.ptr, der.len};
    if (status == PJF_OK && password != NULL) {
        status = pjf_pbe_seal(contents, *password, &sealed);
        contents = (pjf_span){sealed.ptr, sealed.len};
    }
    if (status == PJF_OK) {
        const char *label = !private_part      ? "PUBLIC KEY"
                            : password == NULL ? "PRIVATE KEY"
                                               : "ENCRYPTED PRIVATE KEY";
        size_t before = out->len;
        status = append_block(out, label, contents);
        if (status != PJF_OK) { /* not half a key */
            pjf_cleanse(out->ptr + before, out->len - before);
            out->len = before;
        }
    }
    pjf_buf_free(&der, true);
    pjf_buf_free(&sealed, false);
    return status;
}
