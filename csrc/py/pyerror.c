#include "py/pyerror.h"

#include <stdarg.h>

static PyObject *class_of(const pjf_state *state, pjf_exception which)
{
    PyObject *type = state->exceptions[which];
    return type != NULL ? type : PyExc_SystemError; /* NULL only while the interpreter ends */
}

static pjf_exception exception_of(pjf_status status)
{
    if (status >= PJF_ERR_KEY_EMPTY && status <= PJF_ERR_JWK_OTH) { /* all about keys */
        return PJF_EXC_InvalidKeyError;
    }
    switch (status) {
    case PJF_ERR_TOKEN_TOO_LONG:
    case PJF_ERR_SEGMENTS:
    case PJF_ERR_HEADER_B64:
    case PJF_ERR_HEADER_JSON:
    case PJF_ERR_PAYLOAD_NOT_EMPTY:
    case PJF_ERR_PAYLOAD_B64:
    case PJF_ERR_SIGNATURE_B64:
    case PJF_ERR_DETACHED_UNEXPECTED:
    case PJF_ERR_DETACHED_REQUIRED: return PJF_EXC_DecodeError;
    case PJF_ERR_HEADER_KID:
    case PJF_ERR_CRIT_NOT_LIST:
    case PJF_ERR_CRIT_NOT_STRING:
    case PJF_ERR_CRIT_DUPLICATE:
    case PJF_ERR_CRIT_UNSUPPORTED:
    case PJF_ERR_CRIT_MISSING:
    case PJF_ERR_B64_NOT_CRIT: return PJF_EXC_InvalidTokenError;
    case PJF_ERR_ALG_MISSING:
    case PJF_ERR_ALG_NOT_ALLOWED:
    case PJF_ERR_ALG_UNSUPPORTED: return PJF_EXC_InvalidAlgorithmError;
    case PJF_ERR_SIGNATURE: return PJF_EXC_InvalidSignatureError;
    default: return PJF_EXC_PyJWTError;
    }
}

PyObject *pjf_raise_status(pjf_state *state, pjf_status status)
{
    if (status == PJF_ERR_NOMEM) {
        return PyErr_NoMemory();
    }
    return pjf_raise(state, exception_of(status), pjf_status_text(status));
}

PyObject *pjf_raise_key_status(pjf_state *state, pjf_status status, const pjf_key *key,
                               const pjf_alg *alg)
{
    if (status != PJF_ERR_KEY_ALGORITHM) {
        return pjf_raise_status(state, status);
    }
    static const char *const kinds[] = {[PJF_KEY_OCT] = "a secret",
                                        [PJF_KEY_RSA] = "RSA",
                                        [PJF_KEY_EC] = "EC ",
                                        [PJF_KEY_OKP] = ""};
    pjf_curve curve = pjf_key_curve_of(key);
    const pjf_alg *own = pjf_key_alg(key);
    return pjf_raise_format(state, PJF_EXC_InvalidKeyError, "%s: it is %s%s%s%s%s%s%s%s",
                            pjf_status_text(status), kinds[pjf_key_kind_of(key)],
                            curve == PJF_CURVE_NONE ? "" : pjf_curve_of(curve)->crv,
                            own == NULL ? "" : " for ", own == NULL ? "" : own->name,
                            own == NULL ? "" : " only", alg == NULL ? "" : ", and ",
                            alg == NULL ? "" : alg->name, alg == NULL ? "" : " was asked for");
}

PyObject *pjf_raise(pjf_state *state, pjf_exception which, const char *text)
{
    PyErr_SetString(class_of(state, which), text);
    return NULL;
}

PyObject *pjf_raise_format(pjf_state *state, pjf_exception which, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyErr_FormatV(class_of(state, which), format, args);
    va_end(args);
    return NULL;
}

PyObject *pjf_raise_json(pjf_state *state, const char *what, const pjf_error *error)
{
    if (error->status == PJF_ERR_NOMEM) {
        return PyErr_NoMemory();
    }
    if (error->status == PJF_ERR_JSON_NOT_OBJECT) {
        return pjf_raise_format(state, PJF_EXC_DecodeError, "%s: %s", what,
                                pjf_status_text(error->status));
    }
    const char *text = pjf_status_text(error->status);
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) {
            return NULL;
        }
        /* The one value a receiver refuses: sys.get_int_max_str_digits(). */
        PyErr_Clear();
        text = "integer has too many digits";
    }
    return pjf_raise_format(state, PJF_EXC_DecodeError, "%s: %s at byte %zu", what, text,
                            error->offset);
}

PyObject *pjf_raise_missing_claim(pjf_state *state, PyObject *claim)
{
    PyObject *type = class_of(state, PJF_EXC_MissingRequiredClaimError);
    PyObject *error = PyObject_CallOneArg(type, claim); /* PyErr_SetObject would unpack a tuple */
    if (error != NULL) {
        PyErr_SetObject(type, error);
        Py_DECREF(error);
    }
    return NULL;
}
