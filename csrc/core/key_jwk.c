/*
 * JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2). The parser's events put the texts of the
 * members that matter side by side into one buffer; which of them must be there, and what they
 * mean, is judged afterwards, when "kty" is known. Both buffers may hold secrets.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/b64url.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "core/key_guard.h"
#include "core/key_internal.h"
#include "core/utf8.h"

/* The numbers of RSA stand in the order of pjf_rsa_number. */
typedef enum member {
    MEMBER_KTY,
    MEMBER_CRV,
    MEMBER_K,
    MEMBER_N,
    MEMBER_E,
    MEMBER_D,
    MEMBER_P,
    MEMBER_Q,
    MEMBER_DP,
    MEMBER_DQ,
    MEMBER_QI,
    MEMBER_X,
    MEMBER_Y,
    MEMBER_ALG,
    MEMBER_USE,
    MEMBER_KEY_OPS,
    MEMBER_KID,
    MEMBER_OTH,
    MEMBERS,
    MEMBER_OTHER = MEMBERS
} member;

static const char *const member_names[MEMBERS] = {
    [MEMBER_KTY] = "kty", [MEMBER_CRV] = "crv", [MEMBER_K] = "k",
    [MEMBER_N] = "n",     [MEMBER_E] = "e",     [MEMBER_D] = "d",
    [MEMBER_P] = "p",     [MEMBER_Q] = "q",     [MEMBER_DP] = "dp",
    [MEMBER_DQ] = "dq",   [MEMBER_QI] = "qi",   [MEMBER_X] = "x",
    [MEMBER_Y] = "y",     [MEMBER_ALG] = "alg", [MEMBER_USE] = "use",
    [MEMBER_KID] = "kid", [MEMBER_OTH] = "oth", [MEMBER_KEY_OPS] = "key_ops",
};

/* Strings that must differ, each kept behind its length. */
typedef struct string_set {
    pjf_buf items;
    size_t count;
} string_set;

typedef struct jwk_parse {
    size_t depth; /* of open containers; members live at depth 1 */
    member current;
    unsigned seen; /* a bit for each member that is there, whatever its value */
    unsigned strings;
    pjf_buf texts; /* of the members that are strings */
    struct {
        size_t at, len;
    } text[MEMBERS];
    bool kid_has_surrogates;
    string_set names;
    string_set ops;
    bool in_ops;
    bool ops_are_strings; /* key_ops: an array, of different strings so far */
    uint8_t ops_bits;
} jwk_parse;

static bool span_is(pjf_span text, const char *word)
{
    size_t len = strlen(word);
    return text.len == len && memcmp(text.ptr, word, len) == 0;
}

/* PJF_ERR_JWK_DUPLICATE, PJF_ERR_JWK_TOO_MANY. */
static pjf_status string_set_add(string_set *set, pjf_span item)
{
    const uint8_t *cursor = set->items.ptr;
    for (size_t i = 0; i < set->count; i++) {
        size_t len;
        memcpy(&len, cursor, sizeof(len));
        cursor += sizeof(len);
        if (len == item.len && memcmp(cursor, item.ptr, len) == 0) {
            return PJF_ERR_JWK_DUPLICATE;
        }
        cursor += len;
    }
    if (set->count == PJF_JWK_MEMBERS_MAX) {
        return PJF_ERR_JWK_TOO_MANY;
    }
    set->count++;
    pjf_status status = pjf_buf_append(&set->items, &item.len, sizeof(item.len));
    return status == PJF_OK ? pjf_buf_append(&set->items, item.ptr, item.len) : status;
}

/* ---- events ---- */

static pjf_status on_key(void *ctx, const pjf_json_string *name)
{
    jwk_parse *parse = ctx;
    if (parse->depth != 1) {
        return PJF_OK;
    }
    parse->current = MEMBER_OTHER;
    for (size_t i = 0; i < MEMBERS; i++) {
        if (span_is(name->text, member_names[i])) {
            parse->current = (member)i;
            parse->seen |= 1u << i;
        }
    }
    return string_set_add(&parse->names, name->text);
}

/* A value that is not a string. */
static pjf_status other_value(jwk_parse *parse)
{
    if (parse->in_ops && parse->depth == 2) {
        parse->ops_are_strings = false;
    }
    return parse->depth == 0 ? PJF_ERR_JSON_NOT_OBJECT : PJF_OK;
}

static pjf_status on_literal(void *ctx, pjf_json_literal which)
{
    (void)which;
    return other_value(ctx);
}

static pjf_status on_integer(void *ctx, int64_t value)
{
    (void)value;
    return other_value(ctx);
}

static pjf_status on_number(void *ctx, pjf_span text)
{
    (void)text;
    return other_value(ctx);
}

/* RFC 7517 §4.3: an array of strings, none twice. Operations that are no signature's are allowed,
 * and ignored. */
static pjf_status on_operation(jwk_parse *parse, pjf_span text)
{
    pjf_status status = string_set_add(&parse->ops, text);
    if (status == PJF_ERR_NOMEM) {
        return status;
    }
    if (status != PJF_OK) {
        parse->ops_are_strings = false;
    }
    parse->ops_bits |= span_is(text, "sign") ? PJF_OPS_SIGN : 0;
    parse->ops_bits |= span_is(text, "verify") ? PJF_OPS_VERIFY : 0;
    return PJF_OK;
}

static pjf_status on_string(void *ctx, const pjf_json_string *value)
{
    jwk_parse *parse = ctx;
    if (parse->depth == 0) {
        return PJF_ERR_JSON_NOT_OBJECT;
    }
    if (parse->in_ops && parse->depth == 2) {
        return on_operation(parse, value->text);
    }
    if (parse->depth != 1 || parse->current == MEMBER_OTHER) {
        return PJF_OK;
    }
    if (parse->current == MEMBER_KID) {
        parse->kid_has_surrogates = value->surrogates;
    }
    parse->strings |= 1u << parse->current;
    parse->text[parse->current].at = parse->texts.len;
    parse->text[parse->current].len = value->text.len;
    return pjf_buf_append(&parse->texts, value->text.ptr, value->text.len);
}

static pjf_status on_object_begin(void *ctx)
{
    jwk_parse *parse = ctx;
    pjf_status status = parse->depth == 0 ? PJF_OK : other_value(parse);
    parse->depth++;
    return status;
}

static pjf_status on_array_begin(void *ctx)
{
    jwk_parse *parse = ctx;
    pjf_status status = other_value(parse);
    if (parse->depth == 1 && parse->current == MEMBER_KEY_OPS) {
        parse->in_ops = true;
        parse->ops_are_strings = true;
    }
    parse->depth++;
    return status;
}

static pjf_status on_end(void *ctx)
{
    jwk_parse *parse = ctx;
    parse->depth--;
    if (parse->depth == 1) {
        parse->in_ops = false;
    }
    return PJF_OK;
}

static pjf_status parse_json(pjf_span json, jwk_parse *parse)
{
    static const pjf_json_sink sink = {
        .literal = on_literal,
        .integer = on_integer,
        .big_integer = on_number,
        .number = on_number,
        .string = on_string,
        .key = on_key,
        .object_begin = on_object_begin,
        .object_end = on_end,
        .array_begin = on_array_begin,
        .array_end = on_end,
    };
    pjf_error error;
    pjf_buf scratch;
    pjf_buf_init(&scratch);
    pjf_status status = pjf_json_read(json, PJF_JSON_STRICT, PJF_JSON_DEPTH_DEFAULT, &scratch,
                                      &sink, parse, &error);
    pjf_buf_free(&scratch, true);
    switch (status) {
    case PJF_OK:
    case PJF_ERR_NOMEM:
    case PJF_ERR_JWK_DUPLICATE:
    case PJF_ERR_JWK_TOO_MANY: return status;
    default: return PJF_ERR_JWK_JSON;
    }
}

/* ---- what the members say ---- */

static bool has(const jwk_parse *parse, member which)
{
    return (parse->seen >> which & 1) != 0;
}

/* The text of a member that must be a string; failure is the caller's status for anything else. */
static pjf_status text_of(const jwk_parse *parse, member which, pjf_status failure, pjf_span *out)
{
    if ((parse->strings >> which & 1) == 0) {
        return failure;
    }
    *out = (pjf_span){parse->texts.ptr + parse->text[which].at, parse->text[which].len};
    return PJF_OK;
}

/* Appends the decoded bytes of a member to numbers, which has the room. The codec itself, not
 * decode_segment: padding is refused (RFC 7515 §2). */
static pjf_status bytes_of(pjf_lib *lib, const jwk_parse *parse, member which, pjf_buf *numbers,
                           pjf_span *out)
{
    pjf_span text;
    size_t len;
    pjf_status status = text_of(parse, which, PJF_ERR_JWK_MEMBER, &text);
    if (status != PJF_OK) {
        return status;
    }
    uint8_t *place = numbers->ptr + numbers->len;
    if (lib->b64url->decode(text.ptr, text.len, place, &len, NULL) != PJF_OK) {
        return PJF_ERR_JWK_B64;
    }
    numbers->len += len;
    *out = (pjf_span){place, len};
    return PJF_OK;
}

static pjf_status load_oct(pjf_key *key, const jwk_parse *parse, pjf_buf *numbers)
{
    pjf_span secret;
    pjf_status status = bytes_of(key->lib, parse, MEMBER_K, numbers, &secret);
    if (status == PJF_OK) {
        status = pjf_key_guard_secret(secret);
    }
    return status == PJF_OK ? pjf_key_set_secret(key, secret) : status;
}

/* n and e; n, e and d; or all eight (RFC 7518 §6.3). */
static pjf_status load_rsa(pjf_key *key, const jwk_parse *parse, pjf_buf *numbers)
{
    pjf_span values[PJF_RSA_NUMBERS] = {{NULL, 0}};
    pjf_pkey *pkey = NULL;
    bool is_private = has(parse, MEMBER_D);
    size_t count = is_private ? PJF_RSA_P : PJF_RSA_D;
    if (has(parse, MEMBER_OTH)) {
        return PJF_ERR_JWK_OTH;
    }
    for (size_t i = MEMBER_P; i <= MEMBER_QI; i++) {
        if (has(parse, (member)i)) {
            if (!is_private) {
                return PJF_ERR_JWK_MEMBER; /* part of a private key, not a public one */
            }
            count = PJF_RSA_NUMBERS;
        }
    }
    for (size_t i = 0; i < count; i++) {
        pjf_status status = bytes_of(key->lib, parse, (member)(MEMBER_N + i), numbers, &values[i]);
        if (status != PJF_OK) {
            return status;
        }
        if (values[i].len == 0 ||
            (values[i].len >= 2 && values[i].ptr[0] == 0 && values[i].ptr[1] == 0)) {
            return PJF_ERR_JWK_LENGTH;
        }
    }
    pjf_status status = pjf_pkey_new_rsa(key->lib, values, &pkey);
    return status == PJF_OK ? pjf_key_adopt(key, pkey, is_private) : status;
}

/* "crv", which must be of this kind. */
static pjf_status curve_of(const jwk_parse *parse, pjf_key_kind kind, pjf_curve *curve)
{
    pjf_span crv;
    pjf_status status = text_of(parse, MEMBER_CRV, PJF_ERR_JWK_MEMBER, &crv);
    if (status != PJF_OK) {
        return status;
    }
    *curve = pjf_curve_find((const char *)crv.ptr, crv.len);
    if (*curve == PJF_CURVE_NONE || pjf_curve_of(*curve)->key_kind != kind) {
        return PJF_ERR_KEY_CURVE;
    }
    return PJF_OK;
}

/* A number that has the curve's length, leading zeros and all (RFC 7518 §6.2, RFC 8037 §2). */
static pjf_status coordinate_of(pjf_lib *lib, const jwk_parse *parse, member which, pjf_curve curve,
                                pjf_buf *numbers, pjf_span *out)
{
    pjf_status status = bytes_of(lib, parse, which, numbers, out);
    if (status == PJF_OK && out->len != pjf_curve_of(curve)->len) {
        status = PJF_ERR_JWK_LENGTH;
    }
    return status;
}

static pjf_status load_on_curve(pjf_key *key, pjf_key_kind kind, const jwk_parse *parse,
                                pjf_buf *numbers)
{
    pjf_curve curve;
    pjf_span x, y = {NULL, 0}, d = {NULL, 0};
    pjf_pkey *pkey = NULL;
    bool is_private = has(parse, MEMBER_D);
    pjf_status status = curve_of(parse, kind, &curve);
    if (status == PJF_OK) {
        status = coordinate_of(key->lib, parse, MEMBER_X, curve, numbers, &x);
    }
    if (status == PJF_OK && kind == PJF_KEY_EC) {
        status = coordinate_of(key->lib, parse, MEMBER_Y, curve, numbers, &y);
    }
    if (status == PJF_OK && is_private) {
        status = coordinate_of(key->lib, parse, MEMBER_D, curve, numbers, &d);
    }
    if (status == PJF_OK) {
        status = kind == PJF_KEY_EC ? pjf_pkey_new_ec(key->lib, curve, x, y, d, &pkey)
                                    : pjf_pkey_new_okp(key->lib, curve, x, d, &pkey);
    }
    return status == PJF_OK ? pjf_key_adopt(key, pkey, is_private) : status;
}

static pjf_status load_numbers(pjf_key *key, const jwk_parse *parse)
{
    pjf_span kty;
    pjf_buf numbers;
    pjf_status status = text_of(parse, MEMBER_KTY, PJF_ERR_JWK_KTY, &kty);
    if (status != PJF_OK) {
        return status;
    }
    pjf_buf_init(&numbers);
    /* For all at once: spans into it must stay. */
    status = pjf_buf_reserve(&numbers, parse->texts.len + MEMBERS * pjf_b64url_decoded_max(0));
    if (status != PJF_OK) {
        goto done;
    }
    if (span_is(kty, "oct")) {
        status = load_oct(key, parse, &numbers);
    } else if (span_is(kty, "RSA")) {
        status = load_rsa(key, parse, &numbers);
    } else if (span_is(kty, "EC")) {
        status = load_on_curve(key, PJF_KEY_EC, parse, &numbers);
    } else if (span_is(kty, "OKP")) {
        status = load_on_curve(key, PJF_KEY_OKP, parse, &numbers);
    } else {
        status = PJF_ERR_JWK_KTY;
    }
done:
    pjf_buf_free(&numbers, true);
    return status;
}

/* "alg", or what the caller says instead of it. */
static pjf_status load_alg(pjf_key *key, const jwk_parse *parse, const pjf_alg *alg)
{
    pjf_span name;
    pjf_status failure = PJF_ERR_KEY_ALGORITHM;
    if (alg == NULL) {
        if (!has(parse, MEMBER_ALG)) {
            return PJF_OK;
        }
        failure = PJF_ERR_JWK_ALG;
        pjf_status status = text_of(parse, MEMBER_ALG, failure, &name);
        if (status != PJF_OK) {
            return status;
        }
        alg = pjf_alg_find((const char *)name.ptr, name.len);
    }
    if (alg == NULL || !pjf_key_fits(key, alg)) {
        return failure;
    }
    key->alg = alg;
    return PJF_OK;
}

static pjf_status load_bindings(pjf_key *key, const jwk_parse *parse, const pjf_alg *alg)
{
    pjf_span text;
    pjf_status status = load_alg(key, parse, alg);
    if (status == PJF_OK && has(parse, MEMBER_USE)) {
        status = text_of(parse, MEMBER_USE, PJF_ERR_JWK_USE, &text);
        if (status == PJF_OK) {
            key->use = span_is(text, "sig") ? PJF_USE_SIG : PJF_USE_OTHER;
        }
    }
    if (status == PJF_OK && has(parse, MEMBER_KEY_OPS)) {
        status = parse->ops_are_strings ? PJF_OK : PJF_ERR_JWK_OPS;
        key->ops = parse->ops_bits;
    }
    if (status == PJF_OK && has(parse, MEMBER_KID)) {
        status = text_of(parse, MEMBER_KID, PJF_ERR_JWK_KID, &text);
        if (status == PJF_OK && (text.len > PJF_KEY_KID_MAX || parse->kid_has_surrogates)) {
            status = PJF_ERR_JWK_KID;
        }
        if (status == PJF_OK) {
            status = pjf_key_set_kid(key, text);
        }
    }
    return status;
}

pjf_status pjf_key_from_jwk(pjf_lib *lib, pjf_span json, const pjf_alg *alg, pjf_key **out)
{
    jwk_parse parse;
    pjf_key *key = NULL;
    if (json.len > PJF_KEY_TEXT_MAX) {
        return PJF_ERR_KEY_TOO_LONG;
    }
    memset(&parse, 0, sizeof(parse));
    pjf_buf_init(&parse.texts);
    pjf_buf_init(&parse.names.items);
    pjf_buf_init(&parse.ops.items);
    pjf_status status = parse_json(json, &parse);
    if (status == PJF_OK) {
        status = pjf_key_new(lib, &key);
    }
    if (status == PJF_OK) {
        status = load_numbers(key, &parse);
    }
    if (status == PJF_OK) {
        status = load_bindings(key, &parse, alg);
    }
    pjf_buf_free(&parse.texts, true);
    pjf_buf_free(&parse.names.items, false);
    pjf_buf_free(&parse.ops.items, false);
    if (status != PJF_OK) {
        pjf_key_unref(key);
        return status;
    }
    *out = key;
    return PJF_OK;
}

/* ---- writing ---- */

static pjf_status put(pjf_buf *out, const char *text)
{
    return pjf_buf_append(out, text, strlen(text));
}

/* A member whose value is text that needs no escape; before: "{" or ",". */
static pjf_status put_text(pjf_buf *out, const char *before, member which, const char *text)
{
    pjf_status status = put(out, before);
    status = status == PJF_OK ? put(out, "\"") : status;
    status = status == PJF_OK ? put(out, member_names[which]) : status;
    status = status == PJF_OK ? put(out, "\":\"") : status;
    status = status == PJF_OK ? put(out, text) : status;
    return status == PJF_OK ? put(out, "\"") : status;
}

/* A member whose value is the base64url of bytes. */
static pjf_status put_bytes(pjf_lib *lib, pjf_buf *out, const char *before, member which,
                            pjf_span bytes)
{
    size_t len = pjf_b64url_encoded_len(bytes.len);
    pjf_status status = put_text(out, before, which, "");
    if (status == PJF_OK) {
        status = pjf_buf_reserve(out, len);
    }
    if (status != PJF_OK) {
        return status;
    }
    out->len--; /* the closing quote comes behind the text */
    lib->b64url->encode(bytes.ptr, bytes.len, (char *)out->ptr + out->len);
    out->len += len;
    return pjf_buf_append_byte(out, '"');
}

/* A member for a number of the key. */
static pjf_status put_number(const pjf_key *key, pjf_buf *out, const char *before, member which)
{
    pjf_buf bytes;
    pjf_status status;
    pjf_buf_init(&bytes);
    if (key->kind == PJF_KEY_OCT) {
        status = put_bytes(key->lib, out, before, which, (pjf_span){key->secret, key->bits / 8});
        goto done;
    }
    if (key->kind == PJF_KEY_RSA) {
        status = pjf_pkey_rsa_number(key->pkey, (pjf_rsa_number)(which - MEMBER_N), &bytes);
    } else {
        pjf_curve_number number = which == MEMBER_X   ? PJF_CURVE_X
                                  : which == MEMBER_Y ? PJF_CURVE_Y
                                                      : PJF_CURVE_D;
        status = pjf_pkey_curve_number(key->pkey, key->curve, number, &bytes);
    }
    if (status == PJF_OK) {
        status = put_bytes(key->lib, out, before, which, (pjf_span){bytes.ptr, bytes.len});
    }
done:
    pjf_buf_free(&bytes, true);
    return status;
}

/* Several of them, in this order, each behind a comma. */
static pjf_status put_numbers(const pjf_key *key, pjf_buf *out, member first, member last)
{
    pjf_status status = PJF_OK;
    for (size_t i = first; i <= last && status == PJF_OK; i++) {
        status = put_number(key, out, ",", (member)i);
    }
    return status;
}

static pjf_status write_numbers(const pjf_key *key, bool private_part, pjf_buf *out)
{
    pjf_status status = put_text(out, "{", MEMBER_KTY, pjf_key_kty(key));
    if (status != PJF_OK) {
        return status;
    }
    switch (key->kind) {
    case PJF_KEY_OCT: return put_number(key, out, ",", MEMBER_K);
    case PJF_KEY_RSA: return put_numbers(key, out, MEMBER_N, private_part ? MEMBER_QI : MEMBER_E);
    default: break;
    }
    status = put_text(out, ",", MEMBER_CRV, pjf_curve_of(key->curve)->crv);
    if (status == PJF_OK) {
        status = put_numbers(key, out, MEMBER_X, key->kind == PJF_KEY_EC ? MEMBER_Y : MEMBER_X);
    }
    if (status == PJF_OK && private_part) {
        status = put_number(key, out, ",", MEMBER_D);
    }
    return status;
}

static pjf_status write_ops(uint8_t ops, pjf_buf *out)
{
    pjf_status status = put(out, ",\"key_ops\":[");
    if (status == PJF_OK && (ops & PJF_OPS_SIGN) != 0) {
        status = put(out, "\"sign\"");
    }
    if (status == PJF_OK && (ops & PJF_OPS_VERIFY) != 0) {
        status = put(out, (ops & PJF_OPS_SIGN) != 0 ? ",\"verify\"" : "\"verify\"");
    }
    return status == PJF_OK ? put(out, "]") : status;
}

static pjf_status write_kid(pjf_span kid, pjf_buf *out)
{
    uint32_t chars[PJF_KEY_KID_MAX];
    size_t count = 0;
    if (kid.len > PJF_KEY_KID_MAX || pjf_utf8_validate(kid.ptr, kid.len, NULL) != PJF_OK) {
        return PJF_ERR_JWK_KID;
    }
    for (size_t i = 0; i < kid.len;) {
        /* Of the first byte, what is not the mark of the sequence's length. */
        uint8_t first = kid.ptr[i++];
        uint32_t code = first < 0x80   ? first
                        : first < 0xe0 ? first & 0x1f
                        : first < 0xf0 ? first & 0x0f
                                       : first & 0x07;
        for (; i < kid.len && (kid.ptr[i] & 0xc0) == 0x80; i++) {
            code = code << 6 | (kid.ptr[i] & 0x3f);
        }
        chars[count++] = code;
    }
    pjf_status status = put(out, ",\"kid\":");
    return status == PJF_OK ? pjf_json_write_ucs4(out, chars, count) : status;
}

pjf_status pjf_key_to_jwk(const pjf_key *key, bool private_part, pjf_span kid, pjf_buf *out)
{
    if (private_part && !key->is_private) {
        return PJF_ERR_KEY_NO_PRIVATE;
    }
    if (!private_part && key->kind == PJF_KEY_OCT) {
        return PJF_ERR_KEY_NO_PUBLIC;
    }
    size_t old_len = out->len;
    pjf_status status = write_numbers(key, private_part, out);
    if (status == PJF_OK && key->alg != NULL) {
        status = put_text(out, ",", MEMBER_ALG, key->alg->name);
    }
    if (status == PJF_OK && key->use != PJF_USE_ANY) {
        /* "enc" is the only other value that RFC 7517 knows; which it was is not kept. */
        status = put_text(out, ",", MEMBER_USE, key->use == PJF_USE_SIG ? "sig" : "enc");
    }
    if (status == PJF_OK && (key->ops & PJF_OPS_ANY) == 0) {
        bool splits = key->is_private && !private_part;
        status = write_ops(splits ? pjf_key_public_ops(key->ops) : key->ops, out);
    }
    if (status == PJF_OK && kid.ptr != NULL) {
        status = write_kid(kid, out);
    }
    if (status == PJF_OK) {
        status = put(out, "}");
    }
    if (status != PJF_OK) {
        out->len = old_len;
    }
    return status;
}

/* The members that make the key, in lexicographic order, without white space (RFC 7638 §3.2). */
static pjf_status write_for_thumbprint(const pjf_key *key, pjf_buf *out)
{
    const char *kty = pjf_key_kty(key);
    pjf_status status;
    if (key->kind == PJF_KEY_OCT || key->kind == PJF_KEY_RSA) {
        status = put_number(key, out, "{", key->kind == PJF_KEY_OCT ? MEMBER_K : MEMBER_E);
        status = status == PJF_OK ? put_text(out, ",", MEMBER_KTY, kty) : status;
        if (status == PJF_OK && key->kind == PJF_KEY_RSA) {
            status = put_number(key, out, ",", MEMBER_N);
        }
    } else {
        status = put_text(out, "{", MEMBER_CRV, pjf_curve_of(key->curve)->crv);
        status = status == PJF_OK ? put_text(out, ",", MEMBER_KTY, kty) : status;
        status = status == PJF_OK ? put_number(key, out, ",", MEMBER_X) : status;
        if (status == PJF_OK && key->kind == PJF_KEY_EC) {
            status = put_number(key, out, ",", MEMBER_Y);
        }
    }
    return status == PJF_OK ? put(out, "}") : status;
}

pjf_status pjf_key_thumbprint(const pjf_key *key, uint8_t out[PJF_THUMBPRINT_LEN])
{
    pjf_buf json;
    pjf_buf_init(&json);
    pjf_status status = write_for_thumbprint(key, &json);
    if (status == PJF_OK) {
        pjf_ossl_errors before = pjf_ossl_begin();
        int done = EVP_Digest(json.ptr, json.len, out, NULL, key->lib->digests[PJF_SHA256], NULL);
        status = pjf_ossl_end(before, done == 1 ? PJF_OK : PJF_ERR_CRYPTO);
    }
    pjf_buf_free(&json, true);
    return status;
}
