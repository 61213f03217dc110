/*
 * pyencode: PyJWT's encode() of claims and of bytes, and the assembly of a token that Signer shares
 * with them.
 */
#ifndef PJF_PY_ENCODE_H
#define PJF_PY_ENCODE_H

#include "core/buf.h"
#include "py/state.h"

/* Appends the JSON text of the claims: the fast way, or Python's json (with json_encoder, which may
 * be NULL) when a value needs it. Returns 0 or -1. */
int pjf_encode_claims(pjf_state *state, PyObject *claims, PyObject *json_encoder, pjf_buf *out);

/* The token of an encoded header segment and a payload, signed. detached: the payload is signed as
 * it is and its segment left empty (RFC 7797 section 3). The key must be the caller's until this
 * returns: the GIL is released meanwhile. A new str, or NULL. */
PyObject *pjf_encode_token(pjf_state *state, const pjf_alg *alg, const pjf_key *key,
                           pjf_span header_segment, pjf_span payload, bool detached);

/* What a JOSE header is built from; borrowed. */
typedef struct pjf_header_parts {
    PyObject *algorithm;    /* a name, which headers may outrank */
    PyObject *headers;      /* NULL: None */
    PyObject *json_encoder; /* NULL: None */
    PyObject *typ;          /* NULL: "JWT" */
    bool sort;
    bool detached;
} pjf_header_parts;

/* The encoded segment of a JOSE header built in Python (pyjwtfast.utils.build_header), new bytes,
 * with the algorithm's name (a new reference; untouched on failure) and whether the payload is
 * detached. NULL with the exception. */
PyObject *pjf_encode_header(pjf_state *state, const pjf_header_parts *parts, PyObject **alg_name,
                            bool *detached);

PyObject *pjf_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
extern const char pjf_encode_doc[];

/* PyJWS.encode() without its defaults: _jws_encode(payload, key, algorithm, headers, json_encoder,
 * is_payload_detached, sort_headers, header_typ, registry, enforce). */
PyObject *pjf_jws_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames);
extern const char pjf_jws_encode_doc[];

#endif
