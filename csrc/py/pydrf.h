/*
 * pydrf: what pyjwtfast.drf does for each request, of nearly all requests. Where an answer is no,
 * its Python code judges.
 */
#ifndef PJF_PY_DRF_H
#define PJF_PY_DRF_H

#include "py/state.h"

/* _token_in_header(header, starts). */
PyObject *pjf_token_in_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs);

/* _is_usual_token(claims, now, jti_claim, type_claim, token_type). */
PyObject *pjf_is_usual_token(PyObject *module, PyObject *const *args, Py_ssize_t nargs);

extern const char pjf_token_in_header_doc[];
extern const char pjf_is_usual_token_doc[];

#endif
