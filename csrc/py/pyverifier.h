/*
 * pyverifier: the type pyjwtfast.Verifier.
 */
#ifndef PJF_PY_VERIFIER_H
#define PJF_PY_VERIFIER_H

#include "py/state.h"

extern PyType_Spec pjf_verifier_spec;

/* The type of Verifier.cache_info()'s result: a new structseq type. */
PyObject *pjf_cache_info_type(void);

#endif
