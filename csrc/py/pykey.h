/*
 * pykey: the type pyjwtfast.Key, its loaders and writers.
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

/* The DER of a key object of the library cryptography, a new bytes. Returns 1; 0 with NULL for any
 * other object; -1 with InvalidKeyError for a key that doesn't leave its device, or with what the
 * object raised. Drop it with pjf_drop_secret(). */
int pjf_cryptography_der(pjf_state *state, PyObject *object, PyObject **out);

/* Releases bytes that may hold a private key, wiped where nobody else can see them. NULL is
 * allowed.
 */
void pjf_drop_secret(PyObject *bytes);

/* True for instances of pyjwtfast.Key of this interpreter. */
static inline bool pjf_py_key_check(const pjf_state *state, PyObject *object)
{
    return Py_TYPE(object) == state->key_type;
}

#endif
