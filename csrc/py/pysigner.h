/*
 * pysigner: the type pyjwtfast.Signer.
 */
#ifndef PJF_PY_SIGNER_H
#define PJF_PY_SIGNER_H

#include "py/state.h"

extern PyType_Spec pjf_signer_spec;

#endif
