#include "core/alg.h"

#include <string.h>

#define ROW(index, text) .id = (index), .name = (text), .name_len = sizeof(text) - 1

static const pjf_digest_facts digests[PJF_DIGEST_COUNT] = {
    [PJF_SHA256] = {"SHA256", 32, 64},
    [PJF_SHA384] = {"SHA384", 48, 128},
    [PJF_SHA512] = {"SHA512", 64, 128},
};

static const pjf_alg pjf_algs[] = {
    {ROW(0, "none"), .family = PJF_FAMILY_NONE, .key_kind = PJF_KEY_KIND_NONE},
    {ROW(1, "HS256"), .family = PJF_FAMILY_HMAC, .digest = PJF_SHA256, .key_kind = PJF_KEY_OCT,
     .signature_len = 32, .min_key_bits = 256},
    {ROW(2, "HS384"), .family = PJF_FAMILY_HMAC, .digest = PJF_SHA384, .key_kind = PJF_KEY_OCT,
     .signature_len = 48, .min_key_bits = 384},
    {ROW(3, "HS512"), .family = PJF_FAMILY_HMAC, .digest = PJF_SHA512, .key_kind = PJF_KEY_OCT,
     .signature_len = 64, .min_key_bits = 512},
};

#define PJF_ALG_ROWS (sizeof(pjf_algs) / sizeof(pjf_algs[0]))

_Static_assert(PJF_ALG_ROWS <= PJF_ALG_MAX, "a set of algorithms must fit a 32-bit mask");

const pjf_digest_facts *pjf_digest_of(pjf_digest digest)
{
    return &digests[digest];
}

const pjf_alg *pjf_alg_find(const char *name, size_t len)
{
    for (size_t i = 0; i < PJF_ALG_ROWS; i++) {
        if (pjf_algs[i].name_len == len && memcmp(pjf_algs[i].name, name, len) == 0) {
            return &pjf_algs[i];
        }
    }
    return NULL;
}

const pjf_alg *pjf_alg_at(size_t id)
{
    return id < PJF_ALG_ROWS ? &pjf_algs[id] : NULL;
}
