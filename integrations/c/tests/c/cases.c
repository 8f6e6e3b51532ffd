/*
 * Redacts what it reads: for each case a configuration, a number of secrets, the secrets and an input; writes what comes of
 * the input in one piece, and byte by byte. Each is a length on a line of its own, and so many bytes.
 */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

struct field {
    char *bytes;
    size_t len;
};

static struct field next(void)
{
    struct field field = {NULL, 0};
    int digit = getchar();
    if (digit == EOF)
        return field;
    for (; digit != '\n'; digit = getchar())
        field.len = field.len * 10 + (size_t)(digit - '0');
    field.bytes = calloc(field.len + 1, 1);
    CHECK(field.bytes && fread(field.bytes, 1, field.len, stdin) == field.len);
    return field;
}

static int print(void *ctx, const uint8_t *data, size_t len)
{
    return fwrite(data, 1, len, ctx) == len ? 0 : 1;
}

static void by_bytes(const keepmum_redactor *redactor, const struct field *input)
{
    char *out = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&out, &len);
    keepmum_stream *stream;
    CHECK(keepmum_stream_new(redactor, print, memory, &stream) == KEEPMUM_OK);
    for (size_t at = 0; at < input->len; at++)
        CHECK(keepmum_stream_push(stream, u8(input->bytes) + at, 1) == KEEPMUM_OK);
    CHECK(keepmum_stream_finish(stream) == KEEPMUM_OK);
    keepmum_stream_free(stream);
    CHECK(fclose(memory) == 0);
    printf("%zu\n", len);
    fwrite(out, 1, len, stdout);
    free(out);
}

int main(void)
{
    for (struct field config; (config = next()).bytes != NULL;) {
        keepmum_redactor *redactor;
        CHECK(keepmum_new_from_toml(config.bytes, NULL, NULL, &redactor) == KEEPMUM_OK);
        struct field count = next();
        for (int at = 0; at < atoi(count.bytes); at++) {
            char name[16];
            struct field secret = next();
            snprintf(name, sizeof name, "s%d", at);
            keepmum_status added = keepmum_add_secret(redactor, name, u8(secret.bytes), secret.len);
            CHECK(added == KEEPMUM_OK || added == KEEPMUM_ERROR_SECRET);
            free(secret.bytes);
        }
        struct field input = next();
        keepmum_buffer whole;
        CHECK(keepmum_redact(redactor, u8(input.bytes), input.len, &whole) == KEEPMUM_OK);
        printf("%zu\n", whole.len);
        fwrite(whole.data, 1, whole.len, stdout);
        keepmum_buffer_free(&whole);
        by_bytes(redactor, &input);
        keepmum_free(redactor);
        free(config.bytes), free(count.bytes), free(input.bytes);
    }
    return 0;
}
