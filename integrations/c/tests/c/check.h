/* What the programs here check with. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keepmum.h"

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__,        \
                    #condition, keepmum_last_error());                                         \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

/* Bytes that a callback collects. */
struct collected {
    char bytes[4096];
    size_t len;
    unsigned calls;
};

static inline int collect(void *ctx, const uint8_t *data, size_t len)
{
    struct collected *into = ctx;
    CHECK(into->len + len < sizeof into->bytes);
    memcpy(into->bytes + into->len, data, len);
    into->len += len;
    into->bytes[into->len] = 0;
    into->calls++;
    return 0;
}

static inline const uint8_t *u8(const char *text)
{
    return (const uint8_t *)text;
}

#endif
