#include "core/json_read.h"

/* What the template's events need: the callbacks and their context. */
typedef struct table_receiver {
    const pjf_json_sink *sink;
    void *ctx;
} table_receiver;

#define PJF_JSON_FN                         read_to_table
#define PJF_JSON_CTX                        const table_receiver
#define PJF_JSON_ON_LITERAL(to, which)      (to)->sink->literal((to)->ctx, (which))
#define PJF_JSON_ON_INTEGER(to, value)      (to)->sink->integer((to)->ctx, (value))
#define PJF_JSON_ON_BIG_INTEGER(to, digits) (to)->sink->big_integer((to)->ctx, (digits))
#define PJF_JSON_ON_NUMBER(to, text)        (to)->sink->number((to)->ctx, (text))
#define PJF_JSON_ON_STRING(to, value)       (to)->sink->string((to)->ctx, (value))
#define PJF_JSON_ON_KEY(to, name)           (to)->sink->key((to)->ctx, (name))
#define PJF_JSON_ON_OBJECT_BEGIN(to)        (to)->sink->object_begin((to)->ctx)
#define PJF_JSON_ON_OBJECT_END(to)          (to)->sink->object_end((to)->ctx)
#define PJF_JSON_ON_ARRAY_BEGIN(to)         (to)->sink->array_begin((to)->ctx)
#define PJF_JSON_ON_ARRAY_END(to)           (to)->sink->array_end((to)->ctx)
#include "core/json_read.inc.h"

pjf_status pjf_json_read(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch,
                         const pjf_json_sink *sink, void *ctx, pjf_error *error)
{
    const table_receiver receiver = {sink, ctx};
    return read_to_table(text, options, depth, scratch, &receiver, error);
}
