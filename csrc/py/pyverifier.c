/*
 * pyjwtfast.Verifier: keys, algorithms and rules on claims, prepared once. Immutable after
 * construction, so that what it said of a token stays true: its cache relies on it.
 */
#include "py/pyverifier.h"

#include "py/pyalg.h"
#include "py/pyargs.h"
#include "py/pycache.h"
#include "py/pyclaims.h"
#include "py/pyclock.h"
#include "py/pyerror.h"
#include "py/pyjson.h"
#include "py/pyjws.h"
#include "py/pykeyarg.h"
#include "py/pytoken.h"

/* Keys tried for one token at most: bounds the work that a forged token can cause. */
#define PJF_KEYS_TRIED_MAX 16

#define PJF_CACHE_ENTRIES_MAX (1 << 24)

/* A key that a token may be tried with, borrowed from a pjf_py_key. */
typedef struct candidate {
    pjf_span kid; /* ptr NULL without kid */
    const pjf_key *key;
    size_t run; /* in by_kid, of the first key of a kid: how many have it */
} candidate;

/* Candidates next to each other in an array. */
typedef struct candidates {
    const candidate *first;
    size_t count;
} candidates;

typedef struct pjf_py_verifier {
    PyObject_HEAD pjf_state *state;
    PyObject *keys;       /* tuple of pjf_py_key */
    candidate *in_order;  /* of the keys as they were given */
    candidate *by_kid;    /* the same: those with a kid in its order, then those without */
    size_t kid_count;     /* of those with a kid */
    size_t *kid_slots;    /* hash table: 1 + the index in by_kid of the first key of a kid */
    size_t slot_mask;     /* its length - 1, a power of two at least twice kid_count */
    PyObject *algorithms; /* tuple of names */
    uint32_t allowed;     /* the same as a mask */
    size_t max_token_bytes;
    pjf_claim_rules rules; /* owns its references */
    pjf_cache *cache;      /* NULL: off */
} pjf_py_verifier;

PyDoc_STRVAR(
    verifier_doc,
    "Verifier(keys, algorithms, *, audience=None, issuer=None, subject=None, leeway=0,\n"
    "         require=(), expect=None, options=None, cache_size=0, max_token_bytes=262144)\n--\n\n"
    "Verifies tokens with keys, algorithms and rules prepared once; immutable.\n\n"
    "keys: Keys; private ones verify too. A token with a kid is tried with the keys of that kid,\n"
    "else with those that have\n"
    "none; a token without kid with every key that fits; at most 16. algorithms: allowed names.\n"
    "audience, issuer: str or iterable of str. subject: str. leeway: seconds, or a timedelta, for\n"
    "exp, nbf and iat. require: names of claims that must be there and not null. expect: claims\n"
    "that must have exactly this value and type. options: PyJWT's verify_exp, verify_aud, ...,\n"
    "strict_aud, enforce_minimum_key_length. cache_size: verified tokens remembered (0: none); a\n"
    "hit skips signature and parsing; every rule on claims is checked again. max_token_bytes:\n"
    "longer tokens are refused.\n\n"
    "Raises TypeError or ValueError for a wrong argument; InvalidKeyError for a key that serves\n"
    "none of the algorithms, whose use or key_ops don't let it verify, or that is too short when\n"
    "that is enforced. RFC 7515 section 5.2, RFC 7519 section 7.2, RFC 8725.");

PyDoc_STRVAR(verify_doc, "verify($self, token)\n--\n\n"
                         "The claims of a verified token (str or bytes), a new dict.\n\n"
                         "Raises a subclass of PyJWTError for whatever is wrong with it.");

PyDoc_STRVAR(
    verify_complete_doc,
    "verify_complete($self, token)\n--\n\n"
    "The verified token taken apart: {'header': dict, 'payload': dict, 'signature': bytes}."
    "\n\nNever answered from the cache. Raises as verify().");

PyDoc_STRVAR(cache_info_doc,
             "cache_info($self)\n--\n\n"
             "Figures of the verified-token cache: hits, misses, entries, bytes, capacity.");

PyDoc_STRVAR(cache_clear_doc, "cache_clear($self)\n--\n\nForgets all verified tokens.");

/* ---- construction ---- */

/* An exact str: a subclass could be part of a cycle, which this type does not look for. */
static PyObject *exact_string(PyObject *str)
{
    return PyUnicode_FromObject(str);
}

/* A new tuple of the strings of an iterable. A single str is refused: it would be its letters. */
static PyObject *tuple_of_strings(PyObject *value, const char *name)
{
    if (PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be an iterable of str, not a str", name);
        return NULL;
    }
    PyObject *given = PySequence_Tuple(value);
    PyObject *tuple = given == NULL ? NULL : PyTuple_New(PyTuple_GET_SIZE(given));
    for (Py_ssize_t i = 0; tuple != NULL && i < PyTuple_GET_SIZE(given); i++) {
        PyObject *item = PyTuple_GET_ITEM(given, i);
        PyObject *exact = NULL;
        if (PyUnicode_Check(item)) {
            exact = exact_string(item);
        } else {
            PyErr_Format(PyExc_TypeError, "%s must hold str, not %.200s", name,
                         Py_TYPE(item)->tp_name);
        }
        if (exact == NULL) {
            Py_CLEAR(tuple);
        } else {
            PyTuple_SET_ITEM(tuple, i, exact);
        }
    }
    Py_XDECREF(given);
    return tuple;
}

static int init_keys(pjf_py_verifier *self, PyObject *keys)
{
    if (pjf_py_key_check(self->state, keys)) {
        PyErr_SetString(PyExc_TypeError, "keys must be an iterable of Key: write [key]");
        return -1;
    }
    self->keys = PySequence_Tuple(keys);
    if (self->keys == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->keys); i++) {
        PyObject *key = PyTuple_GET_ITEM(self->keys, i);
        if (!pjf_py_key_check(self->state, key)) {
            PyErr_Format(
                PyExc_TypeError,
                "keys must hold pyjwtfast.Key (see Key.from_secret, Key.from_pem, ...), not %.200s",
                Py_TYPE(key)->tp_name);
            return -1;
        }
    }
    if (PyTuple_GET_SIZE(self->keys) == 0) {
        PyErr_SetString(PyExc_ValueError, "keys must not be empty");
        return -1;
    }
    return 0;
}

/* The order of kids: by length, then by bytes; keys without kid last. */
static int compare_kids(pjf_span a, pjf_span b)
{
    if (a.ptr == NULL || b.ptr == NULL) {
        return (a.ptr == NULL) - (b.ptr == NULL);
    }
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    return a.len == 0 ? 0 : memcmp(a.ptr, b.ptr, a.len);
}

/* For qsort; keys of one kid stay in the order they were given in, which is in_order's. */
static int compare_candidates(const void *a, const void *b)
{
    const candidate *const *left = a;
    const candidate *const *right = b;
    int order = compare_kids((*left)->kid, (*right)->kid);
    return order != 0 ? order : (*left > *right) - (*left < *right);
}

/* Of the table's kids, which are the caller's own: whoever sends tokens can't make them collide. */
static size_t hash_kid(pjf_span kid)
{
    uint64_t hash = kid.len;
    uint64_t word;
    size_t at = 0;
    for (; kid.len - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, kid.ptr + at, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    for (word = 0; at < kid.len; at++) {
        word = word << 8 | kid.ptr[at];
    }
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(hash >> 32);
}

/* The keys in by_kid's order, of which in_order has the given one. */
static int sort_by_kid(pjf_py_verifier *self, size_t count)
{
    const candidate **sorted = PyMem_New(const candidate *, count);
    self->by_kid = PyMem_New(candidate, count);
    if (self->by_kid == NULL || sorted == NULL) {
        PyMem_Free(sorted);
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &self->in_order[i];
    }
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are what is sorted */
    qsort(sorted, count, sizeof(sorted[0]), compare_candidates);
    for (size_t i = 0; i < count; i++) {
        self->by_kid[i] = *sorted[i];
    }
    PyMem_Free(sorted);
    return 0;
}

static int index_kids(pjf_py_verifier *self)
{
    size_t length = 2;
    while (length < 2 * self->kid_count) {
        length *= 2;
    }
    self->kid_slots = PyMem_Calloc(length, sizeof(size_t));
    if (self->kid_slots == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->slot_mask = length - 1;
    for (size_t i = 0; i < self->kid_count; i += self->by_kid[i].run) {
        candidate *first = &self->by_kid[i];
        first->run = 1;
        while (i + first->run < self->kid_count &&
               compare_kids(first->kid, self->by_kid[i + first->run].kid) == 0) {
            first->run++;
        }
        size_t slot = hash_kid(first->kid) & self->slot_mask;
        while (self->kid_slots[slot] != 0) {
            slot = (slot + 1) & self->slot_mask;
        }
        self->kid_slots[slot] = i + 1;
    }
    return 0;
}

static int init_candidates(pjf_py_verifier *self)
{
    size_t count = (size_t)PyTuple_GET_SIZE(self->keys);
    self->in_order = PyMem_New(candidate, count);
    if (self->in_order == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        const pjf_py_key *key = (pjf_py_key *)PyTuple_GET_ITEM(self->keys, (Py_ssize_t)i);
        self->in_order[i] = (candidate){key->kid_text, key->key, 0};
        self->kid_count += key->kid_text.ptr != NULL;
    }
    return sort_by_kid(self, count) < 0 ? -1 : index_kids(self);
}

static int init_algorithms(pjf_py_verifier *self, PyObject *algorithms)
{
    self->algorithms = tuple_of_strings(algorithms, "algorithms");
    if (self->algorithms == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->algorithms); i++) {
        const pjf_alg *alg = pjf_algorithm_named(PyTuple_GET_ITEM(self->algorithms, i));
        if (alg == NULL) {
            return -1;
        }
        self->allowed |= 1u << alg->id;
    }
    if (self->allowed == 0) {
        PyErr_SetString(PyExc_ValueError, "algorithms must not be empty");
        return -1;
    }
    return 0;
}

/* A key must be allowed to verify by one of the algorithms, and be long enough for those that it
 * serves. */
static int check_key(pjf_py_verifier *self, const pjf_key *key)
{
    pjf_status answer = PJF_ERR_KEY_ALGORITHM;
    bool judged = false;
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        if ((self->allowed & (1u << id)) == 0) {
            continue;
        }
        pjf_status status = pjf_key_check(key, alg, PJF_KEY_TO_VERIFY);
        if (status == PJF_OK) {
            /* What is said of an RSA key is the same for all algorithms. */
            if (!judged && pjf_key_check_length(self->state, alg, key,
                                                self->rules.enforce_minimum_key_length) < 0) {
                return -1;
            }
            judged = alg->key_kind == PJF_KEY_RSA;
        }
        if (status == PJF_OK || (status != PJF_ERR_KEY_ALGORITHM && answer != PJF_OK)) {
            answer = status;
        }
    }
    if (answer != PJF_OK) {
        pjf_raise_key_status(self->state, answer, key, NULL);
        return -1;
    }
    return 0;
}

static int check_keys(pjf_py_verifier *self)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->keys); i++) {
        if (check_key(self, ((pjf_py_key *)PyTuple_GET_ITEM(self->keys, i))->key) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Adds names (may be NULL) to the required claims. */
static int add_required(pjf_claim_rules *rules, PyObject *names)
{
    PyObject *added = names == NULL ? NULL : tuple_of_strings(names, "require");
    if (names != NULL && added == NULL) {
        return -1;
    }
    if (added == NULL || PyTuple_GET_SIZE(added) == 0) {
        Py_XDECREF(added);
        return 0;
    }
    PyObject *before = rules->require;
    rules->require = before == NULL ? Py_NewRef(added) : PySequence_Concat(before, added);
    Py_XDECREF(before);
    Py_DECREF(added);
    return rules->require == NULL ? -1 : 0;
}

static int init_options(pjf_py_verifier *self, PyObject *options, PyObject *require)
{
    pjf_claim_rules *rules = &self->rules;
    pjf_claim_rules_init(rules);
    int failed = pjf_claim_rules_options(self->state, rules, options);
    PyObject *from_options = rules->require; /* as it was given; what stays is a tuple */
    rules->require = NULL;
    if (failed == 0 && !rules->verify_signature) {
        PyErr_SetString(PyExc_ValueError, "options: a Verifier always verifies the signature");
        failed = -1;
    }
    if (failed == 0 &&
        (add_required(rules, require) < 0 || add_required(rules, from_options) < 0)) {
        failed = -1;
    }
    Py_XDECREF(from_options);
    return failed;
}

static int init_expected(pjf_py_verifier *self, PyObject *audience, PyObject *issuer,
                         PyObject *subject, PyObject *expect)
{
    pjf_claim_rules *rules = &self->rules;
    if (audience != Py_None) {
        rules->audience = PyUnicode_Check(audience) ? exact_string(audience)
                                                    : tuple_of_strings(audience, "audience");
        if (rules->audience == NULL) {
            return -1;
        }
    }
    if (issuer != Py_None) {
        rules->issuer =
            PyUnicode_Check(issuer) ? exact_string(issuer) : tuple_of_strings(issuer, "issuer");
        if (rules->issuer == NULL) {
            return -1;
        }
    }
    if (subject != Py_None) {
        if (!PyUnicode_Check(subject)) {
            PyErr_Format(PyExc_TypeError, "subject must be a str or None, not %.200s",
                         Py_TYPE(subject)->tp_name);
            return -1;
        }
        rules->subject = exact_string(subject);
        if (rules->subject == NULL) {
            return -1;
        }
    }
    if (expect != Py_None) {
        if (!PyDict_CheckExact(expect)) {
            PyErr_Format(PyExc_TypeError, "expect must be a dict or None, not %.200s",
                         Py_TYPE(expect)->tp_name);
            return -1;
        }
        rules->expect = pjf_claims_freeze_expected(expect, 0);
        if (rules->expect == NULL) {
            return -1;
        }
    }
    return 0;
}

static int init_sizes(pjf_py_verifier *self, Py_ssize_t cache_size, Py_ssize_t max_token_bytes)
{
    if (max_token_bytes <= 0) {
        PyErr_SetString(PyExc_ValueError, "max_token_bytes must be positive");
        return -1;
    }
    if (cache_size < 0 || cache_size > PJF_CACHE_ENTRIES_MAX) {
        PyErr_Format(PyExc_ValueError, "cache_size must be between 0 and %d",
                     PJF_CACHE_ENTRIES_MAX);
        return -1;
    }
    self->max_token_bytes = (size_t)max_token_bytes;
    if (cache_size == 0) {
        return 0;
    }
    size_t max_bytes;
    if (!pjf_size_mul((size_t)cache_size, PJF_PY_CACHE_BYTES_PER_ENTRY, &max_bytes)) {
        max_bytes = SIZE_MAX;
    }
    size_t least = (size_t)32 * PJF_PY_CACHE_BYTES_PER_ENTRY; /* a small cache takes large tokens */
    pjf_status status =
        pjf_cache_new((size_t)cache_size, max_bytes < least ? least : max_bytes, &self->cache);
    if (status != PJF_OK) {
        pjf_raise_status(self->state, status);
        return -1;
    }
    return 0;
}

static PyObject *verifier_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"keys",    "algorithms", "audience",        "issuer",
                            "subject", "leeway",     "require",         "expect",
                            "options", "cache_size", "max_token_bytes", NULL};
    pjf_state *state = PyType_GetModuleState(type);
    PyObject *keys;
    PyObject *algorithms;
    PyObject *audience = Py_None;
    PyObject *issuer = Py_None;
    PyObject *subject = Py_None;
    PyObject *leeway = NULL;
    PyObject *require = NULL;
    PyObject *expect = Py_None;
    PyObject *options = Py_None;
    Py_ssize_t cache_size = 0;
    Py_ssize_t max_token_bytes = PJF_TOKEN_MAX_DEFAULT;
    if (state == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "OO|$OOOOOOOnn:Verifier", names, &keys,
                                     &algorithms, &audience, &issuer, &subject, &leeway, &require,
                                     &expect, &options, &cache_size, &max_token_bytes)) {
        return NULL;
    }
    pjf_py_verifier *self = (pjf_py_verifier *)type->tp_alloc(type, 0); /* zeroed */
    if (self == NULL) {
        return NULL;
    }
    self->state = state;
    if (init_keys(self, keys) < 0 || init_candidates(self) < 0 ||
        init_algorithms(self, algorithms) < 0 ||
        init_options(self, options == Py_None ? NULL : options, require) < 0 ||
        init_expected(self, audience, issuer, subject, expect) < 0 ||
        (leeway != NULL && pjf_claims_leeway(state, leeway, &self->rules.leeway) < 0) ||
        check_keys(self) < 0 || init_sizes(self, cache_size, max_token_bytes) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void verifier_dealloc(pjf_py_verifier *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->cache != NULL) {
        pjf_py_cache_clear(self->cache);
        pjf_cache_free(self->cache);
    }
    PyMem_Free(self->in_order);
    PyMem_Free(self->by_kid);
    PyMem_Free(self->kid_slots);
    Py_XDECREF(self->keys);
    Py_XDECREF(self->algorithms);
    Py_XDECREF(self->rules.audience);
    Py_XDECREF(self->rules.issuer);
    Py_XDECREF(self->rules.subject);
    Py_XDECREF(self->rules.require);
    Py_XDECREF(self->rules.expect);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- verification ---- */

/* The keys of a kid, or those without one when there are none. */
static candidates keys_of_kid(const pjf_py_verifier *self, const pjf_jose_header *header)
{
    pjf_span kid = {header->kid, header->kid_len};
    if (PJF_LIKELY(!header->kid_truncated)) {
        size_t slot = hash_kid(kid) & self->slot_mask;
        for (size_t at; (at = self->kid_slots[slot]) != 0; slot = (slot + 1) & self->slot_mask) {
            const candidate *first = &self->by_kid[at - 1];
            if (PJF_LIKELY(compare_kids(first->kid, kid) == 0)) {
                return (candidates){first, first->run};
            }
        }
    }
    return (candidates){self->by_kid + self->kid_count,
                        (size_t)PyTuple_GET_SIZE(self->keys) - self->kid_count};
}

/* Which keys a token may be tried with. */
static inline candidates choose_candidates(const pjf_py_verifier *self,
                                           const pjf_jose_header *header)
{
    if (PJF_LIKELY(!header->has_kid)) {
        return (candidates){self->in_order, (size_t)PyTuple_GET_SIZE(self->keys)};
    }
    return keys_of_kid(self, header);
}

static pjf_status verify_signature(const pjf_py_verifier *self, pjf_jws_work *work,
                                   const pjf_jws *jws, const pjf_alg *alg)
{
    candidates chosen = choose_candidates(self, jws->header);
    size_t tried = 0;
    for (size_t i = 0; i < chosen.count; i++) {
        const pjf_key *key = chosen.first[i].key;
        if (!pjf_key_fits(key, alg)) {
            continue;
        }
        pjf_status status = pjf_core_verify(work, alg, key, jws->signing_input, jws->signature);
        if (PJF_LIKELY(status != PJF_ERR_SIGNATURE)) {
            return status;
        }
        if (++tried == PJF_KEYS_TRIED_MAX) {
            break;
        }
    }
    return PJF_ERR_SIGNATURE;
}

/* The verified claims of a token: its cryptography, its JSON, every rule. now: a time read for this
 * call, or NULL. */
static PyObject *verify_fully(pjf_py_verifier *self, pjf_jws_work *work, pjf_span token,
                              const pjf_now *now, pjf_jws *jws, pjf_claim_view *view, bool *flat)
{
    pjf_state *state = self->state;
    const pjf_alg *alg;
    if (pjf_token_load(state, work, token, self->max_token_bytes, jws) < 0 ||
        pjf_token_check_header(state, work, jws) < 0) {
        return NULL;
    }
    pjf_status status = pjf_jws_check_detached(jws, false);
    if (PJF_LIKELY(status == PJF_OK)) {
        status = pjf_jws_check_alg(jws, self->allowed, &alg);
    }
    if (PJF_LIKELY(status == PJF_OK)) {
        status = verify_signature(self, work, jws, alg);
    }
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return pjf_raise_status(state, status);
    }
    PyObject *claims =
        pjf_json_load(state, "Invalid payload string", jws->payload, &work->unescape, view, flat);
    if (PJF_UNLIKELY(claims != NULL &&
                     pjf_claims_check(state, claims, view, &self->rules, now) < 0)) {
        Py_CLEAR(claims);
    }
    return claims;
}

/* A copy of the claims of a hit, after all the rules. Drops the reference in cached. */
static PyObject *from_cache(pjf_py_verifier *self, pjf_cached *cached, const pjf_now *now)
{
    PyObject *claims = NULL;
    if (pjf_claims_check(self->state, cached->claims, &cached->view, &self->rules, now) == 0) {
        claims = pjf_py_cache_copy(cached);
    }
    Py_DECREF(cached->claims);
    return claims;
}

/* now: as for verify_fully; there is one where there is a cache. */
static PyObject *verify_and_remember(pjf_py_verifier *self, pjf_span token, const pjf_now *now)
{
    pjf_claim_view view;
    pjf_jws jws;
    bool flat;
    pjf_jws_work *work = pjf_work_take(self->state);
    if (work == NULL) {
        return NULL;
    }
    PyObject *claims = verify_fully(self, work, token, now, &jws, &view, &flat);
    if (claims != NULL && now != NULL) {
        pjf_py_cache_put(self->state, self->cache, token, claims, flat, &view, now->earliest);
    }
    pjf_work_give(self->state, work);
    return claims;
}

static PyObject *verifier_verify(pjf_py_verifier *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_token};
    static const pjf_signature signature = {"verify", names, 1, 1, 1, false};
    PyObject *argument;
    pjf_cached cached;
    pjf_span token;
    pjf_now now;
    if (pjf_args_match_one(self->state, &signature, args, nargs, kwnames, &argument) < 0 ||
        pjf_token_span(self->state, argument, &token) < 0) {
        return NULL;
    }
    if (self->cache == NULL) {
        return verify_and_remember(self, token, NULL);
    }
    if (pjf_clock_read(self->state, &now) < 0) {
        return NULL;
    }
    if (PJF_LIKELY(pjf_py_cache_get(self->cache, token, now.earliest, &cached))) {
        return from_cache(self, &cached, &now);
    }
    return verify_and_remember(self, token, &now);
}

static PyObject *verifier_verify_complete(pjf_py_verifier *self, PyObject *const *args,
                                          Py_ssize_t nargs, PyObject *kwnames)
{
    static const uint8_t names[] = {PJF_STR_token};
    static const pjf_signature signature = {"verify_complete", names, 1, 1, 1, false};
    PyObject *argument;
    PyObject *result = NULL;
    pjf_claim_view view;
    pjf_span token;
    pjf_jws jws;
    if (pjf_args_match_one(self->state, &signature, args, nargs, kwnames, &argument) < 0 ||
        pjf_token_span(self->state, argument, &token) < 0) {
        return NULL;
    }
    pjf_jws_work *work = pjf_work_take(self->state);
    if (work == NULL) {
        return NULL;
    }
    PyObject *claims = verify_fully(self, work, token, NULL, &jws, &view, NULL);
    if (claims != NULL) {
        result = pjf_token_complete(self->state, work, &jws, claims);
        Py_DECREF(claims);
    }
    pjf_work_give(self->state, work);
    return result;
}

/* ---- the cache, seen from outside ---- */

static PyStructSequence_Field cache_info_fields[] = {
    {"hits", "tokens found"},
    {"misses", "tokens not found"},
    {"entries", "tokens remembered now"},
    {"bytes", "memory they take, about"},
    {"capacity", "tokens remembered at most"},
    {NULL, NULL},
};

static PyStructSequence_Desc cache_info_desc = {
    "pyjwtfast.CacheInfo", "Figures of a Verifier's cache.", cache_info_fields, 5};

PyObject *pjf_cache_info_type(void)
{
    return (PyObject *)PyStructSequence_NewType(&cache_info_desc);
}

static PyObject *verifier_cache_info(pjf_py_verifier *self, PyObject *ignored)
{
    (void)ignored;
    pjf_cache_stats stats = {0};
    if (self->cache != NULL) {
        pjf_cache_get_stats(self->cache, &stats);
    }
    PyObject *info = PyStructSequence_New(self->state->cache_info_type);
    if (info == NULL) {
        return NULL;
    }
    PyStructSequence_SetItem(info, 0, PyLong_FromUnsignedLongLong(stats.hits));
    PyStructSequence_SetItem(info, 1, PyLong_FromUnsignedLongLong(stats.misses));
    PyStructSequence_SetItem(info, 2, PyLong_FromSize_t(stats.entries));
    PyStructSequence_SetItem(info, 3, PyLong_FromSize_t(stats.bytes));
    PyStructSequence_SetItem(info, 4, PyLong_FromSize_t(stats.capacity));
    if (PyErr_Occurred()) {
        Py_CLEAR(info);
    }
    return info;
}

static PyObject *verifier_cache_clear(pjf_py_verifier *self, PyObject *ignored)
{
    (void)ignored;
    if (self->cache != NULL) {
        pjf_py_cache_clear(self->cache);
    }
    Py_RETURN_NONE;
}

static PyObject *verifier_get_keys(pjf_py_verifier *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->keys);
}

static PyObject *verifier_get_algorithms(pjf_py_verifier *self, void *closure)
{
    (void)closure;
    return Py_NewRef(self->algorithms);
}

static PyObject *verifier_repr(pjf_py_verifier *self)
{
    return PyUnicode_FromFormat("<pyjwtfast.Verifier %R, %zd keys>", self->algorithms,
                                PyTuple_GET_SIZE(self->keys));
}

static PyMethodDef verifier_methods[] = {
    {"verify", PJF_FASTCALL(verifier_verify), verify_doc},
    {"verify_complete", PJF_FASTCALL(verifier_verify_complete), verify_complete_doc},
    {"cache_info", (PyCFunction)verifier_cache_info, METH_NOARGS, cache_info_doc},
    {"cache_clear", (PyCFunction)verifier_cache_clear, METH_NOARGS, cache_clear_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef verifier_getset[] = {
    {"keys", (getter)verifier_get_keys, NULL, "The Keys, a tuple.", NULL},
    {"algorithms", (getter)verifier_get_algorithms, NULL, "The allowed names, a tuple.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot verifier_slots[] = {
    {Py_tp_doc, (void *)verifier_doc},
    {Py_tp_new, verifier_new},
    {Py_tp_dealloc, verifier_dealloc},
    {Py_tp_repr, verifier_repr},
    {Py_tp_methods, verifier_methods},
    {Py_tp_getset, verifier_getset},
    {0, NULL},
};

PyType_Spec pjf_verifier_spec = {
    .name = "pyjwtfast.Verifier",
    .basicsize = sizeof(pjf_py_verifier),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = verifier_slots,
};
