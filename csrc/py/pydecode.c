#include "py/pydecode.h"

#include "py/pyargs.h"
#include "py/pyclaims.h"
#include "py/pyerror.h"
#include "py/pykey.h"
#include "py/pytoken.h"

#define DECODE_OPTIONS_DOC                                                                         \
    "jwt: str or bytes. key: the secret (str or bytes) or a Key. algorithms: the names allowed;\n" \
    "never take them from the token. options: verify_signature, verify_exp, verify_nbf,\n"         \
    "verify_iat, verify_aud, verify_iss, verify_sub, verify_jti, require, strict_aud,\n"           \
    "enforce_minimum_key_length, as PyJWT's. audience: str or iterable; issuer: str or\n"          \
    "container; subject: str; leeway: seconds, or a timedelta, for exp, nbf and iat.\n"            \
    "Raises a subclass of PyJWTError for what is wrong with token or key, TypeError or\n"          \
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

/* The header's algorithm when the caller allows it. NULL with InvalidAlgorithmError. */
static const pjf_alg *choose_alg(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                                 PyObject *algorithms)
{
    const pjf_alg *alg = jws->header->alg;
    if (PJF_LIKELY(alg != NULL && lists_exactly(state, algorithms, alg))) {
        return alg;
    }
    if (!jws->header->has_alg) {
        pjf_raise_status(state, PJF_ERR_ALG_MISSING);
        return NULL;
    }
    PyObject *header = pjf_token_header(state, work, jws);
    if (header == NULL) {
        return NULL;
    }
    PyObject *name = PyDict_GetItemWithError(header, PJF_STR(state, alg));
    int allowed = -1;
    if (name != NULL) {
        allowed = PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) != 0
                      ? allows(algorithms, name)
                      : 0;
    }
    Py_DECREF(header);
    if (allowed == 1 && alg != NULL) {
        return alg;
    }
    if (allowed >= 0) {
        pjf_raise_status(state, allowed ? PJF_ERR_ALG_UNSUPPORTED : PJF_ERR_ALG_NOT_ALLOWED);
    }
    return NULL;
}

static int verify_signature(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                            pjf_span signing_input, PyObject *key_argument, PyObject *algorithms,
                            bool enforce)
{
    const pjf_alg *alg = choose_alg(state, work, jws, algorithms);
    if (alg == NULL) {
        return -1;
    }
    pjf_key_loan loan;
    if (pjf_key_from_argument(state, alg, key_argument, PJF_KEY_TO_VERIFY, enforce, &loan) < 0) {
        return -1;
    }
    pjf_status status = pjf_sig_verify(work->sig, alg, loan.key, signing_input, jws->signature);
    pjf_key_give_back(&loan);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        return -1;
    }
    return 0;
}

static PyObject *decode_loaded(pjf_state *state, pjf_jws_work *work, PyObject **slots,
                               const pjf_claim_rules *rules, bool complete)
{
    PyObject *result = NULL;
    PyObject *claims = NULL;
    pjf_claim_view view;
    pjf_buf detached;
    pjf_jws jws;
    pjf_span token;
    pjf_span payload;
    pjf_span signing_input;
    pjf_buf_init(&detached);

    if (pjf_token_span(state, slots[JWT], &token) < 0 ||
        pjf_token_load(state, work, token, PJF_TOKEN_MAX_DEFAULT, &jws) < 0 ||
        pjf_token_check_header(state, work, &jws) < 0) {
        goto done;
    }
    pjf_status status = pjf_jws_check_detached(&jws, !pjf_arg_is_none(slots[DETACHED]));
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        goto done;
    }
    payload = jws.payload;
    signing_input = jws.signing_input;
    if (PJF_UNLIKELY(jws.header->b64_false)) {
        if (!PyBytes_Check(slots[DETACHED])) {
            PyErr_SetString(PyExc_TypeError, "detached_payload must be bytes");
            goto done;
        }
        if (pjf_text_span(slots[DETACHED], &payload) < 0) {
            goto done;
        }
        if (pjf_jws_detached_input(jws.header_segment, payload, &detached) != PJF_OK) {
            PyErr_NoMemory();
            goto done;
        }
        signing_input = (pjf_span){detached.ptr, detached.len};
    }
    if (rules->verify_signature &&
        verify_signature(state, work, &jws, signing_input, slots[KEY], slots[ALGORITHMS],
                         rules->enforce_minimum_key_length) < 0) {
        goto done;
    }
    claims = pjf_json_load(state, "Invalid payload string", payload, &work->unescape, &view, NULL);
    if (claims == NULL || pjf_claims_check(state, claims, &view, rules, NULL) < 0) {
        goto done;
    }
    result = complete ? pjf_token_complete(state, work, &jws, claims) : Py_NewRef(claims);
done:
    pjf_buf_free(&detached, false);
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

static PyObject *decode_with(PyObject *module, const pjf_signature *signature,
                             PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                             bool complete)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[SLOTS];
    PyObject *extra = NULL;
    PyObject *result = NULL;
    PyObject *empty = NULL;
    pjf_claim_rules rules;
    pjf_claim_rules_init(&rules);

    if (pjf_args_match(state, signature, args, nargs, kwnames, slots, &extra) < 0) {
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
    rules.audience = pjf_arg_is_none(slots[AUDIENCE]) ? NULL : slots[AUDIENCE];
    rules.issuer = pjf_arg_is_none(slots[ISSUER]) ? NULL : slots[ISSUER];
    rules.subject = pjf_arg_is_none(slots[SUBJECT]) ? NULL : slots[SUBJECT];
    if (slots[LEEWAY] != NULL && pjf_claims_leeway(state, slots[LEEWAY], &rules.leeway) < 0) {
        goto done;
    }
    if (rules.verify_signature) {
        int none_allowed = is_empty(slots[ALGORITHMS]);
        if (none_allowed != 0) {
            if (none_allowed > 0) {
                pjf_raise(state, PJF_EXC_DecodeError,
                          "It is required that you pass in a value for the \"algorithms\""
                          " argument when calling decode().");
            }
            goto done;
        }
    }
    if (slots[KEY] == NULL) {
        slots[KEY] = empty = PyUnicode_New(0, 0);
        if (empty == NULL) {
            goto done;
        }
    }
    pjf_jws_work *work = pjf_work_take(state);
    if (work == NULL) {
        goto done;
    }
    result = decode_loaded(state, work, slots, &rules, complete);
    pjf_work_give(state, work);
done:
    Py_XDECREF(rules.require);
    Py_XDECREF(extra);
    Py_XDECREF(empty);
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
