#include "py/pykeyarg.h"

#include "py/pyalg.h"
#include "py/pyerror.h"

/* ---- length ---- */

static int report_length(pjf_state *state, bool enforce, PyObject *message)
{
    if (message == NULL) {
        return -1;
    }
    int result = -1;
    if (enforce) {
        pjf_raise_format(state, PJF_EXC_InvalidKeyError, "%U", message);
    } else {
        result = PyErr_WarnFormat(state->insecure_key_length_warning, 1, "%U", message);
    }
    Py_DECREF(message);
    return result;
}

int pjf_key_check_length(pjf_state *state, const pjf_alg *alg, const pjf_key *key, bool enforce)
{
    size_t bits = pjf_key_bits(key);
    int minimum = alg->min_key_bits;
    if (PJF_LIKELY(bits >= alg->min_key_bits)) {
        return 0;
    }
    if (alg->family == PJF_FAMILY_HMAC) {
        return report_length(
            state, enforce,
            PyUnicode_FromFormat(
                "The HMAC key is %zu bytes long, which is below the minimum"
                " recommended length of %d bytes for %s. See RFC 7518 Section 3.2.",
                bits / 8, minimum / 8, pjf_digest_of((pjf_digest)alg->digest)->name));
    }
    return report_length(
        state, enforce,
        PyUnicode_FromFormat("The RSA key is %zu bits long, which is below the minimum recommended"
                             " size of %d bits. See NIST SP 800-131A.",
                             bits, minimum));
}

/* ---- the kinds of arguments ---- */

static int check_none_key(pjf_state *state, PyObject *argument)
{
    if (argument == Py_None || (PyUnicode_Check(argument) && PyUnicode_GET_LENGTH(argument) == 0)) {
        return 0;
    }
    pjf_raise(state, PJF_EXC_InvalidKeyError, "When alg = \"none\", key value must be None.");
    return -1;
}

/* The key of a text: prepared before, or now. */
static pjf_status key_from_text(pjf_state *state, const pjf_alg *alg, pjf_span text,
                                pjf_key_purpose purpose, pjf_key_loan *out)
{
    pjf_key *key = NULL;
    pjf_status status;
    if (PJF_LIKELY(text.len <= PJF_KEY_CACHE_BYTES)) {
        status = pjf_key_cache_get(&state->keys, state->lib, (pjf_alg_family)alg->family, purpose,
                                   text, &key);
    } else {
        status = pjf_key_load(state->lib, (pjf_alg_family)alg->family, text, &key);
        out->owned = key;
    }
    out->key = key;
    return status;
}

/* PyJWT's exception for an argument that is no key of any form. */
static int raise_wrong_type(pjf_state *state, const pjf_alg *alg, PyObject *argument)
{
    switch ((pjf_alg_family)alg->family) {
    case PJF_FAMILY_RSA:
    case PJF_FAMILY_RSAPSS:
    case PJF_FAMILY_ECDSA:
        PyErr_SetString(PyExc_TypeError, "Expecting a PEM-formatted key.");
        return -1;
    case PJF_FAMILY_EDDSA:
        pjf_raise_format(state, PJF_EXC_InvalidKeyError, "Not a public or private key: %.200s",
                         Py_TYPE(argument)->tp_name);
        return -1;
    default: PyErr_SetString(PyExc_TypeError, "Expected a string or bytes value"); return -1;
    }
}

/* The key of one of cryptography's objects, through its DER: never by identity. Returns 0 with the
 * loan filled, or -1. */
static int key_from_cryptography(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                                 pjf_key_purpose purpose, pjf_key_loan *out)
{
    PyObject *der;
    int found = alg->family == PJF_FAMILY_HMAC ? 0 : pjf_cryptography_der(state, argument, &der);
    if (found <= 0) {
        return found == 0 ? raise_wrong_type(state, alg, argument) : -1;
    }
    pjf_span text =
        (pjf_span){(const uint8_t *)PyBytes_AS_STRING(der), (size_t)PyBytes_GET_SIZE(der)};
    pjf_status status = key_from_text(state, alg, text, purpose, out);
    pjf_drop_secret(der);
    if (status != PJF_OK) {
        pjf_raise_status(state, status);
        return -1;
    }
    if (pjf_key_kind_of(out->key) != (pjf_key_kind)alg->key_kind) {
        pjf_key_give_back(out);
        return raise_wrong_type(state, alg, argument);
    }
    return 0;
}

/* Whatever is not a secret for HMAC as text. */
static int lend_slowly(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                       pjf_key_purpose purpose, pjf_key_loan *out)
{
    pjf_status status = PJF_OK;
    pjf_span text;
    if (alg->family == PJF_FAMILY_NONE) {
        return check_none_key(state, argument);
    }
    if (pjf_py_key_check(state, argument)) {
        out->key = ((pjf_py_key *)argument)->key;
    } else if (PyUnicode_Check(argument) || PyBytes_Check(argument)) {
        if (pjf_key_text_span(state, argument, &text) < 0) {
            return -1;
        }
        status = key_from_text(state, alg, text, purpose, out);
    } else if (key_from_cryptography(state, alg, argument, purpose, out) < 0) {
        return -1;
    }
    if (status != PJF_OK) {
        pjf_key_give_back(out);
        pjf_raise_status(state, status);
        return -1;
    }
    status = pjf_key_check(out->key, alg, purpose);
    if (status != PJF_OK) {
        pjf_raise_key_status(state, status, out->key, alg);
        pjf_key_give_back(out);
        return -1;
    }
    if (pjf_sig_is_slow(alg) && out->owned == NULL) {
        out->owned = pjf_key_ref((pjf_key *)out->key); /* others run while it is in use */
    }
    return 0;
}

int pjf_key_lend(pjf_state *state, const pjf_alg *alg, PyObject *argument, pjf_key_purpose purpose,
                 pjf_key_loan *out)
{
    pjf_span text;
    *out = (pjf_key_loan){NULL, NULL};
    if (PJF_UNLIKELY(alg->family != PJF_FAMILY_HMAC) ||
        PJF_UNLIKELY(!PyUnicode_Check(argument) && !PyBytes_Check(argument))) {
        return lend_slowly(state, alg, argument, purpose, out);
    }
    if (PJF_UNLIKELY(pjf_key_text_span(state, argument, &text) < 0)) {
        return -1;
    }
    pjf_status status = key_from_text(state, alg, text, purpose, out);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        return -1;
    }
    return 0;
}

int pjf_key_from_argument(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                          pjf_key_purpose purpose, bool enforce, pjf_key_loan *out)
{
    if (pjf_key_lend(state, alg, argument, purpose, out) < 0) {
        return -1;
    }
    if (PJF_UNLIKELY(out->key != NULL && pjf_key_bits(out->key) < alg->min_key_bits)) {
        /* A warning may run Python code, which may use the cache the key is from. */
        if (out->owned == NULL) {
            out->owned = pjf_key_ref((pjf_key *)out->key);
        }
        if (pjf_key_check_length(state, alg, out->owned, enforce) < 0) {
            pjf_key_give_back(out);
            return -1;
        }
    }
    return 0;
}

PyObject *pjf_default_algorithm(const pjf_state *state, PyObject *key)
{
    if (PJF_UNLIKELY(pjf_py_key_check(state, key))) {
        const pjf_alg *alg = pjf_key_alg(((pjf_py_key *)key)->key);
        if (alg != NULL) {
            return state->alg_names[alg->id];
        }
    }
    return state->default_algorithm;
}

/* ---- PyJWK ---- */

int pjf_jwk_check_slow(pjf_state *state, PyObject *argument)
{
    if (state->jwk_type == NULL) {
        return 0;
    }
    PyObject *type = Py_NewRef(state->jwk_type); /* __class__ may run Python code */
    int result = PyObject_IsInstance(argument, type);
    Py_DECREF(type);
    return result;
}

int pjf_jwk_open(pjf_state *state, PyObject *argument, pjf_jwk *out)
{
    out->algorithm_name = PyObject_GetAttr(argument, PJF_STR(state, algorithm_name));
    out->algorithm =
        out->algorithm_name == NULL ? NULL : PyObject_GetAttr(argument, PJF_STR(state, Algorithm));
    out->key = out->algorithm == NULL ? NULL : PyObject_GetAttr(argument, PJF_STR(state, key));
    if (out->key != NULL) {
        return 0;
    }
    pjf_jwk_close(out);
    *out = (pjf_jwk){NULL, NULL, NULL};
    return -1;
}
