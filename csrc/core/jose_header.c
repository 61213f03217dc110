#include "core/jose_header.h"

#include <string.h>

#include "core/json_read.h"

/* The parameter whose value comes next. */
typedef enum parameter { OTHER, ALG, KID, CRIT, B64 } parameter;

typedef struct header_parse {
    pjf_jose_header *out;
    size_t depth; /* of open containers; parameters live at depth 1 */
    parameter current;
    size_t count;
    size_t crit_items;
    pjf_buf names; /* of all parameters so far, each behind its length */
} header_parse;

static bool name_is(pjf_span name, const char *word)
{
    size_t len = strlen(word);
    return name.len == len && memcmp(name.ptr, word, len) == 0;
}

/* Refuses a repeated name (RFC 7515 §4: names must be unique) and remembers a new one. */
static pjf_status remember_name(header_parse *parse, pjf_span name)
{
    if (parse->count == PJF_HEADER_PARAMS_MAX) {
        return PJF_ERR_HEADER_PARAMS;
    }
    const uint8_t *cursor = parse->names.ptr;
    for (size_t i = 0; i < parse->count; i++) {
        size_t len;
        memcpy(&len, cursor, sizeof(len));
        cursor += sizeof(len);
        if (len == name.len && memcmp(cursor, name.ptr, len) == 0) {
            return PJF_ERR_HEADER_DUPLICATE;
        }
        cursor += len;
    }
    parse->count++;
    pjf_status status = pjf_buf_append(&parse->names, &name.len, sizeof(name.len));
    return status == PJF_OK ? pjf_buf_append(&parse->names, name.ptr, name.len) : status;
}

static pjf_status on_key(void *ctx, const pjf_json_string *name)
{
    header_parse *parse = ctx;
    if (parse->depth != 1) {
        return PJF_OK;
    }
    pjf_span text = name->text;
    pjf_jose_header *out = parse->out;
    parse->current = OTHER;
    if (name_is(text, "alg")) {
        parse->current = ALG;
        out->has_alg = true;
    } else if (name_is(text, "kid")) {
        parse->current = KID;
        out->has_kid = true;
    } else if (name_is(text, "crit")) {
        parse->current = CRIT;
        out->crit = PJF_ERR_CRIT_NOT_LIST; /* until a list says otherwise */
    } else if (name_is(text, "b64")) {
        parse->current = B64;
        out->has_b64 = true;
    }
    return remember_name(parse, text);
}

/* A value that is not a string: only "crit" items and the top level care. */
static pjf_status other_value(header_parse *parse)
{
    if (parse->depth == 0) {
        return PJF_ERR_JSON_NOT_OBJECT;
    }
    if (parse->current == CRIT && parse->depth == 2) {
        if (parse->out->crit == PJF_OK || parse->crit_items == 0) {
            parse->out->crit = PJF_ERR_CRIT_NOT_STRING;
        }
        parse->crit_items++;
    }
    return PJF_OK;
}

static pjf_status on_literal(void *ctx, pjf_json_literal which)
{
    header_parse *parse = ctx;
    if (parse->depth == 1 && parse->current == B64) {
        parse->out->b64_false = which == PJF_JSON_FALSE;
    }
    return other_value(parse);
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

/* One item of "crit". Only "b64" is understood; the first fault stands. */
static void crit_item(header_parse *parse, pjf_span text)
{
    pjf_jose_header *out = parse->out;
    bool first = parse->crit_items++ == 0;
    if (!first && out->crit != PJF_OK) {
        return;
    }
    if (!name_is(text, "b64")) {
        out->crit = PJF_ERR_CRIT_UNSUPPORTED;
    } else if (out->crit_lists_b64) {
        out->crit = PJF_ERR_CRIT_DUPLICATE;
    } else {
        out->crit_lists_b64 = true;
        out->crit = PJF_OK;
    }
}

static pjf_status on_string(void *ctx, const pjf_json_string *value)
{
    header_parse *parse = ctx;
    pjf_jose_header *out = parse->out;
    pjf_span text = value->text;
    if (parse->depth == 0) {
        return PJF_ERR_JSON_NOT_OBJECT;
    }
    if (parse->depth == 1) {
        if (parse->current == ALG) {
            out->alg = pjf_alg_find((const char *)text.ptr, text.len);
        } else if (parse->current == KID) {
            out->kid_is_string = true;
            out->kid_truncated = text.len > PJF_HEADER_KID_MAX;
            if (!out->kid_truncated && text.len != 0) {
                memcpy(out->kid, text.ptr, text.len);
                out->kid_len = (uint8_t)text.len;
            }
        }
    } else if (parse->depth == 2 && parse->current == CRIT) {
        crit_item(parse, text);
    }
    return PJF_OK;
}

static pjf_status on_object_begin(void *ctx)
{
    header_parse *parse = ctx;
    if (parse->depth != 0) {
        pjf_status status = other_value(parse);
        if (status != PJF_OK) {
            return status;
        }
    }
    /* An object inside "crit": {"crit": {"a": []}} must not look like crit items. */
    if (parse->depth == 1 && parse->current == CRIT) {
        parse->current = OTHER;
    }
    parse->depth++;
    return PJF_OK;
}

static pjf_status on_array_begin(void *ctx)
{
    header_parse *parse = ctx;
    pjf_status status = other_value(parse);
    parse->depth++;
    return status;
}

static pjf_status on_end(void *ctx)
{
    header_parse *parse = ctx;
    parse->depth--;
    return PJF_OK;
}

pjf_status pjf_jose_header_parse(pjf_span json, pjf_buf *scratch, pjf_jose_header *out,
                                 pjf_error *error)
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
    header_parse parse;
    parse.out = out;
    parse.depth = 0;
    parse.current = OTHER;
    parse.count = 0;
    parse.crit_items = 0;
    pjf_buf_init(&parse.names);
    memset(out, 0, sizeof(*out));
    out->crit = PJF_OK;

    pjf_status status =
        pjf_json_read(json, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, scratch, &sink, &parse, error);
    pjf_buf_free(&parse.names, false);
    /* PyJWT looks at the items in order: a first "b64" that the header lacks outranks later faults.
     */
    if (out->crit_lists_b64 && !out->has_b64) {
        out->crit = PJF_ERR_CRIT_MISSING;
    }
    return status;
}
