#include "core/sig_evp.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#define DIGEST_MAX 64 /* bytes of a SHA-512 */

struct pjf_evp_scratch {
    EVP_MD_CTX *digests[PJF_DIGEST_COUNT];
    EVP_MD_CTX *whole; /* empty between calls */
};

pjf_status pjf_evp_scratch_new(pjf_evp_scratch **out)
{
    pjf_evp_scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL) {
        return PJF_ERR_NOMEM;
    }
    ERR_set_mark();
    scratch->whole = EVP_MD_CTX_new();
    bool complete = scratch->whole != NULL;
    for (size_t i = 0; i < PJF_DIGEST_COUNT && complete; i++) {
        scratch->digests[i] = EVP_MD_CTX_new();
        complete = scratch->digests[i] != NULL;
    }
    ERR_pop_to_mark();
    if (!complete) {
        pjf_evp_scratch_free(scratch);
        return PJF_ERR_NOMEM;
    }
    *out = scratch;
    return PJF_OK;
}

void pjf_evp_scratch_free(pjf_evp_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    for (size_t i = 0; i < PJF_DIGEST_COUNT; i++) {
        EVP_MD_CTX_free(scratch->digests[i]);
    }
    EVP_MD_CTX_free(scratch->whole);
    free(scratch);
}

void pjf_evp_sig_clear(pjf_evp_sig *evp)
{
    for (size_t operation = 0; operation < PJF_EVP_OPERATIONS; operation++) {
        for (size_t i = 0; i < PJF_EVP_SLOTS; i++) {
            pjf_evp_slot *slot = &evp->slots[operation][i];
            EVP_PKEY_CTX_free(atomic_exchange(&slot->template, NULL));
            EVP_PKEY_CTX_free(atomic_exchange(&slot->spare, NULL));
        }
        EVP_MD_CTX_free(atomic_exchange(&evp->whole[operation], NULL));
    }
}

/* ---- RSA and ECDSA: the digest of the message ---- */

static pjf_evp_slot *slot_of(const pjf_evp_call *call, pjf_evp_operation operation)
{
    size_t index = call->alg->digest;
    if (call->alg->family == PJF_FAMILY_RSAPSS) {
        index += PJF_DIGEST_COUNT;
    }
    return &call->evp->slots[operation][index];
}

/* A new context for the algorithm. */
static pjf_status prepare(const pjf_evp_call *call, pjf_evp_operation operation,
                          pjf_evp_setup setup, EVP_PKEY_CTX **out)
{
    pjf_status status = PJF_OK;
    pjf_ossl_errors before = pjf_ossl_begin();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, call->pkey, NULL);
    if (ctx == NULL ||
        (operation == PJF_EVP_SIGN ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1) {
        status = PJF_ERR_CRYPTO;
    } else if (EVP_PKEY_CTX_set_signature_md(ctx, call->lib->digests[call->alg->digest]) != 1 ||
               (setup != NULL && !setup(call, ctx))) {
        /* What we set is valid, but a key of this kind may be restricted to something else. */
        status = EVP_PKEY_is_a(call->pkey, "RSA-PSS") == 1 ? PJF_ERR_KEY_ALGORITHM : PJF_ERR_CRYPTO;
    }
    status = pjf_ossl_end(before, status);
    if (status != PJF_OK) {
        EVP_PKEY_CTX_free(ctx);
        return status;
    }
    *out = ctx;
    return PJF_OK;
}

/* A copy of the slot's template, which is made first where there is none. */
static pjf_status copy_template(const pjf_evp_call *call, pjf_evp_operation operation,
                                pjf_evp_setup setup, pjf_evp_slot *slot, EVP_PKEY_CTX **out)
{
    EVP_PKEY_CTX *template = atomic_load_explicit(&slot->template, memory_order_acquire);
    if (template == NULL) {
        EVP_PKEY_CTX *made = NULL;
        pjf_status status = prepare(call, operation, setup, &made);
        if (status != PJF_OK) {
            return status;
        }
        if (atomic_compare_exchange_strong_explicit(&slot->template, &template, made,
                                                    memory_order_acq_rel, memory_order_acquire)) {
            template = made;
        } else {
            EVP_PKEY_CTX_free(made); /* another thread was first */
        }
    }
    ERR_set_mark();
    *out = EVP_PKEY_CTX_dup(template);
    ERR_pop_to_mark();
    return *out != NULL ? PJF_OK : PJF_ERR_NOMEM;
}

/* A context for this call alone. */
static pjf_status take(const pjf_evp_call *call, pjf_evp_operation operation, pjf_evp_setup setup,
                       EVP_PKEY_CTX **out)
{
    pjf_evp_slot *slot = slot_of(call, operation);
    *out = atomic_exchange_explicit(&slot->spare, NULL, memory_order_acquire);
    return PJF_LIKELY(*out != NULL) ? PJF_OK : copy_template(call, operation, setup, slot, out);
}

/* Ends the use of a context; it may serve again when OpenSSL did with it what it should. */
static void give_back(const pjf_evp_call *call, pjf_evp_operation operation, EVP_PKEY_CTX *ctx,
                      pjf_status status)
{
    EVP_PKEY_CTX *none = NULL;
    if (PJF_UNLIKELY(status != PJF_OK) ||
        !atomic_compare_exchange_strong_explicit(&slot_of(call, operation)->spare, &none, ctx,
                                                 memory_order_release, memory_order_relaxed)) {
        EVP_PKEY_CTX_free(ctx);
    }
}

/* The digest that the algorithm signs, into out[DIGEST_MAX]. */
static bool hash(const pjf_evp_call *call, pjf_span message, uint8_t *out)
{
    EVP_MD_CTX *ctx = call->scratch->digests[call->alg->digest];
    const EVP_MD *md = call->lib->digests[call->alg->digest];
    if (EVP_MD_CTX_get0_md(ctx) == md) {
        md = NULL; /* the same again, which allocates nothing */
    }
    return EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
           EVP_DigestUpdate(ctx, message.ptr, message.len) == 1 &&
           EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

/* What the result of a verification means. 0 is a signature that does not fit, and -1 may be one
 * too: some hostile ones are met in the middle of the work. */
static pjf_status status_of(int result)
{
    if (PJF_LIKELY(result == 1)) {
        return PJF_OK;
    }
    return result == 0 || result == -1 ? PJF_ERR_SIGNATURE : PJF_ERR_CRYPTO;
}

pjf_status pjf_evp_sign_digest(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                               uint8_t *out, size_t *out_len)
{
    uint8_t digest[DIGEST_MAX];
    size_t digest_len = pjf_digest_of((pjf_digest)call->alg->digest)->len, room = *out_len;
    EVP_PKEY_CTX *ctx;
    pjf_status status = take(call, PJF_EVP_SIGN, setup, &ctx);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    if (!hash(call, message, digest) || EVP_PKEY_sign(ctx, out, out_len, digest, digest_len) != 1 ||
        *out_len > room) { /* out of memory, ECDSA reports success and a length of -1 */
        status = PJF_ERR_CRYPTO;
    }
    if (PJF_UNLIKELY(ERR_peek_last_error() != before.last || status != PJF_OK)) {
        atomic_store(&call->evp->doubtful, true); /* an error behind a success counts, too */
    }
    status = pjf_ossl_end(before, status);
    give_back(call, PJF_EVP_SIGN, ctx, status);
    return status;
}

pjf_status pjf_evp_verify_digest(const pjf_evp_call *call, pjf_evp_setup setup, pjf_span message,
                                 pjf_span signature)
{
    uint8_t digest[DIGEST_MAX];
    size_t digest_len = pjf_digest_of((pjf_digest)call->alg->digest)->len;
    EVP_PKEY_CTX *ctx;
    pjf_status status = take(call, PJF_EVP_VERIFY, setup, &ctx);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    if (hash(call, message, digest)) {
        status = status_of(EVP_PKEY_verify(ctx, signature.ptr, signature.len, digest, digest_len));
    } else {
        status = PJF_ERR_CRYPTO;
    }
    status = pjf_ossl_end(before, status);
    give_back(call, PJF_EVP_VERIFY, ctx, status);
    return status;
}

/* ---- EdDSA: the message itself ---- */

static pjf_status prepare_whole(const pjf_evp_call *call, pjf_evp_operation operation,
                                EVP_MD_CTX **out)
{
    pjf_status status = PJF_OK;
    pjf_ossl_errors before = pjf_ossl_begin();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL ||
        (operation == PJF_EVP_SIGN
             ? EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, call->pkey, NULL)
             : EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, call->pkey, NULL)) != 1) {
        status = PJF_ERR_CRYPTO;
    }
    status = pjf_ossl_end(before, status);
    if (status != PJF_OK) {
        EVP_MD_CTX_free(ctx);
        return status;
    }
    *out = ctx;
    return PJF_OK;
}

/* The template of the operation, which is made first where there is none. */
static pjf_status template_whole(const pjf_evp_call *call, pjf_evp_operation operation,
                                 EVP_MD_CTX **out)
{
    _Atomic(EVP_MD_CTX *) *place = &call->evp->whole[operation];
    EVP_MD_CTX *made = NULL;
    *out = atomic_load_explicit(place, memory_order_acquire);
    if (PJF_LIKELY(*out != NULL)) {
        return PJF_OK;
    }
    pjf_status status = prepare_whole(call, operation, &made);
    if (status != PJF_OK) {
        return status;
    }
    if (atomic_compare_exchange_strong_explicit(place, out, made, memory_order_acq_rel,
                                                memory_order_acquire)) {
        *out = made;
    } else {
        EVP_MD_CTX_free(made);
    }
    return PJF_OK;
}

pjf_status pjf_evp_sign_whole(const pjf_evp_call *call, pjf_span message, uint8_t *out,
                              size_t *out_len)
{
    EVP_MD_CTX *template, *ctx = call->scratch->whole;
    pjf_status status = template_whole(call, PJF_EVP_SIGN, &template);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    if (EVP_MD_CTX_copy_ex(ctx, template) != 1) {
        status = PJF_ERR_NOMEM;
    } else if (EVP_DigestSign(ctx, out, out_len, message.ptr, message.len) != 1) {
        status = PJF_ERR_CRYPTO;
    }
    EVP_MD_CTX_reset(ctx);
    return pjf_ossl_end(before, status);
}

pjf_status pjf_evp_verify_whole(const pjf_evp_call *call, pjf_span message, pjf_span signature)
{
    EVP_MD_CTX *template, *ctx = call->scratch->whole;
    pjf_status status = template_whole(call, PJF_EVP_VERIFY, &template);
    if (PJF_UNLIKELY(status != PJF_OK)) {
        return status;
    }
    pjf_ossl_errors before = pjf_ossl_begin();
    if (EVP_MD_CTX_copy_ex(ctx, template) != 1) {
        status = PJF_ERR_NOMEM;
    } else {
        status = status_of(
            EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len));
    }
    EVP_MD_CTX_reset(ctx);
    return pjf_ossl_end(before, status);
}
