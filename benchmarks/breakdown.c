/*
 * The pieces of one verification and of one signing, each in a loop of its own: built and used by
 * breakdown.py. The core is compiled into this module with the flags of setup.py, so these are the
 * functions that pyjwtfast._core runs; the Python objects are made by the same C API calls.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <time.h>

#include "core/b64url.h"
#include "core/buf.h"
#include "core/json_read.h"
#include "core/jws.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/sig.h"

/* The compiler may not take a loop's work for the same each time, and do it once. */
#define FORGET() __asm__ volatile("" ::: "memory")

/* Strings up to this length are shared by the extension, and so cost nothing here. */
#define SHARED_STRING_MAX 31

/* The grammar with events that do nothing. */
#define NO_EVENT(ctx)                   ((void)(ctx), PJF_OK)
#define NO_VALUE(ctx, value)            ((void)(ctx), (void)(value), PJF_OK)
#define PJF_JSON_FN                     read_only
#define PJF_JSON_CTX                    void
#define PJF_JSON_ON_LITERAL(ctx, which) NO_VALUE(ctx, which)
#define PJF_JSON_ON_INTEGER(ctx, value) NO_VALUE(ctx, value)
#define PJF_JSON_ON_BIG_INTEGER(ctx, s) NO_VALUE(ctx, s)
#define PJF_JSON_ON_NUMBER(ctx, s)      NO_VALUE(ctx, s)
#define PJF_JSON_ON_STRING(ctx, s)      NO_VALUE(ctx, s)
#define PJF_JSON_ON_KEY(ctx, s)         NO_VALUE(ctx, s)
#define PJF_JSON_ON_OBJECT_BEGIN(ctx)   NO_EVENT(ctx)
#define PJF_JSON_ON_OBJECT_END(ctx)     NO_EVENT(ctx)
#define PJF_JSON_ON_ARRAY_BEGIN(ctx)    NO_EVENT(ctx)
#define PJF_JSON_ON_ARRAY_END(ctx)      NO_EVENT(ctx)
#include "core/json_read.inc.h"

typedef struct pieces {
    PyObject_HEAD pjf_lib *lib;
    pjf_key *key;
    const pjf_alg *alg;
    pjf_jws_work work;
    pjf_jws jws;
    PyObject *token;  /* bytes */
    PyObject *names;  /* tuple of str */
    PyObject *values; /* tuple of str and int */
} pieces;

static PyObject *raise_status(pjf_status status)
{
    PyErr_SetString(PyExc_RuntimeError, pjf_status_text(status));
    return NULL;
}

static pjf_span token_span(const pieces *self)
{
    return (pjf_span){(const uint8_t *)PyBytes_AS_STRING(self->token),
                      (size_t)PyBytes_GET_SIZE(self->token)};
}

static pjf_status load(pieces *self)
{
    pjf_error error;
    return pjf_jws_load(self->lib, &self->work, token_span(self), PJF_TOKEN_MAX_DEFAULT, &self->jws,
                        &error);
}

static pjf_status prepare(pieces *self, pjf_span secret)
{
    pjf_status status = pjf_lib_new(&self->lib);
    if (status == PJF_OK) {
        status = pjf_key_from_secret(self->lib, secret, &self->key);
    }
    if (status == PJF_OK) {
        status = pjf_jws_work_init(&self->work);
    }
    if (status == PJF_OK) {
        status = load(self);
    }
    if (status == PJF_OK) {
        self->alg = self->jws.header->alg;
        status = pjf_sig_verify(self->work.sig, self->alg, self->key, self->jws.signing_input,
                                self->jws.signature);
    }
    return status;
}

static void pieces_dealloc(pieces *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->work.sig != NULL) {
        pjf_jws_work_free(&self->work);
    }
    pjf_key_unref(self->key);
    pjf_lib_unref(self->lib);
    Py_XDECREF(self->token);
    Py_XDECREF(self->names);
    Py_XDECREF(self->values);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Pieces(token, secret, claims): bytes, bytes, and the dict that the token holds. */
static PyObject *pieces_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)kwargs;
    PyObject *token;
    PyObject *claims;
    const char *secret;
    Py_ssize_t secret_len;
    if (!PyArg_ParseTuple(args, "Sy#O!:Pieces", &token, &secret, &secret_len, &PyDict_Type,
                          &claims)) {
        return NULL;
    }
    pieces *self = (pieces *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->token = Py_NewRef(token);
    PyObject *names = PyDict_Keys(claims);
    PyObject *values = PyDict_Values(claims);
    self->names = names == NULL ? NULL : PyList_AsTuple(names);
    self->values = values == NULL ? NULL : PyList_AsTuple(values);
    Py_XDECREF(names);
    Py_XDECREF(values);
    pjf_status status = prepare(self, (pjf_span){(const uint8_t *)secret, (size_t)secret_len});
    if (status != PJF_OK) {
        raise_status(status);
    }
    if (PyErr_Occurred()) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* A method that does something so many times. The body sets status, or returns NULL. */
#define PIECE(name, body)                                \
    static PyObject *name(pieces *self, PyObject *times) \
    {                                                    \
        Py_ssize_t count = PyLong_AsSsize_t(times);      \
        pjf_status status = PJF_OK;                      \
        if (count < 0) {                                 \
            return NULL;                                 \
        }                                                \
        while (count-- > 0 && status == PJF_OK) {        \
            body;                                        \
            FORGET();                                    \
        }                                                \
        if (status != PJF_OK) {                          \
            return raise_status(status);                 \
        }                                                \
        (void)self;                                      \
        Py_RETURN_NONE;                                  \
    }

PIECE(piece_load, status = load(self))

PIECE(piece_verify, status = pjf_sig_verify(self->work.sig, self->alg, self->key,
                                            self->jws.signing_input, self->jws.signature))

PIECE(piece_sign, {
    uint8_t signature[PJF_SIG_MAX];
    size_t len;
    status = pjf_sig_sign(self->work.sig, self->alg, self->key, self->jws.signing_input, signature,
                          &len);
})

PIECE(piece_read, {
    pjf_error error;
    status = read_only(self->jws.payload, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT,
                       &self->work.unescape, self, &error);
})

PIECE(piece_clock, {
    struct timespec now;
#ifdef CLOCK_REALTIME_COARSE
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
#else
    clock_gettime(CLOCK_REALTIME, &now);
#endif
})

PIECE(piece_encode, {
    uint8_t *out = self->work.unescape.ptr; /* room for an ordinary token's segments */
    size_t len = pjf_b64url_encoded_len(self->jws.payload.len);
    if (len + 128 > self->work.unescape.cap) {
        status = PJF_ERR_TOKEN_TOO_LONG;
        break;
    }
    self->lib->b64url->encode(self->jws.payload.ptr, self->jws.payload.len, (char *)out);
    self->lib->b64url->encode(self->jws.signature.ptr, self->jws.signature.len, (char *)out + len);
})

PIECE(piece_token, {
    pjf_span token = token_span(self);
    PyObject *str = PyUnicode_New((Py_ssize_t)token.len, 127);
    if (str == NULL) {
        return NULL;
    }
    memcpy(PyUnicode_1BYTE_DATA(str), token.ptr, token.len);
    Py_DECREF(str);
})

/* The dict from names and values that are there already. */
PIECE(piece_dict, {
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->names); i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(self->names, i),
                           PyTuple_GET_ITEM(self->values, i)) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    Py_DECREF(dict);
})

/* A new object like this one: an int, or a str of ASCII. */
static PyObject *remade(PyObject *value)
{
    if (PyLong_Check(value)) {
        return PyLong_FromLongLong(PyLong_AsLongLong(value));
    }
    if (PyUnicode_GET_LENGTH(value) <= SHARED_STRING_MAX) {
        return Py_NewRef(value);
    }
    PyObject *str = PyUnicode_New(PyUnicode_GET_LENGTH(value), 127);
    if (str != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(str), PyUnicode_1BYTE_DATA(value),
               (size_t)PyUnicode_GET_LENGTH(value));
    }
    return str;
}

PIECE(piece_values, {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->values); i++) {
        PyObject *value = remade(PyTuple_GET_ITEM(self->values, i));
        if (value == NULL) {
            return NULL;
        }
        Py_DECREF(value);
    }
})

static PyObject *nothing(PyObject *self, PyObject *argument)
{
    (void)self;
    (void)argument;
    Py_RETURN_NONE;
}

static PyMethodDef pieces_methods[] = {
    {"load", (PyCFunction)piece_load, METH_O, "Split the token and decode its segments."},
    {"verify", (PyCFunction)piece_verify, METH_O, "Compute the MAC and compare it."},
    {"sign", (PyCFunction)piece_sign, METH_O, "Compute the MAC."},
    {"read", (PyCFunction)piece_read, METH_O, "Read the payload's JSON, making nothing of it."},
    {"clock", (PyCFunction)piece_clock, METH_O, "Read the clock."},
    {"encode", (PyCFunction)piece_encode, METH_O, "Encode payload and signature in base64url."},
    {"token", (PyCFunction)piece_token, METH_O, "Make the token's str."},
    {"dict", (PyCFunction)piece_dict, METH_O, "Make the dict of finished names and values."},
    {"values", (PyCFunction)piece_values, METH_O, "Make the values of the dict."},
    {"nothing", nothing, METH_O, "Take an argument and return None."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot pieces_slots[] = {
    {Py_tp_new, pieces_new},
    {Py_tp_dealloc, pieces_dealloc},
    {Py_tp_methods, pieces_methods},
    {0, NULL},
};

static PyType_Spec pieces_spec = {
    .name = "breakdown.Pieces",
    .basicsize = sizeof(pieces),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = pieces_slots,
};

static int breakdown_exec(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&pieces_spec);
    int failed = type == NULL ? -1 : PyModule_AddObjectRef(module, "Pieces", type);
    Py_XDECREF(type);
    return failed;
}

static PyModuleDef_Slot breakdown_slots[] = {
    {Py_mod_exec, breakdown_exec},
    {0, NULL},
};

static PyModuleDef breakdown_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "breakdown",
    .m_size = 0,
    .m_slots = breakdown_slots,
};

PyMODINIT_FUNC PyInit_breakdown(void)
{
    return PyModuleDef_Init(&breakdown_module);
}
