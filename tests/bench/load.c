/*
 * A closed loop of submissions through a gateway, from one process: as many in flight as
 * asked for, each one a new asset. With --persist it rides out what fails, as an
 * application that must not lose anything would: where the outcome is unknown it asks for
 * the status of the transaction, where nothing happened it submits again.
 *
 * A slot is one submission in flight. It is touched by the main thread, and by the library
 * only between the start of a call and its callback, which hands the slot back through the
 * queue.
 *
 * With --follow commits are learned from one stream of blocks (heddle_gateway_options).
 * With --streams it also reads as many event streams, and with --checkpoints it pauses so
 * often, with nothing in flight, and says how much memory it has.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "heddle/heddle.h"

enum { RETRY_PAUSE_MS = 50, ASK_TIMEOUT_MS = 1000, MOST_ASKS = 6, MOST_STREAMS = 16 };

struct options {
    const char *gateway;
    const char *tls_ca;
    const char *name_override;
    const char *msp_id;
    const char *msp_dir;
    const char *channel;
    const char *chaincode;
    const char *acknowledged;
    const char *prefix;
    unsigned long in_flight;
    unsigned long count; /* 0: until seconds have passed or SIGTERM */
    unsigned long seconds;
    unsigned long connections;
    unsigned long streams;
    unsigned long checkpoints;
    bool persist;
    bool evaluate;
    bool follow;
};

enum slot_state { SLOT_SUBMIT, SLOT_ASK };

struct slot {
    struct slot *next;
    struct load *load;
    enum slot_state state;
    bool ok;
    heddle_error error;
    char tx_id[65];
    unsigned long asset;
    unsigned asks;
    unsigned long not_before_ms;
};

struct load {
    struct options options;
    heddle_gateway *gateway;
    heddle_identity *identity;
    heddle_contract *contract;
    heddle_events *streams[MOST_STREAMS];
    FILE *acknowledged;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct slot *finished; /* under the lock */
    struct slot *paused;   /* of the main thread, as all below */
    unsigned long next_asset;
    unsigned long last_asset; /* 0: no limit */
    unsigned long events;
    unsigned long committed;
    unsigned long invalid;
    unsigned long failed;
    unsigned long unknown;
    unsigned long idle;
};

static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
    (void)signal;
    stopping = 1;
}

static unsigned long now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static void hand_back(struct slot *slot, const heddle_error *err)
{
    struct load *load = slot->load;
    slot->ok = !err;
    if (err)
        slot->error = *err;
    pthread_mutex_lock(&load->lock);
    slot->next = load->finished;
    load->finished = slot;
    pthread_cond_signal(&load->wake);
    pthread_mutex_unlock(&load->lock);
}

static void on_submitted(const heddle_outcome *outcome, const heddle_error *err, void *user)
{
    struct slot *slot = user;
    snprintf(slot->tx_id, sizeof(slot->tx_id), "%s", outcome ? outcome->tx_id : err->tx_id);
    hand_back(slot, err);
}

static void on_evaluated(heddle_view result, const heddle_error *err, void *user)
{
    (void)result;
    hand_back(user, err);
}

static void on_status(const heddle_commit_status *status, const heddle_error *err, void *user)
{
    struct slot *slot = user;
    heddle_error invalid = {.status = HEDDLE_E_TX_INVALID, .retry = HEDDLE_RETRY_NEW_TX};
    hand_back(slot, status && status->validation_code != 0 ? &invalid : err);
}

static heddle_status start_submit(struct load *load, struct slot *slot, heddle_error *err)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%lu", load->options.prefix, slot->asset);
    if (load->options.evaluate)
        return heddle_evaluate_start(load->contract, HEDDLE_CALL("AssetExists", name), NULL,
                                     on_evaluated, slot, NULL, err);
    return heddle_submit_start(load->contract,
                               HEDDLE_CALL("CreateAsset", name, "blue", "5", "Tomoko", "300"), NULL,
                               on_submitted, slot, NULL, err);
}

static heddle_status start_ask(struct load *load, struct slot *slot, heddle_error *err)
{
    heddle_commit *commit;
    heddle_status status = heddle_commit_new(load->gateway, load->identity, load->options.channel,
                                             slot->tx_id, &commit, err);
    if (status != HEDDLE_OK)
        return status;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = ASK_TIMEOUT_MS;
    status = heddle_commit_wait_start(commit, &options, on_status, slot, NULL, err);
    heddle_commit_free(commit);
    return status;
}

static void begin(struct load *load, struct slot *slot)
{
    heddle_error err;
    heddle_status status =
        slot->state == SLOT_ASK ? start_ask(load, slot, &err) : start_submit(load, slot, &err);
    if (status != HEDDLE_OK)
        hand_back(slot, &err);
}

static bool is_over(const struct load *load)
{
    return stopping || (load->last_asset && load->next_asset >= load->last_asset);
}

/* The next asset, or rest. */
static void advance(struct load *load, struct slot *slot)
{
    if (is_over(load)) {
        load->idle++;
        return;
    }
    slot->state = SLOT_SUBMIT;
    slot->asset = load->next_asset++;
    slot->asks = 0;
    begin(load, slot);
}

static void pause_slot(struct load *load, struct slot *slot)
{
    slot->not_before_ms = now_ms(CLOCK_MONOTONIC) + RETRY_PAUSE_MS;
    slot->next = load->paused;
    load->paused = slot;
}

static void acknowledge(struct load *load, const struct slot *slot)
{
    load->committed++;
    if (load->acknowledged && !load->options.evaluate) {
        fprintf(load->acknowledged, "%s %s%lu\n", slot->tx_id, load->options.prefix, slot->asset);
        fflush(load->acknowledged);
    }
}

static void ask_or_give_up(struct load *load, struct slot *slot)
{
    slot->state = SLOT_ASK;
    if (slot->asks++ < MOST_ASKS) {
        pause_slot(load, slot);
        return;
    }
    load->unknown++;
    advance(load, slot);
}

static void settle_failure(struct load *load, struct slot *slot)
{
    const heddle_error *err = &slot->error;
    bool judged = err->status == HEDDLE_E_TX_INVALID;
    if (judged)
        load->invalid++;
    else if (load->failed++ < 3)
        fprintf(stderr, "load: %s: %s: %s\n", heddle_stage_name(err->stage),
                heddle_status_name(err->status), err->message);
    if (load->options.persist && !judged && slot->tx_id[0] &&
        (slot->state == SLOT_ASK || err->retry == HEDDLE_RETRY_ASK_STATUS)) {
        ask_or_give_up(load, slot);
    } else if (load->options.persist && !stopping) {
        slot->state = SLOT_SUBMIT;
        slot->asset = load->next_asset++;
        pause_slot(load, slot);
    } else {
        advance(load, slot);
    }
}

static void settle(struct load *load, struct slot *slot)
{
    if (!slot->ok) {
        settle_failure(load, slot);
        return;
    }
    acknowledge(load, slot);
    advance(load, slot);
}

static struct slot *take_finished(struct load *load)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10 * 1000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&load->lock);
    if (!load->finished)
        pthread_cond_timedwait(&load->wake, &load->lock, &until);
    struct slot *all = load->finished;
    load->finished = NULL;
    pthread_mutex_unlock(&load->lock);
    return all;
}

static void resume_paused(struct load *load)
{
    struct slot *all = load->paused;
    unsigned long now = now_ms(CLOCK_MONOTONIC);
    load->paused = NULL;
    while (all) {
        struct slot *slot = all;
        all = slot->next;
        if (slot->not_before_ms <= now) {
            begin(load, slot);
        } else {
            slot->next = load->paused;
            load->paused = slot;
        }
    }
}

static void read_streams(struct load *load)
{
    heddle_event event;
    for (unsigned long i = 0; i < load->options.streams; i++)
        while (heddle_events_next(load->streams[i], 0, &event, NULL) == HEDDLE_OK)
            load->events++;
}

static void run_loop(struct load *load, struct slot *slots)
{
    unsigned long end = now_ms(CLOCK_MONOTONIC) + load->options.seconds * 1000;
    load->idle = 0;
    for (unsigned long i = 0; i < load->options.in_flight; i++) {
        slots[i].load = load;
        advance(load, &slots[i]);
    }
    while (load->idle < load->options.in_flight) {
        if (load->options.seconds && now_ms(CLOCK_MONOTONIC) >= end)
            stopping = 1;
        for (struct slot *slot = take_finished(load); slot;) {
            struct slot *next = slot->next;
            settle(load, slot);
            slot = next;
        }
        resume_paused(load);
        read_streams(load);
    }
}

static double cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double resident_mib(void)
{
    unsigned long pages = 0, size;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%lu %lu", &size, &pages) != 2)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static double most_resident_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void report(const struct load *load, unsigned long elapsed_ms, double used_ms)
{
    double each = load->committed ? used_ms / (double)load->committed : 0;
    double rate = elapsed_ms ? (double)load->committed * 1000 / (double)elapsed_ms : 0;
    printf("{\"committed\":%lu,\"invalid\":%lu,\"failed\":%lu,\"unknown\":%lu,\"ms\":%lu,"
           "\"per_second\":%.1f,\"cpu_ms_each\":%.4f,\"events\":%lu,\"rss_mib\":%.1f,"
           "\"most_rss_mib\":%.1f}\n",
           load->committed, load->invalid, load->failed, load->unknown, elapsed_ms, rate, each,
           load->events, resident_mib(), most_resident_mib());
    fflush(stdout);
}

static int run(struct load *load)
{
    struct slot *slots = calloc(load->options.in_flight, sizeof(*slots));
    if (!slots)
        return EXIT_FAILURE;
    /* Connect before the clock runs. */
    heddle_error err;
    if (!load->options.persist &&
        heddle_evaluate(load->contract, HEDDLE_CALL("AssetExists", "none"), NULL, NULL, &err) !=
            HEDDLE_OK)
        fprintf(stderr, "load: first call: %s\n", err.message);
    unsigned long start_ms = now_ms(CLOCK_MONOTONIC);
    unsigned long legs = load->options.checkpoints ? load->options.checkpoints : 1;
    double start_cpu_ms = cpu_ms();
    for (unsigned long i = 1; i <= legs && !stopping; i++) {
        load->last_asset = load->options.count * i / legs;
        run_loop(load, slots);
        report(load, now_ms(CLOCK_MONOTONIC) - start_ms, cpu_ms() - start_cpu_ms);
    }
    free(slots);
    return EXIT_SUCCESS;
}

static heddle_status connect_gateway(struct load *load, heddle_error *err)
{
    const struct options *o = &load->options;
    heddle_status status = heddle_identity_from_msp(o->msp_id, o->msp_dir, &load->identity, err);
    if (status != HEDDLE_OK)
        return status;
    heddle_gateway_options connect = HEDDLE_GATEWAY_OPTIONS;
    connect.target = o->gateway;
    connect.tls_roots_file = o->tls_ca;
    connect.name_override = o->name_override;
    connect.connections = (uint32_t)o->connections;
    connect.follow_commits = o->follow;
    status = heddle_gateway_open(&connect, &load->gateway, err);
    if (status != HEDDLE_OK)
        return status;
    for (unsigned long i = 0; i < o->streams && !status; i++)
        status = heddle_events_open(load->gateway, load->identity, o->channel, o->chaincode, NULL,
                                    &load->streams[i], err);
    if (status != HEDDLE_OK)
        return status;
    return heddle_contract_new(load->gateway, load->identity, o->channel, o->chaincode,
                               &load->contract, err);
}

static const struct option known[] = {{"gateway", required_argument, NULL, 'g'},
                                      {"tls-ca", required_argument, NULL, 't'},
                                      {"msp-dir", required_argument, NULL, 'd'},
                                      {"msp-id", required_argument, NULL, 'i'},
                                      {"channel", required_argument, NULL, 'c'},
                                      {"chaincode", required_argument, NULL, 'n'},
                                      {"name-override", required_argument, NULL, 'o'},
                                      {"acknowledged", required_argument, NULL, 'a'},
                                      {"prefix", required_argument, NULL, 'p'},
                                      {"in-flight", required_argument, NULL, 'f'},
                                      {"count", required_argument, NULL, 'k'},
                                      {"seconds", required_argument, NULL, 's'},
                                      {"connections", required_argument, NULL, 'x'},
                                      {"streams", required_argument, NULL, 'm'},
                                      {"checkpoints", required_argument, NULL, 'h'},
                                      {"persist", no_argument, NULL, 'r'},
                                      {"evaluate", no_argument, NULL, 'e'},
                                      {"follow", no_argument, NULL, 'w'},
                                      {NULL, 0, NULL, 0}};

static const char **text_slot(struct options *o, int c)
{
    switch (c) {
    case 'g':
        return &o->gateway;
    case 't':
        return &o->tls_ca;
    case 'd':
        return &o->msp_dir;
    case 'i':
        return &o->msp_id;
    case 'c':
        return &o->channel;
    case 'n':
        return &o->chaincode;
    case 'o':
        return &o->name_override;
    case 'a':
        return &o->acknowledged;
    case 'p':
        return &o->prefix;
    default:
        return NULL;
    }
}

static unsigned long *number_slot(struct options *o, int c)
{
    return c == 'f'   ? &o->in_flight
           : c == 'k' ? &o->count
           : c == 's' ? &o->seconds
           : c == 'x' ? &o->connections
           : c == 'm' ? &o->streams
           : c == 'h' ? &o->checkpoints
                      : NULL;
}

static int read_options(int argc, char **argv, struct options *o)
{
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        const char **text = text_slot(o, c);
        unsigned long *number = number_slot(o, c);
        if (text)
            *text = optarg;
        else if (number)
            *number = strtoul(optarg, NULL, 10);
        else if (c == 'r')
            o->persist = true;
        else if (c == 'e')
            o->evaluate = true;
        else if (c == 'w')
            o->follow = true;
        else
            return -1;
    }
    return o->gateway && o->tls_ca && o->msp_dir && o->in_flight && o->streams <= MOST_STREAMS ? 0
                                                                                               : -1;
}

int main(int argc, char **argv)
{
    struct load load = {.options = {.msp_id = "Org1MSP",
                                    .channel = "mychannel",
                                    .chaincode = "basic",
                                    .prefix = "load",
                                    .in_flight = 16,
                                    .connections = 1},
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .wake = PTHREAD_COND_INITIALIZER};
    if (read_options(argc, argv, &load.options) != 0) {
        fputs("usage: load --gateway HOST:PORT --tls-ca FILE --msp-dir DIR [--in-flight N]\n"
              "            [--count N | --seconds N] [--persist] [--acknowledged FILE] …\n",
              stderr);
        return 2;
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    if (load.options.acknowledged && !(load.acknowledged = fopen(load.options.acknowledged, "a"))) {
        fprintf(stderr, "load: %s: %s\n", load.options.acknowledged, strerror(errno));
        return EXIT_FAILURE;
    }
    heddle_error err;
    int code = EXIT_FAILURE;
    if (connect_gateway(&load, &err) == HEDDLE_OK)
        code = run(&load);
    else
        fprintf(stderr, "load: %s\n", err.message);
    for (unsigned long i = 0; i < load.options.streams; i++)
        heddle_events_close(load.streams[i]);
    heddle_contract_unref(load.contract);
    heddle_gateway_close(load.gateway);
    heddle_identity_unref(load.identity);
    if (load.acknowledged)
        fclose(load.acknowledged);
    return code;
}
