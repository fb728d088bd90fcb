#include "devnet/peer/discovery.h"

#include "base/fail.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "devnet/fault/gate.h"
#include "devnet/peer/layout.h"
#include "wire/services.h"

enum { REQUEST_BYTES = 64 * 1024 * 1024, MAX_QUERIES = 64 };

/* Answers borrow of the configurations that they were found in. */
typedef struct held_bundles {
    wire_bundle *items[MAX_QUERIES];
    size_t count;
} held_bundles;

static void release_bundles(held_bundles *held)
{
    for (size_t i = 0; i < held->count; i++)
        wire_bundle_unref(held->items[i]);
}

/* A request whose structure is right. */
typedef struct discovery {
    const dn_local *local;
    const dn_core *core;               /* the channel of the query at hand; NULL: it has none */
    const wire_bundle *bundle;         /* the channel's */
    const dn_members *members;         /* of the channel, or else of the network */
    const dn_definitions *definitions; /* of the channel */
    held_bundles *held;
    base_arena *arena;
    wire_signed signed_by;
    Discovery__Request *request;
} discovery;

typedef Discovery__QueryResult answer;

/* Under TLS a request names the certificate of the connection it comes over, by the hash of
 * its DER form; Fabric's discover tool sends the hash of the PEM text. */
static heddle_status check_binding(rpc_server_call *call, const Discovery__AuthInfo *auth,
                                   heddle_error *err)
{
    base_auto(crypto_cert) crypto_cert *cert = NULL;
    heddle_view pem = rpc_server_call_client_cert(call);
    if (!pem.len || crypto_cert_parse(pem, &cert, NULL) != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_DENIED, "client didn't send a TLS certificate");
    uint8_t of_text[CRYPTO_SHA256_LEN];
    heddle_view claimed = wire_view(auth->client_tls_cert_hash);
    BASE_TRY(crypto_sha256(pem, of_text));
    if (!base_view_equal(claimed, heddle_view_of(crypto_cert_sha256(cert), CRYPTO_SHA256_LEN)) &&
        !base_view_equal(claimed, heddle_view_of(of_text, sizeof(of_text))))
        return base_fail(
            err, HEDDLE_E_DENIED,
            "client claimed TLS hash doesn't match computed TLS hash from gRPC stream");
    return HEDDLE_OK;
}

static heddle_status read_request(rpc_server_call *call, discovery *d, heddle_error *err)
{
    Discovery__SignedRequest *outer;
    heddle_view bytes = rpc_bytes_view(rpc_server_call_request(call));
    BASE_TRY(wire_decode(discovery__signed_request, bytes, d->arena, &outer, err));
    heddle_status status =
        wire_decode(discovery__request, wire_view(outer->payload), d->arena, &d->request, err);
    if (status != HEDDLE_OK) {
        base_error_prefix(err, "failed parsing request");
        return status;
    }
    const Discovery__AuthInfo *auth = d->request->authentication;
    if (!auth)
        return base_fail(err, HEDDLE_E_DENIED, "access denied, no authentication info in request");
    if (!auth->client_identity.len)
        return base_fail(err, HEDDLE_E_DENIED, "access denied, client identity wasn't supplied");
    if (d->request->n_queries > MAX_QUERIES)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d queries in a request", MAX_QUERIES);
    d->signed_by = (wire_signed){.data = {wire_view(outer->payload)},
                                 .identity = wire_view(auth->client_identity),
                                 .signature = wire_view(outer->signature)};
    return check_binding(call, auth, err);
}

static heddle_status add_msp(const discovery *d, const wire_org *org, Discovery__ConfigResult *out,
                             heddle_error *err)
{
    for (size_t i = 0; i < out->n_msps; i++) {
        if (!strcmp(out->msps[i]->key, org->mspid))
            return HEDDLE_OK;
    }
    Discovery__ConfigResult__MspsEntry *entry =
        wire_new(discovery__config_result__msps_entry, d->arena);
    if (!entry)
        return base_arena_fail(d->arena, err, "configuration");
    entry->key = wire_text(org->mspid);
    entry->value = (Msp__FabricMSPConfig *)(uintptr_t)org->msp;
    out->msps[out->n_msps++] = entry;
    return HEDDLE_OK;
}

static heddle_status add_endpoint(const discovery *d, const char *address,
                                  Discovery__Endpoints *out, heddle_error *err)
{
    const char *colon = strrchr(address, ':');
    uint64_t port;
    if (!colon || !base_parse_u64(heddle_view_str(colon + 1), &port))
        return HEDDLE_OK;
    Discovery__Endpoint *endpoint = wire_new(discovery__endpoint, d->arena);
    if (!endpoint)
        return base_arena_fail(d->arena, err, "configuration");
    endpoint->host = base_arena_str(d->arena, heddle_view_of(address, (size_t)(colon - address)));
    endpoint->port = (uint32_t)port;
    if (!endpoint->host)
        return base_arena_fail(d->arena, err, "configuration");
    out->endpoint[out->n_endpoint++] = endpoint;
    return HEDDLE_OK;
}

/* An orderer organisation with its own endpoints, or else with those of the global list. */
static heddle_status add_orderers(const discovery *d, const wire_channel_config *config,
                                  const wire_org *org, Discovery__ConfigResult *out,
                                  heddle_error *err)
{
    Discovery__ConfigResult__OrderersEntry *entry =
        wire_new(discovery__config_result__orderers_entry, d->arena);
    Discovery__Endpoints *endpoints = wire_new(discovery__endpoints, d->arena);
    if (endpoints)
        endpoints->endpoint =
            base_arena_zalloc(d->arena, config->orderer_count + 1, sizeof(*endpoints->endpoint));
    if (!entry || !endpoints || !endpoints->endpoint)
        return base_arena_fail(d->arena, err, "configuration");
    for (size_t i = 0; i < config->orderer_count; i++) {
        const wire_orderer *orderer = &config->orderers[i];
        if (!orderer->org || orderer->org == org)
            BASE_TRY(add_endpoint(d, orderer->address, endpoints, err));
    }
    entry->key = wire_text(org->mspid);
    entry->value = endpoints;
    out->orderers[out->n_orderers++] = entry;
    return HEDDLE_OK;
}

static heddle_status query_config(const discovery *d, const Discovery__Query *query, answer *out,
                                  heddle_error *err)
{
    (void)query;
    const wire_channel_config *config = wire_bundle_config(d->bundle);
    Discovery__ConfigResult *result = wire_new(discovery__config_result, d->arena);
    size_t orgs = config->application_org_count + config->orderer_org_count;
    if (!result)
        return base_arena_fail(d->arena, err, "configuration");
    result->msps = base_arena_zalloc(d->arena, orgs + 1, sizeof(*result->msps));
    result->orderers = base_arena_zalloc(d->arena, orgs + 1, sizeof(*result->orderers));
    if (!result->msps || !result->orderers)
        return base_arena_fail(d->arena, err, "configuration");
    for (size_t i = 0; i < config->orderer_org_count; i++) {
        BASE_TRY(add_msp(d, &config->orderer_orgs[i], result, err));
        BASE_TRY(add_orderers(d, config, &config->orderer_orgs[i], result, err));
    }
    for (size_t i = 0; i < config->application_org_count; i++)
        BASE_TRY(add_msp(d, &config->application_orgs[i], result, err));
    out->result_case = DISCOVERY__QUERY_RESULT__RESULT_CONFIG_RESULT;
    out->config_result = result;
    return HEDDLE_OK;
}

/* Peers as they are asked for: all that are not left out. */
typedef struct selection {
    bool with_state;
    const bool *excluded;
} selection;

static heddle_status peers_of_org(const discovery *d, const char *mspid, selection which,
                                  Discovery__Peers **out, heddle_error *err)
{
    const dn_members *members = d->members;
    Discovery__Peers *peers = wire_new(discovery__peers, d->arena);
    if (!peers)
        return base_arena_fail(d->arena, err, "peers");
    peers->peers = base_arena_zalloc(d->arena, members->count + 1, sizeof(*peers->peers));
    if (!peers->peers)
        return base_arena_fail(d->arena, err, "peers");
    for (size_t i = 0; i < members->count; i++) {
        if (strcmp(members->items[i].endpoint->msp_id, mspid) != 0 || which.excluded[i])
            continue;
        BASE_TRY(dn_member_describe(members, i, which.with_state, d->arena,
                                    &peers->peers[peers->n_peers], err));
        peers->n_peers++;
    }
    *out = peers;
    return HEDDLE_OK;
}

static heddle_status add_org(const discovery *d, const char *mspid, selection which,
                             Discovery__PeerMembershipResult *result, heddle_error *err)
{
    Discovery__PeerMembershipResult__PeersByOrgEntry *entry =
        wire_new(discovery__peer_membership_result__peers_by_org_entry, d->arena);
    if (!entry)
        return base_arena_fail(d->arena, err, "peers");
    entry->key = wire_text(mspid);
    BASE_TRY(peers_of_org(d, mspid, which, &entry->value, err));
    result->peers_by_org[result->n_peers_by_org++] = entry;
    return HEDDLE_OK;
}

static heddle_status list_members(const discovery *d, selection which, answer *out,
                                  heddle_error *err)
{
    const dn_material *material = d->local->topology->material;
    const wire_channel_config *config = d->core ? wire_bundle_config(d->bundle) : NULL;
    size_t count = config ? config->application_org_count : material->org_count;
    Discovery__PeerMembershipResult *result = wire_new(discovery__peer_membership_result, d->arena);
    if (!result)
        return base_arena_fail(d->arena, err, "peers");
    result->peers_by_org = base_arena_zalloc(d->arena, count + 1, sizeof(*result->peers_by_org));
    if (!result->peers_by_org)
        return base_arena_fail(d->arena, err, "peers");
    for (size_t i = 0; i < count; i++)
        BASE_TRY(add_org(d, config ? config->application_orgs[i].mspid : material->orgs[i].msp_id,
                         which, result, err));
    out->result_case = DISCOVERY__QUERY_RESULT__RESULT_MEMBERS;
    out->members = result;
    return HEDDLE_OK;
}

/* Every peer of the network. */
static heddle_status query_local(const discovery *d, answer *out, heddle_error *err)
{
    bool *excluded;
    BASE_TRY(dn_layouts_exclude(d->members, NULL, NULL, d->arena, &excluded, err));
    return list_members(d, (selection){.excluded = excluded}, out, err);
}

/* With a filter: the peers that run these chaincodes and may have the private data. */
static heddle_status query_peers(const discovery *d, const Discovery__Query *query, answer *out,
                                 heddle_error *err)
{
    const dn_core *core = d->core;
    const Protos__ChaincodeInterest *filter = query->peer_query->filter;
    bool *excluded = NULL;
    for (size_t i = 0; filter && i < filter->n_chaincodes; i++) {
        const char *name = filter->chaincodes[i]->name;
        if (!dn_definitions_find(d->definitions, heddle_view_str(name)))
            return base_fail(err, HEDDLE_E_NOT_FOUND,
                             "No metadata was found for chaincode %s in channel %s", name,
                             core->channel->name);
    }
    BASE_TRY(dn_layouts_exclude(d->members, d->definitions, filter, d->arena, &excluded, err));
    return list_members(d, (selection){.with_state = true, .excluded = excluded}, out, err);
}

static heddle_status check_interests(const Discovery__ChaincodeQuery *query, heddle_error *err)
{
    if (!query->n_interests)
        return base_fail(err, HEDDLE_E_REFUSED,
                         "chaincode query must have at least one chaincode interest");
    for (size_t i = 0; i < query->n_interests; i++) {
        const Protos__ChaincodeInterest *interest = query->interests[i];
        if (!interest->n_chaincodes)
            return base_fail(err, HEDDLE_E_REFUSED,
                             "chaincode interest must contain at least one chaincode");
        for (size_t k = 0; k < interest->n_chaincodes; k++) {
            if (!*interest->chaincodes[k]->name)
                return base_fail(err, HEDDLE_E_REFUSED,
                                 "chaincode name in interest cannot be empty");
        }
    }
    return HEDDLE_OK;
}

/* An interest as a peer prints it. */
static heddle_status print_interest(const Protos__ChaincodeInterest *interest, base_buffer *out)
{
    for (size_t i = 0; i < interest->n_chaincodes; i++) {
        const Protos__ChaincodeCall *call = interest->chaincodes[i];
        BASE_TRY(base_buffer_printf(out, "chaincodes:<name:\"%s\" ", call->name));
        for (size_t k = 0; k < call->n_collection_names; k++)
            BASE_TRY(
                base_buffer_printf(out, "collection_names:\"%s\" ", call->collection_names[k]));
        if (call->no_private_reads)
            BASE_TRY(base_buffer_append_str(out, "no_private_reads:true "));
        if (call->disregard_namespace_policy)
            BASE_TRY(base_buffer_append_str(out, "disregard_namespace_policy:true "));
        BASE_TRY(base_buffer_append_str(out, "> "));
    }
    return base_buffer_append_byte(out, 0);
}

static heddle_status not_constructed(const Protos__ChaincodeInterest *interest, heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    if (print_interest(interest, &text) != HEDDLE_OK)
        return base_fail_memory(err, "descriptor");
    return base_fail(err, HEDDLE_E_POLICY, "failed constructing descriptor for %s",
                     (const char *)text.data);
}

static heddle_status query_chaincodes(const discovery *d, const Discovery__Query *query,
                                      answer *out, heddle_error *err)
{
    const Discovery__ChaincodeQuery *wanted = query->cc_query;
    Discovery__ChaincodeQueryResult *result = wire_new(discovery__chaincode_query_result, d->arena);
    BASE_TRY(check_interests(wanted, err));
    if (!result)
        return base_arena_fail(d->arena, err, "descriptors");
    result->content =
        base_arena_zalloc(d->arena, wanted->n_interests + 1, sizeof(*result->content));
    if (!result->content)
        return base_arena_fail(d->arena, err, "descriptors");
    for (size_t i = 0; i < wanted->n_interests; i++) {
        const Protos__ChaincodeInterest *interest = wanted->interests[i];
        if (dn_layouts_compute(d->members, d->bundle, d->definitions, interest, d->arena,
                               &result->content[i], NULL) != HEDDLE_OK)
            return not_constructed(interest, err);
        result->n_content++;
    }
    out->result_case = DISCOVERY__QUERY_RESULT__RESULT_CC_QUERY_RES;
    out->cc_query_res = result;
    return HEDDLE_OK;
}

/* Queries of a channel are for its writers, those of the peer for its administrators. */
static bool is_eligible(const discovery *d, const char *channel)
{
    base_auto(crypto_identity) crypto_identity *who = NULL;
    if (*channel)
        return d->core && wire_bundle_evaluate(d->bundle, "/Channel/Application/Writers",
                                               &d->signed_by, 1, NULL) == HEDDLE_OK;
    return wire_bundle_verify(d->local->bundle, &d->signed_by, &who, NULL) == HEDDLE_OK &&
           crypto_identity_has_role(who, CRYPTO_ROLE_ADMIN, NULL) == HEDDLE_OK;
}

static heddle_status dispatch(const discovery *of_all, const Discovery__Query *query, answer *out,
                              heddle_error *err)
{
    bool is_local = !*query->channel;
    discovery d = *of_all;
    d.core = is_local ? NULL : dn_local_find(d.local, heddle_view_str(query->channel));
    d.members = d.core ? d.core->members : d.local->members;
    base_auto(dn_definitions) dn_definitions *definitions =
        d.core ? dn_ledger_definitions(d.core->ledger) : NULL;
    d.definitions = definitions;
    if (d.core) {
        d.bundle = dn_config_holder_acquire(d.core->channel->config);
        d.held->items[d.held->count++] = (wire_bundle *)(uintptr_t)d.bundle;
    }
    if (!is_eligible(&d, query->channel))
        return base_fail(err, HEDDLE_E_DENIED, "access denied");
    if (is_local && query->query_case == DISCOVERY__QUERY__QUERY_LOCAL_PEERS)
        return query_local(&d, out, err);
    if (!is_local && query->query_case == DISCOVERY__QUERY__QUERY_CONFIG_QUERY)
        return query_config(&d, query, out, err);
    if (!is_local && query->query_case == DISCOVERY__QUERY__QUERY_PEER_QUERY)
        return query_peers(&d, query, out, err);
    if (!is_local && query->query_case == DISCOVERY__QUERY__QUERY_CC_QUERY)
        return query_chaincodes(&d, query, out, err);
    return base_fail(err, HEDDLE_E_REFUSED, "unknown or missing request type");
}

static heddle_status answer_query(const discovery *d, const Discovery__Query *query, answer **out,
                                  heddle_error *err)
{
    answer *made = wire_new(discovery__query_result, d->arena);
    heddle_error why;
    if (!made)
        return base_arena_fail(d->arena, err, "discovery");
    if (dispatch(d, query, made, &why) != HEDDLE_OK) {
        Discovery__Error *error = wire_new(discovery__error, d->arena);
        char *text = base_arena_strdup(d->arena, why.message);
        if (!error || !text)
            return base_arena_fail(d->arena, err, "discovery");
        error->content = text;
        made->result_case = DISCOVERY__QUERY_RESULT__RESULT_ERROR;
        made->error = error;
    }
    *out = made;
    return HEDDLE_OK;
}

static heddle_status answer_all(const discovery *d, base_buffer *out, heddle_error *err)
{
    Discovery__Response response = DISCOVERY__RESPONSE__INIT;
    size_t count = d->request->n_queries;
    response.results = base_arena_zalloc(d->arena, count + 1, sizeof(*response.results));
    if (!response.results)
        return base_arena_fail(d->arena, err, "discovery");
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(answer_query(d, d->request->queries[i], &response.results[i], err));
        response.n_results++;
    }
    return wire_encode(&response.base, out, err);
}

static void answer_request(rpc_server_call *call, void *user)
{
    base_auto(arena) base_arena *arena = base_arena_new(REQUEST_BYTES);
    base_auto_buffer base_buffer bytes = {0};
    __attribute__((cleanup(release_bundles))) held_bundles held = {.count = 0};
    discovery d = {.local = user, .held = &held, .arena = arena};
    heddle_error err;
    heddle_status status =
        arena ? read_request(call, &d, &err) : base_fail_memory(&err, "discovery");
    if (status == HEDDLE_OK)
        status = answer_all(&d, &bytes, &err);
    if (status == HEDDLE_OK)
        rpc_server_call_reply(call, base_buffer_view(&bytes));
    else
        rpc_server_call_fail(call, RPC_UNKNOWN, err.message);
}

static void discover(rpc_server_call *call, void *user)
{
    const dn_local *local = user;
    dn_gate_pass(local->faults, local->node->name, "Discover", call, answer_request, user);
}

rpc_method dn_discovery_method(const dn_local *local)
{
    return (rpc_method){.path = WIRE_DISCOVERY_DISCOVER,
                        .kind = RPC_METHOD_UNARY,
                        .handler = discover,
                        .user = (void *)(uintptr_t)local};
}
