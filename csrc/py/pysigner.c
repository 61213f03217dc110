/*
 * pyjwtfast.Signer: one key, one algorithm, one header, prepared for many tokens.
 */
#include "py/pysigner.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyencode.h"
#include "py/pyerror.h"
#include "py/pykeyarg.h"

typedef struct pjf_py_signer {
    PyObject_HEAD pjf_state *state;
    const pjf_alg *alg;
    PyObject *key; /* pjf_py_key */
    PyObject *algorithm;
    PyObject *header_segment; /* bytes, encoded */
} pjf_py_signer;

PyDoc_STRVAR(
    signer_doc,
    "Signer(key, algorithm=<unset>, headers=None)\n--\n\n"
    "Signs claims with one key, algorithm and JOSE header, all prepared once.\n\n"
    "key: Key, a secret or private. algorithm: by default the one that the key is bound to, or\n"
    "HS256. headers: more header parameters; the key's kid is added.\n"
    "Raises TypeError for a wrong argument, ValueError for an unknown algorithm or a header that\n"
    "contradicts it, InvalidKeyError for a key that does not fit, is public, or must not sign.\n"
    "RFC 7515 section 5.1.");

PyDoc_STRVAR(sign_doc,
             "sign($self, claims)\n--\n\n"
             "The claims (a dict) as a signed JWT, a str. Datetimes in exp, iat and nbf become\n"
             "whole seconds. Raises TypeError for claims that are no dict or an issuer that is no\n"
             "str, and json's own errors.");

/* headers (may be NULL) with the key's kid, as a new dict. Refuses what a Signer can't do. */
static int collect_headers(pjf_state *state, PyObject *headers, PyObject *kid, PyObject *algorithm,
                           PyObject **out)
{
    *out = NULL;
    if (headers != NULL && !PyDict_Check(headers)) {
        PyErr_Format(PyExc_TypeError, "headers must be a dict or None, not %.200s",
                     Py_TYPE(headers)->tp_name);
        return -1;
    }
    PyObject *merged = headers == NULL ? PyDict_New() : PyDict_Copy(headers);
    if (merged == NULL) {
        return -1;
    }
    if (kid != Py_None && PyDict_SetDefault(merged, PJF_STR(state, kid), kid) == NULL) {
        goto failed;
    }
    PyObject *alg = PyDict_GetItemWithError(merged, PJF_STR(state, alg));
    if (alg == NULL && PyErr_Occurred()) {
        goto failed;
    }
    if (alg != NULL) {
        int same = PyObject_RichCompareBool(alg, algorithm, Py_EQ);
        if (same != 1) {
            if (same == 0) {
                PyErr_SetString(PyExc_ValueError, "headers: 'alg' contradicts the algorithm");
            }
            goto failed;
        }
    }
    int b64 = PyDict_Contains(merged, PJF_STR(state, b64));
    int crit = b64 < 0 ? -1 : PyDict_Contains(merged, PJF_STR(state, crit));
    if (b64 < 0 || crit < 0) {
        goto failed;
    }
    if (b64 || crit) {
        PyErr_SetString(PyExc_ValueError, "headers: a Signer has no detached payloads and no"
                                          " critical extensions; use encode()");
        goto failed;
    }
    *out = merged;
    return 0;

failed:
    Py_DECREF(merged);
    return -1;
}

static PyObject *signer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"key", "algorithm", "headers", NULL};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *key;
    PyObject *headers = Py_None;
    PyObject *merged = NULL;
    if (state == NULL) {
        return NULL;
    }
    PyObject *algorithm = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:Signer", names, &key, &algorithm,
                                     &headers)) {
        return NULL;
    }
    if (!pjf_py_key_check(state, key)) {
        PyErr_Format(
            PyExc_TypeError,
            "key must be a pyjwtfast.Key (see Key.from_secret, Key.from_pem, ...), not %.200s",
            Py_TYPE(key)->tp_name);
        return NULL;
    }
    if (algorithm == NULL) {
        algorithm = pjf_default_algorithm(state, key);
    }
    const pjf_alg *alg = pjf_algorithm_named(algorithm);
    if (alg == NULL) {
        return NULL;
    }
    pjf_key *core_key = ((pjf_py_key *)key)->key;
    pjf_status status = pjf_key_check(core_key, alg, PJF_KEY_TO_SIGN);
    if (status != PJF_OK) {
        return pjf_raise_key_status(state, status, core_key, alg);
    }
    if (pjf_key_check_length(state, alg, core_key, false) < 0 ||
        collect_headers(state, headers == Py_None ? NULL : headers, ((pjf_py_key *)key)->kid,
                        algorithm, &merged) < 0) {
        return NULL;
    }
    PyObject *alg_name = NULL;
    bool detached;
    pjf_header_parts header = {.algorithm = algorithm, .headers = merged, .sort = true};
    PyObject *segment = pjf_encode_header(state, &header, &alg_name, &detached);
    Py_DECREF(merged);
    Py_XDECREF(alg_name);
    if (segment == NULL) {
        return NULL;
    }
    pjf_py_signer *self = (pjf_py_signer *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(segment);
        return NULL;
    }
    self->state = state;
    self->alg = alg;
    self->key = Py_NewRef(key);
    self->algorithm = Py_NewRef(algorithm);
    self->header_segment = segment;
    return (PyObject *)self;
}

static void signer_dealloc(pjf_py_signer *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->key);
    Py_XDECREF(self->algorithm);
    Py_XDECREF(self->header_segment);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *signer_sign(pjf_py_signer *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_claims};
    static const pjf_signature signature = {"sign", names, 1, 1, 1, false};
    PyObject *claims;
    PyObject *token = NULL;
    pjf_buf json;
    if (pjf_args_match_one(self->state, &signature, args, nargs, kwnames, &claims) < 0) {
        return NULL;
    }
    if (!PyDict_Check(claims)) {
        PyErr_Format(PyExc_TypeError, "claims must be a dict, not %.200s",
                     Py_TYPE(claims)->tp_name);
        return NULL;
    }
    pjf_buf_init(&json);
    if (pjf_encode_claims(self->state, claims, NULL, &json) == 0) {
        pjf_span segment = {(const uint8_t *)PyBytes_AS_STRING(self->header_segment),
                            (size_t)PyBytes_GET_SIZE(self->header_segment)};
        token = pjf_encode_token(self->state, self->alg, ((pjf_py_key *)self->key)->key, segment,
                                 (pjf_span){json.ptr, json.len}, false);
    }
    pjf_buf_free(&json, false);
    return token;
}

static PyObject *signer_get_key(pjf_py_signer *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->key);
}

static PyObject *signer_get_algorithm(pjf_py_signer *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->algorithm);
}

static PyObject *signer_repr(pjf_py_signer *self)
{
    return PyUnicode_FromFormat("<pyjwtfast.Signer %U>", self->algorithm);
}

static PyMethodDef signer_methods[] = {
    {"sign", PJF_FASTCALL(signer_sign), sign_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef signer_getset[] = {
    {"key", (getter)signer_get_key, NULL, "The Key.", NULL},
    {"algorithm", (getter)signer_get_algorithm, NULL, "The algorithm's name.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot signer_slots[] = {
    {Py_tp_doc, (void *)signer_doc},
    {Py_tp_new, signer_new},
    {Py_tp_dealloc, signer_dealloc},
    {Py_tp_repr, signer_repr},
    {Py_tp_methods, signer_methods},
    {Py_tp_getset, signer_getset},
    {0, NULL},
};

PyType_Spec pjf_signer_spec = {
    .name = "pyjwtfast.Signer",
    .basicsize = sizeof(pjf_py_signer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = signer_slots,
};
