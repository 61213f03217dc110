/*
 * pyclaims: the rules on the claims of a verified payload (RFC 7519 §4.1), in PyJWT's order and
 * words: required claims, iat, nbf, exp, iss, aud, sub, jti, then expected values. The one
 * authority for them, whether a token comes through decode() or a Verifier, from the cache or not.
 */
#ifndef PJF_PY_CLAIMS_H
#define PJF_PY_CLAIMS_H

#include "py/pyclock.h"
#include "py/pyjson.h"
#include "py/state.h"

/* What is asked of the claims. NULL stands for None. Who fills the struct says whose the references
 * are; require alone is always owned, because it comes out of a dict that others can change. */
typedef struct pjf_claim_rules {
    bool verify_signature;
    bool verify_exp;
    bool verify_nbf;
    bool verify_iat;
    bool verify_aud;
    bool verify_iss;
    bool verify_sub;
    bool verify_jti;
    bool strict_aud;
    bool enforce_minimum_key_length;
    double leeway;      /* seconds; finite, not negative */
    PyObject *require;  /* iterable of names */
    PyObject *audience; /* str or iterable of str */
    PyObject *issuer;   /* str or container of str */
    PyObject *subject;
    PyObject *expect; /* dict of name: exact value */
} pjf_claim_rules;

/* PyJWT's defaults, with leeway 0 and nothing expected. */
void pjf_claim_rules_init(pjf_claim_rules *rules);

/* Takes over PyJWT's options dict (NULL: none). Values are read as truth values; unknown names are
 * ignored, as PyJWT does. rules->require becomes a new reference, or stays NULL, on failure too.
 * Returns 0, or -1 with TypeError. */
int pjf_claim_rules_options(pjf_state *state, pjf_claim_rules *rules, PyObject *options);

/* A number of seconds or a timedelta into *leeway. Returns 0, or -1: TypeError for other types,
 * ValueError for bool, negative or non-finite values, which would switch expiry off. */
int pjf_claims_leeway(pjf_state *state, PyObject *leeway, double *out);

/* All rules, on claims whose registered ones are in view. now: a time read a moment ago, or NULL to
 * have it read. Runs Python code only for values of other than builtin types. Returns 0, or -1 with
 * a PyJWTError (TypeError for a wrong audience). */
int pjf_claims_check(pjf_state *state, PyObject *claims, const pjf_claim_view *view,
                     const pjf_claim_rules *rules, const pjf_now *now);

/* A deep copy of a value of expect, of exact JSON types. NULL with TypeError for other types. */
PyObject *pjf_claims_freeze_expected(PyObject *value, int depth);

#endif
