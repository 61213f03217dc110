/*
 * Private numbers are secure BIGNUMs (OpenSSL cleanses them, and the parameters built from them,
 * when it frees them), and calculations with them carry BN_FLG_CONSTTIME. They are done once, when
 * a key is loaded.
 */
#include "core/ossl_pkey.h"

#include <limits.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define PJF_COORDINATE_MAX 66 /* of P-521 */
#define PJF_RAW_MAX        57 /* of Ed448 */

/* A base that divides n - 1 into unlike halves is one in two or better: 2^-100 for none of them. */
#define PJF_RECOVERY_TRIES 100

static const char *const rsa_names[PJF_RSA_NUMBERS] = {
    [PJF_RSA_N] = OSSL_PKEY_PARAM_RSA_N,          [PJF_RSA_E] = OSSL_PKEY_PARAM_RSA_E,
    [PJF_RSA_D] = OSSL_PKEY_PARAM_RSA_D,          [PJF_RSA_P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
    [PJF_RSA_Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,    [PJF_RSA_DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
    [PJF_RSA_DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2, [PJF_RSA_QI] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

static bool is_private_number(size_t which)
{
    return which >= PJF_RSA_D;
}

/* The number of the bytes, or NULL: out of memory, or too long for OpenSSL. */
static BIGNUM *number_new(pjf_span bytes, bool is_private)
{
    if (bytes.len > INT_MAX) {
        return NULL;
    }
    BIGNUM *number = is_private ? BN_secure_new() : BN_new();
    if (number == NULL || BN_bin2bn(bytes.ptr, (int)bytes.len, number) == NULL) {
        BN_clear_free(number);
        return NULL;
    }
    if (is_private) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
    }
    return number;
}

/* A key of the type with these parameters, or NULL. */
static EVP_PKEY *from_params(const char *type, int selection, OSSL_PARAM *params)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* ---- RSA ---- */

/* What makes (n, e, d) fit for recovering primes: also bounds the work. */
static pjf_status check_recoverable(BIGNUM *const numbers[PJF_RSA_NUMBERS])
{
    const BIGNUM *n = numbers[PJF_RSA_N];
    const BIGNUM *e = numbers[PJF_RSA_E];
    const BIGNUM *d = numbers[PJF_RSA_D];
    if (!BN_is_odd(n) || BN_num_bits(n) < 8 || BN_num_bits(n) > OPENSSL_RSA_MAX_MODULUS_BITS) {
        return PJF_ERR_KEY_RSA_MODULUS;
    }
    if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > OPENSSL_RSA_MAX_PUBEXP_BITS) {
        return PJF_ERR_KEY_RSA_EXPONENT;
    }
    return BN_is_odd(d) && BN_cmp(d, n) < 0 ? PJF_OK : PJF_ERR_KEY_MISMATCH;
}

/* Whether n is a power of one prime: g^n = g modulo that prime for every g then, and for hardly any
 * where n has two of them. */
static pjf_status check_several_primes(const BIGNUM *n, const BIGNUM *g, BIGNUM *scratch,
                                       BN_CTX *ctx, BN_MONT_CTX *mont)
{
    if (!BN_mod_exp_mont(scratch, g, n, n, ctx, mont) || !BN_mod_sub(scratch, scratch, g, n, ctx) ||
        !BN_gcd(scratch, scratch, n, ctx)) {
        return PJF_ERR_CRYPTO;
    }
    return BN_is_one(scratch) ? PJF_OK : PJF_ERR_KEY_MISMATCH;
}

/* A square root of 1 mod n that is neither 1 nor -1, as root. g^(de - 1) is 1 for every g prime to
 * n, so squaring g^r, r being the odd part of de - 1, comes to 1 through such a root for at least
 * half of the g. The first g that never comes to 1 shows that d is wrong. A power of one prime has
 * no such root at all: it is asked about before time is spent on more than one g. */
static pjf_status find_root(const BIGNUM *n, const BIGNUM *e, const BIGNUM *d, BIGNUM *root,
                            BN_CTX *ctx)
{
    pjf_status status = PJF_ERR_CRYPTO;
    BN_MONT_CTX *mont = BN_MONT_CTX_new();
    BN_CTX_start(ctx);
    BIGNUM *r = BN_CTX_get(ctx);
    BIGNUM *g = BN_CTX_get(ctx);
    BIGNUM *square = BN_CTX_get(ctx);
    BIGNUM *minus_one = BN_CTX_get(ctx); /* n - 1 */
    bool has_several_primes = false;
    if (mont == NULL || minus_one == NULL || !BN_MONT_CTX_set(mont, n, ctx) ||
        !BN_mul(r, d, e, ctx) || !BN_sub_word(r, 1) || !BN_sub(minus_one, n, BN_value_one())) {
        goto done;
    }
    if (BN_is_zero(r)) {
        status = PJF_ERR_KEY_MISMATCH;
        goto done;
    }
    int twos = 0;
    while (!BN_is_bit_set(r, twos)) {
        twos++;
    }
    if (!BN_rshift(r, r, twos)) {
        goto done;
    }
    BN_set_flags(r, BN_FLG_CONSTTIME);
    for (int tries = 0; tries < PJF_RECOVERY_TRIES; tries++) {
        if (!BN_priv_rand_range(g, minus_one)) {
            goto done;
        }
        if (BN_is_zero(g) || BN_is_one(g)) {
            continue;
        }
        if (tries > 1 && !has_several_primes) {
            status = check_several_primes(n, g, square, ctx, mont);
            if (status != PJF_OK) {
                goto done;
            }
            status = PJF_ERR_CRYPTO;
            has_several_primes = true;
        }
        if (!BN_mod_exp_mont_consttime(root, g, r, n, ctx, mont)) {
            goto done;
        }
        if (BN_is_one(root) || BN_cmp(root, minus_one) == 0) {
            continue;
        }
        for (int i = 0; i < twos; i++) {
            if (!BN_mod_sqr(square, root, n, ctx)) {
                goto done;
            }
            if (BN_is_one(square)) {
                status = PJF_OK;
                goto done;
            }
            if (BN_cmp(square, minus_one) == 0) {
                break;
            }
            if (i + 1 == twos) {
                status = PJF_ERR_KEY_MISMATCH;
                goto done;
            }
            if (BN_copy(root, square) == NULL) {
                goto done;
            }
        }
    }
    status = PJF_ERR_KEY_MISMATCH;
done:
    BN_CTX_end(ctx);
    BN_MONT_CTX_free(mont);
    return status;
}

/* number = d mod (prime - 1) */
static bool reduce_exponent(BIGNUM *number, const BIGNUM *d, const BIGNUM *prime, BN_CTX *ctx)
{
    BN_CTX_start(ctx);
    BIGNUM *less = BN_CTX_get(ctx);
    bool done = less != NULL && BN_sub(less, prime, BN_value_one());
    if (done) {
        BN_set_flags(less, BN_FLG_CONSTTIME);
        done = BN_mod(number, d, less, ctx);
    }
    BN_CTX_end(ctx);
    return done;
}

/* Fills in p, q, dp, dq and qi from n, e and d (NIST SP 800-56B Rev. 2, appendix C.1). */
static pjf_status recover_primes(BIGNUM *numbers[PJF_RSA_NUMBERS])
{
    pjf_status status = check_recoverable(numbers);
    if (status != PJF_OK) {
        return status;
    }
    const BIGNUM *n = numbers[PJF_RSA_N];
    const BIGNUM *d = numbers[PJF_RSA_D];
    for (size_t i = PJF_RSA_P; i < PJF_RSA_NUMBERS; i++) {
        numbers[i] = BN_secure_new();
        if (numbers[i] == NULL) {
            return PJF_ERR_NOMEM;
        }
        BN_set_flags(numbers[i], BN_FLG_CONSTTIME);
    }
    BIGNUM *p = numbers[PJF_RSA_P];
    BIGNUM *q = numbers[PJF_RSA_Q];
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *root = BN_secure_new();
    if (ctx == NULL || root == NULL) {
        status = PJF_ERR_NOMEM;
        goto done;
    }
    status = find_root(n, numbers[PJF_RSA_E], d, root, ctx);
    if (status != PJF_OK) {
        goto done;
    }
    status = PJF_ERR_CRYPTO;
    if (!BN_sub_word(root, 1) || !BN_gcd(p, root, n, ctx) || !BN_div(q, NULL, n, p, ctx)) {
        goto done;
    }
    if (BN_cmp(p, q) < 0) {
        BN_swap(p, q);
    }
    if (!reduce_exponent(numbers[PJF_RSA_DP], d, p, ctx) ||
        !reduce_exponent(numbers[PJF_RSA_DQ], d, q, ctx)) {
        goto done;
    }
    if (BN_mod_inverse(numbers[PJF_RSA_QI], q, p, ctx) == NULL) {
        status = PJF_ERR_KEY_MISMATCH; /* p divides q: n is no product of two primes */
        goto done;
    }
    status = PJF_OK;
done:
    BN_clear_free(root);
    BN_CTX_free(ctx);
    return status;
}

static pjf_status build_rsa(BIGNUM *const numbers[PJF_RSA_NUMBERS], EVP_PKEY **out)
{
    pjf_status status = PJF_ERR_CRYPTO;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL) {
        goto done;
    }
    for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
        if (numbers[i] != NULL && !OSSL_PARAM_BLD_push_BN(builder, rsa_names[i], numbers[i])) {
            goto done;
        }
    }
    params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL) {
        goto done;
    }
    int selection = numbers[PJF_RSA_D] != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    *out = from_params("RSA", selection, params);
    status = *out != NULL ? PJF_OK : PJF_ERR_CRYPTO;
done:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    return status;
}

pjf_status pjf_pkey_new_rsa(pjf_lib *lib, const pjf_span numbers[PJF_RSA_NUMBERS], pjf_pkey **out)
{
    (void)lib;
    BIGNUM *bignums[PJF_RSA_NUMBERS] = {NULL};
    pjf_status status = PJF_OK;
    pjf_ossl_errors before = pjf_ossl_begin();
    for (size_t i = 0; i < PJF_RSA_NUMBERS && status == PJF_OK; i++) {
        if (numbers[i].ptr != NULL) {
            bignums[i] = number_new(numbers[i], is_private_number(i));
            status = bignums[i] != NULL ? PJF_OK : PJF_ERR_CRYPTO;
        }
    }
    if (status == PJF_OK && bignums[PJF_RSA_D] != NULL && bignums[PJF_RSA_P] == NULL) {
        status = recover_primes(bignums);
    }
    if (status == PJF_OK) {
        status = build_rsa(bignums, out);
    }
    for (size_t i = 0; i < PJF_RSA_NUMBERS; i++) {
        BN_clear_free(bignums[i]);
    }
    return pjf_ossl_end(before, status);
}

/* ---- curves ---- */

/* What it means that OpenSSL makes no key of a point and a private number. */
static pjf_status why_no_ec_key(void)
{
    unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_EC) {
        switch (ERR_GET_REASON(error)) {
        case EC_R_POINT_IS_NOT_ON_CURVE:
        case EC_R_INVALID_ENCODING: /* a coordinate is not below the field's prime */
            return PJF_ERR_KEY_POINT;
        case EC_R_INVALID_PRIVATE_KEY: return PJF_ERR_KEY_MISMATCH;
        default: break;
        }
    }
    return PJF_ERR_CRYPTO;
}

pjf_status pjf_pkey_new_ec(pjf_lib *lib, pjf_curve curve, pjf_span x, pjf_span y, pjf_span d,
                           pjf_pkey **out)
{
    (void)lib;
    const pjf_curve_facts *facts = pjf_curve_of(curve);
    uint8_t point[1 + 2 * PJF_COORDINATE_MAX];
    if (x.len != facts->len || y.len != facts->len) {
        return PJF_ERR_KEY_POINT;
    }
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.ptr, x.len);
    memcpy(point + 1 + x.len, y.ptr, y.len);

    pjf_status status = PJF_ERR_CRYPTO;
    OSSL_PARAM *params = NULL;
    BIGNUM *private_number = NULL;
    int selection = EVP_PKEY_PUBLIC_KEY;
    pjf_ossl_errors before = pjf_ossl_begin();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL ||
        !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, facts->ossl_name,
                                         0) ||
        !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                          1 + x.len + y.len)) {
        goto done;
    }
    if (d.len != 0) {
        selection = EVP_PKEY_KEYPAIR;
        private_number = number_new(d, true);
        /* Padded, so that its length tells nothing. */
        if (private_number == NULL ||
            !OSSL_PARAM_BLD_push_BN_pad(builder, OSSL_PKEY_PARAM_PRIV_KEY, private_number, d.len)) {
            goto done;
        }
    }
    params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL) {
        goto done;
    }
    *out = from_params("EC", selection, params);
    status = *out != NULL ? PJF_OK : why_no_ec_key();
done:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(private_number);
    return pjf_ossl_end(before, status);
}

pjf_status pjf_pkey_new_okp(pjf_lib *lib, pjf_curve curve, pjf_span x, pjf_span d, pjf_pkey **out)
{
    (void)lib;
    const pjf_curve_facts *facts = pjf_curve_of(curve);
    uint8_t public_bytes[PJF_RAW_MAX];
    size_t len = sizeof(public_bytes);
    pjf_status status = PJF_ERR_CRYPTO;
    pjf_ossl_errors before = pjf_ossl_begin();
    EVP_PKEY *pkey =
        d.len != 0 ? EVP_PKEY_new_raw_private_key_ex(NULL, facts->ossl_name, NULL, d.ptr, d.len)
                   : EVP_PKEY_new_raw_public_key_ex(NULL, facts->ossl_name, NULL, x.ptr, x.len);
    if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, public_bytes, &len) == 1) {
        bool same = len == x.len && memcmp(public_bytes, x.ptr, len) == 0;
        status = same ? PJF_OK : PJF_ERR_KEY_MISMATCH;
    }
    if (status != PJF_OK) {
        EVP_PKEY_free(pkey);
    } else {
        *out = pkey;
    }
    return pjf_ossl_end(before, status);
}

/* ---- both ---- */

pjf_status pjf_pkey_generate(pjf_lib *lib, pjf_key_kind kind, pjf_curve curve, size_t bits,
                             pjf_pkey **out)
{
    (void)lib;
    pjf_ossl_errors before = pjf_ossl_begin();
    switch (kind) {
    case PJF_KEY_RSA: *out = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits); break;
    case PJF_KEY_EC:
        *out = EVP_PKEY_Q_keygen(NULL, NULL, "EC", pjf_curve_of(curve)->ossl_name);
        break;
    case PJF_KEY_OKP: *out = EVP_PKEY_Q_keygen(NULL, NULL, pjf_curve_of(curve)->ossl_name); break;
    default: *out = NULL; break;
    }
    return pjf_ossl_end(before, *out != NULL ? PJF_OK : PJF_ERR_CRYPTO);
}

pjf_status pjf_pkey_public(pjf_lib *lib, pjf_pkey *pkey, pjf_pkey **out)
{
    (void)lib;
    pjf_status status = PJF_ERR_CRYPTO;
    OSSL_PARAM *params = NULL;
    pjf_ossl_errors before = pjf_ossl_begin();
    if (EVP_PKEY_todata(pkey, EVP_PKEY_PUBLIC_KEY, &params) == 1) {
        *out = from_params(EVP_PKEY_get0_type_name(pkey), EVP_PKEY_PUBLIC_KEY, params);
        status = *out != NULL ? PJF_OK : PJF_ERR_CRYPTO;
    }
    OSSL_PARAM_free(params);
    return pjf_ossl_end(before, status);
}

void pjf_pkey_free(pjf_pkey *pkey)
{
    EVP_PKEY_free(pkey);
}

/* The curve of an EC key, PJF_CURVE_NONE for one that is not of the table or is given by its
 * parameters instead of its name: those need not be what they look like (CVE-2020-0601). A question
 * that OpenSSL does not answer counts as the wrong answer. */
static pjf_curve ec_curve(const EVP_PKEY *pkey)
{
    char name[64];
    size_t len;
    int is_explicit = 1;
    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) != 1 ||
        is_explicit != 0 || EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) != 1) {
        return PJF_CURVE_NONE;
    }
    for (size_t i = PJF_CURVE_NONE + 1; i < PJF_CURVE_COUNT; i++) {
        if (strcmp(name, pjf_curve_of((pjf_curve)i)->ossl_name) == 0) {
            return (pjf_curve)i;
        }
    }
    return PJF_CURVE_NONE;
}

pjf_status pjf_pkey_describe(const pjf_pkey *pkey, pjf_pkey_facts *out)
{
    /* Only a yes counts: EVP_PKEY_is_a() says no when memory runs out, too. */
    static const struct {
        const char *name;
        pjf_pkey_facts facts;
    } types[] = {
        {"RSA", {PJF_KEY_RSA, PJF_CURVE_NONE, false, 0}},
        {"EC", {PJF_KEY_EC, PJF_CURVE_NONE, false, 0}},
        {"ED25519", {PJF_KEY_OKP, PJF_ED25519, false, 0}},
        {"ED448", {PJF_KEY_OKP, PJF_ED448, false, 0}},
        {"RSA-PSS", {PJF_KEY_RSA, PJF_CURVE_NONE, true, 0}},
    };
    pjf_status status = PJF_ERR_KEY_TYPE;
    pjf_ossl_errors before = pjf_ossl_begin();
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (EVP_PKEY_is_a(pkey, types[i].name)) {
            *out = types[i].facts;
            status = PJF_OK;
            break;
        }
    }
    if (status == PJF_OK && out->kind == PJF_KEY_RSA) {
        int bits = EVP_PKEY_get_bits(pkey);
        out->bits = bits > 0 ? (size_t)bits : 0;
    } else if (status == PJF_OK) {
        if (out->kind == PJF_KEY_EC) {
            out->curve = ec_curve(pkey);
        }
        if (out->curve == PJF_CURVE_NONE) {
            status = PJF_ERR_KEY_CURVE;
        } else {
            out->bits = pjf_curve_of(out->curve)->bits;
        }
    }
    return pjf_ossl_end(before, status);
}

/* Appends a number of the key, padded to len bytes (0: as long as it is). */
static pjf_status append_number(const EVP_PKEY *pkey, const char *name, size_t len, pjf_buf *out)
{
    BIGNUM *number = NULL;
    pjf_ossl_errors before = pjf_ossl_begin();
    pjf_status status = PJF_ERR_KEY_NO_PRIVATE;
    if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) {
        goto done;
    }
    unsigned long error = ERR_peek_last_error();
    if (error != before.last && ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
        /* At the wrong moment, OpenSSL takes q for p then, and says yes all the same. */
        status = PJF_ERR_NOMEM;
        goto done;
    }
    if (len == 0) {
        len = (size_t)BN_num_bytes(number);
    }
    status = pjf_buf_reserve(out, len);
    if (status != PJF_OK) {
        goto done;
    }
    if (BN_bn2binpad(number, out->ptr + out->len, (int)len) < 0) {
        status = PJF_ERR_CRYPTO;
        goto done;
    }
    out->len += len;
done:
    BN_clear_free(number);
    return pjf_ossl_end(before, status);
}

pjf_status pjf_pkey_rsa_number(const pjf_pkey *pkey, pjf_rsa_number which, pjf_buf *out)
{
    return append_number(pkey, rsa_names[which], 0, out);
}

static pjf_status append_raw(const EVP_PKEY *pkey, size_t len, bool is_private, pjf_buf *out)
{
    pjf_status status = pjf_buf_reserve(out, len);
    if (status != PJF_OK) {
        return status;
    }
    size_t got = len;
    pjf_ossl_errors before = pjf_ossl_begin();
    int done = is_private ? EVP_PKEY_get_raw_private_key(pkey, out->ptr + out->len, &got)
                          : EVP_PKEY_get_raw_public_key(pkey, out->ptr + out->len, &got);
    if (done == 1 && got == len) {
        out->len += len;
    } else {
        status = PJF_ERR_KEY_NO_PRIVATE;
    }
    return pjf_ossl_end(before, status);
}

pjf_status pjf_pkey_curve_number(const pjf_pkey *pkey, pjf_curve curve, pjf_curve_number which,
                                 pjf_buf *out)
{
    static const char *const names[] = {
        [PJF_CURVE_X] = OSSL_PKEY_PARAM_EC_PUB_X,
        [PJF_CURVE_Y] = OSSL_PKEY_PARAM_EC_PUB_Y,
        [PJF_CURVE_D] = OSSL_PKEY_PARAM_PRIV_KEY,
    };
    const pjf_curve_facts *facts = pjf_curve_of(curve);
    if (facts->key_kind == PJF_KEY_EC) {
        return append_number(pkey, names[which], facts->len, out);
    }
    if (which == PJF_CURVE_Y) {
        return PJF_ERR_KEY_NO_PRIVATE;
    }
    return append_raw(pkey, facts->len, which == PJF_CURVE_D, out);
}
