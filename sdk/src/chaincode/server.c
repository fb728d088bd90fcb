/*
 * A chaincode that serves peers. What runs a transaction is a chain of cc_execute:
 *
 *   link -> meter -> worker processes, or watch -> record -> lint -> the function
 *
 * each but the last only if the options ask for it.
 *
 * Opening: worker processes are made first, while there is one thread and no key in memory.
 * Closing, in this order, so that nothing in flight is lost: the pool takes no more; what runs
 * ends; what it said is sent; streams end; the loop ends.
 */
#include "chaincode/server.h"

#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/log.h"
#include "chaincode/admin.h"
#include "chaincode/dial.h"
#include "chaincode/lint.h"
#include "chaincode/meter.h"
#include "chaincode/options.h"
#include "chaincode/record.h"
#include "chaincode/watch.h"
#include "h2/server.h"
#include "wire/services.h"

enum {
    KEEPALIVE_MS = 60000,             /* as the official shims */
    FAREWELL_MS = 2000,               /* for a peer to take what was said, and the stream's end */
    LAST_WORDS_MS = 1000,             /* for what was woken by the loss of its peer */
    WAITING_BYTES = 256 * 1024 * 1024 /* of transactions that wait for a worker */
};

typedef struct runner {
    cc_execute *execute;
    const void *user;
} runner;

struct heddle_cc_server {
    cc_host host;
    cc_peers peers;
    char *chaincode_id;
    unsigned drain_ms;
    runner runner;
    cc_lint lint;
    cc_record *record;
    cc_processes *processes;
    h2_watch nursery;
    cc_watch *watch;
    cc_meter *meter;
    h2_loop *loop;
    h2_server *service;
    uint16_t port;
    cc_dial *dial;
    cc_admin *admin;
    int end_fd;
    pthread_mutex_t lock; /* of what follows */
    bool draining;
    bool drained; /* has been called, and what it said */
    bool all_done;
    bool ended;
    heddle_error why;
};

/* Its end without being told to */

static void end_by_itself(void *user, const heddle_error *why)
{
    heddle_cc_server *server = user;
    uint64_t one = 1;
    pthread_mutex_lock(&server->lock);
    if (!server->ended)
        server->why = *why;
    server->ended = true;
    pthread_mutex_unlock(&server->lock);
    if (write(server->end_fd, &one, sizeof(one)) != sizeof(one))
        log_at(LOG_DEBUG, "chaincode", "the end could not be told");
}

int cc_server_end_fd(const heddle_cc_server *server)
{
    return server->end_fd;
}

heddle_status heddle_cc_server_wait(heddle_cc_server *server, unsigned timeout_ms,
                                    heddle_error *err)
{
    struct pollfd fd = {.fd = server->end_fd, .events = POLLIN};
    uint64_t until_ms = base_now_ms() + timeout_ms;
    uint64_t left_ms = timeout_ms;
    int count;
    while ((count = poll(&fd, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms)) < 0) {
        uint64_t now_ms = base_now_ms(); /* a signal was handled */
        left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    }
    if (count == 0)
        return base_fail(err, HEDDLE_E_TIMED_OUT, "the server still serves");
    pthread_mutex_lock(&server->lock);
    heddle_status st = base_fail(err, HEDDLE_E_UNAVAILABLE, "%s", server->why.message);
    pthread_mutex_unlock(&server->lock);
    return st;
}

/* Health */

static bool is_draining(heddle_cc_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool draining = server->draining;
    pthread_mutex_unlock(&server->lock);
    return draining;
}

static heddle_status render_metrics(void *user, base_buffer *out)
{
    heddle_cc_server *server = user;
    cc_meter_sample sample = {.load = cc_pool_load_now(server->host.pool),
                              .draining = is_draining(server)};
    cc_peers_count(&server->peers, &sample.peers, &sample.peers_ready);
    if (server->processes)
        sample.processes = cc_processes_count(server->processes);
    if (server->watch)
        sample.overdue = cc_watch_overdue(server->watch);
    return cc_meter_render(server->meter, &sample, out);
}

static bool is_ready(void *user, base_buffer *out_why)
{
    heddle_cc_server *server = user;
    unsigned peers, ready;
    cc_peers_count(&server->peers, &peers, &ready);
    const char *why = is_draining(server) ? "stopping" : ready == 0 ? "no peer is ready" : NULL;
    return !why || base_buffer_append_str(out_why, why) != HEDDLE_OK;
}

/* What runs transactions */

static heddle_status make_lint_and_record(heddle_cc_server *server,
                                          const heddle_cc_server_options *o, heddle_error *err)
{
    if (o->lint) {
        server->lint = (cc_lint){server->runner.execute, server->runner.user};
        server->runner = (runner){cc_lint_execute, &server->lint};
        log_at(LOG_WARN, "chaincode", "lint: each transaction runs twice");
    }
    if (o->record_dir) {
        BASE_TRY(cc_record_new(o->record_dir, 0, server->runner.execute, server->runner.user,
                               &server->record, err));
        server->runner = (runner){cc_record_execute, server->record};
        log_at(LOG_WARN, "chaincode", "transactions are recorded, with all their data",
               LOG_STR("dir", o->record_dir));
    }
    return HEDDLE_OK;
}

static heddle_status make_processes(heddle_cc_server *server, const heddle_cc_server_options *o,
                                    heddle_error *err)
{
    if (o->processes == 0)
        return HEDDLE_OK;
    cc_processes_options options = {.limit = o->processes,
                                    .timeout_ms = o->execute_timeout_ms,
                                    .execute = server->runner.execute,
                                    .user = server->runner.user};
    BASE_TRY(cc_processes_new(&options, &server->processes, err));
    server->runner = (runner){cc_processes_execute, server->processes};
    return HEDDLE_OK;
}

static void nursery_lost(h2_watch *watch, uint32_t events)
{
    heddle_cc_server *server = base_container_of(watch, heddle_cc_server, nursery);
    heddle_error why;
    (void)events;
    h2_loop_unwatch(server->loop, watch);
    base_fail(&why, HEDDLE_E_UNAVAILABLE, "the process that makes worker processes is gone");
    end_by_itself(server, &why);
}

static heddle_status watch_processes(heddle_cc_server *server, heddle_error *err)
{
    if (!server->processes)
        return HEDDLE_OK;
    server->nursery = (h2_watch){.fd = cc_processes_fd(server->processes), .ready = nursery_lost};
    return h2_loop_watch(server->loop, &server->nursery, 0, err); /* only for its hanging up */
}

static heddle_status make_watch(heddle_cc_server *server, const heddle_cc_server_options *o,
                                heddle_error *err)
{
    if (o->processes || o->execute_timeout_ms == 0)
        return HEDDLE_OK;
    BASE_TRY(cc_watch_new(o->execute_timeout_ms, server->runner.execute, server->runner.user,
                          &server->watch, err));
    cc_watch_begin(server->watch, server->loop);
    server->runner = (runner){cc_watch_execute, server->watch};
    return HEDDLE_OK;
}

static heddle_status make_meter(heddle_cc_server *server, const heddle_cc_server_options *o,
                                heddle_error *err)
{
    if (!o->admin_address)
        return HEDDLE_OK;
    BASE_TRY(cc_meter_new(server->host.chaincode, server->runner.execute, server->runner.user,
                          &server->meter, err));
    server->runner = (runner){cc_meter_execute, server->meter};
    return HEDDLE_OK;
}

static heddle_status make_pool(heddle_cc_server *server, const heddle_cc_server_options *o,
                               heddle_error *err)
{
    cc_pool_options options = {.threads = o->workers,
                               .limit = o->queue_limit,
                               .size_limit = WAITING_BYTES,
                               .stack_size = o->stack_size};
    return cc_pool_new(&options, &server->host.pool, err);
}

/* Connections */

typedef struct pem_files {
    const char *key;
    const char *cert;
    const char *roots;
} pem_files;

typedef heddle_status make_context(const crypto_tls_options *options, crypto_tls_context **out,
                                   heddle_error *err);

static heddle_status load_tls(const pem_files *files, make_context *make, crypto_tls_context **out,
                              heddle_error *err)
{
    base_buffer key = {0}, cert = {0}, roots = {0};
    heddle_status st = cc_pem_read(files->key, &key, err);
    if (st == HEDDLE_OK)
        st = cc_pem_read(files->cert, &cert, err);
    if (st == HEDDLE_OK)
        st = cc_pem_read(files->roots, &roots, err);
    crypto_tls_options options = {.key_pem = base_buffer_view(&key),
                                  .cert_pem = base_buffer_view(&cert),
                                  .roots_pem = base_buffer_view(&roots),
                                  .protocol = "h2"};
    if (st == HEDDLE_OK)
        st = make(&options, out, err);
    base_buffer_wipe(&key);
    base_buffer_done(&cert);
    base_buffer_done(&roots);
    return st;
}

static heddle_status start_service(heddle_cc_server *server, const heddle_cc_server_options *o,
                                   heddle_error *err)
{
    h2_method methods[] = {{WIRE_CHAINCODE_CONNECT, cc_peer_accept, &server->peers}};
    h2_server_options options = {.methods = methods,
                                 .method_count = BASE_COUNT(methods),
                                 .queue_limit = CC_QUEUED_BYTES,
                                 .keepalive_ms = KEEPALIVE_MS};
    pem_files files = {o->tls_key_file, o->tls_cert_file, o->tls_client_ca_file};
    base_auto(crypto_tls_context) crypto_tls_context *tls = NULL;
    if (o->tls_key_file)
        BASE_TRY(load_tls(&files, crypto_tls_server_new, &tls, err));
    BASE_TRY(h2_server_new(server->loop, &options, &server->service, err));
    return h2_server_listen(server->service, o->address, tls, &server->port, err);
}

static heddle_status start_dial(heddle_cc_server *server, const heddle_cc_server_options *o,
                                heddle_error *err)
{
    pem_files files = {o->peer_tls_key_file, o->peer_tls_cert_file, o->peer_tls_root_file};
    base_auto(crypto_tls_context) crypto_tls_context *tls = NULL;
    if (o->peer_tls_root_file)
        BASE_TRY(load_tls(&files, crypto_tls_client_new, &tls, err));
    cc_dial_options options = {.address = o->peer_address,
                               .tls = tls,
                               .server_name = o->peer_server_name,
                               .reconnect = o->reconnect != HEDDLE_CC_RECONNECT_NEVER,
                               .peers = &server->peers,
                               .loop = server->loop,
                               .on_given_up = end_by_itself,
                               .user = server};
    return cc_dial_start(&options, &server->dial, err);
}

static heddle_status start_admin(heddle_cc_server *server, const heddle_cc_server_options *o,
                                 heddle_error *err)
{
    cc_admin_options options = {
        .address = o->admin_address, .metrics = render_metrics, .ready = is_ready, .user = server};
    return o->admin_address ? cc_admin_open(server->loop, &options, &server->admin, err)
                            : HEDDLE_OK;
}

/* Its life */

static heddle_status server_init(heddle_cc_server *server, const heddle_cc_server_options *o,
                                 const heddle_cc_chaincode *chaincode, heddle_error *err)
{
    server->chaincode_id = base_strdup(o->chaincode_id);
    server->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!server->chaincode_id || server->end_fd < 0)
        return base_fail_memory(err, "chaincode server");
    server->drain_ms = o->drain_ms;
    server->runner = (runner){cc_execute_here, chaincode};
    BASE_TRY(make_lint_and_record(server, o, err));
    BASE_TRY(make_processes(server, o, err));
    BASE_TRY(h2_loop_new(&server->loop, err));
    BASE_TRY(watch_processes(server, err));
    server->host.chaincode_id = server->chaincode_id;
    server->host.chaincode = chaincode;
    server->host.memory_limit = o->memory_limit;
    server->host.answer_timeout_ms = o->answer_timeout_ms;
    BASE_TRY(make_watch(server, o, err));
    BASE_TRY(make_meter(server, o, err));
    BASE_TRY(make_pool(server, o, err));
    server->host.execute = server->runner.execute;
    server->host.execute_user = server->runner.user;
    BASE_TRY(start_admin(server, o, err));
    return o->address ? start_service(server, o, err) : start_dial(server, o, err);
}

heddle_status heddle_cc_server_open(const heddle_cc_server_options *options,
                                    const heddle_cc_chaincode *chaincode, heddle_cc_server **out,
                                    heddle_error *err)
{
    heddle_cc_server_options complete;
    BASE_TRY(cc_options_take(options, &complete, err));
    BASE_TRY(cc_options_check(&complete, err));
    complete = cc_options_complete(&complete);
    BASE_TRY(heddle_cc_chaincode_check(chaincode, err));
    heddle_cc_server *server = base_calloc(1, sizeof(*server));
    if (!server)
        return base_fail_memory(err, "chaincode server");
    server->end_fd = -1;
    pthread_mutex_init(&server->lock, NULL);
    cc_peers_init(&server->peers, &server->host);
    heddle_status st = server_init(server, &complete, chaincode, err);
    if (st == HEDDLE_OK)
        *out = server;
    else
        heddle_cc_server_close(server);
    return st;
}

unsigned heddle_cc_server_port(const heddle_cc_server *server)
{
    return server->port;
}

unsigned heddle_cc_server_admin_port(const heddle_cc_server *server)
{
    return server->admin ? cc_admin_port(server->admin) : 0;
}

/* The peers are told no by the pool while they stay connected. */
static bool finish_transactions(heddle_cc_server *server)
{
    if (!server->host.pool)
        return true;
    cc_pool_close(server->host.pool);
    if (cc_pool_wait_idle(server->host.pool, server->drain_ms))
        return true;
    cc_pool_load load = cc_pool_load_now(server->host.pool);
    log_at(LOG_ERROR, "chaincode", "transactions were not finished in time",
           LOG_U64("running", load.running), LOG_U64("waiting", load.waiting));
    cc_peers_lose(&server->peers);
    if (server->processes)
        cc_processes_stop(server->processes);
    return cc_pool_wait_idle(server->host.pool, LAST_WORDS_MS);
}

static void end_connections(heddle_cc_server *server)
{
    if (server->dial)
        cc_dial_rest(server->dial);
    if (!cc_peers_end(&server->peers, FAREWELL_MS))
        log_at(LOG_WARN, "chaincode", "a peer did not take the end of its stream");
    cc_dial_stop(server->dial);
    server->dial = NULL;
    if (server->service)
        h2_server_stop_blocking(server->service, 0);
}

bool cc_server_drain(heddle_cc_server *server)
{
    if (server->drained)
        return server->all_done;
    pthread_mutex_lock(&server->lock);
    server->draining = true;
    pthread_mutex_unlock(&server->lock);
    server->all_done = finish_transactions(server);
    end_connections(server);
    server->drained = true;
    return server->all_done;
}

void heddle_cc_server_close(heddle_cc_server *server)
{
    if (!server)
        return;
    cc_server_drain(server);
    cc_pool_free(server->host.pool);
    cc_admin_close(server->admin);
    h2_server_free(server->service);
    h2_loop_free(server->loop);
    cc_processes_free(server->processes);
    cc_watch_free(server->watch);
    cc_record_free(server->record);
    cc_meter_free(server->meter);
    cc_peers_done(&server->peers);
    pthread_mutex_destroy(&server->lock);
    if (server->end_fd >= 0)
        close(server->end_fd);
    base_free(server->chaincode_id);
    base_free(server);
}
