/*
 * harness: named tests in suites, one suite per unit of the core. A failed check is reported with
 * its place and what note() said last, is counted, and the test goes on.
 */
#ifndef PJF_TESTS_HARNESS_H
#define PJF_TESTS_HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base.h"

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

typedef struct test_suite {
    const char *name;
    const test_case *cases; /* ends with a NULL name */
} test_suite;

/* The one definition a test file exports. */
#define TEST_SUITE(suite, ...)                                            \
    static const test_case suite##_cases[] = {__VA_ARGS__, {NULL, NULL}}; \
    const test_suite suite##_suite = {#suite, suite##_cases}
#define TEST(function) {#function, function}

/* MinGW-w64 has two printf: Microsoft's, and the standard's by -D__USE_MINGW_ANSI_STDIO=1. */
#ifdef __MINGW_PRINTF_FORMAT
# define PRINTF_FORMAT __MINGW_PRINTF_FORMAT
#else
# define PRINTF_FORMAT printf
#endif

/* What is being looked at: told when a check fails. */
void note(const char *format, ...) __attribute__((format(PRINTF_FORMAT, 1, 2)));

bool check_that(bool holds, const char *text, const char *file, int line);
bool check_equal(unsigned long long got, unsigned long long want, const char *text,
                 const char *file, int line);
bool check_status(pjf_status got, pjf_status want, const char *text, const char *file, int line);
bool check_bytes(const void *got, size_t got_len, const void *want, size_t want_len,
                 const char *text, const char *file, int line);

/* Each yields whether it held. */
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_EQUAL(got, want)                                                            \
    check_equal((unsigned long long)(got), (unsigned long long)(want), #got " == " #want, \
                __FILE__, __LINE__)
#define CHECK_STATUS(got, want) check_status((got), (want), #got, __FILE__, __LINE__)
#define CHECK_BYTES(got, got_len, want, want_len) \
    check_bytes((got), (got_len), (want), (want_len), #got, __FILE__, __LINE__)

/* A span over a string literal, NULs inside included. */
#define SPAN(literal) ((pjf_span){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline pjf_span span_of(const char *text)
{
    return (pjf_span){(const uint8_t *)text, strlen(text)};
}

/* Repeatable pseudo-random numbers (SplitMix64). */
uint64_t test_random(uint64_t *state);
size_t test_random_below(uint64_t *state, size_t limit);
void test_random_fill(uint64_t *state, uint8_t *out, size_t len);

/* len bytes between two pages that can't be touched: right before the second, or right behind the
 * first. A read or write outside them ends the process. */
typedef struct guarded {
    uint8_t *ptr;
    void *mapping;
    size_t mapping_len;
} guarded;
guarded guarded_new(size_t len, bool at_end);
void guarded_free(guarded *memory);

/* The allocation after `after` more of them fails, once; -1 for never. Where the linker can't wrap
 * malloc, can_fail_allocations is false and nothing fails. */
extern const bool can_fail_allocations;
void fail_allocation(long after);
bool allocation_has_failed(void);

/* The same for the allocations that OpenSSL makes: after -1 for never. */
void fail_openssl_allocation(long after);
bool openssl_allocation_has_failed(void);
long openssl_allocations(void); /* how many have not been freed */

/* Of long rows of allocations, every so many-th fails: each, unless PJF_TEST_STEP says otherwise.
 * It does under Valgrind, where it would be hours. */
long allocation_step(void);

#endif
