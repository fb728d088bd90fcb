/*
 * What an administrator does with a channel of a running network: orderers and peers join it, its
 * configuration is changed by several organisations, orderers leave it. The tests build on each
 * other, on a channel that nobody else uses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/view.h"
#include "heddle/heddle.h"
#include "lab.h"
#include "support/suite.h"

enum { TIMEOUT_S = 120, WAIT_S = 30, NODES_MAX = 8 };

static heddle_error err;
static heddle_identity *admin[2], *orderer_admin;
static heddle_orderer *orderers[NODES_MAX];
static size_t orderer_count;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)
#define FAILS(call, expected, says)                                                                \
    do {                                                                                           \
        heddle_status fails_ = (call);                                                             \
        ck_assert_msg(fails_ == HEDDLE_##expected, "%s: %s", heddle_status_name(fails_),           \
                      err.message);                                                                \
        ck_assert_msg(strstr(err.message, says), "%s", err.message);                               \
    } while (0)

static const char *text_at(const char *list, size_t index, const char *member)
{
    char path[64];
    snprintf(path, sizeof(path), "%s.%zu.%s", list, index, member);
    return lab_text(path);
}

static const char *second(void)
{
    return lab_text("second.channel");
}

static void set_up(void)
{
    for (size_t i = 0; i < 2; i++)
        OK(heddle_identity_from_msp(text_at("orgs", i, "mspId"), text_at("orgs", i, "adminMsp"),
                                    &admin[i], &err));
    OK(heddle_identity_from_msp(lab_text("ordererAdmin.mspId"), lab_text("ordererAdmin.msp"),
                                &orderer_admin, &err));
    orderer_count = lab_count("orderers");
    for (size_t i = 0; i < orderer_count; i++) {
        heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
        options.target = text_at("orderers", i, "address");
        options.tls_roots_file = text_at("orderers", i, "tlsRoot");
        OK(heddle_orderer_open(&options, orderer_admin, &orderers[i], &err));
    }
}

static void tear_down(void)
{
    for (size_t i = 0; i < orderer_count; i++)
        heddle_orderer_close(orderers[i]);
    heddle_identity_unref(orderer_admin);
    heddle_identity_unref(admin[0]);
    heddle_identity_unref(admin[1]);
}

static heddle_view view_of(const heddle_bytes *bytes)
{
    return heddle_view_of(bytes->data, bytes->len);
}

/* Joining. */

static heddle_participation *open_admin(size_t index)
{
    heddle_participation *participation = NULL;
    heddle_participation_options options = HEDDLE_PARTICIPATION_OPTIONS;
    options.address = text_at("orderers", index, "adminAddress");
    options.tls_roots_file = text_at("orderers", index, "tlsRoot");
    options.client_cert_file = lab_text("ordererAdmin.tlsCert");
    options.client_key_file = lab_text("ordererAdmin.tlsKey");
    OK(heddle_participation_open(&options, &participation, &err));
    return participation;
}

START_TEST(orderers_tell_their_channels)
{
    heddle_participation_channels *channels = NULL;
    heddle_participation *orderer = open_admin(0);
    OK(heddle_participation_list(orderer, &channels, &err));
    ck_assert_uint_eq(heddle_participation_channels_count(channels), 1);
    ck_assert_str_eq(heddle_participation_channels_at(channels, 0)->name, lab_text("channel"));
    heddle_participation_channels_free(channels);
    OK(heddle_participation_info(orderer, lab_text("channel"), &channels, &err));
    const heddle_participation_channel *channel = heddle_participation_channels_at(channels, 0);
    ck_assert_str_eq(channel->relation, "consenter");
    ck_assert_str_eq(channel->status, "active");
    ck_assert_uint_ge(channel->height, 1);
    heddle_participation_channels_free(channels);
    FAILS(heddle_participation_info(orderer, "nochannel", &channels, &err), E_NOT_FOUND,
          "does not exist");
    heddle_participation_close(orderer);
}
END_TEST

START_TEST(an_administrator_is_known_by_his_certificate)
{
    heddle_participation *orderer = NULL;
    heddle_participation_channels *untouched = NULL;
    heddle_participation_options options = HEDDLE_PARTICIPATION_OPTIONS;
    options.address = lab_text("orderers.0.adminAddress");
    options.tls_roots_file = lab_text("orderers.0.tlsRoot");
    OK(heddle_participation_open(&options, &orderer, &err));
    ck_assert_int_ne(heddle_participation_list(orderer, &untouched, &err), HEDDLE_OK);
    heddle_participation_close(orderer);
    options.tls_roots_file = lab_text("orgs.0.tlsRoot");
    OK(heddle_participation_open(&options, &orderer, &err));
    FAILS(heddle_participation_list(orderer, &untouched, &err), E_BAD_IDENTITY, "certificate");
    heddle_participation_close(orderer);
}
END_TEST

START_TEST(orderers_join)
{
    base_auto_buffer base_buffer genesis = {0};
    OK(base_read_file(lab_text("second.genesis"), 0, &genesis, &err));
    for (size_t i = 0; i < orderer_count; i++) {
        heddle_participation_channels *channels = NULL;
        heddle_participation *orderer = open_admin(i);
        OK(heddle_participation_join(orderer, base_buffer_view(&genesis), &channels, &err));
        ck_assert_str_eq(heddle_participation_channels_at(channels, 0)->name, second());
        heddle_participation_channels_free(channels);
        FAILS(heddle_participation_join(orderer, base_buffer_view(&genesis), NULL, &err), E_EXISTS,
              "already exists");
        FAILS(heddle_participation_join(orderer, VIEW("no block"), NULL, &err), E_REFUSED,
              "HTTP status 400");
        heddle_participation_close(orderer);
    }
}
END_TEST

static heddle_peer *open_peer(size_t org)
{
    heddle_peer *peer = NULL;
    heddle_gateway_options options = HEDDLE_GATEWAY_OPTIONS;
    options.target = text_at("orgs", org, "peers.0.address");
    options.tls_roots_file = text_at("orgs", org, "tlsRoot");
    OK(heddle_peer_open(&options, admin[org], &peer, &err));
    return peer;
}

static bool has(const heddle_names *names, const char *name)
{
    for (size_t i = 0; i < heddle_names_count(names); i++)
        if (strcmp(heddle_names_at(names, i), name) == 0)
            return true;
    return false;
}

static bool begin_first(const char *channel, uint64_t *out_block, void *user)
{
    (void)user;
    *out_block = 0;
    return strcmp(channel, lab_text("channel")) == 0;
}

/* Wait for block 0 of the new channel. */
static void is_picked_up(heddle_observer *observer)
{
    heddle_observed observed = HEDDLE_OBSERVED;
    time_t end = time(NULL) + WAIT_S;
    do {
        ck_assert(time(NULL) < end);
        observed.channel = "";
        heddle_status status = heddle_observer_next(observer, 1000, &observed, &err);
        ck_assert_msg(status == HEDDLE_OK || status == HEDDLE_E_TIMED_OUT, "%s", err.message);
    } while (strcmp(observed.channel, second()) != 0);
    ck_assert_ptr_nonnull(observed.block);
    ck_assert_uint_eq(observed.block->number, 0);
}

/* A new channel has no leader at first. */
static heddle_bytes genesis_at_last(void)
{
    heddle_bytes block = {0};
    time_t end = time(NULL) + WAIT_S;
    while (heddle_orderer_block(orderers[0], second(), 0, 0, &block, &err))
        ck_assert_msg(time(NULL) < end, "%s", err.message);
    return block;
}

START_TEST(peers_join_with_the_block_of_an_orderer)
{
    heddle_bytes block = genesis_at_last();
    for (size_t org = 0; org < 2; org++) {
        heddle_names *names = NULL;
        heddle_observed first = HEDDLE_OBSERVED;
        heddle_observer *observer = NULL;
        heddle_observer_options options = HEDDLE_OBSERVER_OPTIONS;
        heddle_peer *peer = open_peer(org);
        options.interval_ms = 200;
        options.start = begin_first;
        OK(heddle_observer_open(peer, admin[org], &options, &observer, &err));
        OK(heddle_observer_next(observer, WAIT_S * 1000, &first, &err));
        ck_assert_str_eq(first.channel, lab_text("channel"));
        OK(heddle_peer_join(peer, view_of(&block), NULL, &err));
        is_picked_up(observer);
        heddle_observer_close(observer);
        OK(heddle_peer_channels(peer, NULL, &names, &err));
        ck_assert(has(names, second()) && has(names, lab_text("channel")));
        heddle_names_free(names);
        FAILS(heddle_peer_join(peer, view_of(&block), NULL, &err), E_EXISTS, "already exists");
        FAILS(heddle_peer_join(peer, VIEW("no block"), NULL, &err), E_REFUSED, "genesis block");
        heddle_peer_close(peer);
    }
    heddle_bytes_done(&block);
}
END_TEST

/* The configuration. */

static heddle_config *fetched(void)
{
    heddle_config *config = NULL;
    OK(heddle_config_fetch(orderers[0], second(), 0, &config, &err));
    return config;
}

static heddle_config_update *update_of(heddle_config *config)
{
    heddle_config_update *update = NULL;
    OK(heddle_config_update_new(config, &update, &err));
    heddle_config_free(config);
    return update;
}

static heddle_status submit(heddle_config_update *update, heddle_identity *identity,
                            heddle_config_result *out)
{
    heddle_status status =
        heddle_config_update_submit(update, identity, orderers, orderer_count, NULL, out, &err);
    heddle_config_update_free(update);
    return status;
}

static void is_now(const char *setting, const char *expected)
{
    heddle_bytes value = {0};
    heddle_config *config = fetched();
    OK(heddle_config_get(config, setting, &value, &err));
    ck_assert_str_eq((const char *)value.data, expected);
    heddle_bytes_done(&value);
    heddle_config_free(config);
}

START_TEST(the_orderers_administrator_changes_batches)
{
    heddle_config_result result = {.size = sizeof(result)};
    heddle_config *config = fetched();
    uint64_t sequence = heddle_config_sequence(config);
    OK(heddle_config_set(config, "batch-size.max-messages", "50", &err));
    OK(heddle_config_set(config, "batch-timeout", "300ms", &err));
    OK(submit(update_of(config), orderer_admin, &result));
    ck_assert_uint_eq(result.block, 1);
    is_now("batch-size.max-messages", "50");
    is_now("batch-timeout", "300ms");
    config = fetched();
    ck_assert_uint_eq(heddle_config_sequence(config), sequence + 1);
    heddle_config_free(config);
}
END_TEST

START_TEST(an_organisation_sets_its_anchor_peers)
{
    heddle_config *config = fetched();
    OK(heddle_config_set(config, "anchor-peers.Org1MSP", "localhost:7051,localhost:7052", &err));
    OK(submit(update_of(config), admin[0], NULL));
    is_now("anchor-peers.Org1MSP", "localhost:7051,localhost:7052");
}
END_TEST

START_TEST(an_organisation_cannot_set_those_of_another)
{
    heddle_config *config = fetched();
    OK(heddle_config_set(config, "anchor-peers.Org2MSP", "localhost:7051", &err));
    FAILS(submit(update_of(config), admin[0], NULL), E_POLICY, "more signatures are needed");
    ck_assert_ptr_nonnull(strstr(err.message, "/Channel/Application/Org2MSP"));
}
END_TEST

/* The orderers' own words, if nobody looks before. */
START_TEST(orderers_say_so_too)
{
    heddle_bytes bytes = {0};
    heddle_config *config = fetched();
    OK(heddle_config_set(config, "policy./Channel/Application/Admins", "ANY Admins", &err));
    heddle_config_update *update = update_of(config);
    OK(heddle_config_update_bytes(update, &bytes, &err));
    ck_assert_int_ne(heddle_orderer_broadcast(orderers[0], view_of(&bytes), 0, &err), HEDDLE_OK);
    heddle_bytes_done(&bytes);
    heddle_config_update_free(update);
}
END_TEST

START_TEST(several_organisations_sign_one_after_the_other)
{
    heddle_bytes bytes = {0};
    heddle_names *names = NULL;
    heddle_config *config = fetched();
    OK(heddle_config_set(config, "acl.peer/Propose", "/Channel/Application/Admins", &err));
    OK(heddle_config_set(config, "policy./Channel/Application/Two",
                         "AND('Org1MSP.admin','Org2MSP.admin')", &err));
    heddle_config_update *update = update_of(config);
    OK(heddle_config_update_sign(update, admin[0], &err));
    OK(heddle_config_update_bytes(update, &bytes, &err));
    heddle_config_update_free(update);
    OK(heddle_config_update_from_bytes(view_of(&bytes), &update, &err));
    heddle_bytes_done(&bytes);
    OK(heddle_config_update_signers(update, &names, &err));
    ck_assert_uint_eq(heddle_names_count(names), 1);
    heddle_names_free(names);
    OK(submit(update, admin[1], NULL));
    is_now("acl.peer/Propose", "/Channel/Application/Admins");
    is_now("policy./Channel/Application/Two", "AND('Org1MSP.admin', 'Org2MSP.admin')");
}
END_TEST

START_TEST(two_administrators_at_once)
{
    heddle_config *first = fetched(), *other = fetched();
    OK(heddle_config_set(first, "batch-size.max-messages", "60", &err));
    OK(heddle_config_set(other, "batch-size.max-messages", "70", &err));
    OK(submit(update_of(first), orderer_admin, NULL));
    FAILS(submit(update_of(other), orderer_admin, NULL), E_BAD_STATE, "fetch it anew");
    ck_assert_ptr_nonnull(strstr(err.message, "/Channel/Orderer/BatchSize"));
    ck_assert_int_eq(err.retry, HEDDLE_RETRY_NEW_TX);
    is_now("batch-size.max-messages", "60");
}
END_TEST

/* The MSP of the orderers, as an organisation of the application. */
START_TEST(an_organisation_comes_and_goes)
{
    heddle_org org = HEDDLE_ORG;
    heddle_names *names = NULL;
    heddle_config *config = fetched();
    org.name = "Third";
    org.mspid = lab_text("ordererAdmin.mspId");
    org.msp_dir = lab_text("ordererAdmin.orgMsp");
    OK(heddle_config_add_org(config, &org, &err));
    heddle_config_update *update = update_of(config);
    OK(heddle_config_update_sign(update, admin[0], &err));
    OK(submit(update, admin[1], NULL));
    config = fetched();
    OK(heddle_config_orgs(config, HEDDLE_CONFIG_APPLICATION, &names, &err));
    ck_assert(has(names, "Third"));
    heddle_names_free(names);
    OK(heddle_config_remove_org(config, HEDDLE_CONFIG_APPLICATION, "Third", &err));
    update = update_of(config);
    OK(heddle_config_update_sign(update, admin[0], &err));
    OK(submit(update, admin[1], NULL));
}
END_TEST

START_TEST(a_peer_has_the_same_configuration)
{
    heddle_config *at_orderer = fetched(), *at_peer = NULL;
    heddle_bytes one = {0}, other = {0};
    heddle_peer *peer = open_peer(0);
    time_t end = time(NULL) + WAIT_S;
    OK(heddle_config_bytes(at_orderer, &one, &err));
    for (bool same = false; !same; heddle_bytes_done(&other), heddle_config_free(at_peer)) {
        OK(heddle_config_fetch_peer(peer, second(), NULL, &at_peer, &err));
        OK(heddle_config_bytes(at_peer, &other, &err));
        same = heddle_config_sequence(at_peer) == heddle_config_sequence(at_orderer);
        ck_assert(!same || base_view_equal(view_of(&one), view_of(&other)));
        ck_assert(same || time(NULL) < end);
    }
    heddle_bytes_done(&one);
    heddle_config_free(at_orderer);
    heddle_peer_close(peer);
}
END_TEST

/* Snapshots. */

START_TEST(a_snapshot_is_asked_for_and_taken_back)
{
    uint64_t *numbers = NULL;
    size_t count = 0;
    heddle_peer *peer = open_peer(0);
    OK(heddle_snapshot_request(peer, second(), 1000, NULL, &err));
    FAILS(heddle_snapshot_request(peer, second(), 1000, NULL, &err), E_EXISTS, "duplicate");
    OK(heddle_snapshot_pending(peer, second(), NULL, &numbers, &count, &err));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(numbers[0], 1000);
    heddle_numbers_free(numbers);
    OK(heddle_snapshot_cancel(peer, second(), 1000, NULL, &err));
    FAILS(heddle_snapshot_cancel(peer, second(), 1000, NULL, &err), E_NOT_FOUND, "1000");
    FAILS(heddle_snapshot_request(peer, second(), 1, NULL, &err), E_REFUSED, "last committed");
    FAILS(heddle_snapshot_request(peer, "nochannel", 1, NULL, &err), E_NOT_FOUND, "nochannel");
    OK(heddle_snapshot_request(peer, second(), HEDDLE_SNAPSHOT_NOW, NULL, &err));
    heddle_peer_close(peer);
}
END_TEST

START_TEST(a_snapshot_that_is_none_is_refused)
{
    heddle_bytes dir = {0};
    heddle_peer *peer = open_peer(0);
    FAILS(heddle_peer_join_snapshot(peer, "/no/such/folder", NULL, &err), E_REFUSED,
          "/no/such/folder");
    OK(heddle_peer_snapshot_join_status(peer, NULL, &dir, &err));
    ck_assert_uint_eq(dir.len, 0);
    heddle_bytes_done(&dir);
    heddle_peer_close(peer);
}
END_TEST

/* The end. */

START_TEST(an_orderer_of_3_1_gives_blocks)
{
    heddle_bytes block = {0};
    heddle_config *config = NULL;
    heddle_participation *orderer = open_admin(0);
    if (strncmp(lab_text("version"), "3.", 2) == 0) {
        OK(heddle_participation_block(orderer, second(), "config", &block, &err));
        OK(heddle_config_from_block(view_of(&block), &config, &err));
        ck_assert_str_eq(heddle_config_channel(config), second());
        heddle_bytes_done(&block);
        heddle_config_free(config);
    } else {
        FAILS(heddle_participation_block(orderer, second(), "config", &block, &err), E_NOT_FOUND,
              "404");
        FAILS(heddle_participation_update(orderer, VIEW("x"), NULL, &err), E_REFUSED, "405");
    }
    heddle_participation_close(orderer);
}
END_TEST

START_TEST(an_update_is_handed_in_at_the_admin_endpoint)
{
    heddle_bytes bytes = {0};
    heddle_participation *orderer = open_admin(0);
    if (strncmp(lab_text("version"), "3.", 2) == 0) {
        heddle_config *config = fetched();
        OK(heddle_config_set(config, "batch-size.max-messages", "61", &err));
        heddle_config_update *update = update_of(config);
        OK(heddle_config_update_sign(update, orderer_admin, &err));
        OK(heddle_config_update_bytes(update, &bytes, &err));
        FAILS(heddle_participation_update(orderer, VIEW("x"), NULL, &err), E_REFUSED,
              "HTTP status 400");
        ck_assert_int_ne(heddle_participation_update(orderer, view_of(&bytes), NULL, &err),
                         HEDDLE_E_UNAVAILABLE);
        heddle_bytes_done(&bytes);
        heddle_config_update_free(update);
    }
    heddle_participation_close(orderer);
}
END_TEST

/* Its files are deleted behind its answer. */
static void is_gone(heddle_participation *orderer)
{
    time_t end = time(NULL) + WAIT_S;
    heddle_participation_channels *channels = NULL;
    heddle_status status;
    while ((status = heddle_participation_info(orderer, second(), &channels, &err)) == HEDDLE_OK) {
        heddle_participation_channels_free(channels);
        ck_assert(time(NULL) < end);
    }
    ck_assert_msg(status == HEDDLE_E_NOT_FOUND, "%s", err.message);
}

START_TEST(orderers_leave)
{
    for (size_t i = orderer_count; i-- > 0;) {
        heddle_participation *orderer = open_admin(i);
        OK(heddle_participation_remove(orderer, second(), &err));
        is_gone(orderer);
        FAILS(heddle_participation_remove(orderer, second(), &err), E_NOT_FOUND, "does not exist");
        heddle_participation_close(orderer);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("interop/channel");
    TCase *tests = SUITE_CASE(
        "channel", orderers_tell_their_channels, an_administrator_is_known_by_his_certificate,
        orderers_join, peers_join_with_the_block_of_an_orderer,
        the_orderers_administrator_changes_batches, an_organisation_sets_its_anchor_peers,
        an_organisation_cannot_set_those_of_another, orderers_say_so_too,
        several_organisations_sign_one_after_the_other, two_administrators_at_once,
        an_organisation_comes_and_goes, a_peer_has_the_same_configuration,
        a_snapshot_is_asked_for_and_taken_back, a_snapshot_that_is_none_is_refused,
        an_orderer_of_3_1_gives_blocks, an_update_is_handed_in_at_the_admin_endpoint,
        orderers_leave);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, TIMEOUT_S);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
