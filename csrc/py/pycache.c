#include "py/pycache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Estimates of what CPython takes: a dict, and one of its members with name shared, value not. */
#define DICT_BYTES   240
#define MEMBER_BYTES 64

/* Seconds as the table counts them, rounded down; a clock that tells nonsense is held in range. */
static int64_t whole_seconds(double seconds)
{
    if (!(seconds > -9e18)) {
        return INT64_MIN;
    }
    return seconds < 9e18 ? (int64_t)floor(seconds) : INT64_MAX;
}

bool pjf_py_cache_get(pjf_cache *cache, pjf_span token, double now, pjf_cached *out)
{
    const pjf_cached *found = pjf_cache_get(cache, token, whole_seconds(now));
    if (found == NULL) {
        return false;
    }
    *out = *found;
    Py_INCREF(out->payload);
    return true;
}

/* May run Python code (a dict's values are plain, but the rule holds for what comes later), which
 * may use the cache: it must be consistent by now. */
static void release(pjf_cached *value)
{
    Py_DECREF(value->payload);
    free(value);
}

void pjf_py_cache_put(pjf_cache *cache, pjf_span token, PyObject *claims, bool flat, pjf_span json,
                      const pjf_claim_times *times, double leeway, double now)
{
    void *removed[PJF_CACHE_REMOVED];
    size_t removed_count = 0;
    size_t bytes = sizeof(pjf_cached) + json.len;
    PyObject *payload;
    if (flat) {
        payload = PyDict_Copy(claims);
        bytes += DICT_BYTES + MEMBER_BYTES * (size_t)PyDict_GET_SIZE(claims);
    } else {
        payload = PyBytes_FromStringAndSize((const char *)json.ptr, (Py_ssize_t)json.len);
    }
    pjf_cached *value = payload == NULL ? NULL : malloc(sizeof(*value));
    if (value == NULL) {
        PyErr_Clear();
        Py_XDECREF(payload);
        return;
    }
    *value = (pjf_cached){payload, *times};

    int64_t expiry = INT64_MAX;
    if (times->exp != INT64_MAX) {
        expiry = whole_seconds((double)times->exp + ceil(leeway));
    }
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
