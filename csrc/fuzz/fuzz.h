/*
 * fuzz: what the harnesses share. A harness ends the process when an invariant does not hold, and
 * libFuzzer keeps the input.
 */
#ifndef PJF_FUZZ_H
#define PJF_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"

#define REQUIRE(condition)                                                                 \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

/* libFuzzer's entry point. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly size bytes of heap, so that the sanitizer sees every byte beyond. The caller frees it. */
static inline uint8_t *exactly(size_t size)
{
    uint8_t *bytes = malloc(size == 0 ? 1 : size);
    REQUIRE(bytes != NULL);
    return bytes;
}

static inline bool same_bytes(pjf_span a, pjf_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

#endif
