#include "core/buf.h"

#include <stdlib.h>

/* Releases the storage, after overwriting its first bytes. */
static void drop_storage(pjf_buf *buf, size_t cleanse)
{
    pjf_cleanse(buf->ptr, cleanse);
    if (buf->ptr != buf->store) {
        free(buf->ptr);
    }
}

void pjf_buf_free(pjf_buf *buf, bool secret)
{
    /* All of it: a buffer used more than once has held more than its last contents. */
    drop_storage(buf, secret ? buf->cap : 0);
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
    drop_storage(buf, buf->len);
    buf->ptr = ptr;
    buf->cap = cap;
    return PJF_OK;
}
