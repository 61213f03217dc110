/* Key text of which nobody has said in which form it is: the one place that guesses. */
#include "core/key_text.h"

pjf_status pjf_key_load(pjf_lib *lib, pjf_alg_family family, pjf_span text, pjf_key **out)
{
    switch (family) {
    case PJF_FAMILY_NONE: return PJF_ERR_ALG_UNSUPPORTED;
    case PJF_FAMILY_HMAC: return pjf_key_from_secret(lib, text, out);
    case PJF_FAMILY_RSA:
    case PJF_FAMILY_RSAPSS:
    case PJF_FAMILY_ECDSA:
    case PJF_FAMILY_EDDSA: break;
    }
    if (pjf_span_starts_with(text, "ssh-") || pjf_span_starts_with(text, "ecdsa-") ||
        pjf_span_starts_with(text, "sk-")) {
        return pjf_key_from_ssh(lib, text, out);
    }
    if (text.len != 0 && text.ptr[0] == 0x30) { /* a SEQUENCE; PEM never starts with a digit */
        return pjf_key_from_der(lib, text, NULL, out);
    }
    return pjf_key_from_pem(lib, text, NULL, out);
}
