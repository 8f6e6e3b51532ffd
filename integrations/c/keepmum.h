/*
 * keepmum: keeps secrets out of logs, traces, messages and prompts.
 *
 * Every function may be called from any thread. A redactor may be shared between threads; a stream is used by one at a time.
 * A function that can fail returns a keepmum_status and puts what it makes into its last argument. NULL where something is
 * needed is an error, and so is a call that fails inside: whatever goes wrong, no byte is given out that was not looked
 * through. All texts are UTF-8. README.md beside this file shows how to build, link and use it.
 */

/* Made by cbindgen of the Rust source: KEEPMUM_BLESS=1 cargo test -p keepmum-c header */

#ifndef KEEPMUM_H
#define KEEPMUM_H

#include <stddef.h>
#include <stdint.h>

// How a call went. `KEEPMUM_OK` is 0; for anything else `keepmum_last_error` says more, and no output was made.
typedef enum {
  // Done.
  KEEPMUM_OK = 0,
  // An argument is NULL where something is needed, no text where text is needed, or an object that cannot do this now:
  // a stream that is finished, or in use by another call.
  KEEPMUM_ERROR_ARGUMENT = 1,
  // The configuration is refused.
  KEEPMUM_ERROR_CONFIG = 2,
  // A source of secrets could not be read. Trying again later can help.
  KEEPMUM_ERROR_SOURCE = 3,
  // A secret was refused: too short, too common, or too long to be looked for.
  KEEPMUM_ERROR_SECRET = 4,
  // The input is not what it was said to be.
  KEEPMUM_ERROR_INPUT = 5,
  // The stream's callback failed. The stream writes nothing any more.
  KEEPMUM_ERROR_WRITE = 6,
  // A defect in keepmum, here or in an earlier call with the same stream. Nothing was given out.
  KEEPMUM_ERROR_PANIC = 7,
} keepmum_status;

// Secrets and rules, as a configuration says. Its sources of secrets are read again as they rotate, by a thread of its own.
//
// It may be used by any number of threads at once.
typedef struct keepmum_redactor keepmum_redactor;

// An input that comes in chunks. However it is cut, the bytes that leave are the same; what could still become a secret is
// held back.
//
// One stream is used by one thread at a time.
typedef struct keepmum_stream keepmum_stream;

// Redacted bytes. They are the caller's until `keepmum_buffer_free`; the fields must not be changed before.
typedef struct {
  // The bytes, and a NUL behind them that `len` does not count. NULL after a failure.
  uint8_t *data;
  // How many.
  size_t len;
} keepmum_buffer;

// Is told what somebody should look at: a source that cannot be read, a secret that is too short to be looked for. `text`
// is UTF-8, names no value, and is valid during the call.
//
// It is called from any thread, also long after the redactor was made, until that and all of its streams are freed. It
// must return, must not throw, and must not free a redactor.
typedef void (*keepmum_warn_fn)(void *ctx, const char *text);

// Takes `len` redacted bytes, which are valid during the call. 0: they were taken. Anything else: they were not, the
// stream fails, and nothing is written any more.
//
// It is called from within `keepmum_stream_push`, `_release` and `_finish`, at most once by each. It must return, must not
// throw, and must not use the stream.
typedef int (*keepmum_write_fn)(void *ctx, const uint8_t *data, size_t len);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Why the last call of this thread that failed did so, as UTF-8; "" if none did.
//
// It names files, lines, rules and secrets, and never a value of a secret. It is valid until the next call of this thread
// that fails, and must not be freed.
const char *keepmum_last_error(void);

// The version of the library, such as "0.1.0". It must not be freed.
const char *keepmum_version(void);

// Frees what a call gave out, and empties `buffer`. NULL, and a buffer that is empty already, are fine.
void keepmum_buffer_free(keepmum_buffer *buffer);

// Makes a redactor of the configuration file at `config_path`: `keepmum.toml`, as the program reads it. If that is NULL
// there is no file: the built-in rules are in force, and secrets are those of `keepmum_add_secret`.
//
// `warn` may be NULL, but then nobody hears that a secret is not covered. `*out` is the new redactor, for
// `keepmum_free`; NULL after a failure.
//
// A relative path in the file is relative to the file. Programs that the file names are run. A file whose sources belong
// to environments asks for the variable KEEPMUM_ENVIRONMENT, or for its key `environment`.
//
// Threads do not survive fork(): make redactors in the process that uses them.
keepmum_status keepmum_new(const char *config_path,
                           keepmum_warn_fn warn,
                           void *warn_ctx,
                           keepmum_redactor **out);

// The same with a configuration as text: UTF-8, in the format of `keepmum.toml`. Relative paths in it are relative to the
// working folder.
keepmum_status keepmum_new_from_toml(const char *toml,
                                     keepmum_warn_fn warn,
                                     void *warn_ctx,
                                     keepmum_redactor **out);

// Covers one more secret, for good: in every form and spelling, and from now on also in streams that are running. `name` is
// what stands in its place: `[REDACTED:name]`. Both are copied.
//
// A value of under four bytes, or a common word, is refused: it would be found everywhere.
keepmum_status keepmum_add_secret(const keepmum_redactor *redactor,
                                  const char *name,
                                  const uint8_t *value,
                                  size_t len);

// Has every source of secrets read again, now. Returns at once; `warn` hears of failures.
keepmum_status keepmum_refresh(const keepmum_redactor *redactor);

// Redacts `len` bytes, as they are: a log line, a message, any text. `*out` is the result, for `keepmum_buffer_free`; it is
// empty after a failure.
keepmum_status keepmum_redact(const keepmum_redactor *redactor,
                              const uint8_t *input,
                              size_t len,
                              keepmum_buffer *out);

// Redacts JSON, or lines of it: strings are looked through as what they say, however they are escaped, and stay strings;
// numbers that hold a secret become strings; all other bytes stay. What is no JSON is redacted as text to the end of its
// line.
keepmum_status keepmum_redact_json(const keepmum_redactor *redactor,
                                   const uint8_t *input,
                                   size_t len,
                                   keepmum_buffer *out);

// Redacts MessagePack, one document or several: strings, binary data and keys change where something is found in them;
// numbers that hold a secret become strings; times, types, order and all other bytes stay. Input that is cut off or damaged
// is `KEEPMUM_ERROR_INPUT`, and nothing of it is given out.
keepmum_status keepmum_redact_msgpack(const keepmum_redactor *redactor,
                                      const uint8_t *input,
                                      size_t len,
                                      keepmum_buffer *out);

// Frees a redactor; NULL is fine. Its streams go on, and keep what they need.
void keepmum_free(keepmum_redactor *redactor);

// A stream that writes through `write`, which is handed `ctx`. `*out` is the new stream, for `keepmum_stream_free`; NULL
// after a failure.
keepmum_status keepmum_stream_new(const keepmum_redactor *redactor,
                                  keepmum_write_fn write,
                                  void *ctx,
                                  keepmum_stream **out);

// The same for JSON and lines of it: see `keepmum_redact_json`.
keepmum_status keepmum_stream_new_json(const keepmum_redactor *redactor,
                                       keepmum_write_fn write,
                                       void *ctx,
                                       keepmum_stream **out);

// Reads the next `len` bytes of the input, and writes what is decided by now.
keepmum_status keepmum_stream_push(const keepmum_stream *stream, const uint8_t *input, size_t len);

// Says that the input pauses, for instance at a prompt: a held beginning of a possible secret of under 8 bytes is written.
// If it completes after all, the rest is redacted.
keepmum_status keepmum_stream_release(const keepmum_stream *stream);

// Says that the input is over, and writes what is left of it. The stream takes no more, and is still to be freed.
keepmum_status keepmum_stream_finish(const keepmum_stream *stream);

// Frees a stream; NULL is fine. What it still holds back is dropped: without `keepmum_stream_finish` the end of the input
// is never written.
void keepmum_stream_free(keepmum_stream *stream);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* KEEPMUM_H */
