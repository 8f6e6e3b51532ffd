/* A host of one filter, as Fluent Bit is one: it copies the plugin's structure, calls it, and frees what it is given.
 *
 *   host PLUGIN TAG CHUNK OUT [KEY=VALUE]...
 *
 * The chunk's result goes to OUT, if there is one; what was logged to standard error; to standard output: `refused`, `untouched`, or
 * `modified` and the number of bytes. The chunk stands before a page that must not be read. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

struct filter_plugin {
    int event_type;
    int flags;
    char *name;
    char *description;
    void *config_map;
    int (*cb_pre_run)(void *, void *, void *);
    int (*cb_init)(void *, void *, void *);
    int (*cb_filter)(const void *, size_t, const char *, int, void **, size_t *, void *, void *, void *, void *);
    int (*cb_exit)(void *, void *);
    int (*cb_notification)(void *, void *, void *);
    void *head[2];
};

struct instance {
    int count;
    char **options;
    void *context;
};

const char *flb_filter_get_property(const char *key, void *of)
{
    struct instance *instance = of;
    size_t len = strlen(key);

    for (int at = 0; at < instance->count; at++) {
        char *option = instance->options[at];
        if (strncasecmp(option, key, len) == 0 && option[len] == '=') {
            return option + len + 1;
        }
    }
    return NULL;
}

void flb_filter_set_context(void *of, void *context)
{
    ((struct instance *) of)->context = context;
}

void flb_log_print(int type, const char *file, int line, const char *format, ...)
{
    va_list arguments;

    (void) file;
    (void) line;
    fprintf(stderr, "%s: ", type == 1 ? "error" : "warn");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static char *guarded(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    fseek(file, 0, SEEK_END);
    *len = ftell(file);
    rewind(file);
    size_t pages = (*len + 4095) / 4096 * 4096;
    char *memory = mmap(NULL, pages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *start = memory + pages - *len;
    if (fread(start, 1, *len, file) != *len) {
        exit(2);
    }
    fclose(file);
    mprotect(memory + pages, 4096, PROT_NONE);
    return start;
}

int main(int argc, char **argv)
{
    struct filter_plugin plugin;
    struct instance instance = {argc - 5, argv + 5, NULL};
    size_t len, out_len = 77;
    void *out = &out_len;

    if (argc < 5) {
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_LAZY);
    void *symbol = library ? dlsym(library, "filter_keepmum_plugin") : NULL;
    if (!symbol) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    memcpy(&plugin, symbol, sizeof(plugin));
    if (strcmp(plugin.name, "keepmum") != 0 || plugin.cb_notification || plugin.cb_pre_run) {
        return 2;
    }
    if (plugin.cb_init(&instance, NULL, NULL) != 0) {
        puts("refused");
        return 0;
    }
    char *chunk = guarded(argv[3], &len);
    char *before = malloc(len);
    memcpy(before, chunk, len);
    int done = plugin.cb_filter(chunk, len, argv[2], strlen(argv[2]), &out, &out_len, &instance, NULL, instance.context, NULL);
    if (memcmp(before, chunk, len) != 0) {
        return 3;
    }
    if (done == 2) {
        puts("untouched");
    }
    else if (done == 1) {
        printf("modified %zu\n", out_len);
        FILE *file = fopen(argv[4], "wb");
        fwrite(out, 1, out_len, file);
        fclose(file);
        free(out);
    }
    free(before);
    plugin.cb_exit(instance.context, NULL);
    dlclose(library);
    return done == 1 || done == 2 ? 0 : 3;
}
