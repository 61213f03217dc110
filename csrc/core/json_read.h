/*
 * json_read: the JSON grammar (RFC 8259) with its events delivered to a table of callbacks. For
 * JOSE headers, JWK texts, C tests and fuzzers. The grammar itself is the template json_read.inc.h,
 * which the CPython binding instantiates a second time with its events inlined.
 */
#ifndef PJF_JSON_READ_H
#define PJF_JSON_READ_H

#include "core/base.h"
#include "core/buf.h"

/* Nesting the parser can follow at all; callers usually ask for PJF_JSON_DEPTH_DEFAULT. */
#define PJF_JSON_DEPTH_MAX     1024
#define PJF_JSON_DEPTH_DEFAULT 128

/* Options of a parse, or-ed. */
enum {
    PJF_JSON_STRICT = 0,
    PJF_JSON_NAN = 1, /* accept NaN, Infinity and -Infinity as Python's json does */
};

typedef enum pjf_json_literal {
    PJF_JSON_NULL,
    PJF_JSON_FALSE,
    PJF_JSON_TRUE,
    PJF_JSON_LITERAL_NAN,
    PJF_JSON_LITERAL_INFINITY,
    PJF_JSON_LITERAL_MINUS_INFINITY
} pjf_json_literal;

/* What is known about the bytes of a string event. */
typedef struct pjf_json_string {
    pjf_span text;   /* unescaped, generalised UTF-8; valid only during the event */
    bool ascii;      /* all bytes below 0x80 */
    bool surrogates; /* holds a lone surrogate, written as \uD8xx in the text */
    size_t offset;   /* of the opening quote in the JSON text */
} pjf_json_string;

/* A member name that is likely to come next, kept so that its text, with both quotes and the colon
 * behind it, is recognised by three comparisons. Zero-initialised it is none. */
typedef struct pjf_json_name {
    uint64_t words[3]; /* of that text: the first 8 bytes, later ones, the last; they overlap */
    uint64_t mask;     /* of the bytes that count, of a text shorter than a word */
    uint8_t before;    /* bytes in front of the text that the first word takes in */
    uint8_t second;    /* where the second word is, from the first */
    uint8_t len;       /* of the text; 0: none */
} pjf_json_name;

#define PJF_JSON_NAME_MAX 16 /* characters of such a name */

/* Makes *out the name; false, and *out is none, for one that is empty, too long, or that can't be
 * written as it is: with a quote, a backslash, a control character or one that is not ASCII. */
bool pjf_json_name_init(pjf_json_name *out, pjf_span name);

/* Receiver of the events; a NULL callback lets its event pass. Every event returns PJF_OK to go on;
 * any other status ends the parse with that status, told at the beginning of the token the event
 * was about. A value inside an object is preceded by its key event. */
typedef struct pjf_json_sink {
    pjf_status (*literal)(void *ctx, pjf_json_literal which);
    /* A number without fraction and exponent that fits int64 (-0 is delivered as big_integer, so
     * that the receiver sees its sign; it may ignore it). */
    pjf_status (*integer)(void *ctx, int64_t value);
    pjf_status (*big_integer)(void *ctx, pjf_span digits); /* any other integer, as written */
    pjf_status (*number)(void *ctx, pjf_span text); /* with fraction or exponent, as written */
    pjf_status (*string)(void *ctx, const pjf_json_string *value);
    pjf_status (*key)(void *ctx, const pjf_json_string *name);
    pjf_status (*object_begin)(void *ctx);
    pjf_status (*object_end)(void *ctx);
    pjf_status (*array_begin)(void *ctx);
    pjf_status (*array_end)(void *ctx);
} pjf_json_sink;

/* Parses the whole of text. error (not NULL) gets the status and the byte offset; its status is
 * also returned. scratch holds unescaped strings while an event runs: an initialised buffer of the
 * caller's. depth: deepest nesting allowed, 1..PJF_JSON_DEPTH_MAX. Never recurses. Strings must be
 * strict UTF-8, checked whether or not they are delivered. */
pjf_status pjf_json_read(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch,
                         const pjf_json_sink *sink, void *ctx, pjf_error *error);

#endif
