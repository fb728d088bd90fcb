/*
 * The cost of a bare unary call over TLS, on each side: the reference of tests/bench/run.
 * The server is a child process, so that each side's CPU time is its own.
 *
 *   raw_calls CERT KEY CA IN_FLIGHT COUNT BYTES
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "rpc/call.h"
#include "rpc/server.h"

struct bench {
    rpc_channel *channel;
    rpc_bytes *request;
    atomic_long left;
    atomic_long under_way;
    atomic_long failed;
    pthread_mutex_t lock;
    pthread_cond_t over;
};

static void die(const char *what, const heddle_error *err)
{
    fprintf(stderr, "raw_calls: %s: %s\n", what, err->message);
    exit(EXIT_FAILURE);
}

static base_buffer read_pem(const char *path)
{
    base_buffer text = {0};
    heddle_error err;
    if (base_read_file(path, 0, &text, &err) != HEDDLE_OK)
        die("read", &err);
    return text;
}

static void echo(rpc_server_call *call, void *user)
{
    (void)user;
    rpc_server_call_reply_bytes(call, rpc_server_call_request(call));
}

static void serve(const char *cert_path, const char *key_path, int out)
{
    heddle_error err;
    base_buffer cert = read_pem(cert_path), key = read_pem(key_path);
    rpc_method method = {.path = "/bench/Echo", .kind = RPC_METHOD_UNARY, .handler = echo};
    rpc_server_options options = {.methods = &method, .method_count = 1};
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&cert), .key_pem = base_buffer_view(&key)};
    rpc_server_creds *creds;
    rpc_server *server;
    uint16_t port;
    if (rpc_init(0, &err) != HEDDLE_OK || rpc_server_creds_tls(&tls, &creds, &err) != HEDDLE_OK ||
        rpc_server_new(&options, &server, &err) != HEDDLE_OK ||
        rpc_server_listen(server, "127.0.0.1:0", creds, &port, &err) != HEDDLE_OK ||
        rpc_server_start(server, &err) != HEDDLE_OK)
        die("server", &err);
    if (write(out, &port, sizeof(port)) != (ssize_t)sizeof(port))
        exit(EXIT_FAILURE);
    pause();
}

static void finish_one(struct bench *bench)
{
    if (atomic_fetch_sub(&bench->under_way, 1) != 1)
        return;
    pthread_mutex_lock(&bench->lock);
    pthread_cond_signal(&bench->over);
    pthread_mutex_unlock(&bench->lock);
}

static void call_next(struct bench *bench);

static void on_reply(const rpc_reply *reply, void *user)
{
    struct bench *bench = user;
    if (reply->status.code != RPC_OK)
        atomic_fetch_add(&bench->failed, 1);
    call_next(bench);
}

static void call_next(struct bench *bench)
{
    rpc_call_options options = {.method = "/bench/Echo", .wait_for_ready = true};
    heddle_error err;
    if (atomic_fetch_sub(&bench->left, 1) <= 0)
        finish_one(bench);
    else if (rpc_call_start_bytes(bench->channel, &options, bench->request, on_reply, bench, NULL,
                                  &err) != HEDDLE_OK)
        die("call", &err);
}

static void run(struct bench *bench, long in_flight, long count)
{
    atomic_store(&bench->left, count);
    atomic_store(&bench->under_way, in_flight);
    for (long i = 0; i < in_flight; i++)
        call_next(bench);
    pthread_mutex_lock(&bench->lock);
    while (atomic_load(&bench->under_way) > 0)
        pthread_cond_wait(&bench->over, &bench->lock);
    pthread_mutex_unlock(&bench->lock);
}

static double cpu_ms(int who)
{
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void open_channel(struct bench *bench, const char *ca_path, uint16_t port)
{
    heddle_error err;
    base_buffer ca = read_pem(ca_path);
    char target[64];
    snprintf(target, sizeof(target), "localhost:%u", port);
    rpc_tls_client tls = {.roots_pem = base_buffer_view(&ca)};
    rpc_channel_options options = {.target = target};
    rpc_client_creds *creds = NULL;
    if (rpc_init(0, &err) != HEDDLE_OK || rpc_client_creds_tls(&tls, &creds, &err) != HEDDLE_OK ||
        rpc_channel_open(&options, creds, &bench->channel, &err) != HEDDLE_OK)
        die("client", &err);
    rpc_client_creds_free(creds);
    base_buffer_done(&ca);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fputs("usage: raw_calls CERT KEY CA IN_FLIGHT COUNT BYTES\n", stderr);
        return 2;
    }
    int ports[2];
    if (pipe(ports) != 0)
        return EXIT_FAILURE;
    pid_t server = fork(); /* before gRPC has threads */
    if (server == 0)
        serve(argv[1], argv[2], ports[1]);
    uint16_t port;
    if (server < 0 || read(ports[0], &port, sizeof(port)) != (ssize_t)sizeof(port))
        return EXIT_FAILURE;
    long in_flight = atol(argv[4]), count = atol(argv[5]);
    base_buffer body = {0};
    if (base_buffer_reserve(&body, strtoul(argv[6], NULL, 10)) != HEDDLE_OK)
        return EXIT_FAILURE;
    memset(body.data, 'x', body.cap);
    struct bench bench = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    open_channel(&bench, argv[3], port);
    bench.request = rpc_bytes_copy(heddle_view_of(body.data, strtoul(argv[6], NULL, 10)));
    base_buffer_done(&body);
    run(&bench, 1, 1); /* connect before the clock runs */
    double before_ms = cpu_ms(RUSAGE_SELF);
    uint64_t start_ms = base_now_ms();
    run(&bench, in_flight, count);
    uint64_t took_ms = base_now_ms() - start_ms;
    double client_ms = cpu_ms(RUSAGE_SELF) - before_ms;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    double server_ms = cpu_ms(RUSAGE_CHILDREN);
    printf("{\"calls\":%ld,\"failed\":%ld,\"per_second\":%.0f,\"client_us\":%.2f,"
           "\"server_us\":%.2f}\n",
           count, atomic_load(&bench.failed),
           took_ms ? (double)count * 1000.0 / (double)took_ms : 0.0,
           client_ms * 1000 / (double)count, server_ms * 1000 / (double)count);
    rpc_bytes_unref(bench.request);
    rpc_channel_close(bench.channel);
    rpc_shutdown();
    return atomic_load(&bench.failed) ? EXIT_FAILURE : EXIT_SUCCESS;
}
