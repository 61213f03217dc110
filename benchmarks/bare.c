/*
 * OpenSSL's signatures alone, as a contestant: the operations of csrc/bench/bare.h, looped over in
 * C. Built and used by bare.py.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "bench/bare.h"

typedef struct operations {
    PyObject_HEAD PyObject *message; /* bytes */
    bare alone;
} operations;

static PyObject *raise_refusal(void)
{
    ERR_clear_error();
    PyErr_SetString(PyExc_RuntimeError, "OpenSSL refuses");
    return NULL;
}

static void operations_dealloc(operations *self)
{
    PyTypeObject *type = Py_TYPE(self);
    bare_clear(&self->alone);
    Py_XDECREF(self->message);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Operations(algorithm, key, message): key is a secret, or a private key in DER. */
static PyObject *operations_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    const char *name, *key;
    Py_ssize_t name_len, key_len;
    PyObject *message;
    if (!PyArg_ParseTuple(args, "s#y#S:Operations", &name, &name_len, &key, &key_len, &message)) {
        return NULL;
    }
    const pjf_alg *alg = pjf_alg_find(name, (size_t)name_len);
    if (alg == NULL || alg->family == PJF_FAMILY_NONE) {
        return PyErr_Format(PyExc_ValueError, "no such algorithm: %s", name);
    }
    operations *self = (operations *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->message = Py_NewRef(message);
    const unsigned char *text = (const unsigned char *)PyBytes_AS_STRING(message);
    size_t text_len = (size_t)PyBytes_GET_SIZE(message);
    const unsigned char *bytes = (const unsigned char *)key;
    bool ready;
    if (alg->family == PJF_FAMILY_HMAC) {
        ready = bare_init_mac(&self->alone, alg, bytes, (size_t)key_len, text, text_len);
    } else {
        EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &bytes, (long)key_len);
        ready = pkey != NULL && bare_init(&self->alone, alg, pkey, text, text_len);
        EVP_PKEY_free(pkey);
    }
    if (!ready || !bare_verify(&self->alone)) {
        Py_DECREF(self);
        return raise_refusal();
    }
    return (PyObject *)self;
}

static PyObject *repeat(operations *self, PyObject *times, bool (*operation)(bare *))
{
    Py_ssize_t count = PyLong_AsSsize_t(times);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    while (count-- > 0) {
        if (!operation(&self->alone)) {
            return raise_refusal();
        }
    }
    Py_RETURN_NONE;
}

static PyObject *operations_sign(operations *self, PyObject *times)
{
    return repeat(self, times, bare_sign);
}

static PyObject *operations_verify(operations *self, PyObject *times)
{
    return repeat(self, times, bare_verify);
}

static PyMethodDef operations_methods[] = {
    {"sign", (PyCFunction)operations_sign, METH_O, "Sign the message so many times."},
    {"verify", (PyCFunction)operations_verify, METH_O, "Verify it so many times."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot operations_slots[] = {
    {Py_tp_new, operations_new},
    {Py_tp_dealloc, operations_dealloc},
    {Py_tp_methods, operations_methods},
    {0, NULL},
};

static PyType_Spec operations_spec = {
    .name = "bare.Operations",
    .basicsize = sizeof(operations),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = operations_slots,
};

static int bare_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&operations_spec);
    int failed = type == NULL ? -1 : PyModule_AddObjectRef(module, "Operations", type);
    Py_XDECREF(type);
    if (failed < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "OPENSSL_VERSION", OpenSSL_version(OPENSSL_VERSION));
}

static PyModuleDef_Slot bare_slots[] = {
    {Py_mod_exec, bare_exec},
    {0, NULL},
};

static PyModuleDef bare_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "bare",
    .m_size = 0,
    .m_slots = bare_slots,
};

PyMODINIT_FUNC PyInit_bare(void)
{
    return PyModuleDef_Init(&bare_module);
}
