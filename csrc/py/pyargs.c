#include "py/pyargs.h"

int pjf_args_index(const pjf_state *state, const pjf_signature *signature, PyObject *name)
{
    for (int i = 0; i < signature->count; i++) {
        if (state->strings[signature->names[i]] == name) {
            return i;
        }
    }
    for (int i = 0; i < signature->count; i++) {
        if (PyUnicode_Compare(state->strings[signature->names[i]], name) == 0) {
            return i;
        }
    }
    return -1;
}

int pjf_args_match(const pjf_state *state, const pjf_signature *signature, PyObject *const *args,
                   Py_ssize_t nargs, PyObject *kwnames, PyObject **slots, PyObject **extra)
{
    if (PJF_UNLIKELY(nargs > signature->max_positional)) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional arguments (%zd given)",
                     signature->function, signature->max_positional, nargs);
        return -1;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        slots[i] = args[i];
    }
    for (Py_ssize_t i = nargs; i < signature->count; i++) {
        slots[i] = NULL;
    }
    Py_ssize_t keywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t i = 0; i < keywords; i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        int index = pjf_args_index(state, signature, name);
        if (PJF_LIKELY(index >= 0)) {
            if (slots[index] != NULL) {
                PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'",
                             signature->function, name);
                return -1;
            }
            slots[index] = args[nargs + i];
        } else if (signature->extra) {
            if (*extra == NULL && (*extra = PyList_New(0)) == NULL) {
                return -1;
            }
            if (PyList_Append(*extra, name) < 0) {
                return -1;
            }
        } else {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'",
                         signature->function, name);
            return -1;
        }
    }
    for (int i = 0; i < signature->required; i++) {
        if (PJF_UNLIKELY(slots[i] == NULL)) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument: '%U'",
                         signature->function, state->strings[signature->names[i]]);
            return -1;
        }
    }
    return 0;
}
