/*
 * pyjwtfast._core: multi-phase initialisation, one state per interpreter, no static objects, so
 * that any number of interpreters of a process can load it, sharing a GIL or not.
 */
#include "py/state.h"

#include "py/pyargs.h"
#include "py/pydecode.h"
#include "py/pydrf.h"
#include "py/pyencode.h"
#include "py/pyerror.h"
#include "py/pyjws.h"
#include "py/pykey.h"
#include "py/pysigner.h"
#include "py/pytesting.h"
#include "py/pyunlocked.h"
#include "py/pyverifier.h"

#include <string.h>

/* ---- working memory for calls inside calls, and beside them ---- */

pjf_jws_work *pjf_work_take_slow(pjf_state *state)
{
    if (state->spare_count != 0) {
        return state->spare[--state->spare_count];
    }
    pjf_jws_work *work = PyMem_Malloc(sizeof(*work));
    if (work == NULL || pjf_jws_work_init(work) != PJF_OK) {
        PyMem_Free(work);
        PyErr_NoMemory();
        return NULL;
    }
    return work;
}

static void free_work(pjf_jws_work *work)
{
    pjf_jws_work_free(work);
    PyMem_Free(work);
}

void pjf_work_give_slow(pjf_state *state, pjf_jws_work *work)
{
    if (state->spare_count == PJF_WORK_SPARE) {
        free_work(work);
        return;
    }
    pjf_jws_work_trim(work);
    state->spare[state->spare_count++] = work;
}

/* ---- the steps of initialisation ---- */

static int exec_core(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    pjf_status status = pjf_lib_new(&state->lib);
    if (status == PJF_OK) {
        status = pjf_jws_work_init(&state->work);
        state->work_ready = status == PJF_OK;
    }
    if (status == PJF_OK && !pjf_unlocked_init()) {
        status = PJF_ERR_NOMEM;
    }
    if (status != PJF_OK) {
        PyErr_Format(PyExc_ImportError, "pyjwtfast: %s (%s)", pjf_status_text(status),
                     pjf_lib_openssl_version());
        return -1;
    }
    return 0;
}

static int exec_strings(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    static const char *const strings[PJF_STRING_COUNT] = {
#define STRING_TEXT(name) #name,
        PJF_STRINGS(STRING_TEXT)
#undef STRING_TEXT
    };
    static const char *const claims[PJF_CLAIM_COUNT] = {
#define CLAIM_TEXT(name) #name,
        PJF_CLAIMS(CLAIM_TEXT)
#undef CLAIM_TEXT
    };
    for (int i = 0; i < PJF_STRING_COUNT; i++) {
        state->strings[i] = PyUnicode_InternFromString(strings[i]);
        if (state->strings[i] == NULL) {
            return -1;
        }
    }
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        state->claims[i] = PyUnicode_InternFromString(claims[i]);
        if (state->claims[i] == NULL) {
            return -1;
        }
    }
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        state->alg_names[id] = PyUnicode_InternFromString(alg->name);
        if (state->alg_names[id] == NULL) {
            return -1;
        }
    }
    state->default_algorithm = state->alg_names[pjf_alg_find("HS256", 5)->id];
    state->none_algorithm = state->alg_names[pjf_alg_find("none", 4)->id];
    return 0;
}

static int exec_exceptions(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    static const char *const names[PJF_EXCEPTION_COUNT] = {
#define EXCEPTION_NAME(name) #name,
        PJF_EXCEPTIONS(EXCEPTION_NAME)
#undef EXCEPTION_NAME
    };
    int result = -1;
    PyObject *exceptions = PyImport_ImportModule("pyjwtfast.exceptions");
    PyObject *warnings = exceptions == NULL ? NULL : PyImport_ImportModule("pyjwtfast.warnings");
    if (warnings == NULL) {
        goto done;
    }
    for (int i = 0; i < PJF_EXCEPTION_COUNT; i++) {
        state->exceptions[i] = PyObject_GetAttrString(exceptions, names[i]);
        if (state->exceptions[i] == NULL) {
            goto done;
        }
    }
    state->insecure_key_length_warning =
        PyObject_GetAttrString(warnings, "InsecureKeyLengthWarning");
    state->removed_in_pyjwt3_warning = PyObject_GetAttrString(warnings, "RemovedInPyjwt3Warning");
    state->utils = PyImport_ImportModule("pyjwtfast.utils");
    if (state->insecure_key_length_warning != NULL && state->removed_in_pyjwt3_warning != NULL &&
        state->utils != NULL) {
        result = 0;
    }
done:
    Py_XDECREF(exceptions);
    Py_XDECREF(warnings);
    return result;
}

static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type != NULL && PyModule_AddType(module, (PyTypeObject *)type) < 0) {
        Py_CLEAR(type);
    }
    return (PyTypeObject *)type;
}

static int exec_types(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    state->key_type = add_type(module, &pjf_key_spec);
    state->signer_type = add_type(module, &pjf_signer_spec);
    state->verifier_type = add_type(module, &pjf_verifier_spec);
    state->cache_info_type = (PyTypeObject *)pjf_cache_info_type();
    if (state->key_type == NULL || state->signer_type == NULL || state->verifier_type == NULL ||
        state->cache_info_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, state->cache_info_type);
}

static int exec_headers(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    const pjf_alg *alg;
    for (size_t id = 0; (alg = pjf_alg_at(id)) != NULL; id++) {
        char json[2][48];
        PyOS_snprintf(json[0], sizeof(json[0]), "{\"typ\":\"JWT\",\"alg\":\"%s\"}", alg->name);
        PyOS_snprintf(json[1], sizeof(json[1]), "{\"alg\":\"%s\",\"typ\":\"JWT\"}", alg->name);
        for (int sorted = 0; sorted < 2; sorted++) {
            pjf_plain_header *header = &state->plain_headers[id][sorted];
            size_t len = strlen(json[sorted]);
            state->lib->b64url->encode((const uint8_t *)json[sorted], len, (char *)header->segment);
            header->len = (uint8_t)pjf_b64url_encoded_len(len);
        }
    }
    return 0;
}

static int exec_constants(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    if (PyModule_AddStringConstant(module, "OPENSSL_VERSION", pjf_lib_openssl_version()) < 0 ||
        PyModule_AddStringConstant(module, "BASE64URL_PATH", state->lib->b64url->name) < 0) {
        return -1;
    }
    if (PyModule_AddFunctions(module, pjf_jws_methods) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, pjf_testing_methods);
}

/* ---- the module ---- */

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    pjf_state *state = pjf_state_of(module);
    if (state == NULL) {
        return 0;
    }
    Py_VISIT(state->key_type);
    Py_VISIT(state->signer_type);
    Py_VISIT(state->verifier_type);
    Py_VISIT(state->cache_info_type);
    for (int i = 0; i < PJF_EXCEPTION_COUNT; i++) {
        Py_VISIT(state->exceptions[i]);
    }
    Py_VISIT(state->insecure_key_length_warning);
    Py_VISIT(state->removed_in_pyjwt3_warning);
    Py_VISIT(state->native);
    Py_VISIT(state->jwk_type);
    Py_VISIT(state->py_sign);
    Py_VISIT(state->py_verify);
    Py_VISIT(state->registry);
    Py_VISIT(state->utils);
    Py_VISIT(state->clock.time_dict);
    Py_VISIT(state->clock.time_function);
    return 0;
}

static int module_clear(PyObject *module)
{
    pjf_state *state = pjf_state_of(module);
    if (state == NULL) {
        return 0;
    }
    Py_CLEAR(state->key_type);
    Py_CLEAR(state->signer_type);
    Py_CLEAR(state->verifier_type);
    Py_CLEAR(state->cache_info_type);
    for (int i = 0; i < PJF_EXCEPTION_COUNT; i++) {
        Py_CLEAR(state->exceptions[i]);
    }
    Py_CLEAR(state->insecure_key_length_warning);
    Py_CLEAR(state->removed_in_pyjwt3_warning);
    Py_CLEAR(state->native);
    Py_CLEAR(state->jwk_type);
    Py_CLEAR(state->py_sign);
    Py_CLEAR(state->py_verify);
    Py_CLEAR(state->registry);
    Py_CLEAR(state->utils);
    Py_CLEAR(state->clock.time_dict);
    Py_CLEAR(state->clock.time_function);
    return 0;
}

static void module_free(void *module)
{
    pjf_state *state = pjf_state_of(module);
    if (state == NULL) {
        return;
    }
    module_clear(module);
    for (int i = 0; i < PJF_STRING_COUNT; i++) {
        Py_CLEAR(state->strings[i]);
    }
    for (int i = 0; i < PJF_CLAIM_COUNT; i++) {
        Py_CLEAR(state->claims[i]);
    }
    for (int i = 0; i < PJF_ALG_MAX; i++) {
        Py_CLEAR(state->alg_names[i]);
    }
    for (int i = 0; i < PJF_NAME_CACHE_SIZE; i++) {
        Py_CLEAR(state->names[i].str);
    }
    for (int i = 0; i < PJF_VALUE_CACHE_SIZE; i++) {
        Py_CLEAR(state->values[i]);
    }
    for (int i = 0; i < PJF_SHAPE_MAX; i++) {
        Py_CLEAR(state->shape[i].str);
    }
    pjf_key_cache_clear(&state->keys);
    if (state->work_ready) {
        pjf_jws_work_free(&state->work);
    }
    while (state->spare_count != 0) {
        free_work(state->spare[--state->spare_count]);
    }
    pjf_lib_unref(state->lib);
    state->lib = NULL;
}

static PyMethodDef module_methods[] = {
    {"encode", PJF_FASTCALL(pjf_encode), pjf_encode_doc},
    {"decode", PJF_FASTCALL(pjf_decode), pjf_decode_doc},
    {"decode_complete", PJF_FASTCALL(pjf_decode_complete), pjf_decode_complete_doc},
    {"get_unverified_header", PJF_FASTCALL(pjf_get_unverified_header),
     pjf_get_unverified_header_doc},
    {"_jws_encode", PJF_FASTCALL(pjf_jws_encode), pjf_jws_encode_doc},
    {"_jws_decode", PJF_FASTCALL(pjf_jws_decode), pjf_jws_decode_doc},
    {"_check_claims", pjf_check_claims, METH_VARARGS, pjf_check_claims_doc},
    {"_token_in_header", (PyCFunction)(void (*)(void))pjf_token_in_header, METH_FASTCALL,
     pjf_token_in_header_doc},
    {"_is_usual_token", (PyCFunction)(void (*)(void))pjf_is_usual_token, METH_FASTCALL,
     pjf_is_usual_token_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, exec_core},
    {Py_mod_exec, exec_strings},
    {Py_mod_exec, exec_exceptions},
    {Py_mod_exec, exec_types},
    {Py_mod_exec, exec_headers},
    {Py_mod_exec, exec_constants},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyjwtfast._core",
    .m_doc = "The compiled core of pyjwtfast: JSON Web Tokens on OpenSSL.",
    .m_size = sizeof(pjf_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&module_def);
}
