/*
 * pydecode: decode, decode_complete and get_unverified_header, PyJWT's functions, and what PyJWS
 * and PyJWT objects are made of.
 */
#ifndef PJF_PY_DECODE_H
#define PJF_PY_DECODE_H

#include "py/state.h"

PyObject *pjf_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
PyObject *pjf_decode_complete(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames);
PyObject *pjf_get_unverified_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames);

/* PyJWS.decode_complete() without its defaults: _jws_decode(jwt, key, algorithms, verify_signature,
 * enforce, detached_payload, registry). */
PyObject *pjf_jws_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames);

/* _check_claims(payload, options, audience, issuer, subject, leeway). */
PyObject *pjf_check_claims(PyObject *module, PyObject *args);

extern const char pjf_decode_doc[];
extern const char pjf_decode_complete_doc[];
extern const char pjf_get_unverified_header_doc[];
extern const char pjf_jws_decode_doc[];
extern const char pjf_check_claims_doc[];

#endif
