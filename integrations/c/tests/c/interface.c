/* Each promise of keepmum.h, held against the library. Takes an empty folder. */
#define _DEFAULT_SOURCE
#include <unistd.h>

#include "check.h"

static keepmum_redactor *known_only(void)
{
    keepmum_redactor *redactor = NULL;
    CHECK(keepmum_new_from_toml("only-known = true", NULL, NULL, &redactor) == KEEPMUM_OK);
    CHECK(keepmum_add_secret(redactor, "pw", u8("correct horse"), 13) == KEEPMUM_OK);
    return redactor;
}

static void expect(const keepmum_redactor *redactor, const char *input, const char *output)
{
    keepmum_buffer buffer;
    CHECK(keepmum_redact(redactor, u8(input), strlen(input), &buffer) == KEEPMUM_OK);
    CHECK(buffer.len == strlen(output) && strcmp((char *)buffer.data, output) == 0);
    keepmum_buffer_free(&buffer);
    CHECK(buffer.data == NULL && buffer.len == 0);
    keepmum_buffer_free(&buffer);
}

static void null_is_an_error(void)
{
    keepmum_redactor *redactor = known_only();
    keepmum_stream *stream = NULL;
    keepmum_buffer buffer = {NULL, 0};
    struct collected got = {{0}, 0, 0};
    const keepmum_status refused = KEEPMUM_ERROR_ARGUMENT;

    CHECK(keepmum_new(NULL, NULL, NULL, NULL) == refused);
    CHECK(strstr(keepmum_last_error(), "out is NULL"));
    keepmum_redactor *none = redactor;
    CHECK(keepmum_new_from_toml(NULL, NULL, NULL, &none) == refused && none == NULL);
    CHECK(keepmum_new_from_toml("", NULL, NULL, NULL) == refused);
    CHECK(keepmum_add_secret(NULL, "n", u8("battery"), 7) == refused);
    CHECK(keepmum_add_secret(redactor, NULL, u8("battery"), 7) == refused);
    CHECK(keepmum_add_secret(redactor, "n", NULL, 7) == refused);
    CHECK(keepmum_add_secret(redactor, "\xff", u8("battery"), 7) == refused);
    CHECK(keepmum_refresh(NULL) == refused);
    CHECK(keepmum_redact(NULL, u8("x"), 1, &buffer) == refused && buffer.data == NULL);
    CHECK(keepmum_redact(redactor, NULL, 1, &buffer) == refused && buffer.data == NULL);
    CHECK(keepmum_redact(redactor, u8("x"), 1, NULL) == refused);
    CHECK(keepmum_redact(redactor, u8("x"), SIZE_MAX, &buffer) == refused);
    CHECK(keepmum_redact_json(NULL, u8("x"), 1, &buffer) == refused);
    CHECK(keepmum_redact_json(redactor, u8("x"), 1, NULL) == refused);
    CHECK(keepmum_stream_new(NULL, collect, &got, &stream) == refused && stream == NULL);
    CHECK(keepmum_stream_new(redactor, NULL, &got, &stream) == refused);
    CHECK(keepmum_stream_new(redactor, collect, &got, NULL) == refused);
    CHECK(keepmum_stream_new_json(redactor, NULL, &got, &stream) == refused);
    CHECK(keepmum_stream_push(NULL, u8("x"), 1) == refused);
    CHECK(keepmum_stream_release(NULL) == refused);
    CHECK(keepmum_stream_finish(NULL) == refused);
    CHECK(keepmum_stream_new(redactor, collect, NULL, &stream) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(stream, NULL, 1) == refused);
    CHECK(keepmum_stream_push(stream, NULL, 0) == KEEPMUM_OK);
    keepmum_stream_free(stream);
    keepmum_stream_free(NULL);
    keepmum_buffer_free(NULL);
    keepmum_free(NULL);

    CHECK(keepmum_redact(redactor, NULL, 0, &buffer) == KEEPMUM_OK);
    CHECK(buffer.data != NULL && buffer.data[0] == 0 && buffer.len == 0);
    keepmum_buffer_free(&buffer);
    keepmum_free(redactor);
}

static void secrets_are_replaced(void)
{
    keepmum_redactor *redactor = known_only();
    expect(redactor, "nothing", "nothing");
    expect(redactor, "pw=correct horse.", "pw=[REDACTED:pw].");
    expect(redactor, "636f727265637420686f727365 is hex", "[REDACTED:pw] is hex");

    CHECK(keepmum_add_secret(redactor, "tiny", u8("ab"), 2) == KEEPMUM_ERROR_SECRET);
    CHECK(strstr(keepmum_last_error(), "tiny"));
    CHECK(keepmum_add_secret(redactor, "none", NULL, 0) == KEEPMUM_ERROR_SECRET);

    const uint8_t binary[] = {0, 0xff, 'x', 0, 0xfe, 7, 0, 'y', 0x80};
    const uint8_t line[] = {'a', 0, 0xff, 'x', 0, 0xfe, 7, 0, 'y', 0x80, 'z'};
    CHECK(keepmum_add_secret(redactor, "bin", binary, sizeof binary) == KEEPMUM_OK);
    keepmum_buffer buffer;
    CHECK(keepmum_redact(redactor, line, sizeof line, &buffer) == KEEPMUM_OK);
    CHECK(strcmp((char *)buffer.data, "a[REDACTED:bin]z") == 0);
    keepmum_buffer_free(&buffer);
    keepmum_free(redactor);
}

static void rules_are_in_force_without_a_file(void)
{
    keepmum_redactor *redactor = NULL;
    CHECK(keepmum_new(NULL, NULL, NULL, &redactor) == KEEPMUM_OK);
    char line[] = "token=ghp_????????????????????????????????????";
    for (char *at = line; *at; at++)
        if (*at == '?')
            *at = "aB3dE5gH7jK9"[(at - line) * 7 % 12];
    keepmum_buffer buffer;
    CHECK(keepmum_redact(redactor, u8(line), sizeof line - 1, &buffer) == KEEPMUM_OK);
    CHECK(strstr((char *)buffer.data, "ghp_") == NULL);
    CHECK(strstr((char *)buffer.data, "[REDACTED:") != NULL);
    keepmum_buffer_free(&buffer);
    keepmum_free(redactor);
}

static void json_stays_json(void)
{
    keepmum_redactor *redactor = known_only();
    const char *input = "{\"a\": \"correct \\u0068orse\", \"n\":1.0}";
    keepmum_buffer buffer;
    CHECK(keepmum_redact_json(redactor, u8(input), strlen(input), &buffer) == KEEPMUM_OK);
    CHECK(strcmp((char *)buffer.data, "{\"a\": \"[REDACTED:pw]\", \"n\":1.0}") == 0);
    keepmum_buffer_free(&buffer);

    const char *text = "{\"a\": no JSON, correct horse";
    CHECK(keepmum_redact_json(redactor, u8(text), strlen(text), &buffer) == KEEPMUM_OK);
    CHECK(strcmp((char *)buffer.data, "{\"a\": no JSON, [REDACTED:pw]") == 0);
    keepmum_buffer_free(&buffer);

    struct collected got = {{0}, 0, 0};
    keepmum_stream *stream;
    CHECK(keepmum_stream_new_json(redactor, collect, &got, &stream) == KEEPMUM_OK);
    for (const char *at = input; *at; at++)
        CHECK(keepmum_stream_push(stream, u8(at), 1) == KEEPMUM_OK);
    CHECK(keepmum_stream_release(stream) == KEEPMUM_OK);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_OK);
    keepmum_stream_free(stream);
    CHECK(strcmp(got.bytes, "{\"a\": \"[REDACTED:pw]\", \"n\":1.0}") == 0);
    keepmum_free(redactor);
}

static void msgpack_stays_msgpack(void)
{
    keepmum_redactor *redactor = known_only();
    /* {"pw": "correct horse", "n": 7} */
    const char input[] = "\x82\xa2pw\xad" "correct horse\xa1n\x07";
    const char output[] = "\x82\xa2pw\xad[REDACTED:pw]\xa1n\x07";
    keepmum_buffer buffer;
    CHECK(keepmum_redact_msgpack(redactor, u8(input), sizeof input - 1, &buffer) == KEEPMUM_OK);
    CHECK(buffer.len == sizeof output - 1 && memcmp(buffer.data, output, buffer.len) == 0);
    keepmum_buffer_free(&buffer);
    for (size_t len = 1; len < sizeof input - 1; len++) {
        CHECK(keepmum_redact_msgpack(redactor, u8(input), len, &buffer) == KEEPMUM_ERROR_INPUT);
        CHECK(buffer.data == NULL && strstr(keepmum_last_error(), "horse") == NULL);
    }
    CHECK(keepmum_redact_msgpack(NULL, u8(input), 1, &buffer) == KEEPMUM_ERROR_ARGUMENT);
    keepmum_free(redactor);
}

static void streams_hold_back_what_may_be_secret(void)
{
    keepmum_redactor *redactor = known_only();
    struct collected got = {{0}, 0, 0};
    keepmum_stream *stream;
    CHECK(keepmum_stream_new(redactor, collect, &got, &stream) == KEEPMUM_OK);
    keepmum_free(redactor);

    CHECK(keepmum_stream_push(stream, u8("say: correct h"), 14) == KEEPMUM_OK);
    CHECK(strcmp(got.bytes, "say: ") == 0 && got.calls == 1);
    CHECK(keepmum_stream_push(stream, u8("orse, corr"), 10) == KEEPMUM_OK);
    CHECK(strcmp(got.bytes, "say: [REDACTED:pw], ") == 0);
    CHECK(keepmum_stream_release(stream) == KEEPMUM_OK);
    CHECK(strcmp(got.bytes, "say: [REDACTED:pw], corr") == 0);
    CHECK(keepmum_stream_push(stream, u8("al c"), 4) == KEEPMUM_OK);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_OK);
    CHECK(strcmp(got.bytes, "say: [REDACTED:pw], corral c") == 0);

    unsigned calls = got.calls;
    CHECK(keepmum_stream_push(stream, u8("x"), 1) == KEEPMUM_ERROR_ARGUMENT);
    CHECK(strstr(keepmum_last_error(), "finished"));
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_ERROR_ARGUMENT && got.calls == calls);
    keepmum_stream_free(stream);
}

static void what_is_held_is_dropped_without_a_finish(void)
{
    keepmum_redactor *redactor = known_only();
    struct collected got = {{0}, 0, 0};
    keepmum_stream *stream;
    CHECK(keepmum_stream_new(redactor, collect, &got, &stream) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(stream, u8("a correct hors"), 14) == KEEPMUM_OK);
    keepmum_stream_free(stream);
    CHECK(strcmp(got.bytes, "a ") == 0);
    keepmum_free(redactor);
}

static int fail(void *ctx, const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    ++*(unsigned *)ctx;
    return 42;
}

static void a_failed_write_ends_a_stream(void)
{
    keepmum_redactor *redactor = known_only();
    unsigned calls = 0;
    keepmum_stream *stream;
    CHECK(keepmum_stream_new(redactor, fail, &calls, &stream) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(stream, u8("corr"), 4) == KEEPMUM_OK && calls == 0);
    CHECK(keepmum_stream_push(stream, u8("al"), 2) == KEEPMUM_ERROR_WRITE && calls == 1);
    CHECK(strstr(keepmum_last_error(), "42"));
    CHECK(keepmum_stream_push(stream, u8("more"), 4) == KEEPMUM_ERROR_WRITE);
    CHECK(keepmum_stream_release(stream) == KEEPMUM_ERROR_WRITE);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_ERROR_WRITE && calls == 1);
    keepmum_stream_free(stream);

    CHECK(keepmum_stream_new(redactor, fail, &calls, &stream) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(stream, u8("corr"), 4) == KEEPMUM_OK);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_ERROR_WRITE && calls == 2);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_ERROR_WRITE && calls == 2);
    keepmum_stream_free(stream);
    keepmum_free(redactor);
}

static keepmum_stream *own;

static int again(void *ctx, const uint8_t *data, size_t len)
{
    (void)data, (void)len;
    ++*(unsigned *)ctx;
    CHECK(keepmum_stream_push(own, u8("x"), 1) == KEEPMUM_ERROR_ARGUMENT);
    CHECK(keepmum_stream_finish(own) == KEEPMUM_ERROR_ARGUMENT);
    return 0;
}

static void a_callback_cannot_use_its_stream(void)
{
    keepmum_redactor *redactor = known_only();
    unsigned calls = 0;
    CHECK(keepmum_stream_new(redactor, again, &calls, &own) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(own, u8("abc"), 3) == KEEPMUM_OK && calls == 1);
    CHECK(keepmum_stream_finish(own) == KEEPMUM_OK);
    keepmum_stream_free(own);
    keepmum_free(redactor);
}

static void streams_cover_what_is_added(void)
{
    keepmum_redactor *redactor = known_only();
    struct collected got = {{0}, 0, 0};
    keepmum_stream *plain, *json;
    CHECK(keepmum_stream_new(redactor, collect, &got, &plain) == KEEPMUM_OK);
    CHECK(keepmum_stream_new_json(redactor, collect, &got, &json) == KEEPMUM_OK);
    CHECK(keepmum_add_secret(redactor, "new", u8("battery staple"), 14) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(plain, u8("battery staple;"), 15) == KEEPMUM_OK);
    CHECK(keepmum_stream_push(json, u8("[\"battery staple\"]"), 18) == KEEPMUM_OK);
    CHECK(keepmum_stream_finish(plain) == KEEPMUM_OK && keepmum_stream_finish(json) == KEEPMUM_OK);
    CHECK(strcmp(got.bytes, "[REDACTED:new];[\"[REDACTED:new]\"]") == 0);
    keepmum_stream_free(plain);
    keepmum_stream_free(json);
    keepmum_free(redactor);
}

static void write_file(const char *path, const char *text)
{
    /* In one step, as a secret is mounted. */
    char other[512];
    snprintf(other, sizeof other, "%s.new", path);
    FILE *file = fopen(other, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(rename(other, path) == 0);
}

static void count(void *ctx, const char *text)
{
    CHECK(strlen(text) > 0);
    __atomic_add_fetch((unsigned *)ctx, 1, __ATOMIC_SEQ_CST);
}

static void a_file_is_read_and_its_secrets_are_followed(const char *folder)
{
    char config[512], pin[512];
    unsigned warnings = 0;
    keepmum_redactor *redactor = NULL;
    snprintf(config, sizeof config, "%s/keepmum.toml", folder);
    snprintf(pin, sizeof pin, "%s/pin", folder);
    write_file(config, "only-known = true\nreport = 'of-the-program'\n"
                       "[[source]]\nkind = 'file'\nname = 'pin'\npath = 'pin'\n");

    CHECK(keepmum_new(config, count, &warnings, &redactor) == KEEPMUM_ERROR_SOURCE);
    CHECK(redactor == NULL && strstr(keepmum_last_error(), "pin"));

    write_file(pin, "ab");
    CHECK(keepmum_new(config, count, &warnings, &redactor) == KEEPMUM_OK);
    CHECK(warnings == 1);
    keepmum_free(redactor);

    write_file(pin, "correct horse");
    CHECK(keepmum_new(config, count, &warnings, &redactor) == KEEPMUM_OK);
    CHECK(warnings == 1);
    expect(redactor, "correct horse", "[REDACTED:pin]");
    write_file(pin, "battery staple");
    CHECK(keepmum_refresh(redactor) == KEEPMUM_OK);
    for (int tries = 0;; tries++) {
        keepmum_buffer buffer;
        CHECK(keepmum_redact(redactor, u8("battery staple"), 14, &buffer) == KEEPMUM_OK);
        int covered = strcmp((char *)buffer.data, "[REDACTED:pin]") == 0;
        keepmum_buffer_free(&buffer);
        if (covered)
            break;
        CHECK(tries < 600);
        usleep(50 * 1000);
    }
    expect(redactor, "correct horse", "[REDACTED:pin]");
    keepmum_free(redactor);
}

static void bad_configurations_are_named_and_not_quoted(const char *folder)
{
    char missing[512];
    keepmum_redactor *redactor = NULL;
    snprintf(missing, sizeof missing, "%s/none.toml", folder);
    CHECK(keepmum_new(missing, NULL, NULL, &redactor) == KEEPMUM_ERROR_CONFIG);
    CHECK(redactor == NULL && strstr(keepmum_last_error(), "none.toml"));
    CHECK(keepmum_new_from_toml("\nreplacment = 'mask'", NULL, NULL, &redactor) == KEEPMUM_ERROR_CONFIG);
    CHECK(strcmp(keepmum_last_error(),
                 "configuration:2: unknown key `replacment`, did you mean `replacement`?") == 0);
    CHECK(keepmum_new_from_toml("limits = 'correct horse'", NULL, NULL, &redactor) == KEEPMUM_ERROR_CONFIG);
    CHECK(strstr(keepmum_last_error(), "horse") == NULL);
    CHECK(keepmum_new_from_toml("\xff", NULL, NULL, &redactor) == KEEPMUM_ERROR_ARGUMENT);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK(strcmp(keepmum_last_error(), "") == 0 && strchr(keepmum_version(), '.'));
    null_is_an_error();
    secrets_are_replaced();
    rules_are_in_force_without_a_file();
    json_stays_json();
    msgpack_stays_msgpack();
    streams_hold_back_what_may_be_secret();
    what_is_held_is_dropped_without_a_finish();
    a_failed_write_ends_a_stream();
    a_callback_cannot_use_its_stream();
    streams_cover_what_is_added();
    a_file_is_read_and_its_secrets_are_followed(argv[1]);
    bad_configurations_are_named_and_not_quoted(argv[1]);
    return 0;
}
