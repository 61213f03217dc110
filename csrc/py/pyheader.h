/*
 * pyheader: the token in an HTTP header such as Authorization, for pyjwtfast.drf.
 */
#ifndef PJF_PY_HEADER_H
#define PJF_PY_HEADER_H

#include "py/state.h"

/* _token_in_header(header, starts). */
PyObject *pjf_token_in_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs);

extern const char pjf_token_in_header_doc[];

#endif
