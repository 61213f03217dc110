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

/* True for instances of pyjwtfast.Key of this interpreter. */
static inline bool pjf_py_key_check(const pjf_state *state, PyObject *object)
{
    return Py_TYPE(object) == state->key_type;
}

#endif
