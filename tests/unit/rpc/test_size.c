#include "base/clock.h"
#include "bed.h"
#include "support/suite.h"

static void measure(rpc_server_call *call, void *user)
{
    (void)user;
    uint64_t len = rpc_bytes_view(rpc_server_call_request(call)).len;
    rpc_server_call_reply(call, heddle_view_of(&len, sizeof(len)));
}

static void produce(rpc_server_call *call, void *user)
{
    (void)user;
    uint64_t len;
    memcpy(&len, rpc_bytes_view(rpc_server_call_request(call)).data, sizeof(len));
    uint8_t *bytes = base_calloc(1, len);
    ck_assert_ptr_nonnull(bytes);
    rpc_bytes *response = rpc_bytes_take(bytes, len);
    rpc_server_call_reply_bytes(call, response);
    rpc_bytes_unref(response);
}

static void call(rpc_channel *channel, const char *method, rpc_bytes *request, outcome *o)
{
    rpc_call_options options = {.method = method, .deadline_ms = base_now_ms() + 60000};
    outcome_init(o);
    ck_assert_int_eq(rpc_call_start_bytes(channel, &options, request, outcome_reply, o, NULL, NULL),
                     HEDDLE_OK);
    rpc_latch_wait(&o->latch);
}

START_TEST(a_message_of_the_limit_passes_and_a_bigger_is_refused)
{
    rpc_method methods[] = {{"/t.T/Measure", RPC_METHOD_UNARY, measure, NULL},
                            {"/t.T/Produce", RPC_METHOD_UNARY, produce, NULL}};
    bed b;
    bed_start_methods(&b, methods, 2);
    for (size_t len = RPC_MAX_MESSAGE; len <= RPC_MAX_MESSAGE + 1u; len++) {
        int expected = len > RPC_MAX_MESSAGE ? RPC_RESOURCE_EXHAUSTED : RPC_OK;
        rpc_bytes *big = rpc_bytes_take(base_calloc(1, len), len);
        outcome o;
        call(b.channel, "/t.T/Measure", big, &o);
        ck_assert_int_eq(o.code, expected);
        outcome_done(&o);
        rpc_bytes_unref(big);

        uint64_t wanted = len;
        rpc_bytes *request = rpc_bytes_copy(heddle_view_of(&wanted, sizeof(wanted)));
        call(b.channel, "/t.T/Produce", request, &o);
        ck_assert_int_eq(o.code, expected);
        if (expected == RPC_OK)
            ck_assert_uint_eq(rpc_bytes_view(o.response).len, len);
        outcome_done(&o);
        rpc_bytes_unref(request);
    }
    bed_stop(&b);
}
END_TEST

START_TEST(the_receiver_holds_its_own_limit)
{
    rpc_method methods[] = {{"/t.T/Measure", RPC_METHOD_UNARY, measure, NULL}};
    rpc_server_options options = {.methods = methods, .method_count = 1, .max_message = 1000};
    bed b;
    bed_start(&b, &options);
    static uint8_t bytes[1001];
    outcome o;
    bed_call(b.channel, "/t.T/Measure", heddle_view_of(bytes, 1000), &o);
    ck_assert_int_eq(o.code, RPC_OK);
    outcome_done(&o);
    bed_call(b.channel, "/t.T/Measure", heddle_view_of(bytes, 1001), &o);
    ck_assert_int_eq(o.code, RPC_RESOURCE_EXHAUSTED);
    outcome_done(&o);
    bed_stop(&b);
}
END_TEST

int main(void)
{
    TCase *c = SUITE_CASE("size", a_message_of_the_limit_passes_and_a_bigger_is_refused,
                          the_receiver_holds_its_own_limit);
    tcase_add_checked_fixture(c, bed_runtime_start, bed_runtime_stop);
    Suite *suite = suite_create("rpc/size");
    suite_add_tcase(suite, c);
    return suite_run(suite);
}
