#include "py/pyencode.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyerror.h"
#include "py/pyjson.h"
#include "py/pyjws.h"
#include "py/pykeyarg.h"

const char pjf_encode_doc[] =
    "encode($module, payload, key, algorithm=..., headers=None, json_encoder=None,\n"
    "       sort_headers=True)\n--\n\n"
    "The claims signed as a JWT in compact serialisation, a str.\n\n"
    "payload: dict; datetimes in exp, iat and nbf become whole seconds. key: the secret (str or\n"
    "bytes), a private key as PEM or DER, a Key, a PyJWK, or a key object of the library\n"
    "cryptography. algorithm: not given, the one that the Key or PyJWK is bound to, or HS256;\n"
    "None, the PyJWK's own or none.\n"
    "headers: more JOSE header parameters. json_encoder: a json.JSONEncoder class for what json\n"
    "can't write. Raises TypeError for a payload that is no dict or an issuer that is no str,\n"
    "InvalidKeyError for a refused key, NotImplementedError for an unknown algorithm, and json's\n"
    "own errors. RFC 7515 section 5.1, RFC 7519 section 7.1.";

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
    pjf_status status = pjf_core_sign(work, alg, key, input, signature, len);
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
    size_t expected_len = pjf_sig_len(alg, key);
    size_t signature_len = 0;
    size_t payload_len = detached ? 0 : pjf_b64url_encoded_len(payload.len);
    size_t total = header_segment.len + 1 + payload_len + 1 + pjf_b64url_encoded_len(expected_len);

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
    if (PJF_UNLIKELY(status == PJF_OK && signature_len != expected_len)) {
        status = PJF_ERR_CRYPTO; /* the str has no room for another one */
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

PyObject *pjf_encode_header(pjf_state *state, const pjf_header_parts *parts, PyObject **alg_name,
                            bool *detached)
{
    PyObject *built = PyObject_CallMethodObjArgs(
        state->utils, PJF_STR(state, build_header), parts->algorithm,
        parts->headers == NULL ? Py_None : parts->headers,
        parts->json_encoder == NULL ? Py_None : parts->json_encoder,
        parts->sort ? Py_True : Py_False, parts->typ == NULL ? PJF_STR(state, JWT) : parts->typ,
        parts->detached ? Py_True : Py_False, NULL);
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

/* What encode() and _jws_encode() were asked for, but the payload; borrowed. */
typedef struct encode_call {
    PyObject *key;
    pjf_header_parts header; /* algorithm NULL: not given; may be None */
    PyObject *registry;      /* NULL: the core's own algorithms */
    bool enforce;
} encode_call;

/* ---- signed by an Algorithm object ---- */

/* The bytes of buf, which must be UTF-8 as PyJWT's are, as a new str. */
static PyObject *text_of(const pjf_buf *buf)
{
    return PyUnicode_DecodeUTF8((const char *)buf->ptr, (Py_ssize_t)buf->len, NULL);
}

/* Appends a dot and the base64url text of bytes. */
static pjf_status append_segment(const pjf_state *state, pjf_span bytes, pjf_buf *out)
{
    pjf_status status = pjf_buf_reserve(out, pjf_b64url_encoded_len(bytes.len) + 1);
    if (status == PJF_OK) {
        put_segment(state, bytes, out->ptr, &out->len);
    }
    return status;
}

/* The signature of text (header and payload) by an Algorithm object, as a segment behind it. */
static int append_python_signature(pjf_state *state, PyObject *algorithm, PyObject *key,
                                   bool enforce, pjf_span input, pjf_buf *text)
{
    Py_buffer signature;
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)input.ptr, (Py_ssize_t)input.len);
    if (bytes == NULL) {
        return -1;
    }
    PyObject *signed_by = pjf_python_sign(state, algorithm, key, bytes, enforce);
    Py_DECREF(bytes);
    if (signed_by == NULL || PyObject_GetBuffer(signed_by, &signature, PyBUF_SIMPLE) < 0) {
        Py_XDECREF(signed_by);
        return -1;
    }
    pjf_status status =
        append_segment(state, (pjf_span){signature.buf, (size_t)signature.len}, text);
    PyBuffer_Release(&signature);
    Py_DECREF(signed_by);
    if (status != PJF_OK) {
        pjf_raise_status(state, status);
        return -1;
    }
    return 0;
}

static PyObject *encode_in_python(pjf_state *state, PyObject *algorithm, PyObject *key,
                                  bool enforce, pjf_span header_segment, pjf_span payload,
                                  bool detached)
{
    PyObject *token = NULL;
    pjf_status status;
    pjf_buf text; /* of the token */
    pjf_buf detached_input;
    pjf_buf_init(&text);
    pjf_buf_init(&detached_input);
    status = pjf_buf_append(&text, header_segment.ptr, header_segment.len);
    if (status == PJF_OK) {
        status = append_segment(state, detached ? (pjf_span){NULL, 0} : payload, &text);
    }
    if (status == PJF_OK && detached) {
        status = pjf_jws_detached_input(header_segment, payload, &detached_input);
    }
    if (status != PJF_OK) {
        pjf_raise_status(state, status);
        goto done;
    }
    const pjf_buf *input = detached ? &detached_input : &text;
    if (append_python_signature(state, algorithm, key, enforce, (pjf_span){input->ptr, input->len},
                                &text) == 0) {
        token = text_of(&text);
    }
done:
    pjf_buf_free(&text, false);
    pjf_buf_free(&detached_input, false);
    return token;
}

/* ---- encode() ---- */

/* The algorithm's name: given; the PyJWK's; what a Key is bound to; or the default. */
static PyObject *choose_algorithm(const pjf_state *state, const encode_call *call,
                                  const pjf_jwk *jwk)
{
    PyObject *given = call->header.algorithm;
    if (given != NULL && given != Py_None) {
        return given;
    }
    if (jwk->algorithm_name != NULL) {
        return jwk->algorithm_name;
    }
    return given == NULL ? pjf_default_algorithm(state, call->key) : state->none_algorithm;
}

/* The token of a payload. */
static PyObject *encode_payload(pjf_state *state, encode_call *call, pjf_span payload)
{
    PyObject *token = NULL;
    PyObject *built = NULL;
    PyObject *built_name = NULL;
    PyObject *key = call->key;
    pjf_jwk jwk = {NULL, NULL, NULL};
    pjf_way way = {NULL, NULL};
    pjf_key_loan loan = {NULL, NULL};
    bool detached = false;
    pjf_span segment;

    int is_jwk = pjf_jwk_check(state, key);
    if (PJF_UNLIKELY(is_jwk != 0)) {
        if (is_jwk < 0 || pjf_jwk_open(state, key, &jwk) < 0) {
            return NULL;
        }
        key = jwk.key;
    }
    pjf_header_parts *header = &call->header;
    PyObject *name = choose_algorithm(state, call, &jwk);
    header->algorithm = name;
    bool plain = header->headers == NULL && header->json_encoder == NULL && header->typ == NULL &&
                 !header->detached;
    const pjf_alg *alg = PJF_LIKELY(plain) ? pjf_alg_of(name) : NULL;
    if (PJF_LIKELY(alg != NULL)) {
        segment = plain_header(state, alg, header->sort);
    } else {
        built = pjf_encode_header(state, header, &built_name, &detached);
        if (built == NULL || pjf_text_span(built, &segment) < 0) {
            goto done;
        }
        name = built_name;
        alg = pjf_alg_of(name);
    }
    if (PJF_UNLIKELY(alg == NULL || call->registry != NULL)) {
        int found = pjf_way_find(state, call->registry, name, alg, &way);
        if (found <= 0) {
            if (found == 0) {
                PyErr_SetString(PyExc_NotImplementedError,
                                pjf_status_text(PJF_ERR_ALG_UNSUPPORTED));
            }
            goto done;
        }
        if (way.object != NULL) {
            token =
                encode_in_python(state, way.object, key, call->enforce, segment, payload, detached);
            goto done;
        }
    }
    if (pjf_key_from_argument(state, alg, key, PJF_KEY_TO_SIGN, call->enforce, &loan) < 0) {
        goto done;
    }
    token = pjf_encode_token(state, alg, loan.key, segment, payload, detached);
    pjf_key_give_back(&loan);
done:
    Py_XDECREF(built);
    Py_XDECREF(built_name);
    Py_XDECREF(way.object);
    pjf_jwk_close(&jwk);
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
    int sort = slots[SORT_HEADERS] == NULL ? 1 : PyObject_IsTrue(slots[SORT_HEADERS]);
    if (sort < 0) {
        return NULL;
    }
    encode_call call = {
        .key = slots[KEY],
        .header = {.algorithm = slots[ALGORITHM],
                   .headers = pjf_arg_is_none(slots[HEADERS]) ? NULL : slots[HEADERS],
                   .json_encoder =
                       pjf_arg_is_none(slots[JSON_ENCODER]) ? NULL : slots[JSON_ENCODER],
                   .sort = sort != 0},
        .registry = Py_XNewRef(state->registry),
    };
    PyObject *token = NULL;
    pjf_buf claims;
    pjf_buf_init(&claims);
    if (pjf_encode_claims(state, slots[PAYLOAD], call.header.json_encoder, &claims) == 0) {
        token = encode_payload(state, &call, (pjf_span){claims.ptr, claims.len});
    }
    pjf_buf_free(&claims, false);
    Py_XDECREF(call.registry);
    return token;
}

const char pjf_jws_encode_doc[] =
    "_jws_encode($module, payload, key, algorithm, headers, json_encoder, is_payload_detached,\n"
    "            sort_headers, header_typ, registry, enforce)\n--\n\n"
    "A JWS of payload (bytes), a str. As encode(), but with the options of a PyJWS: header_typ is\n"
    "the 'typ' of the header; registry, a dict of Algorithm objects by name or None for the\n"
    "core's own; enforce refuses short keys.";

PyObject *pjf_jws_encode(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                         PyObject *kwnames)
{
    enum {
        PAYLOAD,
        KEY,
        ALGORITHM,
        HEADERS,
        JSON_ENCODER,
        DETACHED,
        SORT_HEADERS,
        TYP,
        REGISTRY,
        ENFORCE,
        SLOTS
    };
    static const uint8_t names[SLOTS] = {PJF_STR_payload,      PJF_STR_key,
                                         PJF_STR_algorithm,    PJF_STR_headers,
                                         PJF_STR_json_encoder, PJF_STR_is_payload_detached,
                                         PJF_STR_sort_headers, PJF_STR_header_typ,
                                         PJF_STR_registry,     PJF_STR_enforce};
    static const pjf_signature signature = {"_jws_encode", names, SLOTS, SLOTS, SLOTS, false};
    pjf_state *state = pjf_state_of(module);
    PyObject *slots[SLOTS];
    if (pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0) {
        return NULL;
    }
    if (!PyBytes_Check(slots[PAYLOAD])) {
        PyErr_Format(PyExc_TypeError, "payload must be bytes, not %.200s",
                     Py_TYPE(slots[PAYLOAD])->tp_name);
        return NULL;
    }
    int detached = PyObject_IsTrue(slots[DETACHED]);
    int sort = detached < 0 ? -1 : PyObject_IsTrue(slots[SORT_HEADERS]);
    int enforce = sort < 0 ? -1 : PyObject_IsTrue(slots[ENFORCE]);
    if (enforce < 0 || pjf_check_registry(slots[REGISTRY]) < 0) {
        return NULL;
    }
    bool usual_typ =
        PyUnicode_CheckExact(slots[TYP]) && PyUnicode_Compare(slots[TYP], PJF_STR(state, JWT)) == 0;
    encode_call call = {
        .key = slots[KEY],
        .header = {.algorithm = slots[ALGORITHM],
                   .headers = slots[HEADERS] == Py_None ? NULL : slots[HEADERS],
                   .json_encoder = slots[JSON_ENCODER] == Py_None ? NULL : slots[JSON_ENCODER],
                   .typ = usual_typ ? NULL : slots[TYP],
                   .sort = sort != 0,
                   .detached = detached != 0},
        .registry = slots[REGISTRY] == Py_None ? NULL : slots[REGISTRY],
        .enforce = enforce != 0,
    };
    return encode_payload(state, &call,
                          (pjf_span){(const uint8_t *)PyBytes_AS_STRING(slots[PAYLOAD]),
                                     (size_t)PyBytes_GET_SIZE(slots[PAYLOAD])});
}
