/*
 * What a key keeps for its signatures: templates that threads race to make, spares that one call at
 * a time takes out, across fork and out of memory, and no trace of a key in a scratch.
 */
#define _DEFAULT_SOURCE /* pthread barriers, fork, alarm */

#include "tests/sig_fixtures.h"

#include <pthread.h>
#ifndef _WIN32
# include <sys/wait.h>
# include <unistd.h>
#endif

#include <openssl/err.h>

/* One of every way through the families; the key of each is made once. */
static const char *const algs[] = {"RS256", "PS512", "ES256", "ES512", "Ed25519", "Ed448"};
#define ALGS (sizeof(algs) / sizeof(algs[0]))

static signer signer_for(const char *alg)
{
    return fixture_alg(alg)->key_kind == PJF_KEY_RSA ? signer_of_jwk(a2_jwk) : signer_new(alg);
}

/* Another key of the same EVP_PKEY, with nothing prepared. */
static pjf_key *fresh_copy(const signer *s)
{
    pjf_key *key = NULL;
    CHECK(EVP_PKEY_up_ref(s->key->pkey) == 1);
    CHECK_STATUS(pjf_key_new(s->lib, &key), PJF_OK);
    CHECK_STATUS(pjf_key_adopt(key, s->key->pkey, true), PJF_OK);
    return key;
}

static void a_template_is_made_once_and_its_copy_serves_again(void)
{
    signer s = signer_of_jwk(a2_jwk);
    const struct {
        const char *alg;
        size_t slot;
    } places[] = {{"RS256", 0}, {"RS512", 2}, {"PS256", 3}, {"PS512", 5}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        pjf_evp_slot *sign = &s.key->evp.slots[PJF_EVP_SIGN][places[i].slot];
        pjf_evp_slot *verify = &s.key->evp.slots[PJF_EVP_VERIFY][places[i].slot];
        uint8_t signature[PJF_SIG_MAX];
        size_t len = 0;
        note("%s", places[i].alg);
        CHECK(sign->template == NULL && verify->template == NULL);
        CHECK_STATUS(signer_sign(&s, places[i].alg, SPAN("a.b"), signature, &len), PJF_OK);
        CHECK(sign->template != NULL && sign->spare != NULL && verify->template == NULL);
        CHECK_STATUS(signer_verify(&s, places[i].alg, SPAN("a.b"), signature, len), PJF_OK);
        pjf_evp_pkey_ctx *templates[] = {sign->template, verify->template};
        pjf_evp_pkey_ctx *spares[] = {sign->spare, verify->spare};
        CHECK(spares[1] != NULL && spares[0] != spares[1] && templates[0] != spares[0]);

        CHECK_STATUS(signer_sign(&s, places[i].alg, SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_STATUS(signer_verify(&s, places[i].alg, SPAN("a.b"), signature, len), PJF_OK);
        CHECK(sign->template == templates[0] && sign->spare == spares[0]);
        CHECK(verify->template == templates[1] && verify->spare == spares[1]);

        /* What has met a bad signature is not used again. */
        signature[9] ^= 1;
        CHECK_STATUS(signer_verify(&s, places[i].alg, SPAN("a.b"), signature, len),
                     PJF_ERR_SIGNATURE);
        CHECK(verify->template == templates[1] && verify->spare == NULL);
        signature[9] ^= 1;
        CHECK_STATUS(signer_verify(&s, places[i].alg, SPAN("a.b"), signature, len), PJF_OK);
        CHECK(verify->template == templates[1] && verify->spare != NULL);
    }
    signer_free(&s);
}

/* Two at once, as threads would be: the second finds the spare taken. */
static void a_call_finds_the_spare_taken(void)
{
    signer s = signer_new("ES256");
    uint8_t signature[PJF_SIG_MAX];
    size_t len = 0;
    CHECK_STATUS(signer_sign(&s, "ES256", SPAN("a.b"), signature, &len), PJF_OK);
    CHECK_STATUS(signer_verify(&s, "ES256", SPAN("a.b"), signature, len), PJF_OK);
    for (size_t operation = 0; operation < PJF_EVP_OPERATIONS; operation++) {
        pjf_evp_slot *slot = &s.key->evp.slots[operation][PJF_SHA256];
        pjf_evp_pkey_ctx *taken = atomic_exchange(&slot->spare, NULL);
        note("operation %zu", operation);
        CHECK_STATUS(signer_sign(&s, "ES256", SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_STATUS(signer_verify(&s, "ES256", SPAN("a.b"), signature, len), PJF_OK);
        CHECK(slot->spare != NULL && taken != NULL && slot->spare != taken);
        EVP_PKEY_CTX_free(atomic_exchange(&slot->spare, taken));
        CHECK_STATUS(signer_sign(&s, "ES256", SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_STATUS(signer_verify(&s, "ES256", SPAN("a.b"), signature, len), PJF_OK);
        CHECK(slot->spare == taken);
    }
    signer_free(&s);
}

/* ---- threads ---- */

#define THREADS      8
#define THREAD_CALLS 6

typedef struct shared {
    const pjf_alg *alg;
    pjf_key *key;
    uint8_t good[PJF_SIG_MAX], bad[PJF_SIG_MAX];
    size_t len;
    pthread_barrier_t start;
    atomic_uint wrong;
} shared;

static void *sign_and_verify(void *argument)
{
    shared *sh = argument;
    pjf_sig_scratch *scratch = NULL;
    uint8_t own[PJF_SIG_MAX];
    size_t len = 0;
    bool right = pjf_sig_scratch_new(&scratch) == PJF_OK;
    pthread_barrier_wait(&sh->start);
    for (size_t i = 0; i < THREAD_CALLS && right; i++) {
        right =
            pjf_sig_verify(scratch, sh->alg, sh->key, SPAN("a.b"), (pjf_span){sh->good, sh->len}) ==
                PJF_OK &&
            pjf_sig_sign(scratch, sh->alg, sh->key, SPAN("c.d"), own, &len) == PJF_OK &&
            pjf_sig_verify(scratch, sh->alg, sh->key, SPAN("a.b"), (pjf_span){sh->bad, sh->len}) ==
                PJF_ERR_SIGNATURE &&
            pjf_sig_verify(scratch, sh->alg, sh->key, SPAN("c.d"), (pjf_span){own, len}) == PJF_OK;
    }
    atomic_fetch_add(&sh->wrong, right ? 0 : 1);
    pjf_sig_scratch_free(scratch);
    return NULL;
}

static void threads_share_a_key(void)
{
    static shared sh;
    for (size_t a = 0; a < ALGS; a++) {
        signer s = signer_for(algs[a]);
        sh.alg = fixture_alg(algs[a]);
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), sh.good, &sh.len), PJF_OK);
        memcpy(sh.bad, sh.good, sh.len);
        sh.bad[sh.len / 3] ^= 4;
        for (size_t round = 0; round < 5; round++) {
            pthread_t threads[THREADS];
            note("%s, round %zu", algs[a], round);
            sh.key = fresh_copy(&s); /* its templates are raced for */
            atomic_store(&sh.wrong, 0);
            pthread_barrier_init(&sh.start, NULL, THREADS);
            for (size_t i = 0; i < THREADS; i++) {
                if (pthread_create(&threads[i], NULL, sign_and_verify, &sh) != 0) {
                    printf("pthread_create failed\n");
                    exit(2);
                }
            }
            for (size_t i = 0; i < THREADS; i++) {
                pthread_join(threads[i], NULL);
            }
            pthread_barrier_destroy(&sh.start);
            CHECK_EQUAL(atomic_load(&sh.wrong), 0);
            pjf_key_unref(sh.key);
        }
        signer_free(&s);
    }
}

/* ---- fork ---- */

#ifdef _WIN32
# define FORK_TESTS /* it has none */
#else
# define FORK_TESTS TEST(a_forked_child_goes_on),

static bool child_succeeds(const signer *s, const char *alg, const uint8_t *signature, size_t len)
{
    int wait_status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        uint8_t own[PJF_SIG_MAX];
        size_t own_len = 0;
        alarm(60);
        bool right = signer_verify(s, alg, SPAN("a.b"), signature, len) == PJF_OK &&
                     signer_sign(s, alg, SPAN("c.d"), own, &own_len) == PJF_OK &&
                     signer_verify(s, alg, SPAN("c.d"), own, own_len) == PJF_OK;
        _exit(right ? 0 : 1);
    }
    return child > 0 && waitpid(child, &wait_status, 0) == child && wait_status == 0;
}

static void a_forked_child_goes_on(void)
{
    for (size_t a = 0; a < ALGS; a++) {
        signer s = signer_for(algs[a]);
        uint8_t signature[PJF_SIG_MAX], again[PJF_SIG_MAX];
        size_t len = 0, again_len = 0;
        note("%s", algs[a]);
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
        CHECK(child_succeeds(&s, algs[a], signature, len)); /* no template for verifying yet */
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, len), PJF_OK);
        CHECK(child_succeeds(&s, algs[a], signature, len));

        /* Forked while another thread was in the middle of a call: the spares are gone. */
        pjf_evp_pkey_ctx *taken[PJF_EVP_OPERATIONS][PJF_EVP_SLOTS];
        for (size_t i = 0; i < PJF_EVP_OPERATIONS; i++) {
            for (size_t slot = 0; slot < PJF_EVP_SLOTS; slot++) {
                taken[i][slot] = atomic_exchange(&s.key->evp.slots[i][slot].spare, NULL);
            }
        }
        CHECK(child_succeeds(&s, algs[a], signature, len));
        for (size_t i = 0; i < PJF_EVP_OPERATIONS; i++) {
            for (size_t slot = 0; slot < PJF_EVP_SLOTS; slot++) {
                atomic_store(&s.key->evp.slots[i][slot].spare, taken[i][slot]);
            }
        }
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), again, &again_len), PJF_OK);
        CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), again, again_len), PJF_OK);
        signer_free(&s);
    }
}

#endif

/* ---- memory ---- */

/* A place of OpenSSL's error queue keeps room for a text from its first use on: use them all. */
static long allocations_but_for_errors(void)
{
    for (size_t i = 0; i < 16; i++) {
        ERR_raise_data(ERR_LIB_USER, 1, "text");
    }
    ERR_clear_error();
    return openssl_allocations();
}

static void a_scratch_holds_no_key(void)
{
    for (size_t a = 0; a < ALGS; a++) {
        signer s = signer_for(algs[a]);
        uint8_t signature[PJF_SIG_MAX];
        size_t len = 0;
        long before = 0;
        note("%s", algs[a]);
        /* The last call signs, verifies, refuses; then again, when scratch and OpenSSL's thread
         * have what they keep from their first calls and errors on. */
        for (size_t i = 0; i < 6; i++) {
            if (i == 3) { /* with a key that stays: another one in the scratch would be seen */
                CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
                before = allocations_but_for_errors();
            }
            signer other = signer_for(algs[a]);
            pjf_sig_scratch *own = other.scratch;
            other.scratch = s.scratch;
            CHECK_STATUS(signer_sign(&other, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
            if (i % 3 > 0) {
                signature[3] ^= i % 3 == 2;
                CHECK_STATUS(signer_verify(&other, algs[a], SPAN("a.b"), signature, len),
                             i % 3 == 1 ? PJF_OK : PJF_ERR_SIGNATURE);
            }
            other.scratch = own;
            signer_free(&other);
            if (i >= 3) {
                CHECK_EQUAL(allocations_but_for_errors(), before);
            }
        }
        signer_free(&s);
    }
}

/* From a key with nothing prepared to signatures, good and bad; each result on its own. */
typedef struct results {
    pjf_status scratch, sign, verify, again, bad;
} results;

static void try_everything(const pjf_alg *alg, pjf_key *key, pjf_span good, pjf_span bad,
                           uint8_t *own, size_t *own_len, results *r)
{
    pjf_sig_scratch *scratch = NULL;
    *r = (results){.scratch = pjf_sig_scratch_new(&scratch)};
    if (r->scratch == PJF_OK) {
        r->sign = pjf_sig_sign(scratch, alg, key, SPAN("a.b"), own, own_len);
        r->verify = pjf_sig_verify(scratch, alg, key, SPAN("a.b"), good);
        r->again = pjf_sig_verify(scratch, alg, key, SPAN("a.b"), good);
        r->bad = pjf_sig_verify(scratch, alg, key, SPAN("a.b"), bad);
    }
    pjf_sig_scratch_free(scratch);
}

static bool is_failure(pjf_status status)
{
    return status == PJF_ERR_NOMEM || status == PJF_ERR_CRYPTO;
}

/* Every allocation fails once, in turn: of the core's own, or of OpenSSL's. What comes out is right
 * or an error, never a signature that does not verify, nor a bad one that does; nothing leaks (the
 * leak checker looks), and the same call succeeds afterwards. */
static void fail_each(bool inside, void (*fail)(long), bool (*has_failed)(void))
{
    long step = allocation_step();
    for (size_t a = 0; a < ALGS; a++) {
        const pjf_alg *alg = fixture_alg(algs[a]);
        signer s = signer_for(algs[a]);
        uint8_t good[PJF_SIG_MAX], bad[PJF_SIG_MAX], own[PJF_SIG_MAX];
        size_t len = 0, own_len = 0, failures = 0, told = 0;
        results r;
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), good, &len), PJF_OK);
        memcpy(bad, good, len);
        bad[len / 3] ^= 4;
        pjf_key *warm = fresh_copy(&s);
        try_everything(alg, warm, (pjf_span){good, len}, (pjf_span){bad, len}, own, &own_len, &r);
        pjf_key_unref(warm);
        for (long after = 0;; after += step) {
            pjf_key *key = fresh_copy(&s);
            ERR_clear_error();
            fail(after);
            try_everything(alg, key, (pjf_span){good, len}, (pjf_span){bad, len}, own, &own_len,
                           &r);
            bool failed = has_failed();
            fail(-1);
            note("%s, allocation %ld", algs[a], after);
            CHECK_EQUAL(ERR_peek_error(), 0);
            if (!failed) {
                CHECK(r.scratch == PJF_OK && r.sign == PJF_OK && r.verify == PJF_OK &&
                      r.again == PJF_OK && r.bad == PJF_ERR_SIGNATURE);
                pjf_key_unref(key);
                break;
            }
            failures++;
            CHECK(r.scratch == PJF_OK || r.scratch == PJF_ERR_NOMEM);
            if (r.scratch == PJF_OK) {
                CHECK(r.sign == PJF_OK || is_failure(r.sign));
                CHECK(r.verify == PJF_OK || r.verify == PJF_ERR_SIGNATURE || is_failure(r.verify));
                CHECK(r.again == PJF_OK || r.again == PJF_ERR_SIGNATURE || is_failure(r.again));
                CHECK(r.bad == PJF_ERR_SIGNATURE || is_failure(r.bad));
                if (r.sign == PJF_OK) {
                    CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), own, own_len), PJF_OK);
                }
            }
            told += r.scratch == PJF_ERR_NOMEM || r.sign == PJF_ERR_NOMEM ||
                    r.verify == PJF_ERR_NOMEM || r.again == PJF_ERR_NOMEM || r.bad == PJF_ERR_NOMEM;
            try_everything(alg, key, (pjf_span){good, len}, (pjf_span){bad, len}, own, &own_len,
                           &r);
            CHECK(r.scratch == PJF_OK && r.sign == PJF_OK && r.verify == PJF_OK &&
                  r.again == PJF_OK && r.bad == PJF_ERR_SIGNATURE);
            pjf_key_unref(key);
        }
        note("%s: %zu allocations, %zu told as such", algs[a], failures, told);
        /* OpenSSL does not always tell; what it does not is another failure. */
        CHECK(inside ? failures > 20 / (size_t)step && told > failures / 4 : told == failures);
        signer_free(&s);
    }
}

static void every_allocation_of_ours_fails_cleanly(void)
{
    if (can_fail_allocations) {
        fail_each(false, fail_allocation, allocation_has_failed);
    }
}

static void every_allocation_of_openssl_fails_cleanly(void)
{
    fail_each(true, fail_openssl_allocation, openssl_allocation_has_failed);
}

/* What sig_rsa.c says of blinding: 40 signatures see the pair of numbers made anew. */
static void want_of_memory_breaks_no_later_signature(void)
{
    size_t failures = 0;
    for (long after = 0; after < 40; after += allocation_step()) {
        signer s = signer_of_jwk(a2_jwk);
        for (size_t i = 0; i < 40; i++) {
            uint8_t signature[PJF_SIG_MAX];
            size_t len = 0;
            note("allocation %ld of signature %zu", after, i);
            fail_openssl_allocation(after);
            pjf_status status = signer_sign(&s, "RS256", SPAN("a.b"), signature, &len);
            failures += openssl_allocation_has_failed();
            fail_openssl_allocation(-1);
            if (status == PJF_OK) {
                CHECK_STATUS(signer_verify(&s, "RS256", SPAN("a.b"), signature, len), PJF_OK);
            } else {
                CHECK(is_failure(status));
            }
        }
        signer_free(&s);
    }
    CHECK(failures > 20);
}

/* ---- the rest ---- */

static void the_error_queue_is_left_alone(void)
{
    for (size_t a = 0; a < ALGS; a++) {
        for (int reason = 0; reason < 2; reason++) { /* with errors of the caller's, and without */
            signer s = signer_for(algs[a]);
            uint8_t signature[PJF_SIG_MAX];
            size_t len = 0;
            note("%s", algs[a]);
            ERR_clear_error();
            if (reason != 0) {
                ERR_raise(ERR_LIB_USER, reason);
            }
            CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, len), PJF_OK);
            memset(signature, 0xff, len); /* OpenSSL has much to say of such a signature */
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, len),
                         PJF_ERR_SIGNATURE);
            CHECK_STATUS(signer_verify(&s, algs[a], SPAN("a.b"), signature, len),
                         PJF_ERR_SIGNATURE);
            CHECK_EQUAL(ERR_GET_REASON(ERR_get_error()), reason);
            CHECK_EQUAL(ERR_get_error(), 0);
            signer_free(&s);
        }
    }
}

static void a_public_key_verifies_only(void)
{
    for (size_t a = 0; a < ALGS; a++) {
        const pjf_alg *alg = fixture_alg(algs[a]);
        signer s = signer_for(algs[a]);
        pjf_key *public = NULL;
        uint8_t signature[PJF_SIG_MAX];
        size_t len = 0;
        note("%s", algs[a]);
        CHECK_STATUS(pjf_key_public(s.key, &public), PJF_OK);
        CHECK_STATUS(signer_sign(&s, algs[a], SPAN("a.b"), signature, &len), PJF_OK);
        CHECK_STATUS(
            pjf_sig_verify(s.scratch, alg, public, SPAN("a.b"), (pjf_span){signature, len}),
            PJF_OK);
        CHECK_STATUS(pjf_sig_sign(s.scratch, alg, public, SPAN("a.b"), signature, &len),
                     PJF_ERR_KEY_PUBLIC);
        pjf_key_unref(public);
        signer_free(&s);
    }
}

TEST_SUITE(sig_evp, TEST(a_template_is_made_once_and_its_copy_serves_again),
           TEST(a_call_finds_the_spare_taken), TEST(threads_share_a_key),
           FORK_TESTS TEST(a_scratch_holds_no_key), TEST(every_allocation_of_ours_fails_cleanly),
           TEST(every_allocation_of_openssl_fails_cleanly),
           TEST(want_of_memory_breaks_no_later_signature), TEST(the_error_queue_is_left_alone),
           TEST(a_public_key_verifies_only));
