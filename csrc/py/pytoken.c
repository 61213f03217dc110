#include "py/pytoken.h"

#include "py/pyalg.h"
#include "py/pyerror.h"

int pjf_token_span(pjf_state *state, PyObject *token, pjf_span *out)
{
    if (!PyUnicode_Check(token) && !PyBytes_Check(token)) {
        pjf_raise(state, PJF_EXC_DecodeError,
                  "Invalid token type. Token must be a <class 'bytes'>");
        return -1;
    }
    if (pjf_text_span(token, out) == 0) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) { /* lone surrogates */
        PyErr_Clear();
        pjf_raise(state, PJF_EXC_DecodeError, "Invalid token: the str can't be encoded as UTF-8");
    }
    return -1;
}

int pjf_token_load(pjf_state *state, pjf_jws_work *work, pjf_span token, size_t max_len,
                   pjf_jws *jws)
{
    pjf_error json_error;
    pjf_status status = pjf_jws_load(state->lib, work, token, max_len, jws, &json_error);
    if (PJF_LIKELY(status == PJF_OK)) {
        return 0;
    }
    if (status == PJF_ERR_HEADER_JSON) {
        pjf_raise_json(state, pjf_status_text(status), &json_error);
    } else {
        pjf_raise_status(state, status);
    }
    return -1;
}

/* PyJWT's message names the extension: the first of "crit" that is not "b64". */
static void raise_unsupported_extension(pjf_state *state, PyObject *header)
{
    PyObject *crit = PyDict_GetItemWithError(header, PJF_STR(state, crit));
    for (Py_ssize_t i = 0; crit != NULL && i < PyList_GET_SIZE(crit); i++) {
        PyObject *item = PyList_GET_ITEM(crit, i);
        if (PyUnicode_Compare(item, PJF_STR(state, b64)) != 0) {
            pjf_raise_format(state, PJF_EXC_InvalidTokenError, "Unsupported critical extension: %U",
                             item);
            return;
        }
    }
}

int pjf_token_check_header(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws)
{
    pjf_status status = pjf_jws_check_header(jws);
    if (PJF_LIKELY(status == PJF_OK)) {
        return 0;
    }
    if (status == PJF_ERR_CRIT_UNSUPPORTED) {
        PyObject *header = pjf_token_header(state, work, jws);
        if (header != NULL) {
            raise_unsupported_extension(state, header);
            Py_DECREF(header);
        }
    } else if (status == PJF_ERR_CRIT_MISSING) {
        pjf_raise(state, PJF_EXC_InvalidTokenError,
                  "Critical extension 'b64' is missing from headers");
    } else {
        pjf_raise_status(state, status);
    }
    return -1;
}

PyObject *pjf_token_header(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws)
{
    const char *what = pjf_status_text(PJF_ERR_HEADER_JSON);
    if (jws->header_json.ptr != NULL) {
        return pjf_json_load(state, what, jws->header_json, &work->unescape, NULL, NULL);
    }
    /* The memo served: its segment is at most PJF_HEADER_MEMO_MAX characters, and good. */
    uint8_t decoded[PJF_HEADER_MEMO_MAX / 4 * 3 + 64];
    size_t len;
    if (pjf_b64url_decode_segment(state->lib->b64url, jws->header_segment, decoded, &len, NULL) !=
        PJF_OK) {
        return pjf_raise_status(state, PJF_ERR_HEADER_B64);
    }
    return pjf_json_load(state, what, (pjf_span){decoded, len}, &work->unescape, NULL, NULL);
}

PyObject *pjf_token_complete(pjf_state *state, pjf_jws_work *work, const pjf_jws *jws,
                             PyObject *payload)
{
    PyObject *result = NULL;
    PyObject *complete = PyDict_New();
    PyObject *header = pjf_token_header(state, work, jws);
    PyObject *signature =
        PyBytes_FromStringAndSize((const char *)jws->signature.ptr, (Py_ssize_t)jws->signature.len);
    if (complete != NULL && header != NULL && signature != NULL &&
        PyDict_SetItem(complete, PJF_STR(state, payload), payload) == 0 &&
        PyDict_SetItem(complete, PJF_STR(state, header), header) == 0 &&
        PyDict_SetItem(complete, PJF_STR(state, signature), signature) == 0) {
        result = Py_NewRef(complete);
    }
    Py_XDECREF(complete);
    Py_XDECREF(header);
    Py_XDECREF(signature);
    return result;
}
