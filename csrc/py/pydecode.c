#include "py/pydecode.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyclaims.h"
#include "py/pyerror.h"
#include "py/pyjws.h"
#include "py/pykeyarg.h"
#include "py/pytoken.h"

#define DECODE_OPTIONS_DOC                                                                        \
    "jwt: str or bytes. key: the secret (str or bytes), a public key as PEM, OpenSSH or DER, a\n" \
    "Key, a PyJWK, or a key object of the library cryptography. algorithms: the names allowed;\n" \
    "never take them from the token; None with a PyJWK: its own. options: verify_signature,\n"    \
    "verify_exp, verify_nbf,\n"                                                                   \
    "verify_iat, verify_aud, verify_iss, verify_sub, verify_jti, require, strict_aud,\n"          \
    "enforce_minimum_key_length, as PyJWT's. audience: str or iterable; issuer: str or\n"         \
    "container; subject: str; leeway: seconds, or a timedelta, for exp, nbf and iat.\n"           \
    "Raises a subclass of PyJWTError for what is wrong with token or key, TypeError or\n"         \
    "ValueError for a wrong argument. RFC 7515 section 5.2, RFC 7519 section 7.2."

const char pjf_decode_doc[] =
    "decode($module, jwt, key='', algorithms=None, options=None, verify=None,\n"
    "       detached_payload=None, audience=None, subject=None, issuer=None, leeway=0, **kwargs)\n"
    "--\n\nThe claims of a verified JWT, a dict.\n\n" DECODE_OPTIONS_DOC;

const char pjf_decode_complete_doc[] =
    "decode_complete($module, jwt, key='', algorithms=None, options=None, verify=None,\n"
    "                detached_payload=None, audience=None, issuer=None, subject=None, leeway=0,\n"
    "                **kwargs)\n"
    "--\n\nA verified JWT taken apart: {'header': dict, 'payload': dict, 'signature': bytes}.\n\n" DECODE_OPTIONS_DOC;

const char pjf_get_unverified_header_doc[] =
    "get_unverified_header($module, jwt)\n--\n\n"
    "The JOSE header of a token whose signature is not verified: trust nothing in it.\n\n"
    "Raises DecodeError for a token that can't be taken apart, InvalidTokenError for a wrong\n"
    "'kid' or 'crit'.";

/* Slots of the two functions' arguments. */
enum { JWT, KEY, ALGORITHMS, OPTIONS, VERIFY, DETACHED, AUDIENCE, SUBJECT, ISSUER, LEEWAY, SLOTS };

/* 1 when the header's "alg" is in the caller's algorithms, a container of names; 0 when not. */
static int allows(PyObject *algorithms, PyObject *name)
{
    if (PyUnicode_Check(algorithms)) { /* one exact name; PyJWT would look for a substring */
        return PyUnicode_Compare(algorithms, name) == 0;
    }
    return PySequence_Contains(algorithms, name);
}

/* The fast way of allows() for a list or tuple of str: literals in code are interned. */
static inline bool lists_exactly(const pjf_state *state, PyObject *algorithms, const pjf_alg *alg)
{
    if (!PyList_CheckExact(algorithms) && !PyTuple_CheckExact(algorithms)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(algorithms); i++) {
        if (PySequence_Fast_GET_ITEM(algorithms, i) == state->alg_names[alg->id]) {
            return true;
        }
    }
    return false;
}

/* What is asked of a token's signature; borrowed. */
typedef struct decode_call {
    PyObject *jwt;
    PyObject *key;
    PyObject *algorithms;       /* NULL: None */
    PyObject *detached_payload; /* NULL: None */
    PyObject *registry;         /* NULL: the core's own algorithms */
    bool verify_signature;
    bool enforce_minimum_key_length;
} decode_call;

/* The name of the header's algorithm, whatever it is. A new str; NULL with InvalidAlgorithmError.
 */
static PyObject *header_algorithm(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws)
{
    if (jws->header->alg != NULL) {
        return Py_NewRef(state->alg_names[jws->header->alg->id]);
    }
    if (!jws->header->has_alg) {
        return pjf_raise_status(state, PJF_ERR_ALG_MISSING);
    }
    PyObject *header = pjf_token_header(state, work, jws);
    if (header == NULL) {
        return NULL;
    }
    PyObject *name = PyDict_GetItemWithError(header, PJF_STR(state, alg));
    if (name != NULL && PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) != 0) {
        Py_INCREF(name);
    } else {
        name = NULL;
        if (!PyErr_Occurred()) {
            pjf_raise_status(state, PJF_ERR_ALG_NOT_ALLOWED);
        }
    }
    Py_DECREF(header);
    return name;
}

/* 0 when the caller's algorithms have the name, or -1 with InvalidAlgorithmError. */
static int check_allowed(pjf_state *state, PyObject *algorithms, PyObject *name)
{
    int allowed = allows(algorithms, name);
    if (allowed == 0) {
        pjf_raise_status(state, PJF_ERR_ALG_NOT_ALLOWED);
    }
    return allowed == 1 ? 0 : -1;
}

/* How the header's algorithm is run, when the caller allows it. Returns 0, or -1 with
 * InvalidAlgorithmError. */
static int choose_way(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                      const decode_call *call, pjf_way *way)
{
    const pjf_alg *alg = jws->header->alg;
    bool listed = PJF_LIKELY(alg != NULL) && lists_exactly(state, call->algorithms, alg);
    if (PJF_LIKELY(listed && call->registry == NULL)) {
        *way = (pjf_way){alg, NULL};
        return 0;
    }
    PyObject *name = header_algorithm(state, work, jws);
    if (name == NULL) {
        return -1;
    }
    int found = -1;
    if (listed || check_allowed(state, call->algorithms, name) == 0) {
        found = pjf_way_find(state, call->registry, name, alg, way);
        if (found == 0) {
            pjf_raise_status(state, PJF_ERR_ALG_UNSUPPORTED);
        }
    }
    Py_DECREF(name);
    return found == 1 ? 0 : -1;
}

/* The way of a PyJWK, whose algorithm the token must name. Returns 0, or -1 with
 * InvalidAlgorithmError. */
static int choose_way_of_jwk(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                             const decode_call *call, const pjf_jwk *jwk, pjf_way *way)
{
    PyObject *name = header_algorithm(state, work, jws);
    if (name == NULL) {
        return -1;
    }
    int result = -1;
    if (call->algorithms == NULL || check_allowed(state, call->algorithms, name) == 0) {
        int same = PyObject_RichCompareBool(name, jwk->algorithm_name, Py_EQ);
        if (same == 1) {
            result = pjf_way_of(state, jwk->algorithm, name, jws->header->alg, way);
        } else if (same == 0 && call->algorithms == NULL) {
            pjf_raise_status(state, PJF_ERR_ALG_NOT_ALLOWED);
        } else if (same == 0) {
            pjf_raise_format(state, PJF_EXC_InvalidAlgorithmError,
                             "Token algorithm %R does not match the key's algorithm %R", name,
                             jwk->algorithm_name);
        }
    }
    Py_DECREF(name);
    return result == 1 ? 0 : -1;
}

/* Verifies by the way chosen, whose reference it drops. */
static int verify_by(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                     pjf_span signing_input, pjf_way *way, PyObject *key, bool enforce)
{
    if (PJF_UNLIKELY(way->object != NULL)) {
        int result =
            pjf_python_verify(state, way->object, key, signing_input, jws->signature, enforce);
        Py_DECREF(way->object);
        return result;
    }
    pjf_key_loan loan;
    if (pjf_key_from_argument(state, way->alg, key, PJF_KEY_TO_VERIFY, enforce, &loan) < 0) {
        return -1;
    }
    pjf_status status = pjf_core_verify(work, way->alg, loan.key, signing_input, jws->signature);
    pjf_key_give_back(&loan);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        return -1;
    }
    return 0;
}

static int verify_with_jwk(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                           pjf_span signing_input, const decode_call *call)
{
    pjf_jwk jwk;
    pjf_way way;
    if (pjf_jwk_open(state, call->key, &jwk) < 0) {
        return -1;
    }
    int result = choose_way_of_jwk(state, work, jws, call, &jwk, &way);
    if (result == 0) {
        result = verify_by(state, work, jws, signing_input, &way, jwk.key,
                           call->enforce_minimum_key_length);
    }
    pjf_jwk_close(&jwk);
    return result;
}

static int verify_signature(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                            pjf_span signing_input, const decode_call *call)
{
    pjf_way way;
    int is_jwk = pjf_jwk_check(state, call->key);
    if (PJF_UNLIKELY(is_jwk != 0)) {
        return is_jwk < 0 ? -1 : verify_with_jwk(state, work, jws, signing_input, call);
    }
    if (choose_way(state, work, jws, call, &way) < 0) {
        return -1;
    }
    return verify_by(state, work, jws, signing_input, &way, call->key,
                     call->enforce_minimum_key_length);
}

/* Takes the token apart and verifies its signature, where that is asked for. A detached payload
 * becomes jws->payload. */
static int open_token(pjf_state *state, pjf_jws_work *work, const decode_call *call, pjf_jws *jws)
{
    pjf_span token;
    if (pjf_token_span(state, call->jwt, &token) < 0 ||
        pjf_token_load(state, work, token, PJF_TOKEN_MAX_DEFAULT, jws) < 0 ||
        pjf_token_check_header(state, work, jws) < 0) {
        return -1;
    }
    pjf_status status = pjf_jws_check_detached(jws, call->detached_payload != NULL);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        return -1;
    }
    if (PJF_LIKELY(!jws->header->b64_false)) {
        return call->verify_signature ? verify_signature(state, work, jws, jws->signing_input, call)
                                      : 0;
    }
    if (!PyBytes_Check(call->detached_payload)) {
        PyErr_SetString(PyExc_TypeError, "detached_payload must be bytes");
        return -1;
    }
    if (pjf_text_span(call->detached_payload, &jws->payload) < 0) {
        return -1;
    }
    if (!call->verify_signature) {
        return 0;
    }
    int result = -1;
    pjf_buf input;
    pjf_buf_init(&input);
    if (pjf_jws_detached_input(jws->header_segment, jws->payload, &input) != PJF_OK) {
        PyErr_NoMemory();
    } else {
        result = verify_signature(state, work, jws, (pjf_span){input.ptr, input.len}, call);
    }
    pjf_buf_free(&input, false);
    return result;
}

static PyObject *decode_claims(pjf_state *state, pjf_jws_work *work, const decode_call *call,
                               const pjf_claim_rules *rules, bool complete)
{
    PyObject *result = NULL;
    pjf_claim_view view;
    pjf_jws jws;
    if (open_token(state, work, call, &jws) < 0) {
        return NULL;
    }
    PyObject *claims =
        pjf_json_load(state, "Invalid payload string", jws.payload, &work->unescape, &view, NULL);
    if (claims != NULL && pjf_claims_check(state, claims, &view, rules, NULL) == 0) {
        result = complete ? pjf_token_complete(state, work, &jws, claims) : Py_NewRef(claims);
    }
    Py_XDECREF(claims);
    return result;
}

/* PyJWT's two warnings about arguments that do nothing any more. extra may be NULL. */
static PJF_COLD int warn_deprecated(pjf_state *state, const char *function, PyObject *verify,
                                    PyObject *extra, bool verify_signature)
{
    if (extra != NULL) {
        PyObject *names = PyList_AsTuple(extra);
        if (names == NULL) {
            return -1;
        }
        int failed = PyErr_WarnFormat(state->removed_in_pyjwt3_warning, 1,
                                      "passing additional kwargs to %s() is deprecated and will be"
                                      " removed in pyjwt version 3. Unsupported kwargs: %R",
                                      function, names);
        Py_DECREF(names);
        if (failed < 0) {
            return -1;
        }
    }
    if (pjf_arg_is_none(verify)) {
        return 0;
    }
    int same = PyObject_RichCompareBool(verify, verify_signature ? Py_True : Py_False, Py_EQ);
    if (same != 0) {
        return same < 0 ? -1 : 0;
    }
    return PyErr_WarnEx(PyExc_DeprecationWarning,
                        "The `verify` argument to `decode` does nothing in PyJWT 2.0 and newer. "
                        "The equivalent is setting `verify_signature` to False in the `options`"
                        " dictionary. This invocation has a mismatch between the kwarg and the"
                        " option entry.",
                        1);
}

/* True for None, "" and empty containers. */
static int is_empty(PyObject *algorithms)
{
    if (algorithms == NULL) {
        return 1;
    }
    if (PJF_LIKELY(PyList_CheckExact(algorithms))) {
        return PyList_GET_SIZE(algorithms) == 0;
    }
    int truth = PyObject_IsTrue(algorithms);
    return truth < 0 ? -1 : !truth;
}

/* 0 when there are algorithms to choose from, or -1 with DecodeError: a PyJWK brings its own. */
static int require_algorithms(pjf_state *state, PyObject *algorithms, PyObject *key)
{
    int missing = is_empty(algorithms);
    if (PJF_LIKELY(missing <= 0)) {
        return missing;
    }
    int is_jwk = pjf_jwk_check(state, key);
    if (is_jwk == 0) {
        pjf_raise(state, PJF_EXC_DecodeError,
                  "It is required that you pass in a value for the \"algorithms\""
                  " argument when calling decode().");
    }
    return is_jwk == 1 ? 0 : -1;
}

static PyObject *none_as_null(PyObject *argument)
{
    return argument == Py_None ? NULL : argument;
}

/* decode(token, key, algorithms=[...]), as nearly all calls are. */
static bool match_usual(const pjf_state *state, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames, PyObject **slots)
{
    if (nargs != 2 || kwnames == NULL || PyTuple_GET_SIZE(kwnames) != 1 ||
        PyTuple_GET_ITEM(kwnames, 0) != PJF_STR(state, algorithms)) {
        return false;
    }
    for (int i = ALGORITHMS + 1; i < SLOTS; i++) {
        slots[i] = NULL;
    }
    slots[JWT] = args[0];
    slots[KEY] = args[1];
    slots[ALGORITHMS] = args[2];
    return true;
}

static PyObject *decode_with(PyObject *module, const pjf_signature *signature,
                             PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                             bool complete)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[SLOTS];
    PyObject *extra = NULL;
    PyObject *result = NULL;
    PyObject *empty = NULL;
    PyObject *registry = Py_XNewRef(state->registry);
    pjf_claim_rules rules;
    pjf_claim_rules_init(&rules);

    if (!PJF_LIKELY(match_usual(state, args, nargs, kwnames, slots)) &&
        pjf_args_match(state, signature, args, nargs, kwnames, slots, &extra) < 0) {
        goto done;
    }
    if (complete) { /* its issuer comes before its subject */
        PyObject *issuer = slots[SUBJECT];
        slots[SUBJECT] = slots[ISSUER];
        slots[ISSUER] = issuer;
    }
    if (!pjf_arg_is_none(slots[OPTIONS]) &&
        pjf_claim_rules_options(state, &rules, slots[OPTIONS]) < 0) {
        goto done;
    }
    if (PJF_UNLIKELY(extra != NULL || !pjf_arg_is_none(slots[VERIFY])) &&
        warn_deprecated(state, signature->function, slots[VERIFY], extra, rules.verify_signature) <
            0) {
        goto done;
    }
    rules.audience = none_as_null(slots[AUDIENCE]);
    rules.issuer = none_as_null(slots[ISSUER]);
    rules.subject = none_as_null(slots[SUBJECT]);
    if (slots[LEEWAY] != NULL && pjf_claims_leeway(state, slots[LEEWAY], &rules.leeway) < 0) {
        goto done;
    }
    if (slots[KEY] == NULL) {
        slots[KEY] = empty = PyUnicode_New(0, 0);
        if (empty == NULL) {
            goto done;
        }
    }
    if (rules.verify_signature && require_algorithms(state, slots[ALGORITHMS], slots[KEY]) < 0) {
        goto done;
    }
    decode_call call = {
        .jwt = slots[JWT],
        .key = slots[KEY],
        .algorithms = none_as_null(slots[ALGORITHMS]),
        .detached_payload = none_as_null(slots[DETACHED]),
        .registry = registry,
        .verify_signature = rules.verify_signature,
        .enforce_minimum_key_length = rules.enforce_minimum_key_length,
    };
    pjf_jws_work *work = pjf_work_take(state);
    if (work == NULL) {
        goto done;
    }
    result = decode_claims(state, work, &call, &rules, complete);
    pjf_work_give(state, work);
done:
    Py_XDECREF(rules.require);
    Py_XDECREF(extra);
    Py_XDECREF(empty);
    Py_XDECREF(registry);
    return result;
}

PyObject *pjf_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const uint8_t names[SLOTS] = {PJF_STR_jwt,        PJF_STR_key,
                                         PJF_STR_algorithms, PJF_STR_options,
                                         PJF_STR_verify,     PJF_STR_detached_payload,
                                         PJF_STR_audience,   PJF_STR_subject,
                                         PJF_STR_issuer,     PJF_STR_leeway};
    static const pjf_signature signature = {"decode", names, SLOTS, SLOTS, 1, true};
    return decode_with(module, &signature, args, nargs, kwnames, false);
}

PyObject *pjf_decode_complete(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[SLOTS] = {PJF_STR_jwt,      PJF_STR_key,    PJF_STR_algorithms,
                                         PJF_STR_options,  PJF_STR_verify, PJF_STR_detached_payload,
                                         PJF_STR_audience, PJF_STR_issuer, PJF_STR_subject,
                                         PJF_STR_leeway};
    static const pjf_signature signature = {"decode_complete", names, SLOTS, SLOTS, 1, true};
    return decode_with(module, &signature, args, nargs, kwnames, true);
}

PyObject *pjf_get_unverified_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_jwt};
    static const pjf_signature signature = {"get_unverified_header", names, 1, 1, 1, false};
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[1];
    PyObject *header = NULL;
    pjf_span token;
    pjf_jws jws;
    if (pjf_args_match_one(state, &signature, args, nargs, kwnames, slots) < 0 ||
        pjf_token_span(state, slots[0], &token) < 0) {
        return NULL;
    }
    pjf_jws_work *work = pjf_work_take(state);
    if (work == NULL) {
        return NULL;
    }
    if (pjf_token_load(state, work, token, PJF_TOKEN_MAX_DEFAULT, &jws) == 0 &&
        pjf_token_check_header(state, work, &jws) == 0) {
        header = pjf_token_header(state, work, &jws);
    }
    pjf_work_give(state, work);
    return header;
}

const char pjf_jws_decode_doc[] =
    "_jws_decode($module, jwt, key, algorithms, verify_signature, enforce, detached_payload,\n"
    "            registry)\n--\n\n"
    "A JWS taken apart: {'payload': bytes, 'header': dict, 'signature': bytes}. registry: a dict\n"
    "of Algorithm objects by name, or None for the core's own; enforce refuses short keys. The\n"
    "rest as decode().";

PyObject *pjf_jws_decode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames)
{
    enum {
        JWS,
        JWS_KEY,
        JWS_ALGORITHMS,
        JWS_VERIFY,
        JWS_ENFORCE,
        JWS_DETACHED,
        JWS_REGISTRY,
        JWS_SLOTS
    };
    static const uint8_t names[JWS_SLOTS] = {PJF_STR_jwt,        PJF_STR_key,
                                             PJF_STR_algorithms, PJF_STR_verify_signature,
                                             PJF_STR_enforce,    PJF_STR_detached_payload,
                                             PJF_STR_registry};
    static const pjf_signature signature = {"_jws_decode", names,     JWS_SLOTS,
                                            JWS_SLOTS,     JWS_SLOTS, false};
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[JWS_SLOTS];
    pjf_jws jws;
    if (pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0) {
        return NULL;
    }
    int verify = PyObject_IsTrue(slots[JWS_VERIFY]);
    int enforce = verify < 0 ? -1 : PyObject_IsTrue(slots[JWS_ENFORCE]);
    if (enforce < 0 || pjf_check_registry(slots[JWS_REGISTRY]) < 0 ||
        (verify && require_algorithms(state, slots[JWS_ALGORITHMS], slots[JWS_KEY]) < 0)) {
        return NULL;
    }
    decode_call call = {
        .jwt = slots[JWS],
        .key = slots[JWS_KEY],
        .algorithms = none_as_null(slots[JWS_ALGORITHMS]),
        .detached_payload = none_as_null(slots[JWS_DETACHED]),
        .registry = none_as_null(slots[JWS_REGISTRY]),
        .verify_signature = verify != 0,
        .enforce_minimum_key_length = enforce != 0,
    };
    pjf_jws_work *work = pjf_work_take(state);
    if (work == NULL) {
        return NULL;
    }
    PyObject *result = NULL;
    if (open_token(state, work, &call, &jws) == 0) {
        PyObject *payload =
            PyBytes_FromStringAndSize((const char *)jws.payload.ptr, (Py_ssize_t)jws.payload.len);
        result = payload == NULL ? NULL : pjf_token_complete(state, work, &jws, payload);
        Py_XDECREF(payload);
    }
    pjf_work_give(state, work);
    return result;
}

const char pjf_check_claims_doc[] =
    "_check_claims($module, payload, options, audience, issuer, subject, leeway, /)\n--\n\n"
    "Every rule on the claims of payload (a dict), as decode() applies them after the signature.";

/* The registered claims of a dict that anybody made. Takes a reference to each. */
static int view_claims(pjf_state *state, PyObject *payload, pjf_claim_view *view)
{
    *view = (pjf_claim_view){.plain = 0};
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        PyObject *value = PyDict_GetItemWithError(payload, state->claims[i]);
        if (value == NULL) {
            if (PyErr_Occurred()) {
                return -1;
            }
            continue;
        }
        view->value[i] = Py_NewRef(value);
        int overflow = 1;
        int64_t seconds =
            PyLong_CheckExact(value) ? PyLong_AsLongLongAndOverflow(value, &overflow) : 0;
        if (overflow == 0) {
            view->seconds[i] = seconds;
            view->plain |= 1u << i;
        }
    }
    return 0;
}

PyObject *pjf_check_claims(PyObject *module, PyObject *args)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *payload;
    PyObject *options;
    PyObject *audience;
    PyObject *issuer;
    PyObject *subject;
    PyObject *leeway;
    pjf_claim_rules rules;
    pjf_claim_view view;
    if (!PyArg_ParseTuple(args, "O!OOOOO:_check_claims", &PyDict_Type, &payload, &options,
                          &audience, &issuer, &subject, &leeway)) {
        return NULL;
    }
    pjf_claim_rules_init(&rules);
    int failed = pjf_claim_rules_options(state, &rules, none_as_null(options)) < 0 ||
                 pjf_claims_leeway(state, leeway, &rules.leeway) < 0;
    if (!failed) {
        rules.audience = none_as_null(audience);
        rules.issuer = none_as_null(issuer);
        rules.subject = none_as_null(subject);
        failed = view_claims(state, payload, &view) < 0 ||
                 pjf_claims_check(state, payload, &view, &rules, NULL) < 0;
        for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
            Py_XDECREF(view.value[i]);
        }
    }
    Py_XDECREF(rules.require);
    if (failed) {
        return NULL;
    }
    Py_RETURN_NONE;
}
