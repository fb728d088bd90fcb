/*
 * What a chaincode service costs, driven over the real protocol.
 *
 *   heddle-chaincode-load [OPTION…] -- COMMAND [ARGUMENT…]
 *
 * Starts COMMAND, which serves the functions of tests/bench/chaincode_contract.c at
 * CHAINCODE_SERVER_ADDRESS, takes the peer's place and runs transactions in a closed loop. This
 * peer keeps no ledger: it answers from messages made beforehand, with a transaction id copied in,
 * so that it needs a fraction of what any chaincode does and never is what is measured. (A peer
 * of heddle-devnet simulates, which costs more than the contract.) Each row is a line of JSON.
 *
 * A slot is one transaction in flight; its number stands at the end of the transaction id.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/text.h"
#include "chaincode_messages.h"
#include "chaincode_process.h"
#include "h2/client.h"
#include "wire/reader.h"
#include "wire/services.h"

#define CHAINCODE_ID "bench:1.0"

enum {
    MOST_SLOTS = 1024,
    MOST_ARGS = 3,
    STARTS = 15,
    WAIT_LIMIT_S = 20,
    QUEUE_BYTES = 64 * 1024 * 1024
};

typedef struct settings {
    double seconds;
    const char *only;        /* a function's name; NULL: all */
    unsigned long in_flight; /* 0: 1 and 64 */
    bool is_old;             /* a peer that knows nothing of batches */
} settings;

typedef struct workload {
    const char *name;
    const char *args[MOST_ARGS];
    int requests; /* at least so many in one transaction */
    bool needs_batch;
} workload;

static const workload workloads[] = {
    {"get", {"get", "asset-000042"}, 1, false},
    {"put",
     {"put", "asset-000042", "a value of some length, as a small asset in JSON has it"},
     1,
     false},
    {"range", {"range", "asset-000000", "asset-000100"}, 1, false},
    {"puts", {"puts", "1000"}, 1000, false},
    {"batch", {"batch", "1000"}, 1, true},
};

typedef struct load {
    settings set;
    process process;
    h2_loop *loop;
    h2_client *client;
    h2_stream *stream;
    letter transaction;
    letter answers[CHAINCODE_TYPES]; /* by the type of the request */
    unsigned in_flight;
    unsigned under_way;
    uint64_t until_ns;
    unsigned long requests;
    unsigned long completed;
    char failure[256]; /* of the row; empty: none */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_ready;
    bool is_over;
    bool is_closing;
} load;

/* The stream. */

static void send_bytes(load *l, heddle_view bytes)
{
    base_auto(blob) base_blob *message = base_blob_copy(bytes);
    heddle_error err;
    if (!message)
        die("no memory", NULL);
    check(h2_stream_send(l->stream, message, &err), "send", &err);
}

static void send_letter(load *l, letter *sent, const char *tx_id)
{
    send_bytes(l, letter_address(sent, tx_id));
}

static void wake_main(load *l, bool *flag)
{
    pthread_mutex_lock(&l->lock);
    *flag = true;
    pthread_cond_signal(&l->wake);
    pthread_mutex_unlock(&l->lock);
}

static void start_next(load *l, unsigned slot)
{
    char tx_id[TX_ID_LEN + 1];
    snprintf(tx_id, sizeof(tx_id), TX_ID_FORMAT, slot);
    send_letter(l, &l->transaction, tx_id);
}

static void send_ready(load *l)
{
    base_arena *arena = base_arena_new(0);
    heddle_view both[2];
    write_welcome(l->set.is_old, arena, both);
    send_bytes(l, both[0]);
    send_bytes(l, both[1]);
    base_arena_free(arena);
    wake_main(l, &l->is_ready);
}

typedef struct heard {
    int type;
    heddle_view payload;
    heddle_view tx_id;
} heard;

static heard read_message(heddle_view bytes)
{
    heard h = {0};
    wire_reader reader = wire_reader_of(bytes);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 1)
            h.type = (int)field.varint;
        else if (field.number == 3)
            h.payload = field.bytes;
        else if (field.number == 4)
            h.tx_id = field.bytes;
    }
    return h;
}

/* Whether the status is 200; the message of any other ends the row. */
static bool is_success(load *l, heddle_view payload)
{
    wire_reader reader = wire_reader_of(payload);
    wire_field field;
    heddle_view message = {0};
    uint64_t status = 0;
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 1)
            status = field.varint;
        else if (field.number == 2)
            message = field.bytes;
    }
    if (status != 200)
        snprintf(l->failure, sizeof(l->failure), "status %d: %.*s", (int)status,
                 BASE_VIEW_ARG(message));
    return status == 200;
}

static void on_completed(load *l, const heard *h)
{
    l->completed++;
    if (is_success(l, h->payload) && !*l->failure && now_ns() < l->until_ns)
        send_letter(l, &l->transaction, (const char *)h->tx_id.data);
    else if (--l->under_way == 0)
        wake_main(l, &l->is_over);
}

static void on_message(h2_stream *stream, base_blob *message, void *user)
{
    load *l = user;
    heard h = read_message(base_blob_view(message));
    h2_stream_read(stream);
    if (h.type == MESSAGE_TYPE(REGISTER)) {
        send_ready(l);
    } else if (h.type == MESSAGE_TYPE(COMPLETED) && h.tx_id.len == TX_ID_LEN) {
        on_completed(l, &h);
    } else if (h.type > 0 && (size_t)h.type < BASE_COUNT(l->answers) &&
               l->answers[h.type].bytes.len && h.tx_id.len == TX_ID_LEN) {
        l->requests++;
        send_letter(l, &l->answers[h.type], (const char *)h.tx_id.data);
    } else {
        fprintf(stderr, "chaincode bench: message of type %d: %.*s\n", h.type,
                BASE_VIEW_ARG(h.payload));
        exit(EXIT_FAILURE);
    }
}

static void on_end(h2_stream *stream, int code, heddle_view message, void *user)
{
    load *l = user;
    (void)stream;
    if (!l->is_closing) {
        fprintf(stderr, "chaincode bench: the stream ended with %d: %.*s\n", code,
                BASE_VIEW_ARG(message));
        exit(EXIT_FAILURE);
    }
    wake_main(l, &l->is_over);
}

static void await_flag(load *l, bool *flag)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += WAIT_LIMIT_S + (time_t)l->set.seconds;
    pthread_mutex_lock(&l->lock);
    while (!*flag) {
        if (pthread_cond_timedwait(&l->wake, &l->lock, &limit) != 0)
            die("the chaincode does not answer", NULL);
    }
    *flag = false;
    pthread_mutex_unlock(&l->lock);
}

static void connect_to(load *l)
{
    static const h2_stream_events events = {on_message, on_end};
    heddle_error err;
    char address[64];
    snprintf(address, sizeof(address), "127.0.0.1:%u", l->process.port);
    h2_client_options options = {.address = address};
    h2_client_stream_options stream = {.path = WIRE_CHAINCODE_CONNECT, .queue_limit = QUEUE_BYTES};
    check(h2_loop_new(&l->loop, &err), "start", &err);
    check(h2_client_open(l->loop, &options, &l->client, &err), "connect", &err);
    check(h2_client_stream(l->client, &stream, &events, l, &l->stream, &err), "connect", &err);
    h2_stream_read(l->stream);
    await_flag(l, &l->is_ready);
}

static void disconnect(load *l)
{
    l->is_closing = true;
    h2_client_close(l->client);
    h2_stream_unref(l->stream);
    h2_loop_free(l->loop);
}

/* One row. */

static void start_all(void *user)
{
    load *l = user;
    for (unsigned slot = 0; slot < l->in_flight; slot++)
        start_next(l, slot);
}

static void run_closed_loop(load *l, unsigned in_flight, double seconds)
{
    l->in_flight = l->under_way = in_flight;
    l->completed = l->requests = 0;
    *l->failure = '\0';
    l->until_ns = now_ns() + (uint64_t)(seconds * 1e9);
    heddle_error err;
    check(h2_loop_post(l->loop, start_all, l, &err), "start", &err);
    await_flag(l, &l->is_over);
}

static double own_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A function that the chaincode does not have fails in the first transaction. */
static bool has_function(load *l, const workload *w)
{
    size_t count = 0;
    while (count < MOST_ARGS && w->args[count])
        count++;
    letter_transaction(&l->transaction, w->args, count);
    run_closed_loop(l, 1, 0);
    if (*l->failure)
        fprintf(stderr, "chaincode bench: %s is left out: %s\n", w->name, l->failure);
    return !*l->failure;
}

static void print_row(const load *l, const workload *w, const process_use *used, double own_ms,
                      double took_s)
{
    double resident, anonymous, count = (double)l->completed;
    process_memory(&l->process, &resident, &anonymous);
    printf("{\"row\":\"%s\",\"in_flight\":%u,\"per_second\":%.1f,\"cpu_ms\":%.4f,"
           "\"switches\":%.2f,\"peer_cpu_ms\":%.4f,\"resident_mib\":%.1f,"
           "\"anonymous_mib\":%.1f}\n",
           w->name, l->in_flight, count / took_s, used->cpu_ms / count,
           (double)used->switches / count, own_ms / count, resident, anonymous);
    fflush(stdout);
}

static void run_row(load *l, const workload *w, unsigned in_flight)
{
    if (!has_function(l, w))
        return;
    run_closed_loop(l, in_flight, l->set.seconds / 5); /* warm */
    process_use used, before = process_use_now(&l->process);
    double own_ms = own_cpu_ms();
    uint64_t start_ns = now_ns();
    run_closed_loop(l, in_flight, l->set.seconds);
    double took_s = (double)(now_ns() - start_ns) / 1e9;
    used = process_use_now(&l->process);
    used.cpu_ms -= before.cpu_ms;
    used.switches -= before.switches;
    if (*l->failure)
        die(l->failure, NULL);
    if (l->requests < l->completed * (unsigned long)w->requests)
        die("fewer requests than the transactions have to make", NULL);
    print_row(l, w, &used, own_cpu_ms() - own_ms, took_s);
}

/* Start to ready, and what it takes idle. */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_starts(char **command)
{
    double took_ms[STARTS];
    for (int i = 0; i < STARTS; i++) {
        uint64_t start_ns = now_ns();
        process p = process_start(command, CHAINCODE_ID);
        took_ms[i] = process_await_ready(&p, start_ns);
        process_stop(&p);
    }
    qsort(took_ms, STARTS, sizeof(*took_ms), by_value);
    printf("{\"row\":\"start\",\"ready_ms\":%.2f,\"least_ms\":%.2f}\n", took_ms[STARTS / 2],
           took_ms[0]);
}

static void measure_idle(const load *l)
{
    const struct timespec settle = {.tv_nsec = 300000000};
    double resident, anonymous;
    nanosleep(&settle, NULL);
    process_memory(&l->process, &resident, &anonymous);
    printf("{\"row\":\"idle\",\"resident_mib\":%.1f,\"anonymous_mib\":%.1f}\n", resident,
           anonymous);
    fflush(stdout);
}

static void run_rows(load *l)
{
    unsigned both[] = {1, 64};
    for (size_t n = 0; n < BASE_COUNT(both); n++) {
        for (size_t i = 0; i < BASE_COUNT(workloads); i++) {
            const workload *w = &workloads[i];
            if ((l->set.only && strcmp(l->set.only, w->name) != 0) ||
                (w->needs_batch && l->set.is_old))
                continue;
            if (!l->set.in_flight)
                run_row(l, w, both[n]);
            else if (n == 0)
                run_row(l, w, (unsigned)l->set.in_flight);
        }
    }
}

static void usage(void)
{
    fputs("usage: heddle-chaincode-load [--seconds S] [--only FUNCTION] [--in-flight N] [--old]\n"
          "           -- COMMAND [ARGUMENT...]\n",
          stderr);
    exit(2);
}

static char **read_settings(int argc, char **argv, settings *out)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"in-flight", required_argument, NULL, 'n'},
                                            {"old", no_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
        if (c == 's')
            out->seconds = strtod(optarg, NULL);
        else if (c == 'o')
            out->only = optarg;
        else if (c == 'n')
            out->in_flight = strtoul(optarg, NULL, 10);
        else if (c == 'p')
            out->is_old = true;
        else
            usage();
    }
    if (optind >= argc || out->in_flight > MOST_SLOTS || out->seconds <= 0)
        usage();
    return argv + optind;
}

int main(int argc, char **argv)
{
    load l = {
        .set = {.seconds = 2}, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    char **command = read_settings(argc, argv, &l.set);
    if (!l.set.only)
        measure_starts(command);
    uint64_t start_ns = now_ns();
    l.process = process_start(command, CHAINCODE_ID);
    process_await_ready(&l.process, start_ns);
    write_answers(l.answers);
    connect_to(&l);
    measure_idle(&l);
    run_rows(&l);
    disconnect(&l);
    process_stop(&l.process);
    base_buffer_done(&l.transaction.bytes);
    for (size_t i = 0; i < CHAINCODE_TYPES; i++)
        base_buffer_done(&l.answers[i].bytes);
    return EXIT_SUCCESS;
}
