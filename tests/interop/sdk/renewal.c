/*
 * A client of heddle-gateway whose certificate lives for about a minute, as the gateway's do, and
 * whose network is a real one: all of them are renewed again and again by a Fabric CA, and nothing
 * is lost.
 *
 *   HEDDLE_CA_URL, HEDDLE_CA_ROOTS   the CA of the organisation, with its administrator
 *   HEDDLE_CA_SECRET                 file with the administrator's password
 *   HEDDLE_SDK_ADMIN                 URL of the gateway's admin server
 *   HEDDLE_SDK_TARGET, HEDDLE_SDK_TLS_ROOTS, HEDDLE_SDK_CHANNEL, HEDDLE_SDK_MSPID1
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heddle/heddle.h"
#include "http/client.h"
#include "lab.h"
#include "support/process.h"
#include "support/suite.h"

/* More renewals than a certificate's life has room for: streams outlive who began them. */
enum { CALLERS = 3, RENEWALS = 30, TIMEOUT_S = 240 };

static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    ck_assert_msg(value != NULL, "%s is not set", name);
    return value;
}

typedef struct load {
    heddle_contract *contract;
    atomic_bool is_over;
    atomic_uint submitted, failed, events;
    pthread_mutex_t lock;
    heddle_error first; /* failure */
} load;

static void *submit_on(void *user)
{
    load *l = user;
    while (!atomic_load(&l->is_over)) {
        heddle_error why = {0};
        const char *id = lab_fresh("renewal");
        heddle_status status =
            heddle_submit(l->contract, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                          NULL, NULL, &why);
        atomic_fetch_add(status ? &l->failed : &l->submitted, 1);
        pthread_mutex_lock(&l->lock);
        if (status && !l->first.status)
            l->first = why;
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

static heddle_flow on_event(const heddle_event *event, void *user)
{
    atomic_fetch_add(&((load *)user)->events, strcmp(event->name, "CreateAsset") == 0);
    return HEDDLE_FLOW_GO;
}

static void on_end(const heddle_error *why, void *user)
{
    load *l = user;
    pthread_mutex_lock(&l->lock);
    if (why->status != HEDDLE_E_CANCELLED && !l->first.status) {
        l->first = *why;
        atomic_fetch_add(&l->failed, 1);
    }
    pthread_mutex_unlock(&l->lock);
}

/* What the gateway's admin server counts. */
static long metric(const char *line)
{
    http_client *client = NULL;
    http_answer answer = {0};
    http_request request = {.method = "GET", .path = "/metrics"};
    http_client_options options = {.url = setting("HEDDLE_SDK_ADMIN"), .skip_verification = true};
    OK(http_client_new(&options, &client, &err));
    OK(http_client_ask(client, &request, &answer, &err));
    ck_assert_ptr_nonnull(base_buffer_cstr(&answer.body));
    const char *at = strstr((const char *)answer.body.data, line);
    long value = at ? strtol(at + strlen(line), NULL, 10) : -1;
    http_answer_done(&answer);
    http_client_free(client);
    return value;
}

struct waiting {
    load *l;
    heddle_renewal *renewal;
};

static bool is_enough(void *user)
{
    const struct waiting *waiting = user;
    heddle_renewal_state state = HEDDLE_RENEWAL_STATE;
    OK(heddle_renewal_read(waiting->renewal, &state, &err));
    if (atomic_load(&waiting->l->failed))
        return true;
    return state.renewals >= RENEWALS &&
           metric("heddle_gateway_renewals_total{credential=\"identity\"} ") >= RENEWALS &&
           metric("heddle_gateway_renewals_total{credential=\"tls\"} ") >= RENEWALS;
}

static bool has_all_events(void *user)
{
    const load *l = user;
    return atomic_load(&l->events) >= atomic_load(&l->submitted);
}

static heddle_renewal *renew_in(heddle_wallet *wallet, heddle_ca *ca)
{
    heddle_renewal *renewal = NULL;
    heddle_renewal_options options = HEDDLE_RENEWAL_OPTIONS;
    options.ca = ca;
    options.mspid = setting("HEDDLE_SDK_MSPID1");
    options.wallet = wallet;
    options.label = "admin";
    options.id = "admin";
    options.secret_file = setting("HEDDLE_CA_SECRET");
    options.life_left_percent = 90;
    options.retry_ms = 1000;
    OK(heddle_renewal_open(&options, &renewal, &err));
    OK(heddle_renewal_start(renewal, &err));
    return renewal;
}

static heddle_ca *open_ca(void)
{
    heddle_ca *ca = NULL;
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    options.url = setting("HEDDLE_CA_URL");
    options.tls_roots_file = setting("HEDDLE_CA_ROOTS");
    OK(heddle_ca_open(&options, &ca, &err));
    return ca;
}

static heddle_gateway *open_gateway(void)
{
    heddle_gateway *gateway = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = setting("HEDDLE_SDK_TARGET");
    options.tls_roots_file = setting("HEDDLE_SDK_TLS_ROOTS");
    OK(heddle_gateway_open(&options, &gateway, &err));
    return gateway;
}

static heddle_events *follow(heddle_gateway *gateway, heddle_identity *who, load *l)
{
    heddle_events *events = NULL;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    OK(heddle_events_start(gateway, who, setting("HEDDLE_SDK_CHANNEL"), "basic", &options, on_event,
                           on_end, l, &events, &err));
    return events;
}

static void run_load(load *l, heddle_renewal *renewal)
{
    pthread_t threads[CALLERS];
    struct waiting waiting = {.l = l, .renewal = renewal};
    for (size_t i = 0; i < CALLERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, submit_on, l), 0);
    bool enough = process_until(is_enough, &waiting, (TIMEOUT_S - 30) * 1000);
    atomic_store(&l->is_over, true);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_msg(!atomic_load(&l->failed), "%s: %s", heddle_status_name(l->first.status),
                  l->first.message);
    ck_assert(enough);
}

START_TEST(nothing_is_lost_while_everything_is_renewed)
{
    load l = {0};
    heddle_wallet *wallet = NULL;
    pthread_mutex_init(&l.lock, NULL);
    OK(heddle_wallet_new(&wallet, &err));
    heddle_ca *ca = open_ca();
    heddle_renewal *renewal = renew_in(wallet, ca);
    heddle_identity *who = heddle_renewal_identity(renewal);
    heddle_gateway *gateway = open_gateway();
    OK(heddle_contract_new(gateway, who, setting("HEDDLE_SDK_CHANNEL"), "basic", &l.contract,
                           &err));
    heddle_events *events = follow(gateway, who, &l);
    run_load(&l, renewal);
    bool all = process_until(has_all_events, &l, 10000);
    ck_assert_msg(all && l.events == l.submitted, "%u transactions, %u events", l.submitted,
                  l.events);
    heddle_events_close(events);
    heddle_contract_unref(l.contract);
    heddle_gateway_close(gateway);
    heddle_renewal_close(renewal);
    heddle_identity_unref(who);
    heddle_ca_close(ca);
    heddle_wallet_close(wallet);
    pthread_mutex_destroy(&l.lock);
}
END_TEST

static TCase *patient(TCase *tests)
{
    tcase_set_timeout(tests, TIMEOUT_S);
    return tests;
}

SUITE_MAIN("interop/renewal",
           patient(SUITE_CASE("renewal", nothing_is_lost_while_everything_is_renewed)))
