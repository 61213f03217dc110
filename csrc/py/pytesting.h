/*
 * pytesting: private functions of the module through which the tests reach single units: each
 * base64url path, and both instances of the JSON grammar.
 */
#ifndef PJF_PY_TESTING_H
#define PJF_PY_TESTING_H

#include "py/state.h"

extern PyMethodDef pjf_testing_methods[];

#endif
