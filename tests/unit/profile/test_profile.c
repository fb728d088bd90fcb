/* Connection profiles: what is read out of one, and what is wrong with one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "client/gateway.h"
#include "client/identity.h"
#include "heddle/profile.h"
#include "rpc/runtime.h"
#include "support/fault_alloc.h"
#include "support/fixture.h"
#include "support/suite.h"

#define YAML HEDDLE_FIXTURES "/profile/connection-org1.yaml"
#define JSON HEDDLE_FIXTURES "/profile/connection-org1.json"

static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, wanted_status, text)                                                           \
    do {                                                                                           \
        heddle_status got_ = (call);                                                               \
        ck_assert_msg(got_ == (wanted_status), "%s: %s", heddle_status_name(got_), err.message);   \
        ck_assert_msg(strstr(err.message, text) != NULL, "%s", err.message);                       \
    } while (0)

static heddle_profile *load(const char *path, const heddle_profile_options *options)
{
    heddle_profile *profile = NULL;
    OK(heddle_profile_load(path, options, &profile, &err));
    return profile;
}

static heddle_profile *parse(const char *text)
{
    heddle_profile *profile = NULL;
    OK(heddle_profile_parse(heddle_view_str(text), NULL, &profile, &err));
    return profile;
}

static bool is_pem(heddle_view text)
{
    return text.len && memmem(text.data, text.len, "-----BEGIN CERTIFICATE", 22);
}

START_TEST(nodes_are_read)
{
    heddle_profile *profile = load(YAML, NULL);
    const heddle_profile_node *peer = heddle_profile_peer(profile, "peer0.org1.example.com");
    ck_assert_str_eq(heddle_profile_name(profile), "test-network-org1");
    ck_assert_uint_eq(heddle_profile_peer_count(profile), 3);
    ck_assert_ptr_eq(heddle_profile_peer_at(profile, 0), peer);
    ck_assert_ptr_null(heddle_profile_peer_at(profile, 3));
    ck_assert_ptr_null(heddle_profile_peer(profile, "nobody"));
    ck_assert_str_eq(peer->address, "localhost:7051");
    ck_assert_str_eq(peer->name_override, "peer0.org1.example.com");
    ck_assert_str_eq(peer->mspid, "Org1MSP");
    ck_assert(!peer->plaintext && is_pem(peer->tls_roots_pem));
    ck_assert_uint_eq(peer->keepalive_ms, 120000);
    ck_assert_uint_eq(peer->keepalive_timeout_ms, 20000);
    ck_assert_uint_eq(peer->request_timeout_ms, 120001);
    ck_assert_uint_eq(peer->max_receive_bytes, 104857600);
    peer = heddle_profile_peer(profile, "peer1.org1.example.com");
    ck_assert_str_eq(peer->address, "10.0.0.7:8051");
    ck_assert(is_pem(peer->tls_roots_pem)); /* by a path relative to the profile */
    ck_assert_uint_eq(peer->keepalive_ms, 90000);
    ck_assert_ptr_null(peer->name_override);
    peer = heddle_profile_peer(profile, "peer0.org2.example.com");
    ck_assert(peer->plaintext);
    ck_assert_str_eq(peer->mspid, "Org2MSP");
    ck_assert_uint_eq(heddle_profile_orderer_count(profile), 1);
    ck_assert_str_eq(heddle_profile_orderer_at(profile, 0)->mspid, "OrdererMSP");
    heddle_profile_free(profile);
}
END_TEST

START_TEST(client_organisations_and_authorities_are_read)
{
    heddle_profile *profile = load(YAML, NULL);
    const heddle_profile_client *client = heddle_profile_get_client(profile);
    const heddle_profile_org *org = heddle_profile_get_org(profile, NULL);
    ck_assert_str_eq(client->organization, "Org1");
    ck_assert_uint_eq(client->endorser_timeout_ms, 300000);
    ck_assert_uint_eq(client->event_hub_timeout_ms, 120000);
    ck_assert_uint_eq(client->orderer_timeout_ms, 45000);
    ck_assert(is_pem(client->cert_pem) && client->key_pem.len);
    ck_assert_str_eq(client->credential_store, HEDDLE_FIXTURES "/profile/./hfc-kvs");
    ck_assert_str_eq(org->name, "Org1");
    ck_assert_str_eq(org->mspid, "Org1MSP");
    ck_assert_uint_eq(org->peer_count, 2);
    ck_assert_str_eq(org->peers[1]->name, "peer1.org1.example.com");
    ck_assert_ptr_nonnull(org->admin);
    ck_assert_str_eq(heddle_identity_mspid(org->admin), "Org1MSP");
    ck_assert_uint_eq(org->ca_count, 1);
    const heddle_profile_ca *ca = org->cas[0];
    ck_assert_ptr_eq(ca, heddle_profile_get_ca(profile, "ca.org1.example.com"));
    ck_assert_str_eq(ca->url, "https://localhost:7054");
    ck_assert_str_eq(ca->ca_name, "ca-org1");
    ck_assert(!ca->verify && is_pem(ca->tls_roots_pem));
    ck_assert_str_eq(ca->enroll_id, "admin");
    ck_assert_str_eq(ca->enroll_secret, "adminpw");
    ck_assert_ptr_null(heddle_profile_get_org(profile, "Org2")->admin);
    ck_assert_uint_eq(heddle_profile_org_count(profile), 2);
    ck_assert_str_eq(heddle_profile_org_at(profile, 1)->name, "Org2");
    heddle_profile_free(profile);
}
END_TEST

START_TEST(channels_have_roles)
{
    heddle_profile *profile = load(YAML, NULL);
    const heddle_profile_channel *channel = heddle_profile_get_channel(profile, "mychannel");
    ck_assert_uint_eq(heddle_profile_channel_count(profile), 2);
    ck_assert_uint_eq(channel->peer_count, 2);
    ck_assert_str_eq(channel->peers[0].peer->name, "peer0.org1.example.com");
    ck_assert(channel->peers[0].endorsing_peer && !channel->peers[0].chaincode_query);
    ck_assert(channel->peers[0].ledger_query && channel->peers[0].event_source);
    ck_assert(channel->peers[1].endorsing_peer && channel->peers[1].chaincode_query);
    ck_assert_uint_eq(channel->orderer_count, 1);
    ck_assert_str_eq(channel->orderers[0]->address, "orderer.example.com:7050");
    channel = heddle_profile_channel_at(profile, 1); /* a list of names in place of roles */
    ck_assert_str_eq(channel->name, "second");
    ck_assert(channel->peer_count == 1 && channel->peers[0].event_source);
    ck_assert_ptr_null(heddle_profile_get_channel(profile, "third"));
    heddle_profile_free(profile);
}
END_TEST

START_TEST(json_is_read_as_well)
{
    heddle_profile *profile = load(JSON, NULL);
    const heddle_profile_org *org = heddle_profile_get_org(profile, NULL);
    ck_assert_uint_eq(heddle_profile_get_client(profile)->endorser_timeout_ms, 300000);
    ck_assert_str_eq(org->peers[0]->address, "localhost:7051");
    ck_assert(is_pem(org->peers[0]->tls_roots_pem));
    ck_assert(is_pem(org->cas[0]->tls_roots_pem));
    ck_assert(!org->cas[0]->verify);
    heddle_profile_free(profile);
}
END_TEST

START_TEST(localhost_takes_the_place_of_hosts)
{
    heddle_profile_options options = HEDDLE_PROFILE_OPTIONS;
    options.as_localhost = true;
    heddle_profile *profile = load(YAML, &options);
    const heddle_profile_node *node = heddle_profile_peer(profile, "peer1.org1.example.com");
    ck_assert_str_eq(node->address, "localhost:8051");
    ck_assert_str_eq(node->name_override, "10.0.0.7");
    node = heddle_profile_peer(profile, "peer0.org1.example.com");
    ck_assert_str_eq(node->name_override, "peer0.org1.example.com");
    node = heddle_profile_orderer(profile, "orderer.example.com");
    ck_assert_str_eq(node->address, "localhost:7050");
    ck_assert_str_eq(node->name_override, "orderer.example.com");
    heddle_profile_free(profile);
}
END_TEST

#define MATCHED                                                                                    \
    "peers:\n"                                                                                     \
    "  p0.org1: {url: 'grpcs://p0.org1:7051', tlsCACerts: {pem: ROOT},\n"                          \
    "            grpcOptions: {ssl-target-name-override: p0.org1}}\n"                              \
    "  p1.org1: {url: 'grpcs://p1.org1:7051'}\n"                                                   \
    "  p2.org1: {url: 'grpcs://p2.org1:7051'}\n"                                                   \
    "entityMatchers:\n"                                                                            \
    "  peer:\n"                                                                                    \
    "    - {pattern: '^p2\\.', ignoreEndpoint: true}\n"                                            \
    "    - {pattern: '^p(\\d+)\\.org(1)', urlSubstitutionExp: 'grpcs://10.0.${2}.$1:7051',\n"      \
    "       sslTargetOverrideUrlSubstitutionExp: 'p$1.example.com', mappedHost: p0.org1}\n"        \
    "    - {pattern: 'elsewhere:', mappedHost: p0.org1}\n"

START_TEST(matchers_send_hosts_elsewhere)
{
    heddle_profile *profile = parse(MATCHED);
    const heddle_profile_node *peer = heddle_profile_peer(profile, "p1.org1");
    heddle_bytes address = {0}, name = {0};
    ck_assert_str_eq(peer->address, "10.0.1.1:7051");
    ck_assert_str_eq(peer->name_override, "p1.example.com");
    ck_assert(base_view_is(peer->tls_roots_pem, "ROOT")); /* of the mapped host */
    ck_assert(!peer->is_ignored && heddle_profile_peer(profile, "p2.org1")->is_ignored);
    OK(heddle_profile_map_peer(profile, "p77.org1:9999", &address, &name, &err));
    ck_assert_str_eq((char *)address.data, "10.0.1.77:7051");
    ck_assert_str_eq((char *)name.data, "p77.example.com");
    heddle_bytes_done(&address);
    heddle_bytes_done(&name);
    OK(heddle_profile_map_peer(profile, "elsewhere:1", &address, NULL, &err));
    ck_assert_str_eq((char *)address.data, "10.0.1.0:7051");
    heddle_bytes_done(&address);
    FAILS(heddle_profile_map_peer(profile, "other:1", &address, NULL, &err), HEDDLE_E_NOT_FOUND,
          "other:1");
    FAILS(heddle_profile_map_orderer(profile, "p1.org1:1", &address, NULL, &err),
          HEDDLE_E_NOT_FOUND, "p1.org1");
    heddle_profile_free(profile);
}
END_TEST

START_TEST(variables_are_put_into_paths)
{
    heddle_profile *profile = NULL;
    const char *text = "peers: {p: {url: 'p:1', tlsCACerts: {path: "
                       "'${HEDDLE_TEST_DIR}/tlsca/tlsca.org1.example.com-cert.pem'}}}";
    unsetenv("HEDDLE_TEST_DIR");
    FAILS(heddle_profile_parse(heddle_view_str(text), NULL, &profile, &err), HEDDLE_E_CONFIG,
          "${HEDDLE_TEST_DIR} is not in the environment");
    setenv("HEDDLE_TEST_DIR", HEDDLE_FIXTURES "/crypto-config/peerOrganizations/org1.example.com",
           1);
    profile = parse(text);
    ck_assert(is_pem(heddle_profile_peer(profile, "p")->tls_roots_pem));
    heddle_profile_free(profile);
}
END_TEST

START_TEST(what_is_wrong_is_named_by_line_and_key)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"[1]", "profile:1: : a profile is a mapping"},
        {"a: b: c", "profile:1:"},
        {"peers: [p]", "profile:1: peers: a mapping is expected"},
        {"peers:\n  p: {}", "profile:2: peers.p.url: is missing"},
        {"peers:\n  p:\n    url: [1]", "profile:3: peers.p.url: a text is expected"},
        {"peers:\n  p:\n    url: http://p:1", "peers.p.url: host:port is expected"},
        {"peers:\n  p:\n    url: grpcs://p", "peers.p.url: host:port is expected"},
        {"peers:\n  p:\n    url: grpcs://p:0", "peers.p.url: the port is none"},
        {"peers:\n  p:\n    url: grpcs://p:70000", "peers.p.url: the port is none"},
        {"peers:\n  p:\n    url: p:1\n    grpcOptions: 7",
         "profile:4: peers.p.grpcOptions: a mapping is expected"},
        {"peers:\n  p:\n    url: p:1\n    grpcOptions: {grpc.keepalive_time_ms: soon}",
         "profile:4: peers.p.grpcOptions.grpc.keepalive_time_ms: a time is expected"},
        {"peers:\n  p:\n    url: p:1\n    tlsCACerts: {path: /nonexistent.pem}",
         "profile:4: peers.p.tlsCACerts.path: open /nonexistent.pem"},
        {"peers:\n  p:\n    url: p:1\n    tlsCACerts: {pem: {a: b}}",
         "peers.p.tlsCACerts.pem: a text or a list is expected"},
        {"client:\n  organization: Nobody", "client.organization: \"Nobody\" is not defined"},
        {"client:\n  connection: {timeout: {orderer: [1]}}",
         "profile:2: client.connection.timeout.orderer: a time is expected"},
        {"organizations:\n  O: {peers: []}", "organizations.O.mspid: is missing"},
        {"organizations:\n  O:\n    mspid: M\n    peers:\n      - p",
         "profile:5: organizations.O.peers: \"p\" is not defined"},
        {"organizations:\n  O:\n    mspid: M\n    certificateAuthorities: [c]",
         "organizations.O.certificateAuthorities: \"c\" is not defined"},
        {"organizations:\n  O:\n    mspid: M\n    adminPrivateKey: {pem: x}\n"
         "    signedCert: {pem: y}",
         "profile:4: organizations.O.adminPrivateKey: "},
        {"organizations:\n  O: text", "organizations.O: a mapping is expected"},
        {"channels:\n  c:\n    peers: {p: {}}", "profile:3: channels.c.peers: \"p\" is not"},
        {"peers: {p: {url: 'p:1'}}\nchannels:\n  c:\n    peers: {p: {endorsingPeer: maybe}}",
         "profile:4: channels.c.peers.p.endorsingPeer: true or false is expected"},
        {"certificateAuthorities:\n  c: {caName: x}", "certificateAuthorities.c.url: is missing"},
        {"client:\n  tlsCerts: {client: {cert: {pem: x}}}", "cert and key go together"},
        {"entityMatchers: {peer: [{pattern: '('}]}", "entityMatchers.peer[0].pattern: "},
        {"entityMatchers: {peer: [{pattern: '(a{100}){100}'}]}", "too large to match"},
        {"entityMatchers: {peer: [{pattern: '(a*)\\1'}]}", "too large to match"},
        {"entityMatchers: {peer: x}", "entityMatchers.peer: a list is expected"},
        {"peers: {p: {url: 'p:1'}}\n"
         "entityMatchers: {peer: [{pattern: 'p', urlSubstitutionExp: nowhere}]}",
         "entityMatchers send p to \"nowhere\""}};
    heddle_profile *profile = NULL;
    for (size_t i = 0; i < BASE_COUNT(bad); i++)
        FAILS(heddle_profile_parse(heddle_view_str(bad[i].text), NULL, &profile, &err),
              HEDDLE_E_CONFIG, bad[i].why);
    ck_assert_ptr_null(profile);
    FAILS(heddle_profile_load("/nonexistent/profile.yaml", NULL, &profile, &err), HEDDLE_E_IO,
          "/nonexistent/profile.yaml");
}
END_TEST

START_TEST(unknown_keys_and_empty_sections_are_passed_over)
{
    heddle_profile *profile = parse("x: {y: [1, {z: 2}]}\nchannels:\npeers: ~\norderers: null\n"
                                    "organizations: {}\nclient: {BCCSP: {security: {level: 256}}}");
    ck_assert_uint_eq(heddle_profile_peer_count(profile), 0);
    ck_assert_ptr_null(heddle_profile_get_org(profile, NULL));
    ck_assert_str_eq(heddle_profile_name(profile), "");
    heddle_profile_free(profile);
    profile = parse("");
    ck_assert_uint_eq(heddle_profile_org_count(profile), 0);
    heddle_profile_free(profile);
}
END_TEST

START_TEST(gateways_and_networks_are_made)
{
    heddle_profile *profile = load(YAML, NULL);
    heddle_gateway *gateway = NULL;
    heddle_network *network = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    OK(heddle_profile_open_gateway(profile, NULL, NULL, &gateway, &err));
    heddle_gateway_close(gateway);
    OK(heddle_profile_open_gateway(profile, "Org2", NULL, &gateway, &err)); /* without TLS */
    heddle_gateway_close(gateway);
    options.target = "localhost:1";
    options.submit_timeout_ms = 7;
    OK(heddle_profile_open_gateway(profile, "Org1", &options, &gateway, &err));
    ck_assert_uint_eq(client_gateway_limits(gateway)->submit_ms, 7);
    ck_assert_uint_eq(client_gateway_limits(gateway)->endorse_ms, 300000);
    heddle_gateway_close(gateway);
    FAILS(heddle_profile_open_gateway(profile, "Org9", NULL, &gateway, &err), HEDDLE_E_NOT_FOUND,
          "Org9");
    heddle_identity *admin = heddle_profile_get_org(profile, NULL)->admin;
    OK(heddle_profile_network(profile, admin, false, &network, &err));
    heddle_network_free(network);
    heddle_profile_free(profile);
    profile = parse("organizations: {O: {mspid: M}}");
    FAILS(heddle_profile_open_gateway(profile, "O", NULL, &gateway, &err), HEDDLE_E_CONFIG,
          "no peers");
    FAILS(heddle_profile_open_gateway(profile, NULL, NULL, &gateway, &err), HEDDLE_E_BAD_ARGUMENT,
          "client.organization");
    heddle_profile_free(profile);
}
END_TEST

static heddle_status read_once(heddle_error *e)
{
    heddle_profile *profile = NULL;
    heddle_network *network = NULL;
    heddle_bytes address = {0}, name = {0};
    BASE_TRY(heddle_profile_load(YAML, NULL, &profile, e));
    heddle_status status = heddle_profile_network(
        profile, heddle_profile_get_org(profile, NULL)->admin, false, &network, e);
    heddle_network_free(network);
    heddle_profile_free(profile);
    if (status)
        return status;
    BASE_TRY(heddle_profile_parse(VIEW(MATCHED), NULL, &profile, e));
    status = heddle_profile_map_peer(profile, "p77.org1:9999", &address, &name, e);
    heddle_bytes_done(&address);
    heddle_bytes_done(&name);
    heddle_profile_free(profile);
    return status;
}

START_TEST(want_of_memory)
{
    for (size_t nth = 1;; nth++) {
        heddle_error e = {0};
        fault_alloc_arm(nth);
        heddle_status status = read_once(&e);
        long alive = fault_alloc_live();
        bool fired = fault_alloc_disarm();
        ck_assert_msg(alive == 0, "%ld blocks alive after failure %zu", alive, nth);
        if (!fired) {
            ck_assert_msg(status == HEDDLE_OK, "%s", e.message);
            ck_assert_uint_gt(nth, 10);
            return;
        }
        ck_assert_msg(status == HEDDLE_E_NO_MEMORY, "failure %zu: %s", nth, e.message);
    }
}
END_TEST

SUITE_MAIN("profile/profile",
           SUITE_CASE("read", nodes_are_read, client_organisations_and_authorities_are_read,
                      channels_have_roles, json_is_read_as_well, localhost_takes_the_place_of_hosts,
                      matchers_send_hosts_elsewhere, variables_are_put_into_paths,
                      what_is_wrong_is_named_by_line_and_key,
                      unknown_keys_and_empty_sections_are_passed_over),
           SUITE_CASE("use", gateways_and_networks_are_made, want_of_memory))
