#include "gateway/credentials.h"

#include "base/fail.h"
#include "base/text.h"

static const gw_conf *conf_of(const gw_gateway *gw)
{
    return gw->credentials.conf;
}

/* Reading. */

static heddle_status read_files(const conf_list *paths, base_buffer *out, heddle_error *err)
{
    const char *const *names = paths->items;
    for (size_t i = 0; i < paths->count; i++) {
        BASE_TRY(base_read_file(names[i], 0, out, err));
        if (base_buffer_append_byte(out, '\n') != HEDDLE_OK)
            return base_fail_memory(err, names[i]);
    }
    return HEDDLE_OK;
}

heddle_status gw_credentials_roots(const gw_conf_peer *peer, base_buffer *out, heddle_error *err)
{
    if (!peer->tls_roots[0])
        return HEDDLE_OK;
    BASE_TRY(base_read_file(peer->tls_roots, 0, out, err));
    return out->len ? HEDDLE_OK : base_fail(err, HEDDLE_E_CONFIG, "%s is empty", peer->tls_roots);
}

/* What the server is given: the pair, and whom it trusts. */
static heddle_status with_server_material(gw_gateway *gw, const gw_tls_pair *pair,
                                          heddle_status (*use)(gw_gateway *gw,
                                                               const rpc_tls_server *tls,
                                                               heddle_error *err),
                                          heddle_error *err)
{
    const gw_conf *conf = conf_of(gw);
    base_auto_buffer base_buffer roots = {0};
    BASE_TRY(conf_blame("tls.client_roots", read_files(&conf->tls.client_roots, &roots, err), err));
    rpc_tls_server tls = {.cert_pem = base_buffer_view(&pair->cert_pem),
                          .key_pem = base_buffer_view(&pair->key_pem),
                          .client_roots_pem = base_buffer_view(&roots),
                          .client_auth = (rpc_client_auth)conf->tls.client_auth,
                          .is_reloadable = true};
    return use(gw, &tls, err);
}

static heddle_status make_creds(gw_gateway *gw, const rpc_tls_server *tls, heddle_error *err)
{
    return rpc_server_creds_tls(tls, &gw->credentials.server, err);
}

static heddle_status change_creds(gw_gateway *gw, const rpc_tls_server *tls, heddle_error *err)
{
    return rpc_server_creds_reload(gw->credentials.server, tls, err);
}

heddle_status gw_credentials_server(gw_gateway *gw, rpc_server_creds **out, heddle_error *err)
{
    gw_credentials *c = &gw->credentials;
    if (conf_of(gw)->tls.certificate[0])
        BASE_TRY(with_server_material(gw, &c->tls, make_creds, err));
    else
        BASE_TRY(rpc_server_creds_insecure(&c->server, err));
    *out = c->server;
    return HEDDLE_OK;
}

static heddle_status make_identity(gw_gateway *gw, const gw_signer *signer, const gw_tls_pair *tls,
                                   route_identity **out, heddle_error *err)
{
    return gw_identity_new(conf_of(gw), signer, base_buffer_view(&tls->cert_pem),
                           base_buffer_view(&tls->key_pem), out, err);
}

heddle_status gw_credentials_identity(gw_gateway *gw, route_identity **out, heddle_error *err)
{
    return make_identity(gw, &gw->credentials.signer, &gw->credentials.tls, out, err);
}

/* The loads of the parts; one at a time. */

static heddle_status become(gw_gateway *gw, const gw_signer *signer, const gw_tls_pair *tls,
                            heddle_error *err)
{
    base_auto(route_identity) route_identity *identity = NULL;
    BASE_TRY(make_identity(gw, signer, tls, &identity, err));
    return route_engine_set_identity(gw->engine, identity, err);
}

static heddle_status load_identity(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    gw_gateway *gw = user;
    gw_signer *present = &gw->credentials.signer, fresh = {0};
    heddle_status status = gw_signer_load(conf_of(gw), &fresh, err);
    if (status == HEDDLE_OK)
        status = become(gw, &fresh, &gw->credentials.tls, err);
    if (status != HEDDLE_OK) {
        gw_signer_done(&fresh);
        return status;
    }
    gw_signer_done(present);
    *present = fresh;
    *out_not_after_s = fresh.not_after_s;
    return HEDDLE_OK;
}

/* The server first: it may refuse. */
static heddle_status load_tls(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    gw_gateway *gw = user;
    gw_tls_pair *present = &gw->credentials.tls, fresh = {0};
    heddle_status status = gw_tls_pair_load(conf_of(gw), &fresh, err);
    if (status == HEDDLE_OK)
        status = with_server_material(gw, &fresh, change_creds, err);
    if (status == HEDDLE_OK)
        status = become(gw, &gw->credentials.signer, &fresh, err);
    if (status != HEDDLE_OK) {
        gw_tls_pair_done(&fresh);
        return status;
    }
    gw_tls_pair_done(present);
    *present = fresh;
    *out_not_after_s = fresh.not_after_s;
    return HEDDLE_OK;
}

static heddle_status load_peers(void *user, int64_t *out_not_after_s, heddle_error *err)
{
    gw_gateway *gw = user;
    const gw_conf *conf = conf_of(gw);
    for (size_t i = 0; i < conf->peers.count; i++) {
        base_auto_buffer base_buffer roots = {0};
        const gw_conf_peer *peer = gw_conf_peer_at(conf, i);
        BASE_TRY(gw_credentials_roots(peer, &roots, err));
        if (roots.len)
            BASE_TRY(route_engine_trust_peer(gw->engine, i, base_buffer_view(&roots), err));
    }
    *out_not_after_s = 0;
    return HEDDLE_OK;
}

/* Life. */

heddle_status gw_credentials_open(gw_gateway *gw, heddle_error *err)
{
    gw_credentials *c = &gw->credentials;
    const gw_conf *conf = c->conf = gw->generation->conf;
    upkeep_sources sources = {.identity = &conf->identity,
                              .tls_certificate = conf->tls.certificate,
                              .tls_key = conf->tls.key};
    BASE_TRY(upkeep_open("gateway", &conf->keep, &sources, gw->metrics, &c->keep, err));
    BASE_TRY(gw_signer_load(conf, &c->signer, err));
    return gw_tls_pair_load(conf, &c->tls, err);
}

static void add_path(upkeep_part *part, const char *path)
{
    if (path[0] && part->path_count < UPKEEP_PATHS_MAX)
        part->paths[part->path_count++] = path;
}

static upkeep_part identity_part(const gw_gateway *gw)
{
    const conf_identity *conf = &conf_of(gw)->identity;
    upkeep_part part = {.name = "identity",
                        .load = load_identity,
                        .not_after_s = gw->credentials.signer.not_after_s};
    add_path(&part, conf->msp_dir);
    add_path(&part, conf->certificate);
    add_path(&part, conf->key);
    return part;
}

static upkeep_part tls_part(const gw_gateway *gw)
{
    const gw_conf *conf = conf_of(gw);
    upkeep_part part = {
        .name = "tls", .load = load_tls, .not_after_s = gw->credentials.tls.not_after_s};
    add_path(&part, conf->tls.certificate);
    add_path(&part, conf->tls.key);
    for (size_t i = 0; i < conf->tls.client_roots.count; i++)
        add_path(&part, ((const char *const *)conf->tls.client_roots.items)[i]);
    return part;
}

static upkeep_part peers_part(const gw_gateway *gw)
{
    const gw_conf *conf = conf_of(gw);
    upkeep_part part = {.name = "peers", .load = load_peers};
    for (size_t i = 0; i < conf->peers.count; i++)
        add_path(&part, gw_conf_peer_at(conf, i)->tls_roots);
    return part;
}

heddle_status gw_credentials_start(gw_gateway *gw, heddle_error *err)
{
    upkeep_part parts[3];
    size_t count = 0;
    parts[count++] = identity_part(gw);
    if (conf_of(gw)->tls.certificate[0])
        parts[count++] = tls_part(gw);
    if (gw_conf_has_tls(conf_of(gw)))
        parts[count++] = peers_part(gw);
    return upkeep_start(gw->credentials.keep, parts, count, gw, err);
}

void gw_credentials_stop(gw_gateway *gw)
{
    upkeep_close(base_steal(&gw->credentials.keep));
}

void gw_credentials_done(gw_gateway *gw)
{
    gw_signer_done(&gw->credentials.signer);
    gw_tls_pair_done(&gw->credentials.tls);
    rpc_server_creds_free(gw->credentials.server);
}
