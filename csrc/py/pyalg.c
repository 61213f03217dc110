#include "py/pyalg.h"

#include <string.h>

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

int pjf_key_text_span(pjf_state *state, PyObject *text, pjf_span *out)
{
    if (PJF_LIKELY(pjf_text_span(text, out) == 0)) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        pjf_raise(state, PJF_EXC_InvalidKeyError,
                  "The key is a str that can't be encoded as UTF-8");
    }
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

/* ValueError that lists what is supported. */
static void raise_unsupported(PyObject *name)
{
    char names[PJF_ALG_MAX * 12] = "";
    size_t at = 0;
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        if (alg->family == PJF_FAMILY_NONE || sizeof(names) - at < alg->name_len + 3u) {
            continue;
        }
        if (at != 0) {
            names[at++] = ',';
            names[at++] = ' ';
        }
        memcpy(names + at, alg->name, alg->name_len + 1u);
        at += alg->name_len;
    }
    PyErr_Format(PyExc_ValueError, "algorithm %R is not supported (%s are)", name, names);
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
        raise_unsupported(name);
        return NULL;
    }
    return alg;
}
