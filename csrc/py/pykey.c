#include "py/pykey.h"

#include "py/pyargs.h"
#include "py/pyerror.h"

int pjf_text_span(PyObject *text, pjf_span *out)
{
    if (PJF_LIKELY(PyUnicode_Check(text) && PyUnicode_IS_COMPACT_ASCII(text))) {
        *out = (pjf_span){PyUnicode_1BYTE_DATA(text), (size_t)PyUnicode_GET_LENGTH(text)};
        return 0;
    }
    if (PyUnicode_Check(text)) {
        Py_ssize_t len;
        const char *utf8 = PyUnicode_AsUTF8AndSize(text, &len);
        if (utf8 == NULL) {
            return -1;
        }
        *out = (pjf_span){(const uint8_t *)utf8, (size_t)len};
        return 0;
    }
    if (PyBytes_Check(text)) {
        *out = (pjf_span){(const uint8_t *)PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text)};
        return 0;
    }
    PyErr_SetString(PyExc_TypeError, "Expected a string or bytes value");
    return -1;
}

const pjf_alg *pjf_alg_of(PyObject *name)
{
    pjf_span text;
    if (!PyUnicode_Check(name)) {
        return NULL;
    }
    if (pjf_text_span(name, &text) < 0) { /* lone surrogates */
        PyErr_Clear();
        return NULL;
    }
    return pjf_alg_find((const char *)text.ptr, text.len);
}

const pjf_alg *pjf_algorithm_named(PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "an algorithm's name must be a str, not %.200s",
                     Py_TYPE(name)->tp_name);
        return NULL;
    }
    const pjf_alg *alg = pjf_alg_of(name);
    if (alg == NULL || alg->family == PJF_FAMILY_NONE) {
        PyErr_Format(PyExc_ValueError, "algorithm %R is not supported (HS256, HS384, HS512 are)",
                     name);
        return NULL;
    }
    return alg;
}

int pjf_key_check_length(pjf_state *state, const pjf_alg *alg, const pjf_key *key, bool enforce)
{
    if (PJF_LIKELY(pjf_key_bits(key) >= alg->min_key_bits)) {
        return 0;
    }
    const char *format = "The HMAC key is %zu bytes long, which is below the minimum recommended"
                         " length of %d bytes for %s. See RFC 7518 Section 3.2.";
    size_t len = pjf_key_bits(key) / 8;
    int minimum = alg->min_key_bits / 8;
    const char *digest_name = pjf_digest_of((pjf_digest)alg->digest)->name;
    if (enforce) {
        pjf_raise_format(state, PJF_EXC_InvalidKeyError, format, len, minimum, digest_name);
        return -1;
    }
    return PyErr_WarnFormat(state->insecure_key_length_warning, 1, format, len, minimum,
                            digest_name);
}

static int check_none_key(pjf_state *state, PyObject *argument)
{
    if (argument == Py_None || (PyUnicode_Check(argument) && PyUnicode_GET_LENGTH(argument) == 0)) {
        return 0;
    }
    pjf_raise(state, PJF_EXC_InvalidKeyError, "When alg = \"none\", key value must be None.");
    return -1;
}

/* pjf_text_span for a secret: the exception of a str that has no UTF-8 would hold the str. */
static int secret_span(pjf_state *state, PyObject *secret, pjf_span *out)
{
    if (PJF_LIKELY(pjf_text_span(secret, out) == 0)) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        pjf_raise(state, PJF_EXC_InvalidKeyError,
                  "The key is a str that can't be encoded as UTF-8");
    }
    return -1;
}

/* The key of a str or bytes argument: prepared before, or now. */
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

int pjf_key_from_argument(pjf_state *state, const pjf_alg *alg, PyObject *argument,
                          pjf_key_purpose purpose, bool enforce, pjf_key_loan *out)
{
    pjf_status status = PJF_OK;
    pjf_span text;
    *out = (pjf_key_loan){NULL, NULL};
    if (PJF_UNLIKELY(alg->family == PJF_FAMILY_NONE)) {
        return check_none_key(state, argument);
    }
    if (pjf_key_check(state, argument)) {
        out->key = ((pjf_py_key *)argument)->key;
        status = pjf_key_fits(out->key, alg) ? PJF_OK : PJF_ERR_KEY_ALGORITHM;
    } else if (secret_span(state, argument, &text) < 0) {
        return -1;
    } else {
        status = key_from_text(state, alg, text, purpose, out);
    }
    if (PJF_UNLIKELY(status != PJF_OK)) {
        pjf_raise_status(state, status);
        return -1;
    }
    if (PJF_UNLIKELY(pjf_key_bits(out->key) < alg->min_key_bits)) {
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

/* ---- pyjwtfast.Key ---- */

PyDoc_STRVAR(
    from_secret_doc,
    "from_secret($type, secret, *, kid=None)\n--\n\n"
    "A key for HS256, HS384 and HS512 from a shared secret (RFC 7518 section 3.2).\n\n"
    "secret: str (taken as UTF-8) or bytes. kid: the key ID that tokens name it by.\n"
    "Raises InvalidKeyError for an empty secret, and for PEM, DER, SSH, JWK or JWKS text:\n"
    "a public key taken for a secret lets anybody sign.");

/* The kid argument as None or an exact str (a new reference; a subclass could be part of a cycle,
 * which this type does not look for), with its UTF-8. NULL with TypeError or ValueError. */
static PyObject *exact_kid(PyObject *argument, pjf_span *text)
{
    if (pjf_arg_is_none(argument)) {
        return Py_NewRef(Py_None);
    }
    if (!PyUnicode_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "kid must be a str or None, not %.200s",
                     Py_TYPE(argument)->tp_name);
        return NULL;
    }
    PyObject *kid = PyUnicode_FromObject(argument);
    if (kid == NULL || pjf_text_span(kid, text) < 0) {
        Py_XDECREF(kid);
        return NULL;
    }
    if (text->len > PJF_HEADER_KID_MAX) {
        PyErr_Format(PyExc_ValueError, "kid must be at most %d bytes of UTF-8", PJF_HEADER_KID_MAX);
        Py_CLEAR(kid);
    }
    return kid;
}

static PyObject *key_from_secret(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_secret, PJF_STR_kid};
    static const pjf_signature signature = {"from_secret", names, 2, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[2];
    pjf_span secret;
    pjf_span kid_text = {NULL, 0};
    pjf_key *key;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        secret_span(state, slots[0], &secret) < 0) {
        return NULL;
    }
    PyObject *kid = exact_kid(slots[1], &kid_text);
    if (kid == NULL) {
        return NULL;
    }
    pjf_status status = pjf_key_from_secret(state->lib, secret, &key);
    if (status != PJF_OK) {
        Py_DECREF(kid);
        return pjf_raise_status(state, status);
    }
    pjf_py_key *self = (pjf_py_key *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_DECREF(kid);
        pjf_key_unref(key);
        return NULL;
    }
    self->key = key;
    self->kid = kid;
    self->kid_text = kid_text;
    return (PyObject *)self;
}

static void key_dealloc(pjf_py_key *self)
{
    PyTypeObject *type = Py_TYPE(self);
    pjf_key_unref(self->key);
    Py_XDECREF(self->kid);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *key_repr(pjf_py_key *self)
{
    if (self->kid == Py_None) {
        return PyUnicode_FromFormat("<pyjwtfast.Key oct, %zu bits>", pjf_key_bits(self->key));
    }
    return PyUnicode_FromFormat("<pyjwtfast.Key oct, %zu bits, kid=%R>", pjf_key_bits(self->key),
                                self->kid);
}

static PyObject *key_get_kid(pjf_py_key *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->kid);
}

static PyObject *key_get_bits(pjf_py_key *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(pjf_key_bits(self->key));
}

static PyObject *key_get_kty(pjf_py_key *self, void *closure)
{
    (void)self;
    (void)closure;
    return PyUnicode_FromString("oct");
}

static PyObject *key_reduce(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    PyErr_SetString(PyExc_TypeError, "a Key can't be pickled or copied: it would leak the secret");
    return NULL;
}

static PyMethodDef key_methods[] = {
    {"from_secret", (PyCFunction)(void (*)(void))key_from_secret,
     METH_CLASS | METH_FASTCALL | METH_KEYWORDS, from_secret_doc},
    {"__reduce__", key_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef key_getset[] = {
    {"kid", (getter)key_get_kid, NULL, "The key ID (RFC 7517 section 4.5), a str or None.", NULL},
    {"kty", (getter)key_get_kty, NULL, "The key type (RFC 7517 section 4.1): 'oct'.", NULL},
    {"bits", (getter)key_get_bits, NULL, "The length of the secret in bits.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(key_doc, "An immutable key, checked and prepared once. Made by Key.from_secret().");

/* Instances come from the loaders alone; DISALLOW_INSTANTIATION would not say from which. */
static PyObject *key_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    (void)args;
    (void)kwargs;
    PyErr_SetString(PyExc_TypeError, "a Key is made by Key.from_secret()");
    return NULL;
}

static PyType_Slot key_slots[] = {
    {Py_tp_doc, (void *)key_doc},
    {Py_tp_new, key_new},
    {Py_tp_dealloc, key_dealloc},
    {Py_tp_repr, key_repr},
    {Py_tp_methods, key_methods},
    {Py_tp_getset, key_getset},
    {0, NULL},
};

PyType_Spec pjf_key_spec = {
    .name = "pyjwtfast.Key",
    .basicsize = sizeof(pjf_py_key),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = key_slots,
};
