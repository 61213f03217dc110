/*
 * pyjson: JSON text to Python objects and back, with the results of Python's json module.
 */
#ifndef PJF_PY_JSON_H
#define PJF_PY_JSON_H

#include "core/buf.h"
#include "py/state.h"

/* The registered claims of a parsed payload, borrowed from its dict; NULL: absent. */
typedef struct pjf_claim_view {
    PyObject *value[PJF_CLAIM_COUNT];
    int64_t seconds[PJF_CLAIM_COUNT]; /* the same, of those that are plain 64-bit integers */
    unsigned plain;                   /* which: bits 1 << pjf_claim */
} pjf_claim_view;

/* Parses text, which must hold a JSON object, to a new dict. view (may be NULL) gets the registered
 * claims. *flat (may be NULL) tells that no value is a list or dict. NULL with DecodeError
 * "<what>: ...". scratch is working memory that no other call uses meanwhile. */
PyObject *pjf_json_load(pjf_state *state, const char *what, pjf_span text, pjf_buf *scratch,
                        pjf_claim_view *view, bool *flat);

/* Any JSON text to an object, by the inlined grammar or (events) by the callback instance of the
 * core. For tests: both must agree. NULL with ValueError. */
PyObject *pjf_json_load_any(pjf_state *state, pjf_span text, bool events);

/* Answers of the fast writer. */
typedef enum pjf_json_wrote {
    PJF_JSON_FAILED = -1,      /* exception set */
    PJF_JSON_WROTE = 0,        /* appended to out */
    PJF_JSON_NEEDS_PYTHON = 1, /* holds a value that only Python's json knows; out has junk */
} pjf_json_wrote;

/* Appends the JSON text of a claims dict, as json.dumps(claims, separators=(",", ":")) would write
 * it: exact dict, list, tuple, str, int, float, bool and None, str names, moderate nesting, and an
 * "iss" that is a str. Runs no Python code. */
pjf_json_wrote pjf_json_dump_claims(PyObject *claims, pjf_buf *out);

#endif
