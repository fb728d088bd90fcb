#include "bus/publisher.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>

#include "base/alloc.h"
#include "base/fail.h"

struct bus_publisher {
    nng_socket socket;
    char *url;
};

static heddle_status fail_nng(heddle_error *err, const char *what, const char *url, int code)
{
    heddle_status status = code == NNG_ENOMEM ? HEDDLE_E_NO_MEMORY : HEDDLE_E_IO;
    return base_fail(err, status, "%s %s: %s", what, url, nng_strerror(code));
}

static heddle_status listen_on(bus_publisher *p, const char *url, heddle_error *err)
{
    nng_listener listener;
    int code = nng_listener_create(&listener, p->socket, url);
    if (code == 0)
        code = nng_listener_start(listener, 0);
    if (code != 0)
        return fail_nng(err, "publish on", url, code);
    char *bound = NULL;
    const char *used = nng_listener_get_string(listener, NNG_OPT_URL, &bound) == 0 ? bound : url;
    p->url = base_strdup(used);
    nng_strfree(bound);
    return p->url ? HEDDLE_OK : base_fail_memory(err, "publisher");
}

heddle_status bus_publisher_open(const char *url, bus_publisher **out, heddle_error *err)
{
    bus_publisher *p = base_calloc(1, sizeof(*p));
    if (!p)
        return base_fail_memory(err, "publisher");
    int code = nng_pub0_open(&p->socket);
    if (code != 0) {
        base_free(p);
        return fail_nng(err, "publish on", url, code);
    }
    heddle_status status = listen_on(p, url, err);
    if (status != HEDDLE_OK) {
        bus_publisher_close(p);
        return status;
    }
    *out = p;
    return HEDDLE_OK;
}

void bus_publisher_close(bus_publisher *p)
{
    if (!p)
        return;
    nng_close(p->socket);
    base_free(p->url);
    base_free(p);
}

heddle_status bus_publish(bus_publisher *p, const char *topic, heddle_view payload,
                          heddle_error *err)
{
    nng_msg *message;
    int code = nng_msg_alloc(&message, 0);
    if (code != 0)
        return fail_nng(err, "publish", topic, code);
    code = nng_msg_append(message, topic, strlen(topic) + 1);
    if (code == 0 && payload.len)
        code = nng_msg_append(message, payload.data, payload.len);
    if (code == 0)
        code = nng_sendmsg(p->socket, message, NNG_FLAG_NONBLOCK);
    if (code == 0)
        return HEDDLE_OK;
    nng_msg_free(message);
    return fail_nng(err, "publish", topic, code);
}

const char *bus_publisher_url(const bus_publisher *p)
{
    return p->url;
}
