#include "py/pykey.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyerror.h"

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
        pjf_key_text_span(state, slots[0], &secret) < 0) {
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
