/* The example contract, over a real stream. */
#include "asset-transfer/contract.h"
#include "base/view.h"
#include "fake_peer.h"
#include "support/suite.h"

static heddle_cc_server *server;
static fake_peer peer;

static void start(void)
{
    heddle_cc_server_options options = HEDDLE_CC_SERVER_OPTIONS;
    heddle_error err;
    options.address = "127.0.0.1:0";
    options.chaincode_id = "basic:1";
    heddle_status st = heddle_cc_server_open(&options, &asset_transfer, &server, &err);
    ck_assert_msg(st == HEDDLE_OK, "%s", err.message);
    fake_peer_connect(&peer, heddle_cc_server_port(server));
    fake_peer_greet(&peer, "basic:1");
}

static void stop(void)
{
    fake_peer_disconnect(&peer);
    heddle_cc_server_close(server);
}

static void expect(const Protos__Response *response, int status, const char *text)
{
    ck_assert_int_eq(response->status, status);
    if (status == 200)
        ck_assert_msg(fake_peer_is(response->payload, text), "%.*s", (int)response->payload.len,
                      (char *)response->payload.data);
    else
        ck_assert_str_eq(response->message, text);
}

START_TEST(an_asset_lives_from_creation_to_deletion)
{
    expect(FAKE_PEER_CALL(&peer, "1", "AssetExists", "a"), 200, "false");
    expect(FAKE_PEER_CALL(&peer, "2", "CreateAsset", "a", "blue", "5", "Ann", "300"), 200, "");
    expect(FAKE_PEER_CALL(&peer, "3", "AssetExists", "a"), 200, "true");
    expect(FAKE_PEER_CALL(&peer, "4", "TransferAsset", "a", "Bob"), 200, "Ann");
    expect(FAKE_PEER_CALL(&peer, "5", "ReadAsset", "a"), 200,
           "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":\"Bob\",\"Size\":5}");
    expect(FAKE_PEER_CALL(&peer, "6", "UpdateAsset", "a", "red", "6", "Cy", "1"), 200, "");
    expect(FAKE_PEER_CALL(&peer, "7", "GetAllAssets"), 200,
           "[{\"AppraisedValue\":1,\"Color\":\"red\",\"ID\":\"a\",\"Owner\":\"Cy\",\"Size\":6}]");
    expect(FAKE_PEER_CALL(&peer, "8", "DeleteAsset", "a"), 200, "");
    expect(FAKE_PEER_CALL(&peer, "9", "GetAllAssets"), 200, "[]");
}
END_TEST

START_TEST(the_ledger_starts_with_six_assets_listed_over_pages)
{
    expect(FAKE_PEER_CALL(&peer, "1", "InitLedger"), 200, "");
    ck_assert_uint_eq(base_map_count(peer.state), 6);
    Protos__Response *all = FAKE_PEER_CALL(&peer, "2", "GetAllAssets");
    ck_assert_int_eq(all->status, 200);
    heddle_view text = wire_view(all->payload);
    ck_assert(base_view_starts(text, VIEW("[{\"AppraisedValue\":300,\"Color\":\"blue\"")));
    ck_assert_ptr_nonnull(memmem(text.data, text.len, "Michel", 6));
}
END_TEST

START_TEST(what_is_not_possible_is_said)
{
    expect(FAKE_PEER_CALL(&peer, "1", "CreateAsset", "a", "blue", "5", "Ann", "300"), 200, "");
    expect(FAKE_PEER_CALL(&peer, "2", "CreateAsset", "a", "blue", "5", "Ann", "300"), 500,
           "the asset a already exists");
    expect(FAKE_PEER_CALL(&peer, "3", "ReadAsset", "b"), 500, "the asset b does not exist");
    expect(FAKE_PEER_CALL(&peer, "4", "TransferAsset", "b", "Bob"), 500,
           "the asset b does not exist");
    expect(FAKE_PEER_CALL(&peer, "5", "CreateAsset", "b", "blue", "big", "Ann", "300"), 500,
           "parameter size: an integer is expected, and not \"big\"");
    expect(FAKE_PEER_CALL(&peer, "6", "CreateAsset", "b"), 500,
           "Incorrect number of params. Expected 5, received 1");
}
END_TEST

START_TEST(changes_emit_an_event_with_the_asset)
{
    static const char *const create[] = {"CreateAsset", "a", "blue", "5", "Ann", "300", NULL};
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "1", create);
    Protos__ChaincodeMessage *m = fake_peer_serve(&peer);
    ck_assert_ptr_nonnull(m->chaincode_event);
    ck_assert_str_eq(m->chaincode_event->event_name, "CreateAsset");
    ck_assert(fake_peer_is(m->chaincode_event->payload,
                           "{\"AppraisedValue\":300,\"Color\":\"blue\",\"ID\":\"a\",\"Owner\":"
                           "\"Ann\",\"Size\":5}"));
    static const char *const read[] = {"ReadAsset", "a", NULL};
    fake_peer_invoke(&peer, FAKE_PEER_TYPE(TRANSACTION), "2", read);
    ck_assert_ptr_null(fake_peer_serve(&peer)->chaincode_event);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("contract", an_asset_lives_from_creation_to_deletion,
                          the_ledger_starts_with_six_assets_listed_over_pages,
                          what_is_not_possible_is_said, changes_emit_an_event_with_the_asset);
    tcase_add_checked_fixture(c, start, stop);
    Suite *suite = suite_create("chaincode/asset_transfer");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
