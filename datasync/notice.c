#include "datasync/notice.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "bus/publisher.h"

struct sync_notice {
    bus_publisher *publisher; /* NULL: tells nobody */
    base_buffer messages;     /* one line a block */
};

heddle_status sync_notice_open(const char *url, sync_notice **out, heddle_error *err)
{
    sync_notice *notice = base_calloc(1, sizeof(*notice));
    if (!notice)
        return base_fail_memory(err, "publisher");
    if (url[0]) {
        heddle_status status = bus_publisher_open(url, &notice->publisher, err);
        if (status != HEDDLE_OK) {
            sync_notice_close(notice);
            return status;
        }
    }
    *out = notice;
    return HEDDLE_OK;
}

void sync_notice_close(sync_notice *notice)
{
    if (!notice)
        return;
    bus_publisher_close(notice->publisher);
    base_buffer_done(&notice->messages);
    base_free(notice);
}

const char *sync_notice_url(const sync_notice *notice)
{
    return notice->publisher ? bus_publisher_url(notice->publisher) : "";
}

static size_t count_valid(const wire_block *block)
{
    size_t valid = 0;
    for (size_t i = 0; i < block->tx_count; i++)
        valid += wire_block_code(block, i) == WIRE_CODE_VALID;
    return valid;
}

heddle_status sync_notice_add(sync_notice *notice, const char *channel, const wire_block *block,
                              const uint8_t hash[32], heddle_error *err)
{
    if (!notice->publisher)
        return HEDDLE_OK;
    char hex[65];
    base_hex(heddle_view_of(hash, 32), hex);
    heddle_status status =
        base_buffer_printf(&notice->messages,
                           "{\"channel\":\"%s\",\"number\":%" PRIu64
                           ",\"hash\":\"%s\",\"tx_count\":%zu,\"valid_count\":%zu}\n",
                           channel, block->number, hex, block->tx_count, count_valid(block));
    return status == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "summary of a block");
}

void sync_notice_send(sync_notice *notice, const char *channel)
{
    char topic[300];
    snprintf(topic, sizeof(topic), "heddle/%s/block", channel);
    heddle_view rest = base_buffer_view(&notice->messages);
    while (rest.len) {
        const uint8_t *end = memchr(rest.data, '\n', rest.len);
        size_t len = (size_t)(end - rest.data);
        heddle_error err;
        if (bus_publish(notice->publisher, topic, heddle_view_of(rest.data, len), &err) !=
            HEDDLE_OK)
            log_at(LOG_WARN, "sync", "a stored block was not published", LOG_ERR(&err));
        rest = heddle_view_of(end + 1, rest.len - len - 1);
    }
    base_buffer_clear(&notice->messages);
}
