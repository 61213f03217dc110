#include "py/pyencode.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyerror.h"
#include "py/pyjson.h"
#include "py/pykeyarg.h"

const char pjf_encode_doc[] =
    "encode($module, payload, key, algorithm='HS256', headers=None, json_encoder=None,\n"
    "       sort_headers=True)\n--\n\n"
    "The claims signed as a JWT in compact serialisation, a str.\n\n"
    "payload: dict; datetimes in exp, iat and nbf become whole seconds. key: the secret (str or\n"
    "bytes) or a Key. headers: more JOSE header parameters. json_encoder: a json.JSONEncoder class\n"
    "for what json can't write. Raises TypeError for a payload that is no dict or an issuer that\n"
    "is no str, InvalidKeyError for a refused key, NotImplementedError for an unknown algorithm,\n"
    "and json's own errors. RFC 7515 section 5.1, RFC 7519 section 7.1.";

int pjf_encode_claims(pjf_state *state, PyObject *claims, PyObject *json_encoder, pjf_buf *out)
{
    size_t before = out->len;
    if (PJF_LIKELY(json_encoder == NULL)) {
        pjf_json_wrote result = pjf_json_dump_claims(claims, out);
        if (PJF_LIKELY(result != PJF_JSON_NEEDS_PYTHON)) {
            return result;
        }
        out->len = before;
    }
    PyObject *text =
        PyObject_CallMethodObjArgs(state->utils, PJF_STR(state, dump_claims), claims,
                                   json_encoder == NULL ? Py_None : json_encoder, NULL);
    if (text == NULL) {
        return -1;
    }
    int result = -1;
    if (!PyBytes_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "dump_claims() must return bytes");
    } else if (pjf_buf_append(out, PyBytes_AS_STRING(text), (size_t)PyBytes_GET_SIZE(text)) !=
               PJF_OK) {
        PyErr_NoMemory();
    } else {
        result = 0;
    }
    Py_DECREF(text);
    return result;
}

/* Writes a dot and the base64url text of bytes at text + *at. */
static void put_segment(const pjf_state *state, pjf_span bytes, uint8_t *text, size_t *at)
{
    text[(*at)++] = '.';
    state->lib->b64url->encode(bytes.ptr, bytes.len, (char *)text + *at);
    *at += pjf_b64url_encoded_len(bytes.len);
}

static pjf_status sign(pjf_state *state, const pjf_alg *alg, const pjf_key *key, pjf_span input,
                       uint8_t *signature, size_t *len)
{
    pjf_jws_work *work = pjf_work_take(state);
    if (work == NULL) {
        PyErr_Clear();
        return PJF_ERR_NOMEM;
    }
    pjf_status status = pjf_sig_sign(work->sig, alg, key, input, signature, len);
    pjf_work_give(state, work);
    return status;
}

static pjf_status sign_detached(pjf_state *state, const pjf_alg *alg, const pjf_key *key,
                                pjf_span header_segment, pjf_span payload, uint8_t *signature,
                                size_t *len)
{
    pjf_buf input;
    pjf_buf_init(&input);
    pjf_status status = pjf_jws_detached_input(header_segment, payload, &input);
    if (status == PJF_OK) {
        status = sign(state, alg, key, (pjf_span){input.ptr, input.len}, signature, len);
    }
    pjf_buf_free(&input, false);
    return status;
}

PyObject *pjf_encode_token(pjf_state *state, const pjf_alg *alg, const pjf_key *key,
                           pjf_span header_segment, pjf_span payload, bool detached)
{
    pjf_status status = PJF_OK;
    uint8_t signature[PJF_SIG_MAX];
    size_t signature_len = alg->signature_len;
    size_t payload_len = detached ? 0 : pjf_b64url_encoded_len(payload.len);
    size_t total = header_segment.len + 1 + payload_len + 1 + pjf_b64url_encoded_len(signature_len);

    PyObject *token = PyUnicode_New((Py_ssize_t)total, 127);
    if (token == NULL) {
        return NULL;
    }
    uint8_t *text = PyUnicode_1BYTE_DATA(token);
    size_t at = header_segment.len;
    memcpy(text, header_segment.ptr, header_segment.len);
    if (PJF_UNLIKELY(detached)) {
        text[at++] = '.';
        status = sign_detached(state, alg, key, header_segment, payload, signature, &signature_len);
    } else {
        put_segment(state, payload, text, &at);
        status = sign(state, alg, key, (pjf_span){text, at}, signature, &signature_len);
    }
    if (PJF_UNLIKELY(status != PJF_OK)) {
        Py_DECREF(token);
        return pjf_raise_status(state, status);
    }
    put_segment(state, (pjf_span){signature, signature_len}, text, &at);
    return token;
}

/* The base64url text of JSON bytes, new bytes. */
static PyObject *encode_segment(const pjf_state *state, PyObject *json)
{
    size_t len = (size_t)PyBytes_GET_SIZE(json);
    PyObject *segment = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)pjf_b64url_encoded_len(len));
    if (segment != NULL) {
        state->lib->b64url->encode((const uint8_t *)PyBytes_AS_STRING(json), len,
                                   PyBytes_AS_STRING(segment));
    }
    return segment;
}

PyObject *pjf_encode_header(pjf_state *state, PyObject *algorithm, PyObject *headers,
                            PyObject *json_encoder, bool sort, PyObject **alg_name, bool *detached)
{
    PyObject *built = PyObject_CallMethodObjArgs(
        state->utils, PJF_STR(state, build_header), algorithm, headers == NULL ? Py_None : headers,
        json_encoder == NULL ? Py_None : json_encoder, sort ? Py_True : Py_False, NULL);
    if (built == NULL) {
        return NULL;
    }
    PyObject *segment = NULL;
    if (!PyTuple_Check(built) || PyTuple_GET_SIZE(built) != 3 ||
        !PyBytes_Check(PyTuple_GET_ITEM(built, 0))) {
        PyErr_SetString(PyExc_TypeError, "build_header() must return (bytes, name, detached)");
    } else {
        segment = encode_segment(state, PyTuple_GET_ITEM(built, 0));
        if (segment != NULL) {
            *alg_name = Py_NewRef(PyTuple_GET_ITEM(built, 1));
            *detached = PyTuple_GET_ITEM(built, 2) == Py_True;
        }
    }
    Py_DECREF(built);
    return segment;
}

/* The header of a token without further parameters, encoded when the module was made. */
static pjf_span plain_header(const pjf_state *state, const pjf_alg *alg, bool sort)
{
    const pjf_plain_header *header = &state->plain_headers[alg->id][sort];
    return (pjf_span){header->segment, header->len};
}

static PyObject *encode_with_header(pjf_state *state, PyObject *payload, PyObject *key_argument,
                                    PyObject *algorithm, PyObject *headers, PyObject *json_encoder,
                                    bool sort, bool plain)
{
    PyObject *token = NULL;
    PyObject *header = NULL;
    PyObject *alg_name = NULL;
    pjf_key_loan loan = {NULL, NULL};
    bool detached = false;
    pjf_span segment;
    pjf_buf claims;
    pjf_buf_init(&claims);

    if (pjf_encode_claims(state, payload, json_encoder, &claims) < 0) {
        goto done;
    }
    const pjf_alg *alg = plain ? pjf_alg_of(algorithm) : NULL;
    if (PJF_LIKELY(alg != NULL)) {
        segment = plain_header(state, alg, sort);
    } else {
        header =
            pjf_encode_header(state, algorithm, headers, json_encoder, sort, &alg_name, &detached);
        if (header == NULL || pjf_text_span(header, &segment) < 0) {
            goto done;
        }
        alg = pjf_alg_of(alg_name);
    }
    if (alg == NULL) {
        if (PyObject_Hash(alg_name) != -1) { /* TypeError: PyJWT looks it up in a dict */
            PyErr_SetString(PyExc_NotImplementedError, pjf_status_text(PJF_ERR_ALG_UNSUPPORTED));
        }
        goto done;
    }
    if (pjf_key_from_argument(state, alg, key_argument, PJF_KEY_TO_SIGN, false, &loan) < 0) {
        goto done;
    }
    token = pjf_encode_token(state, alg, loan.key, segment, (pjf_span){claims.ptr, claims.len},
                             detached);
done:
    pjf_key_give_back(&loan);
    pjf_buf_free(&claims, false);
    Py_XDECREF(header);
    Py_XDECREF(alg_name);
    return token;
}

PyObject *pjf_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    enum { PAYLOAD, KEY, ALGORITHM, HEADERS, JSON_ENCODER, SORT_HEADERS, SLOTS };
    static const uint8_t names[SLOTS] = {PJF_STR_payload,      PJF_STR_key,
                                         PJF_STR_algorithm,    PJF_STR_headers,
                                         PJF_STR_json_encoder, PJF_STR_sort_headers};
    static const pjf_signature signature = {"encode", names, SLOTS, SLOTS, 2, false};
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[SLOTS];
    if (pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0) {
        return NULL;
    }
    if (!PyDict_Check(slots[PAYLOAD])) {
        PyErr_SetString(PyExc_TypeError, "Expecting a dict object, as JWT only supports"
                                         " JSON objects as payloads.");
        return NULL;
    }
    PyObject *algorithm = slots[ALGORITHM] == NULL ? state->default_algorithm : slots[ALGORITHM];
    if (algorithm == Py_None) {
        algorithm = state->none_algorithm;
    }
    PyObject *headers = pjf_arg_is_none(slots[HEADERS]) ? NULL : slots[HEADERS];
    PyObject *json_encoder = pjf_arg_is_none(slots[JSON_ENCODER]) ? NULL : slots[JSON_ENCODER];
    int sort = slots[SORT_HEADERS] == NULL ? 1 : PyObject_IsTrue(slots[SORT_HEADERS]);
    if (sort < 0) {
        return NULL;
    }
    return encode_with_header(state, slots[PAYLOAD], slots[KEY], algorithm, headers, json_encoder,
                              sort != 0, headers == NULL && json_encoder == NULL);
}
