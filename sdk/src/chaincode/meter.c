#include "chaincode/meter.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/view.h"
#include "chaincode/contract.h"
#include "wire/reader.h"

enum {
    NAME_SIZE = 256,
    LABELS_SIZE = 2 * NAME_SIZE + 32,
    REQUEST_TYPES = 32,
    NO_STATUS = 0,
    USUAL = 200,
    FAILED = 500,
    LEAST_STATUS = 100, /* of those that a function may set */
    MOST_STATUS = 999
};

/* Clients choose names of functions, and must not be able to make series of them. */
typedef struct series {
    const heddle_cc_contract *contract; /* NULL: all that is in no table */
    const char *function;
    char labels[LABELS_SIZE];
    base_metric *seconds;
    base_metric *usual;
    base_metric *failed;
} series;

struct cc_meter {
    cc_execute *inner;
    const void *inner_user;
    const heddle_cc_chaincode *chaincode;
    base_metrics *metrics;
    series *series; /* the last one is of what is in no table */
    size_t count;
    base_metric *requests[REQUEST_TYPES];
};

/* Series */

static base_metric *of_status(const cc_meter *meter, const series *s, int status)
{
    char labels[LABELS_SIZE + 32], text[16] = "error";
    if (status != NO_STATUS)
        snprintf(text, sizeof(text), "%d", status);
    snprintf(labels, sizeof(labels), "%s,status=\"%s\"", s->labels, text);
    return base_counter(meter->metrics, "heddle_chaincode_transactions_total", labels,
                        "Transactions that ended, by function and status");
}

/* A name within a label's quotes; one that is too long is cut between two characters. */
static const char *quoted(const char *name, char out[NAME_SIZE])
{
    enum { LONGEST = 4 }; /* of a character in UTF-8 */
    size_t len = 0;
    for (; *name; name++) {
        bool begins = ((unsigned char)*name & 0xC0) != 0x80;
        if (begins && len + LONGEST >= NAME_SIZE)
            break;
        if (*name == '"' || *name == '\\' || *name == '\n')
            out[len++] = '\\';
        out[len++] = (char)(*name == '\n' ? 'n' : *name);
    }
    out[len] = 0;
    return out;
}

static void make_series(const cc_meter *meter, series *s, const heddle_cc_contract *contract,
                        const char *function)
{
    char name[NAME_SIZE], place[NAME_SIZE];
    s->contract = contract;
    s->function = function;
    if (contract && contract->name)
        snprintf(s->labels, sizeof(s->labels), "function=\"%s:%s\"", quoted(contract->name, place),
                 quoted(function, name));
    else
        snprintf(s->labels, sizeof(s->labels), "function=\"%s\"", quoted(function, name));
    s->seconds = base_histogram(meter->metrics, "heddle_chaincode_transaction_seconds", s->labels,
                                "How long transactions took, with the peer's answers");
    s->usual = of_status(meter, s, USUAL);
    s->failed = of_status(meter, s, FAILED);
}

static bool make_all_series(cc_meter *meter)
{
    size_t at = 0;
    for (size_t i = 0; i < meter->chaincode->contract_count; i++)
        meter->count += meter->chaincode->contracts[i]->transaction_count;
    meter->series = base_calloc(meter->count + 1, sizeof(*meter->series));
    if (!meter->series)
        return false;
    for (size_t i = 0; i < meter->chaincode->contract_count; i++) {
        const heddle_cc_contract *contract = meter->chaincode->contracts[i];
        for (size_t k = 0; k < contract->transaction_count; k++)
            make_series(meter, &meter->series[at++], contract, contract->transactions[k].name);
    }
    make_series(meter, &meter->series[at], NULL, "other");
    return true;
}

static void make_requests(cc_meter *meter)
{
    for (int type = CC_GET_STATE; type < REQUEST_TYPES; type++) {
        char labels[64];
        if (cc_type_name(type)[0] == '?' || type == CC_RESPONSE || type == CC_KEEPALIVE)
            continue;
        snprintf(labels, sizeof(labels), "type=\"%s\"", cc_type_name(type));
        meter->requests[type] = base_counter(meter->metrics, "heddle_chaincode_requests_total",
                                             labels, "Requests to the peers, by type");
    }
}

heddle_status cc_meter_new(const heddle_cc_chaincode *chaincode, cc_execute *inner,
                           const void *inner_user, cc_meter **out, heddle_error *err)
{
    cc_meter *meter = base_calloc(1, sizeof(*meter));
    if (!meter)
        return base_fail_memory(err, "metrics");
    meter->inner = inner;
    meter->inner_user = inner_user;
    meter->chaincode = chaincode;
    meter->metrics = base_metrics_new();
    if (!meter->metrics || !make_all_series(meter)) {
        cc_meter_free(meter);
        return base_fail_memory(err, "metrics");
    }
    make_requests(meter);
    *out = meter;
    return HEDDLE_OK;
}

void cc_meter_free(cc_meter *meter)
{
    if (!meter)
        return;
    base_metrics_free(meter->metrics);
    base_free(meter->series);
    base_free(meter);
}

/* Transactions */

/* "Function" is of the first contract, "Contract:Function" of the one it names. */
static bool is_called(const cc_meter *meter, const series *s, heddle_view name)
{
    const uint8_t *colon = name.len ? memchr(name.data, ':', name.len) : NULL;
    size_t prefix = colon ? (size_t)(colon - name.data) : 0;
    heddle_view contract = heddle_view_of(name.data, prefix);
    heddle_view function = base_view_slice(name, colon ? prefix + 1 : 0, name.len);
    if (!base_view_is(function, s->function))
        return false;
    return contract.len ? s->contract->name && base_view_is(contract, s->contract->name)
                        : s->contract == meter->chaincode->contracts[0];
}

static const series *find_series(const cc_meter *meter, heddle_view start)
{
    cc_message message;
    heddle_view name = {0};
    wire_field field = {0};
    if (cc_message_read(start, &message, NULL) == HEDDLE_OK && message.type == CC_TRANSACTION) {
        wire_reader reader = wire_reader_of(message.payload);
        while (wire_reader_next(&reader, &field) &&
               (field.number != 1 || field.type != WIRE_TYPE_BYTES))
            continue;
        name = field.number == 1 ? field.bytes : name;
    }
    for (size_t i = 0; i < meter->count; i++) {
        if (is_called(meter, &meter->series[i], name))
            return &meter->series[i];
    }
    return &meter->series[meter->count];
}

/* A worker process that was overwritten may say any number, and must not make series of them. */
static int status_of(heddle_view last)
{
    cc_message message;
    wire_field field;
    uint64_t status = NO_STATUS;
    if (cc_message_read(last, &message, NULL) != HEDDLE_OK || message.type != CC_COMPLETED)
        return NO_STATUS;
    wire_reader reader = wire_reader_of(message.payload);
    while (wire_reader_next(&reader, &field)) {
        if (field.number == 1 && field.type == WIRE_TYPE_VARINT)
            status = field.varint;
    }
    return status >= LEAST_STATUS && status <= MOST_STATUS ? (int)status : NO_STATUS;
}

static void count(const cc_meter *meter, const series *s, int status, uint64_t took_ms)
{
    base_metric_observe_ms(s->seconds, took_ms);
    base_metric *counter = status == USUAL    ? s->usual
                           : status == FAILED ? s->failed
                                              : of_status(meter, s, status);
    base_metric_add(counter, 1);
}

/* The port */

typedef struct counting {
    const cc_meter *meter;
    const cc_port *inner;
} counting;

static void count_request(const counting *self, cc_type type)
{
    if ((unsigned)type < REQUEST_TYPES)
        base_metric_add(self->meter->requests[type], 1);
}

static heddle_status ask(void *user, cc_type type, heddle_view payload, heddle_view *out,
                         heddle_error *err)
{
    const counting *self = user;
    count_request(self, type);
    return self->inner->ask(self->inner->user, type, payload, out, err);
}

static heddle_status post(void *user, cc_type type, heddle_view payload, heddle_error *err)
{
    const counting *self = user;
    count_request(self, type);
    return self->inner->post(self->inner->user, type, payload, err);
}

static heddle_status settle(void *user, heddle_error *err)
{
    const counting *self = user;
    return self->inner->settle(self->inner->user, err);
}

heddle_status cc_meter_execute(const void *user, heddle_view start, const cc_port *port,
                               const cc_limits *limits, base_blob **out_last, heddle_error *err)
{
    const cc_meter *meter = user;
    counting self = {.meter = meter, .inner = port};
    cc_port counted = {.ask = ask, .user = &self};
    if (port->post) {
        counted.post = post;
        counted.settle = settle;
    }
    uint64_t began = base_now_ms();
    heddle_status st = meter->inner(meter->inner_user, start, &counted, limits, out_last, err);
    int status = st == HEDDLE_OK ? status_of(base_blob_view(*out_last)) : NO_STATUS;
    count(meter, find_series(meter, start), status, base_now_ms() - began);
    return st;
}

/* The text */

static void gauge(const cc_meter *meter, const char *name, uint64_t value, const char *help)
{
    base_metric_set(base_gauge(meter->metrics, name, "", help), (int64_t)value);
}

static void counter_to(const cc_meter *meter, const char *name, uint64_t value, const char *help)
{
    base_metric *metric = base_counter(meter->metrics, name, "", help);
    base_metric_add(metric, (int64_t)value - base_metric_value(metric));
}

heddle_status cc_meter_render(cc_meter *meter, const cc_meter_sample *s, base_buffer *out)
{
    gauge(meter, "heddle_chaincode_transactions_in_flight", s->load.running,
          "Transactions that run");
    gauge(meter, "heddle_chaincode_transactions_waiting", s->load.waiting,
          "Transactions that wait for a worker");
    counter_to(meter, "heddle_chaincode_transactions_refused_total", s->load.refused,
               "Transactions refused because too many waited, or because of the end");
    counter_to(meter, "heddle_chaincode_transactions_overdue_total", s->overdue,
               "Transactions that ran for longer than they may");
    counter_to(meter, "heddle_chaincode_worker_crashes_total", s->processes.crashes,
               "Worker processes that ended in a transaction");
    counter_to(meter, "heddle_chaincode_worker_timeouts_total", s->processes.timeouts,
               "Worker processes killed because a transaction took too long");
    gauge(meter, "heddle_chaincode_worker_processes", s->processes.alive, "Worker processes");
    gauge(meter, "heddle_chaincode_peers", s->peers, "Peers with a stream");
    gauge(meter, "heddle_chaincode_peers_ready", s->peers_ready, "Peers that have said READY");
    gauge(meter, "heddle_chaincode_draining", s->draining, "1 once the chaincode is stopping");
    return base_metrics_render(meter->metrics, out);
}
