#include "core/buf.h"

#include <stdlib.h>

/* Releases the storage; all of it is overwritten when cleanse: a buffer used more than once has
 * held more than its last contents. */
static void drop_storage(pjf_buf *buf, bool cleanse)
{
    pjf_cleanse(buf->ptr, cleanse ? buf->cap : 0);
    if (buf->ptr != buf->store) {
        free(buf->ptr);
    }
}

void pjf_buf_free(pjf_buf *buf, bool secret)
{
    drop_storage(buf, secret);
    pjf_buf_init(buf);
}

pjf_status pjf_buf_grow(pjf_buf *buf, size_t extra)
{
    size_t need, cap;
    if (!pjf_size_add(buf->len, extra, &need)) {
        return PJF_ERR_NOMEM;
    }
    if (need <= buf->cap) {
        return PJF_OK;
    }
    /* Doubling keeps a series of appends linear. */
    if (!pjf_size_mul(buf->cap, 2, &cap) || cap < need) {
        cap = need;
    }
    uint8_t *ptr = malloc(cap);
    if (ptr == NULL) {
        return PJF_ERR_NOMEM;
    }
    memcpy(ptr, buf->ptr, buf->len);
    /* Cleansed even where nobody said it is secret: growing is rare, a forgotten copy for ever. */
    drop_storage(buf, true);
    buf->ptr = ptr;
    buf->cap = cap;
    return PJF_OK;
}
