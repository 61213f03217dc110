/* Runs the suites named on the command line, or all. The last line is "N passed, N failed". */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "tests/harness.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdatomic.h>
#ifdef _WIN32
# include <fcntl.h>
# include <io.h>
# include <windows.h>
#else
# include <sys/mman.h>
# include <unistd.h>
#endif

#define SUITES(X)  \
    X(base)        \
    X(buf)         \
    X(b64url)      \
    X(utf8)        \
    X(json_read)   \
    X(json_scan)   \
    X(json_write)  \
    X(alg)         \
    X(ossl)        \
    X(ossl_pkey)   \
    X(key)         \
    X(key_check)   \
    X(key_jwk)     \
    X(key_pem)     \
    X(key_der)     \
    X(key_ssh)     \
    X(key_cache)   \
    X(sig)         \
    X(sig_evp)     \
    X(sig_rsa)     \
    X(sig_ecdsa)   \
    X(sig_eddsa)   \
    X(jose_header) \
    X(jws)         \
    X(cache)       \
    X(alloc)

#define DECLARE(name) extern const test_suite name##_suite;
SUITES(DECLARE)
#define ADDRESS(name) &name##_suite,
static const test_suite *const suites[] = {SUITES(ADDRESS)};

#define FAILURES_SHOWN 5 /* of one test */

static const test_case *current;
static unsigned failures; /* of the current test */
static char context[200];

void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof(context), format, arguments);
    va_end(arguments);
}

static void print_escaped(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] >= ' ' && bytes[i] <= '~') {
            printf("%c", bytes[i]);
        } else {
            printf("\\x%02x", bytes[i]);
        }
    }
}

/* Begins the report of a failure; false when there have been enough. */
static bool report(const char *text, const char *file, int line)
{
    if (failures++ >= FAILURES_SHOWN) {
        return false;
    }
    printf("%s:%d: %s: %s", file, line, current->name, text);
    if (context[0] != '\0') {
        printf(" [");
        print_escaped((const uint8_t *)context, strlen(context));
        printf("]");
    }
    return true;
}

bool check_that(bool holds, const char *text, const char *file, int line)
{
    if (!holds && report(text, file, line)) {
        printf("\n");
    }
    return holds;
}

bool check_equal(unsigned long long got, unsigned long long want, const char *text,
                 const char *file, int line)
{
    if (got != want && report(text, file, line)) {
        printf(": got %llu (%lld), wanted %llu (%lld)\n", got, (long long)got, want,
               (long long)want);
    }
    return got == want;
}

bool check_status(pjf_status got, pjf_status want, const char *text, const char *file, int line)
{
    if (got != want && report(text, file, line)) {
        printf(": got \"%s\", wanted \"%s\"\n", pjf_status_text(got), pjf_status_text(want));
    }
    return got == want;
}

static void print_bytes(const char *label, const void *bytes, size_t len)
{
    printf("  %s (%zu bytes) ", label, len);
    print_escaped(bytes, len < 100 ? len : 100);
    printf("\n");
}

bool check_bytes(const void *got, size_t got_len, const void *want, size_t want_len,
                 const char *text, const char *file, int line)
{
    bool same = got_len == want_len && (got_len == 0 || memcmp(got, want, got_len) == 0);
    if (!same && report(text, file, line)) {
        printf("\n");
        print_bytes("got   ", got, got_len);
        print_bytes("wanted", want, want_len);
    }
    return same;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t test_random_below(uint64_t *state, size_t limit)
{
    return (size_t)(test_random(state) % limit);
}

void test_random_fill(uint64_t *state, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)test_random(state);
    }
}

#ifdef _WIN32
static size_t page_size(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
}

static void *reserve(size_t len)
{
    return VirtualAlloc(NULL, len, MEM_RESERVE, PAGE_NOACCESS);
}

static bool open_pages(void *first, size_t len)
{
    return VirtualAlloc(first, len, MEM_COMMIT, PAGE_READWRITE) != NULL;
}

static void give_back(void *mapping, size_t len)
{
    (void)len;
    VirtualFree(mapping, 0, MEM_RELEASE);
}
#else
static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void *reserve(size_t len)
{
    void *mapping = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mapping == MAP_FAILED ? NULL : mapping;
}

static bool open_pages(void *first, size_t len)
{
    return mprotect(first, len, PROT_READ | PROT_WRITE) == 0;
}

static void give_back(void *mapping, size_t len)
{
    munmap(mapping, len);
}
#endif

guarded guarded_new(size_t len, bool at_end)
{
    size_t page = page_size();
    size_t inner = (len / page + 1) * page;
    guarded memory;
    memory.mapping_len = inner + 2 * page;
    memory.mapping = reserve(memory.mapping_len);
    uint8_t *first = memory.mapping == NULL ? NULL : (uint8_t *)memory.mapping + page;
    if (first == NULL || !open_pages(first, inner)) {
        printf("no pages to be had\n");
        exit(2);
    }
    memory.ptr = at_end ? first + inner - len : first;
    return memory;
}

void guarded_free(guarded *memory)
{
    give_back(memory->mapping, memory->mapping_len);
}

/* Allocations of one kind: how many more succeed before one fails; -1 for all. */
typedef struct allocations {
    long left;
    bool failed;
} allocations;

static allocations own = {-1, false}, openssls = {-1, false};
static atomic_long openssl_blocks; /* tests start threads */

void fail_allocation(long after)
{
    own = (allocations){after, false};
}

bool allocation_has_failed(void)
{
    return own.failed;
}

void fail_openssl_allocation(long after)
{
    openssls = (allocations){after, false};
}

bool openssl_allocation_has_failed(void)
{
    return openssls.failed;
}

long openssl_allocations(void)
{
    return atomic_load(&openssl_blocks);
}

static bool this_one_fails(allocations *kind)
{
    if (kind->left < 0 || kind->left-- > 0) {
        return false;
    }
    kind->failed = true;
    return true;
}

#ifdef TEST_WRAP_MALLOC
const bool can_fail_allocations = true;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *__wrap_malloc(size_t size)
{
    return this_one_fails(&own) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return this_one_fails(&own) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return this_one_fails(&own) ? NULL : __real_realloc(ptr, size);
}
#else
const bool can_fail_allocations = false;
# define __real_malloc  malloc
# define __real_realloc realloc
#endif

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    void *ptr = this_one_fails(&openssls) ? NULL : __real_malloc(size);
    if (ptr != NULL) {
        atomic_fetch_add(&openssl_blocks, 1);
    }
    return ptr;
}

static void openssl_free(void *ptr, const char *file, int line)
{
    (void)file;
    (void)line;
    if (ptr != NULL) {
        atomic_fetch_sub(&openssl_blocks, 1);
    }
    free(ptr);
}

static void *openssl_realloc(void *ptr, size_t size, const char *file, int line)
{
    if (ptr == NULL) {
        return openssl_malloc(size, file, line);
    }
    if (size == 0) {
        openssl_free(ptr, file, line);
        return NULL;
    }
    return this_one_fails(&openssls) ? NULL : __real_realloc(ptr, size);
}

long allocation_step(void)
{
    const char *text = getenv("PJF_TEST_STEP");
    long step = text == NULL ? 1 : strtol(text, NULL, 10);
    return step > 0 ? step : 1;
}

static bool wanted(const test_suite *suite, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], suite->name) == 0) {
            return true;
        }
    }
    return argc < 2;
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
#ifdef _WIN32
    _setmode(_fileno(stdout), _O_BINARY); /* lines end as everywhere */
#endif
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) {
        printf("OpenSSL does not take our allocator\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (!wanted(suites[i], argc, argv)) {
            continue;
        }
        unsigned good = 0, bad = 0;
        for (current = suites[i]->cases; current->name != NULL; current++) {
            failures = 0;
            context[0] = '\0';
            current->run();
            fail_allocation(-1);
            fail_openssl_allocation(-1);
            if (failures > FAILURES_SHOWN) {
                printf("%s: %u more failures\n", current->name, failures - FAILURES_SHOWN);
            }
            *(failures == 0 ? &good : &bad) += 1;
        }
        printf("%-12s %3u passed", suites[i]->name, good);
        printf(bad == 0 ? "\n" : ", %u FAILED\n", bad);
        fflush(stdout);
        passed += good;
        failed += bad;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
