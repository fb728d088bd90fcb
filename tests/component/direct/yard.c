#include "yard.h"

#include <signal.h>

#include "base/buffer.h"
#include "rpc/runtime.h"
#include "support/process.h"

devnet *yard_net;
heddle_identity *yard_user;
heddle_network *yard_network;
heddle_gateway *yard_gateway;
heddle_contract *yard_assets;
heddle_error yard_err;
bool yard_client_auth;

static process *contract;
static char address[64];
static char *dir;

static void start_contract(void)
{
    char log[4096];
    const char *const argv[] = {HEDDLE_BIN "/asset-transfer", NULL};
    snprintf(address, sizeof(address), "127.0.0.1:%u", process_free_port());
    snprintf(log, sizeof(log), "%s/contract.log", dir);
    ck_assert_int_eq(setenv("CHAINCODE_SERVER_ADDRESS", address, 1), 0);
    ck_assert_int_eq(setenv("CHAINCODE_ID", "basic", 1), 0);
    contract = process_start(log, argv);
}

static void add_peer(size_t index)
{
    const dn_endpoint *peer = dn_network_peer(devnet_network(yard_net), index);
    heddle_node node = HEDDLE_NODE(peer->address);
    node.tls_roots_file = peer->tls_ca;
    node.mspid = peer->msp_id;
    OK(heddle_network_add_peer(yard_network, &node, &yard_err));
}

void yard_start(void)
{
    static dn_chaincode basic = {.name = "basic", .address = address};
    basic.policy = "AND('Org1MSP.peer','Org2MSP.peer')";
    dir = fixture_dir_new();
    start_contract();
    OK(rpc_init(2, &yard_err));
    dn_options options = devnet_options();
    options.chaincodes = &basic;
    options.chaincode_count = 1;
    options.peers_per_org = 2;
    options.orderer_count = 3;
    options.client_auth = yard_client_auth;
    yard_net = devnet_start(&options);
    heddle_identity *user = NULL;
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(yard_net, "org1.example.com", "User1"), &user,
                                &yard_err));
    OK(heddle_identity_replaceable(user, &yard_user, &yard_err));
    heddle_identity_unref(user);
    OK(heddle_network_new(yard_user, &yard_network, &yard_err));
    add_peer(0);
    add_peer(1);
}

void yard_open(const heddle_network_options *options)
{
    OK(heddle_network_open(yard_network, options, &yard_gateway, &yard_err));
    OK(heddle_contract_new(yard_gateway, yard_user, "mychannel", "basic", &yard_assets, &yard_err));
}

void yard_close(void)
{
    heddle_contract_unref(yard_assets);
    heddle_gateway_close(yard_gateway);
    yard_assets = NULL;
    yard_gateway = NULL;
}

void yard_stop(void)
{
    yard_close();
    heddle_network_free(yard_network);
    heddle_identity_unref(yard_user);
    devnet_free(yard_net);
    rpc_shutdown();
    (void)process_stop(contract, SIGTERM);
    fixture_dir_free(dir);
}

const char *yard_peer(size_t index)
{
    return dn_network_peer(devnet_network(yard_net), index)->address;
}

void yard_fault(const dn_endpoint *node, const char *what)
{
    base_auto_buffer base_buffer line = {0};
    dn_fault fault;
    ck_assert_int_eq(base_buffer_printf(&line, "%s %s", node->name, what), HEDDLE_OK);
    OK(dn_fault_parse(base_buffer_view(&line), &fault, &yard_err));
    OK(dn_network_fault_set(devnet_network(yard_net), &fault, &yard_err));
}

void yard_peer_fault(size_t index, const char *what)
{
    yard_fault(dn_network_peer(devnet_network(yard_net), index), what);
}

void yard_orderer_fault(size_t index, const char *what)
{
    yard_fault(dn_network_orderer_at(devnet_network(yard_net), index), what);
}

heddle_status yard_create(const char *id, const heddle_call_options *options)
{
    return heddle_submit(yard_assets, HEDDLE_CALL("CreateAsset", id, "blue", "5", "Ann", "300"),
                         options, NULL, &yard_err);
}

bool yard_has(const char *id, const heddle_call_options *options)
{
    heddle_bytes asset = {0};
    if (heddle_evaluate(yard_assets, HEDDLE_CALL("ReadAsset", id), options, &asset, &yard_err) !=
        HEDDLE_OK)
        return false;
    heddle_bytes_done(&asset);
    return true;
}

const char *yard_details(const heddle_details *details)
{
    static char text[4096];
    size_t len = 0;
    text[0] = 0;
    for (size_t i = 0; i < heddle_details_count(details) && len < sizeof(text); i++) {
        const heddle_detail *detail = heddle_details_at(details, i);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s|%s|%s\n", detail->address,
                                detail->mspid, detail->message);
    }
    return text;
}
