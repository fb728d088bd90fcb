#include <string.h>

#include "common/common.pb-c.h"
#include "common/configtx.pb-c.h"
#include "fakes.h"
#include "orderer/configuration.pb-c.h"
#include "support/fixture.h"
#include "wire/codec.h"
#include "wire/reader.h"

static void pb_nested(base_buffer *out, unsigned field, base_buffer *inner)
{
    pb_bytes(out, field, base_buffer_view(inner));
    base_buffer_done(inner);
}

/* gossip.Envelope of a GossipMessage with @p content as its field @p kind. */
static void put_gossip(base_buffer *out, unsigned field, unsigned kind, base_buffer *content)
{
    base_buffer message = {0}, envelope = {0};
    pb_nested(&message, kind, content);
    pb_nested(&envelope, 1, &message);
    pb_nested(out, field, &envelope);
}

static void put_state(base_buffer *out, const bed_peer *peer)
{
    base_buffer properties = {0}, state = {0};
    pb_number(&properties, 1, peer->height);
    if (!peer->lacks_basic) {
        base_buffer chaincode = {0};
        pb_text(&chaincode, 1, "basic");
        pb_text(&chaincode, 2, "1.0");
        pb_nested(&properties, 3, &chaincode);
    }
    pb_nested(&state, 5, &properties);
    put_gossip(out, 1, 15, &state);
}

static void put_peer(base_buffer *out, const bed_peer *peer)
{
    base_buffer whole = {0}, member = {0}, alive = {0}, identity = {0};
    put_state(&whole, peer);
    pb_text(&member, 1, peer->endpoint);
    pb_nested(&alive, 1, &member);
    put_gossip(&whole, 2, 5, &alive);
    pb_text(&identity, 1, peer->mspid);
    pb_nested(&whole, 3, &identity);
    pb_nested(out, 1, &whole);
}

static bool is_of(const bed_peer *peer, const char *mspid)
{
    return !peer->is_absent && strcmp(peer->mspid, mspid) == 0;
}

static const char *const orgs[] = {"Org1MSP", "Org2MSP"};

/* A map entry: an organisation's name and its peers; with @p basic those that have it. */
static void put_org(bed *b, base_buffer *out, unsigned field, const char *mspid, bool basic)
{
    base_buffer entry = {0}, peers = {0};
    for (size_t i = 0; i < b->peer_count; i++)
        if (is_of(&b->peers[i], mspid) && !(basic && b->peers[i].lacks_basic))
            put_peer(&peers, &b->peers[i]);
    pb_text(&entry, 1, mspid);
    pb_nested(&entry, 2, &peers);
    pb_nested(out, field, &entry);
}

static void put_members(bed *b, base_buffer *result)
{
    base_buffer members = {0};
    for (size_t i = 0; i < 2; i++)
        put_org(b, &members, 1, orgs[i], false);
    pb_nested(result, 4, &members);
}

static void put_config(bed *b, base_buffer *result)
{
    base_buffer config = {0}, entry = {0}, endpoints = {0};
    for (size_t i = 0; i < b->orderer_count; i++) {
        base_buffer endpoint = {0};
        pb_text(&endpoint, 1, "127.0.0.1");
        pb_number(&endpoint, 2, b->orderers[i].port);
        pb_nested(&endpoints, 1, &endpoint);
    }
    pb_text(&entry, 1, "OrdererMSP");
    pb_nested(&entry, 2, &endpoints);
    pb_nested(&config, 2, &entry);
    pb_nested(result, 2, &config);
}

static void put_layout(bed *b, base_buffer *descriptor, size_t index)
{
    base_buffer layout = {0};
    for (size_t i = 0; i < 2; i++) {
        if (!b->layouts[index][i])
            continue;
        base_buffer entry = {0};
        pb_text(&entry, 1, orgs[i]);
        pb_number(&entry, 2, b->layouts[index][i]);
        pb_nested(&layout, 1, &entry);
    }
    pb_nested(descriptor, 3, &layout);
}

static void put_error(base_buffer *result, const char *text)
{
    base_buffer error = {0};
    pb_text(&error, 1, text);
    pb_nested(result, 1, &error);
}

static void put_endorsers(bed *b, base_buffer *result)
{
    base_buffer descriptor = {0}, answer = {0};
    pb_text(&descriptor, 1, "basic");
    for (size_t i = 0; i < 2; i++)
        put_org(b, &descriptor, 2, orgs[i], true);
    for (size_t i = 0; i < b->layout_count; i++)
        put_layout(b, &descriptor, i);
    pb_nested(&answer, 1, &descriptor);
    pb_nested(result, 3, &answer);
}

/* Whether the first call of the interest waives private reads: field 3 of a ChaincodeCall. */
static bool waives_private_reads(heddle_view query)
{
    heddle_view interest, call;
    if (!wire_field_find(query, 1, &interest) || !wire_field_find(interest, 1, &call))
        return false;
    wire_reader reader = wire_reader_of(call);
    wire_field field;
    while (wire_reader_next(&reader, &field))
        if (field.number == 3)
            return field.varint != 0;
    return false;
}

static bool names_unknown_chaincode(heddle_view query)
{
    heddle_view interest, call, name;
    return !wire_field_find(query, 1, &interest) || !wire_field_find(interest, 1, &call) ||
           !wire_field_find(call, 1, &name) || !base_view_is(name, "basic");
}

static void answer_query(bed *b, heddle_view query, base_buffer *result)
{
    heddle_view body;
    if (!b->has_config)
        put_error(result, "access denied");
    else if (wire_field_find(query, 2, &body))
        put_config(b, result);
    else if (wire_field_find(query, 3, &body))
        put_members(b, result);
    else if (!wire_field_find(query, 4, &body) || names_unknown_chaincode(body) ||
             !b->layout_count || (b->needs_private_reads_waived && !waives_private_reads(body)))
        put_error(result, "failed constructing descriptor");
    else
        put_endorsers(b, result);
}

void fake_discovery_answer(bed *b, heddle_view request, base_buffer *out)
{
    wire_reader reader = wire_reader_of(request);
    wire_field field;
    while (wire_reader_next(&reader, &field)) {
        if (field.number != 2)
            continue;
        base_buffer result = {0};
        answer_query(b, field.bytes, &result);
        pb_nested(out, 1, &result);
    }
}

/* The ConsensusType of a config block. */
static Common__ConfigValue *consensus_of(Common__Config *config)
{
    Common__ConfigGroup *channel = config->channel_group;
    for (size_t i = 0; i < channel->n_groups; i++) {
        Common__ConfigGroup *group = channel->groups[i]->value;
        for (size_t j = 0; strcmp(channel->groups[i]->key, "Orderer") == 0 && j < group->n_values;
             j++)
            if (strcmp(group->values[j]->key, "ConsensusType") == 0)
                return group->values[j]->value;
    }
    ck_abort_msg("no consensus type");
    return NULL;
}

static heddle_view encoded(bed *b, const ProtobufCMessage *message)
{
    heddle_view out;
    heddle_error err;
    ck_assert_int_eq(wire_encode_arena(message, b->fake_arena, &out, &err), HEDDLE_OK);
    return out;
}

/* The config block with "BFT" for "etcdraft". */
static heddle_view made_bft(bed *b, heddle_view bytes)
{
    Common__Block *block;
    Common__Envelope *envelope;
    Common__Payload *payload;
    Common__ConfigEnvelope *config;
    Orderer__ConsensusType type = ORDERER__CONSENSUS_TYPE__INIT;
    base_arena *arena = b->fake_arena;
    ck_assert_int_eq(wire_decode(common__block, bytes, arena, &block, NULL), HEDDLE_OK);
    ck_assert_int_eq(
        wire_decode(common__envelope, wire_view(block->data->data[0]), arena, &envelope, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(
        wire_decode(common__payload, wire_view(envelope->payload), arena, &payload, NULL),
        HEDDLE_OK);
    ck_assert_int_eq(
        wire_decode(common__config_envelope, wire_view(payload->data), arena, &config, NULL),
        HEDDLE_OK);
    type.type = wire_text("BFT");
    consensus_of(config->config)->value = wire_bytes(encoded(b, &type.base));
    payload->data = wire_bytes(encoded(b, &config->base));
    envelope->payload = wire_bytes(encoded(b, &payload->base));
    block->data->data[0] = wire_bytes(encoded(b, &envelope->base));
    return encoded(b, &block->base);
}

heddle_view fake_config_block(bed *b)
{
    base_buffer recorded = fixture_read("config_block.pb");
    heddle_view block = base_arena_view(b->fake_arena, base_buffer_view(&recorded));
    base_buffer_done(&recorded);
    return b->is_bft ? made_bft(b, block) : block;
}
