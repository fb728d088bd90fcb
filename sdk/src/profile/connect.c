/* From a profile to a gateway or a network. */
#include "base/fail.h"
#include "client/gateway.h"
#include "client/proposal.h"
#include "profile/profile.h"

/* What the options of a gateway borrow while it is opened. */
struct borrowed {
    const char **targets;
    const char **names;
    size_t count;
    base_buffer roots;
};

static void borrowed_done(struct borrowed *b)
{
    base_free(b->targets);
    base_free(b->names);
    base_buffer_done(&b->roots);
}

static heddle_status fail_org(const heddle_profile *profile, const char *org, heddle_error *err)
{
    const char *name = org ? org : profile->client.organization;
    if (!name)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "profile: it says no client.organization, and none was given");
    return base_fail(err, HEDDLE_E_NOT_FOUND, "profile: it has no organisation \"%s\"", name);
}

static heddle_status add_roots(struct borrowed *b, heddle_view pem)
{
    if (b->roots.len && memmem(b->roots.data, b->roots.len, pem.data, pem.len))
        return HEDDLE_OK;
    BASE_TRY(base_buffer_append(&b->roots, pem));
    return base_buffer_append_byte(&b->roots, '\n');
}

static heddle_status borrow_peers(const heddle_profile_org *org, struct borrowed *b,
                                  bool *out_plaintext, heddle_error *err)
{
    b->targets = base_calloc(org->peer_count + 1, sizeof(*b->targets));
    b->names = base_calloc(org->peer_count + 1, sizeof(*b->names));
    if (!b->targets || !b->names)
        return base_fail_memory(err, "gateway");
    for (size_t i = 0; i < org->peer_count; i++) {
        const heddle_profile_node *peer = org->peers[i];
        if (peer->is_ignored)
            continue;
        if (b->count && peer->plaintext != *out_plaintext)
            return base_fail(err, HEDDLE_E_CONFIG,
                             "profile: some peers of %s are with TLS and some without", org->name);
        *out_plaintext = peer->plaintext;
        b->targets[b->count] = peer->address;
        b->names[b->count++] = peer->name_override;
        if (peer->tls_roots_pem.len && !peer->plaintext && add_roots(b, peer->tls_roots_pem))
            return base_fail_memory(err, "gateway");
    }
    return b->count ? HEDDLE_OK
                    : base_fail(err, HEDDLE_E_CONFIG, "profile: %s has no peers", org->name);
}

static void or_given(uint32_t *option, uint32_t otherwise)
{
    if (!*option)
        *option = otherwise;
}

static void fill_tls(const heddle_profile_client *client, const struct borrowed *b, bool plaintext,
                     heddle_gateway_options *options)
{
    if (!options->tls_roots_pem.len && !options->tls_roots_file && !options->plaintext) {
        options->plaintext = plaintext;
        options->tls_roots_pem = base_buffer_view(&b->roots);
    }
    if (options->plaintext || options->client_cert_pem.len)
        return;
    options->client_cert_pem = client->cert_pem;
    options->client_key_pem = client->key_pem;
}

/* Each option that the caller left open. */
static void fill_options(const heddle_profile *profile, const heddle_profile_org *org,
                         const struct borrowed *b, bool plaintext, heddle_gateway_options *options)
{
    const heddle_profile_client *client = &profile->client;
    if (!options->target && !options->target_count) {
        options->targets = b->targets;
        options->target_count = b->count;
        if (!options->name_override)
            options->name_overrides = b->names;
    }
    fill_tls(client, b, plaintext, options);
    if (org->peers[0]->keepalive_ms >= 60000)
        or_given(&options->keepalive_ms, org->peers[0]->keepalive_ms);
    or_given(&options->evaluate_timeout_ms, client->endorser_timeout_ms);
    or_given(&options->endorse_timeout_ms, client->endorser_timeout_ms);
    or_given(&options->submit_timeout_ms, client->orderer_timeout_ms);
    or_given(&options->commit_status_timeout_ms, client->event_hub_timeout_ms);
}

heddle_status heddle_profile_open_gateway(const heddle_profile *profile, const char *org_name,
                                          const heddle_gateway_options *given, heddle_gateway **out,
                                          heddle_error *err)
{
    heddle_gateway_options options = {.size = sizeof(options)};
    struct borrowed b = {0};
    bool plaintext = false;
    const heddle_profile_org *org = heddle_profile_get_org(profile, org_name);
    if (!org)
        return fail_org(profile, org_name, err);
    BASE_TRY(client_options_copy(&options, sizeof(options), given, "HEDDLE_GATEWAY_OPTIONS", err));
    options.size = sizeof(options);
    heddle_status status = borrow_peers(org, &b, &plaintext, err);
    if (status == HEDDLE_OK) {
        fill_options(profile, org, &b, plaintext, &options);
        status = heddle_gateway_open(&options, out, err);
    }
    borrowed_done(&b);
    return status;
}

/* The direct path. */

typedef heddle_status add_fn(heddle_network *network, const heddle_node *node, heddle_error *err);

static heddle_status add_node(heddle_network *network, const heddle_profile_node *from, add_fn *add,
                              heddle_error *err)
{
    heddle_node node = HEDDLE_NODE(from->address);
    node.mspid = from->mspid;
    node.tls_roots_pem = from->plaintext ? (heddle_view){0} : from->tls_roots_pem;
    node.plaintext = from->plaintext;
    node.name_override = from->name_override;
    return add(network, &node, err);
}

static heddle_status add_nodes(heddle_network *network, const heddle_profile *profile,
                               const char *own_mspid, bool all_peers, heddle_error *err)
{
    for (size_t i = 0; i < profile->peers.count; i++) {
        const heddle_profile_node *peer = &profile->peers.items[i];
        bool is_own = peer->mspid && strcmp(peer->mspid, own_mspid) == 0;
        if (!peer->is_ignored && (is_own || all_peers))
            BASE_TRY(add_node(network, peer, heddle_network_add_peer, err));
    }
    for (size_t i = 0; all_peers && i < profile->orderers.count; i++)
        if (!profile->orderers.items[i].is_ignored)
            BASE_TRY(
                add_node(network, &profile->orderers.items[i], heddle_network_add_orderer, err));
    return HEDDLE_OK;
}

/* Discovery gives the names that the profile's nodes have in their own certificates. */
static heddle_status map_hosts(heddle_network *network, const profile_nodes *nodes,
                               heddle_error *err)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const heddle_profile_node *node = &nodes->items[i];
        const char *port = strrchr(node->address, ':');
        if (strncmp(node->name, node->address, (size_t)(port - node->address)) != 0)
            BASE_TRY(heddle_network_map_host(network, node->name, node->address, err));
    }
    return HEDDLE_OK;
}

heddle_status heddle_profile_network(const heddle_profile *profile, heddle_identity *identity,
                                     bool all_peers, heddle_network **out, heddle_error *err)
{
    heddle_network *network = NULL;
    if (!identity)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "profile: the identity is NULL");
    BASE_TRY(heddle_network_new(identity, &network, err));
    heddle_status status =
        add_nodes(network, profile, heddle_identity_mspid(identity), all_peers, err);
    if (status == HEDDLE_OK && !all_peers)
        status = map_hosts(network, &profile->peers, err);
    if (status == HEDDLE_OK && !all_peers)
        status = map_hosts(network, &profile->orderers, err);
    if (status) {
        heddle_network_free(network);
        return status;
    }
    *out = network;
    return HEDDLE_OK;
}

/* Hosts that the profile does not list. */

static heddle_status give_text(const char *text, heddle_bytes *out, heddle_error *err)
{
    base_auto_buffer base_buffer buf = {0};
    if (text && base_buffer_append_str(&buf, text))
        return base_fail_memory(err, "address");
    return client_bytes_give(&buf, out, err);
}

static heddle_status give_match(const heddle_profile *profile, const profile_nodes *nodes,
                                const profile_match *match, const char *address, base_arena *arena,
                                heddle_bytes *out, heddle_bytes *out_override, heddle_error *err)
{
    const heddle_profile_node *mapped =
        match->mapped ? profile_find_node(nodes, match->mapped) : NULL;
    const char *to = match->address && *match->address ? match->address
                     : mapped                          ? mapped->address
                                                       : address;
    profile_target target = {.name_override = match->name_override};
    heddle_bytes given = {0};
    const char *wrong = profile_parse_url(to, false, arena, &target);
    if (wrong)
        return base_fail(err, HEDDLE_E_CONFIG, "entityMatchers send %s to \"%s\": %s", address, to,
                         wrong);
    if (profile->as_localhost && !profile_to_localhost(arena, &target))
        return base_fail_memory(err, "address");
    BASE_TRY(give_text(target.address, &given, err));
    heddle_status status =
        out_override ? give_text(target.name_override, out_override, err) : HEDDLE_OK;
    if (status)
        heddle_bytes_done(&given);
    else
        *out = given;
    return status;
}

static heddle_status map(const heddle_profile *profile, const profile_matchers *matchers,
                         const profile_nodes *nodes, const char *address, heddle_bytes *out,
                         heddle_bytes *out_override, heddle_error *err)
{
    base_auto(arena) base_arena *arena = base_arena_new(0);
    profile_match match = {0};
    heddle_status status = HEDDLE_OK;
    if (!address)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "profile: the address is NULL");
    if (!arena || (!profile_matchers_find(matchers, address, arena, &match, &status) && status))
        return base_fail_memory(err, "address");
    if (!match.address && !match.mapped)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "profile: no entityMatcher matches %s", address);
    return give_match(profile, nodes, &match, address, arena, out, out_override, err);
}

heddle_status heddle_profile_map_peer(const heddle_profile *profile, const char *address,
                                      heddle_bytes *out, heddle_bytes *out_override,
                                      heddle_error *err)
{
    return map(profile, &profile->peer_matchers, &profile->peers, address, out, out_override, err);
}

heddle_status heddle_profile_map_orderer(const heddle_profile *profile, const char *address,
                                         heddle_bytes *out, heddle_bytes *out_override,
                                         heddle_error *err)
{
    return map(profile, &profile->orderer_matchers, &profile->orderers, address, out, out_override,
               err);
}
