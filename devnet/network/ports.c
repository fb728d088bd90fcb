#include "devnet/network/ports.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"

static int bound_socket(const struct addrinfo *address)
{
    int yes = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage bound;
    char service[NI_MAXSERV];
    socklen_t len = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0 ||
        getnameinfo((struct sockaddr *)&bound, len, NULL, 0, service, sizeof(service),
                    NI_NUMERICSERV) != 0)
        return 0;
    return (uint16_t)strtoul(service, NULL, 10);
}

static int bind_number(const char *host, uint16_t number)
{
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *address;
    snprintf(service, sizeof(service), "%u", number);
    if (getaddrinfo(host, service, &hints, &address) != 0)
        return -1;
    int fd = bound_socket(address);
    freeaddrinfo(address);
    return fd;
}

heddle_status dn_ports_reserve(dn_ports *ports, const char *host, uint16_t wanted, uint16_t *out,
                               heddle_error *err)
{
    if (ports->count == DN_PORTS_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "more than %d ports", DN_PORTS_MAX);
    int fd = wanted ? bind_number(host, wanted) : -1;
    if (fd < 0)
        fd = bind_number(host, 0);
    uint16_t number = fd < 0 ? 0 : port_of(fd);
    if (!number) {
        if (fd >= 0)
            close(fd);
        return base_fail_errno(err, "no free port on %s", host);
    }
    ports->sockets[ports->count] = fd;
    ports->numbers[ports->count++] = number;
    *out = number;
    return HEDDLE_OK;
}

void dn_ports_done(dn_ports *ports)
{
    for (size_t i = 0; i < ports->count; i++)
        close(ports->sockets[i]);
    ports->count = 0;
}
