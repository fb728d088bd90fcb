#include "h2/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"

enum { BACKLOG = 128 };

/* Addresses */

static heddle_status bad_address(const char *text, heddle_error *err)
{
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "\"%s\" is no address: host:port is wanted", text);
}

heddle_status h2_address_parse(const char *text, h2_address *out, heddle_error *err)
{
    const char *colon = strrchr(text, ':');
    if (!colon)
        return bad_address(text, err);
    heddle_view host = heddle_view_of(text, (size_t)(colon - text));
    heddle_view port = heddle_view_str(colon + 1);
    bool in_brackets = host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (in_brackets)
        host = base_view_slice(host, 1, host.len - 2);
    else if (host.len && memchr(host.data, ':', host.len))
        return bad_address(text, err);
    uint64_t number;
    h2_address address;
    if (!base_parse_u64(port, &number) || number > UINT16_MAX || port.len >= sizeof(address.port) ||
        host.len >= sizeof(address.host))
        return bad_address(text, err);
    snprintf(address.host, sizeof(address.host), "%.*s", BASE_VIEW_ARG(host));
    snprintf(address.port, sizeof(address.port), "%u", (unsigned)number);
    *out = address;
    return HEDDLE_OK;
}

static heddle_status resolve(const h2_address *address, bool passive, int family,
                             struct addrinfo **out, heddle_error *err)
{
    struct addrinfo hints = {.ai_family = family,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)};
    int rc = getaddrinfo(address->host[0] ? address->host : NULL, address->port, &hints, out);
    if (rc != 0)
        return base_fail(err, HEDDLE_E_UNAVAILABLE, "%s",
                         rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    return HEDDLE_OK;
}

void h2_socket_tune(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void h2_socket_peer(int fd, char out[H2_ADDRESS_TEXT])
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char host[48];
    char port[8];
    snprintf(out, H2_ADDRESS_TEXT, "unknown");
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    bool v6 = strchr(host, ':') != NULL;
    snprintf(out, H2_ADDRESS_TEXT, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

/* Listening */

static int open_socket(const struct addrinfo *info)
{
    return socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, info->ai_protocol);
}

static int listen_at(const struct addrinfo *info)
{
    int fd = open_socket(info);
    if (fd < 0)
        return -1;
    int on = 1;
    int off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static heddle_status listen_family(const h2_address *address, int family, int *out_fd,
                                   heddle_error *err)
{
    struct addrinfo *all = NULL;
    heddle_status st = resolve(address, true, family, &all, err);
    if (st != HEDDLE_OK) {
        base_error_prefix(err, "listen at %s:%s", address->host, address->port);
        return st;
    }
    int fd = -1;
    int error = EADDRNOTAVAIL;
    for (const struct addrinfo *info = all; info && fd < 0; info = info->ai_next) {
        fd = listen_at(info);
        if (fd < 0)
            error = errno;
    }
    freeaddrinfo(all);
    errno = error;
    if (fd < 0)
        return base_fail_errno(err, "listen at %s:%s", address->host, address->port);
    *out_fd = fd;
    return HEDDLE_OK;
}

heddle_status h2_socket_listen(const h2_address *address, int *out_fd, uint16_t *out_port,
                               heddle_error *err)
{
    /* "Every address" is one socket for both families, where this machine has both. */
    heddle_status st = HEDDLE_E_UNAVAILABLE;
    if (!address->host[0])
        st = listen_family(address, AF_INET6, out_fd, NULL);
    if (st != HEDDLE_OK)
        st = listen_family(address, address->host[0] ? AF_UNSPEC : AF_INET, out_fd, err);
    if (st == HEDDLE_OK)
        *out_port = port_of(*out_fd);
    return st;
}

/* Connecting */

/* 0, or the reason. */
static int wait_connected(int fd, uint64_t deadline_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    for (;;) {
        uint64_t now = base_now_ms();
        if (now >= deadline_ms)
            return ETIMEDOUT;
        uint64_t left = deadline_ms - now;
        int count = poll(&ready, 1, left > 60000 ? 60000 : (int)left);
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0)
            break;
    }
    int error = 0;
    socklen_t len = sizeof(error);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

static int connect_to(const struct addrinfo *info, uint64_t deadline_ms)
{
    int fd = open_socket(info);
    if (fd < 0)
        return -1;
    int error = connect(fd, info->ai_addr, info->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = wait_connected(fd, deadline_ms);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

heddle_status h2_socket_connect(const h2_address *address, uint64_t deadline_ms, int *out_fd,
                                heddle_error *err)
{
    struct addrinfo *all = NULL;
    BASE_TRY(resolve(address, false, AF_UNSPEC, &all, err));
    int fd = -1;
    int error = EADDRNOTAVAIL;
    for (const struct addrinfo *info = all; info && fd < 0; info = info->ai_next) {
        fd = connect_to(info, deadline_ms);
        if (fd < 0)
            error = errno;
    }
    freeaddrinfo(all);
    if (fd < 0)
        return base_fail(err, error == ETIMEDOUT ? HEDDLE_E_TIMED_OUT : HEDDLE_E_UNAVAILABLE, "%s",
                         strerror(error));
    *out_fd = fd;
    return HEDDLE_OK;
}
