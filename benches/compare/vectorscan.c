// Standard input through Hyperscan or Vectorscan in block mode: `vectorscan PATTERNS < INPUT`, a pattern a line.
// Matches are counted and not located (no start of match, nothing is replaced), which is the fastest that it can do.
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4096, CHUNK = 1 << 20 };

static int count(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *matches) {
    (void)id, (void)from, (void)to, (void)flags;
    ++*(unsigned long *)matches;
    return 0;
}

// Reads the patterns that the library accepts; the others are told and left out.
static unsigned read_patterns(const char *path, char **patterns, unsigned *flags, unsigned *ids) {
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); exit(2); }
    char *line = NULL;
    size_t room = 0;
    unsigned found = 0, left_out = 0;
    while (found < MOST && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        hs_database_t *one = NULL;
        hs_compile_error_t *error = NULL;
        if (hs_compile(line, HS_FLAG_ALLOWEMPTY, HS_MODE_BLOCK, NULL, &one, &error) != HS_SUCCESS) {
            hs_free_compile_error(error);
            left_out++;
            continue;
        }
        hs_free_database(one);
        patterns[found] = strdup(line), flags[found] = HS_FLAG_ALLOWEMPTY, ids[found] = found;
        found++;
    }
    fprintf(stderr, "%u patterns, %u left out\n", found, left_out);
    fclose(file);
    free(line);
    return found;
}

int main(int argc, char **argv) {
    static char *patterns[MOST], chunk[CHUNK];
    static unsigned flags[MOST], ids[MOST];
    if (argc != 2) return 2;
    unsigned found = read_patterns(argv[1], patterns, flags, ids);
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    hs_scratch_t *scratch = NULL;
    if (hs_compile_multi((const char *const *)patterns, flags, ids, found, HS_MODE_BLOCK, NULL, &database, &error)
            != HS_SUCCESS || hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
        fprintf(stderr, "cannot compile\n");
        return 2;
    }
    unsigned long matches = 0;
    clock_t started = clock();
    // A file of the input is read in chunks; a match across two is missed, which costs nothing.
    for (ssize_t got; (got = read(0, chunk, CHUNK)) > 0;) hs_scan(database, chunk, got, 0, scratch, count, &matches);
    fprintf(stderr, "%lu matches\ncpu %.4f\n", matches, (double)(clock() - started) / CLOCKS_PER_SEC);
    return 0;
}
