/*
 * What signing and verifying cost, beside the same operation of OpenSSL alone (bare.h). The two
 * take turns, so that a busy moment of the machine hits both; the smallest time and the median of
 * the rounds are printed.
 *
 *     sig_bench [rounds] [algorithm...]
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "bench/bare.h"
#include "core/key_internal.h"
#include "core/sig.h"

#define MESSAGE_LEN  200 /* header and payload of an ordinary access token */
#define ROUNDS_MAX   1001
#define ROUND_NS     500000 /* a round of one side takes about so long */
#define SIDES        2
#define TARGET_RATIO 1.03
#define TARGET_NS    100.0

static const uint8_t message[MESSAGE_LEN] = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0";

/* Everything about one algorithm. */
typedef struct bench {
    const pjf_alg *alg;
    pjf_lib *lib;
    pjf_key *key;
    pjf_sig_scratch *scratch;
    bare alone;
    uint8_t signature[PJF_SIG_MAX]; /* as a JWS carries it */
    size_t signature_len;
} bench;

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "sig_bench: %s failed\n", what);
        exit(1);
    }
}

static double now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static EVP_PKEY *new_pkey(const pjf_alg *alg)
{
    pjf_curve curve = (pjf_curve)alg->curve;
    if (alg->key_kind == PJF_KEY_RSA) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)PJF_RSA_BITS_DEFAULT);
    }
    if (alg->key_kind == PJF_KEY_EC) {
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", pjf_curve_of(curve)->ossl_name);
    }
    return EVP_PKEY_Q_keygen(NULL, NULL, pjf_curve_of(curve)->ossl_name);
}

static void alone_sign(bench *b)
{
    must(bare_sign(&b->alone), "EVP_DigestSign");
}

static void core_sign(bench *b)
{
    uint8_t out[PJF_SIG_MAX];
    size_t len;
    must(pjf_sig_sign(b->scratch, b->alg, b->key, (pjf_span){message, MESSAGE_LEN}, out, &len) ==
             PJF_OK,
         "pjf_sig_sign");
}

static void alone_verify(bench *b)
{
    must(bare_verify(&b->alone), "EVP_DigestVerify");
}

static void core_verify(bench *b)
{
    must(pjf_sig_verify(b->scratch, b->alg, b->key, (pjf_span){message, MESSAGE_LEN},
                        (pjf_span){b->signature, b->signature_len}) == PJF_OK,
         "pjf_sig_verify");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(bench *b, const char *operation, void (*const sides[SIDES])(bench *),
                    size_t rounds)
{
    static double times[SIDES][ROUNDS_MAX];
    sides[0](b);
    sides[1](b);
    double start = now_ns();
    sides[0](b);
    size_t calls = (size_t)(ROUND_NS / (now_ns() - start)) + 1;
    for (size_t round = 0; round < rounds; round++) {
        for (size_t side = 0; side < SIDES; side++) {
            start = now_ns();
            for (size_t call = 0; call < calls; call++) {
                sides[side](b);
            }
            times[side][round] = (now_ns() - start) / (double)calls;
        }
    }
    for (size_t side = 0; side < SIDES; side++) {
        qsort(times[side], rounds, sizeof(double), compare);
    }
    const double *alone = times[0], *core = times[1];
    printf("%-8s %-7s %9.2f %9.2f   %9.2f %9.2f   %+7.0f %s\n", b->alg->name, operation,
           alone[0] / 1e3, alone[rounds / 2] / 1e3, core[0] / 1e3, core[rounds / 2] / 1e3,
           core[0] - alone[0], core[0] <= TARGET_RATIO * alone[0] + TARGET_NS ? "" : "MISSED");
    fflush(stdout);
}

static void run(pjf_lib *lib, const pjf_alg *alg, size_t rounds)
{
    bench b = {.alg = alg, .lib = lib};
    EVP_PKEY *pkey = new_pkey(alg);
    must(pkey != NULL, "making a key");
    must(bare_init(&b.alone, alg, pkey, message, MESSAGE_LEN), "bare_init");
    must(pjf_key_new(lib, &b.key) == PJF_OK && pjf_key_adopt(b.key, pkey, true) == PJF_OK,
         "pjf_key_adopt");
    must(pjf_sig_scratch_new(&b.scratch) == PJF_OK, "pjf_sig_scratch_new");
    must(pjf_sig_sign(b.scratch, alg, b.key, (pjf_span){message, MESSAGE_LEN}, b.signature,
                      &b.signature_len) == PJF_OK,
         "pjf_sig_sign");

    measure(&b, "verify", (void (*const[SIDES])(bench *)){alone_verify, core_verify}, rounds);
    measure(&b, "sign", (void (*const[SIDES])(bench *)){alone_sign, core_sign}, rounds);

    pjf_sig_scratch_free(b.scratch);
    pjf_key_unref(b.key);
    bare_clear(&b.alone);
}

static bool is_wanted(const pjf_alg *alg, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], alg->name) == 0) {
            return true;
        }
    }
    /* Of the aliases of one operation, the name with a curve. */
    return argc < 3 && alg->family > PJF_FAMILY_HMAC &&
           (alg->family == PJF_FAMILY_RSA || alg->family == PJF_FAMILY_RSAPSS ||
            (alg->curve != PJF_CURVE_NONE && strcmp(alg->name, "ES521") != 0));
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 301;
    pjf_lib *lib = NULL;
    must(rounds >= 1 && rounds <= ROUNDS_MAX, "reading the number of rounds (1 to 1001)");
    must(pjf_lib_new(&lib) == PJF_OK, "pjf_lib_new");
    printf("%s, a message of %d bytes, RSA of %d bits, µs per call\n", pjf_lib_openssl_version(),
           MESSAGE_LEN, PJF_RSA_BITS_DEFAULT);
    printf("%-16s %9s %9s   %9s %9s   %7s\n", "", "OpenSSL", "median", "core", "median", "ns more");
    for (size_t id = 0; pjf_alg_at(id) != NULL; id++) {
        const pjf_alg *alg = pjf_alg_at(id);
        if (is_wanted(alg, argc, argv)) {
            run(lib, alg, rounds);
        }
    }
    pjf_lib_unref(lib);
    return 0;
}
