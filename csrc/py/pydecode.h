/*
 * pydecode: decode, decode_complete and get_unverified_header, PyJWT's functions.
 */
#ifndef PJF_PY_DECODE_H
#define PJF_PY_DECODE_H

#include "py/state.h"

PyObject *pjf_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pjf_decode_complete(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames);
PyObject *pjf_get_unverified_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames);

extern const char pjf_decode_doc[];
extern const char pjf_decode_complete_doc[];
extern const char pjf_get_unverified_header_doc[];

#endif
