#include "rpc/probe.h"

#include <grpc/support/string_util.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "rpc/core.h"

/* Never answered: with TLS the connection is refused by ourselves, and without it a server
 * that is there after all says what it likes. */
#define PROBE_METHOD "/grpc.health.v1.Health/Check"

struct rpc_probe {
    atomic_uint users; /* the starter and the call's end; the last lets the call go, … */
    atomic_uint refs;  /* … for that holds the verifier: of the users together, and its own */
    rpc_probe_options options;
    rpc_channel *channel;
    rpc_call *call;
    grpc_tls_certificate_verifier_external verifier;

    pthread_mutex_t lock; /* guards what follows */
    bool is_over;
    char text[RPC_PROBE_TEXT];
};

static void drop(rpc_probe *p)
{
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    pthread_mutex_destroy(&p->lock);
    base_free(p);
}

void rpc_probe_unref(rpc_probe *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->users, 1, memory_order_acq_rel) != 1)
        return;
    rpc_call_unref(p->call);
    drop(p);
}

void rpc_probe_cancel(rpc_probe *p)
{
    rpc_call_cancel(p->call);
}

/* Looks, and refuses. */
static int verify(void *user, grpc_tls_custom_verification_check_request *request,
                  grpc_tls_on_custom_verification_check_done_cb callback, void *callback_arg,
                  grpc_status_code *status, char **details)
{
    (void)callback, (void)callback_arg;
    rpc_probe *p = user;
    const char *chain = request->peer_info.peer_cert_full_chain;
    if (!chain || !*chain)
        chain = request->peer_info.peer_cert;
    pthread_mutex_lock(&p->lock);
    if (!p->is_over && chain)
        p->options.explain(heddle_view_str(chain), p->text, p->options.user);
    pthread_mutex_unlock(&p->lock);
    *status = GRPC_STATUS_UNAUTHENTICATED;
    *details = gpr_strdup("looked at only");
    return 1;
}

static void verify_cancelled(void *user, grpc_tls_custom_verification_check_request *request)
{
    (void)user, (void)request;
}

static void verifier_gone(void *user)
{
    drop(user);
}

static grpc_channel_credentials *make_creds(rpc_probe *p, const char *roots)
{
    grpc_tls_certificate_provider *provider =
        grpc_tls_certificate_provider_static_data_create(roots, NULL);
    grpc_tls_credentials_options *options = grpc_tls_credentials_options_create();
    p->verifier = (grpc_tls_certificate_verifier_external){
        .user_data = p, .verify = verify, .cancel = verify_cancelled, .destruct = verifier_gone};
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    grpc_tls_certificate_verifier *verifier =
        grpc_tls_certificate_verifier_external_create(&p->verifier);
    grpc_tls_credentials_options_set_certificate_provider(options, provider);
    grpc_tls_credentials_options_watch_root_certs(options);
    grpc_tls_credentials_options_set_verify_server_cert(options, 0);
    grpc_tls_credentials_options_set_check_call_host(options, 0);
    grpc_tls_credentials_options_set_certificate_verifier(options, verifier);
    grpc_tls_certificate_verifier_release(verifier);
    grpc_tls_certificate_provider_release(provider);
    return grpc_tls_credentials_create(options);
}

static heddle_status open_channel(rpc_probe *p, heddle_error *err)
{
    base_auto(rpc_client_creds) rpc_client_creds *creds = NULL;
    rpc_channel_options how = {.target = p->options.target,
                               .name_override = p->options.name_override,
                               .connect_timeout_ms = p->options.timeout_ms};
    if (p->options.roots_pem.len) {
        base_auto(chars) char *roots = base_strdup_view(p->options.roots_pem);
        if (!roots)
            return base_fail_memory(err, "probe");
        BASE_TRY(rpc_core_client_creds_wrap(make_creds(p, roots), &creds, err));
    } else {
        BASE_TRY(rpc_client_creds_insecure(&creds, err));
    }
    return rpc_channel_open(&how, creds, &p->channel, err);
}

/* What core says behind its own introduction. */
static void take_core_text(rpc_probe *p, heddle_view message)
{
    static const char mark[] = "last error: UNKNOWN: ";
    const uint8_t *at = memmem(message.data, message.len, mark, sizeof(mark) - 1);
    if (!at)
        return;
    at += sizeof(mark) - 1;
    snprintf(p->text, sizeof(p->text), "%.*s", (int)(message.data + message.len - at), at);
}

static void on_reply(const rpc_reply *reply, void *user)
{
    rpc_probe *p = user;
    bool shown;
    pthread_mutex_lock(&p->lock);
    p->is_over = true;
    shown = memmem(reply->status.message.data, reply->status.message.len, "looked at only", 14);
    if (!p->text[0] && !shown && reply->status.code == RPC_UNAVAILABLE)
        take_core_text(p, reply->status.message);
    pthread_mutex_unlock(&p->lock);
    rpc_channel_close(p->channel);
    p->options.done(p->text, p->options.user);
    rpc_probe_unref(p);
}

heddle_status rpc_probe_start(const rpc_probe_options *options, rpc_probe **out, heddle_error *err)
{
    rpc_call_options call = {.method = PROBE_METHOD,
                             .deadline_ms = base_now_ms() + options->timeout_ms};
    rpc_probe *p = base_calloc(1, sizeof(*p));
    if (!p)
        return base_fail_memory(err, "probe");
    atomic_init(&p->users, 2);
    atomic_init(&p->refs, 1);
    pthread_mutex_init(&p->lock, NULL);
    p->options = *options;
    heddle_status status = open_channel(p, err);
    if (status == HEDDLE_OK) {
        status =
            rpc_call_start(p->channel, &call, heddle_view_of(NULL, 0), on_reply, p, &p->call, err);
        if (status)
            rpc_channel_close(p->channel);
    }
    if (status) {
        rpc_probe_unref(p);
        rpc_probe_unref(p);
        return status;
    }
    *out = p;
    return HEDDLE_OK;
}
