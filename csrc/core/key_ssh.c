/*
 * OpenSSH's public keys: "type base64 comment". The base64 holds the type once more and its
 * numbers, each behind its length in 32 bits (RFC 4251 §5).
 */
#include "core/key_text.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static void trim(pjf_span *text)
{
    while (text->len != 0 && (is_blank(text->ptr[0]) || is_line_end(text->ptr[0]))) {
        text->ptr++;
        text->len--;
    }
    while (text->len != 0 &&
           (is_blank(text->ptr[text->len - 1]) || is_line_end(text->ptr[text->len - 1]))) {
        text->len--;
    }
}

/* Takes a word and the blanks behind it. */
static pjf_span take_word(pjf_span *text)
{
    pjf_span word = {text->ptr, 0};
    while (word.len < text->len && !is_blank(text->ptr[word.len])) {
        word.len++;
    }
    text->ptr += word.len;
    text->len -= word.len;
    while (text->len != 0 && is_blank(text->ptr[0])) {
        text->ptr++;
        text->len--;
    }
    return word;
}

/* ---- the blob ---- */

/* Takes a string of RFC 4251 §5. */
static bool take_string(pjf_span *rest, pjf_span *string)
{
    if (rest->len < 4) {
        return false;
    }
    size_t len = (size_t)rest->ptr[0] << 24 | (size_t)rest->ptr[1] << 16 |
                 (size_t)rest->ptr[2] << 8 | rest->ptr[3];
    if (len > rest->len - 4) {
        return false;
    }
    *string = (pjf_span){rest->ptr + 4, len};
    rest->ptr += 4 + len;
    rest->len -= 4 + len;
    return true;
}

/* Takes an mpint above zero, as short as it can be; *number is without its sign's zero byte. */
static bool take_number(pjf_span *rest, pjf_span *number)
{
    if (!take_string(rest, number) || number->len == 0 || number->ptr[0] >= 0x80) {
        return false;
    }
    if (number->ptr[0] == 0) {
        if (number->len < 2 || number->ptr[1] < 0x80) {
            return false;
        }
        number->ptr++;
        number->len--;
    }
    return true;
}

/* RFC 4253 §6.6: e, n. */
static pjf_status read_rsa(pjf_lib *lib, pjf_span rest, pjf_pkey **out)
{
    pjf_span numbers[PJF_RSA_NUMBERS] = {{NULL, 0}};
    if (!take_number(&rest, &numbers[PJF_RSA_E]) || !take_number(&rest, &numbers[PJF_RSA_N]) ||
        rest.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    return pjf_pkey_new_rsa(lib, numbers, out);
}

/* RFC 5656 §3.1: the curve once more, an uncompressed point. */
static pjf_status read_ec(pjf_lib *lib, pjf_curve curve, pjf_span name, pjf_span rest,
                          pjf_pkey **out)
{
    size_t len = pjf_curve_of(curve)->len;
    pjf_span again, point;
    if (!take_string(&rest, &again) || !pjf_span_equal(again, name) ||
        !take_string(&rest, &point) || rest.len != 0) {
        return PJF_ERR_KEY_FORMAT;
    }
    if (point.len != 1 + 2 * len || point.ptr[0] != 0x04) {
        return PJF_ERR_KEY_POINT;
    }
    pjf_span x = {point.ptr + 1, len};
    pjf_span y = {point.ptr + 1 + len, len};
    return pjf_pkey_new_ec(lib, curve, x, y, (pjf_span){NULL, 0}, out);
}

/* RFC 8709 §4. */
static pjf_status read_ed25519(pjf_lib *lib, pjf_span rest, pjf_pkey **out)
{
    pjf_span key;
    if (!take_string(&rest, &key) || rest.len != 0 || key.len != pjf_curve_of(PJF_ED25519)->len) {
        return PJF_ERR_KEY_FORMAT;
    }
    return pjf_pkey_new_okp(lib, PJF_ED25519, key, (pjf_span){NULL, 0}, out);
}

static pjf_status read_blob(pjf_lib *lib, pjf_span type, pjf_curve curve, pjf_span blob,
                            pjf_pkey **out)
{
    pjf_span again;
    if (!take_string(&blob, &again) || !pjf_span_equal(again, type)) {
        return PJF_ERR_KEY_FORMAT;
    }
    switch (curve) {
    case PJF_CURVE_NONE: return read_rsa(lib, blob, out);
    case PJF_ED25519: return read_ed25519(lib, blob, out);
    default: {
        size_t prefix = strlen("ecdsa-sha2-");
        pjf_span name = {type.ptr + prefix, type.len - prefix};
        return read_ec(lib, curve, name, blob, out);
    }
    }
}

/* ---- the line ---- */

/* PJF_ERR_KEY_TYPE for what names a type of key, but none that signs tokens: DSA, keys in hardware
 * ("sk-"), certificates. PJF_ERR_KEY_FORMAT for anything else, such as the options that may stand
 * here in authorized_keys. */
static pjf_status find_type(pjf_span word, pjf_curve *curve)
{
    static const struct {
        const char *type;
        pjf_curve curve;
    } types[] = {
        {"ssh-rsa", PJF_CURVE_NONE},       {"ssh-ed25519", PJF_ED25519},
        {"ecdsa-sha2-nistp256", PJF_P256}, {"ecdsa-sha2-nistp384", PJF_P384},
        {"ecdsa-sha2-nistp521", PJF_P521},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (pjf_span_equal(word,
                           (pjf_span){(const uint8_t *)types[i].type, strlen(types[i].type)})) {
            *curve = types[i].curve;
            return PJF_OK;
        }
    }
    bool is_type = pjf_span_starts_with(word, "ssh-") ||
                   pjf_span_starts_with(word, "ecdsa-sha2-") ||
                   pjf_span_starts_with(word, "sk-ssh-") || pjf_span_starts_with(word, "sk-ecdsa-");
    return is_type ? PJF_ERR_KEY_TYPE : PJF_ERR_KEY_FORMAT;
}

static bool has_line_end(pjf_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_line_end(text.ptr[i])) {
            return true;
        }
    }
    return false;
}

pjf_status pjf_key_from_ssh(pjf_lib *lib, pjf_span line, pjf_key **out)
{
    pjf_buf blob;
    pjf_curve curve;
    pjf_pkey *pkey = NULL;
    pjf_key *key = NULL;
    if (line.len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    trim(&line);
    bool is_several = has_line_end(line);
    pjf_span type = take_word(&line);
    pjf_status status = find_type(type, &curve);
    if (status != PJF_OK) {
        return status;
    }
    if (is_several) {
        return PJF_ERR_KEY_TRAILING;
    }
    pjf_buf_init(&blob);
    status = pjf_base64_decode(lib, take_word(&line), false, &blob);
    if (status == PJF_OK) {
        status = read_blob(lib, type, curve, (pjf_span){blob.ptr, blob.len}, &pkey);
    }
    if (status == PJF_OK) {
        status = pjf_key_new(lib, &key);
    }
    if (status == PJF_OK) {
        status = pjf_key_adopt(key, pkey, false);
        pkey = NULL; /* the key's now */
    }
    pjf_buf_free(&blob, false);
    pjf_pkey_free(pkey);
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}
