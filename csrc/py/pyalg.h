/*
 * pyalg: the texts and the names of algorithms that callers give as arguments.
 */
#ifndef PJF_PY_ALG_H
#define PJF_PY_ALG_H

#include "core/alg.h"
#include "py/state.h"

/* A str's UTF-8 or a bytes' content as a span, borrowed from it. Returns 0; -1 with TypeError
 * "Expected a string or bytes value" for other types, or UnicodeEncodeError (a ValueError) for a
 * str with lone surrogates. */
int pjf_text_span(PyObject *text, pjf_span *out);

/* The same for the text of a key: a str that has no UTF-8 is InvalidKeyError, because the other
 * exception would hold the str. */
int pjf_key_text_span(pjf_state *state, PyObject *text, pjf_span *out);

/* The algorithm with this name, a str; NULL without an exception when there is none. */
const pjf_alg *pjf_alg_of(PyObject *name);

/* The same for the prepared objects and for keys, which refuse "none". NULL with TypeError or
 * ValueError. */
const pjf_alg *pjf_algorithm_named(PyObject *name);

#endif
