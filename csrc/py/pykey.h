/*
 * pykey: the type pyjwtfast.Key, and keys from the arguments of encode and decode.
 */
#ifndef PJF_PY_KEY_H
#define PJF_PY_KEY_H

#include "py/state.h"

typedef struct pjf_py_key {
    PyObject_HEAD pjf_key *key; /* a reference */
    PyObject *kid;              /* str or None */
    pjf_span kid_text;          /* UTF-8 of kid, borrowed from it; NULL without kid */
} pjf_py_key;

extern PyType_Spec pjf_key_spec;

/* True for instances of pyjwtfast.Key of this interpreter. */
static inline bool pjf_key_check(const pjf_state *state, PyObject *object)
{
    return Py_TYPE(object) == state->key_type;
}

/* A str's UTF-8 or a bytes' content as a span, borrowed from it. Returns 0; -1 with TypeError
 * "Expected a string or bytes value" for other types, or UnicodeEncodeError (a ValueError) for a
 * str with lone surrogates. */
int pjf_text_span(PyObject *text, pjf_span *out);

/* The algorithm with this name, a str; NULL without an exception when there is none. */
const pjf_alg *pjf_alg_of(PyObject *name);

/* The same for the prepared objects, which refuse "none". NULL with TypeError or ValueError. */
const pjf_alg *pjf_algorithm_named(PyObject *name);

/* A key for the time of one call. */
typedef struct pjf_key_loan {
    const pjf_key *key; /* good until Python code runs; NULL for "none" */
    pjf_key *owned;     /* what must be given back, or NULL */
} pjf_key_loan;

/* The prepared key for alg of an argument: Key, str or bytes. For "none" there is no key, and the
 * argument must be None or "" (PyJWT). Warns InsecureKeyLengthWarning about a short key, or refuses
 * it where enforce says so. Returns 0, or -1 with InvalidKeyError, TypeError, ... Give the loan
 * back after success. */
int pjf_key_from_argument(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                          pjf_key_purpose purpose, bool enforce, pjf_key_loan *out);

static inline void pjf_key_give_back(pjf_key_loan *loan)
{
    if (PJF_UNLIKELY(loan->owned != NULL)) {
        pjf_key_unref(loan->owned);
        loan->owned = NULL;
    }
}

/* The rule on short keys alone (RFC 7518 §3.2), for a key that fits alg. */
int pjf_key_check_length(pjf_state *state, const pjf_alg *alg, const pjf_key *key, bool enforce);

#endif
