#include "core/json_read.h"

/* What the template's events need: the callbacks and their context. */
typedef struct table_receiver {
    const pjf_json_sink *sink;
    void *ctx;
} table_receiver;

/* Calls a callback, with a value or without; where there is none the event passes. */
#define TELL(to, event, value) \
    ((to)->sink->event == NULL ? PJF_OK : (to)->sink->event((to)->ctx, (value)))
#define TELL_BARE(to, event) ((to)->sink->event == NULL ? PJF_OK : (to)->sink->event((to)->ctx))

#define PJF_JSON_FN                         read_to_table
#define PJF_JSON_CTX                        const table_receiver
#define PJF_JSON_ON_LITERAL(to, which)      TELL(to, literal, which)
#define PJF_JSON_ON_INTEGER(to, value)      TELL(to, integer, value)
#define PJF_JSON_ON_BIG_INTEGER(to, digits) TELL(to, big_integer, digits)
#define PJF_JSON_ON_NUMBER(to, text)        TELL(to, number, text)
#define PJF_JSON_ON_STRING(to, value)       TELL(to, string, value)
#define PJF_JSON_ON_KEY(to, name)           TELL(to, key, name)
#define PJF_JSON_ON_OBJECT_BEGIN(to)        TELL_BARE(to, object_begin)
#define PJF_JSON_ON_OBJECT_END(to)          TELL_BARE(to, object_end)
#define PJF_JSON_ON_ARRAY_BEGIN(to)         TELL_BARE(to, array_begin)
#define PJF_JSON_ON_ARRAY_END(to)           TELL_BARE(to, array_end)
#include "core/json_read.inc.h"

pjf_status pjf_json_read(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch,
                         const pjf_json_sink *sink, void *ctx, pjf_error *error)
{
    const table_receiver receiver = {sink, ctx};
    return read_to_table(text, options, depth, scratch, &receiver, error);
}
