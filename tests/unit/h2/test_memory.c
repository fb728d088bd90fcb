/* Each allocation failed in turn: no crash, no hang, nothing lost, one end a stream. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "support/fault_alloc.h"
#include "support/suite.h"

enum { LARGE = 40 * 1024 };

static bool send_some(talk *t, size_t len)
{
    static char data[LARGE];
    base_blob *message = base_blob_copy(heddle_view_of(data, len));
    heddle_status st = message ? h2_stream_send(t->stream, message, NULL) : HEDDLE_E_NO_MEMORY;
    base_blob_unref(message);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_NO_MEMORY || st == HEDDLE_E_BAD_STATE);
    return st == HEDDLE_OK;
}

static void stream_once(h2_client *client)
{
    talk t;
    h2_client_stream_options options = {.path = "/t.T/Echo"};
    talk_init(&t);
    heddle_status st = h2_client_stream(client, &options, &talk_events, &t, &t.stream, NULL);
    ck_assert(st == HEDDLE_OK || st == HEDDLE_E_NO_MEMORY || st == HEDDLE_E_UNAVAILABLE);
    if (st == HEDDLE_OK) {
        h2_stream_read(t.stream);
        if (send_some(&t, 1) && send_some(&t, LARGE))
            h2_stream_half_close(t.stream);
        else
            h2_stream_cancel(t.stream);
        talk_wait_end_of_any(&t);
    }
    talk_done(&t);
}

static void connect_and_talk(void)
{
    const h2_server_options options = {.methods = &bed_echo_method, .method_count = 1};
    h2_loop *loop = NULL;
    h2_server *server = NULL;
    h2_client *client = NULL;
    uint16_t port;
    char address[32];
    if (h2_loop_new(&loop, NULL) != HEDDLE_OK)
        return;
    if (h2_server_new(loop, &options, &server, NULL) == HEDDLE_OK) {
        if (h2_server_listen(server, "127.0.0.1:0", NULL, &port, NULL) == HEDDLE_OK) {
            snprintf(address, sizeof(address), "127.0.0.1:%u", port);
            h2_client_options dial = {.address = address};
            if (h2_client_open(loop, &dial, &client, NULL) == HEDDLE_OK)
                stream_once(client);
            h2_client_close(client);
        }
        h2_server_stop_blocking(server, 0);
    }
    h2_server_free(server);
    h2_loop_free(loop);
}

START_TEST(each_allocation_may_fail)
{
    bool reached = true;
    int n;
    for (n = 1; reached && n < 2000; n++) {
        fault_alloc_arm((size_t)n);
        connect_and_talk();
        reached = fault_alloc_disarm();
        ck_assert_msg(fault_alloc_live() == 0, "%ld blocks are left when the %d. fails",
                      fault_alloc_live(), n);
    }
    ck_assert_int_gt(n, 40);
    ck_assert_int_lt(n, 2000);
}
END_TEST

SUITE_MAIN("h2/memory", SUITE_CASE("memory", each_allocation_may_fail))
