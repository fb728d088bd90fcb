#include "devnet/network/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/view.h"

enum { MAX_LINE = 1024, SILENCE_MS = 30000 };

struct dn_control {
    dn_network *net;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int listener;
    int stop; /* an eventfd */
    bool is_bound;
    pthread_t thread;
};

/* Commands. */

static heddle_status set(dn_network *net, heddle_view rest, base_buffer *out, heddle_error *err)
{
    dn_fault fault;
    (void)out;
    BASE_TRY(dn_fault_parse(rest, &fault, err));
    return dn_network_fault_set(net, &fault, err);
}

static heddle_status clear(dn_network *net, heddle_view rest, base_buffer *out, heddle_error *err)
{
    char node[DN_FAULT_NODE_SIZE];
    (void)out;
    if (rest.len >= sizeof(node))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no node has so long a name");
    snprintf(node, sizeof(node), "%.*s", BASE_VIEW_ARG(rest));
    return dn_network_fault_clear(net, *node ? node : NULL, err);
}

static heddle_status list_faults(dn_network *net, heddle_view rest, base_buffer *out,
                                 heddle_error *err)
{
    dn_fault fault;
    (void)rest;
    for (size_t i = 0; dn_network_fault_at(net, i, &fault); i++) {
        if (dn_fault_print(&fault, out) != HEDDLE_OK ||
            base_buffer_append_byte(out, '\n') != HEDDLE_OK)
            return base_fail_memory(err, "the faults");
    }
    return HEDDLE_OK;
}

static heddle_status put_nodes(const dn_network *net, base_buffer *out)
{
    for (size_t i = 0; i < dn_network_orderer_count(net); i++) {
        const dn_endpoint *node = dn_network_orderer_at(net, i);
        BASE_TRY(base_buffer_printf(out, "%s %s\n", node->name, node->address));
    }
    for (size_t i = 0; i < dn_network_peer_count(net); i++) {
        const dn_endpoint *node = dn_network_peer(net, i);
        BASE_TRY(base_buffer_printf(out, "%s %s %llu\n", node->name, node->address,
                                    (unsigned long long)dn_network_peer_height(net, i)));
    }
    return HEDDLE_OK;
}

static heddle_status list_nodes(dn_network *net, heddle_view rest, base_buffer *out,
                                heddle_error *err)
{
    (void)rest;
    return put_nodes(net, out) == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "the nodes");
}

/* Events. */

typedef struct event_lines {
    base_buffer *out;
    heddle_status status;
} event_lines;

static void put_event(const dn_event *event, void *user)
{
    event_lines *lines = user;
    if (lines->status == HEDDLE_OK)
        lines->status =
            base_buffer_printf(lines->out, "%llu %llu %s %s\n", (unsigned long long)event->block,
                               (unsigned long long)event->position, event->tx_id, event->name);
}

static heddle_view next_word(heddle_view *rest)
{
    const uint8_t *blank = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;
    size_t len = blank ? (size_t)(blank - rest->data) : rest->len;
    heddle_view word = base_view_slice(*rest, 0, len);
    *rest = base_view_slice(*rest, len + 1, rest->len);
    return word;
}

static bool find_peer(const dn_network *net, heddle_view name, size_t *out)
{
    for (*out = 0; *out < dn_network_peer_count(net); (*out)++) {
        if (base_view_is(name, dn_network_peer(net, *out)->name))
            return true;
    }
    return false;
}

static heddle_status list_events(dn_network *net, heddle_view rest, base_buffer *out,
                                 heddle_error *err)
{
    char chaincode[128];
    size_t peer;
    uint64_t block = 0;
    event_lines lines = {.out = out};
    heddle_view node = next_word(&rest), name = next_word(&rest);
    if (!find_peer(net, node, &peer))
        return base_fail(err, HEDDLE_E_NOT_FOUND, "no peer %.*s",
                         BASE_VIEW_ARG(base_view_slice(node, 0, 64)));
    if (!name.len || name.len >= sizeof(chaincode) || (rest.len && !base_parse_u64(rest, &block)))
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "events NODE CHAINCODE [BLOCK]");
    snprintf(chaincode, sizeof(chaincode), "%.*s", BASE_VIEW_ARG(name));
    dn_network_events(net, peer, chaincode, block, put_event, &lines);
    return lines.status == HEDDLE_OK ? HEDDLE_OK : base_fail_memory(err, "the events");
}

static const struct {
    const char *name;
    heddle_status (*run)(dn_network *net, heddle_view rest, base_buffer *out, heddle_error *err);
} commands[] = {{"set", set},
                {"clear", clear},
                {"faults", list_faults},
                {"nodes", list_nodes},
                {"events", list_events}};

static heddle_status run_command(dn_network *net, heddle_view line, base_buffer *out,
                                 heddle_error *err)
{
    heddle_view rest = line;
    heddle_view name = next_word(&rest);
    for (size_t i = 0; i < BASE_COUNT(commands); i++) {
        if (base_view_is(name, commands[i].name))
            return commands[i].run(net, rest, out, err);
    }
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "no command \"%.*s\": set, clear, faults, nodes and events are possible",
                     BASE_VIEW_ARG(base_view_slice(name, 0, 64)));
}

heddle_status dn_control_answer(dn_network *net, heddle_view line, base_buffer *out)
{
    heddle_error err;
    if (run_command(net, line, out, &err) == HEDDLE_OK)
        return base_buffer_append_str(out, "ok\n");
    return base_buffer_printf(out, "error %s\n", err.message);
}

/* Connections. */

/** True: there is something to read at @p fd. False: it is time to stop, or it was silent. */
static bool wait_for(const dn_control *c, int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = c->stop, .events = POLLIN}};
    int count;
    do
        count = poll(fds, BASE_COUNT(fds), timeout_ms);
    while (count < 0 && errno == EINTR);
    return count > 0 && !fds[1].revents;
}

static bool send_all(int fd, heddle_view bytes)
{
    while (bytes.len) {
        ssize_t sent = send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes = base_view_slice(bytes, (size_t)sent, bytes.len);
    }
    return true;
}

/** Answer the lines that are whole in @p line, of which @p *len bytes are there. */
static bool answer_lines(const dn_control *c, int fd, char *line, size_t *len)
{
    char *end;
    while ((end = memchr(line, '\n', *len))) {
        base_auto_buffer base_buffer answer = {0};
        size_t taken = (size_t)(end - line) + 1;
        if (dn_control_answer(c->net, heddle_view_of(line, taken - 1), &answer) != HEDDLE_OK ||
            !send_all(fd, base_buffer_view(&answer)))
            return false;
        memmove(line, line + taken, *len - taken);
        *len -= taken;
    }
    return *len < MAX_LINE;
}

static void serve(const dn_control *c, int fd)
{
    char line[MAX_LINE];
    size_t len = 0;
    while (wait_for(c, fd, SILENCE_MS)) {
        ssize_t got = recv(fd, line + len, sizeof(line) - len, 0);
        if (got <= 0)
            return;
        len += (size_t)got;
        if (!answer_lines(c, fd, line, &len))
            return;
    }
}

static bool is_stopping(const dn_control *c)
{
    struct pollfd fd = {.fd = c->stop, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

static void *run(void *user)
{
    dn_control *c = user;
    while (!is_stopping(c)) {
        if (!wait_for(c, c->listener, -1))
            continue;
        int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        serve(c, fd);
        close(fd);
    }
    return NULL;
}

/* Life. Nobody can connect between the bind and the listen, when the mode is set. */

static heddle_status open_listener(dn_control *c, heddle_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, c->path, sizeof(address.sun_path));
    unlink(c->path);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->stop = eventfd(0, EFD_CLOEXEC);
    if (c->listener < 0 || c->stop < 0 ||
        bind(c->listener, (struct sockaddr *)&address, sizeof(address)) != 0)
        return base_fail_errno(err, "the control socket %s", c->path);
    c->is_bound = true;
    if (chmod(c->path, 0600) != 0 || listen(c->listener, 8) != 0)
        return base_fail_errno(err, "the control socket %s", c->path);
    return HEDDLE_OK;
}

static void control_free(dn_control *c)
{
    if (c->listener >= 0)
        close(c->listener);
    if (c->stop >= 0)
        close(c->stop);
    if (c->is_bound)
        unlink(c->path);
    base_free(c);
}

heddle_status dn_control_start(dn_network *net, const char *path, dn_control **out,
                               heddle_error *err)
{
    dn_control *c = base_calloc(1, sizeof(*c));
    if (!c)
        return base_fail_memory(err, "the control socket");
    c->net = net;
    c->listener = c->stop = -1;
    heddle_status status = HEDDLE_OK;
    if (snprintf(c->path, sizeof(c->path), "%s", path) >= (int)sizeof(c->path))
        status = base_fail(err, HEDDLE_E_TOO_LARGE,
                           "the path of the control socket has more than %zu bytes: %.100s…",
                           sizeof(c->path) - 1, path);
    if (status == HEDDLE_OK)
        status = open_listener(c, err);
    if (status == HEDDLE_OK && pthread_create(&c->thread, NULL, run, c) != 0)
        status = base_fail(err, HEDDLE_E_NO_MEMORY, "no thread for the control socket");
    if (status != HEDDLE_OK) {
        control_free(c);
        return status;
    }
    log_at(LOG_INFO, "control", "taking commands", LOG_STR("socket", c->path));
    *out = c;
    return HEDDLE_OK;
}

void dn_control_stop(dn_control *c)
{
    if (!c)
        return;
    uint64_t one = 1;
    ssize_t told = write(c->stop, &one, sizeof(one));
    (void)told;
    pthread_join(c->thread, NULL);
    control_free(c);
}
