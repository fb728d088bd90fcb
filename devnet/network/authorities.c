#include "devnet/network/authorities.h"

#include "base/fail.h"
#include "devnet/network/profile.h"
#include "devnet/network/revocation.h"

/* The organisations with peers, then the orderers'. */
static const dn_org *org_at(const dn_network *net, size_t index)
{
    return index < net->material->org_count ? &net->material->orgs[index] : &net->material->orderer;
}

static heddle_status choose_port(const dn_network *net, size_t index, uint16_t *out,
                                 heddle_error *err)
{
    size_t port = net->options.base_port + dn_nodes_count(net) + index;
    *out = dn_profile_last_port(net->dir, org_at(net, index)->ca_name, "port");
    if (!net->options.base_port)
        return HEDDLE_OK;
    if (port > UINT16_MAX)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "ports from %u on are not enough for the CAs",
                         net->options.base_port);
    *out = (uint16_t)port;
    return HEDDLE_OK;
}

/* The CA for identities, and the one for TLS behind it. */
static heddle_status open_server(dn_network *net, size_t index, uint16_t port, heddle_error *err)
{
    const dn_org *org = org_at(net, index);
    bool is_v6 = strchr(net->listen_host, ':') != NULL;
    const char *department = strchr(org->ca_name, '-') + 1;
    char *tls_name = base_arena_printf(net->arena, "tls%s", org->ca_name);
    dn_ca_options cas[] = {
        {.name = org->ca_name,
         .cert_path = org->ca_cert,
         .key_path = org->ca_key,
         .dir = base_arena_printf(net->arena, "%s/ca/%s", net->dir, org->ca_name),
         .department = department},
        {.name = tls_name,
         .cert_path = org->tls_ca_cert,
         .key_path = org->tls_ca_key,
         .dir = base_arena_printf(net->arena, "%s/ca/tls%s", net->dir, org->ca_name),
         .department = department}};
    dn_ca_server_options options = {
        .address =
            base_arena_printf(net->arena, is_v6 ? "[%s]:%u" : "%s:%u", net->listen_host, port),
        .tls_cert = org->ca_tls_cert,
        .tls_key = org->ca_tls_key,
        .cas = cas,
        .ca_count = BASE_COUNT(cas),
        .admin = net->options.ca_admin,
        .admin_password = net->options.ca_password,
        .valid_s = (int64_t)(net->options.ca_expiry_ms / 1000),
        .revoked = dn_revocation_told,
        .user = net->revocations[index]};
    if (!tls_name || !cas[0].dir || !cas[1].dir || !options.address)
        return dn_network_arena_fail(net, err);
    return dn_ca_server_open(&options, &net->cas[index], err);
}

/* A port of its last run that somebody else has now is given up, unless it was asked for. */
static heddle_status open_anywhere(dn_network *net, size_t index, heddle_error *err)
{
    uint16_t port = 0;
    BASE_TRY(choose_port(net, index, &port, err));
    heddle_status status = open_server(net, index, port, err);
    if (status == HEDDLE_E_IO && port && !net->options.base_port)
        status = open_server(net, index, 0, err);
    return status;
}

static heddle_status describe(dn_network *net, size_t index, dn_endpoint *out, heddle_error *err)
{
    const dn_org *org = org_at(net, index);
    uint16_t port = dn_ca_server_port(net->cas[index]);
    char *host = base_arena_strdup(net->arena, net->options.host);
    char *address = base_arena_printf(net->arena, "%s:%u", net->options.host, port);
    if (!host || !address)
        return dn_network_arena_fail(net, err);
    *out = (dn_endpoint){.name = org->ca_name,
                         .msp_id = org->msp_id,
                         .domain = org->domain,
                         .host = host,
                         .port = port,
                         .address = address,
                         .tls_ca = org->tls_ca_cert};
    return HEDDLE_OK;
}

heddle_status dn_authorities_check(const dn_options *options, heddle_error *err)
{
    if (!options->has_ca)
        return HEDDLE_OK;
    if (options->ca_admin && *options->ca_admin && !strchr(options->ca_admin, ':') &&
        options->ca_password && *options->ca_password)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                     "the CAs' administrator needs a name without a colon, and a password");
}

heddle_status dn_authorities_open(dn_network *net, heddle_error *err)
{
    dn_topology *topology = &net->topology;
    size_t count = net->material->org_count + 1;
    if (!net->options.has_ca)
        return HEDDLE_OK;
    topology->ca_admin = base_arena_strdup(net->arena, net->options.ca_admin);
    /* Files that everybody may read tell no password but the one that everybody knows. */
    if (strcmp(net->options.ca_password, dn_options_default().ca_password) == 0)
        topology->ca_password = dn_options_default().ca_password;
    topology->cas = base_arena_zalloc(net->arena, count, sizeof(*topology->cas));
    net->cas = base_arena_zalloc(net->arena, count, sizeof(*net->cas));
    net->revocations = base_arena_zalloc(net->arena, count, sizeof(struct dn_revocation *));
    if (!topology->ca_admin || !topology->cas || !net->cas || !net->revocations)
        return dn_network_arena_fail(net, err);
    for (size_t i = 0; i < count; i++) {
        net->ca_count = i + 1;
        BASE_TRY(dn_revocation_new(net, org_at(net, i), &net->revocations[i], err));
        BASE_TRY(open_anywhere(net, i, err));
        BASE_TRY(describe(net, i, &topology->cas[i], err));
        topology->ca_count = i + 1;
    }
    return HEDDLE_OK;
}

void dn_authorities_close(dn_network *net)
{
    for (size_t i = 0; i < net->ca_count; i++) {
        dn_ca_server_close(net->cas[i]);
        dn_revocation_free(net->revocations[i]);
    }
    net->ca_count = 0;
}

void dn_authorities_start(dn_network *net)
{
    for (size_t i = 0; i < net->ca_count; i++)
        dn_revocation_start(net->revocations[i]);
}

size_t dn_network_ca_count(const dn_network *net)
{
    return net->ca_count;
}

const dn_endpoint *dn_network_ca(const dn_network *net, size_t index)
{
    return &net->topology.cas[index];
}
