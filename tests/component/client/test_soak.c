/*
 * Many transactions through one client leave nothing behind: what is allocated, by the library
 * and by what it uses, is as much after them as before, and so are threads and descriptors.
 * HEDDLE_SOAK says how many; a million takes some minutes.
 */
#include <dirent.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/view.h"
#include "unit/client/bed.h"

enum { IN_FLIGHT = 64, FEW = 20000, STEPS = 4, LONG_MS = 60000 };
enum { GROWTH_BYTES = 384 * 1024, SAMPLES = 10 };

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static bed *b;
static heddle_queue *queue;

static size_t allocated(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static int entries(const char *path)
{
    int count = 0;
    DIR *dir = opendir(path);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* One in ten is a call that fails, with what two endorsers said. */
static void start(unsigned long i)
{
    heddle_error err;
    char value[32];
    snprintf(value, sizeof(value), "%lu", i);
    heddle_status status =
        i % 10 ? heddle_queue_submit(queue, b->contract, HEDDLE_CALL("Put", value), NULL, (void *)i,
                                     NULL, &err)
               : heddle_queue_evaluate(queue, b->contract, HEDDLE_CALL("Get", value), NULL,
                                       (void *)i, NULL, &err);
    ck_assert_msg(status == HEDDLE_OK, "%s", err.message);
}

static void finish(void)
{
    heddle_completion *done = NULL;
    ck_assert_int_eq(heddle_queue_next(queue, LONG_MS, &done, NULL), HEDDLE_OK);
    bool failed = heddle_completion_error(done) != NULL;
    ck_assert_int_eq(failed, (unsigned long)heddle_completion_user(done) % 10 == 0);
    heddle_completion_free(done);
}

static void run(unsigned long count)
{
    for (unsigned long i = 1; i <= count; i++) {
        if (heddle_queue_count(queue) == IN_FLIGHT)
            finish();
        start(i);
    }
    while (heddle_queue_count(queue))
        finish();
}

/* The least of some moments: buffers of the connection come and go. */
static size_t allocated_at_rest(void)
{
    size_t least = SIZE_MAX;
    for (int i = 0; i < SAMPLES; i++) {
        run(IN_FLIGHT);
        size_t now = allocated();
        least = now < least ? now : least;
    }
    return least;
}

START_TEST(transactions_leave_nothing_behind)
{
    unsigned long count = getenv("HEDDLE_SOAK") ? strtoul(getenv("HEDDLE_SOAK"), NULL, 10) : FEW;
    b->answers[BED_EVALUATE] = (bed_answer){.code = RPC_ABORTED, .message = "the chaincode failed"};
    run(count / STEPS);
    size_t before = allocated_at_rest();
    int threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
    for (int step = 1; step < STEPS; step++) {
        run(count / STEPS);
        size_t after = allocated_at_rest();
        printf("%lu transactions: %zu bytes allocated, %+ld\n", count / STEPS * (step + 1), after,
               (long)after - (long)before);
        ck_assert_msg(after < before + GROWTH_BYTES, "%zu bytes more than %lu transactions before",
                      after - before, count / STEPS * step);
    }
    /* gRPC begins and ends threads as it needs them. */
    ck_assert_int_le(entries("/proc/self/task"), threads + 8);
    ck_assert_int_le(entries("/proc/self/fd"), files);
}
END_TEST

static void setup(void)
{
    b = bed_start(NULL);
    ck_assert_int_eq(heddle_queue_open(NULL, &queue, NULL), HEDDLE_OK);
}

static void teardown(void)
{
    heddle_queue_close(queue);
    bed_stop(b);
}

static TCase *soak_case(void)
{
    TCase *tc = SUITE_CASE("soak", transactions_leave_nothing_behind);
    tcase_add_checked_fixture(tc, setup, teardown);
    return tc;
}

SUITE_MAIN("client/soak", soak_case())
