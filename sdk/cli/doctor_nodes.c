/* Who answers: addresses, TLS certificates, clocks. */
#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "cli/doctor.h"
#include "client/diagnosis.h"
#include "heddle/orderer.h"
#include "rpc/latch.h"
#include "rpc/probe.h"

enum { LOOK_MS = 5000 };

/* What a look at a TLS server showed. */
struct sight {
    rpc_latch latch;
    const cli_node *node;
    const char *host;
    char text[RPC_PROBE_TEXT]; /* what is wrong; "" if nothing is */
    bool was_seen;             /* a certificate was presented */
    int64_t not_after_s;
};

static void on_chain(heddle_view chain_pem, char out[RPC_PROBE_TEXT], void *user)
{
    struct sight *sight = user;
    base_auto(crypto_cert) crypto_cert *leaf = NULL;
    client_diagnosis_explain(chain_pem, sight->node->tls_roots_pem, sight->host, out);
    if (crypto_cert_parse(chain_pem, &leaf, NULL))
        return;
    sight->was_seen = true;
    sight->not_after_s = crypto_cert_not_after_s(leaf);
}

static void on_done(const char *text, void *user)
{
    struct sight *sight = user;
    snprintf(sight->text, sizeof(sight->text), "%s", text);
    rpc_latch_down(&sight->latch);
}

static heddle_status look(struct sight *sight, heddle_error *err)
{
    rpc_probe_options how = {.target = sight->node->address,
                             .name_override = sight->node->name_override,
                             .roots_pem = sight->node->tls_roots_pem,
                             .timeout_ms = LOOK_MS,
                             .explain = on_chain,
                             .done = on_done,
                             .user = sight};
    rpc_probe *probe;
    rpc_latch_init(&sight->latch, 1);
    heddle_status status = rpc_probe_start(&how, &probe, err);
    if (status == HEDDLE_OK) {
        rpc_latch_wait(&sight->latch);
        rpc_probe_unref(probe);
    }
    rpc_latch_done(&sight->latch);
    return status;
}

static void tell_sight(doctor *d, const struct sight *sight)
{
    const char *subject = sight->node->name;
    bool has_expired = sight->was_seen && sight->not_after_s < base_wall_now().seconds;
    if (!sight->was_seen)
        doctor_say(d, DOCTOR_PROBLEM, "reach", subject,
                   "see that it is running, and that the context has its address",
                   "%s does not answer%s%s", sight->node->address, sight->text[0] ? ": " : "",
                   sight->text);
    else if (has_expired)
        doctor_say(d, DOCTOR_PROBLEM, "tls", subject, "give the server a new TLS certificate", "%s",
                   sight->text);
    else if (sight->text[0])
        doctor_say(d, DOCTOR_PROBLEM, "tls", subject,
                   "correct tls_roots or tls_name in the context, or the server's certificate",
                   "%s", sight->text);
    else
        doctor_expiry(d, "tls", subject, "give the server a new TLS certificate",
                      sight->not_after_s);
}

/* Whether it makes sense to ask the node. */
static bool check_node(doctor *d, const cli_node *node)
{
    heddle_error err;
    char host[CLIENT_HOST_MAX];
    struct sight sight = {.node = node, .host = host};
    client_diagnosis_host(node->address, node->name_override, host);
    if (node->plaintext) {
        doctor_say(d, DOCTOR_WARNING, "tls", node->name, "use TLS where it is not for a test",
                   "%s is asked without TLS", node->address);
        return true;
    }
    cli_progress(d->session, "looking at %s", node->name);
    if (look(&sight, &err)) {
        doctor_fail(d, "reach", node->name, NULL, &err);
        return false;
    }
    tell_sight(d, &sight);
    return sight.was_seen && !sight.text[0];
}

static void open_peer(doctor *d, doctor_peer *peer)
{
    heddle_error err;
    heddle_gateway_options options = cli_node_options(d->session, peer->node);
    if (cli_admin(d->session, peer->node->org, &peer->asker, NULL))
        return; /* told of with the identities */
    if (heddle_peer_open(&options, peer->asker, &peer->peer, &err))
        doctor_fail(d, "reach", peer->node->name, NULL, &err);
}

static heddle_status add_peers(doctor *d, const cli_org *org, heddle_error *err)
{
    const cli_node *nodes;
    size_t count;
    BASE_TRY(cli_peers(d->session, org->name, &nodes, &count, err));
    doctor_peer *more =
        base_arena_zalloc(cli_session_arena(d->session), d->peer_count + count, sizeof(*more));
    if (!more)
        return base_arena_fail(cli_session_arena(d->session), err, "peers");
    if (d->peer_count)
        memcpy(more, d->peers, d->peer_count * sizeof(*more));
    for (size_t i = 0; i < count; i++)
        more[d->peer_count + i].node = &nodes[i];
    d->peers = more;
    d->peer_count += count;
    return HEDDLE_OK;
}

/* An orderer's last block is what its readers may have: it shows that it can be asked. */
static void check_orderer(doctor *d, const cli_node *node)
{
    heddle_error err;
    heddle_identity *identity;
    heddle_orderer *orderer = NULL;
    heddle_bytes block = {0};
    heddle_gateway_options options = cli_node_options(d->session, node);
    if (!check_node(d, node) || !d->channel || cli_identity(d->session, NULL, &identity, NULL))
        return;
    if (heddle_orderer_open(&options, identity, &orderer, &err) ||
        heddle_orderer_block(orderer, d->channel, HEDDLE_BLOCK_NEWEST, LOOK_MS, &block, &err))
        doctor_fail(d, "orderer", node->name,
                    "see that the orderer has joined the channel, and that this machine's clock "
                    "is right",
                    &err);
    else
        doctor_say(d, DOCTOR_FINE, "orderer", node->name, NULL, "gives blocks of %s", d->channel);
    heddle_bytes_done(&block);
    heddle_orderer_close(orderer);
}

heddle_status doctor_nodes_open(doctor *d, heddle_error *err)
{
    BASE_TRY(rpc_init(1, err));
    d->has_runtime = true;
    return HEDDLE_OK;
}

void doctor_nodes(doctor *d)
{
    heddle_error err;
    const cli_node *orderers;
    size_t count = 0;
    for (size_t i = 0; i < d->org_count; i++)
        if (add_peers(d, &d->orgs[i], &err))
            doctor_fail(d, "peers", d->orgs[i].name, NULL, &err);
    for (size_t i = 0; i < d->peer_count; i++)
        if (check_node(d, d->peers[i].node))
            open_peer(d, &d->peers[i]);
    if (cli_orderers(d->session, &orderers, &count, NULL))
        doctor_say(d, DOCTOR_SKIPPED, "orderers", "", NULL, "the context has none");
    for (size_t i = 0; i < count; i++)
        check_orderer(d, &orderers[i]);
}

void doctor_nodes_close(doctor *d)
{
    for (size_t i = 0; i < d->peer_count; i++)
        heddle_peer_close(d->peers[i].peer);
    if (d->has_runtime)
        rpc_shutdown();
}

heddle_status doctor_ask(doctor *d, const doctor_peer *peer, const heddle_question *question,
                         heddle_view *out, heddle_error *err)
{
    heddle_bytes answer;
    heddle_question asked = *question;
    base_arena *arena = cli_session_arena(d->session);
    asked.channel = d->channel;
    BASE_TRY(heddle_peer_ask(peer->peer, &asked, NULL, &answer, NULL, err));
    *out = base_arena_view(arena, heddle_view_of(answer.data, answer.len));
    bool is_copied = out->data || !answer.len;
    heddle_bytes_done(&answer);
    return is_copied ? HEDDLE_OK : base_arena_fail(arena, err, "answer");
}

/* CAs. */

static void check_authority(doctor *d, const cli_org *org)
{
    heddle_error err;
    heddle_ca *ca;
    heddle_ca_info *info = NULL;
    char subject[128];
    snprintf(subject, sizeof(subject), "CA of %.100s", org->name);
    if (cli_ca(d->session, org->name, &ca, &err)) {
        doctor_say(d, DOCTOR_SKIPPED, "ca", subject, NULL, "%s", err.message);
        return;
    }
    cli_progress(d->session, "looking at the %s", subject);
    if (heddle_ca_get_info(ca, &info, &err)) {
        doctor_fail(d, "ca", subject, NULL, &err);
        return;
    }
    if (heddle_ca_info_tls_expiry_s(info))
        doctor_expiry(d, "ca", subject, "give the CA's server a new TLS certificate",
                      heddle_ca_info_tls_expiry_s(info));
    if (heddle_ca_info_time_s(info))
        doctor_clock(d, subject, heddle_ca_info_time_s(info));
    heddle_ca_info_free(info);
}

void doctor_authorities(doctor *d)
{
    for (size_t i = 0; i < d->org_count; i++)
        check_authority(d, &d->orgs[i]);
}
