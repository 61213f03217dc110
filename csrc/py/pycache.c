#include "py/pycache.h"

#include <math.h>
#include <stdlib.h>

/* Estimates of what CPython takes: a dict or list with its header, one of its members, a number or
 * a string's header; beyond the range of a double an integer counts as the longest that is parsed.
 */
#define CONTAINER_BYTES 240
#define MEMBER_BYTES    32
#define VALUE_BYTES     48
#define HUGE_INT_BYTES  2048 /* sys.get_int_max_str_digits() bounds it */

/* Seconds as the table counts them, rounded down; a clock that tells nonsense is held in range. */
static int64_t whole_seconds(double seconds)
{
    if (!(seconds > -9e18)) {
        return INT64_MIN;
    }
    return seconds < 9e18 ? (int64_t)floor(seconds) : INT64_MAX;
}

/* May run Python code (a dict's values are plain, but the rule holds for what comes later), which
 * may use the cache: it must be consistent by now. */
static void release(pjf_cached *value)
{
    Py_DECREF(value->claims);
    free(value);
}

bool pjf_py_cache_get(pjf_cache *cache, pjf_span token, double now, pjf_cached *out)
{
    void *removed;
    const pjf_cached *found = pjf_cache_get(cache, token, whole_seconds(now), &removed);
    if (PJF_UNLIKELY(found == NULL)) {
        if (removed != NULL) {
            release(removed);
        }
        return false;
    }
    *out = *found;
    Py_INCREF(out->claims);
    return true;
}

/* A copy of a claim's value: containers are copied to any depth (the parser bounds it), what is
 * immutable is shared. */
static PyObject *copy_value(PyObject *value)
{
    if (PyList_CheckExact(value)) {
        PyObject *copy = PyList_GetSlice(value, 0, PyList_GET_SIZE(value));
        for (Py_ssize_t i = 0; copy != NULL && i < PyList_GET_SIZE(value); i++) {
            PyObject *item = PyList_GET_ITEM(value, i);
            if (!PyList_CheckExact(item) && !PyDict_CheckExact(item)) {
                continue;
            }
            PyObject *inner = copy_value(item);
            if (inner == NULL || PyList_SetItem(copy, i, inner) < 0) {
                Py_CLEAR(copy);
            }
        }
        return copy;
    }
    if (!PyDict_CheckExact(value)) {
        return Py_NewRef(value);
    }
    PyObject *copy = PyDict_Copy(value);
    PyObject *name;
    PyObject *member;
    Py_ssize_t position = 0;
    while (copy != NULL && PyDict_Next(value, &position, &name, &member)) {
        if (!PyList_CheckExact(member) && !PyDict_CheckExact(member)) {
            continue;
        }
        PyObject *inner = copy_value(member);
        if (inner == NULL || PyDict_SetItem(copy, name, inner) < 0) {
            Py_CLEAR(copy);
        }
        Py_XDECREF(inner);
    }
    return copy;
}

PyObject *pjf_py_cache_copy(const pjf_cached *cached)
{
    return PJF_LIKELY(cached->flat) ? PyDict_Copy(cached->claims) : copy_value(cached->claims);
}

/* What the digits of an integer take beyond 64 bits. */
static size_t int_bytes(PyObject *number)
{
    int overflow;
    int bits = 0;
    (void)PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow == 0) {
        return 0;
    }
    double value = PyLong_AsDouble(number);
    if (value == -1.0 && PyErr_Occurred()) {
        PyErr_Clear();
        return HUGE_INT_BYTES;
    }
    (void)frexp(value, &bits);
    return (size_t)bits / 7;
}

/* Hides the containers of a copy from the garbage collector, and so from gc.get_objects(): nobody
 * can change them, and JSON has no cycles to collect. Returns the estimate of its bytes. */
static size_t seclude(PyObject *value)
{
    if (PyList_CheckExact(value)) {
        PyObject_GC_UnTrack(value);
        size_t bytes = CONTAINER_BYTES;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++) {
            bytes += MEMBER_BYTES + seclude(PyList_GET_ITEM(value, i));
        }
        return bytes;
    }
    if (PyDict_CheckExact(value)) {
        PyObject_GC_UnTrack(value);
        size_t bytes = CONTAINER_BYTES;
        PyObject *name;
        PyObject *member;
        Py_ssize_t position = 0;
        while (PyDict_Next(value, &position, &name, &member)) {
            bytes += MEMBER_BYTES + seclude(name) + seclude(member);
        }
        return bytes;
    }
    if (PyUnicode_CheckExact(value)) {
        return VALUE_BYTES + (size_t)PyUnicode_GET_LENGTH(value) * (size_t)PyUnicode_KIND(value);
    }
    return VALUE_BYTES + (PyLong_CheckExact(value) ? int_bytes(value) : 0);
}

/* The view of a copy of the claims that view is of. */
static void view_copy(const pjf_state *state, PyObject *copy, const pjf_claim_view *view,
                      pjf_claim_view *out)
{
    *out = *view;
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        if (view->value[i] != NULL) {
            out->value[i] = PyDict_GetItemWithError(copy, state->claims[i]);
        }
    }
}

void pjf_py_cache_put(const pjf_state *state, pjf_cache *cache, pjf_span token, PyObject *claims,
                      bool flat, const pjf_claim_view *view, double now)
{
    void *removed[PJF_CACHE_REMOVED];
    size_t removed_count = 0;
    int64_t expiry = INT64_MAX;
    if (view->value[PJF_CLAIM_exp] != NULL) {
        if ((view->plain & (1u << PJF_CLAIM_exp)) == 0) {
            return; /* no time at which it could go */
        }
        expiry = view->seconds[PJF_CLAIM_exp];
    }
    if (expiry <= whole_seconds(now)) {
        return; /* accepted thanks to the leeway, or exp is not verified */
    }
    PyObject *copy = copy_value(claims);
    pjf_cached *value = copy == NULL ? NULL : malloc(sizeof(*value));
    if (value == NULL) {
        PyErr_Clear();
        Py_XDECREF(copy);
        return;
    }
    size_t bytes = sizeof(*value) + seclude(copy);
    value->claims = copy;
    value->flat = flat;
    view_copy(state, copy, view, &value->view);

    pjf_status status = pjf_cache_put(cache, token, value, bytes, expiry, whole_seconds(now),
                                      removed, &removed_count);
    if (status != PJF_OK) {
        release(value);
    }
    for (size_t i = 0; i < removed_count; i++) {
        release(removed[i]);
    }
}

void pjf_py_cache_clear(pjf_cache *cache)
{
    pjf_cached *value;
    while ((value = pjf_cache_pop(cache)) != NULL) {
        release(value);
    }
}
