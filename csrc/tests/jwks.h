/*
 * jwks: the numbers of published keys, for the tests of keys. From the RFC that each group names.
 */
#ifndef PJF_TESTS_JWKS_H
#define PJF_TESTS_JWKS_H

/* RFC 7515 A.2.1. */
#define A2_N                                                                           \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJ" \
    "PMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0" \
    "LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD" \
    "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2" \
    "PAcDTW9gb54h4FRWyuXpoQ"
#define A2_E "AQAB"
#define A2_D                                                                           \
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9S" \
    "E-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVd" \
    "xzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQ" \
    "UShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjn" \
    "czT0QU91p1DhOVRuOopznQ"
#define A2_P                                                                           \
    "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQT" \
    "a9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV" \
    "5z-y2XDwGUc"
#define A2_Q                                                                           \
    "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7" \
    "C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rj" \
    "cJIDEz9RWdc"
#define A2_DP                                                                          \
    "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_P" \
    "I7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1Xs" \
    "mvkxHQAdYo0"
#define A2_DQ                                                                          \
    "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oK" \
    "r6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTd" \
    "lqvd0tIiTHU"
#define A2_QI                                                                          \
    "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_" \
    "QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0J" \
    "KSHuLFkuQ3U"

/* RFC 7638 3.1: a public key, and its thumbprint. */
#define T1_N                                                                           \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1" \
    "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4" \
    "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO" \
    "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF" \
    "Cur-kEgU8awapJzKnqDKgw"
#define T1_E          "AQAB"
#define T1_THUMBPRINT "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

/* RFC 7515 A.3.1. */
#define A3_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define A3_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define A3_D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"

/* RFC 7515 A.4.1. */
#define A4_X                                                                           \
    "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxc" \
    "WceqwQGk"
#define A4_Y                                                                           \
    "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf6" \
    "3e3kyMj2"
#define A4_D                                                                           \
    "AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53vM" \
    "9mE15j2C"

/* RFC 6979 A.2.6, the key of P-384. */
#define P384_X "7DpOQVtOGaRWhhgCn0J_pdqai8SukuAuBqrlKGswDGTe-PDqkFWGYGSiVFFUgLwT"
#define P384_Y "gBXZty19VyROqO-awMYhiWcIpZNn-d-59UyoSz8cnbEoiyMcOuDU_nNE_SUzJkcg"
#define P384_D "a509rS4bjBwFsZh1tmWfTeI8O2Z78pe6mqR3QHhxN9iW1XJOTHCoJfhyyepg0u31"

/* secp256k1: d = 1, and so the generator (SEC 2, 2.4.1). */
#define K1_X "eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g"
#define K1_Y "SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg"
#define K1_D "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"

/* RFC 8037 A.1 to A.3. */
#define A1_ED_D          "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define A1_ED_X          "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define A3_ED_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

/* RFC 8032 7.4, "Blank". */
#define ED448_D "bIKlYsuAjRDWMr6JyFE-v2ySnzTd-oyfY8mWDvbjSKNSjIo_zC8ETjmj_FuUSS-PAy51SaIAmPlb"
#define ED448_X "X9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8SR2m0bHBhvWeD3x5Q9s0foavq_oJWGA"

/* RFC 7517 A.1, the EC key, with its thumbprint. */
#define W1_X          "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define W1_Y          "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define W1_THUMBPRINT "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"

/* Members of a JWK; M("n", A2_N) is "n":"…". */
#define M(name, value) "\"" name "\":\"" value "\""

#define A2_PUBLIC_MEMBERS M("kty", "RSA") "," M("n", A2_N) "," M("e", A2_E)
#define A2_SHORT_MEMBERS  A2_PUBLIC_MEMBERS "," M("d", A2_D)
#define A2_CRT_MEMBERS \
    M("p", A2_P) "," M("q", A2_Q) "," M("dp", A2_DP) "," M("dq", A2_DQ) "," M("qi", A2_QI)
#define A2_MEMBERS A2_SHORT_MEMBERS "," A2_CRT_MEMBERS
#define T1_MEMBERS M("kty", "RSA") "," M("n", T1_N) "," M("e", T1_E)

#define EC_PUBLIC_MEMBERS(crv, x, y) M("kty", "EC") "," M("crv", crv) "," M("x", x) "," M("y", y)
#define EC_MEMBERS(crv, x, y, d)     EC_PUBLIC_MEMBERS(crv, x, y) "," M("d", d)
#define OKP_PUBLIC_MEMBERS(crv, x)   M("kty", "OKP") "," M("crv", crv) "," M("x", x)
#define OKP_MEMBERS(crv, x, d)       OKP_PUBLIC_MEMBERS(crv, x) "," M("d", d)

#define A3_PUBLIC_MEMBERS      EC_PUBLIC_MEMBERS("P-256", A3_X, A3_Y)
#define A3_MEMBERS             EC_MEMBERS("P-256", A3_X, A3_Y, A3_D)
#define A4_MEMBERS             EC_MEMBERS("P-521", A4_X, A4_Y, A4_D)
#define P384_MEMBERS           EC_MEMBERS("P-384", P384_X, P384_Y, P384_D)
#define K1_MEMBERS             EC_MEMBERS("secp256k1", K1_X, K1_Y, K1_D)
#define ED25519_PUBLIC_MEMBERS OKP_PUBLIC_MEMBERS("Ed25519", A1_ED_X)
#define ED25519_MEMBERS        OKP_MEMBERS("Ed25519", A1_ED_X, A1_ED_D)
#define ED448_MEMBERS          OKP_MEMBERS("Ed448", ED448_X, ED448_D)
/* The secret of RFC 7515 A.1. */
#define OCT_MEMBERS M("kty", "oct") "," M("k", A1_SECRET)

#define JWK(members) "{" members "}"

#endif
