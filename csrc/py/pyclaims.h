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

/* What is asked of the claims. References are borrowed, NULL stands for None. */
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

/* The time claims as numbers, for tokens that are checked again and again. */
typedef struct pjf_claim_times {
    int64_t exp, nbf, iat; /* INT64_MAX, INT64_MIN, INT64_MIN when absent */
} pjf_claim_times;

/* PyJWT's defaults, with leeway 0 and nothing expected. */
void pjf_claim_rules_init(pjf_claim_rules *rules);

/* Takes over PyJWT's options dict (NULL: none). Values are read as truth values; unknown names are
 * ignored, as PyJWT does. require is borrowed from the dict. Returns 0, or -1 with TypeError. */
int pjf_claim_rules_options(pjf_state *state, pjf_claim_rules *rules, PyObject *options);

/* A number of seconds or a timedelta into *leeway. Returns 0, or -1: TypeError for other types,
 * ValueError for bool, negative or non-finite values, which would switch expiry off. */
int pjf_claims_leeway(pjf_state *state, PyObject *leeway, double *out);

/* All rules, on claims whose registered ones are in view. Runs Python code only for values of other
 * than builtin types. Returns 0, or -1 with a PyJWTError (TypeError for a wrong audience). */
int pjf_claims_check(pjf_state *state, PyObject *claims, const pjf_claim_view *view,
                     const pjf_claim_rules *rules);

/* The time rules alone, on numbers, at a time read by pjf_clock_read. */
int pjf_claims_check_times(pjf_state *state, const pjf_claim_times *times, double leeway,
                           const pjf_now *now);

/* The time claims as numbers; false when one is not a plain integer of 64 bits. Claims that the
 * rules do not verify count as absent. */
bool pjf_claims_times(const pjf_claim_view *view, const pjf_claim_rules *rules,
                      pjf_claim_times *out);

/* A deep copy of a value of expect, of exact JSON types. NULL with TypeError for other types. */
PyObject *pjf_claims_freeze_expected(PyObject *value, int depth);

#endif
