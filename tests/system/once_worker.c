/*
 * An application that has a list of payments to make once each, several threads at a time:
 *
 *   once_worker GATEWAY TLS_CA MSP_DIR JOURNAL ACKNOWLEDGED COUNT
 *
 * Payment i is TransferAsset of one of six assets under the key "payment i", so most of them
 * are in each other's way. What the ledger took is a line in ACKNOWLEDGED: "i TX_ID". It may
 * be killed at any time; started again, it goes through the whole list again.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "heddle/heddle.h"

enum { THREADS = 8 };

static heddle_gateway *gateway;
static heddle_identity *who;
static heddle_contract *contract;
static heddle_journal *journal;
static FILE *acknowledged;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_ulong next_payment;
static unsigned long payment_count;

static void pay(unsigned long i)
{
    char key[32], asset[16];
    heddle_error err;
    heddle_outcome outcome = {0};
    heddle_once_options options = HEDDLE_ONCE_OPTIONS;
    options.max_attempts = 1000;
    options.timeout_ms = 20000;
    snprintf(key, sizeof(key), "payment %lu", i);
    snprintf(asset, sizeof(asset), "asset%lu", i % 6 + 1);
    while (heddle_submit_once(journal, contract, HEDDLE_CALL("TransferAsset", asset, key),
                              heddle_view_str(key), &options, &outcome, &err)) {
        fprintf(stderr, "payment %lu: %s: %s\n", i, heddle_status_name(err.status), err.message);
        if (err.status == HEDDLE_E_TX_INVALID || err.status == HEDDLE_E_EXISTS)
            exit(1);
        usleep(20000);
    }
    pthread_mutex_lock(&lock);
    fprintf(acknowledged, "%lu %s\n", i, outcome.tx_id);
    fflush(acknowledged);
    pthread_mutex_unlock(&lock);
    heddle_outcome_done(&outcome);
}

static void *work(void *user)
{
    for (unsigned long i; (i = atomic_fetch_add(&next_payment, 1)) < payment_count;)
        pay(i);
    return user;
}

static void set_up(char **argv, heddle_error *err)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = argv[1];
    options.tls_roots_file = argv[2];
    if (heddle_gateway_open(&options, &gateway, err) ||
        heddle_identity_from_msp("Org1MSP", argv[3], &who, err) ||
        heddle_contract_new(gateway, who, "mychannel", "basic", &contract, err) ||
        heddle_journal_open(argv[4], &journal, err)) {
        fprintf(stderr, "%s\n", err->message);
        exit(2);
    }
    acknowledged = fopen(argv[5], "a");
    if (!acknowledged)
        exit(2);
}

static void recover(void)
{
    heddle_error err = {.message = ""};
    heddle_recovery found;
    if (heddle_journal_recover(journal, gateway, who, NULL, &found, &err))
        fprintf(stderr, "recovery: %s\n", err.message);
    else
        printf("recovered: %" PRIu64 " valid, %" PRIu64 " invalid, %" PRIu64 " open %s\n",
               found.valid, found.invalid, found.open, err.message);
    fflush(stdout);
}

static void tear_down(void)
{
    heddle_journal_close(journal);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_identity_unref(who);
    fclose(acknowledged);
}

int main(int argc, char **argv)
{
    heddle_error err;
    pthread_t threads[THREADS];
    if (argc != 7)
        return 2;
    payment_count = strtoul(argv[6], NULL, 10);
    set_up(argv, &err);
    recover();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL))
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    tear_down();
    return 0;
}
