/*
 * Certificates and keys of running programs are replaced under load: no call is lost, streams go
 * on, and what is bad is refused.
 */
#include <glob.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/view.h"
#include "crypto/issue.h"
#include "heddle/heddle.h"
#include "http/client.h"
#include "support/stack.h"
#include "support/suite.h"

enum { CALLERS = 3, SWAPS = 4, WAIT_MS = 30000, PATH_SIZE = 1024 };

static stack *s;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

/* The CAs of Org1, and what they issue. */

typedef struct authority {
    crypto_cert *cert;
    crypto_key *key;
} authority;

static void find(const char *pattern, char out[PATH_SIZE])
{
    glob_t found;
    char full[PATH_SIZE];
    snprintf(full, sizeof(full), "%s/net/crypto-config/peerOrganizations/org1.example.com/%s",
             stack_dir(s), pattern);
    ck_assert_msg(glob(full, 0, NULL, &found) == 0, "%s", full);
    snprintf(out, PATH_SIZE, "%s", found.gl_pathv[0]);
    globfree(&found);
}

static authority authority_open(const char *folder)
{
    authority ca = {0};
    char pattern[64], path[PATH_SIZE];
    snprintf(pattern, sizeof(pattern), "%s/*-cert.pem", folder);
    find(pattern, path);
    OK(crypto_cert_load(path, &ca.cert, &err));
    snprintf(pattern, sizeof(pattern), "%s/*_sk", folder);
    find(pattern, path);
    OK(crypto_key_load(path, &ca.key, &err));
    return ca;
}

static authority authority_new(void)
{
    authority ca = {0};
    crypto_cert_spec spec = {
        .common_name = "another", .is_ca = true, .key_usage = CRYPTO_USAGE_CERT_SIGN};
    OK(crypto_key_generate(CRYPTO_KEY_P256, &ca.key, &err));
    OK(crypto_issue_self_signed(&spec, ca.key, &ca.cert, &err));
    return ca;
}

static void authority_done(authority *ca)
{
    crypto_cert_unref(ca->cert);
    crypto_key_unref(ca->key);
}

typedef struct pair {
    base_buffer cert;
    base_buffer key;
} pair;

static pair issue(const authority *ca, const char *role)
{
    static const char *const names[] = {"localhost", "127.0.0.1"};
    pair made = {0};
    crypto_key *key = NULL;
    crypto_cert *cert = NULL;
    crypto_cert_spec spec = {.common_name = "gateway.org1.example.com",
                             .organizational_unit = role,
                             .sans = names,
                             .san_count = 2,
                             .key_usage = CRYPTO_USAGE_DIGITAL_SIGNATURE};
    if (!role)
        spec.key_usage |= CRYPTO_USAGE_SERVER_AUTH | CRYPTO_USAGE_CLIENT_AUTH;
    OK(crypto_key_generate(CRYPTO_KEY_P256, &key, &err));
    OK(crypto_issue(&spec, crypto_key_public(key), ca->cert, ca->key, &cert, &err));
    OK(base_buffer_append(&made.cert, crypto_cert_pem(cert)));
    OK(crypto_key_pem(key, &made.key, &err));
    crypto_cert_unref(cert);
    crypto_key_unref(key);
    return made;
}

static void pair_done(pair *made)
{
    base_buffer_done(&made->cert);
    base_buffer_wipe(&made->key);
}

static const char *in_dir(const char *name, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/%s", stack_dir(s), name);
    return out;
}

/* Written as an administrator would, one file after the other. */
static void put(const char *name, const pair *made)
{
    char path[PATH_SIZE], file[64];
    snprintf(file, sizeof(file), "%s.crt", name);
    OK(base_write_file(in_dir(file, path), base_buffer_view(&made->cert), 0644, &err));
    snprintf(file, sizeof(file), "%s.key", name);
    OK(base_write_file(in_dir(file, path), base_buffer_view(&made->key), 0600, &err));
}

static void put_new(const char *name, const authority *ca, const char *role)
{
    pair made = issue(ca, role);
    put(name, &made);
    pair_done(&made);
}

/* What the gateway's admin server counts. */

static long metric(uint16_t port, const char *line)
{
    char url[64];
    http_client *client = NULL;
    http_answer answer = {0};
    http_request request = {.method = "GET", .path = "/metrics"};
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
    http_client_options options = {.url = url, .skip_verification = true};
    OK(http_client_new(&options, &client, &err));
    OK(http_client_ask(client, &request, &answer, &err));
    ck_assert_ptr_nonnull(base_buffer_cstr(&answer.body));
    const char *at = strstr((const char *)answer.body.data, line);
    long value = at ? strtol(at + strlen(line), NULL, 10) : -1;
    http_answer_done(&answer);
    http_client_free(client);
    return value;
}

struct wanted {
    uint16_t port;
    const char *line;
    long least;
};

static bool has_reached(void *user)
{
    const struct wanted *wanted = user;
    return metric(wanted->port, wanted->line) >= wanted->least;
}

static void wait_metric(uint16_t port, const char *line, long least)
{
    struct wanted wanted = {.port = port, .line = line, .least = least};
    ck_assert_msg(process_until(has_reached, &wanted, WAIT_MS), "%s stays below %ld; see %s", line,
                  least, stack_dir(s));
}

#define RELOADS(program, part, result)                                                             \
    "heddle_" program "_credential_reloads_total{credential=\"" part "\",result=\"" result "\"} "
#define TAKEN(part)             RELOADS("gateway", part, "taken")
#define REFUSED(part)           RELOADS("gateway", part, "refused")
#define EXPIRY(part)            "heddle_gateway_certificate_expiry_seconds{credential=\"" part "\"} "
#define RENEWALS(program, part) "heddle_" program "_renewals_total{credential=\"" part "\"} "

/* The gateway, with files of its own. */

static void configure_gateway(const char *more)
{
    char path[PATH_SIZE];
    base_auto_buffer base_buffer text = {0};
    const char *dir = stack_dir(s);
    ck_assert_int_eq(
        base_buffer_printf(&text,
                           "listen: %s\ntls: {certificate: %s/tls.crt, key: %s/tls.key}\n"
                           "identity: {msp_id: Org1MSP, certificate: %s/id.crt, key: %s/id.key}\n"
                           "peers: [{address: \"%s\", tls_roots: %s}]\nchannels: [mychannel]\n"
                           "admin: {listen: \"127.0.0.1:%u\"}\ncredentials: {interval: 50ms}\n%s",
                           stack_gateway(s), dir, dir, dir, dir, stack_peer(s), stack_gateway_ca(s),
                           stack_admin_port(s), more),
        HEDDLE_OK);
    OK(base_write_file(in_dir("gateway.yaml", path), base_buffer_view(&text), 0600, &err));
}

static bool is_serving(void *user)
{
    (void)user;
    return process_port_open(stack_admin_port(s)) &&
           metric(stack_admin_port(s), EXPIRY("identity")) > 0;
}

static void restart_gateway(void)
{
    ck_assert_int_eq(stack_stop(s, STACK_GATEWAY), 0);
    stack_resume(s, STACK_GATEWAY);
    ck_assert_msg(process_until(is_serving, NULL, WAIT_MS), "see %s", stack_dir(s));
}

/* Load. */

typedef struct load {
    heddle_gateway *gateway;
    heddle_identity *who;
    atomic_bool is_over;
    atomic_uint done;
    atomic_uint submitted; /* of these */
    atomic_uint failed;
    heddle_error first; /* of the failures; under the lock */
    pthread_mutex_t lock;
    pthread_t threads[CALLERS + 1];
} load;

static void note(load *l, heddle_status status, const heddle_error *why)
{
    atomic_fetch_add(status == HEDDLE_OK ? &l->done : &l->failed, 1);
    if (status == HEDDLE_OK)
        return;
    pthread_mutex_lock(&l->lock);
    if (l->first.status == HEDDLE_OK)
        l->first = *why;
    pthread_mutex_unlock(&l->lock);
}

static heddle_gateway *connect_to(const char *target, const char *roots)
{
    heddle_gateway *gateway = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = target;
    options.tls_roots_file = roots;
    OK(heddle_gateway_open(&options, &gateway, &err));
    return gateway;
}

static heddle_contract *contract_of(heddle_gateway *gateway, heddle_identity *who)
{
    heddle_contract *contract = NULL;
    OK(heddle_contract_new(gateway, who, "mychannel", "basic", &contract, &err));
    return contract;
}

static void *submit_on(void *user)
{
    load *l = user;
    static atomic_uint number;
    heddle_contract *contract = contract_of(l->gateway, l->who);
    while (!atomic_load(&l->is_over)) {
        char id[32];
        heddle_error why = {0};
        snprintf(id, sizeof(id), "swap%u", atomic_fetch_add(&number, 1));
        heddle_request request = HEDDLE_REQUEST("CreateAsset");
        const char *const args[] = {id, "blue", "5", "Ann", "300"};
        request.texts = args;
        request.arg_count = 5;
        heddle_status status = heddle_submit(contract, &request, NULL, NULL, &why);
        atomic_fetch_add(&l->submitted, status == HEDDLE_OK);
        note(l, status, &why);
    }
    heddle_contract_unref(contract);
    return NULL;
}

/* A connection for each call. */
static void *connect_on(void *user)
{
    load *l = user;
    while (!atomic_load(&l->is_over)) {
        heddle_error why = {0};
        heddle_gateway *gateway = connect_to(stack_gateway(s), stack_gateway_ca(s));
        heddle_contract *contract = contract_of(gateway, l->who);
        note(l, heddle_evaluate(contract, HEDDLE_CALL("AssetExists", "swap0"), NULL, NULL, &why),
             &why);
        heddle_contract_unref(contract);
        heddle_gateway_close(gateway);
    }
    return NULL;
}

static void load_start(load *l, const char *target)
{
    *l = (load){.gateway = connect_to(target, stack_gateway_ca(s))};
    pthread_mutex_init(&l->lock, NULL);
    OK(heddle_identity_from_msp("Org1MSP", stack_user_msp(s), &l->who, &err));
    for (size_t i = 0; i < CALLERS; i++)
        ck_assert_int_eq(pthread_create(&l->threads[i], NULL, submit_on, l), 0);
    ck_assert_int_eq(pthread_create(&l->threads[CALLERS], NULL, connect_on, l), 0);
}

struct progress {
    load *l;
    unsigned wanted;
};

static bool has_progressed(void *user)
{
    const struct progress *progress = user;
    return atomic_load(&progress->l->done) >= progress->wanted || atomic_load(&progress->l->failed);
}

static void load_wait(load *l, unsigned more)
{
    struct progress progress = {.l = l, .wanted = atomic_load(&l->done) + more};
    ck_assert_msg(process_until(has_progressed, &progress, WAIT_MS), "see %s", stack_dir(s));
    ck_assert_msg(atomic_load(&l->failed) == 0, "%s: %s; see %s",
                  heddle_status_name(l->first.status), l->first.message, stack_dir(s));
}

static void load_stop(load *l)
{
    atomic_store(&l->is_over, true);
    for (size_t i = 0; i <= CALLERS; i++)
        pthread_join(l->threads[i], NULL);
    ck_assert_msg(atomic_load(&l->failed) == 0, "%s: %s; see %s",
                  heddle_status_name(l->first.status), l->first.message, stack_dir(s));
}

static void load_done(load *l)
{
    heddle_identity_unref(l->who);
    heddle_gateway_close(l->gateway);
    pthread_mutex_destroy(&l->lock);
}

static void load_end(load *l)
{
    load_stop(l);
    load_done(l);
}

static void set_up(void)
{
    s = stack_start(HEDDLE_BIN);
}

static void tear_down(void)
{
    stack_free(s);
}

/* Events of a stream that lasts. */

static void count_end(const heddle_error *why, void *user)
{
    (void)why;
    (void)user;
}

static heddle_flow count_event(const heddle_event *event, void *user)
{
    (void)event;
    atomic_fetch_add((atomic_uint *)user, 1);
    return HEDDLE_FLOW_GO;
}

static heddle_events *count_events(load *l, atomic_uint *count)
{
    heddle_events *events = NULL;
    heddle_events_options options = HEDDLE_EVENTS_OPTIONS;
    options.from_block = true;
    OK(heddle_events_start(l->gateway, l->who, "mychannel", "basic", &options, count_event,
                           count_end, count, &events, &err));
    return events;
}

static bool has_all(void *user)
{
    atomic_uint **counts = user;
    return atomic_load(counts[0]) >= atomic_load(counts[1]);
}

START_TEST(a_gateway_takes_new_certificates_under_load)
{
    load l;
    atomic_uint events_seen = 0;
    authority ca = authority_open("ca"), tlsca = authority_open("tlsca");
    put_new("id", &ca, "client");
    put_new("tls", &tlsca, NULL);
    configure_gateway("");
    restart_gateway();
    uint16_t admin = stack_admin_port(s);
    load_start(&l, stack_gateway(s));
    heddle_events *events = count_events(&l, &events_seen);
    load_wait(&l, 20);
    for (long i = 1; i <= SWAPS; i++) {
        put_new("id", &ca, "client");
        wait_metric(admin, TAKEN("identity"), i);
        load_wait(&l, 20);
        put_new("tls", &tlsca, NULL);
        wait_metric(admin, TAKEN("tls"), i);
        load_wait(&l, 20);
    }
    load_stop(&l);
    atomic_uint *counts[] = {&events_seen, &l.submitted};
    ck_assert_msg(process_until(has_all, counts, WAIT_MS), "%u of %u events", events_seen,
                  l.submitted);
    ck_assert_uint_eq(events_seen, l.submitted);
    heddle_events_close(events);
    load_done(&l);
    authority_done(&ca);
    authority_done(&tlsca);
}
END_TEST

START_TEST(bad_files_are_refused_and_what_there_was_goes_on)
{
    load l;
    char path[PATH_SIZE];
    authority ca = authority_open("ca"), tlsca = authority_open("tlsca");
    put_new("id", &ca, "client");
    put_new("tls", &tlsca, NULL);
    configure_gateway("");
    restart_gateway();
    uint16_t admin = stack_admin_port(s);
    load_start(&l, stack_gateway(s));
    pair other = issue(&tlsca, NULL);
    OK(base_write_file(in_dir("tls.key", path), base_buffer_view(&other.key), 0600, &err));
    wait_metric(admin, REFUSED("tls"), 1);
    OK(base_write_file(in_dir("id.crt", path), VIEW("no certificate"), 0644, &err));
    wait_metric(admin, REFUSED("identity"), 1);
    load_wait(&l, 40);
    put("tls", &other);
    wait_metric(admin, TAKEN("tls"), 1);
    put_new("id", &ca, "client");
    wait_metric(admin, TAKEN("identity"), 1);
    load_wait(&l, 20);
    load_end(&l);
    pair_done(&other);
    authority_done(&ca);
    authority_done(&tlsca);
}
END_TEST

static heddle_status evaluate_trusting(const char *roots)
{
    heddle_identity *who = NULL;
    heddle_call_options options = HEDDLE_CALL_OPTIONS;
    options.timeout_ms = 3000;
    OK(heddle_identity_from_msp("Org1MSP", stack_user_msp(s), &who, &err));
    heddle_gateway *gateway = connect_to(stack_gateway(s), roots);
    heddle_contract *contract = contract_of(gateway, who);
    heddle_status status =
        heddle_evaluate(contract, HEDDLE_CALL("AssetExists", "swap0"), &options, NULL, &err);
    heddle_contract_unref(contract);
    heddle_gateway_close(gateway);
    heddle_identity_unref(who);
    return status;
}

START_TEST(new_connections_see_the_new_certificate_at_sighup)
{
    char path[PATH_SIZE];
    authority ca = authority_open("ca"), tlsca = authority_open("tlsca"), another = authority_new();
    put_new("id", &ca, "client");
    put_new("tls", &tlsca, NULL);
    configure_gateway("log: {level: debug}\n");
    OK(base_write_file(in_dir("another.pem", path), crypto_cert_pem(another.cert), 0644, &err));
    restart_gateway();
    ck_assert_int_eq(evaluate_trusting(stack_gateway_ca(s)), HEDDLE_OK);
    ck_assert_int_ne(evaluate_trusting(path), HEDDLE_OK);
    put_new("tls", &another, NULL);
    kill(process_pid(stack_process(s, STACK_GATEWAY)), SIGHUP);
    wait_metric(stack_admin_port(s), TAKEN("tls"), 1);
    ck_assert_int_eq(evaluate_trusting(path), HEDDLE_OK);
    ck_assert_int_ne(evaluate_trusting(stack_gateway_ca(s)), HEDDLE_OK);
    authority_done(&ca);
    authority_done(&tlsca);
    authority_done(&another);
}
END_TEST

/* heddle-sync, with files of its own. */

static uint16_t restart_sync(const char *identity, const char *more)
{
    char path[PATH_SIZE];
    base_auto_buffer base_buffer text = {0};
    uint16_t admin = process_free_port();
    ck_assert_int_eq(base_buffer_printf(&text,
                                        "channel: mychannel\n"
                                        "peers: [{address: \"%s\", tls_roots: %s}]\n"
                                        "identity: {msp_id: Org1MSP, %s}\n"
                                        "database: \"%s\"\n"
                                        "admin: {listen: \"127.0.0.1:%u\"}\n"
                                        "credentials: {interval: 50ms}\n%s",
                                        stack_peer(s), stack_gateway_ca(s), identity,
                                        stack_database(s), admin, more),
                     HEDDLE_OK);
    ck_assert_int_eq(stack_stop(s, STACK_SYNC), 0);
    OK(base_write_file(in_dir("sync.yaml", path), base_buffer_view(&text), 0600, &err));
    stack_resume(s, STACK_SYNC);
    return admin;
}

static long ask_database(const char *sql)
{
    PGconn *db = PQconnectdb(stack_database(s));
    ck_assert_msg(PQstatus(db) == CONNECTION_OK, "%s", PQerrorMessage(db));
    PGresult *result = PQexec(db, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    long value = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(db);
    return value;
}

static bool is_all_stored(void *user)
{
    const load *l = user;
    return ask_database("SELECT count(*) FROM heddle.writes WHERE namespace = 'basic' AND is_valid "
                        "AND key_text LIKE 'swap%'") >= (long)atomic_load(&l->submitted);
}

/* Each block is there, once, and each transaction in one of them. */
static void expect_all_stored(load *l)
{
    ck_assert_msg(process_until(is_all_stored, l, WAIT_MS), "see %s", stack_dir(s));
    ck_assert_int_eq(ask_database("SELECT count(*) FROM heddle.writes WHERE namespace = 'basic' "
                                  "AND is_valid AND key_text LIKE 'swap%'"),
                     atomic_load(&l->submitted));
    ck_assert_int_eq(
        ask_database("SELECT max(number) + 1 - count(DISTINCT number) FROM heddle.blocks"), 0);
}

START_TEST(a_sync_takes_new_certificates_without_a_gap)
{
    load l;
    char identity[3 * PATH_SIZE], cert[PATH_SIZE], key[PATH_SIZE], tls[3 * PATH_SIZE];
    authority ca = authority_open("ca"), tlsca = authority_open("tlsca");
    put_new("sync-id", &ca, "client");
    put_new("sync-tls", &tlsca, NULL);
    snprintf(identity, sizeof(identity), "certificate: %s, key: %s", in_dir("sync-id.crt", cert),
             in_dir("sync-id.key", key));
    snprintf(tls, sizeof(tls), "tls: {certificate: %s, key: %s}\n", in_dir("sync-tls.crt", cert),
             in_dir("sync-tls.key", key));
    uint16_t admin = restart_sync(identity, tls);
    load_start(&l, stack_gateway(s));
    load_wait(&l, 20);
    for (long i = 1; i <= SWAPS; i++) {
        put_new("sync-id", &ca, "client");
        wait_metric(admin, RELOADS("sync", "identity", "taken"), i);
        put_new("sync-tls", &tlsca, NULL);
        wait_metric(admin, RELOADS("sync", "tls", "taken"), i);
        load_wait(&l, 20);
    }
    OK(base_write_file(in_dir("sync-id.key", key), VIEW("no key"), 0600, &err));
    wait_metric(admin, RELOADS("sync", "identity", "refused"), 1);
    load_wait(&l, 20);
    load_stop(&l);
    expect_all_stored(&l);
    ck_assert(process_is_running(stack_process(s, STACK_SYNC)));
    load_done(&l);
    authority_done(&ca);
    authority_done(&tlsca);
}
END_TEST

/* Renewing from devnet's CAs, whose certificates live for about a minute. */

static void set_up_short_lived(void)
{
    s = stack_start_with(HEDDLE_BIN, (const char *const[]){"--ca-expiry", "60s", NULL});
}

static void ca_address(char out[PATH_SIZE])
{
    char path[PATH_SIZE];
    base_auto_buffer base_buffer text = {0};
    OK(base_read_file(in_dir("devnet.ready", path), 0, &text, &err));
    ck_assert_ptr_nonnull(base_buffer_cstr(&text));
    const char *at = strstr((const char *)text.data, " ca-org1=");
    ck_assert_ptr_nonnull(at);
    at += strlen(" ca-org1=");
    snprintf(out, PATH_SIZE, "%.*s", (int)strcspn(at, " \n"), at);
}

/* The TLS certificate to begin with comes from the CA that will renew it. */
static void enroll_tls(const char *address)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1"};
    char url[PATH_SIZE + 16];
    heddle_ca *ca = NULL;
    heddle_enrollment *enrolled = NULL;
    heddle_csr csr = HEDDLE_CSR;
    heddle_ca_options where = HEDDLE_CA_OPTIONS;
    heddle_enroll_options who = HEDDLE_ENROLL_OPTIONS;
    snprintf(url, sizeof(url), "https://%s", address);
    where.url = url;
    where.ca_name = "tlsca-org1";
    where.tls_roots_file = stack_gateway_ca(s);
    csr.hosts = hosts;
    csr.host_count = 2;
    who.id = "admin";
    who.secret = "adminpw";
    who.profile = "tls";
    who.csr = &csr;
    OK(heddle_ca_open(&where, &ca, &err));
    OK(heddle_ca_enroll(ca, &who, &enrolled, &err));
    pair made = {0};
    OK(base_buffer_append(&made.cert, heddle_enrollment_cert_pem(enrolled)));
    OK(base_buffer_append(&made.key, heddle_enrollment_key_pem(enrolled)));
    put("tls", &made);
    pair_done(&made);
    heddle_enrollment_free(enrolled);
    heddle_ca_close(ca);
}

static void configure_renewal(const char *address, const char *certificates, char *out, size_t size)
{
    char secret[PATH_SIZE];
    OK(base_write_file(in_dir("secret", secret), VIEW("adminpw\n"), 0600, &err));
    snprintf(out, size,
             "renewal:\n  ca_url: https://%s\n  ca_tls_roots: %s\n  tls_ca_name: tlsca-org1\n"
             "  certificates: [%s]\n  id: admin\n  secret_file: %s\n  retry: 1s\n  life_left: 95\n",
             address, stack_gateway_ca(s), certificates, secret);
}

START_TEST(programs_enrol_and_renew_by_themselves)
{
    load l;
    char address[PATH_SIZE], renewal[4 * PATH_SIZE], identity[2 * PATH_SIZE], path[PATH_SIZE];
    ca_address(address);
    enroll_tls(address);
    configure_renewal(address, "identity, tls", renewal, sizeof(renewal));
    configure_gateway(renewal);
    restart_gateway();
    configure_renewal(address, "identity", renewal, sizeof(renewal));
    snprintf(identity, sizeof(identity), "msp_dir: %s", in_dir("sync-msp", path));
    uint16_t admin = stack_admin_port(s), sync_admin = restart_sync(identity, renewal);
    load_start(&l, stack_gateway(s));
    load_wait(&l, 20);
    for (long i = 1; i <= 3; i++) {
        wait_metric(admin, RENEWALS("gateway", "identity"), i);
        wait_metric(admin, RENEWALS("gateway", "tls"), i);
        wait_metric(sync_admin, RENEWALS("sync", "identity"), i);
        load_wait(&l, 20);
    }
    wait_metric(sync_admin, RELOADS("sync", "identity", "taken"), 1);
    load_stop(&l);
    expect_all_stored(&l);
    load_done(&l);
}
END_TEST

static TCase *with_short_lives(TCase *tests)
{
    tcase_add_checked_fixture(tests, set_up_short_lived, tear_down);
    tcase_set_timeout(tests, 200);
    return tests;
}

static TCase *with_stack(TCase *tests)
{
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 150);
    return tests;
}

SUITE_MAIN("system/swap",
           with_stack(SUITE_CASE("gateway", a_gateway_takes_new_certificates_under_load,
                                 bad_files_are_refused_and_what_there_was_goes_on,
                                 new_connections_see_the_new_certificate_at_sighup)),
           with_stack(SUITE_CASE("sync", a_sync_takes_new_certificates_without_a_gap)),
           with_short_lives(SUITE_CASE("renewal", programs_enrol_and_renew_by_themselves)))
