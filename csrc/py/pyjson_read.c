/*
 * The events of the core's JSON grammar, turned into Python objects. Two parsers share the event
 * functions below: one with the events inlined, which tokens go through, and the core's callback
 * instance, which the tests hold against it.
 */
#include "py/pyjson.h"

#include <math.h>
#include <string.h>

#include "core/json_read.h"
#include "py/pyerror.h"

/* Values under construction. Containers on the stack are owned by it, and enter their parent when
 * they are complete: a finaliser that the garbage collector runs meanwhile can't reach into them.
 */
typedef struct builder {
    pjf_state *state;
    pjf_buf *scratch;
    pjf_claim_view *view;
    PyObject *container; /* the innermost open one, or NULL; owned */
    PyObject *name;      /* of the member whose value comes next; owned */
    PyObject *root;      /* the finished value; owned */
    size_t depth;
    int claim;      /* of name, or -1 */
    bool in_object; /* the container is a dict */
    bool flat;      /* no container but the root */
    struct {
        PyObject *container;
        PyObject *name;
        int claim;
    } stack[PJF_JSON_DEPTH_DEFAULT];
} builder;

/* ---- member names ---- */

/* The registered claim with this name, or -1. */
static int8_t claim_of(const pjf_state *state, const uint8_t *bytes, size_t len)
{
    for (int i = 0; len == 3 && i < PJF_CLAIM_COUNT; i++) { /* they all have three letters */
        if (memcmp(PyUnicode_1BYTE_DATA(state->claims[i]), bytes, 3) == 0) {
            return (int8_t)i;
        }
    }
    return -1;
}

static PyObject *new_string(const pjf_json_string *value)
{
    const char *bytes = (const char *)value->text.ptr;
    Py_ssize_t len = (Py_ssize_t)value->text.len;
    if (PJF_LIKELY(value->ascii)) {
        PyObject *str = PyUnicode_New(len, 127);
        if (PJF_LIKELY(str != NULL) && len != 0) {
            memcpy(PyUnicode_1BYTE_DATA(str), bytes, (size_t)len);
        }
        return str;
    }
    return PyUnicode_DecodeUTF8(bytes, len, value->surrogates ? "surrogatepass" : NULL);
}

/* The words of a text of 1 to PJF_SHORT_LEN_MAX bytes. */
static inline void short_words(const uint8_t *bytes, size_t len, uint64_t *head, uint64_t *tail)
{
    if (len >= 8) {
        memcpy(head, bytes, 8);
        memcpy(tail, bytes + len - 8, 8);
    } else if (len >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + len - 4, 4);
        *head = first;
        *tail = last;
    } else {
        *head = bytes[0] | (uint64_t)bytes[len / 2] << 8;
        *tail = bytes[len - 1];
    }
}

/* The entry of a table (its size a power of two) for a short text. */
static inline pjf_short *short_entry(pjf_short *table, size_t size, uint64_t head, uint64_t tail,
                                     size_t len)
{
    uint64_t hash = (head ^ (tail * 31) ^ len) * UINT64_C(0x9E3779B97F4A7C15);
    return &table[(hash >> 48) & (size - 1)];
}

/* Replaces what an entry holds. */
static void short_store(pjf_short *entry, uint64_t head, uint64_t tail, size_t len, PyObject *str)
{
    PyObject *old = entry->str;
    entry->head = head;
    entry->tail = tail;
    entry->len = (uint8_t)len;
    entry->str = Py_NewRef(str);
    Py_XDECREF(old);
}

static inline bool is_short(const pjf_json_string *value)
{
    return value->ascii && value->text.len - 1 < PJF_SHORT_LEN_MAX;
}

/* A member name's string, owned, and its claim. Registered claims have interned names; nothing else
 * from a token is interned, which would be for ever (CPython 3.12). */
static inline PyObject *shared_name(pjf_state *state, const pjf_json_string *name, int *claim)
{
    size_t len = name->text.len;
    uint64_t head;
    uint64_t tail;
    *claim = -1;
    if (PJF_UNLIKELY(!is_short(name))) {
        return new_string(name);
    }
    short_words(name->text.ptr, len, &head, &tail);
    pjf_short *entry = short_entry(state->names, PJF_NAME_CACHE_SIZE, head, tail, len);
    if (PJF_LIKELY(entry->head == head && entry->tail == tail && entry->len == len)) {
        *claim = entry->claim;
        return Py_NewRef(entry->str);
    }
    *claim = claim_of(state, name->text.ptr, len);
    PyObject *str = *claim >= 0 ? Py_NewRef(state->claims[*claim]) : new_string(name);
    if (str != NULL) {
        short_store(entry, head, tail, len, str);
        entry->claim = (int8_t)*claim;
    }
    return str;
}

/* A value's string, owned: short ones that come again and again are one object. */
static inline PyObject *string_value(pjf_state *state, const pjf_json_string *value)
{
    size_t len = value->text.len;
    uint64_t head;
    uint64_t tail;
    if (!is_short(value)) {
        return new_string(value);
    }
    short_words(value->text.ptr, len, &head, &tail);
    pjf_short *entry = short_entry(state->values, PJF_VALUE_CACHE_SIZE, head, tail, len);
    if (entry->head == head && entry->tail == tail && entry->len == len) {
        return Py_NewRef(entry->str);
    }
    PyObject *str = new_string(value);
    if (str != NULL) {
        short_store(entry, head, tail, len, str);
    }
    return str;
}

/* ---- events ---- */

/* Tells the view of a registered claim. plain: its value, when it is a 64-bit integer. */
static inline void note_claim(builder *b, PyObject *value, const int64_t *plain)
{
    pjf_claim_view *view = b->view;
    unsigned bit = 1u << b->claim;
    view->value[b->claim] = value;
    view->plain &= ~bit;
    if (plain != NULL) {
        view->seconds[b->claim] = *plain;
        view->plain |= bit;
    }
}

/* Puts a finished value where it belongs; takes over the reference. */
static inline pjf_status add_plain(builder *b, PyObject *value, const int64_t *plain)
{
    if (PJF_UNLIKELY(value == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    if (PJF_LIKELY(b->in_object)) {
        PyObject *name = b->name;
        b->name = NULL;
        int failed = PyDict_SetItem(b->container, name, value);
        if (b->claim >= 0 && b->depth == 1 && b->view != NULL) {
            note_claim(b, value, plain);
        }
        Py_DECREF(name);
        Py_DECREF(value);
        return failed == 0 ? PJF_OK : PJF_ERR_JSON_SINK;
    }
    if (b->container != NULL) {
        int failed = PyList_Append(b->container, value);
        Py_DECREF(value);
        return failed == 0 ? PJF_OK : PJF_ERR_JSON_SINK;
    }
    b->root = value;
    return PJF_OK;
}

static inline pjf_status add_value(builder *b, PyObject *value)
{
    return add_plain(b, value, NULL);
}

static inline pjf_status on_literal(builder *b, pjf_json_literal which)
{
    switch (which) {
    case PJF_JSON_NULL: return add_value(b, Py_NewRef(Py_None));
    case PJF_JSON_FALSE: return add_value(b, Py_NewRef(Py_False));
    case PJF_JSON_TRUE: return add_value(b, Py_NewRef(Py_True));
    case PJF_JSON_LITERAL_NAN: return add_value(b, PyFloat_FromDouble((double)NAN));
    case PJF_JSON_LITERAL_INFINITY: return add_value(b, PyFloat_FromDouble((double)INFINITY));
    default: return add_value(b, PyFloat_FromDouble(-(double)INFINITY));
    }
}

static inline pjf_status on_integer(builder *b, int64_t value)
{
    return add_plain(b, PyLong_FromLongLong(value), &value);
}

/* The text with a terminating NUL, in the scratch buffer (no string event is under way). */
static PJF_COLD const char *terminated(builder *b, pjf_span text)
{
    b->scratch->len = 0;
    if (pjf_buf_append(b->scratch, text.ptr, text.len) != PJF_OK ||
        pjf_buf_append_byte(b->scratch, '\0') != PJF_OK) {
        PyErr_NoMemory();
        return NULL;
    }
    return (const char *)b->scratch->ptr;
}

static pjf_status on_big_integer(builder *b, pjf_span digits)
{
    const char *text = terminated(b, digits);
    return add_value(b, text == NULL ? NULL : PyLong_FromString(text, NULL, 10));
}

static pjf_status on_number(builder *b, pjf_span digits)
{
    const char *text = terminated(b, digits);
    if (text == NULL) {
        return PJF_ERR_JSON_SINK;
    }
    double value = PyOS_string_to_double(text, NULL, NULL); /* past the range: infinity */
    if (value == -1.0 && PyErr_Occurred()) {
        return PJF_ERR_JSON_SINK;
    }
    return add_value(b, PyFloat_FromDouble(value));
}

static inline pjf_status on_string(builder *b, const pjf_json_string *value)
{
    return add_value(b, string_value(b->state, value));
}

static inline pjf_status on_key(builder *b, const pjf_json_string *name)
{
    b->name = shared_name(b->state, name, &b->claim);
    return PJF_LIKELY(b->name != NULL) ? PJF_OK : PJF_ERR_JSON_SINK;
}

static inline pjf_status container_begin(builder *b, PyObject *container, bool is_object)
{
    if (PJF_UNLIKELY(container == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    b->flat = b->depth == 0;
    b->stack[b->depth].container = b->container;
    b->stack[b->depth].name = b->name;
    b->stack[b->depth].claim = b->claim;
    b->depth++;
    b->container = container;
    b->name = NULL;
    b->in_object = is_object;
    return PJF_OK;
}

static inline pjf_status container_end(builder *b)
{
    PyObject *finished = b->container;
    b->depth--;
    b->container = b->stack[b->depth].container;
    b->name = b->stack[b->depth].name;
    b->in_object = b->container != NULL && PyDict_CheckExact(b->container);
    b->claim = b->stack[b->depth].claim;
    return add_value(b, finished);
}

static inline pjf_status on_object_begin(builder *b)
{
    return container_begin(b, PyDict_New(), true);
}

static inline pjf_status on_array_begin(builder *b)
{
    return container_begin(b, PyList_New(0), false);
}

#define PJF_JSON_FN                     parse_inlined
#define PJF_JSON_CTX                    builder
#define PJF_JSON_ON_LITERAL(ctx, which) on_literal(ctx, which)
#define PJF_JSON_ON_INTEGER(ctx, value) on_integer(ctx, value)
#define PJF_JSON_ON_BIG_INTEGER(ctx, s) on_big_integer(ctx, s)
#define PJF_JSON_ON_NUMBER(ctx, s)      on_number(ctx, s)
#define PJF_JSON_ON_STRING(ctx, s)      on_string(ctx, s)
#define PJF_JSON_ON_KEY(ctx, s)         on_key(ctx, s)
#define PJF_JSON_ON_OBJECT_BEGIN(ctx)   on_object_begin(ctx)
#define PJF_JSON_ON_OBJECT_END(ctx)     container_end(ctx)
#define PJF_JSON_ON_ARRAY_BEGIN(ctx)    on_array_begin(ctx)
#define PJF_JSON_ON_ARRAY_END(ctx)      container_end(ctx)
#include "core/json_read.inc.h"

/* ---- the same events behind the callback table ---- */

static pjf_status event_literal(void *ctx, pjf_json_literal which)
{
    return on_literal(ctx, which);
}

static pjf_status event_integer(void *ctx, int64_t value)
{
    return on_integer(ctx, value);
}

static pjf_status event_big_integer(void *ctx, pjf_span digits)
{
    return on_big_integer(ctx, digits);
}

static pjf_status event_number(void *ctx, pjf_span text)
{
    return on_number(ctx, text);
}

static pjf_status event_string(void *ctx, const pjf_json_string *value)
{
    return on_string(ctx, value);
}

static pjf_status event_key(void *ctx, const pjf_json_string *name)
{
    return on_key(ctx, name);
}

static pjf_status event_object_begin(void *ctx)
{
    return on_object_begin(ctx);
}

static pjf_status event_array_begin(void *ctx)
{
    return on_array_begin(ctx);
}

static pjf_status event_end(void *ctx)
{
    return container_end(ctx);
}

static const pjf_json_sink events_sink = {
    .literal = event_literal,
    .integer = event_integer,
    .big_integer = event_big_integer,
    .number = event_number,
    .string = event_string,
    .key = event_key,
    .object_begin = event_object_begin,
    .object_end = event_end,
    .array_begin = event_array_begin,
    .array_end = event_end,
};

/* ---- entry points ---- */

static void builder_init(builder *b, pjf_state *state, pjf_buf *scratch, pjf_claim_view *view)
{
    b->state = state;
    b->scratch = scratch;
    b->view = view;
    b->container = NULL;
    b->name = NULL;
    b->root = NULL;
    b->depth = 0;
    b->claim = -1;
    b->in_object = false;
    b->flat = true;
    if (view != NULL) {
        memset(view->value, 0, sizeof(view->value));
        view->plain = 0;
    }
}

/* Drops everything an interrupted parse has built. */
static PJF_COLD void builder_abandon(builder *b)
{
    Py_CLEAR(b->root);
    Py_CLEAR(b->name);
    Py_CLEAR(b->container);
    while (b->depth > 0) {
        b->depth--;
        Py_XDECREF(b->stack[b->depth].container);
        Py_XDECREF(b->stack[b->depth].name);
    }
}

PyObject *pjf_json_load(pjf_state *state, const char *what, pjf_span text, pjf_buf *scratch,
                        pjf_claim_view *view, bool *flat)
{
    builder b;
    pjf_error error;
    builder_init(&b, state, scratch, view);
    if (PJF_UNLIKELY(parse_inlined(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, scratch, &b,
                                   &error) != PJF_OK)) {
        builder_abandon(&b);
        return pjf_raise_json(state, what, &error);
    }
    if (PJF_UNLIKELY(!PyDict_CheckExact(b.root))) {
        Py_DECREF(b.root);
        error.status = PJF_ERR_JSON_NOT_OBJECT;
        return pjf_raise_json(state, what, &error);
    }
    if (flat != NULL) {
        *flat = b.flat;
    }
    return b.root;
}

PyObject *pjf_json_load_any(pjf_state *state, pjf_span text, bool events)
{
    builder b;
    pjf_error error;
    pjf_buf scratch;
    pjf_buf_init(&scratch);
    builder_init(&b, state, &scratch, NULL);
    pjf_status status =
        events ? pjf_json_read(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, &scratch, &events_sink,
                               &b, &error)
               : parse_inlined(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, &scratch, &b, &error);
    pjf_buf_free(&scratch, false);
    if (status == PJF_OK) {
        return b.root;
    }
    builder_abandon(&b);
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "%s at byte %zu", pjf_status_text(error.status),
                     error.offset);
    }
    return NULL;
}
