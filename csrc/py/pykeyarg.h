/*
 * pykeyarg: keys from the arguments of encode and decode: a Key; a secret, PEM, OpenSSH or DER text
 * (prepared once, then found again by its content); a PyJWK; a key object of the library
 * cryptography.
 */
#ifndef PJF_PY_KEYARG_H
#define PJF_PY_KEYARG_H

#include "core/key.h"
#include "py/pykey.h"
#include "py/state.h"

/* A key for the time of one call. */
typedef struct pjf_key_loan {
    const pjf_key *key; /* without owned, good until Python code runs; NULL for "none" */
    pjf_key *owned;     /* what must be given back, or NULL; never NULL for an asymmetric key */
} pjf_key_loan;

/* The prepared key for alg of an argument: Key, str, bytes, or cryptography's object; a PyJWK's key
 * is taken out before (pjf_jwk_open). For "none" there is no key, and the argument must be None or
 * "" (PyJWT). Returns 0, or -1 with InvalidKeyError, or with TypeError for an argument that is no
 * key at all. Give the loan back after success. */
int pjf_key_lend(pjf_state *state, const pjf_alg *alg, PyObject *argument, pjf_key_purpose purpose,
                 pjf_key_loan *out);

/* The same, and warns InsecureKeyLengthWarning about a short key, or refuses it where enforce says
 * so. */
int pjf_key_from_argument(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                          pjf_key_purpose purpose, bool enforce, pjf_key_loan *out);

static inline void pjf_key_give_back(pjf_key_loan *loan)
{
    if (PJF_UNLIKELY(loan->owned != NULL)) {
        pjf_key_unref(loan->owned);
        loan->owned = NULL;
    }
}

/* The rule on short keys alone (RFC 7518 §3.2, §3.3), for a key that fits alg. */
int pjf_key_check_length(pjf_state *state, const pjf_alg *alg, const pjf_key *key, bool enforce);

/* The name of the algorithm to sign with, where the caller gave none: what a Key is bound to, or
 * HS256. Borrowed from the state. */
PyObject *pjf_default_algorithm(const pjf_state *state, PyObject *key);

/* What a PyJWK says: references to drop with pjf_jwk_close(). All NULL: nothing opened. */
typedef struct pjf_jwk {
    PyObject *algorithm_name;
    PyObject *algorithm; /* an Algorithm object */
    PyObject *key;
} pjf_jwk;

/* 1 when argument is a PyJWK, 0 when not, -1 with an exception. */
int pjf_jwk_check_slow(pjf_state *state, PyObject *argument);

static inline int pjf_jwk_check(pjf_state *state, PyObject *argument)
{
    if (PJF_LIKELY(PyUnicode_Check(argument) || PyBytes_Check(argument) ||
                   pjf_py_key_check(state, argument))) {
        return 0;
    }
    return pjf_jwk_check_slow(state, argument);
}

/* Reads the attributes of a PyJWK into out. Returns 0, or -1 with an exception and nothing to drop.
 */
int pjf_jwk_open(pjf_state *state, PyObject *argument, pjf_jwk *out);

static inline void pjf_jwk_close(pjf_jwk *jwk)
{
    Py_XDECREF(jwk->algorithm_name);
    Py_XDECREF(jwk->algorithm);
    Py_XDECREF(jwk->key);
}

#endif
