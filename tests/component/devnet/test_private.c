/*
 * Private data and the policies of keys on a whole network: three organisations, of which the
 * third is no member of the collection that the other two share.
 */
#include "base/clock.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "peer/events.pb-c.h"
#include "peer/lifecycle/lifecycle.pb-c.h"
#include "support/devnet.h"
#include "support/proposer.h"
#include "support/scripted_chaincode.h"
#include "support/stream_client.h"
#include "support/suite.h"
#include "wire/codec.h"
#include "wire/services.h"

enum { ORGS = 3 };

#define ALL  "OR('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')"
#define PAIR "OR('Org1MSP.member','Org2MSP.member')"

static devnet *net;
static scripted_chaincode *server;
static dn_chaincode chaincode;
static rpc_channel *peers[ORGS];
static dn_signer *users[ORGS];
static base_arena *arena;
static heddle_error err;

static const dn_collection_config collections[] = {
    {.name = "pair", .policy = PAIR, .max_peer_count = 1},
    {.name = "lazy", .policy = PAIR},
    {.name = "strict", .policy = PAIR, .required_peer_count = 2, .max_peer_count = 2},
    {.name = "closed",
     .policy = "OR('Org1MSP.member')",
     .max_peer_count = 1,
     .member_only_read = true,
     .member_only_write = true},
    {.name = "signed",
     .policy = PAIR,
     .max_peer_count = 1,
     .signature_policy = "OR('Org2MSP.peer')"},
    {.name = "short", .policy = PAIR, .max_peer_count = 1, .block_to_live = 2},
};

static void check(heddle_status status)
{
    if (status != HEDDLE_OK)
        ck_abort_msg("%s", err.message);
}

static dn_network *network(void)
{
    return devnet_network(net);
}

static void connect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        peers[i] = proposer_connect(dn_network_peer(network(), i));
}

static void disconnect_all(void)
{
    for (size_t i = 0; i < ORGS; i++)
        rpc_channel_close(peers[i]);
}

static void setup(void)
{
    dn_options options = devnet_options();
    ck_assert_int_eq(rpc_init(2, &err), HEDDLE_OK);
    arena = base_arena_new(0);
    server = scripted_chaincode_start(0);
    chaincode = (dn_chaincode){.name = "cc",
                               .address = scripted_chaincode_address(server),
                               .policy = ALL,
                               .collections = collections,
                               .collection_count = BASE_COUNT(collections)};
    options.org_count = ORGS;
    options.chaincodes = &chaincode;
    options.chaincode_count = 1;
    net = devnet_start(&options);
    connect_all();
    for (int i = 0; i < ORGS; i++) {
        const char *domain = base_arena_printf(arena, "org%d.example.com", i + 1);
        const char *mspid = base_arena_printf(arena, "Org%dMSP", i + 1);
        check(dn_signer_load(devnet_msp(net, domain, "User1"), mspid, &users[i], &err));
    }
}

static void teardown(void)
{
    disconnect_all();
    for (size_t i = 0; i < ORGS; i++)
        dn_signer_free(users[i]);
    devnet_free(net);
    scripted_chaincode_stop(server);
    base_arena_free(arena);
    rpc_shutdown();
}

/* Transactions. */

/* Proposed by a user of organisation @p org to the peer of the same. */
#define REQUEST(org, ...)                                                                          \
    (&(proposer_request){.signer = users[org], .chaincode = "cc", .args = {__VA_ARGS__}})

static wire_proposal_response evaluate(size_t org, const proposer_request *request)
{
    proposed p = proposer_propose(request, arena);
    return proposer_endorse(peers[org], &p, arena);
}
#define CALL(org, ...) evaluate(org, REQUEST(org, __VA_ARGS__))

typedef struct submission {
    proposed proposed;
    heddle_view envelope;
} submission;

/* Endorsed by the peers of @p count organisations from @p org on. */
static submission prepare(size_t org, size_t count, const proposer_request *request)
{
    submission s = {.proposed = proposer_propose(request, arena)};
    wire_proposal_response responses[ORGS];
    for (size_t i = 0; i < count; i++) {
        responses[i] = proposer_endorse(peers[org + i], &s.proposed, arena);
        ck_assert_msg(responses[i].status == 200, "%.*s", BASE_VIEW_ARG(responses[i].message));
    }
    s.envelope = proposer_assemble(&s.proposed, responses, count, arena);
    return s;
}

/* The code that all peers give; *out_block is where. */
static int outcome(const submission *s, uint64_t *out_block)
{
    int code = 0;
    for (size_t i = 0; i < ORGS; i++)
        code = proposer_code(dn_network_peer(network(), i), users[i], s->proposed.tx_id, arena,
                             out_block);
    return code;
}

static void order(const submission *s)
{
    proposer_order(dn_network_orderer(network()), &s->envelope, 1, arena);
}

static int submit(size_t org, const proposer_request *request)
{
    uint64_t block;
    submission s = prepare(org, 1, request);
    order(&s);
    return outcome(&s, &block);
}
#define SUBMIT(org, ...) submit(org, REQUEST(org, __VA_ARGS__))

static void assert_value(size_t org, const char *coll, const char *key, const char *value)
{
    wire_proposal_response r = CALL(org, "pget", coll, key);
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
    ck_assert_msg(base_view_is(r.result, value), "%.*s", BASE_VIEW_ARG(r.result));
}

static void assert_refused(const wire_proposal_response *r, const char *text)
{
    char *message = base_arena_str(arena, r->message);
    ck_assert_int_eq(r->status, 500);
    ck_assert_msg(strstr(message, text) != NULL, "%s", message);
}

static void assert_not_available(size_t org, const char *coll, const char *key)
{
    wire_proposal_response r = CALL(org, "pget", coll, key);
    assert_refused(&r, "private data matching public hash version is not available. Public hash "
                       "version = {BlockNum: ");
    assert_refused(&r, "Private data version = <nil>");
}

static void assert_hash(size_t org, const char *coll, const char *key, const char *value)
{
    uint8_t digest[CRYPTO_SHA256_LEN];
    wire_proposal_response r = CALL(org, "phash", coll, key);
    check(crypto_sha256(heddle_view_str(value), digest));
    ck_assert(base_view_equal(r.result, heddle_view_of(digest, *value ? sizeof(digest) : 0)));
}

/* Deliver. */

/* The private data of a block as the peer of @p org gives it to the user of @p who. */
static const Protos__BlockAndPrivateData *fetch(size_t org, size_t who, uint64_t number)
{
    const dn_endpoint *peer = dn_network_peer(network(), org);
    stream_client_options options = {
        .address = peer->address, .tls_ca = peer->tls_ca, .method = WIRE_DELIVER_PRIVATE};
    stream_client *client = stream_client_open(&options);
    Protos__DeliverResponse *response;
    stream_client_send(client, proposer_seek(users[who], number, number, arena));
    base_auto(rpc_bytes) rpc_bytes *bytes = stream_client_next(client);
    check(wire_decode(protos__deliver_response, rpc_bytes_view(bytes), arena, &response, &err));
    stream_client_close(client);
    ck_assert_int_eq((int)response->type_case,
                     PROTOS__DELIVER_RESPONSE__TYPE_BLOCK_AND_PRIVATE_DATA);
    ck_assert_uint_eq(response->block_and_private_data->block->header->number, number);
    return response->block_and_private_data;
}

/* How many writes of a collection the data holds. */
static size_t count_writes(const Protos__BlockAndPrivateData *data, const char *coll)
{
    size_t count = 0;
    for (size_t i = 0; i < data->n_private_data_map; i++) {
        const Rwset__TxPvtReadWriteSet *tx = data->private_data_map[i]->value;
        const Rwset__CollectionPvtReadWriteSet *part = tx->ns_pvt_rwset[0]->collection_pvt_rwset[0];
        wire_kv_rwset kv = {0};
        ck_assert_str_eq(tx->ns_pvt_rwset[0]->namespace_, "cc");
        ck_assert_str_eq(part->collection_name, coll);
        check(wire_kv_rwset_read(wire_view(part->rwset), arena, &kv, &err));
        count += kv.write_count;
    }
    return count;
}

START_TEST(members_have_what_was_written_and_others_its_hash)
{
    uint64_t block;
    submission s = prepare(0, 1, REQUEST(0, "pput", "pair", "key-in-clear", "value-in-clear"));
    wire_proposal_response r = proposer_endorse(peers[0], &s.proposed, arena);
    ck_assert_ptr_null(memmem(r.payload.data, r.payload.len, "in-clear", 8));
    order(&s);
    ck_assert_int_eq(outcome(&s, &block), WIRE_CODE_VALID);
    assert_value(0, "pair", "key-in-clear", "value-in-clear");
    assert_value(1, "pair", "key-in-clear", "value-in-clear");
    assert_not_available(2, "pair", "key-in-clear");
    for (size_t i = 0; i < ORGS; i++)
        assert_hash(i, "pair", "key-in-clear", "value-in-clear");
    ck_assert_int_eq(SUBMIT(1, "pput", "pair", "key-in-clear", ""), WIRE_CODE_VALID);
    assert_value(0, "pair", "key-in-clear", "");
    assert_hash(2, "pair", "key-in-clear", "");
}
END_TEST

START_TEST(a_client_gets_with_blocks_what_it_is_a_member_of)
{
    uint64_t block;
    submission s = prepare(0, 1, REQUEST(0, "pput", "pair", "k", "v"));
    order(&s);
    ck_assert_int_eq(outcome(&s, &block), WIRE_CODE_VALID);
    ck_assert_uint_eq(count_writes(fetch(0, 0, block), "pair"), 1);
    ck_assert_uint_eq(count_writes(fetch(1, 0, block), "pair"), 1);
    ck_assert_uint_eq(fetch(0, 2, block)->n_private_data_map, 0);
    ck_assert_uint_eq(fetch(2, 0, block)->n_private_data_map, 0);
    ck_assert_uint_eq(fetch(0, 0, 0)->n_private_data_map, 0);
}
END_TEST

START_TEST(too_few_peers_to_give_it_to_fail_the_endorsement)
{
    wire_proposal_response r = CALL(0, "pput", "strict", "k", "v");
    assert_refused(&r, "error in simulation: failed to distribute private collection, txID ");
    assert_refused(&r, "could not build private data dissemination plan for chaincode cc and "
                       "collection strict: required to disseminate to at least 2 peers, but know "
                       "of only 1 eligible peers");
}
END_TEST

START_TEST(a_closed_collection_is_for_its_members)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "closed", "k", "v"), WIRE_CODE_VALID);
    assert_value(0, "closed", "k", "v");
    wire_proposal_response r = CALL(1, "pget", "closed", "k");
    assert_refused(&r, "tx creator does not have read access permission on privatedata in "
                       "chaincodeName:cc collectionName: closed");
    r = CALL(1, "pput", "closed", "k", "v");
    assert_refused(&r, "tx creator does not have write access permission on privatedata");
    r = CALL(1, "ppurge", "closed", "k");
    assert_refused(&r, "does not have write access");
    r = CALL(1, "prange", "closed", "a", "z");
    assert_refused(&r, "does not have read access");
    r = CALL(1, "ppolicy", "closed", "k", "Org2MSP");
    assert_refused(&r, "does not have write access");
    assert_hash(1, "closed", "k", "v");
}
END_TEST

START_TEST(a_collection_that_is_not_defined_is_named)
{
    wire_proposal_response r = CALL(0, "pget", "nope", "k");
    assert_refused(&r, "collection mychannel/cc/nope could not be found");
    r = CALL(0, "phash", "nope", "k");
    assert_refused(&r, "collection [nope] not defined in the collection config for chaincode [cc]");
    r = CALL(0, "pput", "_implicit_org_Org9MSP", "k", "v");
    assert_refused(&r, "collection [_implicit_org_Org9MSP] not defined in the collection config");
}
END_TEST

START_TEST(an_organisation_has_a_collection_of_its_own)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "_implicit_org_Org2MSP", "k", "v"),
                     WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(SUBMIT(1, "pput", "_implicit_org_Org2MSP", "k", "v"), WIRE_CODE_VALID);
    assert_value(1, "_implicit_org_Org2MSP", "k", "v");
    assert_not_available(0, "_implicit_org_Org2MSP", "k");
}
END_TEST

START_TEST(a_collection_may_have_endorsers_of_its_own)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "signed", "k", "v"), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    assert_hash(0, "signed", "k", "");
    ck_assert_int_eq(SUBMIT(1, "pput", "signed", "k", "v"), WIRE_CODE_VALID);
    assert_value(0, "signed", "k", "v");
}
END_TEST

START_TEST(reads_of_private_data_conflict_like_others)
{
    uint64_t block;
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "n", "1"), WIRE_CODE_VALID);
    submission a = prepare(0, 2, REQUEST(0, "pincr", "pair", "n"));
    submission b = prepare(0, 2, REQUEST(0, "pincr", "pair", "n"));
    heddle_view both[] = {a.envelope, b.envelope};
    proposer_order(dn_network_orderer(network()), both, 2, arena);
    ck_assert_int_eq(outcome(&a, &block), WIRE_CODE_VALID);
    ck_assert_int_eq(outcome(&b, &block), WIRE_CODE_MVCC_READ_CONFLICT);
    assert_value(1, "pair", "n", "2");
}
END_TEST

START_TEST(a_range_of_private_data_is_what_the_peer_has)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "a", "1"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "b", "2"), WIRE_CODE_VALID);
    wire_proposal_response r = CALL(1, "prange", "pair", "a", "b");
    ck_assert_int_eq(r.status, 200);
    ck_assert_ptr_nonnull(memmem(r.result.data, r.result.len,
                                 "\x01"
                                 "1",
                                 2));
    ck_assert_ptr_null(memmem(r.result.data, r.result.len,
                              "\x01"
                              "2",
                              2));
    ck_assert_int_eq(SUBMIT(1, "prange", "pair", "", ""), WIRE_CODE_VALID);
    r = CALL(2, "prange", "pair", "", "");
    ck_assert_int_eq(r.status, 200);
}
END_TEST

START_TEST(purged_data_is_gone_from_state_and_blocks)
{
    uint64_t first, last;
    submission s = prepare(0, 1, REQUEST(0, "pput", "pair", "k", "secret"));
    order(&s);
    ck_assert_int_eq(outcome(&s, &first), WIRE_CODE_VALID);
    ck_assert_uint_eq(count_writes(fetch(1, 1, first), "pair"), 1);
    s = prepare(0, 1, REQUEST(0, "ppurge", "pair", "k"));
    order(&s);
    ck_assert_int_eq(outcome(&s, &last), WIRE_CODE_VALID);
    for (size_t i = 0; i < 2; i++) {
        assert_value(i, "pair", "k", "");
        ck_assert_uint_eq(count_writes(fetch(i, i, first), "pair"), 0);
        ck_assert_uint_eq(count_writes(fetch(i, i, last), "pair"), 0);
    }
    assert_hash(2, "pair", "k", "");
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "k", "again"), WIRE_CODE_VALID);
    assert_value(1, "pair", "k", "again");
}
END_TEST

/* Written in block n with two blocks to live: the commit of block n + 3 takes it away. */
START_TEST(data_goes_when_its_time_is_over)
{
    uint64_t block;
    submission s = prepare(0, 1, REQUEST(0, "pput", "short", "k", "v"));
    order(&s);
    ck_assert_int_eq(outcome(&s, &block), WIRE_CODE_VALID);
    for (int i = 0; i < 2; i++) {
        assert_value(1, "short", "k", "v");
        ck_assert_uint_eq(count_writes(fetch(0, 0, block), "short"), 1);
        ck_assert_int_eq(SUBMIT(0, "put", "filler", "v"), WIRE_CODE_VALID);
    }
    assert_value(1, "short", "k", "v");
    ck_assert_int_eq(SUBMIT(0, "put", "filler", "v"), WIRE_CODE_VALID);
    for (size_t i = 0; i < 2; i++) {
        assert_value(i, "short", "k", "");
        ck_assert_uint_eq(fetch(i, i, block)->n_private_data_map, 0);
    }
    assert_hash(2, "short", "k", "");
}
END_TEST

static void restart(void)
{
    uint64_t height = dn_network_ordered_height(network());
    disconnect_all();
    devnet_restart(net);
    connect_all();
    check(dn_network_wait_height(network(), height, 20000, &err));
}

START_TEST(a_restarted_network_has_its_private_data)
{
    uint64_t block, purged;
    submission s = prepare(0, 1, REQUEST(0, "pput", "pair", "k", "v"));
    order(&s);
    ck_assert_int_eq(outcome(&s, &block), WIRE_CODE_VALID);
    submission gone = prepare(0, 1, REQUEST(0, "pput", "pair", "gone", "v"));
    order(&gone);
    ck_assert_int_eq(outcome(&gone, &purged), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "ppurge", "pair", "gone"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "ppolicy", "pair", "k", "Org1MSP"), WIRE_CODE_VALID);
    submission open = prepare(0, 1, REQUEST(0, "pput", "pair", "late", "w"));
    restart();
    for (size_t i = 0; i < 2; i++) {
        assert_value(i, "pair", "k", "v");
        assert_value(i, "pair", "gone", "");
        ck_assert_uint_eq(count_writes(fetch(i, i, block), "pair"), 1);
        ck_assert_uint_eq(count_writes(fetch(i, i, purged), "pair"), 0);
    }
    order(&open);
    ck_assert_int_eq(outcome(&open, &block), WIRE_CODE_VALID);
    assert_value(0, "pair", "late", "w");
    assert_value(1, "pair", "late", "w");
    restart();
    assert_value(1, "pair", "late", "w");
}
END_TEST

/* Nobody but the endorser has the data of "lazy" until blocks come. */
START_TEST(a_peer_gets_from_others_what_it_was_not_given)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "lazy", "k", "v"), WIRE_CODE_VALID);
    assert_value(1, "lazy", "k", "v");
}
END_TEST

START_TEST(missing_data_comes_when_somebody_has_it)
{
    dn_fault away = {.kind = DN_FAULT_AWAY};
    uint64_t block;
    const dn_endpoint *second = dn_network_peer(network(), 1);
    submission s = prepare(0, 1, REQUEST(0, "pput", "lazy", "k", "v"));
    submission meta = prepare(0, 1, REQUEST(0, "pput", "lazy", "other", "w"));
    strcpy(away.node, dn_network_peer(network(), 0)->name);
    check(dn_network_fault_set(network(), &away, &err));
    order(&s);
    order(&meta);
    ck_assert_int_eq(proposer_code(second, users[1], s.proposed.tx_id, arena, &block),
                     WIRE_CODE_VALID);
    ck_assert_int_eq(proposer_code(second, users[1], meta.proposed.tx_id, arena, &block),
                     WIRE_CODE_VALID);
    assert_not_available(1, "lazy", "k");
    check(dn_network_fault_clear(network(), NULL, &err));
    for (;;) {
        wire_proposal_response r = CALL(1, "pget", "lazy", "other");
        if (r.status == 200)
            break;
    }
    assert_value(1, "lazy", "k", "v");
    ck_assert_uint_ge(count_writes(fetch(1, 1, block), "lazy"), 1);
    restart();
    assert_value(1, "lazy", "other", "w");
}
END_TEST

/* The policies of keys. */

START_TEST(a_key_with_a_policy_is_judged_by_it_alone)
{
    ck_assert_int_eq(SUBMIT(0, "put", "k", "v"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "policy", "k", "Org3MSP"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "put", "k", "w"), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(SUBMIT(0, "policy", "k", "Org1MSP"), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(SUBMIT(2, "put", "k", "w"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "put", "other", "v"), WIRE_CODE_VALID);
}
END_TEST

START_TEST(so_is_a_private_key_and_its_value_stays)
{
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "k", "v"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "ppolicy", "pair", "k", "Org2MSP"), WIRE_CODE_VALID);
    assert_value(0, "pair", "k", "v");
    assert_value(1, "pair", "k", "v");
    ck_assert_int_eq(SUBMIT(0, "pput", "pair", "k", "w"), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(SUBMIT(1, "pput", "pair", "k", "w"), WIRE_CODE_VALID);
    assert_value(0, "pair", "k", "w");
    ck_assert_int_eq(SUBMIT(0, "ppurge", "pair", "k"), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
}
END_TEST

START_TEST(a_changed_policy_counts_from_the_next_block_on)
{
    uint64_t block;
    ck_assert_int_eq(SUBMIT(0, "put", "k", "v"), WIRE_CODE_VALID);
    submission change = prepare(0, 1, REQUEST(0, "policy", "k", "Org1MSP"));
    submission write = prepare(0, 1, REQUEST(0, "put", "k", "w"));
    submission other = prepare(0, 1, REQUEST(0, "put", "l", "w"));
    heddle_view all[] = {change.envelope, write.envelope, other.envelope};
    proposer_order(dn_network_orderer(network()), all, 3, arena);
    ck_assert_int_eq(outcome(&change, &block), WIRE_CODE_VALID);
    ck_assert_int_eq(outcome(&write, &block), WIRE_CODE_ENDORSEMENT_POLICY_FAILURE);
    ck_assert_int_eq(outcome(&other, &block), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "put", "k", "w"), WIRE_CODE_VALID);
}
END_TEST

/* What the endorsement says of the policies that count. */

static const Protos__ChaincodeInterest *interest_of(const wire_proposal_response *r)
{
    Protos__ChaincodeInterest *interest;
    check(wire_decode(protos__chaincode_interest, r->interest, arena, &interest, &err));
    return interest;
}

START_TEST(an_endorsement_names_collections_and_policies_of_keys)
{
    wire_proposal_response r = CALL(0, "pput", "pair", "k", "v");
    const Protos__ChaincodeInterest *interest = interest_of(&r);
    ck_assert_uint_eq(interest->n_chaincodes, 1);
    ck_assert_str_eq(interest->chaincodes[0]->name, "cc");
    ck_assert_str_eq(interest->chaincodes[0]->collection_names[0], "pair");
    ck_assert(interest->chaincodes[0]->no_private_reads);
    r = CALL(0, "pget", "pair", "k");
    interest = interest_of(&r);
    ck_assert_uint_eq(interest->n_chaincodes, 2);
    ck_assert_uint_eq(interest->chaincodes[0]->n_collection_names, 0);
    ck_assert(!interest->chaincodes[1]->no_private_reads);
    r = CALL(0, "phash", "pair", "k");
    interest = interest_of(&r);
    ck_assert_uint_eq(interest->n_chaincodes, 1);
    ck_assert_uint_eq(interest->chaincodes[0]->n_collection_names, 0);
    ck_assert_int_eq(SUBMIT(0, "put", "k", "v"), WIRE_CODE_VALID);
    ck_assert_int_eq(SUBMIT(0, "policy", "k", "Org3MSP"), WIRE_CODE_VALID);
    r = CALL(0, "put", "k", "v");
    interest = interest_of(&r);
    ck_assert_uint_eq(interest->chaincodes[0]->n_key_policies, 1);
    ck_assert(interest->chaincodes[0]->disregard_namespace_policy);
}
END_TEST

START_TEST(the_lifecycle_tells_what_was_defined)
{
    proposer_request request = {.signer = users[0],
                                .chaincode = "_lifecycle",
                                .args = {"QueryChaincodeDefinition", "\x0a\x02"
                                                                     "cc"}};
    Lifecycle__QueryChaincodeDefinitionResult *result;
    wire_proposal_response r = evaluate(0, &request);
    ck_assert_msg(r.status == 200, "%.*s", BASE_VIEW_ARG(r.message));
    check(
        wire_decode(lifecycle__query_chaincode_definition_result, r.result, arena, &result, &err));
    ck_assert_uint_eq(result->collections->n_config, BASE_COUNT(collections));
    for (size_t i = 0; i < BASE_COUNT(collections); i++) {
        const Protos__StaticCollectionConfig *c =
            result->collections->config[i]->static_collection_config;
        ck_assert_str_eq(c->name, collections[i].name);
        ck_assert_uint_eq((uint32_t)c->maximum_peer_count, collections[i].max_peer_count);
        ck_assert_uint_eq(c->block_to_live, collections[i].block_to_live);
        ck_assert_int_eq(c->member_only_read, collections[i].member_only_read);
        ck_assert(!c->endorsement_policy == !collections[i].signature_policy);
        ck_assert_ptr_nonnull(c->member_orgs_policy->signature_policy);
    }
}
END_TEST

static TCase *private_case(void)
{
    TCase *tcase = SUITE_CASE(
        "private", members_have_what_was_written_and_others_its_hash,
        a_client_gets_with_blocks_what_it_is_a_member_of,
        too_few_peers_to_give_it_to_fail_the_endorsement, a_closed_collection_is_for_its_members,
        a_collection_that_is_not_defined_is_named, an_organisation_has_a_collection_of_its_own,
        a_collection_may_have_endorsers_of_its_own, reads_of_private_data_conflict_like_others,
        a_range_of_private_data_is_what_the_peer_has, purged_data_is_gone_from_state_and_blocks,
        data_goes_when_its_time_is_over, a_restarted_network_has_its_private_data,
        a_peer_gets_from_others_what_it_was_not_given, missing_data_comes_when_somebody_has_it,
        a_key_with_a_policy_is_judged_by_it_alone, so_is_a_private_key_and_its_value_stays,
        a_changed_policy_counts_from_the_next_block_on,
        an_endorsement_names_collections_and_policies_of_keys,
        the_lifecycle_tells_what_was_defined);
    tcase_add_checked_fixture(tcase, setup, teardown);
    return tcase;
}

SUITE_MAIN("devnet/private", private_case())
