#include "py/pyjws.h"

#include "py/pyalg.h"
#include "py/pyerror.h"
#include "py/pykeyarg.h"
#include "py/pyunlocked.h"

/* ---- by the core ---- */

pjf_status pjf_sig_sign_unlocked(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                 pjf_span message, uint8_t *signature, size_t *len)
{
    pjf_status status;
    PJF_UNLOCKED(status = pjf_sig_sign(work->sig, alg, key, message, signature, len));
    return status;
}

pjf_status pjf_sig_verify_unlocked(pjf_jws_work *work, const pjf_alg *alg, const pjf_key *key,
                                   pjf_span message, pjf_span signature)
{
    pjf_status status;
    PJF_UNLOCKED(status = pjf_sig_verify(work->sig, alg, key, message, signature));
    return status;
}

/* ---- which way ---- */

/* 1 when object is the one that stands for the core's algorithm of this name. */
static int is_native(pjf_state *state, PyObject *name, const PyObject *object)
{
    if (state->native == NULL) {
        return 0;
    }
    PyObject *native = Py_NewRef(state->native); /* the names in it may be of any type */
    PyObject *own = PyDict_GetItemWithError(native, name);
    int same = own == object ? 1 : own == NULL && PyErr_Occurred() ? -1 : 0;
    Py_DECREF(native);
    return same;
}

int pjf_way_of(pjf_state *state, PyObject *object, PyObject *name, const pjf_alg *alg, pjf_way *out)
{
    int native = alg == NULL ? 0 : is_native(state, name, object);
    *out = (pjf_way){NULL, NULL};
    if (native < 0) {
        return -1;
    }
    if (native) {
        out->alg = alg;
    } else {
        out->object = Py_NewRef(object);
    }
    return 1;
}

int pjf_check_registry(PyObject *registry)
{
    if (registry == Py_None || PyDict_Check(registry)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "registry must be a dict or None, not %.200s",
                 Py_TYPE(registry)->tp_name);
    return -1;
}

int pjf_way_find(pjf_state *state, PyObject *registry, PyObject *name, const pjf_alg *alg,
                 pjf_way *out)
{
    *out = (pjf_way){alg, NULL};
    if (registry == NULL) {
        return alg == NULL ? (PyObject_Hash(name) == -1 ? -1 : 0) : 1;
    }
    PyObject *object = PyDict_GetItemWithError(registry, name);
    if (object == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_INCREF(object);
    int found = pjf_way_of(state, object, name, alg, out);
    Py_DECREF(object);
    return found;
}

/* ---- by an Algorithm object ---- */

static PyObject *not_ready(PyObject *function)
{
    if (function == NULL) {
        PyErr_SetString(PyExc_NotImplementedError, pjf_status_text(PJF_ERR_ALG_UNSUPPORTED));
    }
    return function;
}

PyObject *pjf_python_sign(pjf_state *state, PyObject *algorithm, PyObject *key,
                          PyObject *signing_input, bool enforce)
{
    if (not_ready(state->py_sign) == NULL) {
        return NULL;
    }
    PyObject *function = Py_NewRef(state->py_sign);
    PyObject *signature = PyObject_CallFunctionObjArgs(function, algorithm, key, signing_input,
                                                       enforce ? Py_True : Py_False, NULL);
    Py_DECREF(function);
    if (signature != NULL && !PyObject_CheckBuffer(signature)) {
        PyErr_Format(PyExc_TypeError, "%.200s.sign() must return bytes, not %.200s",
                     Py_TYPE(algorithm)->tp_name, Py_TYPE(signature)->tp_name);
        Py_CLEAR(signature);
    }
    return signature;
}

int pjf_python_verify(pjf_state *state, PyObject *algorithm, PyObject *key, pjf_span signing_input,
                      pjf_span signature, bool enforce)
{
    if (not_ready(state->py_verify) == NULL) {
        return -1;
    }
    PyObject *function = Py_NewRef(state->py_verify);
    PyObject *input =
        PyBytes_FromStringAndSize((const char *)signing_input.ptr, (Py_ssize_t)signing_input.len);
    PyObject *bytes =
        PyBytes_FromStringAndSize((const char *)signature.ptr, (Py_ssize_t)signature.len);
    PyObject *answer = NULL;
    if (input != NULL && bytes != NULL) {
        answer = PyObject_CallFunctionObjArgs(function, algorithm, key, input, bytes,
                                              enforce ? Py_True : Py_False, NULL);
    }
    int good = answer == NULL ? -1 : PyObject_IsTrue(answer);
    if (good == 0) {
        pjf_raise_status(state, PJF_ERR_SIGNATURE);
    }
    Py_DECREF(function);
    Py_XDECREF(input);
    Py_XDECREF(bytes);
    Py_XDECREF(answer);
    return good == 1 ? 0 : -1;
}

/* ---- what the Python side calls ---- */

/* Algorithm, key and message of _sign() and _verify(). */
typedef struct raw_call {
    const pjf_alg *alg;
    pjf_key_loan key;
    pjf_span message;
} raw_call;

static int open_raw_call(pjf_state *state, PyObject *name, PyObject *key, PyObject *message,
                         pjf_key_purpose purpose, raw_call *out)
{
    out->alg = pjf_algorithm_named(name);
    if (out->alg == NULL || pjf_text_span(message, &out->message) < 0) {
        return -1;
    }
    return pjf_key_lend(state, out->alg, key, purpose, &out->key);
}

PyDoc_STRVAR(sign_doc, "_sign($module, algorithm, key, message, /)\n--\n\n"
                       "The signature of message (bytes) by a key, in any form that encode() takes."
                       "\n\nWithout the rule on short keys. ValueError for an unknown algorithm.");

static PyObject *raw_sign(PyObject *module, PyObject *args)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *name;
    PyObject *key;
    PyObject *message;
    uint8_t signature[PJF_SIG_MAX];
    size_t len = 0;
    raw_call call;
    if (!PyArg_ParseTuple(args, "OOS:_sign", &name, &key, &message) ||
        open_raw_call(state, name, key, message, PJF_KEY_TO_SIGN, &call) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    pjf_jws_work *work = pjf_work_take(state);
    if (work != NULL) {
        pjf_status status =
            pjf_core_sign(work, call.alg, call.key.key, call.message, signature, &len);
        pjf_work_give(state, work);
        result = status == PJF_OK
                     ? PyBytes_FromStringAndSize((const char *)signature, (Py_ssize_t)len)
                     : pjf_raise_status(state, status);
    }
    pjf_key_give_back(&call.key);
    return result;
}

PyDoc_STRVAR(verify_doc,
             "_verify($module, algorithm, key, message, signature, /)\n--\n\n"
             "Whether signature is the key's signature of message (both bytes). As _sign().");

static PyObject *raw_verify(PyObject *module, PyObject *args)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *name;
    PyObject *key;
    PyObject *message;
    PyObject *signature;
    pjf_span bytes;
    raw_call call;
    if (!PyArg_ParseTuple(args, "OOSS:_verify", &name, &key, &message, &signature) ||
        pjf_text_span(signature, &bytes) < 0 ||
        open_raw_call(state, name, key, message, PJF_KEY_TO_VERIFY, &call) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    pjf_jws_work *work = pjf_work_take(state);
    if (work != NULL) {
        pjf_status status = pjf_core_verify(work, call.alg, call.key.key, call.message, bytes);
        pjf_work_give(state, work);
        result = status == PJF_OK || status == PJF_ERR_SIGNATURE ? PyBool_FromLong(status == PJF_OK)
                                                                 : pjf_raise_status(state, status);
    }
    pjf_key_give_back(&call.key);
    return result;
}

PyDoc_STRVAR(
    setup_doc,
    "_setup($module, native, pyjwk, sign, verify, /)\n--\n\n"
    "Tells the core of its Python side, once: the Algorithm objects that stand for its own\n"
    "algorithms, by name; the class PyJWK; sign(algorithm, key, signing_input, enforce)\n"
    "and verify(algorithm, key, signing_input, signature, enforce) for other ones.");

static PyObject *setup(PyObject *module, PyObject *args)
{
    pjf_state *state = pjf_state_of(module);
    PyObject *native;
    PyObject *jwk_type;
    PyObject *sign;
    PyObject *verify;
    if (!PyArg_ParseTuple(args, "O!O!OO:_setup", &PyDict_Type, &native, &PyType_Type, &jwk_type,
                          &sign, &verify)) {
        return NULL;
    }
    PyObject *copy = PyDict_Copy(native); /* what it says now, whatever becomes of it */
    if (copy == NULL) {
        return NULL;
    }
    Py_XSETREF(state->native, copy);
    Py_XSETREF(state->jwk_type, Py_NewRef(jwk_type));
    Py_XSETREF(state->py_sign, Py_NewRef(sign));
    Py_XSETREF(state->py_verify, Py_NewRef(verify));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    set_registry_doc,
    "_set_registry($module, registry, /)\n--\n\n"
    "What encode() and decode() take algorithms from: a dict of Algorithm objects by name,\n"
    "or None for the core's own.");

static PyObject *set_registry(PyObject *module, PyObject *registry)
{
    pjf_state *state = pjf_state_of(module);
    if (pjf_check_registry(registry) < 0) {
        return NULL;
    }
    Py_XSETREF(state->registry, registry == Py_None ? NULL : Py_NewRef(registry));
    Py_RETURN_NONE;
}

PyMethodDef pjf_jws_methods[] = {
    {"_sign", raw_sign, METH_VARARGS, sign_doc},
    {"_verify", raw_verify, METH_VARARGS, verify_doc},
    {"_setup", setup, METH_VARARGS, setup_doc},
    {"_set_registry", set_registry, METH_O, set_registry_doc},
    {NULL, NULL, 0, NULL},
};
