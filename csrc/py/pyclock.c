/*
 * freezegun puts another object into the module's dict; time_machine swaps the C function inside
 * the builtin object. Both are seen by comparing two pointers. Which pointers are the real ones is
 * learnt when time.time and the system's clock agree: at import they may be replaced already.
 */
#include "py/pyclock.h"

#include <math.h>
#include <time.h>

/* How far the two clocks may lie apart and still be one: two calls of one thread. */
#define CLOCK_AGREE_SECONDS 0.5

/* How far the coarse clock may lag: a tick is 1 to 10 ms, and a busy machine may miss one. */
#define COARSE_SECONDS 0.05

static PJF_COLD int call_time(PyObject *function, double *now)
{
    PyObject *result = PyObject_CallNoArgs(function);
    if (result == NULL) {
        return -1;
    }
    *now = PyFloat_AsDouble(result);
    Py_DECREF(result);
    if (*now == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (isnan(*now)) { /* every comparison with it is false: no token would be expired */
        PyErr_SetString(PyExc_ValueError, "time.time() returned nan");
        return -1;
    }
    return 0;
}

static PJF_COLD int load_time_dict(pjf_clock *clock)
{
    PyObject *module = PyImport_ImportModule("time");
    if (module == NULL) {
        return -1;
    }
    PyObject *dict = PyModule_GetDict(module);
    if (dict == NULL) {
        Py_DECREF(module);
        return -1;
    }
    clock->time_dict = Py_NewRef(dict);
    Py_DECREF(module);
    return 0;
}

/* The kernel's clock into *seconds; false when it does not have it. */
static bool seconds_of(clockid_t id, double *seconds)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0) {
        return false;
    }
    *seconds = (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
    return true;
}

/* Remembers time.time when it is Python's own. What time_machine puts into its place looks like it
 * and may tell the true time: where that is loaded, nothing is learnt. */
static PJF_COLD int learn(pjf_clock *clock, PyObject *function, double told)
{
    double true_time;
    if (clock->time_function != NULL || !PyCFunction_CheckExact(function) ||
        !seconds_of(CLOCK_REALTIME, &true_time) || fabs(told - true_time) >= CLOCK_AGREE_SECONDS) {
        return 0;
    }
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    PyObject *name = PyUnicode_FromString("time_machine");
    int loaded = name == NULL ? -1 : PyMapping_HasKey(modules, name);
    Py_XDECREF(name);
    if (loaded == 0) {
        clock->time_c = PyCFunction_GET_FUNCTION(function);
        clock->time_function = Py_NewRef(function);
    }
    return loaded < 0 ? -1 : 0;
}

/* time.time by a look-up, and where in the dict it is now. Borrowed; NULL with an exception. */
static PJF_COLD PyObject *find_time(pjf_state *state, pjf_clock *clock)
{
    PyObject *name;
    PyObject *value;
    Py_ssize_t place = 0;
    if (clock->time_dict == NULL && load_time_dict(clock) < 0) {
        return NULL;
    }
    for (Py_ssize_t next = 0; PyDict_Next(clock->time_dict, &next, &name, &value); place = next) {
        if (name == PJF_STR(state, time)) {
            clock->time_place = place;
            return value;
        }
    }
    value = PyDict_GetItemWithError(clock->time_dict, PJF_STR(state, time)); /* an equal name? */
    if (value == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_AttributeError, "module 'time' has no attribute 'time'");
    }
    return value;
}

/* The same; nearly always it is where it was, which is seen without hashing or comparing text. */
static inline PyObject *current_time_function(pjf_state *state, pjf_clock *clock)
{
    PyObject *name;
    PyObject *value;
    Py_ssize_t place = clock->time_place;
    if (PJF_LIKELY(clock->time_dict != NULL &&
                   PyDict_Next(clock->time_dict, &place, &name, &value) &&
                   name == PJF_STR(state, time))) {
        return value;
    }
    return find_time(state, clock);
}

static int read_clock(pjf_state *state, pjf_now *now, bool exactly)
{
    pjf_clock *clock = &state->clock;
    PyObject *function = current_time_function(state, clock);
    if (PJF_UNLIKELY(function == NULL)) {
        return -1;
    }
    if (PJF_LIKELY(function == clock->time_function &&
                   PyCFunction_GET_FUNCTION(function) == clock->time_c)) {
#ifdef CLOCK_REALTIME_COARSE
        if (!exactly && seconds_of(CLOCK_REALTIME_COARSE, &now->earliest)) {
            now->latest = now->earliest + COARSE_SECONDS;
            return 0;
        }
#endif
        if (seconds_of(CLOCK_REALTIME, &now->earliest)) {
            now->latest = now->earliest;
            return 0;
        }
    }
    double told;
    Py_INCREF(function);
    int result = call_time(function, &told);
    if (result == 0) {
        now->earliest = now->latest = told;
        result = learn(clock, function, told);
    }
    Py_DECREF(function);
    return result;
}

int pjf_clock_read(pjf_state *state, pjf_now *now)
{
    return read_clock(state, now, false);
}

int pjf_clock_read_exactly(pjf_state *state, pjf_now *now)
{
    return read_clock(state, now, true);
}
