/* All channels of a peer as one stream, on devnet. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "heddle/heddle.h"
#include "rpc/runtime.h"
#include "support/devnet.h"
#include "support/suite.h"

#define OK(expr) ck_assert_msg((expr) == HEDDLE_OK, "%s", err.message)

enum { PATIENCE_MS = 20000 };

static heddle_error err;
static devnet *net;
static heddle_identity *admin;
static heddle_peer *peer;

static void set_up(void)
{
    static const char *const more[] = {"second", "third"};
    dn_options options = devnet_options();
    options.more_channels = more;
    options.more_channel_count = 2;
    ck_assert_int_eq(rpc_init(0, &err), HEDDLE_OK);
    net = devnet_start(&options);
    OK(heddle_identity_from_msp("Org1MSP", devnet_msp(net, "org1.example.com", "Admin"), &admin,
                                &err));
    const dn_endpoint *node = dn_network_peer(devnet_network(net), 0);
    heddle_gateway_options how = HEDDLE_GATEWAY_OPTIONS;
    how.target = node->address;
    how.tls_roots_file = node->tls_ca;
    OK(heddle_peer_open(&how, admin, &peer, &err));
}

static void tear_down(void)
{
    heddle_peer_close(peer);
    heddle_identity_unref(admin);
    devnet_free(net);
    rpc_shutdown();
}

static bool has(unsigned *seen, const heddle_observed *observed)
{
    static const char *const names[] = {"mychannel", "second", "third"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(observed->channel, names[i]) == 0)
            *seen |= 1u << i;
    return *seen == 7;
}

START_TEST(every_channel_is_seen_from_its_first_block)
{
    unsigned seen = 0;
    heddle_names *names = NULL;
    heddle_observer *observer = NULL;
    heddle_observed observed = HEDDLE_OBSERVED;
    heddle_observer_options options = HEDDLE_OBSERVER_OPTIONS;
    options.from_oldest = true;
    OK(heddle_observer_open(peer, admin, &options, &observer, &err));
    do {
        OK(heddle_observer_next(observer, PATIENCE_MS, &observed, &err));
        ck_assert_ptr_nonnull(observed.block);
        ck_assert_uint_gt(observed.block->bytes.len, 0);
    } while (!has(&seen, &observed));
    OK(heddle_observer_channels(observer, &names, &err));
    ck_assert_uint_eq(heddle_names_count(names), 3);
    ck_assert_str_eq(heddle_names_at(names, 1), "second");
    heddle_names_free(names);
    heddle_observer_close(observer);
}
END_TEST

static bool begin_third(const char *channel, uint64_t *out_block, void *user)
{
    *(unsigned *)user += 1;
    *out_block = 0;
    return strcmp(channel, "third") == 0;
}

START_TEST(a_program_says_where_a_channel_begins)
{
    unsigned asked = 0;
    heddle_observer *observer = NULL;
    heddle_observed observed = HEDDLE_OBSERVED;
    heddle_observer_options options = HEDDLE_OBSERVER_OPTIONS;
    options.start = begin_third;
    options.user = &asked;
    options.kind = HEDDLE_BLOCKS_FILTERED;
    OK(heddle_observer_open(peer, admin, &options, &observer, &err));
    OK(heddle_observer_next(observer, PATIENCE_MS, &observed, &err));
    ck_assert_str_eq(observed.channel, "third");
    ck_assert_uint_eq(observed.block->number, 0);
    ck_assert_uint_eq(asked, 3);
    heddle_observer_close(observer);
}
END_TEST

START_TEST(there_is_something_to_poll)
{
    heddle_observer *observer = NULL;
    heddle_observed observed = HEDDLE_OBSERVED;
    heddle_observer_options options = HEDDLE_OBSERVER_OPTIONS;
    options.from_oldest = true;
    OK(heddle_observer_open(peer, admin, &options, &observer, &err));
    heddle_status status;
    while ((status = heddle_observer_next(observer, 0, &observed, &err)) == HEDDLE_E_TIMED_OUT) {
        struct pollfd poll_for = {.fd = heddle_observer_fd(observer), .events = POLLIN};
        ck_assert_int_eq(poll(&poll_for, 1, PATIENCE_MS), 1);
    }
    OK(status);
    heddle_observer_cancel(observer);
    ck_assert_int_eq(heddle_observer_next(observer, PATIENCE_MS, &observed, &err),
                     HEDDLE_E_CANCELLED);
    heddle_observer_close(observer);
}
END_TEST

START_TEST(what_an_identity_may_not_read_is_told_of_each_channel)
{
    unsigned seen = 0;
    heddle_identity *stranger = NULL;
    heddle_observer *observer = NULL;
    heddle_observed observed = HEDDLE_OBSERVED;
    OK(heddle_identity_from_msp("Org2MSP", devnet_msp(net, "org1.example.com", "User1"), &stranger,
                                &err));
    OK(heddle_observer_open(peer, stranger, NULL, &observer, &err));
    do {
        OK(heddle_observer_next(observer, PATIENCE_MS, &observed, &err));
        ck_assert_ptr_null(observed.block);
        ck_assert_int_eq(observed.ended->status, HEDDLE_E_DENIED);
    } while (!has(&seen, &observed));
    ck_assert_int_eq(heddle_observer_next(observer, 0, &observed, &err), HEDDLE_E_TIMED_OUT);
    heddle_observer_close(observer);
    heddle_identity_unref(stranger);
}
END_TEST

START_TEST(a_peer_that_does_not_answer_is_told)
{
    heddle_peer *away = NULL;
    heddle_observer *observer = NULL;
    heddle_observed observed = HEDDLE_OBSERVED;
    heddle_gateway_options how = HEDDLE_GATEWAY_OPTIONS;
    how.target = "localhost:1";
    how.plaintext = true;
    how.connect_wait_ms = 100;
    OK(heddle_peer_open(&how, admin, &away, &err));
    OK(heddle_observer_open(away, admin, NULL, &observer, &err));
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_int_eq(heddle_observer_next(observer, 200, &observed, &err), HEDDLE_E_TIMED_OUT);
        if (strstr(err.message, "localhost:1"))
            break;
    }
    ck_assert_msg(strstr(err.message, "localhost:1"), "%s", err.message);
    heddle_observer_close(observer);
    heddle_peer_close(away);
    ck_assert_int_eq(heddle_observer_open(NULL, admin, NULL, &observer, &err),
                     HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("component/channel/observer");
    TCase *tests = SUITE_CASE("observer", every_channel_is_seen_from_its_first_block,
                              a_program_says_where_a_channel_begins, there_is_something_to_poll,
                              what_an_identity_may_not_read_is_told_of_each_channel,
                              a_peer_that_does_not_answer_is_told);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
