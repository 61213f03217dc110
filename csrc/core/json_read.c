#include "core/json_read.h"

#include <string.h>

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

bool pjf_json_name_init(pjf_json_name *out, pjf_span name)
{
    uint8_t text[PJF_JSON_NAME_MAX + 3] = {'"'};
    uint8_t word[8] = {0};
    out->len = 0;
    if (name.len - 1 >= PJF_JSON_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t c = name.ptr[i];
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
            return false;
        }
        text[1 + i] = c;
    }
    memcpy(text + 1 + name.len, "\":", 2);
    const size_t len = name.len + 3;
    const size_t before = len < 8 ? 8 - len : 0;
    memset(word + before, 0xff, sizeof(word) - before);
    memcpy(&out->mask, word, sizeof(word));
    if (len < 8) {
        memset(word, 0, sizeof(word));
        memcpy(word + before, text, len);
        memcpy(&out->words[0], word, sizeof(word));
        out->words[1] = out->words[2] = out->words[0];
    } else {
        memcpy(&out->words[0], text, 8);
        memcpy(&out->words[1], text + (len < 16 ? len - 8 : 8), 8);
        memcpy(&out->words[2], text + len - 8, 8);
    }
    out->before = (uint8_t)before;
    out->second = (uint8_t)(len < 16 ? len - 8 + before : 8);
    out->len = (uint8_t)len;
    return true;
}

pjf_status pjf_json_read(pjf_span text, unsigned options, size_t depth, pjf_buf *scratch,
                         const pjf_json_sink *sink, void *ctx, pjf_error *error)
{
    const table_receiver receiver = {sink, ctx};
    return read_to_table(text, options, depth, scratch, &receiver, error);
}
