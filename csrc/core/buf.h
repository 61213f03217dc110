/*
 * buf: a growable byte buffer whose first PJF_BUF_INLINE bytes live in the struct itself, so an
 * ordinary token is built and parsed without malloc. Not thread-safe: one owner at a time.
 */
#ifndef PJF_BUF_H
#define PJF_BUF_H

#include <string.h>

#include "core/base.h"

#define PJF_BUF_INLINE 1024

typedef struct pjf_buf {
    uint8_t *ptr; /* store or heap */
    size_t len;
    size_t cap;
    uint8_t store[PJF_BUF_INLINE];
} pjf_buf;

/* Makes an empty buffer. The struct must not be copied or moved afterwards. */
static inline void pjf_buf_init(pjf_buf *buf)
{
    buf->ptr = buf->store;
    buf->len = 0;
    buf->cap = PJF_BUF_INLINE;
}

/* Frees heap storage; the contents are cleansed when secret. The buffer is empty and usable after.
 */
void pjf_buf_free(pjf_buf *buf, bool secret);

/* Grows to room for len + extra bytes. PJF_ERR_NOMEM leaves the buffer as it was. */
PJF_COLD pjf_status pjf_buf_grow(pjf_buf *buf, size_t extra);

/* Room for extra more bytes after len, without changing len. */
static inline pjf_status pjf_buf_reserve(pjf_buf *buf, size_t extra)
{
    return PJF_LIKELY(buf->cap - buf->len >= extra) ? PJF_OK : pjf_buf_grow(buf, extra);
}

/* Appends bytes. */
static inline pjf_status pjf_buf_append(pjf_buf *buf, const void *bytes, size_t len)
{
    pjf_status status = pjf_buf_reserve(buf, len);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    if (len != 0) {
        memcpy(buf->ptr + buf->len, bytes, len);
        buf->len += len;
    }
    return PJF_OK;
}

/* Appends one byte. */
static inline pjf_status pjf_buf_append_byte(pjf_buf *buf, uint8_t byte)
{
    pjf_status status = pjf_buf_reserve(buf, 1);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    buf->ptr[buf->len++] = byte;
    return PJF_OK;
}

#endif
