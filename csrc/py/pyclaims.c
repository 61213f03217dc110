#include "py/pyclaims.h"

#include <math.h>
#include <string.h>

#include "py/pyclock.h"
#include "py/pyerror.h"

#define EXPECT_DEPTH_MAX 64

/* ---- options ---- */

void pjf_claim_rules_init(pjf_claim_rules *rules)
{
    *rules = (pjf_claim_rules){
        .verify_signature = true,
        .verify_exp = true,
        .verify_nbf = true,
        .verify_iat = true,
        .verify_aud = true,
        .verify_iss = true,
        .verify_sub = true,
        .verify_jti = true,
    };
}

/* options[name] as a truth value into *out, which keeps its default when absent. */
static int read_flag(PyObject *options, PyObject *name, bool *out)
{
    PyObject *value = PyDict_GetItemWithError(options, name);
    if (value == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int truth = PyObject_IsTrue(value);
    if (truth < 0) {
        return -1;
    }
    *out = truth != 0;
    return 0;
}

int pjf_claim_rules_options(pjf_state *state, pjf_claim_rules *rules, PyObject *options)
{
    if (options == NULL) {
        return 0;
    }
    if (!PyDict_Check(options)) {
        PyErr_Format(PyExc_TypeError, "options must be a dict or None, not %.200s",
                     Py_TYPE(options)->tp_name);
        return -1;
    }
    if (read_flag(options, PJF_STR(state, verify_signature), &rules->verify_signature) < 0) {
        return -1;
    }
    if (!rules->verify_signature) { /* nothing is checked unless asked for */
        rules->verify_exp = rules->verify_nbf = rules->verify_iat = false;
        rules->verify_aud = rules->verify_iss = rules->verify_sub = rules->verify_jti = false;
    }
    const struct {
        pjf_string name;
        bool *flag;
    } flags[] = {
        {PJF_STR_verify_exp, &rules->verify_exp},
        {PJF_STR_verify_nbf, &rules->verify_nbf},
        {PJF_STR_verify_iat, &rules->verify_iat},
        {PJF_STR_verify_aud, &rules->verify_aud},
        {PJF_STR_verify_iss, &rules->verify_iss},
        {PJF_STR_verify_sub, &rules->verify_sub},
        {PJF_STR_verify_jti, &rules->verify_jti},
        {PJF_STR_strict_aud, &rules->strict_aud},
        {PJF_STR_enforce_minimum_key_length, &rules->enforce_minimum_key_length},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (read_flag(options, state->strings[flags[i].name], flags[i].flag) < 0) {
            return -1;
        }
    }
    rules->require = PyDict_GetItemWithError(options, PJF_STR(state, require));
    return rules->require == NULL && PyErr_Occurred() ? -1 : 0;
}

int pjf_claims_leeway(pjf_state *state, PyObject *leeway, double *out)
{
    double seconds;
    if (PyFloat_CheckExact(leeway) || (PyLong_Check(leeway) && !PyBool_Check(leeway))) {
        seconds = PyFloat_AsDouble(leeway);
    } else if (PyBool_Check(leeway)) {
        PyErr_SetString(PyExc_ValueError, "leeway must be a number of seconds, not a bool");
        return -1;
    } else {
        /* A timedelta, recognised by its method so that datetime need not be loaded. */
        PyObject *total = NULL;
        if (PyObject_HasAttr(leeway, PJF_STR(state, total_seconds))) {
            total = PyObject_CallMethodNoArgs(leeway, PJF_STR(state, total_seconds));
            if (total == NULL) {
                return -1;
            }
        }
        seconds = PyFloat_AsDouble(total != NULL ? total : leeway);
        Py_XDECREF(total);
    }
    if (seconds == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_SetString(PyExc_ValueError, "leeway must be finite and not negative");
        } else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "leeway must be a number of seconds or a timedelta");
        }
        return -1;
    }
    if (!isfinite(seconds) || seconds < 0) {
        PyErr_SetString(PyExc_ValueError, "leeway must be finite and not negative");
        return -1;
    }
    *out = seconds;
    return 0;
}

/* ---- required claims ---- */

static int check_require(pjf_state *state, PyObject *claims, PyObject *require)
{
    PyObject *iterator = PyObject_GetIter(require);
    if (iterator == NULL) {
        return -1;
    }
    int result = 0;
    PyObject *name;
    while (result == 0 && (name = PyIter_Next(iterator)) != NULL) {
        PyObject *value = PyDict_GetItemWithError(claims, name);
        if (value == NULL && PyErr_Occurred()) {
            result = -1;
        } else if (value == NULL || value == Py_None) {
            pjf_raise_missing_claim(state, name);
            result = -1;
        }
        Py_DECREF(name);
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : result;
}

/* ---- time claims ---- */

typedef struct time_rule {
    pjf_exception wrong_type;
    const char *wrong_type_text;
} time_rule;

static const char text_iat[] = "The token is not yet valid (iat)";
static const char text_nbf[] = "The token is not yet valid (nbf)";

static const time_rule rule_iat = {PJF_EXC_InvalidIssuedAtError,
                                   "Issued At claim (iat) must be an integer."};
static const time_rule rule_nbf = {PJF_EXC_DecodeError,
                                   "Not Before claim (nbf) must be an integer."};
static const time_rule rule_exp = {PJF_EXC_DecodeError,
                                   "Expiration Time claim (exp) must be an integer."};

/* int(claim) compared with a time: *order is its sign of (claim - limit). */
static int compare_time(pjf_state *state, PyObject *claim, double limit, const time_rule *rule,
                        int *order)
{
    int overflow = 1;
    long long seconds = 0;
    if (PJF_LIKELY(PyLong_CheckExact(claim))) {
        seconds = PyLong_AsLongLongAndOverflow(claim, &overflow);
    }
    if (PJF_LIKELY(overflow == 0)) {
        *order = ((double)seconds > limit) - ((double)seconds < limit);
        return 0;
    }
    /* PyJWT's int(): digits in a string, a float's whole part; not None, lists or infinity. */
    PyObject *number = PyNumber_Long(claim);
    if (number == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError) && !PyErr_ExceptionMatches(PyExc_TypeError) &&
            !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return -1;
        }
        PyErr_Clear();
        pjf_raise(state, rule->wrong_type, rule->wrong_type_text);
        return -1;
    }
    seconds = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (seconds == -1 && PyErr_Occurred()) {
        return -1;
    }
    *order = overflow != 0 ? overflow : ((double)seconds > limit) - ((double)seconds < limit);
    return 0;
}

static int check_not_yet(pjf_state *state, PyObject *claim, double latest, const time_rule *rule,
                         const char *text)
{
    int order;
    if (compare_time(state, claim, latest, rule, &order) < 0) {
        return -1;
    }
    if (PJF_UNLIKELY(order > 0)) {
        pjf_raise(state, PJF_EXC_ImmatureSignatureError, text);
        return -1;
    }
    return 0;
}

static int validate_iat(pjf_state *state, PyObject *iat, double now, double leeway)
{
    return check_not_yet(state, iat, now + leeway, &rule_iat, text_iat);
}

static int validate_nbf(pjf_state *state, PyObject *nbf, double now, double leeway)
{
    return check_not_yet(state, nbf, now + leeway, &rule_nbf, text_nbf);
}

static int raise_expired(pjf_state *state)
{
    pjf_raise(state, PJF_EXC_ExpiredSignatureError, "Signature has expired");
    return -1;
}

static int validate_exp(pjf_state *state, PyObject *exp, double now, double leeway)
{
    int order;
    if (compare_time(state, exp, now - leeway, &rule_exp, &order) < 0) {
        return -1;
    }
    return PJF_UNLIKELY(order <= 0) ? raise_expired(state) : 0;
}

/* One of the time claims as a number: absent for none or one that is not verified. */
static bool plain_time(const pjf_claim_view *view, pjf_claim claim, bool verify, int64_t absent,
                       int64_t *out)
{
    *out = absent;
    if (view->value[claim] == NULL || !verify) {
        return true;
    }
    *out = view->seconds[claim];
    return (view->plain & (1u << claim)) != 0;
}

bool pjf_claims_times(const pjf_claim_view *view, const pjf_claim_rules *rules,
                      pjf_claim_times *out)
{
    return plain_time(view, PJF_CLAIM_exp, rules->verify_exp, INT64_MAX, &out->exp) &&
           plain_time(view, PJF_CLAIM_nbf, rules->verify_nbf, INT64_MIN, &out->nbf) &&
           plain_time(view, PJF_CLAIM_iat, rules->verify_iat, INT64_MIN, &out->iat);
}

static int raise_immature(pjf_state *state, const char *text)
{
    pjf_raise(state, PJF_EXC_ImmatureSignatureError, text);
    return -1;
}

int pjf_claims_check_times(pjf_state *state, const pjf_claim_times *times, double leeway,
                           const pjf_now *now)
{
    double started = times->iat > times->nbf ? (double)times->iat : (double)times->nbf;
    if (PJF_LIKELY(started <= now->earliest + leeway &&
                   (double)times->exp > now->latest - leeway)) {
        return 0;
    }
    pjf_now exact = *now;
    if (now->earliest < now->latest && pjf_clock_read_exactly(state, &exact) < 0) {
        return -1;
    }
    if ((double)times->iat > exact.earliest + leeway) {
        return raise_immature(state, text_iat);
    }
    if ((double)times->nbf > exact.earliest + leeway) {
        return raise_immature(state, text_nbf);
    }
    return (double)times->exp <= exact.latest - leeway ? raise_expired(state) : 0;
}

/* The time claims when one is no plain integer: PyJWT's int() of each. */
static int check_odd_times(pjf_state *state, const pjf_claim_view *view,
                           const pjf_claim_rules *rules)
{
    PyObject *iat = rules->verify_iat ? view->value[PJF_CLAIM_iat] : NULL;
    PyObject *nbf = rules->verify_nbf ? view->value[PJF_CLAIM_nbf] : NULL;
    PyObject *exp = rules->verify_exp ? view->value[PJF_CLAIM_exp] : NULL;
    pjf_now now;
    if (pjf_clock_read_exactly(state, &now) < 0 ||
        (iat != NULL && validate_iat(state, iat, now.earliest, rules->leeway) < 0) ||
        (nbf != NULL && validate_nbf(state, nbf, now.earliest, rules->leeway) < 0)) {
        return -1;
    }
    return exp == NULL ? 0 : validate_exp(state, exp, now.earliest, rules->leeway);
}

static int check_times(pjf_state *state, const pjf_claim_view *view, const pjf_claim_rules *rules)
{
    pjf_claim_times times;
    pjf_now now;
    if (PJF_UNLIKELY(!pjf_claims_times(view, rules, &times))) {
        return check_odd_times(state, view, rules);
    }
    if (times.exp == INT64_MAX && times.nbf == INT64_MIN && times.iat == INT64_MIN) {
        return 0;
    }
    if (pjf_clock_read(state, &now) < 0) {
        return -1;
    }
    return pjf_claims_check_times(state, &times, rules->leeway, &now);
}

/* ---- issuer, audience, subject, JWT ID ---- */

static int validate_iss(pjf_state *state, PyObject *iss, PyObject *issuer)
{
    if (issuer == NULL) {
        return 0;
    }
    if (iss == NULL) {
        pjf_raise_missing_claim(state, state->claims[PJF_CLAIM_iss]);
        return -1;
    }
    if (!PyUnicode_Check(iss)) {
        pjf_raise(state, PJF_EXC_InvalidIssuerError, "Payload Issuer (iss) must be a string");
        return -1;
    }
    int matches;
    if (PyUnicode_Check(issuer)) {
        matches = PyObject_RichCompareBool(iss, issuer, Py_EQ);
    } else {
        matches = PySequence_Contains(issuer, iss);
        if (matches < 0 && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            pjf_raise(state, PJF_EXC_InvalidIssuerError,
                      "Issuer param must be \"str\" or \"Container[str]\"");
        }
    }
    if (matches == 0) {
        pjf_raise(state, PJF_EXC_InvalidIssuerError, "Invalid issuer");
    }
    return matches == 1 ? 0 : -1;
}

static int raise_audience(pjf_state *state, const char *text)
{
    pjf_raise(state, PJF_EXC_InvalidAudienceError, text);
    return -1;
}

/* RFC 7519 §4.1.3 narrowed: one audience on each side, equal. */
static int validate_aud_strict(pjf_state *state, PyObject *aud, PyObject *audience)
{
    if (!PyUnicode_Check(audience)) {
        return raise_audience(state, "Invalid audience (strict)");
    }
    if (!PyUnicode_Check(aud)) {
        return raise_audience(state, "Invalid claim format in token (strict)");
    }
    int equal = PyObject_RichCompareBool(audience, aud, Py_EQ);
    if (equal == 0) {
        return raise_audience(state, "Audience doesn't match (strict)");
    }
    return equal < 0 ? -1 : 0;
}

/* 1 when one of the token's audiences (a str, or a list of str) is candidate. */
static int audience_has(PyObject *aud, PyObject *candidate)
{
    return PyUnicode_Check(aud) ? PyObject_RichCompareBool(aud, candidate, Py_EQ)
                                : PySequence_Contains(aud, candidate);
}

static int audience_matches(PyObject *aud, PyObject *audience)
{
    if (PyUnicode_Check(audience)) {
        return audience_has(aud, audience);
    }
    PyObject *iterator = PyObject_GetIter(audience);
    if (iterator == NULL) {
        return -1;
    }
    int found = 0;
    PyObject *candidate;
    while (found == 0 && (candidate = PyIter_Next(iterator)) != NULL) {
        found = audience_has(aud, candidate);
        Py_DECREF(candidate);
    }
    Py_DECREF(iterator);
    return found == 0 && PyErr_Occurred() ? -1 : found;
}

static int validate_aud(pjf_state *state, PyObject *aud, PyObject *audience, bool strict)
{
    int present = aud == NULL ? 0 : PyObject_IsTrue(aud);
    if (present < 0) {
        return -1;
    }
    if (audience == NULL) {
        return PJF_LIKELY(present == 0) ? 0 : raise_audience(state, "Invalid audience");
    }
    if (present == 0) {
        pjf_raise_missing_claim(state, state->claims[PJF_CLAIM_aud]);
        return -1;
    }
    if (strict) {
        return validate_aud_strict(state, aud, audience);
    }
    bool well_formed = PyUnicode_Check(aud) || PyList_Check(aud);
    for (Py_ssize_t i = 0; well_formed && PyList_Check(aud) && i < PyList_GET_SIZE(aud); i++) {
        well_formed = PyUnicode_Check(PyList_GET_ITEM(aud, i));
    }
    if (!well_formed) {
        return raise_audience(state, "Invalid claim format in token");
    }
    int matches = audience_matches(aud, audience);
    if (matches == 0) {
        return raise_audience(state, "Audience doesn't match");
    }
    return matches < 0 ? -1 : 0;
}

static int validate_sub(pjf_state *state, PyObject *sub, PyObject *subject)
{
    if (sub == NULL) {
        return 0;
    }
    if (!PyUnicode_Check(sub)) {
        pjf_raise(state, PJF_EXC_InvalidSubjectError, "Subject must be a string");
        return -1;
    }
    int equal = subject == NULL ? 1 : PyObject_RichCompareBool(sub, subject, Py_EQ);
    if (equal == 0) {
        pjf_raise(state, PJF_EXC_InvalidSubjectError, "Invalid subject");
    }
    return equal == 1 ? 0 : -1;
}

static int validate_jti(pjf_state *state, PyObject *jti)
{
    if (jti != NULL && !PyUnicode_Check(jti)) {
        pjf_raise(state, PJF_EXC_InvalidJTIError, "JWT ID must be a string");
        return -1;
    }
    return 0;
}

/* ---- expected values ---- */

PyObject *pjf_claims_freeze_expected(PyObject *value, int depth)
{
    if (value == Py_None || PyBool_Check(value) || PyLong_CheckExact(value) ||
        PyFloat_CheckExact(value) || PyUnicode_CheckExact(value)) {
        return Py_NewRef(value);
    }
    if (depth >= EXPECT_DEPTH_MAX || (!PyList_CheckExact(value) && !PyDict_CheckExact(value))) {
        PyErr_Format(PyExc_TypeError,
                     "expect: values must be JSON types (str, int, float, bool, None, list, dict),"
                     " not %.200s",
                     Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (PyList_CheckExact(value)) {
        PyObject *copy = PyList_New(0);
        for (Py_ssize_t i = 0; copy != NULL && i < PyList_GET_SIZE(value); i++) {
            PyObject *item = pjf_claims_freeze_expected(PyList_GET_ITEM(value, i), depth + 1);
            if (item == NULL || PyList_Append(copy, item) < 0) {
                Py_CLEAR(copy);
            }
            Py_XDECREF(item);
        }
        return copy;
    }
    PyObject *copy = PyDict_New();
    PyObject *name;
    PyObject *member;
    Py_ssize_t position = 0;
    while (copy != NULL && PyDict_Next(value, &position, &name, &member)) {
        PyObject *item = NULL;
        if (!PyUnicode_CheckExact(name)) {
            PyErr_SetString(PyExc_TypeError, "expect: names must be str");
        } else {
            item = pjf_claims_freeze_expected(member, depth + 1);
        }
        if (item == NULL || PyDict_SetItem(copy, name, item) < 0) {
            Py_CLEAR(copy);
        }
        Py_XDECREF(item);
    }
    return copy;
}

/* Equal in value and type, at every depth: True is not 1, 1 is not 1.0. */
static int same_value(PyObject *a, PyObject *b)
{
    if (Py_TYPE(a) != Py_TYPE(b)) {
        return 0;
    }
    if (PyList_CheckExact(a)) {
        int same = PyList_GET_SIZE(a) == PyList_GET_SIZE(b);
        for (Py_ssize_t i = 0; same == 1 && i < PyList_GET_SIZE(a); i++) {
            same = same_value(PyList_GET_ITEM(a, i), PyList_GET_ITEM(b, i));
        }
        return same;
    }
    if (PyDict_CheckExact(a)) {
        int same = PyDict_GET_SIZE(a) == PyDict_GET_SIZE(b);
        PyObject *name;
        PyObject *value;
        Py_ssize_t position = 0;
        while (same == 1 && PyDict_Next(a, &position, &name, &value)) {
            PyObject *other = PyDict_GetItemWithError(b, name);
            if (other == NULL) {
                return PyErr_Occurred() ? -1 : 0;
            }
            same = same_value(value, other);
        }
        return same;
    }
    return PyObject_RichCompareBool(a, b, Py_EQ);
}

static int check_expect(pjf_state *state, PyObject *claims, PyObject *expect)
{
    PyObject *name;
    PyObject *wanted;
    Py_ssize_t position = 0;
    while (PyDict_Next(expect, &position, &name, &wanted)) {
        PyObject *value = PyDict_GetItemWithError(claims, name);
        if (value == NULL) {
            if (!PyErr_Occurred()) {
                pjf_raise_missing_claim(state, name);
            }
            return -1;
        }
        int same = same_value(value, wanted);
        if (same == 0) {
            pjf_raise_format(state, PJF_EXC_InvalidTokenError,
                             "Token claim \"%U\" does not have the expected value", name);
        }
        if (same != 1) {
            return -1;
        }
    }
    return 0;
}

/* ---- all together ---- */

static int check_audience_type(PyObject *audience)
{
    if (audience == NULL || PyUnicode_Check(audience) || Py_TYPE(audience)->tp_iter != NULL) {
        return 0; /* collections.abc.Iterable: a type with __iter__ */
    }
    PyErr_SetString(PyExc_TypeError, "audience must be a string, iterable or None");
    return -1;
}

int pjf_claims_check(pjf_state *state, PyObject *claims, const pjf_claim_view *view,
                     const pjf_claim_rules *rules)
{
    PyObject *const *claim = view->value;

    if (check_audience_type(rules->audience) < 0) {
        return -1;
    }
    if (rules->require != NULL && check_require(state, claims, rules->require) < 0) {
        return -1;
    }
    if (check_times(state, view, rules) < 0) {
        return -1;
    }
    if (rules->verify_iss && validate_iss(state, claim[PJF_CLAIM_iss], rules->issuer) < 0) {
        return -1;
    }
    if (rules->verify_aud &&
        validate_aud(state, claim[PJF_CLAIM_aud], rules->audience, rules->strict_aud) < 0) {
        return -1;
    }
    if (rules->verify_sub && validate_sub(state, claim[PJF_CLAIM_sub], rules->subject) < 0) {
        return -1;
    }
    if (rules->verify_jti && validate_jti(state, claim[PJF_CLAIM_jti]) < 0) {
        return -1;
    }
    return rules->expect == NULL ? 0 : check_expect(state, claims, rules->expect);
}
