/*
 * The type's methods: arguments in, objects out. What a key is, and whether it is one, is the
 * core's to say. The GIL is released around whatever may take long: RSA numbers are checked, a
 * password is stretched, primes are searched for.
 */
#include "py/pykey.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pyerror.h"
#include "py/pyjson.h"
#include "py/pyunlocked.h"

/* A status of a loader or writer as InvalidKeyError, whatever unit of the core it comes from. */
static PyObject *key_refused(pjf_state *state, pjf_status status)
{
    if (status == PJF_ERR_NOMEM) {
        return PyErr_NoMemory();
    }
    return pjf_raise(state, PJF_EXC_InvalidKeyError, pjf_status_text(status));
}

int pjf_cryptography_der(pjf_state *state, PyObject *object, PyObject **out)
{
    PyObject *der =
        PyObject_CallMethodOneArg(state->utils, PJF_STR(state, cryptography_der), object);
    if (der != NULL && PyBytes_Check(der)) {
        *out = der;
        return 1;
    }
    *out = NULL;
    Py_XDECREF(der); /* None */
    return der == NULL ? -1 : 0;
}

void pjf_drop_secret(PyObject *bytes)
{
    if (bytes != NULL && Py_REFCNT(bytes) == 1) {
        pjf_cleanse(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    }
    Py_XDECREF(bytes);
}

/* ---- arguments ---- */

/* A bool argument, false when absent. Nothing else will do: to_pem("password") must not export a
 * private key. */
static int take_flag(PyObject *argument, const char *name, bool *out)
{
    *out = argument == Py_True;
    if (argument == NULL || PyBool_Check(argument)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s must be a bool, not %.200s", name,
                 Py_TYPE(argument)->tp_name);
    return -1;
}

/* A password as a span borrowed from it; *given false for None. */
static int take_password(pjf_state *state, PyObject *argument, bool *given, pjf_span *out)
{
    *given = !pjf_arg_is_none(argument);
    return *given ? pjf_key_text_span(state, argument, out) : 0;
}

/* The kid argument as a new reference to an exact str (a subclass could be part of a cycle, which
 * this type does not look for), or to None. NULL with TypeError or ValueError. */
static PyObject *take_kid(PyObject *argument)
{
    pjf_span text;
    if (pjf_arg_is_none(argument)) {
        return Py_NewRef(Py_None);
    }
    if (!PyUnicode_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "kid must be a str or None, not %.200s",
                     Py_TYPE(argument)->tp_name);
        return NULL;
    }
    PyObject *kid = PyUnicode_FromObject(argument);
    if (kid == NULL || pjf_text_span(kid, &text) < 0) {
        Py_XDECREF(kid);
        return NULL;
    }
    if (text.len > PJF_KEY_KID_MAX) {
        PyErr_Format(PyExc_ValueError, "kid must be at most %d bytes of UTF-8", PJF_KEY_KID_MAX);
        Py_CLEAR(kid);
    }
    return kid;
}

/* What the caller of a loader says about the key. */
typedef struct key_terms {
    const pjf_alg *alg; /* to bind it to, or NULL */
    PyObject *kid;      /* owned: a str, or None: the key's own, if it has one */
} key_terms;

static int take_terms(PyObject *algorithm, PyObject *kid, key_terms *out)
{
    out->alg = NULL;
    if (!pjf_arg_is_none(algorithm)) {
        out->alg = pjf_algorithm_named(algorithm);
        if (out->alg == NULL) {
            return -1;
        }
    }
    out->kid = take_kid(kid);
    return out->kid == NULL ? -1 : 0;
}

/* ---- making the object ---- */

/* The kid that the key was loaded with, a new str or None. */
static PyObject *own_kid(pjf_state *state, const pjf_key *key)
{
    pjf_span text = pjf_key_kid(key);
    if (text.ptr == NULL) {
        return Py_NewRef(Py_None);
    }
    PyObject *kid = PyUnicode_DecodeUTF8((const char *)text.ptr, (Py_ssize_t)text.len, NULL);
    if (kid == NULL && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        key_refused(state, PJF_ERR_JWK_KID);
    }
    return kid;
}

/* A Key, which takes over key and kid (None or an exact str) in every case. */
static PyObject *key_object(PyTypeObject *type, pjf_key *key, PyObject *kid)
{
    pjf_py_key *self = (pjf_py_key *)type->tp_alloc(type, 0);
    if (self == NULL) {
        pjf_key_unref(key);
        Py_DECREF(kid);
        return NULL;
    }
    self->key = key;
    self->kid = kid;
    self->kid_text = (pjf_span){NULL, 0};
    if (kid != Py_None && pjf_text_span(kid, &self->kid_text) < 0) {
        Py_CLEAR(self);
    }
    return (PyObject *)self;
}

/* The end of every loader: its result with the caller's terms, which are used up. */
static PyObject *loaded(PyTypeObject *type, pjf_state *state, pjf_status status, pjf_key *key,
                        key_terms *terms)
{
    if (status == PJF_OK && terms->alg != NULL) {
        status = pjf_key_bind(key, terms->alg);
    }
    if (status == PJF_OK && terms->kid == Py_None) {
        Py_SETREF(terms->kid, own_kid(state, key));
    } else if (status != PJF_OK) {
        Py_CLEAR(terms->kid);
        key_refused(state, status);
    }
    if (terms->kid == NULL) {
        pjf_key_unref(key);
        return NULL;
    }
    return key_object(type, key, terms->kid);
}

/* ---- loaders ---- */

PyDoc_STRVAR(
    from_secret_doc,
    "from_secret($type, secret, *, kid=None)\n--\n\n"
    "A key for HS256, HS384 and HS512 from a shared secret (RFC 7518 section 3.2).\n\n"
    "secret: str (taken as UTF-8) or bytes. kid: the key ID that tokens name it by.\n"
    "Raises InvalidKeyError for an empty secret, and for PEM, DER, SSH, JWK or JWKS text:\n"
    "a public key taken for a secret lets anybody sign.");

static PyObject *key_from_secret(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_secret, PJF_STR_kid};
    static const pjf_signature signature = {"from_secret", names, 2, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[2];
    pjf_span secret;
    key_terms terms;
    pjf_key *key = NULL;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        pjf_key_text_span(state, slots[0], &secret) < 0 || take_terms(NULL, slots[1], &terms) < 0) {
        return NULL;
    }
    pjf_status status = pjf_key_from_secret(state->lib, secret, &key);
    return loaded(type, state, status, key, &terms);
}

PyDoc_STRVAR(
    from_pem_doc,
    "from_pem($type, pem, *, password=None, algorithm=None, kid=None)\n--\n\n"
    "A key from PEM text (RFC 7468): one block of PRIVATE KEY, ENCRYPTED PRIVATE KEY,\n"
    "RSA PRIVATE KEY, EC PRIVATE KEY, PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE (whose public\n"
    "key is taken, and nothing else of it looked at).\n\n"
    "pem: str or bytes. password: str (taken as UTF-8) or bytes, for an encrypted key alone.\n"
    "algorithm: the one algorithm that the key is for from now on. kid: the key ID.\n"
    "Raises InvalidKeyError for what is no such text or no usable key (a number of a bad size, a\n"
    "point off its curve, a private part of another public key), for a missing, wrong or unneeded\n"
    "password, and when the key does not fit algorithm; ValueError for an unknown algorithm.");

PyDoc_STRVAR(
    from_der_doc,
    "from_der($type, der, *, password=None, algorithm=None, kid=None)\n--\n\n"
    "A key from DER: what from_pem() takes, without its armour (RFC 5958, RFC 5280, RFC 5915,\n"
    "RFC 8017 appendix A.1).\n\n"
    "der: bytes. The other arguments and the errors are those of from_pem().");

/* from_pem and from_der, which differ in the form of the text alone. */
typedef pjf_status (*container_loader)(pjf_lib *lib, pjf_span text, const pjf_span *password,
                                       pjf_key **out);

static PyObject *load_container(PyTypeObject *type, pjf_state *state, container_loader load,
                                pjf_span text, PyObject *const slots[4])
{
    pjf_span password;
    bool has_password;
    key_terms terms;
    pjf_key *key = NULL;
    pjf_status status;
    if (take_password(state, slots[1], &has_password, &password) < 0 ||
        take_terms(slots[2], slots[3], &terms) < 0) {
        return NULL;
    }
    /* The spans are borrowed from immutable objects, which our caller holds meanwhile. */
    PJF_UNLOCKED(status = load(state->lib, text, has_password ? &password : NULL, &key));
    return loaded(type, state, status, key, &terms);
}

static PyObject *key_from_pem(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_pem, PJF_STR_password, PJF_STR_algorithm, PJF_STR_kid};
    static const pjf_signature signature = {"from_pem", names, 4, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[4];
    pjf_span pem;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        pjf_key_text_span(state, slots[0], &pem) < 0) {
        return NULL;
    }
    return load_container(type, state, pjf_key_from_pem, pem, slots);
}

static PyObject *key_from_der(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_der, PJF_STR_password, PJF_STR_algorithm, PJF_STR_kid};
    static const pjf_signature signature = {"from_der", names, 4, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[4];
    pjf_span der;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0) {
        return NULL;
    }
    if (!PyBytes_Check(slots[0])) {
        PyErr_Format(PyExc_TypeError, "der must be bytes, not %.200s", Py_TYPE(slots[0])->tp_name);
        return NULL;
    }
    der = (pjf_span){(const uint8_t *)PyBytes_AS_STRING(slots[0]),
                     (size_t)PyBytes_GET_SIZE(slots[0])};
    return load_container(type, state, pjf_key_from_der, der, slots);
}

PyDoc_STRVAR(
    from_ssh_doc,
    "from_ssh($type, line, *, algorithm=None, kid=None)\n--\n\n"
    "A public key from one line of OpenSSH's format (RFC 4253 section 6.6): ssh-rsa,\n"
    "ecdsa-sha2-nistp256, -nistp384, -nistp521 or ssh-ed25519, with or without a comment.\n\n"
    "line: str or bytes. algorithm, kid and the errors: as for from_pem().");

static PyObject *key_from_ssh(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_line, PJF_STR_algorithm, PJF_STR_kid};
    static const pjf_signature signature = {"from_ssh", names, 3, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[3];
    pjf_span line;
    key_terms terms;
    pjf_key *key = NULL;
    pjf_status status;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        pjf_key_text_span(state, slots[0], &line) < 0 ||
        take_terms(slots[1], slots[2], &terms) < 0) {
        return NULL;
    }
    PJF_UNLOCKED(status = pjf_key_from_ssh(state->lib, line, &key));
    return loaded(type, state, status, key, &terms);
}

PyDoc_STRVAR(
    from_jwk_doc,
    "from_jwk($type, jwk, *, algorithm=None, kid=None)\n--\n\n"
    "A key from a JWK (RFC 7517): kty RSA, EC, OKP (RFC 8037) or oct.\n\n"
    "jwk: its JSON text as str or bytes, or a mapping. Its alg, use and key_ops bind the key to\n"
    "what they say; its kid becomes the key's.\n"
    "algorithm: bind the key to this one, whatever alg says. kid: in place of the JWK's.\n"
    "Raises InvalidKeyError for what is no JWK or no usable key, for a name that occurs twice in\n"
    "the text, and when the key does not fit its algorithm; ValueError for an unknown algorithm.");

/* The slow ways of JWKs, written in Python; loaded when first needed. */
static PyObject *jwks_module(void)
{
    return PyImport_ImportModule("pyjwtfast._jwks");
}

/* The text of a JWK argument that is no text: in buf, or in *bytes (a new reference). */
static int jwk_text(PyObject *jwk, pjf_buf *buf, PyObject **bytes, pjf_span *out)
{
    switch (pjf_json_dump_claims(jwk, buf)) {
    case PJF_JSON_WROTE: *out = (pjf_span){buf->ptr, buf->len}; return 0;
    case PJF_JSON_NEEDS_PYTHON: break;
    case PJF_JSON_FAILED: return -1;
    }
    PyObject *module = jwks_module();
    if (module == NULL) {
        return -1;
    }
    *bytes = PyObject_CallMethod(module, "dump", "O", jwk);
    Py_DECREF(module);
    return *bytes == NULL ? -1 : pjf_text_span(*bytes, out);
}

static PyObject *key_from_jwk(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_jwk, PJF_STR_algorithm, PJF_STR_kid};
    static const pjf_signature signature = {"from_jwk", names, 3, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[3];
    pjf_span json;
    key_terms terms;
    pjf_buf buf;
    PyObject *bytes = NULL;
    PyObject *result = NULL;
    pjf_key *key = NULL;
    pjf_status status;
    int taken;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        take_terms(slots[1], slots[2], &terms) < 0) {
        return NULL;
    }
    pjf_buf_init(&buf);
    if (PyUnicode_Check(slots[0]) || PyBytes_Check(slots[0])) {
        taken = pjf_key_text_span(state, slots[0], &json);
    } else {
        taken = jwk_text(slots[0], &buf, &bytes, &json);
    }
    if (taken == 0) {
        PJF_UNLOCKED(status = pjf_key_from_jwk(state->lib, json, terms.alg, &key));
        result = loaded(type, state, status, key, &terms);
    } else {
        Py_DECREF(terms.kid);
    }
    pjf_drop_secret(bytes);
    pjf_buf_free(&buf, true);
    return result;
}

PyDoc_STRVAR(
    from_jwks_doc,
    "from_jwks($type, jwks, *, strict=False)\n--\n\n"
    "The keys of a JWK set (RFC 7517 section 5), a list of Key.\n\n"
    "jwks: its JSON text as str or bytes, or a mapping. Members that from_jwk() refuses (of an\n"
    "unknown kty or alg, or damaged) are skipped, as the RFC asks for.\n"
    "strict: nothing is skipped, and these are refused too: two keys with one kid, symmetric\n"
    "beside asymmetric keys, RSA keys below 2048 bits, secrets shorter than their alg's digest\n"
    "(RFC 7518 sections 3.2, 3.3), and RSA keys that CVE-2017-15361 (ROCA) makes weak.\n"
    "Raises InvalidKeyError for these, for what is no JWK set, and when no key is left.");

static PyObject *key_from_jwks(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_jwks, PJF_STR_strict};
    static const pjf_signature signature = {"from_jwks", names, 2, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[2];
    bool strict;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        take_flag(slots[1], "strict", &strict) < 0) {
        return NULL;
    }
    PyObject *result = NULL;
    PyObject *module = jwks_module();
    PyObject *from_jwk =
        module == NULL ? NULL : PyObject_GetAttrString((PyObject *)type, "from_jwk");
    if (from_jwk != NULL) {
        result = PyObject_CallMethod(module, "load", "OOO", from_jwk, slots[0],
                                     strict ? Py_True : Py_False);
    }
    Py_XDECREF(from_jwk);
    Py_XDECREF(module);
    return result;
}

PyDoc_STRVAR(
    from_cryptography_doc,
    "from_cryptography($type, key, *, algorithm=None, kid=None)\n--\n\n"
    "A key from a key object of the library cryptography, public or private, by way of its DER.\n\n"
    "algorithm, kid and the errors: as for from_pem(); TypeError for any other object.");

static PyObject *key_from_cryptography(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                                       PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_key, PJF_STR_algorithm, PJF_STR_kid};
    static const pjf_signature signature = {"from_cryptography", names, 3, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[3];
    key_terms terms;
    pjf_key *key = NULL;
    pjf_status status;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        take_terms(slots[1], slots[2], &terms) < 0) {
        return NULL;
    }
    PyObject *der;
    int found = pjf_cryptography_der(state, slots[0], &der);
    if (found <= 0) {
        if (found == 0) {
            PyErr_Format(PyExc_TypeError,
                         "expected a key object of the library cryptography, not %.200s",
                         Py_TYPE(slots[0])->tp_name);
        }
        Py_DECREF(terms.kid);
        return NULL;
    }
    pjf_span text = {(const uint8_t *)PyBytes_AS_STRING(der), (size_t)PyBytes_GET_SIZE(der)};
    PJF_UNLOCKED(status = pjf_key_from_der(state->lib, text, NULL, &key));
    pjf_drop_secret(der);
    return loaded(type, state, status, key, &terms);
}

PyDoc_STRVAR(
    generate_doc,
    "generate($type, algorithm, *, bits=None, kid=None)\n--\n\n"
    "A new private key, or a new shared secret, for an algorithm; not bound to it.\n\n"
    "algorithm: a name of RFC 7518 section 3.1, RFC 8037, RFC 8812 or RFC 9864; \"EdDSA\" gives an\n"
    "Ed25519 key. kid: the key ID.\n"
    "bits: of an RSA modulus, 2048 (the default) to 16384; or of a secret, from its algorithm's\n"
    "digest (the default) to 16384, whole bytes; curves have no choice.\n"
    "Raises ValueError for an unknown algorithm or bits out of range.");

static void raise_bits(const pjf_alg *alg)
{
    if (alg->family == PJF_FAMILY_HMAC || alg->min_key_bits != 0) {
        PyErr_Format(PyExc_ValueError, "bits must be %d to %d%s for %s", alg->min_key_bits,
                     PJF_RSA_BITS_MAX, alg->family == PJF_FAMILY_HMAC ? " and a multiple of 8" : "",
                     alg->name);
    } else {
        PyErr_Format(PyExc_ValueError, "bits can't be chosen for %s", alg->name);
    }
}

/* The bits argument, 0 when absent. */
static int take_bits(PyObject *argument, const pjf_alg *alg, size_t *out)
{
    *out = 0;
    if (pjf_arg_is_none(argument)) {
        return 0;
    }
    if (!PyLong_Check(argument)) {
        PyErr_Format(PyExc_TypeError, "bits must be an int or None, not %.200s",
                     Py_TYPE(argument)->tp_name);
        return -1;
    }
    int overflow;
    long bits = PyLong_AsLongAndOverflow(argument, &overflow);
    bool whole = alg->family != PJF_FAMILY_HMAC || bits % 8 == 0;
    if (overflow != 0 || alg->min_key_bits == 0 || bits < alg->min_key_bits ||
        bits > PJF_RSA_BITS_MAX || !whole) {
        raise_bits(alg);
        return -1;
    }
    *out = (size_t)bits;
    return 0;
}

static PyObject *key_generate(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_algorithm, PJF_STR_bits, PJF_STR_kid};
    static const pjf_signature signature = {"generate", names, 3, 1, 1, false};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *slots[3];
    size_t bits;
    key_terms terms;
    pjf_key *key = NULL;
    pjf_status status;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0) {
        return NULL;
    }
    const pjf_alg *alg = pjf_algorithm_named(slots[0]);
    if (alg == NULL || take_bits(slots[1], alg, &bits) < 0 ||
        take_terms(NULL, slots[2], &terms) < 0) {
        return NULL;
    }
    PJF_UNLOCKED(status = pjf_key_generate(state->lib, alg, bits, &key));
    return loaded(type, state, status, key, &terms);
}

/* ---- writers ---- */

PyDoc_STRVAR(public_doc,
             "public($self)\n--\n\n"
             "The public part of a private key, with the same kid and bindings; a public key\n"
             "gives itself. Raises InvalidKeyError for a shared secret.");

static PyObject *key_public(pjf_py_key *self, PyObject *ignored)
{
    (void)ignored;
    pjf_state *state = PyType_GetModuleState(Py_TYPE(self));
    pjf_key *key = NULL;
    pjf_status status;
    if (state == NULL) {
        return NULL;
    }
    PJF_UNLOCKED(status = pjf_key_public(self->key, &key));
    if (status != PJF_OK) {
        return key_refused(state, status);
    }
    if (key == self->key) {
        pjf_key_unref(key);
        return Py_NewRef((PyObject *)self);
    }
    return key_object(Py_TYPE(self), key, Py_NewRef(self->kid));
}

PyDoc_STRVAR(
    to_pem_doc,
    "to_pem($self, private=False, password=None)\n--\n\n"
    "The key as PEM text (RFC 7468), a str: PUBLIC KEY, or with private=True PRIVATE KEY.\n\n"
    "password: str (taken as UTF-8) or bytes to encrypt a private key with (RFC 8018: PBES2 with\n"
    "PBKDF2-HMAC-SHA256 and AES-256-CBC).\n"
    "Raises InvalidKeyError for a shared secret, and when the private part is asked for and there\n"
    "is none; ValueError for an empty password, or one without private=True.");

static PyObject *key_to_pem(pjf_py_key *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_private, PJF_STR_password};
    static const pjf_signature signature = {"to_pem", names, 2, 2, 0, false};
    pjf_state *state = PyType_GetModuleState(Py_TYPE(self));
    PyObject *slots[2];
    bool private_part;
    bool has_password;
    pjf_span password;
    pjf_buf pem;
    pjf_status status;
    PyObject *result = NULL;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, slots, NULL) < 0 ||
        take_flag(slots[0], "private", &private_part) < 0 ||
        take_password(state, slots[1], &has_password, &password) < 0) {
        return NULL;
    }
    if (has_password && (!private_part || password.len == 0)) {
        PyErr_SetString(PyExc_ValueError, private_part ? "password must not be empty"
                                                       : "a password needs private=True");
        return NULL;
    }
    pjf_buf_init(&pem);
    PJF_UNLOCKED(
        status = pjf_key_to_pem(self->key, private_part, has_password ? &password : NULL, &pem));
    if (status == PJF_OK) {
        result = PyUnicode_DecodeASCII((const char *)pem.ptr, (Py_ssize_t)pem.len, NULL);
    } else {
        key_refused(state, status);
    }
    pjf_buf_free(&pem, true);
    return result;
}

PyDoc_STRVAR(
    to_der_doc,
    "to_der($self, private=False)\n--\n\n"
    "The key as DER, bytes: SubjectPublicKeyInfo (RFC 5280), or with private=True PKCS #8\n"
    "(RFC 5958), not encrypted. Raises InvalidKeyError as to_pem() does.");

static PyObject *key_to_der(pjf_py_key *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_private};
    static const pjf_signature signature = {"to_der", names, 1, 1, 0, false};
    pjf_state *state = PyType_GetModuleState(Py_TYPE(self));
    PyObject *slot;
    bool private_part;
    pjf_buf der;
    PyObject *result = NULL;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, &slot, NULL) < 0 ||
        take_flag(slot, "private", &private_part) < 0) {
        return NULL;
    }
    pjf_buf_init(&der);
    pjf_status status = pjf_key_to_der(self->key, private_part, &der);
    if (status == PJF_OK) {
        result = PyBytes_FromStringAndSize((const char *)der.ptr, (Py_ssize_t)der.len);
    } else {
        key_refused(state, status);
    }
    pjf_buf_free(&der, true);
    return result;
}

PyDoc_STRVAR(
    to_jwk_doc,
    "to_jwk($self, private=False)\n--\n\n"
    "The key as a JWK (RFC 7517), a dict, with alg, use, key_ops and kid where the key has them.\n\n"
    "private: with the private part; a shared secret has no other. Raises InvalidKeyError when\n"
    "there is no such part.");

static PyObject *key_to_jwk(pjf_py_key *self, PyObject *const *args, Py_ssize_t nargs,
                            PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_private};
    static const pjf_signature signature = {"to_jwk", names, 1, 1, 0, false};
    pjf_state *state = PyType_GetModuleState(Py_TYPE(self));
    PyObject *slot;
    bool private_part;
    pjf_buf json;
    pjf_buf scratch;
    PyObject *result = NULL;
    if (state == NULL || pjf_args_match(state, &signature, args, nargs, kwnames, &slot, NULL) < 0 ||
        take_flag(slot, "private", &private_part) < 0) {
        return NULL;
    }
    pjf_buf_init(&json);
    pjf_buf_init(&scratch);
    pjf_status status = pjf_key_to_jwk(self->key, private_part, self->kid_text, &json);
    if (status == PJF_OK) {
        result = pjf_json_load(state, "JWK", (pjf_span){json.ptr, json.len}, &scratch, NULL, NULL);
    } else {
        key_refused(state, status);
    }
    pjf_buf_free(&json, true);
    pjf_buf_free(&scratch, true);
    return result;
}

PyDoc_STRVAR(
    thumbprint_doc,
    "thumbprint($self)\n--\n\n"
    "The SHA-256 thumbprint of the key in base64url (RFC 7638), a str of 43 characters; the same\n"
    "for a private key and its public part. Of a shared secret it is a hash that anybody can\n"
    "test guesses against (RFC 7638 section 7): keep it as secret.");

static PyObject *key_thumbprint(pjf_py_key *self, PyObject *ignored)
{
    (void)ignored;
    pjf_state *state = PyType_GetModuleState(Py_TYPE(self));
    uint8_t digest[PJF_THUMBPRINT_LEN];
    if (state == NULL) {
        return NULL;
    }
    pjf_status status = pjf_key_thumbprint(self->key, digest);
    if (status != PJF_OK) {
        return key_refused(state, status);
    }
    size_t len = pjf_b64url_encoded_len(sizeof(digest));
    PyObject *result = PyUnicode_New((Py_ssize_t)len, 127);
    if (result != NULL) {
        state->lib->b64url->encode(digest, sizeof(digest), (char *)PyUnicode_1BYTE_DATA(result));
    }
    return result;
}

/* ---- attributes ---- */

static PyObject *key_get_kid(pjf_py_key *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->kid);
}

static PyObject *key_get_kty(pjf_py_key *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(pjf_key_kty(self->key));
}

static PyObject *key_get_crv(pjf_py_key *self, void *closure)
{
    (void)closure;
    pjf_curve curve = pjf_key_curve_of(self->key);
    if (curve == PJF_CURVE_NONE) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(pjf_curve_of(curve)->crv);
}

static PyObject *key_get_bits(pjf_py_key *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(pjf_key_bits(self->key));
}

static PyObject *key_get_algorithm(pjf_py_key *self, void *closure)
{
    (void)closure;
    const pjf_alg *alg = pjf_key_alg(self->key);
    if (alg == NULL) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(alg->name);
}

static PyObject *key_get_is_private(pjf_py_key *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(pjf_key_is_private(self->key));
}

/* <pyjwtfast.Key EC, P-256, private, kid='k', algorithm='ES256'> */
static PyObject *key_repr(pjf_py_key *self)
{
    const pjf_key *key = self->key;
    const pjf_alg *alg = pjf_key_alg(key);
    char size[32];
    if (pjf_key_curve_of(key) != PJF_CURVE_NONE) {
        PyOS_snprintf(size, sizeof(size), "%s", pjf_curve_of(pjf_key_curve_of(key))->crv);
    } else {
        PyOS_snprintf(size, sizeof(size), "%zu bits", pjf_key_bits(key));
    }
    const char *part = pjf_key_kind_of(key) == PJF_KEY_OCT ? "secret"
                       : pjf_key_is_private(key)           ? "private"
                                                           : "public";
    PyObject *kid = self->kid == Py_None ? PyUnicode_FromString("")
                                         : PyUnicode_FromFormat(", kid=%R", self->kid);
    if (kid == NULL) {
        return NULL;
    }
    PyObject *result = PyUnicode_FromFormat("<pyjwtfast.Key %s, %s, %s%U%s%s%s>", pjf_key_kty(key),
                                            size, part, kid, alg == NULL ? "" : ", algorithm='",
                                            alg == NULL ? "" : alg->name, alg == NULL ? "" : "'");
    Py_DECREF(kid);
    return result;
}

/* ---- the type ---- */

static void key_dealloc(pjf_py_key *self)
{
    PyTypeObject *type = Py_TYPE(self);
    pjf_key_unref(self->key);
    Py_XDECREF(self->kid);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Also of protocol 2 and later: __reduce_ex__ comes here. */
static PyObject *key_reduce(PyObject *self, PyObject *ignored)
{
    (void)self;
    (void)ignored;
    PyErr_SetString(PyExc_TypeError, "a Key can't be pickled: it would leak the secret;"
                                     " to_pem() and to_jwk() say what they write");
    return NULL;
}

/* __copy__ and __deepcopy__: what can't change needs no copy. */
static PyObject *key_copy(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return Py_NewRef(self);
}

#define CLASS_METHOD(name)                                                                       \
    {#name, (PyCFunction)(void (*)(void))key_##name, METH_CLASS | METH_FASTCALL | METH_KEYWORDS, \
     name##_doc}

static PyMethodDef key_methods[] = {
    CLASS_METHOD(from_secret),
    CLASS_METHOD(from_pem),
    CLASS_METHOD(from_der),
    CLASS_METHOD(from_ssh),
    CLASS_METHOD(from_jwk),
    CLASS_METHOD(from_jwks),
    CLASS_METHOD(from_cryptography),
    CLASS_METHOD(generate),
    {"public", (PyCFunction)key_public, METH_NOARGS, public_doc},
    {"to_pem", PJF_FASTCALL(key_to_pem), to_pem_doc},
    {"to_der", PJF_FASTCALL(key_to_der), to_der_doc},
    {"to_jwk", PJF_FASTCALL(key_to_jwk), to_jwk_doc},
    {"thumbprint", (PyCFunction)key_thumbprint, METH_NOARGS, thumbprint_doc},
    {"__copy__", key_copy, METH_NOARGS, NULL},
    {"__deepcopy__", key_copy, METH_O, NULL},
    {"__reduce__", key_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef key_getset[] = {
    {"kid", (getter)key_get_kid, NULL, "The key ID (RFC 7517 section 4.5), a str or None.", NULL},
    {"kty", (getter)key_get_kty, NULL,
     "The key type (RFC 7517 section 4.1): 'oct', 'RSA', 'EC' or 'OKP'.", NULL},
    {"crv", (getter)key_get_crv, NULL,
     "The curve (RFC 7518 section 6.2.1.1, RFC 8037, RFC 8812) of an EC or OKP key; else None.",
     NULL},
    {"bits", (getter)key_get_bits, NULL,
     "The length in bits: of a secret, of an RSA modulus, of a curve's order.", NULL},
    {"algorithm", (getter)key_get_algorithm, NULL,
     "The one algorithm that the key is bound to, or None.", NULL},
    {"is_private", (getter)key_get_is_private, NULL,
     "Whether the key can sign: True for private keys and shared secrets.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(key_doc,
             "An immutable key, checked and prepared once.\n\n"
             "Made by Key.from_secret(), from_pem(), from_der(), from_ssh(), from_jwk(),\n"
             "from_jwks(), from_cryptography() or generate(). Keys are equal when they are the\n"
             "same object; copying one gives the same object; pickling is refused.");

/* Instances come from the loaders alone; DISALLOW_INSTANTIATION would not say from which. */
static PyObject *key_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)type;
    (void)args;
    (void)kwargs;
    PyErr_SetString(PyExc_TypeError, "a Key is made by Key.from_secret(), from_pem(), from_der(),"
                                     " from_ssh(), from_jwk(), from_cryptography() or generate()");
    return NULL;
}

static PyType_Slot key_slots[] = {
    {Py_tp_doc, (void *)key_doc},
    {Py_tp_new, key_new},
    {Py_tp_dealloc, key_dealloc},
    {Py_tp_repr, key_repr},
    {Py_tp_methods, key_methods},
    {Py_tp_getset, key_getset},
    {0, NULL},
};

PyType_Spec pjf_key_spec = {
    .name = "pyjwtfast.Key",
    .basicsize = sizeof(pjf_py_key),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = key_slots,
};
