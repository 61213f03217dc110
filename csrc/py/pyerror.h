/*
 * pyerror: the only place where a status of the core becomes a Python exception.
 */
#ifndef PJF_PY_ERROR_H
#define PJF_PY_ERROR_H

#include "py/state.h"

/* Raises the exception of a status, with its constant text. Returns NULL for convenience. */
PJF_COLD PyObject *pjf_raise_status(pjf_state *state, pjf_status status);

/* The same for what pjf_key_check() said: PJF_ERR_KEY_ALGORITHM also tells what the key is. alg is
 * the algorithm that was asked for, NULL where there were several. The kid is not told. */
PJF_COLD PyObject *pjf_raise_key_status(pjf_state *state, pjf_status status, const pjf_key *key,
                                        const pjf_alg *alg);

/* Raises DecodeError "<what>: <text> at byte <offset>" for JSON of a token; what is "Invalid header
 * string" or "Invalid payload string". When a receiver of JSON events set an exception of its own
 * (error is PJF_ERR_JSON_SINK): ValueError, which an integer with too many digits gives, is
 * replaced by the DecodeError; anything else, as MemoryError, stays. */
PJF_COLD PyObject *pjf_raise_json(pjf_state *state, const char *what, const pjf_error *error);

/* Raises one of pyjwtfast.exceptions with a constant text. */
PJF_COLD PyObject *pjf_raise(pjf_state *state, pjf_exception which, const char *text);

/* The same with a message formatted as by PyErr_Format. */
PJF_COLD PyObject *pjf_raise_format(pjf_state *state, pjf_exception which, const char *format, ...);

/* Raises MissingRequiredClaimError(claim). */
PJF_COLD PyObject *pjf_raise_missing_claim(pjf_state *state, PyObject *claim);

#endif
