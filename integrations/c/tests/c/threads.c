/* Threads that share a redactor while secrets are added, each with a stream of its own. */
#include <pthread.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 50 };

static keepmum_redactor *redactor;

static void *work(void *unused)
{
    (void)unused;
    struct collected got;
    for (int round = 0; round < ROUNDS; round++) {
        keepmum_buffer buffer;
        CHECK(keepmum_redact(redactor, u8("a correct horse b"), 17, &buffer) == KEEPMUM_OK);
        CHECK(strcmp((char *)buffer.data, "a [REDACTED:pw] b") == 0);
        keepmum_buffer_free(&buffer);

        keepmum_stream *stream;
        got.len = 0;
        CHECK(keepmum_stream_new(redactor, collect, &got, &stream) == KEEPMUM_OK);
        CHECK(keepmum_stream_push(stream, u8("a correct"), 9) == KEEPMUM_OK);
        CHECK(keepmum_stream_push(stream, u8(" horse b"), 8) == KEEPMUM_OK);
        CHECK(keepmum_stream_finish(stream) == KEEPMUM_OK);
        keepmum_stream_free(stream);
        CHECK(strcmp(got.bytes, "a [REDACTED:pw] b") == 0);
    }
    /* Errors are the thread's own. */
    CHECK(strcmp(keepmum_last_error(), "") == 0);
    CHECK(keepmum_refresh(NULL) == KEEPMUM_ERROR_ARGUMENT && keepmum_last_error()[0]);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    CHECK(keepmum_new_from_toml("only-known = true", NULL, NULL, &redactor) == KEEPMUM_OK);
    CHECK(keepmum_add_secret(redactor, "pw", u8("correct horse"), 13) == KEEPMUM_OK);
    for (int at = 0; at < THREADS; at++)
        CHECK(pthread_create(&threads[at], NULL, work, NULL) == 0);
    for (int at = 0; at < 20; at++) {
        char value[32];
        int len = snprintf(value, sizeof value, "battery staple %d", at);
        CHECK(keepmum_add_secret(redactor, "more", u8(value), (size_t)len) == KEEPMUM_OK);
    }
    for (int at = 0; at < THREADS; at++)
        CHECK(pthread_join(threads[at], NULL) == 0);
    CHECK(strcmp(keepmum_last_error(), "") == 0);
    keepmum_free(redactor);
    return 0;
}
