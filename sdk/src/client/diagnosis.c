#include "client/diagnosis.h"

#include <stdio.h>
#include <strings.h>

#include "base/clock.h"
#include "base/fail.h"
#include "crypto/cert.h"

enum { PROBE_MS = 2000, PAUSE_MS = 5000 };

void client_diagnosis_init(client_diagnosis *d)
{
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->over, NULL);
}

void client_diagnosis_done(client_diagnosis *d)
{
    base_buffer_done(&d->roots_pem);
    base_buffer_done(&d->cert_pem);
    pthread_cond_destroy(&d->over);
    pthread_mutex_destroy(&d->lock);
}

static bool is_within_time(const crypto_cert *cert, const char *whose, char out[RPC_PROBE_TEXT])
{
    heddle_error err;
    if (crypto_cert_check_time(cert, base_wall_now().seconds, &err) == HEDDLE_OK)
        return true;
    snprintf(out, RPC_PROBE_TEXT, "%s%.200s", whose, err.message);
    return false;
}

static bool name_matches(const char *pattern, const char *host)
{
    const char *dot = strchr(host, '.');
    return strcasecmp(pattern, host) == 0 ||
           (strncmp(pattern, "*.", 2) == 0 && dot && strcasecmp(pattern + 1, dot) == 0);
}

static bool is_for(const crypto_cert *leaf, const char *host)
{
    for (size_t i = 0; i < crypto_cert_san_count(leaf); i++)
        if (name_matches(crypto_cert_san(leaf, i), host))
            return true;
    return crypto_cert_san_count(leaf) == 0 && name_matches(crypto_cert_common_name(leaf), host);
}

static bool is_trusted(const crypto_certs *chain, const crypto_certs *roots)
{
    for (size_t i = 0; i < chain->count; i++)
        for (size_t n = 0; n < roots->count; n++)
            if (crypto_cert_equal(chain->items[i], roots->items[n]) ||
                strcmp(crypto_cert_issuer(chain->items[i]), crypto_cert_subject(roots->items[n])) ==
                    0)
                return true;
    return false;
}

void client_diagnosis_explain(heddle_view chain_pem, heddle_view roots_pem, const char *host,
                              char out[RPC_PROBE_TEXT])
{
    crypto_auto_certs crypto_certs chain = {0};
    crypto_auto_certs crypto_certs roots = {0};
    if (crypto_certs_parse(chain_pem, &chain, NULL) || crypto_certs_parse(roots_pem, &roots, NULL))
        return;
    for (size_t i = 0; i < chain.count; i++)
        if (!is_within_time(chain.items[i], "", out))
            return;
    for (size_t i = 0; i < roots.count && roots.count == 1; i++)
        if (!is_within_time(roots.items[i], "among the trusted roots, ", out))
            return;
    const crypto_cert *leaf = chain.items[0];
    if (!is_for(leaf, host))
        snprintf(out, RPC_PROBE_TEXT, "the certificate of %.90s is not for the name %.90s",
                 crypto_cert_subject(leaf), host);
    else if (!is_trusted(&chain, &roots))
        snprintf(out, RPC_PROBE_TEXT, "the certificate of %.90s is issued by %.90s, not by a root",
                 crypto_cert_subject(leaf), crypto_cert_issuer(chain.items[chain.count - 1]));
}

/* The diagnosis' own data does not change while the probe is under way. */
static void explain(heddle_view chain_pem, char out[RPC_PROBE_TEXT], void *user)
{
    client_diagnosis *d = user;
    base_auto(crypto_cert) crypto_cert *own = NULL;
    client_diagnosis_explain(chain_pem, base_buffer_view(&d->roots_pem), d->host, out);
    if (!out[0] && d->cert_pem.len &&
        crypto_cert_parse(base_buffer_view(&d->cert_pem), &own, NULL) == HEDDLE_OK)
        (void)!is_within_time(own, "of the client itself, ", out);
}

static void on_done(const char *text, void *user)
{
    client_diagnosis *d = user;
    pthread_mutex_lock(&d->lock);
    snprintf(d->text, sizeof(d->text), "%s", text);
    rpc_probe_unref(base_steal(&d->probe));
    void (*release)(void *owner) = d->release;
    void *owner = d->owner;
    pthread_cond_broadcast(&d->over);
    pthread_mutex_unlock(&d->lock);
    release(owner);
}

void client_diagnosis_host(const char *address, const char *name_override,
                           char out[CLIENT_HOST_MAX])
{
    const char *name = name_override ? name_override : address;
    const char *colon = name_override ? NULL : strrchr(name, ':');
    snprintf(out, CLIENT_HOST_MAX, "%.*s", (int)(colon ? colon - name : (int)strlen(name)), name);
}

/* Under the lock. */
static void start(client_diagnosis *d, const client_diagnosis_options *options)
{
    rpc_probe_options how = {.target = options->address,
                             .name_override = options->name_override,
                             .roots_pem = options->roots_pem,
                             .timeout_ms = PROBE_MS,
                             .explain = explain,
                             .done = on_done,
                             .user = d};
    base_buffer_clear(&d->roots_pem);
    base_buffer_clear(&d->cert_pem);
    client_diagnosis_host(options->address, options->name_override, d->host);
    d->release = options->release;
    d->owner = options->owner;
    if (base_buffer_append(&d->roots_pem, options->roots_pem) ||
        base_buffer_append(&d->cert_pem, options->cert_pem))
        return;
    (void)!rpc_probe_start(&how, &d->probe, NULL); /* then nothing is found */
}

bool client_diagnosis_begin(client_diagnosis *d, const client_diagnosis_options *options)
{
    uint64_t now = base_now_ms();
    bool begun = false;
    pthread_mutex_lock(&d->lock);
    if (!d->is_closed && !d->probe && (!d->begun_ms || now >= d->begun_ms + PAUSE_MS)) {
        d->begun_ms = now;
        start(d, options);
        begun = d->probe != NULL;
    }
    pthread_mutex_unlock(&d->lock);
    return begun;
}

void client_diagnosis_read(client_diagnosis *d, char out[RPC_PROBE_TEXT])
{
    pthread_mutex_lock(&d->lock);
    memcpy(out, d->text, sizeof(d->text));
    pthread_mutex_unlock(&d->lock);
}

void client_diagnosis_close(client_diagnosis *d)
{
    pthread_mutex_lock(&d->lock);
    d->is_closed = true;
    if (d->probe)
        rpc_probe_cancel(d->probe);
    while (d->probe)
        pthread_cond_wait(&d->over, &d->lock);
    pthread_mutex_unlock(&d->lock);
}
