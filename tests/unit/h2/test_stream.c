/* Streams of a client and a server, without TLS. */
#include <stdio.h>
#include <string.h>

#include "base/view.h"
#include "bed.h"
#include "support/suite.h"

START_TEST(messages_come_back_in_order_then_the_status)
{
    enum { COUNT = 500 };
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    for (int i = 0; i < COUNT; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "%d", i);
        talk_send(&t, text, (size_t)len);
    }
    talk_wait_messages(&t, COUNT);
    ck_assert_str_eq(t.last, "499");
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    ck_assert_str_eq(t.text, "");
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(sizes_around_every_border_come_back_whole)
{
    static const size_t sizes[] = {0,     1,     5,       16379,   16380,           16384,
                                   16385, 65535, 1 << 20, 4 << 20, (4 << 20) + 777, 20 << 20};
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Echo");
    size_t sum = 0;
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        uint8_t *data = base_malloc(sizes[i] + 1);
        memset(data, 'a' + (int)i, sizes[i]);
        talk_send(&t, data, sizes[i]);
        base_free(data);
        talk_wait_messages(&t, (int)i + 1);
        sum += sizes[i];
        ck_assert_uint_eq(t.bytes, sum);
        ck_assert(sizes[i] == 0 || t.last[0] == 'a' + (int)i);
    }
    h2_stream_half_close(t.stream);
    talk_wait_end(&t, H2_OK);
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

START_TEST(unknown_path_is_unimplemented)
{
    bed b;
    talk t;
    bed_start(&b, NULL);
    talk_open(&t, b.client, "/t.T/Other");
    talk_wait_end(&t, H2_UNIMPLEMENTED);
    ck_assert_str_eq(t.text, "unknown service or method");
    talk_done(&t);
    bed_stop(&b);
}
END_TEST

SUITE_MAIN("h2/stream",
           SUITE_CASE("stream", messages_come_back_in_order_then_the_status,
                      sizes_around_every_border_come_back_whole, unknown_path_is_unimplemented))
