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

static int call_time(PyObject *function, double *now)
{
    PyObject *result = PyObject_CallNoArgs(function);
    if (result == NULL) {
        return -1;
    }
    *now = PyFloat_AsDouble(result);
    Py_DECREF(result);
    return *now == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static int load_time_dict(pjf_clock *clock)
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

static double system_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int pjf_clock_now(pjf_state *state, double *now)
{
    pjf_clock *clock = &state->clock;
    if (PJF_UNLIKELY(clock->time_dict == NULL) && load_time_dict(clock) < 0) {
        return -1;
    }
    PyObject *function = PyDict_GetItemWithError(clock->time_dict, PJF_STR(state, time));
    if (PJF_UNLIKELY(function == NULL)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_AttributeError, "module 'time' has no attribute 'time'");
        }
        return -1;
    }
    if (PJF_LIKELY(function == clock->time_function &&
                   PyCFunction_GET_FUNCTION(function) == clock->time_c)) {
        *now = system_now();
        return 0;
    }
    Py_INCREF(function);
    int result = call_time(function, now);
    if (result == 0 && clock->time_function == NULL && PyCFunction_CheckExact(function) &&
        fabs(*now - system_now()) < CLOCK_AGREE_SECONDS) {
        clock->time_c = PyCFunction_GET_FUNCTION(function);
        clock->time_function = Py_NewRef(function);
    }
    Py_DECREF(function);
    return result;
}
