#include "core/buf.h"

#include <stdlib.h>

/* Releases the storage that is no longer the buffer's. It is cleansed even where nobody said it is
 * secret: growing happens a few times per buffer, and a forgotten copy of a secret is for ever. */
static void drop_storage(pjf_buf *buf, bool cleanse)
{
    if (cleanse) {
        pjf_cleanse(buf->ptr, buf->len);
    }
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
    drop_storage(buf, true);
    buf->ptr = ptr;
    buf->cap = cap;
    return PJF_OK;
}
