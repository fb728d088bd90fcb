/* The client of an orderer's admin endpoint, against a server that answers as it is told. */
#include <stdio.h>

#include "base/view.h"
#include "heddle/heddle.h"
#include "support/fault_alloc.h"
#include "support/replay.h"
#include "support/suite.h"

static replay *server;
static heddle_participation *orderer;
static heddle_error err;

#define OK(call)                                                                                   \
    ck_assert_msg((call) == HEDDLE_OK, "%s: %s", heddle_status_name(err.status), err.message)

static void start(void)
{
    heddle_participation_options options = HEDDLE_PARTICIPATION_OPTIONS;
    server = replay_start();
    options.address = replay_url(server) + strlen("http://");
    options.plaintext = true;
    OK(heddle_participation_open(&options, &orderer, &err));
}

static void stop(void)
{
    heddle_participation_close(orderer);
    replay_stop(server);
}

static const char joined[] = "{\"name\":\"ch1\",\"url\":\"/participation/v1/channels/ch1\","
                             "\"consensusRelation\":\"consenter\",\"status\":\"active\","
                             "\"height\":1}\n";

START_TEST(the_channels_are_listed)
{
    heddle_participation_channels *channels = NULL;
    replay_answer(server, 200,
                  VIEW("{\"systemChannel\":null,\"channels\":[{\"name\":\"a\",\"url\":\"x\"},"
                       "{\"name\":\"b\",\"url\":\"y\"}]}"));
    OK(heddle_participation_list(orderer, &channels, &err));
    ck_assert_str_eq(replay_method(server), "GET");
    ck_assert_str_eq(replay_uri(server), "/participation/v1/channels");
    ck_assert_uint_eq(heddle_participation_channels_count(channels), 2);
    ck_assert_str_eq(heddle_participation_channels_at(channels, 1)->name, "b");
    ck_assert_str_eq(heddle_participation_channels_at(channels, 1)->status, "");
    ck_assert_ptr_null(heddle_participation_channels_at(channels, 2));
    heddle_participation_channels_free(channels);
}
END_TEST

START_TEST(an_orderer_may_have_no_channels)
{
    heddle_participation_channels *channels = NULL;
    replay_answer(server, 200, VIEW("{\"systemChannel\":null,\"channels\":null}"));
    OK(heddle_participation_list(orderer, &channels, &err));
    ck_assert_uint_eq(heddle_participation_channels_count(channels), 0);
    heddle_participation_channels_free(channels);
}
END_TEST

START_TEST(of_a_channel_more_is_told)
{
    heddle_participation_channels *channels = NULL;
    replay_answer(server, 200, heddle_view_str(joined));
    OK(heddle_participation_info(orderer, "ch1", &channels, &err));
    ck_assert_str_eq(replay_uri(server), "/participation/v1/channels/ch1");
    const heddle_participation_channel *channel = heddle_participation_channels_at(channels, 0);
    ck_assert_str_eq(channel->name, "ch1");
    ck_assert_str_eq(channel->relation, "consenter");
    ck_assert_str_eq(channel->status, "active");
    ck_assert_uint_eq(channel->height, 1);
    heddle_participation_channels_free(channels);
}
END_TEST

/* That the last request was a form with one file, and what it held. */
static void sent_file(const char *method, const char *field, heddle_view content)
{
    char expected[512];
    char boundary[128] = "";
    ck_assert_str_eq(replay_method(server), method);
    ck_assert_str_eq(replay_uri(server), "/participation/v1/channels");
    const char *type = replay_header(server, "Content-Type");
    ck_assert_msg(type && sscanf(type, "multipart/form-data; boundary=%127s", boundary) == 1, "%s",
                  type);
    int len =
        snprintf(expected, sizeof(expected),
                 "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=", boundary, field);
    heddle_view body = replay_body(server);
    ck_assert(base_view_starts(body, heddle_view_of(expected, (size_t)len)));
    const char *at = memmem(body.data, body.len, "\r\n\r\n", 4);
    ck_assert_ptr_nonnull(at);
    size_t from = (size_t)((const uint8_t *)at - body.data) + 4;
    ck_assert(base_view_equal(base_view_slice(body, from, content.len), content));
    len = snprintf(expected, sizeof(expected), "\r\n--%s--\r\n", boundary);
    ck_assert(base_view_equal(base_view_slice(body, from + content.len, body.len),
                              heddle_view_of(expected, (size_t)len)));
}

START_TEST(an_orderer_joins_with_a_block)
{
    heddle_participation_channels *channels = NULL;
    heddle_view block = VIEW("a\0block\r\n--");
    replay_answer(server, 201, heddle_view_str(joined));
    OK(heddle_participation_join(orderer, block, &channels, &err));
    sent_file("POST", "config-block", block);
    ck_assert_str_eq(heddle_participation_channels_at(channels, 0)->name, "ch1");
    heddle_participation_channels_free(channels);
    OK(heddle_participation_join(orderer, block, NULL, &err));
}
END_TEST

START_TEST(an_update_is_handed_in)
{
    replay_answer(server, 201, heddle_view_str(joined));
    OK(heddle_participation_update(orderer, VIEW("envelope"), NULL, &err));
    sent_file("PUT", "config-update-envelope", VIEW("envelope"));
}
END_TEST

START_TEST(an_orderer_leaves)
{
    replay_answer(server, 204, VIEW(""));
    OK(heddle_participation_remove(orderer, "ch1", &err));
    ck_assert_str_eq(replay_method(server), "DELETE");
    ck_assert_str_eq(replay_uri(server), "/participation/v1/channels/ch1");
}
END_TEST

START_TEST(a_block_is_given)
{
    heddle_bytes block = {0};
    replay_answer(server, 200, VIEW("bytes"));
    OK(heddle_participation_block(orderer, "ch1", "config", &block, &err));
    ck_assert_str_eq(replay_uri(server), "/participation/v1/channels/ch1/blocks/config");
    ck_assert_str_eq((const char *)block.data, "bytes");
    heddle_bytes_done(&block);
    ck_assert_int_eq(heddle_participation_block(orderer, "ch1", "../x", &block, &err),
                     HEDDLE_E_BAD_ARGUMENT);
    ck_assert_int_eq(heddle_participation_block(orderer, "ch1", NULL, &block, &err),
                     HEDDLE_E_BAD_ARGUMENT);
}
END_TEST

static const struct refusal {
    int http;
    const char *body;
    heddle_status status;
    const char *says;
} refusals[] = {
    {405, "{\"error\":\"cannot join: channel already exists\"}", HEDDLE_E_EXISTS,
     "cannot join: channel already exists (HTTP status 405)"},
    {405, "{\"error\":\"cannot join: system channel exists\"}", HEDDLE_E_REFUSED, "system channel"},
    {404, "{\"error\":\"cannot remove: channel does not exist\"}", HEDDLE_E_NOT_FOUND,
     "does not exist"},
    {400, "{\"error\":\"invalid join block: block is not a config block\"}", HEDDLE_E_REFUSED,
     "not a config block"},
    {403, "{\"error\":\"cannot update: channel is not ready\"}", HEDDLE_E_DENIED, "not ready"},
    {409, "{\"error\":\"channel pending removal\"}", HEDDLE_E_REFUSED, "pending removal"},
    {503, "{\"error\":\"channel participation API is disabled\"}", HEDDLE_E_UNAVAILABLE,
     "is disabled"},
    {404, "404 page not found\n", HEDDLE_E_NOT_FOUND, "404 page not found (HTTP"},
    {500, "\xff\xfe", HEDDLE_E_REFUSED, "no reason given (HTTP status 500)"},
    {200, "{\"name\":\"ch1\"}", HEDDLE_E_REFUSED, "HTTP status 200"},
    {201, "no JSON", HEDDLE_E_DECODE, "does not answer as an orderer's admin endpoint"},
    {201, "[]", HEDDLE_E_DECODE, "no channel in it"},
};

START_TEST(a_refusal_says_why)
{
    for (size_t i = 0; i < BASE_COUNT(refusals); i++) {
        const struct refusal *refusal = &refusals[i];
        heddle_participation_channels *untouched = NULL;
        replay_answer(server, refusal->http, heddle_view_str(refusal->body));
        ck_assert_int_eq(heddle_participation_join(orderer, VIEW("block"), &untouched, &err),
                         refusal->status);
        ck_assert_msg(strstr(err.message, refusal->says), "%s", err.message);
        ck_assert_msg(strstr(err.message, "127.0.0.1:"), "%s", err.message);
        ck_assert_ptr_null(untouched);
    }
}
END_TEST

START_TEST(a_name_that_no_channel_has_is_refused_here)
{
    static const char *const names[] = {NULL, "", "a/b", "..", "a?b", "a b", "a%2f"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        ck_assert_int_eq(heddle_participation_remove(orderer, names[i], &err),
                         HEDDLE_E_BAD_ARGUMENT);
        ck_assert_str_eq(replay_method(server), "");
    }
}
END_TEST

START_TEST(what_is_wrong_with_the_options_is_said)
{
    heddle_participation *untouched = NULL;
    static const struct {
        heddle_participation_options options;
        const char *says;
    } wrong[] = {
        {{.size = sizeof(wrong[0].options)}, "host:port"},
        {{.size = sizeof(wrong[0].options), .address = "ftp://a:1"}, "host:port"},
        {{.size = sizeof(wrong[0].options), .address = "https://a:1"}, "TLS roots are missing"},
        {{.size = sizeof(wrong[0].options), .address = "http://a:1"}, "host:port"},
        {{.size = sizeof(wrong[0].options), .address = "a:1"}, "TLS roots are missing"},
        {{.size = sizeof(wrong[0].options), .address = "a:1", .tls_roots_file = "/no/such/file"},
         "/no/such/file"},
        {{.address = "a:1"}, "HEDDLE_PARTICIPATION_OPTIONS"},
    };
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ck_assert_int_ne(heddle_participation_open(&wrong[i].options, &untouched, &err), HEDDLE_OK);
        ck_assert_msg(strstr(err.message, wrong[i].says), "%s", err.message);
    }
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(every_lack_of_memory_is_told)
{
    bool reached = true;
    replay_answer(server, 201, heddle_view_str(joined));
    for (size_t nth = 1; reached; nth++) {
        heddle_participation_channels *channels = NULL;
        fault_alloc_arm(nth);
        heddle_status status = heddle_participation_join(orderer, VIEW("block"), &channels, &err);
        heddle_participation_channels_free(channels);
        reached = fault_alloc_disarm();
        ck_assert_int_eq(fault_alloc_live(), 0);
        ck_assert_int_eq(status, reached ? HEDDLE_E_NO_MEMORY : HEDDLE_OK);
    }
}
END_TEST

static TCase *participation_case(void)
{
    TCase *tcase =
        SUITE_CASE("participation", the_channels_are_listed, an_orderer_may_have_no_channels,
                   of_a_channel_more_is_told, an_orderer_joins_with_a_block, an_update_is_handed_in,
                   an_orderer_leaves, a_block_is_given, a_refusal_says_why,
                   a_name_that_no_channel_has_is_refused_here,
                   what_is_wrong_with_the_options_is_said, every_lack_of_memory_is_told);
    tcase_add_checked_fixture(tcase, start, stop);
    return tcase;
}

SUITE_MAIN("channel/participation", participation_case())
