/*
 * Many threads add to one variable at once, first with rows of their own, then the standard way,
 * where each reads and writes the same key. The sums tell the difference.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/client.h"

/* What all threads of a run share. */
typedef struct contention {
    heddle_contract *contract;
    const char *function;
    const char *variable;
    unsigned rounds;
    atomic_uint valid;
    atomic_uint conflicts; /* another one wrote what was read */
    atomic_uint failures;  /* anything else */
    pthread_mutex_t lock;
    heddle_error first; /* of the failures */
} contention;

/*
 * MVCC_READ_CONFLICT in a block; or no two endorsements that are the same, as the endorsers were
 * asked before and after a block.
 */
static bool is_conflict(const heddle_error *err, const heddle_details *details)
{
    if (err->status == HEDDLE_E_TX_INVALID)
        return err->retry == HEDDLE_RETRY_NEW_TX;
    for (size_t i = 0; details && i < heddle_details_count(details); i++)
        if (strstr(heddle_details_at(details, i)->message, "do not match"))
            return true;
    return false;
}

static void note_failure(contention *c, const heddle_error *err)
{
    if (atomic_fetch_add(&c->failures, 1) != 0)
        return;
    pthread_mutex_lock(&c->lock);
    c->first = *err;
    pthread_mutex_unlock(&c->lock);
}

static void *hammer(void *user)
{
    contention *c = user;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.details = heddle_details_new();
    for (unsigned i = 0; i < c->rounds; i++) {
        heddle_error err;
        if (heddle_submit(c->contract, HEDDLE_CALL(c->function, c->variable, "7", "+"), &options,
                          NULL, &err) == HEDDLE_OK)
            atomic_fetch_add(&c->valid, 1);
        else if (is_conflict(&err, options.details))
            atomic_fetch_add(&c->conflicts, 1);
        else
            note_failure(c, &err);
    }
    heddle_details_free(options.details);
    return NULL;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static heddle_status run_threads(contention *c, unsigned threads, heddle_error *err)
{
    pthread_t all[EXAMPLE_THREADS_MAX];
    unsigned started = 0;
    while (started < threads && pthread_create(&all[started], NULL, hammer, c) == 0)
        started++;
    for (unsigned i = 0; i < started; i++)
        pthread_join(all[i], NULL);
    return started == threads ? HEDDLE_OK : example_fail(err, "only %u threads start", started);
}

static heddle_status contend(example_client *client, const char *function, const char *variable,
                             contention *out, heddle_error *err)
{
    out->contract = client->members[0].contract;
    out->function = function;
    out->variable = variable;
    out->rounds = client->rounds;
    double start_s = now_s();
    heddle_status status = run_threads(out, client->threads, err);
    if (status != HEDDLE_OK)
        return status;
    double took_s = now_s() - start_s;
    example_say(function, "%u valid, %u conflicts, in %.2f s (%.0f/s)", atomic_load(&out->valid),
                atomic_load(&out->conflicts), took_s, atomic_load(&out->valid) / took_s);
    if (atomic_load(&out->failures)) {
        *err = out->first;
        return err->status;
    }
    return HEDDLE_OK;
}

/* That the variable is 7 for each valid update. */
static heddle_status check_sum(example_client *client, const char *function, const char *variable,
                               unsigned valid, heddle_error *err)
{
    char expected[32];
    snprintf(expected, sizeof(expected), "%llu", 7ULL * valid);
    char *sum = example_answer(client, 0, HEDDLE_CALL(function, variable), err);
    if (!sum)
        return err->status;
    example_say(function, "%s", sum);
    heddle_status status = strcmp(sum, expected) == 0
                               ? HEDDLE_OK
                               : example_fail(err, "the sum is %s in place of %s", sum, expected);
    free(sum);
    return status;
}

/* What reads all rows is given again if they changed meanwhile, or a peer has not all of them yet.
 */
static heddle_status submit_until_taken(example_client *client, const char *function,
                                        const char *variable, heddle_error *err)
{
    enum { ATTEMPTS = 100 };
    static const struct timespec pause = {.tv_nsec = 100000000};
    heddle_status status = HEDDLE_OK;
    for (int left = ATTEMPTS; left > 0; left--) {
        status = example_submit(client, 0, function, HEDDLE_CALL(function, variable), err);
        if (status == HEDDLE_OK || !is_conflict(err, client->details))
            break;
        nanosleep(&pause, NULL);
    }
    return status;
}

static heddle_status with_rows(example_client *client, const char *variable, heddle_error *err)
{
    contention c = {.lock = PTHREAD_MUTEX_INITIALIZER};
    heddle_status status = contend(client, "Update", variable, &c, err);
    if (status == HEDDLE_OK && atomic_load(&c.conflicts))
        status = example_fail(err, "there were conflicts");
    if (status == HEDDLE_OK)
        status = check_sum(client, "Get", variable, atomic_load(&c.valid), err);
    if (status == HEDDLE_OK)
        status = submit_until_taken(client, "Prune", variable, err);
    if (status == HEDDLE_OK)
        status = check_sum(client, "Get", variable, atomic_load(&c.valid), err);
    return status == HEDDLE_OK ? submit_until_taken(client, "Delete", variable, err) : status;
}

static heddle_status the_standard_way(example_client *client, const char *variable,
                                      heddle_error *err)
{
    contention c = {.lock = PTHREAD_MUTEX_INITIALIZER};
    heddle_status status = contend(client, "UpdateStandard", variable, &c, err);
    if (status == HEDDLE_OK)
        status = check_sum(client, "GetStandard", variable, atomic_load(&c.valid), err);
    return status == HEDDLE_OK
               ? example_submit(client, 0, "DelStandard", HEDDLE_CALL("DelStandard", variable), err)
               : status;
}

static heddle_status tour(example_client *client, heddle_error *err)
{
    char variable[64];
    example_unique("variable", variable);
    printf("%u threads add 7 to one variable, %u times each\n", client->threads, client->rounds);
    heddle_status status = with_rows(client, variable, err);
    return status == HEDDLE_OK ? the_standard_way(client, variable, err) : status;
}

int main(int argc, char **argv)
{
    static const example_program program = {"high-throughput-client", "throughput", 1, tour};
    return example_main(argc, argv, &program);
}
