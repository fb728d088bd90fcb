#include "devnet/network/revocation.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/log.h"

struct dn_revocation {
    dn_network *net;
    const dn_org *org;
    pthread_mutex_t lock; /* held while publishing: a later list never comes before an earlier */
    bool is_serving;
    base_buffer crl;
    crypto_certs revoked; /* that the list has */
};

heddle_status dn_revocation_new(dn_network *net, const dn_org *org, dn_revocation **out,
                                heddle_error *err)
{
    dn_revocation *r = base_calloc(1, sizeof(*r));
    if (!r)
        return base_fail_memory(err, "a CA");
    r->net = net;
    r->org = org;
    pthread_mutex_init(&r->lock, NULL);
    *out = r;
    return HEDDLE_OK;
}

void dn_revocation_free(dn_revocation *revocation)
{
    if (!revocation)
        return;
    pthread_mutex_destroy(&revocation->lock);
    base_buffer_done(&revocation->crl);
    crypto_certs_done(&revocation->revoked);
    base_free(revocation);
}

/* A channel that refuses what is revoked needs no list of it. */
static bool is_lacking_on(const dn_revocation *r, const dn_chain *chain)
{
    base_auto(wire_bundle) wire_bundle *bundle = dn_config_holder_acquire(chain->channel.config);
    crypto_msp *msp = wire_bundle_msp(bundle, heddle_view_str(r->org->msp_id));
    bool is_lacking = false;
    for (size_t i = 0; msp && !is_lacking && i < r->revoked.count; i++) {
        base_auto(crypto_identity) crypto_identity *accepted = NULL;
        is_lacking = crypto_msp_identify(msp, crypto_cert_pem(r->revoked.items[i]), &accepted,
                                         NULL) == HEDDLE_OK;
    }
    return is_lacking;
}

static bool is_lacking(const dn_revocation *r)
{
    for (size_t i = 0; r->revoked.count; i++) {
        base_auto(dn_chain) dn_chain *chain = dn_chains_at(r->net->chains, i);
        if (!chain)
            return false;
        if (is_lacking_on(r, chain))
            return true;
    }
    return false;
}

/* Under the lock. */
static void publish(dn_revocation *r)
{
    heddle_error err;
    if (!r->is_serving || !is_lacking(r))
        return;
    if (dn_network_revoke(r->net, r->org->msp_id, base_buffer_view(&r->crl), &err) == HEDDLE_OK)
        log_at(LOG_INFO, "ca", "channels have the revocation list", LOG_STR("ca", r->org->ca_name));
    else
        log_at(LOG_ERROR, "ca", "channels lack the revocation list", LOG_STR("ca", r->org->ca_name),
               LOG_ERR(&err));
}

static heddle_status keep(dn_revocation *r, heddle_view crl_pem, heddle_view revoked_pem,
                          heddle_error *err)
{
    crypto_certs_done(&r->revoked);
    base_buffer_clear(&r->crl);
    if (base_buffer_append(&r->crl, crl_pem) != HEDDLE_OK)
        return base_fail_memory(err, "the revocation list");
    return crypto_certs_parse(revoked_pem, &r->revoked, err);
}

void dn_revocation_told(void *user, const char *name, heddle_view crl_pem, heddle_view revoked_pem)
{
    dn_revocation *r = user;
    heddle_error err;
    if (strcmp(name, r->org->ca_name) != 0)
        return; /* of TLS certificates a channel has no list */
    pthread_mutex_lock(&r->lock);
    if (keep(r, crl_pem, revoked_pem, &err) == HEDDLE_OK)
        publish(r);
    else
        log_at(LOG_ERROR, "ca", "channels lack the revocation list", LOG_STR("ca", name),
               LOG_ERR(&err));
    pthread_mutex_unlock(&r->lock);
}

void dn_revocation_start(dn_revocation *revocation)
{
    pthread_mutex_lock(&revocation->lock);
    revocation->is_serving = true;
    publish(revocation);
    pthread_mutex_unlock(&revocation->lock);
}
