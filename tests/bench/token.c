/*
 * Signatures a second in a PKCS#11 token: one session, then a pool of them, with as many threads
 * as the pool is large.
 *
 *   token MODULE LABEL PIN THREADS SECONDS
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "crypto/token.h"

enum { MOST_THREADS = 64 };

struct run {
    crypto_token_key *key;
    atomic_bool stop;
    atomic_ulong made;
    atomic_ulong failed;
};

static void die(const char *what, const heddle_error *err)
{
    fprintf(stderr, "token: %s: %s\n", what, err->message);
    exit(EXIT_FAILURE);
}

static void *sign(void *user)
{
    struct run *run = user;
    uint8_t digest[CRYPTO_SHA256_LEN] = {1};
    crypto_signature signature;
    while (!atomic_load(&run->stop)) {
        bool ok = crypto_token_sign(run->key, heddle_view_of(digest, sizeof(digest)), &signature,
                                    NULL) == HEDDLE_OK;
        atomic_fetch_add(ok ? &run->made : &run->failed, 1);
    }
    return NULL;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* @p threads sign for @p length seconds in @p sessions sessions. */
static double rate(crypto_token_options options, unsigned sessions, unsigned threads, double length)
{
    pthread_t ids[MOST_THREADS];
    heddle_error err;
    struct run run = {0};
    crypto_token *token = NULL;
    crypto_token_query query = {.label = "bench"};
    options.sessions = sessions;
    options.acquire_wait_ms = 60000;
    if (crypto_token_open(&options, &token, &err) ||
        crypto_token_find(token, &query, &run.key, &err))
        die("opening", &err);
    double start = seconds();
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, sign, &run))
            die("thread", &(heddle_error){.message = "cannot be started"});
    usleep((useconds_t)(length * 1e6));
    atomic_store(&run.stop, true);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    double result = (double)run.made / (seconds() - start);
    if (run.failed)
        fprintf(stderr, "token: %lu signatures failed\n", (unsigned long)run.failed);
    crypto_token_key_unref(run.key);
    crypto_token_unref(token);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        return fprintf(stderr, "usage: token MODULE LABEL PIN THREADS SECONDS\n"), EXIT_FAILURE;
    crypto_token_options options = {.module = argv[1], .label = argv[2], .pin = argv[3]};
    unsigned threads = (unsigned)strtoul(argv[4], NULL, 10);
    double length = strtod(argv[5], NULL);
    if (!threads || threads > MOST_THREADS || !(length > 0))
        return fprintf(stderr, "token: 1 to %d threads\n", MOST_THREADS), EXIT_FAILURE;
    printf("{\"threads\":%u,\"one_session\":%.0f,\"pooled\":%.0f}\n", threads,
           rate(options, 1, threads, length), rate(options, threads, threads, length));
    return EXIT_SUCCESS;
}
