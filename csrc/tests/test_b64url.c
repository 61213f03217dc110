#include "core/b64url.h"
#include "tests/harness.h"

#define LEN_MAX 300

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Calls run for each codec of this machine. */
static void for_each_codec(void (*run)(const pjf_b64url_codec *))
{
    for (int path = 0; path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec != NULL) {
            run(codec);
        }
    }
}

/* Encodes as RFC 4648 §5 says it, six bits at a time; returns the length. */
static size_t reference_encode(const uint8_t *src, size_t len, char *out)
{
    size_t count = 0;
    for (size_t bit = 0; bit < len * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned one = i < len * 8 ? (unsigned)src[i / 8] >> (7 - i % 8) & 1 : 0;
            value = value << 1 | one;
        }
        out[count++] = alphabet[value];
    }
    return count;
}

/* What decode() must say to text, by the same definition. */
static pjf_status reference_decode(const uint8_t *src, size_t len, uint8_t *out, size_t *out_len,
                                   size_t *offset)
{
    memset(out, 0, len);
    for (size_t i = 0; i < len; i++) {
        const char *found = src[i] == 0 ? NULL : strchr(alphabet, src[i]);
        if (found == NULL) {
            *offset = i;
            return PJF_ERR_B64_ALPHABET;
        }
        size_t value = (size_t)(found - alphabet);
        for (size_t bit = 0; bit < 6; bit++) {
            size_t at = i * 6 + bit;
            out[at / 8] = (uint8_t)(out[at / 8] | (value >> (5 - bit) & 1) << (7 - at % 8));
        }
    }
    *offset = len;
    if (len % 4 == 1) {
        return PJF_ERR_B64_LENGTH;
    }
    *out_len = len * 6 / 8;
    if (len * 6 % 8 != 0 && out[*out_len] != 0) {
        *offset = len - 1;
        return PJF_ERR_B64_TRAILING_BITS;
    }
    return PJF_OK;
}

static void check_decode(const pjf_b64url_codec *codec, const uint8_t *text, size_t len)
{
    uint8_t got[LEN_MAX + 100], want[LEN_MAX + 100];
    size_t got_len = 0, want_len = 0, got_offset = 0, want_offset = 0;
    pjf_status want_status = reference_decode(text, len, want, &want_len, &want_offset);
    pjf_status got_status = codec->decode(text, len, got, &got_len, &got_offset);
    if (CHECK_STATUS(got_status, want_status)) {
        if (want_status == PJF_OK) {
            CHECK_BYTES(got, got_len, want, want_len);
        } else {
            CHECK_EQUAL(got_offset, want_offset);
            CHECK_STATUS(codec->decode(text, len, got, &got_len, NULL), want_status);
        }
    }
}

static void codecs_have_names(void)
{
    static const char *const names[] = {"portable", "ssse3", "avx2", "neon"};
    const pjf_b64url_codec *best = NULL;
    for (int path = 0; path < PJF_B64URL_PATH_COUNT; path++) {
        const pjf_b64url_codec *codec = pjf_b64url_codec_get((pjf_b64url_path)path);
        if (codec != NULL) {
            CHECK(strcmp(codec->name, names[path]) == 0);
            best = codec;
        }
    }
    CHECK(pjf_b64url_codec_get(PJF_B64URL_PORTABLE) != NULL);
#if defined(__aarch64__)
    CHECK(pjf_b64url_codec_get(PJF_B64URL_NEON) != NULL);
#endif
    CHECK(pjf_b64url_codec_best() == best);
    CHECK(pjf_b64url_codec_get(PJF_B64URL_PATH_COUNT) == NULL);
}

static void rfc_4648_vectors(const pjf_b64url_codec *codec)
{
    /* §10 without padding, and bytes whose text has the two characters of §5. */
    static const struct {
        const char *bytes, *text;
    } vectors[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
        {"\xff\xef", "_-8"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        note("%s, %s", codec->name, vectors[i].text);
        pjf_span bytes = span_of(vectors[i].bytes), text = span_of(vectors[i].text);
        char encoded[32];
        uint8_t decoded[128];
        size_t len;
        CHECK_EQUAL(pjf_b64url_encoded_len(bytes.len), text.len);
        codec->encode(bytes.ptr, bytes.len, encoded);
        CHECK_BYTES(encoded, text.len, text.ptr, text.len);
        CHECK_STATUS(codec->decode(text.ptr, text.len, decoded, &len, NULL), PJF_OK);
        CHECK_BYTES(decoded, len, bytes.ptr, bytes.len);
    }
}

static void every_length(const pjf_b64url_codec *codec)
{
    uint64_t seed = 4648;
    uint8_t bytes[LEN_MAX], decoded[LEN_MAX + 200];
    char want[2 * LEN_MAX], got[2 * LEN_MAX];
    for (size_t len = 0; len <= LEN_MAX; len++) {
        note("%s, %zu bytes", codec->name, len);
        test_random_fill(&seed, bytes, len);
        size_t text_len = reference_encode(bytes, len, want);
        CHECK_EQUAL(pjf_b64url_encoded_len(len), text_len);
        memset(got, '#', sizeof(got));
        codec->encode(bytes, len, got);
        CHECK_BYTES(got, text_len, want, text_len);
        for (size_t i = text_len; i < sizeof(got); i++) {
            CHECK(got[i] == '#'); /* not one character more */
        }

        size_t room = pjf_b64url_decoded_max(text_len), decoded_len = 0;
        memset(decoded, '#', sizeof(decoded));
        CHECK_STATUS(codec->decode((const uint8_t *)want, text_len, decoded, &decoded_len, NULL),
                     PJF_OK);
        CHECK_BYTES(decoded, decoded_len, bytes, len);
        for (size_t i = room; i < sizeof(decoded); i++) {
            CHECK(decoded[i] == '#');
        }
        check_decode(codec, (const uint8_t *)want, text_len);
        if (text_len > 0) { /* of impossible length, or with stray bits, as it comes */
            check_decode(codec, (const uint8_t *)want, text_len - 1);
        }
    }
}

static void every_byte_at_every_place(const pjf_b64url_codec *codec)
{
    static const size_t lens[] = {3, 4, 15, 16, 17, 31, 32, 35, 47, 64, 66, 79, 131};
    uint8_t text[LEN_MAX];
    for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
        memset(text, 'A', sizeof(text));
        for (size_t at = 0; at < lens[l]; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                note("%s, byte %02x at %zu of %zu", codec->name, byte, at, lens[l]);
                text[at] = (uint8_t)byte;
                check_decode(codec, text, lens[l]);
            }
            text[at] = 'A';
        }
    }
}

static void first_of_two_faults_is_told(const pjf_b64url_codec *codec)
{
    uint64_t seed = 2;
    uint8_t text[LEN_MAX];
    for (int round = 0; round < 3000; round++) {
        size_t len = test_random_below(&seed, 200) + 1;
        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t)alphabet[test_random(&seed) % 64];
        }
        for (int fault = 0; fault < 2; fault++) {
            text[test_random(&seed) % len] = (uint8_t)test_random(&seed);
        }
        note("%s, round %d", codec->name, round);
        check_decode(codec, text, len);
    }
}

static void stray_bits(const pjf_b64url_codec *codec)
{
    static const size_t lens[] = {2, 3, 6, 7, 14, 15, 18, 19, 34, 35, 42, 43, 66, 67, 150, 151};
    uint8_t text[LEN_MAX];
    memset(text, 'z', sizeof(text));
    for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
        size_t len = lens[l], good = 0;
        for (size_t value = 0; value < 64; value++) {
            uint8_t out[LEN_MAX];
            size_t out_len, offset = 99;
            note("%s, %zu characters, the last is %c", codec->name, len, alphabet[value]);
            text[len - 1] = (uint8_t)alphabet[value];
            pjf_status status = codec->decode(text, len, out, &out_len, &offset);
            if (value % (len % 4 == 2 ? 16 : 4) == 0) {
                CHECK_STATUS(status, PJF_OK);
                good++;
            } else {
                CHECK_STATUS(status, PJF_ERR_B64_TRAILING_BITS);
                CHECK_EQUAL(offset, len - 1);
            }
        }
        CHECK_EQUAL(good, len % 4 == 2 ? 4 : 16);
        text[len - 1] = 'z';
    }
}

static void nothing_outside_is_touched(const pjf_b64url_codec *codec)
{
    uint64_t seed = 3;
    for (size_t len = 0; len <= 200; len++) {
        for (int at_end = 0; at_end < 2; at_end++) {
            note("%s, %zu", codec->name, len);
            guarded src = guarded_new(len, at_end);
            guarded out = guarded_new(pjf_b64url_encoded_len(len), at_end);
            test_random_fill(&seed, src.ptr, len);
            codec->encode(src.ptr, len, (char *)out.ptr);

            size_t text_len = pjf_b64url_encoded_len(len), decoded_len = 0;
            guarded decoded = guarded_new(pjf_b64url_decoded_max(text_len), at_end);
            CHECK_STATUS(codec->decode(out.ptr, text_len, decoded.ptr, &decoded_len, NULL), PJF_OK);
            CHECK_BYTES(decoded.ptr, decoded_len, src.ptr, len);
            guarded_free(&src);
            guarded_free(&out);
            guarded_free(&decoded);
        }
    }
}

static void long_texts(const pjf_b64url_codec *codec)
{
    enum { LEN = 100003 };
    uint64_t seed = 5;
    uint8_t *bytes = malloc(LEN), *back = malloc(pjf_b64url_decoded_max(LEN / 3 * 4 + 3));
    char *text = malloc(LEN / 3 * 4 + 4), *want = malloc(LEN / 3 * 4 + 4);
    size_t len, offset;
    test_random_fill(&seed, bytes, LEN);
    codec->encode(bytes, LEN, text);
    size_t text_len = reference_encode(bytes, LEN, want);
    CHECK_BYTES(text, pjf_b64url_encoded_len(LEN), want, text_len);
    CHECK_STATUS(codec->decode((uint8_t *)text, text_len, back, &len, NULL), PJF_OK);
    CHECK_BYTES(back, len, bytes, LEN);
    text[77777] = '+';
    CHECK_STATUS(codec->decode((uint8_t *)text, text_len, back, &len, &offset),
                 PJF_ERR_B64_ALPHABET);
    CHECK_EQUAL(offset, 77777);
    free(bytes);
    free(back);
    free(text);
    free(want);
}

static void padding(const pjf_b64url_codec *codec)
{
    static const struct {
        const char *text;
        pjf_status status;
        size_t detail; /* decoded length, or offset */
    } rows[] = {
        {"", PJF_OK, 0},
        {"Zg", PJF_OK, 1},
        {"Zg==", PJF_OK, 1},
        {"Zm8=", PJF_OK, 2},
        {"Zm9v", PJF_OK, 3},
        {"Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYg==", PJF_OK, 22},
        {"Zg=", PJF_ERR_B64_PADDING, 2},
        {"Zg===", PJF_ERR_B64_PADDING, 2},
        {"Zm8==", PJF_ERR_B64_PADDING, 3},
        {"Zm9v=", PJF_ERR_B64_PADDING, 4},
        {"Zm9v==", PJF_ERR_B64_PADDING, 4},
        {"Zm9v====", PJF_ERR_B64_PADDING, 4},
        {"Z===", PJF_ERR_B64_PADDING, 1},
        {"=", PJF_ERR_B64_PADDING, 0},
        {"==", PJF_ERR_B64_PADDING, 0},
        {"===", PJF_ERR_B64_PADDING, 0},
        {"====", PJF_ERR_B64_PADDING, 0},
        {"========", PJF_ERR_B64_PADDING, 0},
        {"Zh==", PJF_ERR_B64_TRAILING_BITS, 1},
        {"Zm9=", PJF_ERR_B64_TRAILING_BITS, 2},
        {"Zg==Zg==", PJF_ERR_B64_ALPHABET, 2},
        {"=Zg=", PJF_ERR_B64_ALPHABET, 0},
        {"Z=g=", PJF_ERR_B64_ALPHABET, 1},
        {"Z", PJF_ERR_B64_LENGTH, 1},
        {"Zm9vZ", PJF_ERR_B64_LENGTH, 5},
        {"Zm9 ", PJF_ERR_B64_ALPHABET, 3},
        {"Zm9\n", PJF_ERR_B64_ALPHABET, 3},
        {"Zm8+", PJF_ERR_B64_ALPHABET, 3},
        {"Zm8/", PJF_ERR_B64_ALPHABET, 3},
        {"!!!!", PJF_ERR_B64_ALPHABET, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[128];
        size_t len = 999, offset = 999;
        note("%s, \"%s\"", codec->name, rows[i].text);
        pjf_span text = span_of(rows[i].text);
        CHECK_STATUS(pjf_b64url_decode_segment(codec, text, out, &len, &offset), rows[i].status);
        CHECK_EQUAL(rows[i].status == PJF_OK ? len : offset, rows[i].detail);
        CHECK_STATUS(pjf_b64url_decode_segment(codec, text, out, &len, NULL), rows[i].status);
    }
    size_t len = 999;
    uint8_t out[128];
    CHECK_STATUS(pjf_b64url_decode_segment(codec, (pjf_span){NULL, 0}, out, &len, NULL), PJF_OK);
    CHECK_EQUAL(len, 0);
}

#define ON_EVERY_CODEC(function)            \
    static void function##_everywhere(void) \
    {                                       \
        for_each_codec(function);           \
    }
ON_EVERY_CODEC(rfc_4648_vectors)
ON_EVERY_CODEC(every_length)
ON_EVERY_CODEC(every_byte_at_every_place)
ON_EVERY_CODEC(first_of_two_faults_is_told)
ON_EVERY_CODEC(stray_bits)
ON_EVERY_CODEC(nothing_outside_is_touched)
ON_EVERY_CODEC(long_texts)
ON_EVERY_CODEC(padding)

TEST_SUITE(b64url, TEST(codecs_have_names), TEST(rfc_4648_vectors_everywhere),
           TEST(every_length_everywhere), TEST(every_byte_at_every_place_everywhere),
           TEST(first_of_two_faults_is_told_everywhere), TEST(stray_bits_everywhere),
           TEST(nothing_outside_is_touched_everywhere), TEST(long_texts_everywhere),
           TEST(padding_everywhere));
