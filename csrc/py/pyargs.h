/*
 * pyargs: arguments of METH_FASTCALL | METH_KEYWORDS functions, matched to slots without building a
 * tuple or a dict. Keyword names are compared by identity first: the compiler interns them.
 */
#ifndef PJF_PY_ARGS_H
#define PJF_PY_ARGS_H

#include "py/state.h"

/* The function and flags of a PyMethodDef whose function takes pjf_args_match's arguments. */
#define PJF_FASTCALL(function) \
    (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

typedef struct pjf_signature {
    const char *function; /* for messages: "decode" */
    const uint8_t *names; /* pjf_string of each parameter */
    uint8_t count;
    uint8_t max_positional; /* the others are keyword-only */
    uint8_t required;       /* the first so many must be given */
    bool extra;             /* unknown keywords are collected instead of refused */
} pjf_signature;

/* Fills slots[signature->count] with borrowed references, NULL for absent arguments. With
 * signature->extra, *extra becomes a new list of unknown names, or stays NULL. Returns 0, or -1
 * with TypeError in CPython's words. */
int pjf_args_match(const pjf_state *state, const pjf_signature *signature, PyObject *const *args,
                   Py_ssize_t nargs, PyObject *kwnames, PyObject **slots, PyObject **extra);

/* The same for a function of one argument, which is nearly always given by position. */
static inline int pjf_args_match_one(const pjf_state *state, const pjf_signature *signature,
                                     PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                                     PyObject **slot)
{
    if (PJF_LIKELY(nargs == 1 && kwnames == NULL)) {
        *slot = args[0];
        return 0;
    }
    return pjf_args_match(state, signature, args, nargs, kwnames, slot, NULL);
}

/* The index of a keyword among the signature's names, or -1. */
int pjf_args_index(const pjf_state *state, const pjf_signature *signature, PyObject *name);

/* An argument that was not given, or given as None. */
static inline bool pjf_arg_is_none(const PyObject *arg)
{
    return arg == NULL || arg == Py_None;
}

#endif
