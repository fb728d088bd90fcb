#include "devnet/peer/members.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/fail.h"
#include "crypto/digest.h"
#include "devnet/lifecycle/runner.h"
#include "devnet/peer/peer.h"
#include "gossip/message.pb-c.h"
#include "wire/identity.h"

void dn_members_free(const dn_members *members)
{
    if (!members)
        return;
    for (size_t i = 0; i < members->count; i++) {
        dn_signer_free(members->items[i].signer);
        crypto_identity_unref(members->items[i].identity);
    }
    base_free(members->items);
    base_free((dn_members *)(uintptr_t)members);
}

static const dn_node *find_node(const dn_material *material, const char *name)
{
    for (size_t o = 0; o < material->org_count; o++) {
        const dn_org *org = &material->orgs[o];
        for (size_t n = 0; n < org->node_count; n++) {
            if (!strcmp(org->nodes[n].name, name))
                return &org->nodes[n];
        }
    }
    return NULL;
}

static heddle_status load(const dn_members *members, size_t index, dn_member *out,
                          heddle_error *err)
{
    const dn_topology *topology = members->local->topology;
    const dn_endpoint *endpoint = &topology->peers[index];
    const dn_node *node = find_node(topology->material, endpoint->name);
    wire_identity id;
    if (!node)
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no material of %s", endpoint->name);
    out->endpoint = endpoint;
    BASE_TRY(dn_signer_load(node->msp_dir, node->msp_id, &out->signer, err));
    heddle_view identity = dn_signer_identity(out->signer);
    BASE_TRY(wire_identity_read(identity, &id, err));
    heddle_view parts[] = {id.mspid, id.cert};
    BASE_TRY(crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), out->pki_id));
    return dn_peer_identify(topology->nodes[index], &out->identity, err);
}

heddle_status dn_members_new(const dn_local *local, const dn_core *core, const dn_members **out,
                             heddle_error *err)
{
    size_t count = local->topology->peer_count;
    dn_members *made = base_calloc(1, sizeof(*made));
    if (!made)
        return base_fail_memory(err, "members");
    *made = (dn_members){
        .local = local, .core = core, .items = base_calloc(count + 1, sizeof(dn_member))};
    heddle_status status = made->items ? HEDDLE_OK : base_fail_memory(err, "members");
    for (; made->count < count && status == HEDDLE_OK; made->count++)
        status = load(made, made->count, &made->items[made->count], err);
    if (status != HEDDLE_OK)
        dn_members_free(made);
    else
        *out = made;
    return status;
}

/** The channel on a member; NULL: it is not on it. */
static const dn_core *core_of(const dn_members *members, size_t index)
{
    const dn_peer *peer = members->local->topology->nodes[index];
    return dn_peer_find(peer, heddle_view_str(members->core->channel->name));
}

bool dn_member_is_joined(const dn_members *members, size_t index)
{
    crypto_identity *known;
    if (!members->core)
        return true;
    base_auto(wire_bundle) wire_bundle *bundle =
        dn_config_holder_acquire(members->core->channel->config);
    heddle_view identity = dn_signer_identity(members->items[index].signer);
    if (wire_bundle_identify(bundle, identity, &known, NULL) != HEDDLE_OK)
        return false;
    crypto_identity_unref(known);
    return core_of(members, index) != NULL;
}

static heddle_status seal(const dn_member *member, Gossip__GossipMessage *message,
                          base_arena *arena, Gossip__Envelope **out, heddle_error *err)
{
    heddle_view payload;
    crypto_signature signature;
    Gossip__Envelope *envelope = wire_new(gossip__envelope, arena);
    if (!envelope)
        return base_arena_fail(arena, err, "peer");
    BASE_TRY(wire_encode_arena(&message->base, arena, &payload, err));
    BASE_TRY(dn_signer_sign(member->signer, &payload, 1, &signature, err));
    heddle_view kept = base_arena_view(arena, crypto_signature_view(&signature));
    if (!kept.data)
        return base_arena_fail(arena, err, "peer");
    envelope->payload = wire_bytes(payload);
    envelope->signature = wire_bytes(kept);
    *out = envelope;
    return HEDDLE_OK;
}

static Gossip__PeerTime time_of(const dn_local *local)
{
    Gossip__PeerTime time = GOSSIP__PEER_TIME__INIT;
    base_wall_time now = base_wall_now();
    time.inc_num = local->started_ns;
    time.seq_num = (uint64_t)now.seconds * 1000000000 + (uint64_t)now.nanos;
    return time;
}

static heddle_status describe_membership(const dn_members *members, const dn_member *member,
                                         base_arena *arena, Gossip__Envelope **out,
                                         heddle_error *err)
{
    Gossip__GossipMessage message = GOSSIP__GOSSIP_MESSAGE__INIT;
    Gossip__AliveMessage alive = GOSSIP__ALIVE_MESSAGE__INIT;
    Gossip__Member who = GOSSIP__MEMBER__INIT;
    Gossip__PeerTime time = time_of(members->local);
    who.endpoint = wire_text(member->endpoint->address);
    who.pki_id = wire_bytes(heddle_view_of(member->pki_id, sizeof(member->pki_id)));
    alive.membership = &who;
    alive.timestamp = &time;
    message.tag = GOSSIP__GOSSIP_MESSAGE__TAG__EMPTY;
    message.content_case = GOSSIP__GOSSIP_MESSAGE__CONTENT_ALIVE_MSG;
    message.alive_msg = &alive;
    return seal(member, &message, arena, out, err);
}

static heddle_status add_chaincode(const char *name, uint64_t sequence, base_arena *arena,
                                   Gossip__Properties *out, heddle_error *err)
{
    Gossip__Chaincode *chaincode = wire_new(gossip__chaincode, arena);
    if (!chaincode)
        return base_arena_fail(arena, err, "peer");
    chaincode->name = base_arena_strdup(arena, name);
    chaincode->version = base_arena_printf(arena, "%llu", (unsigned long long)sequence);
    if (!chaincode->name || !chaincode->version)
        return base_arena_fail(arena, err, "peer");
    out->chaincodes[out->n_chaincodes++] = chaincode;
    return HEDDLE_OK;
}

/* Those that the peer can run. A chaincode's version in gossip is the sequence of its definition.
 */
static heddle_status list_chaincodes(const dn_core *core, base_arena *arena,
                                     Gossip__Properties *out, heddle_error *err)
{
    base_auto(dn_definitions) dn_definitions *definitions = dn_ledger_definitions(core->ledger);
    size_t count = dn_definitions_count(definitions);
    out->chaincodes = base_arena_zalloc(arena, count + 1, sizeof(*out->chaincodes));
    if (!out->chaincodes)
        return base_arena_fail(arena, err, "peer");
    for (size_t i = 0; i < count; i++) {
        const dn_definition *d = dn_definitions_at(definitions, i);
        if (dn_runner_exists(core->local->installs, d))
            BASE_TRY(add_chaincode(d->name, d->sequence, arena, out, err));
    }
    return add_chaincode("_lifecycle", 1, arena, out, err);
}

bool dn_member_runs(const dn_members *members, size_t index, heddle_view chaincode)
{
    const dn_core *core = core_of(members, index);
    if (!core)
        return false;
    base_auto(dn_definitions) dn_definitions *definitions = dn_ledger_definitions(core->ledger);
    const dn_definition *d = dn_definitions_find(definitions, chaincode);
    return d && dn_runner_exists(core->local->installs, d);
}

static heddle_status describe_state(const dn_members *members, size_t index, base_arena *arena,
                                    Gossip__Envelope **out, heddle_error *err)
{
    const dn_core *core = members->core;
    const dn_member *member = &members->items[index];
    Gossip__GossipMessage message = GOSSIP__GOSSIP_MESSAGE__INIT;
    Gossip__StateInfo state = GOSSIP__STATE_INFO__INIT;
    Gossip__Properties properties = GOSSIP__PROPERTIES__INIT;
    Gossip__PeerTime time = time_of(members->local);
    uint8_t mac[CRYPTO_SHA256_LEN];
    heddle_view pki_id = heddle_view_of(member->pki_id, sizeof(member->pki_id));
    heddle_view parts[] = {pki_id, heddle_view_str(core->channel->name)};
    BASE_TRY(crypto_digest_parts(CRYPTO_SHA256, parts, BASE_COUNT(parts), mac));
    const dn_core *theirs = core_of(members, index);
    if (theirs)
        BASE_TRY(list_chaincodes(theirs, arena, &properties, err));
    properties.ledger_height = dn_faults_height(core->channel->faults, member->endpoint->name,
                                                theirs ? dn_blockstore_height(theirs->blocks) : 0);
    state.timestamp = &time;
    state.pki_id = wire_bytes(pki_id);
    state.channel_mac = wire_bytes(heddle_view_of(mac, sizeof(mac)));
    state.properties = &properties;
    message.tag = GOSSIP__GOSSIP_MESSAGE__TAG__CHAN_OR_ORG;
    message.content_case = GOSSIP__GOSSIP_MESSAGE__CONTENT_STATE_INFO;
    message.state_info = &state;
    return seal(member, &message, arena, out, err);
}

heddle_status dn_member_describe(const dn_members *members, size_t index, bool with_state,
                                 base_arena *arena, Discovery__Peer **out, heddle_error *err)
{
    const dn_member *member = &members->items[index];
    Discovery__Peer *peer = wire_new(discovery__peer, arena);
    if (!peer)
        return base_arena_fail(arena, err, "peer");
    peer->identity = wire_bytes(dn_signer_identity(member->signer));
    BASE_TRY(describe_membership(members, member, arena, &peer->membership_info, err));
    if (with_state)
        BASE_TRY(describe_state(members, index, arena, &peer->state_info, err));
    *out = peer;
    return HEDDLE_OK;
}
