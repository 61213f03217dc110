#include "py/pydrf.h"

/* The last second that a datetime can hold: the end of the year 9999. */
#define LAST_SECOND 253402300799.0

const char pjf_token_in_header_doc[] =
    "_token_in_header($module, header, starts, /)\n--\n\n"
    "The token (bytes) of a header value that is one of starts (a tuple of bytes, such as\n"
    "b'Bearer '), and then a token without white space: how nearly all come. None for any other\n"
    "value: it may have one nevertheless. header: bytes, or str. RFC 9110 section 11.4, RFC 6750\n"
    "section 2.1.";

/* What bytes.split() splits at. */
static inline bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether the bytes are a token: some, none of them a space. */
static bool is_token(const uint8_t *ptr, size_t len)
{
    unsigned spaces = 0; /* counted to the end: the compiler makes vectors of it */
    for (size_t i = 0; i < len; i++) {
        spaces |= is_space(ptr[i]);
    }
    return len != 0 && spaces == 0;
}

/* The bytes of a header that may be usual; ASCII where it is a str. */
static bool header_span(PyObject *header, pjf_span *out)
{
    if (PyUnicode_CheckExact(header) && PyUnicode_IS_COMPACT_ASCII(header)) {
        *out = (pjf_span){PyUnicode_1BYTE_DATA(header), (size_t)PyUnicode_GET_LENGTH(header)};
        return true;
    }
    if (PyBytes_CheckExact(header)) {
        *out = (pjf_span){(const uint8_t *)PyBytes_AS_STRING(header),
                          (size_t)PyBytes_GET_SIZE(header)};
        return true;
    }
    return false;
}

PyObject *pjf_token_in_header(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    pjf_span header;
    if (nargs != 2 || !PyTuple_CheckExact(args[1])) {
        PyErr_SetString(PyExc_TypeError, "_token_in_header() takes a header and a tuple");
        return NULL;
    }
    if (!header_span(args[0], &header)) {
        Py_RETURN_NONE;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args[1]); i++) {
        PyObject *start = PyTuple_GET_ITEM(args[1], i);
        if (!PyBytes_CheckExact(start)) {
            PyErr_SetString(PyExc_TypeError, "_token_in_header() takes starts that are bytes");
            return NULL;
        }
        const size_t len = (size_t)PyBytes_GET_SIZE(start);
        if (header.len > len && memcmp(header.ptr, PyBytes_AS_STRING(start), len) == 0 &&
            is_token(header.ptr + len, header.len - len)) {
            return PyBytes_FromStringAndSize((const char *)header.ptr + len,
                                             (Py_ssize_t)(header.len - len));
        }
    }
    Py_RETURN_NONE;
}

const char pjf_is_usual_token_doc[] =
    "_is_usual_token($module, claims, now, jti_claim, type_claim, token_type, /)\n--\n\n"
    "Whether a verified token's claims are what they nearly always are: 'exp' is an int after now\n"
    "(seconds, a float), the claim named jti_claim is there, and that named type_claim is the str\n"
    "token_type. None as a name: nothing is asked of that claim. False too for claims that are no\n"
    "dict, or another kind of time.";

/* 1 when claims have the named one and, where wanted is given, it is that text; 0 when not. */
static int has_claim(PyObject *claims, PyObject *name, PyObject *wanted)
{
    if (name == Py_None) {
        return 1;
    }
    PyObject *value = PyDict_GetItemWithError(claims, name);
    if (value == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    return wanted == NULL || (PyUnicode_CheckExact(value) && PyUnicode_CheckExact(wanted) &&
                              PyUnicode_Compare(value, wanted) == 0);
}

/* 1 when "exp" is an int after now, of a year that a datetime knows; 0 when not. */
static int expires_after(pjf_state *state, PyObject *claims, double now)
{
    PyObject *exp = PyDict_GetItemWithError(claims, state->claims[PJF_CLAIM_exp]);
    if (exp == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int overflow = 1;
    int64_t seconds = PyLong_CheckExact(exp) ? PyLong_AsLongLongAndOverflow(exp, &overflow) : 0;
    return overflow == 0 && now < (double)seconds && (double)seconds <= LAST_SECOND;
}

PyObject *pjf_is_usual_token(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 5) {
        PyErr_SetString(PyExc_TypeError, "_is_usual_token() takes claims, a time and three names");
        return NULL;
    }
    if (!PyDict_CheckExact(args[0]) || !PyFloat_CheckExact(args[1])) {
        Py_RETURN_FALSE;
    }
    int usual = expires_after(pjf_state_of(module), args[0], PyFloat_AS_DOUBLE(args[1]));
    if (usual == 1) {
        usual = has_claim(args[0], args[2], NULL);
    }
    if (usual == 1) {
        usual = has_claim(args[0], args[3], args[4]);
    }
    return usual < 0 ? NULL : PyBool_FromLong(usual);
}
