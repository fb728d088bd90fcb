/* Peers, orderers, gateways and CAs of the context. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "cli/state.h"

/* "" where a struct of settings says nothing, NULL where one of the library does. */
static const char *or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

static heddle_status read_pem(cli_session *session, const char *path, heddle_view *out,
                              heddle_error *err)
{
    return path && path[0] ? cli_read_file(session, path, out, err) : HEDDLE_OK;
}

/* What the organisation shows of itself: its own settings, or its profile's. */
static heddle_status own_certificate(cli_session *session, const cli_member *member,
                                     heddle_view *out_cert, heddle_view *out_key, heddle_error *err)
{
    if (!member->settings->certificate[0]) {
        const heddle_profile_client *client =
            member->profile ? heddle_profile_get_client(member->profile) : NULL;
        *out_cert = client ? client->cert_pem : heddle_view_of(NULL, 0);
        *out_key = client ? client->key_pem : heddle_view_of(NULL, 0);
        return HEDDLE_OK;
    }
    BASE_TRY(read_pem(session, member->settings->certificate, out_cert, err));
    return read_pem(session, member->settings->key, out_key, err);
}

static heddle_status node_of_place(cli_session *session, const cli_member *member,
                                   const cli_place *place, cli_node *out, heddle_error *err)
{
    *out = (cli_node){.name = place->name[0] ? place->name : place->address,
                      .org = "",
                      .mspid = place->mspid ? place->mspid : "",
                      .address = place->address,
                      .plaintext = place->plaintext,
                      .name_override = or_null(place->tls_name),
                      .admin_url = or_null(place->admin_url),
                      .admin_name_override = or_null(place->admin_tls_name)};
    if (!place->plaintext && !place->tls_roots[0])
        return base_fail(err, HEDDLE_E_CONFIG,
                         "context \"%s\": %s has neither tls_roots nor plaintext",
                         session->context->name, out->name);
    BASE_TRY(own_certificate(session, member, &out->client_cert_pem, &out->client_key_pem, err));
    BASE_TRY(read_pem(session, place->tls_roots, &out->tls_roots_pem, err));
    BASE_TRY(read_pem(session, place->admin_tls_roots, &out->admin_roots_pem, err));
    BASE_TRY(read_pem(session, place->admin_certificate, &out->admin_cert_pem, err));
    BASE_TRY(read_pem(session, place->admin_key, &out->admin_key_pem, err));
    if (!out->admin_roots_pem.len)
        out->admin_roots_pem = out->tls_roots_pem;
    if (!out->admin_name_override)
        out->admin_name_override = out->name_override;
    return HEDDLE_OK;
}

static heddle_status node_of_profile(cli_session *session, const cli_member *member,
                                     const heddle_profile_node *node, cli_node *out,
                                     heddle_error *err)
{
    *out = (cli_node){.name = node->name,
                      .org = "",
                      .mspid = node->mspid ? node->mspid : "",
                      .address = node->address,
                      .tls_roots_pem = node->tls_roots_pem,
                      .plaintext = node->plaintext,
                      .name_override = or_null(node->name_override)};
    return own_certificate(session, member, &out->client_cert_pem, &out->client_key_pem, err);
}

static heddle_status nodes_of_places(cli_session *session, const cli_member *member,
                                     const conf_list *places, cli_node **out, heddle_error *err)
{
    cli_node *nodes = base_arena_zalloc(session->arena, places->count, sizeof(*nodes));
    const cli_place *items = places->items;
    if (!nodes)
        return base_fail_memory(err, "context");
    for (size_t i = 0; i < places->count; i++)
        BASE_TRY(node_of_place(session, member, &items[i], &nodes[i], err));
    *out = nodes;
    return HEDDLE_OK;
}

/* Peers. */

static const heddle_profile_org *profile_org(const cli_member *member)
{
    for (size_t i = 0; member->profile && i < heddle_profile_org_count(member->profile); i++) {
        const heddle_profile_org *org = heddle_profile_org_at(member->profile, i);
        if (strcmp(org->mspid, member->mspid) == 0)
            return org;
    }
    return NULL;
}

static heddle_status find_peers(cli_session *session, cli_member *member, heddle_error *err)
{
    const heddle_profile_org *org = profile_org(member);
    size_t count = member->settings->peers.count;
    cli_node *nodes = NULL;
    if (count) {
        BASE_TRY(nodes_of_places(session, member, &member->settings->peers, &nodes, err));
    } else if (org && org->peer_count) {
        nodes = base_arena_zalloc(session->arena, org->peer_count, sizeof(*nodes));
        if (!nodes)
            return base_fail_memory(err, "context");
        for (size_t i = 0; i < org->peer_count; i++)
            if (!org->peers[i]->is_ignored)
                BASE_TRY(node_of_profile(session, member, org->peers[i], &nodes[count++], err));
    }
    for (size_t i = 0; i < count; i++) {
        nodes[i].org = member->settings->name;
        nodes[i].mspid = member->mspid;
    }
    member->peers = nodes;
    member->peer_count = count;
    return HEDDLE_OK;
}

heddle_status cli_peers(cli_session *session, const char *org, const cli_node **out,
                        size_t *out_count, heddle_error *err)
{
    cli_member *member;
    BASE_TRY(cli_member_find(session, org, &member, err));
    if (!member->peers)
        BASE_TRY(find_peers(session, member, err));
    if (!member->peer_count)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "context \"%s\": organisation %s has no peers, nor a profile with some",
                         session->context->name, member->settings->name);
    *out = member->peers;
    *out_count = member->peer_count;
    return HEDDLE_OK;
}

static const cli_node *named(const cli_node *nodes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(nodes[i].name, name) == 0 || strcmp(nodes[i].address, name) == 0)
            return &nodes[i];
    return NULL;
}

heddle_status cli_peer_find(cli_session *session, const char *name, const cli_node **out,
                            heddle_error *err)
{
    const cli_org *orgs;
    size_t org_count;
    BASE_TRY(cli_orgs(session, &orgs, &org_count, err));
    for (size_t i = 0; i < org_count; i++) {
        cli_member *member;
        BASE_TRY(cli_member_find(session, orgs[i].name, &member, err));
        if (!member->peers)
            BASE_TRY(find_peers(session, member, err));
        const cli_node *found = named(member->peers, member->peer_count, name);
        if (found) {
            *out = found;
            return HEDDLE_OK;
        }
    }
    cli_hint(session, "heddle context show names them");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "context \"%s\" has no peer \"%s\"",
                     session->context->name, name);
}

heddle_status cli_peers_chosen(cli_session *session, const cli_texts *names, const cli_node **out,
                               size_t *out_count, heddle_error *err)
{
    if (!names->count)
        return cli_peers(session, NULL, out, out_count, err);
    cli_node *nodes = base_arena_zalloc(cli_session_arena(session), names->count, sizeof(*nodes));
    if (!nodes)
        return base_fail_memory(err, "peers");
    for (size_t i = 0; i < names->count; i++) {
        const cli_node *found;
        BASE_TRY(cli_peer_find(session, names->items[i], &found, err));
        nodes[i] = *found;
    }
    *out = nodes;
    *out_count = names->count;
    return HEDDLE_OK;
}

/* Orderers. */

static heddle_status orderers_of_profile(cli_session *session, const cli_member *member,
                                         heddle_error *err)
{
    size_t count = member->profile ? heddle_profile_orderer_count(member->profile) : 0;
    session->orderers = base_arena_zalloc(session->arena, count + 1, sizeof(cli_node));
    if (!session->orderers)
        return base_fail_memory(err, "context");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(node_of_profile(session, member, heddle_profile_orderer_at(member->profile, i),
                                 &session->orderers[i], err));
    session->orderer_count = count;
    return HEDDLE_OK;
}

heddle_status cli_orderers(cli_session *session, const cli_node **out, size_t *out_count,
                           heddle_error *err)
{
    cli_member *member;
    BASE_TRY(cli_member_find(session, NULL, &member, err));
    const conf_list *places = &session->context->orderers;
    if (!session->has_orderers && places->count) {
        BASE_TRY(nodes_of_places(session, member, places, &session->orderers, err));
        session->orderer_count = places->count;
    } else if (!session->has_orderers) {
        BASE_TRY(orderers_of_profile(session, member, err));
    }
    session->has_orderers = true;
    if (!session->orderer_count)
        return base_fail(err, HEDDLE_E_CONFIG,
                         "context \"%s\" has no orderers, nor a profile with some",
                         session->context->name);
    *out = session->orderers;
    *out_count = session->orderer_count;
    return HEDDLE_OK;
}

heddle_status cli_orderer_find(cli_session *session, const char *name, const cli_node **out,
                               heddle_error *err)
{
    const cli_node *nodes;
    size_t count;
    BASE_TRY(cli_orderers(session, &nodes, &count, err));
    const cli_node *found = named(nodes, count, name);
    if (!found) {
        cli_hint(session, "heddle context show names them");
        return base_fail(err, HEDDLE_E_NOT_FOUND, "context \"%s\" has no orderer \"%s\"",
                         session->context->name, name);
    }
    *out = found;
    return HEDDLE_OK;
}

/* Connections. */

static void set_limits(const cli_session *session, heddle_gateway_options *options)
{
    uint32_t limit_ms = (uint32_t)session->common.timeout_ms;
    options->evaluate_timeout_ms = limit_ms;
    options->endorse_timeout_ms = limit_ms;
    options->submit_timeout_ms = limit_ms;
    options->commit_status_timeout_ms = limit_ms;
    if (limit_ms)
        options->connect_wait_ms = limit_ms;
}

heddle_gateway_options cli_node_options(const cli_session *session, const cli_node *node)
{
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = node->address;
    options.tls_roots_pem = node->tls_roots_pem;
    options.plaintext = node->plaintext;
    options.name_override = node->name_override;
    options.client_cert_pem = node->client_cert_pem;
    options.client_key_pem = node->client_key_pem;
    set_limits(session, &options);
    return options;
}

heddle_status cli_channel(cli_session *session, const char **out, heddle_error *err)
{
    const cli_context *context;
    const char *variable = getenv("HEDDLE_CHANNEL");
    const char *name = session->common.channel;
    if (!name && variable && variable[0])
        name = variable;
    if (!name) {
        BASE_TRY(cli_session_context(session, &context, err));
        name = context->channel;
    }
    if (!name[0])
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "no channel: the context names none; say it with --channel");
    *out = name;
    return HEDDLE_OK;
}

/* Several addresses as one gateway; they trust the roots of all of them. */
static heddle_status open_gateway(cli_session *session, const cli_node *nodes, size_t count,
                                  heddle_gateway **out, heddle_error *err)
{
    heddle_gateway_options options = cli_node_options(session, nodes);
    const char **targets = base_arena_zalloc(session->arena, count, sizeof(*targets));
    const char **names = base_arena_zalloc(session->arena, count, sizeof(*names));
    base_auto_buffer base_buffer roots = {0};
    if (!targets || !names)
        return base_fail_memory(err, "gateway");
    for (size_t i = 0; i < count; i++) {
        targets[i] = nodes[i].address;
        names[i] = nodes[i].name_override;
        if (base_buffer_append(&roots, nodes[i].tls_roots_pem) != HEDDLE_OK ||
            base_buffer_append_byte(&roots, '\n') != HEDDLE_OK)
            return base_fail_memory(err, "gateway");
    }
    options.target = NULL;
    options.name_override = NULL;
    options.targets = targets;
    options.target_count = count;
    options.name_overrides = names;
    options.tls_roots_pem = nodes->plaintext ? heddle_view_of(NULL, 0) : base_buffer_view(&roots);
    return heddle_gateway_open(&options, out, err);
}

heddle_status cli_org_gateway(cli_session *session, const char *org, heddle_gateway **out,
                              heddle_error *err)
{
    cli_member *member;
    cli_node *gateways = NULL;
    const cli_node *nodes;
    size_t count;
    BASE_TRY(cli_member_find(session, org, &member, err));
    if (session->context->direct)
        return cli_org_network(session, org, out, err);
    if (!member->gateway && member->settings->gateways.count) {
        const conf_list *places = &member->settings->gateways;
        BASE_TRY(nodes_of_places(session, member, places, &gateways, err));
        BASE_TRY(open_gateway(session, gateways, places->count, &member->gateway, err));
    } else if (!member->gateway) {
        BASE_TRY(cli_peers(session, org, &nodes, &count, err));
        BASE_TRY(open_gateway(session, nodes, count, &member->gateway, err));
    }
    *out = member->gateway;
    return HEDDLE_OK;
}

heddle_status cli_gateway(cli_session *session, heddle_gateway **out, heddle_error *err)
{
    return cli_org_gateway(session, NULL, out, err);
}

static heddle_status add_peer(heddle_network *network, const cli_node *peer, heddle_error *err)
{
    heddle_node node = HEDDLE_NODE(peer->address);
    node.mspid = peer->mspid;
    node.tls_roots_pem = peer->tls_roots_pem;
    node.plaintext = peer->plaintext;
    node.name_override = peer->name_override;
    return heddle_network_add_peer(network, &node, err);
}

static heddle_status add_all(cli_session *session, heddle_network *network, const cli_node *peers,
                             size_t count, heddle_error *err)
{
    const conf_list *hosts = &session->context->hosts;
    const conf_text_pair *pairs = hosts->items;
    for (size_t i = 0; i < count; i++)
        BASE_TRY(add_peer(network, &peers[i], err));
    for (size_t i = 0; i < hosts->count; i++)
        BASE_TRY(heddle_network_map_host(network, pairs[i].name, pairs[i].value, err));
    return HEDDLE_OK;
}

heddle_status cli_org_network(cli_session *session, const char *org, heddle_gateway **out,
                              heddle_error *err)
{
    heddle_network_options options = HEDDLE_NETWORK_OPTIONS;
    cli_member *member;
    heddle_identity *identity;
    heddle_network *network = NULL;
    const cli_node *peers;
    size_t count;
    BASE_TRY(cli_member_find(session, org, &member, err));
    BASE_TRY(cli_peers(session, org, &peers, &count, err));
    if (!member->network) {
        BASE_TRY(cli_identity(session, org, &identity, err));
        BASE_TRY(heddle_network_new(identity, &network, err));
        options.as_localhost = session->context->as_localhost;
        options.client_cert_pem = peers[0].client_cert_pem;
        options.client_key_pem = peers[0].client_key_pem;
        heddle_status status = add_all(session, network, peers, count, err);
        if (status == HEDDLE_OK)
            status = heddle_network_open(network, &options, &member->network, err);
        heddle_network_free(network);
        BASE_TRY(status);
    }
    *out = member->network;
    return HEDDLE_OK;
}

heddle_status cli_network(cli_session *session, heddle_gateway **out, heddle_error *err)
{
    return cli_org_network(session, NULL, out, err);
}

/* CAs. */

static heddle_status settings_of_ca(cli_session *session, const cli_member *member,
                                    heddle_ca_options *out, heddle_error *err)
{
    const cli_ca_place *place = &member->settings->ca;
    out->url = place->url;
    out->ca_name = or_null(place->name);
    out->name_override = or_null(place->tls_name);
    BASE_TRY(read_pem(session, place->tls_roots, &out->tls_roots_pem, err));
    BASE_TRY(read_pem(session, place->certificate, &out->client_cert_pem, err));
    return read_pem(session, place->key, &out->client_key_pem, err);
}

static void profile_of_ca(const heddle_profile_ca *ca, heddle_ca_options *out)
{
    out->url = ca->url;
    out->ca_name = ca->ca_name;
    out->tls_roots_pem = ca->tls_roots_pem;
    out->skip_verification = !ca->verify;
    out->client_cert_pem = ca->client_cert_pem;
    out->client_key_pem = ca->client_key_pem;
}

heddle_status cli_ca(cli_session *session, const char *org, heddle_ca **out, heddle_error *err)
{
    heddle_ca_options options = HEDDLE_CA_OPTIONS;
    cli_member *member;
    BASE_TRY(cli_member_find(session, org, &member, err));
    const heddle_profile_org *found = profile_org(member);
    if (member->ca) {
        *out = member->ca;
        return HEDDLE_OK;
    }
    if (member->settings->ca.url[0])
        BASE_TRY(settings_of_ca(session, member, &options, err));
    else if (found && found->ca_count)
        profile_of_ca(found->cas[0], &options);
    else {
        cli_hint(session, "name one with --url and --tls-roots");
        return base_fail(err, HEDDLE_E_CONFIG, "context \"%s\": organisation %s has no CA",
                         session->context->name, member->settings->name);
    }
    options.timeout_ms = (uint32_t)session->common.timeout_ms;
    BASE_TRY(heddle_ca_open(&options, &member->ca, err));
    *out = member->ca;
    return HEDDLE_OK;
}
