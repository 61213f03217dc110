/*
 * pyjws: signatures for one call, by the core or by an Algorithm object in Python.
 *
 * The core signs and verifies asymmetrically without the GIL: what it works with then (key,
 * message, work space) must be the caller's until it returns, whatever other threads do. Whose
 * Algorithm object a name stands for is said by a registry, a dict of PyJWS; the core's own
 * algorithms have Algorithm objects too, and a name that still stands for that object takes the
 * core's way.
 */
#ifndef PJF_PY_JWS_H
#define PJF_PY_JWS_H

#include "core/sig.h"
#include "py/state.h"

/* pjf_sig_sign() and pjf_sig_verify() without the GIL. */
pjf_status pjf_sig_sign_unlocked(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                 pjf_span message, uint8_t *signature, size_t *len);
pjf_status pjf_sig_verify_unlocked(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                   pjf_span message, pjf_span signature);

/* The same, without the GIL where it takes long. */
static inline pjf_status pjf_core_sign(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                       pjf_span message, uint8_t *signature, size_t *len)
{
    if (PJF_UNLIKELY(pjf_sig_is_slow(alg))) {
        return pjf_sig_sign_unlocked(work, alg, key, message, signature, len);
    }
    return pjf_sig_sign(work->sig, alg, key, message, signature, len);
}

static inline pjf_status pjf_core_verify(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                         pjf_span message, pjf_span signature)
{
    if (PJF_UNLIKELY(pjf_sig_is_slow(alg))) {
        return pjf_sig_verify_unlocked(work, alg, key, message, signature);
    }
    return pjf_sig_verify(work->sig, alg, key, message, signature);
}

/* How an algorithm is run. */
typedef struct pjf_way {
    const pjf_alg *alg; /* by the core, or NULL */
    PyObject *object;   /* by this Algorithm object: a reference to drop, or NULL */
} pjf_way;

/* The way of the algorithm called name in a registry (NULL: the core's own algorithms alone); alg
 * is the core's of that name, or NULL. Returns 1; 0 when there is none; -1 with TypeError for a
 * name that no dict can hold. */
int pjf_way_find(pjf_state *state, PyObject *registry, PyObject *name, const pjf_alg *alg,
                 pjf_way *out);

/* 0 when registry is a dict or None; else -1 with TypeError. */
int pjf_check_registry(PyObject *registry);

/* The way of a PyJWK's Algorithm object. */
int pjf_way_of(pjf_state *state, PyObject *object, PyObject *name, const pjf_alg *alg,
               pjf_way *out);

/* A signature by an Algorithm object. A new object with a buffer, or NULL. */
PyObject *pjf_python_sign(pjf_state *state, PyObject *algorithm, PyObject *key,
                          PyObject *signing_input, bool enforce);

/* The same for verification. Returns 0, or -1 with InvalidSignatureError or what it raised. */
int pjf_python_verify(pjf_state *state, PyObject *algorithm, PyObject *key, pjf_span signing_input,
                      pjf_span signature, bool enforce);

/* _sign, _verify, _setup, _set_registry. */
extern PyMethodDef pjf_jws_methods[];

#endif
