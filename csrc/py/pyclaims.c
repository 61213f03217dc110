#include "py/pyclaims.h"

#include <math.h>

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
    Py_INCREF(value); /* its __bool__ may change the dict */
    int truth = PyObject_IsTrue(value);
    Py_DECREF(value);
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
    Py_XINCREF(rules->require);
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
        PyObject *total = PyObject_CallMethodNoArgs(leeway, PJF_STR(state, total_seconds));
        if (total == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError)) {
                return -1;
            }
            PyErr_Clear();
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
    pjf_claim claim;
    pjf_exception wrong_type;
    const char *wrong_type_text;
    pjf_exception failed;
    const char *failed_text;
} time_rule;

static const time_rule rule_iat = {
    PJF_CLAIM_iat, PJF_EXC_InvalidIssuedAtError, "Issued At claim (iat) must be an integer.",
    PJF_EXC_ImmatureSignatureError, "The token is not yet valid (iat)"};
static const time_rule rule_nbf = {
    PJF_CLAIM_nbf, PJF_EXC_DecodeError, "Not Before claim (nbf) must be an integer.",
    PJF_EXC_ImmatureSignatureError, "The token is not yet valid (nbf)"};
static const time_rule rule_exp = {PJF_CLAIM_exp, PJF_EXC_DecodeError,
                                   "Expiration Time claim (exp) must be an integer.",
                                   PJF_EXC_ExpiredSignatureError, "Signature has expired"};

/* PyJWT's int() of a claim that is no plain integer: digits in a string, a float's whole part; not
 * None, lists or infinity. Beyond 64 bits the nearest value stands for it. */
static PJF_COLD int convert_seconds(pjf_state *state, PyObject *value, const time_rule *rule,
                                    int64_t *out)
{
    int overflow;
    PyObject *number = PyNumber_Long(value);
    if (number == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError) && !PyErr_ExceptionMatches(PyExc_TypeError) &&
            !PyErr_ExceptionMatches(PyExc_OverflowError)) {
            return -1;
        }
        PyErr_Clear();
        pjf_raise(state, rule->wrong_type, rule->wrong_type_text);
        return -1;
    }
    *out = PyLong_AsLongLongAndOverflow(number, &overflow);
    Py_DECREF(number);
    if (overflow != 0) {
        *out = overflow > 0 ? INT64_MAX : INT64_MIN;
    }
    return 0;
}

/* The value of a time claim. 1: there is one; 0: there is none, or it is not to be verified. */
static inline int read_seconds(pjf_state *state, const pjf_claim_view *view, bool verify,
                               const time_rule *rule, int64_t *out)
{
    PyObject *value = view->value[rule->claim];
    if (value == NULL || !verify) {
        return 0;
    }
    if (PJF_LIKELY((view->plain & (1u << rule->claim)) != 0)) {
        *out = view->seconds[rule->claim];
        return 1;
    }
    return convert_seconds(state, value, rule, out) < 0 ? -1 : 1;
}

/* Makes the time exact. Returns 1, or -1 with an exception. */
static PJF_COLD int read_exactly(pjf_state *state, pjf_now *now)
{
    if (now->earliest == now->latest) {
        return 1;
    }
    return pjf_clock_read_exactly(state, now) < 0 ? -1 : 1;
}

static PJF_COLD int raise_time(pjf_state *state, const time_rule *rule)
{
    pjf_raise(state, rule->failed, rule->failed_text);
    return -1;
}

/* The rule of iat and nbf: the time has come. */
static inline int validate_started(pjf_state *state, const pjf_claim_view *view, bool verify,
                                   const time_rule *rule, double leeway, pjf_now *now)
{
    int64_t seconds;
    int present = read_seconds(state, view, verify, rule, &seconds);
    if (present <= 0 || PJF_LIKELY((double)seconds <= now->earliest + leeway)) {
        return present < 0 ? -1 : 0;
    }
    if (read_exactly(state, now) < 0) {
        return -1;
    }
    return (double)seconds <= now->earliest + leeway ? 0 : raise_time(state, rule);
}

/* The rule of exp: the time has not come (RFC 7519 §4.1.4: on or after it, the token is refused).
 */
static inline int validate_exp(pjf_state *state, const pjf_claim_view *view, bool verify,
                               double leeway, pjf_now *now)
{
    int64_t seconds;
    int present = read_seconds(state, view, verify, &rule_exp, &seconds);
    if (present <= 0 || PJF_LIKELY((double)seconds > now->latest - leeway)) {
        return present < 0 ? -1 : 0;
    }
    if (read_exactly(state, now) < 0) {
        return -1;
    }
    return (double)seconds > now->latest - leeway ? 0 : raise_time(state, &rule_exp);
}

static int check_times(pjf_state *state, const pjf_claim_view *view, const pjf_claim_rules *rules,
                       const pjf_now *known)
{
    PyObject *const *value = view->value;
    pjf_now now;
    if (value[PJF_CLAIM_exp] == NULL && value[PJF_CLAIM_iat] == NULL &&
        value[PJF_CLAIM_nbf] == NULL) {
        return 0;
    }
    if (known != NULL) {
        now = *known;
    } else if (pjf_clock_read(state, &now) < 0) {
        return -1;
    }
    if (validate_started(state, view, rules->verify_iat, &rule_iat, rules->leeway, &now) < 0 ||
        validate_started(state, view, rules->verify_nbf, &rule_nbf, rules->leeway, &now) < 0) {
        return -1;
    }
    return validate_exp(state, view, rules->verify_exp, rules->leeway, &now);
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

static PJF_COLD int raise_audience(pjf_state *state, const char *text)
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

static int check_all(pjf_state *state, PyObject *claims, const pjf_claim_view *view,
                     const pjf_claim_rules *rules, const pjf_now *now)
{
    PyObject *const *claim = view->value;

    if (check_audience_type(rules->audience) < 0) {
        return -1;
    }
    if (rules->require != NULL && check_require(state, claims, rules->require) < 0) {
        return -1;
    }
    if (check_times(state, view, rules, now) < 0) {
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

int pjf_claims_check(pjf_state *state, PyObject *claims, const pjf_claim_view *view,
                     const pjf_claim_rules *rules, const pjf_now *now)
{
    if (PJF_LIKELY(rules->require == NULL && rules->audience == NULL && rules->issuer == NULL &&
                   rules->subject == NULL)) {
        return check_all(state, claims, view, rules, now);
    }
    /* What the caller expects may be objects with code of their own, which could find the claims
     * (through the garbage collector) and empty them. */
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        Py_XINCREF(view->value[i]);
    }
    pjf_claim_view held = *view;
    int result = check_all(state, claims, &held, rules, now);
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        Py_XDECREF(held.value[i]);
    }
    return result;
}
