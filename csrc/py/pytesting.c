#include "py/pytesting.h"

#include <string.h>

#include "py/pyjson.h"

static const pjf_b64url_codec *codec_named(const char *name)
{
    for (int path = 0; path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec != NULL && strcmp(codec->name, name) == 0) {
            return codec;
        }
    }
    PyErr_Format(PyExc_ValueError, "this CPU has no base64url path '%s'", name);
    return NULL;
}

static PyObject *b64url_paths(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    PyObject *names = PyList_New(0);
    for (int path = 0; names != NULL && path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec == NULL) {
            continue;
        }
        PyObject *name = PyUnicode_FromString(codec->name);
        if (name == NULL || PyList_Append(names, name) < 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *b64url_decode(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer text;
    const char *name;
    if (!PyArg_ParseTuple(args, "y*s:_b64url_decode", &text, &name)) {
        return NULL;
    }
    PyObject *result = NULL;
    const pjf_b64url_codec *codec = codec_named(name);
    uint8_t *out = codec == NULL ? NULL : PyMem_Malloc(pjf_b64url_decoded_max((size_t)text.len));
    if (codec != NULL && out == NULL) {
        PyErr_NoMemory();
    } else if (codec != NULL) {
        size_t len;
        size_t offset = 0;
        pjf_span span = {text.buf, (size_t)text.len};
        pjf_status status = pjf_b64url_decode_segment(codec, span, out, &len, &offset);
        if (status == PJF_OK) {
            result = PyBytes_FromStringAndSize((const char *)out, (Py_ssize_t)len);
        } else {
            PyErr_Format(PyExc_ValueError, "%s at byte %zu", pjf_status_text(status), offset);
        }
    }
    PyMem_Free(out);
    PyBuffer_Release(&text);
    return result;
}

static PyObject *b64url_encode(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer bytes;
    const char *name;
    if (!PyArg_ParseTuple(args, "y*s:_b64url_encode", &bytes, &name)) {
        return NULL;
    }
    PyObject *result = NULL;
    const pjf_b64url_codec *codec = codec_named(name);
    if (codec != NULL) {
        size_t len = (size_t)bytes.len;
        result = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)pjf_b64url_encoded_len(len));
        if (result != NULL) {
            codec->encode(bytes.buf, len, PyBytes_AS_STRING(result));
        }
    }
    PyBuffer_Release(&bytes);
    return result;
}

static PyObject *json_loads(PyObject *module, PyObject *args, bool events)
{
    Py_buffer text;
    if (!PyArg_ParseTuple(args, "y*", &text)) {
        return NULL;
    }
    PyObject *result =
        pjf_json_load_any(pjf_state_of(module), (pjf_span){text.buf, (size_t)text.len}, events);
    PyBuffer_Release(&text);
    return result;
}

static PyObject *json_loads_inlined(PyObject *module, PyObject *args)
{
    return json_loads(module, args, false);
}

static PyObject *json_loads_events(PyObject *module, PyObject *args)
{
    return json_loads(module, args, true);
}

PyMethodDef pjf_testing_methods[] = {
    {"_b64url_paths", b64url_paths, METH_NOARGS, "Names of the base64url paths of this CPU."},
    {"_b64url_decode", b64url_decode, METH_VARARGS, "Decode a segment by the path named."},
    {"_b64url_encode", b64url_encode, METH_VARARGS, "Encode bytes by the path named."},
    {"_json_loads", json_loads_inlined, METH_VARARGS, "Parse JSON by the inlined grammar."},
    {"_json_loads_events", json_loads_events, METH_VARARGS, "Parse JSON by callback events."},
    {NULL, NULL, 0, NULL},
};
