#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>

#include "bus/publisher.h"
#include "support/suite.h"

START_TEST(a_subscriber_gets_topic_and_payload)
{
    bus_publisher *publisher;
    heddle_error err;
    ck_assert_int_eq(bus_publisher_open("tcp://127.0.0.1:0", &publisher, &err), HEDDLE_OK);
    nng_socket sub;
    ck_assert_int_eq(nng_sub0_open(&sub), 0);
    ck_assert_int_eq(nng_socket_set(sub, NNG_OPT_SUB_SUBSCRIBE, "a/b", 3), 0);
    ck_assert_int_eq(nng_socket_set_ms(sub, NNG_OPT_RECVTIMEO, 50), 0);
    ck_assert_int_eq(nng_dial(sub, bus_publisher_url(publisher), NULL, 0), 0);
    nng_msg *message = NULL;
    /* A subscription is not acknowledged: publish until one arrives. */
    for (int i = 0; i < 200 && !message; i++) {
        ck_assert_int_eq(bus_publish(publisher, "x/y", VIEW("other"), &err), HEDDLE_OK);
        ck_assert_int_eq(bus_publish(publisher, "a/b", VIEW("pay\0load"), &err), HEDDLE_OK);
        if (nng_recvmsg(sub, &message, 0) != 0)
            message = NULL;
    }
    ck_assert_ptr_nonnull(message);
    ck_assert(base_view_equal(heddle_view_of(nng_msg_body(message), nng_msg_len(message)),
                              VIEW("a/b\0pay\0load")));
    nng_msg_free(message);
    nng_close(sub);
    bus_publisher_close(publisher);
}
END_TEST

START_TEST(an_address_in_use_is_refused)
{
    bus_publisher *first, *second = NULL;
    heddle_error err;
    ck_assert_int_eq(bus_publisher_open("tcp://127.0.0.1:0", &first, &err), HEDDLE_OK);
    ck_assert_int_eq(bus_publisher_open(bus_publisher_url(first), &second, &err), HEDDLE_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, bus_publisher_url(first)));
    ck_assert_int_ne(bus_publisher_open("nonsense", &second, &err), HEDDLE_OK);
    bus_publisher_close(first);
}
END_TEST

SUITE_MAIN("bus/publisher", SUITE_CASE("publisher", a_subscriber_gets_topic_and_payload,
                                       an_address_in_use_is_refused))
