/*
 * The fast way of json.dumps. It takes only exact builtin types, for whose text no Python code is
 * asked; anything else restarts in Python's json module, so subclasses, enums, datetimes and errors
 * come out exactly as there.
 */
#include "py/pyjson.h"

#include <math.h>
#include <string.h>

#include "core/json_write.h"

/* Deeper nesting, which may be a cycle, is left to Python. */
#define WRITE_DEPTH_MAX 64

static inline pjf_json_wrote wrote(pjf_status status)
{
    if (PJF_LIKELY(status == PJF_OK)) {
        return PJF_JSON_WROTE;
    }
    PyErr_NoMemory();
    return PJF_JSON_FAILED;
}

static pjf_json_wrote write_string(PyObject *str, pjf_buf *out)
{
#if PY_VERSION_HEX < 0x030C0000
    if (PJF_UNLIKELY(!PyUnicode_IS_READY(str))) {
        return PJF_JSON_NEEDS_PYTHON;
    }
#endif
    size_t count = (size_t)PyUnicode_GET_LENGTH(str);
    switch (PyUnicode_KIND(str)) {
    case PyUnicode_1BYTE_KIND:
        return wrote(pjf_json_write_latin1(out, PyUnicode_1BYTE_DATA(str), count));
    case PyUnicode_2BYTE_KIND:
        return wrote(pjf_json_write_ucs2(out, PyUnicode_2BYTE_DATA(str), count));
    default: return wrote(pjf_json_write_ucs4(out, PyUnicode_4BYTE_DATA(str), count));
    }
}

/* Integers beyond 64 bits are left to Python: their conversion runs signal handlers. */
static pjf_json_wrote write_int(PyObject *number, pjf_buf *out)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    return overflow == 0 ? wrote(pjf_json_write_int(out, value)) : PJF_JSON_NEEDS_PYTHON;
}

/* As float.__repr__, but for NaN and the infinities. */
static pjf_json_wrote write_float(PyObject *number, pjf_buf *out)
{
    double value = PyFloat_AS_DOUBLE(number);
    if (!isfinite(value)) {
        const char *text = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        return wrote(pjf_buf_append(out, text, strlen(text)));
    }
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (text == NULL) {
        return PJF_JSON_FAILED;
    }
    pjf_json_wrote result = wrote(pjf_buf_append(out, text, strlen(text)));
    PyMem_Free(text);
    return result;
}

static pjf_json_wrote write_value(PyObject *value, pjf_buf *out, int depth);

static pjf_json_wrote write_items(PyObject *const *items, Py_ssize_t count, pjf_buf *out, int depth)
{
    pjf_json_wrote result = wrote(pjf_buf_append_byte(out, '['));
    for (Py_ssize_t i = 0; i < count && result == PJF_JSON_WROTE; i++) {
        if (i != 0) {
            result = wrote(pjf_buf_append_byte(out, ','));
        }
        if (result == PJF_JSON_WROTE) {
            result = write_value(items[i], out, depth);
        }
    }
    return result == PJF_JSON_WROTE ? wrote(pjf_buf_append_byte(out, ']')) : result;
}

/* A member's name behind the separator, with its colon. */
static inline pjf_json_wrote write_name(PyObject *name, uint8_t separator, pjf_buf *out)
{
    if (PJF_LIKELY(PyUnicode_IS_COMPACT_ASCII(name))) {
        return wrote(pjf_json_write_name(out, separator, PyUnicode_1BYTE_DATA(name),
                                         (size_t)PyUnicode_GET_LENGTH(name)));
    }
    pjf_json_wrote result = wrote(pjf_buf_append_byte(out, separator));
    if (result == PJF_JSON_WROTE) {
        result = write_string(name, out);
    }
    return result == PJF_JSON_WROTE ? wrote(pjf_buf_append_byte(out, ':')) : result;
}

/* PyJWT refuses an "iss" that is not a string, before anything else: Python's way says so. */
static inline bool is_foreign_issuer(PyObject *name, PyObject *value)
{
    return PyUnicode_GET_LENGTH(name) == 3 && PyUnicode_IS_COMPACT_ASCII(name) &&
           memcmp(PyUnicode_1BYTE_DATA(name), "iss", 3) == 0 && !PyUnicode_CheckExact(value);
}

static pjf_json_wrote write_dict(PyObject *dict, pjf_buf *out, int depth)
{
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *value;
    uint8_t separator = '{';
    if (PyDict_GET_SIZE(dict) == 0) {
        return wrote(pjf_buf_append(out, "{}", 2));
    }
    while (PyDict_Next(dict, &position, &name, &value)) {
        if (PJF_UNLIKELY(!PyUnicode_CheckExact(name)) ||
            PJF_UNLIKELY(depth == 0 && is_foreign_issuer(name, value))) {
            return PJF_JSON_NEEDS_PYTHON;
        }
        pjf_json_wrote result = write_name(name, separator, out);
        separator = ',';
        if (result == PJF_JSON_WROTE) {
            result = write_value(value, out, depth + 1);
        }
        if (PJF_UNLIKELY(result != PJF_JSON_WROTE)) {
            return result;
        }
    }
    return wrote(pjf_buf_append_byte(out, '}'));
}

static pjf_json_wrote write_value(PyObject *value, pjf_buf *out, int depth)
{
    if (PyUnicode_CheckExact(value)) {
        return write_string(value, out);
    }
    if (PyLong_CheckExact(value)) {
        return write_int(value, out);
    }
    if (value == Py_None) {
        return wrote(pjf_buf_append(out, "null", 4));
    }
    if (value == Py_True) {
        return wrote(pjf_buf_append(out, "true", 4));
    }
    if (value == Py_False) {
        return wrote(pjf_buf_append(out, "false", 5));
    }
    if (PyFloat_CheckExact(value)) {
        return write_float(value, out);
    }
    if (depth >= WRITE_DEPTH_MAX) {
        return PJF_JSON_NEEDS_PYTHON;
    }
    if (PyDict_CheckExact(value)) {
        return write_dict(value, out, depth + 1);
    }
    if (PyList_CheckExact(value)) {
        return write_items(((PyListObject *)value)->ob_item, PyList_GET_SIZE(value), out,
                           depth + 1);
    }
    if (PyTuple_CheckExact(value)) {
        return write_items(((PyTupleObject *)value)->ob_item, PyTuple_GET_SIZE(value), out,
                           depth + 1);
    }
    return PJF_JSON_NEEDS_PYTHON;
}

pjf_json_wrote pjf_json_dump_claims(PyObject *claims, pjf_buf *out)
{
    if (PJF_UNLIKELY(!PyDict_CheckExact(claims))) {
        return PJF_JSON_NEEDS_PYTHON;
    }
    return write_dict(claims, out, 0);
}
