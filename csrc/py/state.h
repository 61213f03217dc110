/*
 * state: what the module pyjwtfast._core keeps per interpreter, and how its units reach it. Types
 * and instances hold the module alive, so an object's state pointer is good for its lifetime.
 *
 * Every unit of csrc/py runs with the GIL held unless its header says otherwise.
 */
#ifndef PJF_PY_STATE_H
#define PJF_PY_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "core/base.h"
#include "core/json_read.h"
#include "core/jws.h"
#include "core/key_cache.h"
#include "core/ossl.h"

/* Exception classes of pyjwtfast.exceptions that the core raises. */
#define PJF_EXCEPTIONS(X)        \
    X(PyJWTError)                \
    X(InvalidTokenError)         \
    X(DecodeError)               \
    X(InvalidSignatureError)     \
    X(ExpiredSignatureError)     \
    X(InvalidAudienceError)      \
    X(InvalidIssuerError)        \
    X(InvalidIssuedAtError)      \
    X(ImmatureSignatureError)    \
    X(InvalidKeyError)           \
    X(InvalidAlgorithmError)     \
    X(MissingRequiredClaimError) \
    X(InvalidSubjectError)       \
    X(InvalidJTIError)

typedef enum pjf_exception {
#define PJF_EXCEPTION_ENUM(name) PJF_EXC_##name,
    PJF_EXCEPTIONS(PJF_EXCEPTION_ENUM)
#undef PJF_EXCEPTION_ENUM
        PJF_EXCEPTION_COUNT
} pjf_exception;

/* Registered claim names with a rule (RFC 7519 §4.1). */
#define PJF_CLAIMS(X) X(exp) X(nbf) X(iat) X(iss) X(aud) X(sub) X(jti)

typedef enum pjf_claim {
#define PJF_CLAIM_ENUM(name) PJF_CLAIM_##name,
    PJF_CLAIMS(PJF_CLAIM_ENUM)
#undef PJF_CLAIM_ENUM
        PJF_CLAIM_COUNT
} pjf_claim;

/* Interned strings: argument names, option names, members of results. */
#define PJF_STRINGS(X)            \
    X(Algorithm)                  \
    X(JWT)                        \
    X(alg)                        \
    X(algorithm)                  \
    X(algorithm_name)             \
    X(algorithms)                 \
    X(audience)                   \
    X(b64)                        \
    X(bits)                       \
    X(build_header)               \
    X(claims)                     \
    X(crit)                       \
    X(cryptography_der)           \
    X(der)                        \
    X(detached_payload)           \
    X(dump_claims)                \
    X(enforce)                    \
    X(enforce_minimum_key_length) \
    X(header)                     \
    X(header_typ)                 \
    X(headers)                    \
    X(is_payload_detached)        \
    X(issuer)                     \
    X(json_encoder)               \
    X(jwk)                        \
    X(jwks)                       \
    X(jwt)                        \
    X(key)                        \
    X(kid)                        \
    X(leeway)                     \
    X(line)                       \
    X(options)                    \
    X(password)                   \
    X(payload)                    \
    X(pem)                        \
    X(private)                    \
    X(registry)                   \
    X(require)                    \
    X(secret)                     \
    X(signature)                  \
    X(sort_headers)               \
    X(strict)                     \
    X(strict_aud)                 \
    X(subject)                    \
    X(time)                       \
    X(token)                      \
    X(total_seconds)              \
    X(verify)                     \
    X(verify_aud)                 \
    X(verify_exp)                 \
    X(verify_iat)                 \
    X(verify_iss)                 \
    X(verify_jti)                 \
    X(verify_nbf)                 \
    X(verify_signature)           \
    X(verify_sub)

typedef enum pjf_string {
#define PJF_STRING_ENUM(name) PJF_STR_##name,
    PJF_STRINGS(PJF_STRING_ENUM)
#undef PJF_STRING_ENUM
        PJF_STRING_COUNT
} pjf_string;

/* Short ASCII strings seen lately in payloads, so that the same claim names, and values such as a
 * token type, are the same objects instead of new ones. */
#define PJF_NAME_CACHE_SIZE  256
#define PJF_NAME_LEN_MAX     16
#define PJF_VALUE_CACHE_SIZE 1024
#define PJF_VALUE_LEN_MAX    31 /* not the 32 digits of a UUID: they are new in every token */

typedef struct pjf_name {
    uint64_t head; /* the text's first and last 8 bytes, which may overlap: with len they are it */
    uint64_t tail;
    PyObject *str; /* NULL: empty entry */
    uint8_t len;
    int8_t claim; /* pjf_claim, or -1 */
} pjf_name;

/* Names of a payload's members, in order: tokens of one issuer have the same. */
#define PJF_SHAPE_MAX 16

typedef struct pjf_member {
    pjf_json_name text;
    PyObject *str; /* NULL: none */
    int8_t claim;  /* pjf_claim, or -1 */
} pjf_member;

/* The encoded header {"alg":...,"typ":"JWT"} of one algorithm. */
typedef struct pjf_plain_header {
    uint8_t len;
    uint8_t segment[63];
} pjf_plain_header;

/* The clock: see pyclock.h. */
typedef struct pjf_clock {
    PyObject *time_dict;     /* of the module time; NULL until first used */
    Py_ssize_t time_place;   /* PyDict_Next's, of the name "time": where it was last */
    PyObject *time_function; /* time.time while it is known to be Python's own */
    PyCFunction time_c;      /* and its C function: time_machine replaces it in place */
} pjf_clock;

/* Work spaces kept for calls on other threads, while one signs or verifies without the GIL. */
#define PJF_WORK_SPARE 8

typedef struct pjf_state {
    PyTypeObject *key_type;
    PyTypeObject *signer_type;
    PyTypeObject *verifier_type;
    PyTypeObject *cache_info_type;
    PyObject *exceptions[PJF_EXCEPTION_COUNT];
    PyObject *insecure_key_length_warning;
    PyObject *removed_in_pyjwt3_warning;
    PyObject *utils; /* pyjwtfast.utils: the slow ways, written in Python */
    /* The rest of PyJWT's surface, which is written in Python (pyjws.h); NULL until it is there. */
    PyObject *native;    /* dict: name to the Algorithm object that stands for the core's own */
    PyObject *jwk_type;  /* PyJWK */
    PyObject *py_sign;   /* sign(alg_obj, key, signing_input, enforce) */
    PyObject *py_verify; /* verify(alg_obj, key, signing_input, signature, enforce) */
    PyObject *registry;  /* dict: what the module's encode and decode use; NULL: the core's own */
    PyObject *claims[PJF_CLAIM_COUNT];
    PyObject *strings[PJF_STRING_COUNT];
    PyObject *alg_names[PJF_ALG_MAX];               /* interned, by algorithm */
    PyObject *default_algorithm;                    /* "HS256", one of alg_names */
    PyObject *none_algorithm;                       /* "none", another */
    pjf_plain_header plain_headers[PJF_ALG_MAX][2]; /* by algorithm, unsorted and sorted */
    pjf_name names[PJF_NAME_CACHE_SIZE];
    PyObject *values[PJF_VALUE_CACHE_SIZE]; /* compact ASCII; NULL: empty entry */
    pjf_member shape[PJF_SHAPE_MAX];        /* of the last payload */
    pjf_clock clock;
    pjf_lib *lib;
    pjf_key_cache keys;
    pjf_jws_work work;
    bool work_ready; /* work was initialised */
    bool work_taken; /* in use by a call further up the stack, or by one without the GIL */
    uint8_t spare_count;
    pjf_jws_work *spare[PJF_WORK_SPARE]; /* for calls meanwhile; made when first needed */
} pjf_state;

#define PJF_STR(state, name) ((state)->strings[PJF_STR_##name])

/* The state of the module object. */
static inline pjf_state *pjf_state_of(PyObject *module)
{
    return (pjf_state *)PyModule_GetState(module);
}

/* Working memory for one call. Python code run by a call (a finaliser, a warning hook) may call us
 * again, and so may another thread while a call works without the GIL: each gets memory of its own.
 * NULL with MemoryError. Give it back on every path, with the GIL held.
 */
PJF_COLD pjf_jws_work *pjf_work_take_slow(pjf_state *state);
PJF_COLD void pjf_work_give_slow(pjf_state *state, pjf_jws_work *work);

static inline pjf_jws_work *pjf_work_take(pjf_state *state)
{
    if (PJF_UNLIKELY(state->work_taken)) {
        return pjf_work_take_slow(state);
    }
    state->work_taken = true;
    return &state->work;
}

static inline void pjf_work_give(pjf_state *state, pjf_jws_work *work)
{
    if (PJF_UNLIKELY(work != &state->work)) {
        pjf_work_give_slow(state, work);
        return;
    }
    pjf_jws_work_trim(work);
    state->work_taken = false;
}

#endif
