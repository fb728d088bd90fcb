#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "support/suite.h"

enum { LEN = 24, MANY = 2000, THREADS = 4 };

typedef uint8_t nonce[LEN];

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, LEN);
}

static void check_distinct(nonce *all, size_t count)
{
    qsort(all, count, LEN, compare);
    for (size_t i = 1; i < count; i++)
        ck_assert_int_ne(memcmp(all[i - 1], all[i], LEN), 0);
}

static void *draw(void *out)
{
    nonce *all = out;
    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(crypto_nonce(all[i], LEN), HEDDLE_OK);
    return NULL;
}

START_TEST(no_two_nonces_are_the_same_on_any_threads)
{
    static nonce all[THREADS * MANY];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, draw, &all[i * MANY]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    check_distinct(all, THREADS * MANY);
}
END_TEST

START_TEST(a_child_draws_other_nonces_than_its_parent)
{
    nonce drawn[3];
    int ends[2];
    ck_assert_int_eq(crypto_nonce(drawn[0], LEN), HEDDLE_OK);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        bool ok = crypto_nonce(drawn[1], LEN) == HEDDLE_OK && write(ends[1], drawn[1], LEN) == LEN;
        _exit(!ok);
    }
    ck_assert_int_eq(crypto_nonce(drawn[2], LEN), HEDDLE_OK);
    ck_assert_int_eq(read(ends[0], drawn[1], LEN), LEN);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    check_distinct(drawn, 3);
}
END_TEST

START_TEST(a_nonce_has_a_greatest_length)
{
    uint8_t out[CRYPTO_NONCE_MAX + 1];
    ck_assert_int_eq(crypto_nonce(out, CRYPTO_NONCE_MAX), HEDDLE_OK);
    ck_assert_int_eq(crypto_nonce(out, CRYPTO_NONCE_MAX + 1), HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

SUITE_MAIN("crypto/nonce",
           SUITE_CASE("nonce", no_two_nonces_are_the_same_on_any_threads,
                      a_child_draws_other_nonces_than_its_parent, a_nonce_has_a_greatest_length))
