/*
 * pytoken: the way of a token from argument to claims, shared by decode() and Verifier.
 */
#ifndef PJF_PY_TOKEN_H
#define PJF_PY_TOKEN_H

#include "py/pyclaims.h"
#include "py/pyjson.h"
#include "py/state.h"

/* The bytes of a token argument, borrowed from it. Returns 0, or -1 with DecodeError. */
int pjf_token_span(pjf_state *state, PyObject *token, pjf_span *out);

/* Splits a token and judges its header's form, with PyJWT's exceptions. Return 0 or -1. */
int pjf_token_load(pjf_state *state, pjf_jws_work *work, pjf_span token, size_t max_len,
                   pjf_jws *jws);
int pjf_token_check_header(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws);

/* The JOSE header as a new dict. */
PyObject *pjf_token_header(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws);

/* {"header": ..., "payload": ..., "signature": ...}, a new dict. payload is borrowed. */
PyObject *pjf_token_complete(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                             PyObject *payload);

#endif
