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

/* Items of open lists that need no memory of their own. */
#define ITEMS_INLINE 128

/* How many values of a payload may be new to the table of shared ones, not counting those that
 * others make good by being there. */
#define PATIENCE 32

/* Values under construction. Containers on the stack are owned by it, and enter their parent when
 * they are complete: a finaliser that the garbage collector runs meanwhile can't reach into them.
 * A list is not even made before its last item. */
typedef struct builder {
    pjf_state *state;
    pjf_buf *scratch;
    pjf_claim_view *view;
    PyObject *dict;   /* the innermost open container; NULL when it is a list, or none; owned */
    PyObject *name;   /* of the member whose value comes next; owned */
    PyObject *root;   /* the finished value; owned */
    PyObject **items; /* of all open lists, one behind the other; owned */
    size_t item_count;
    size_t item_room;
    size_t list_at; /* where the items of the innermost open list begin */
    size_t depth;
    pjf_member *member; /* in the state's shape: what the next name may be; NULL: not known */
    unsigned patience;  /* with values that are not in the table of shared ones */
    int claim;          /* of name, or -1 */
    bool flat;          /* no container but the root */
    struct {
        PyObject *dict;
        PyObject *name;
        pjf_member *member;
        size_t list_at;
        int claim;
    } stack[PJF_JSON_DEPTH_DEFAULT];
    PyObject *first_items[ITEMS_INLINE];
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
    const uint8_t *bytes = value->text.ptr;
    Py_ssize_t len = (Py_ssize_t)value->text.len;
    if (PJF_LIKELY(value->ascii)) {
        PyObject *str = PyUnicode_New(len, 127);
        if (PJF_LIKELY(str != NULL) && len != 0) {
            pjf_copy(PyUnicode_1BYTE_DATA(str), bytes, (size_t)len);
        }
        return str;
    }
    return PyUnicode_DecodeUTF8((const char *)bytes, len,
                                value->surrogates ? "surrogatepass" : NULL);
}

/* The first and last 8 bytes of a text of 1 to 16, which may overlap: with its length they are it.
 */
static inline void outer_words(const uint8_t *bytes, size_t len, uint64_t *head, uint64_t *tail)
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

/* Where in a table (its size a power of two) a text belongs. */
static inline size_t table_index(uint64_t head, uint64_t tail, size_t len, size_t size)
{
    uint64_t mixed = head ^ tail * 31 ^ len;
    mixed ^= mixed >> 32; /* the last characters too must reach the bits that are taken */
    return mixed * UINT64_C(0x9E3779B97F4A7C15) >> 48 & (size - 1);
}

/* Whether two texts of len bytes, 1 to 31, are equal. head and tail are the first one's. */
static inline bool same_text(const uint8_t *a, uint64_t head, uint64_t tail, const uint8_t *b,
                             size_t len)
{
    uint64_t words[4];
    outer_words(b, len, &words[0], &words[1]);
    uint64_t different = (head ^ words[0]) | (tail ^ words[1]);
    if (len > 16) {
        memcpy(&words[0], a + 8, 8);
        memcpy(&words[1], b + 8, 8);
        memcpy(&words[2], a + len - 16, 8);
        memcpy(&words[3], b + len - 16, 8);
        different |= (words[0] ^ words[1]) | (words[2] ^ words[3]);
    }
    return different == 0;
}

/* A member name's string, owned, and its claim. Registered claims have interned names; nothing else
 * from a token is interned, which would be for ever (CPython 3.12). */
static inline PyObject *shared_name(pjf_state *state, const pjf_json_string *name, int *claim)
{
    size_t len = name->text.len;
    *claim = -1;
    if (PJF_UNLIKELY(!name->ascii || len - 1 >= PJF_NAME_LEN_MAX)) {
        return new_string(name);
    }
    uint64_t head;
    uint64_t tail;
    outer_words(name->text.ptr, len, &head, &tail);
    pjf_name *entry = &state->names[table_index(head, tail, len, PJF_NAME_CACHE_SIZE)];
    if (PJF_LIKELY(entry->head == head && entry->tail == tail && entry->len == len)) {
        *claim = entry->claim;
        return Py_NewRef(entry->str);
    }
    *claim = claim_of(state, name->text.ptr, len);
    PyObject *str = *claim >= 0 ? Py_NewRef(state->claims[*claim]) : new_string(name);
    if (str != NULL) {
        PyObject *old = entry->str;
        *entry = (pjf_name){head, tail, Py_NewRef(str), (uint8_t)len, (int8_t)*claim};
        Py_XDECREF(old);
    }
    return str;
}

/* A new string, which the entry of the table holds from now on. */
static __attribute__((noinline)) PyObject *share_string(PyObject **entry,
                                                        const pjf_json_string *value)
{
    PyObject *old = *entry;
    PyObject *str = new_string(value);
    if (str != NULL) {
        *entry = Py_NewRef(str);
        Py_XDECREF(old);
    }
    return str;
}

/* A value's string, owned: short ones that come again and again are one object. A payload that has
 * many which were not there soon gets them without a look at the table. */
static inline PyObject *string_value(builder *b, const pjf_json_string *value)
{
    const uint8_t *bytes = value->text.ptr;
    size_t len = value->text.len;
    if (!value->ascii || len - 1 >= PJF_VALUE_LEN_MAX || PJF_UNLIKELY(b->patience == 0)) {
        return new_string(value);
    }
    uint64_t head;
    uint64_t tail;
    outer_words(bytes, len, &head, &tail);
    PyObject **entry = &b->state->values[table_index(head, tail, len, PJF_VALUE_CACHE_SIZE)];
    PyObject *old = *entry;
    if (old != NULL && (size_t)PyUnicode_GET_LENGTH(old) == len &&
        same_text(bytes, head, tail, PyUnicode_1BYTE_DATA(old), len)) {
        b->patience++;
        return Py_NewRef(old);
    }
    b->patience--;
    return share_string(entry, value);
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

/* Doubles the room for items of lists. Returns 0, or -1 with MemoryError. */
static PJF_COLD int grow_items(builder *b)
{
    size_t room = b->item_room * 2; /* fits: a payload has fewer items than bytes */
    PyObject **own = b->items == b->first_items ? NULL : b->items;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    PyObject **items = PyMem_Realloc(own, room * sizeof(*items));
    if (items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (own == NULL) {
        memcpy(items, b->first_items, sizeof(b->first_items));
    }
    b->items = items;
    b->item_room = room;
    return 0;
}

/* Puts a finished value where it belongs; takes over the reference. */
static inline pjf_status add_plain(builder *b, PyObject *value, const int64_t *plain)
{
    if (PJF_UNLIKELY(value == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    if (PJF_LIKELY(b->dict != NULL)) {
        PyObject *name = b->name;
        b->name = NULL;
        int failed = PyDict_SetItem(b->dict, name, value);
        if (b->claim >= 0 && b->depth == 1 && b->view != NULL) {
            note_claim(b, value, plain);
        }
        Py_DECREF(name);
        Py_DECREF(value);
        return failed == 0 ? PJF_OK : PJF_ERR_JSON_SINK;
    }
    if (PJF_LIKELY(b->depth != 0)) {
        if (PJF_UNLIKELY(b->item_count == b->item_room) && grow_items(b) < 0) {
            Py_DECREF(value);
            return PJF_ERR_JSON_SINK;
        }
        b->items[b->item_count++] = value;
        return PJF_OK;
    }
    b->root = value;
    return PJF_OK;
}

static inline pjf_status add_value(builder *b, PyObject *value)
{
    return add_plain(b, value, NULL);
}

static __attribute__((noinline)) pjf_status on_literal(builder *b, pjf_json_literal which)
{
    PyObject *value;
    switch (which) {
    case PJF_JSON_NULL: value = Py_NewRef(Py_None); break;
    case PJF_JSON_FALSE: value = Py_NewRef(Py_False); break;
    case PJF_JSON_TRUE: value = Py_NewRef(Py_True); break;
    case PJF_JSON_LITERAL_NAN: value = PyFloat_FromDouble((double)NAN); break;
    case PJF_JSON_LITERAL_INFINITY: value = PyFloat_FromDouble((double)INFINITY); break;
    default: value = PyFloat_FromDouble(-(double)INFINITY); break;
    }
    return add_value(b, value);
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

static __attribute__((noinline)) pjf_status on_big_integer(builder *b, pjf_span digits)
{
    const char *text = terminated(b, digits);
    return add_value(b, text == NULL ? NULL : PyLong_FromString(text, NULL, 10));
}

static __attribute__((noinline)) pjf_status on_number(builder *b, pjf_span digits)
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
    return add_value(b, string_value(b, value));
}

/* The member after this one, while there are any. */
static inline pjf_member *member_after(const builder *b, pjf_member *member)
{
    return ++member == &b->state->shape[PJF_SHAPE_MAX] ? NULL : member;
}

/* Expects the name that has just come in the next payload, in the same place. */
static __attribute__((noinline)) void learn_member(builder *b, const pjf_json_string *name)
{
    pjf_member *member = b->member;
    PyObject *old = member->str;
    b->member = member_after(b, member);
    if (pjf_json_name_init(&member->text, name->text)) {
        member->str = Py_NewRef(b->name);
        member->claim = (int8_t)b->claim;
        Py_XDECREF(old);
    }
}

static inline pjf_status on_key(builder *b, const pjf_json_string *name)
{
    b->name = shared_name(b->state, name, &b->claim);
    if (PJF_UNLIKELY(b->name == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    if (b->member != NULL) {
        learn_member(b, name);
    }
    return PJF_OK;
}

/* The name that was expected: nothing of it is read or looked up. */
static inline void on_expected(builder *b)
{
    b->name = Py_NewRef(b->member->str);
    b->claim = b->member->claim;
    b->member = member_after(b, b->member);
}

/* Opens a container: a dict, or (NULL) a list. */
static inline void container_begin(builder *b, PyObject *dict)
{
    b->flat = b->depth == 0;
    b->stack[b->depth].dict = b->dict;
    b->stack[b->depth].name = b->name;
    b->stack[b->depth].member = b->member;
    b->stack[b->depth].list_at = b->list_at;
    b->stack[b->depth].claim = b->claim;
    if (b->depth != 0) {
        b->member = NULL; /* the shape is the root's */
    }
    b->depth++;
    b->dict = dict;
    b->name = NULL;
    b->list_at = b->item_count;
}

/* Closes the innermost container, and puts it, finished, where it belongs. */
static inline pjf_status container_end(builder *b, PyObject *finished)
{
    b->depth--;
    b->dict = b->stack[b->depth].dict;
    b->name = b->stack[b->depth].name;
    b->member = b->stack[b->depth].member;
    b->list_at = b->stack[b->depth].list_at;
    b->claim = b->stack[b->depth].claim;
    return add_value(b, finished);
}

static inline pjf_status on_object_begin(builder *b)
{
    PyObject *dict = PyDict_New();
    if (PJF_UNLIKELY(dict == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    container_begin(b, dict);
    return PJF_OK;
}

static inline pjf_status on_object_end(builder *b)
{
    return container_end(b, b->dict);
}

static inline pjf_status on_array_begin(builder *b)
{
    container_begin(b, NULL);
    return PJF_OK;
}

static __attribute__((noinline)) pjf_status on_array_end(builder *b)
{
    size_t count = b->item_count - b->list_at;
    PyObject *list = PyList_New((Py_ssize_t)count);
    if (PJF_UNLIKELY(list == NULL)) {
        return PJF_ERR_JSON_SINK;
    }
    for (size_t i = 0; i < count; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, b->items[b->list_at + i]);
    }
    b->item_count = b->list_at;
    return container_end(b, list);
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
#define PJF_JSON_ON_OBJECT_END(ctx)     on_object_end(ctx)
#define PJF_JSON_ON_ARRAY_BEGIN(ctx)    on_array_begin(ctx)
#define PJF_JSON_ON_ARRAY_END(ctx)      on_array_end(ctx)
#define PJF_JSON_EXPECTED(ctx)          ((ctx)->member == NULL ? NULL : &(ctx)->member->text)
#define PJF_JSON_ON_EXPECTED(ctx)       on_expected(ctx)
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

static pjf_status event_object_end(void *ctx)
{
    return on_object_end(ctx);
}

static pjf_status event_array_end(void *ctx)
{
    return on_array_end(ctx);
}

static const pjf_json_sink events_sink = {
    .literal = event_literal,
    .integer = event_integer,
    .big_integer = event_big_integer,
    .number = event_number,
    .string = event_string,
    .key = event_key,
    .object_begin = event_object_begin,
    .object_end = event_object_end,
    .array_begin = event_array_begin,
    .array_end = event_array_end,
};

/* ---- entry points ---- */

/* shape: of the texts this one is probably like, or NULL. */
static void builder_init(builder *b, pjf_state *state, pjf_buf *scratch, pjf_claim_view *view,
                         pjf_member *shape)
{
    b->state = state;
    b->scratch = scratch;
    b->view = view;
    b->dict = NULL;
    b->name = NULL;
    b->root = NULL;
    b->items = b->first_items;
    b->item_count = 0;
    b->item_room = ITEMS_INLINE;
    b->member = shape;
    b->list_at = 0;
    b->depth = 0;
    b->patience = PATIENCE;
    b->claim = -1;
    b->flat = true;
    if (view != NULL) {
        memset(view->value, 0, sizeof(view->value));
        view->plain = 0;
    }
}

/* Frees the builder's own memory; the finished value is the caller's. */
static inline void builder_free(builder *b)
{
    if (PJF_UNLIKELY(b->items != b->first_items)) {
        PyMem_Free(b->items);
    }
}

/* Drops everything an interrupted parse has built, and its memory. */
static PJF_COLD void builder_abandon(builder *b)
{
    Py_CLEAR(b->root);
    Py_CLEAR(b->name);
    Py_CLEAR(b->dict);
    while (b->depth > 0) {
        b->depth--;
        Py_XDECREF(b->stack[b->depth].dict);
        Py_XDECREF(b->stack[b->depth].name);
    }
    while (b->item_count > 0) {
        Py_DECREF(b->items[--b->item_count]);
    }
    builder_free(b);
}

PyObject *pjf_json_load(pjf_state *state, const char *what, pjf_span text, pjf_buf *scratch,
                        pjf_claim_view *view, bool *flat)
{
    builder b;
    pjf_error error;
    builder_init(&b, state, scratch, view, view == NULL ? NULL : state->shape);
    if (PJF_UNLIKELY(parse_inlined(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, scratch, &b,
                                   &error) != PJF_OK)) {
        builder_abandon(&b);
        return pjf_raise_json(state, what, &error);
    }
    builder_free(&b);
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
    builder_init(&b, state, &scratch, NULL, events ? NULL : state->shape);
    pjf_status status =
        events ? pjf_json_read(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, &scratch, &events_sink,
                               &b, &error)
               : parse_inlined(text, PJF_JSON_NAN, PJF_JSON_DEPTH_DEFAULT, &scratch, &b, &error);
    pjf_buf_free(&scratch, false);
    if (status == PJF_OK) {
        builder_free(&b);
        return b.root;
    }
    builder_abandon(&b);
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ValueError, "%s at byte %zu", pjf_status_text(error.status),
                     error.offset);
    }
    return NULL;
}
