#include "devnet/network/profile.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/text.h"
#include "base/view.h"
#include "devnet/material/plain_file.h"
#include "devnet/network/yaml.h"
#include "devnet/peer/peer.h"

enum { MAX_FILE = 16 * 1024 * 1024, FILE_MODE = 0644 };

/* jansson's functions take NULL for a value that could not be made and then fail, so the
 * documents below are built without looking and checked once, when they are written. */

static heddle_status write_below(const char *dir, const char *name, heddle_view content,
                                 heddle_error *err)
{
    base_auto_buffer base_buffer path = {0};
    if (base_buffer_printf(&path, "%s/%s", dir, name) != HEDDLE_OK)
        return base_fail_memory(err, "a path");
    return dn_plain_file_write(base_buffer_cstr(&path), content, FILE_MODE, err);
}

static heddle_status write_json(const char *dir, const char *name, const json_t *document,
                                heddle_error *err)
{
    char *text = document ? json_dumps(document, JSON_INDENT(2)) : NULL;
    if (!text)
        return base_fail_memory(err, name);
    heddle_status status = write_below(dir, name, heddle_view_str(text), err);
    free(text);
    return status;
}

static json_t *text_of(const char *path)
{
    base_auto_buffer base_buffer content = {0};
    if (base_read_file(path, MAX_FILE, &content, NULL) != HEDDLE_OK)
        return NULL;
    return json_stringn((const char *)content.data, content.len);
}

/* endpoints.json and endpoints.env */

static json_t *describe_node(const dn_endpoint *node)
{
    json_t *document = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "name", node->name, "mspId",
                                 node->msp_id, "address", node->address, "host", node->host, "port",
                                 (int)node->port, "tlsCACert", node->tls_ca);
    if (node->admin_address) {
        json_object_set_new(document, "adminAddress", json_string(node->admin_address));
        json_object_set_new(document, "adminPort", json_integer(node->admin_port));
    }
    if (node->chaincode_address) {
        json_object_set_new(document, "chaincodeAddress", json_string(node->chaincode_address));
        json_object_set_new(document, "chaincodePort", json_integer(node->chaincode_port));
    }
    return document;
}

/** What a script needs of them: their names, in order. */
typedef struct channel_list {
    const char *const *names;
    size_t count;
} channel_list;

static json_t *describe_channels(channel_list channels)
{
    json_t *names = json_array();
    for (size_t i = 0; i < channels.count; i++)
        json_array_append_new(names, json_string(channels.names[i]));
    return names;
}

static json_t *describe_ca(const dn_topology *topology, const dn_endpoint *ca)
{
    json_t *node = describe_node(ca);
    json_object_set_new(node, "url", json_sprintf("https://%s", ca->address));
    json_object_set_new(node, "caName", json_string(ca->name));
    json_object_set_new(node, "tlsCaName", json_sprintf("tls%s", ca->name));
    json_object_set_new(node, "registrar",
                        json_pack("{s:s, s:s*}", "enrollId", topology->ca_admin, "enrollSecret",
                                  topology->ca_password));
    return node;
}

static json_t *describe_org(const dn_org *org)
{
    return json_pack("{s:s, s:s, s:{s:o, s:o}}", "mspId", org->msp_id, "domain", org->domain,
                     "users", "Admin", json_sprintf("%s/users/Admin@%s/msp", org->dir, org->domain),
                     "User1", json_sprintf("%s/users/User1@%s/msp", org->dir, org->domain));
}

static json_t *describe_network(const dn_topology *topology, channel_list channels)
{
    json_t *orderers = json_array();
    json_t *peers = json_array();
    json_t *orgs = json_array();
    json_t *cas = json_array();
    bool whole = true;
    for (size_t i = 0; i < topology->orderer_count; i++)
        whole =
            json_array_append_new(orderers, describe_node(&topology->orderers[i])) == 0 && whole;
    for (size_t i = 0; i < topology->peer_count; i++)
        whole = json_array_append_new(peers, describe_node(&topology->peers[i])) == 0 && whole;
    for (size_t i = 0; i < topology->material->org_count; i++)
        whole =
            json_array_append_new(orgs, describe_org(&topology->material->orgs[i])) == 0 && whole;
    for (size_t i = 0; i < topology->ca_count; i++)
        whole = json_array_append_new(cas, describe_ca(topology, &topology->cas[i])) == 0 && whole;
    json_t *document = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "channel", channels.names[0], "channels",
        describe_channels(channels), "orderer", describe_node(&topology->orderers[0]), "orderers",
        orderers, "peers", peers, "certificateAuthorities", cas, "organizations", orgs);
    if (whole)
        return document;
    json_decref(document);
    return NULL;
}

/** PEER0_ORG1_EXAMPLE_COM for peer0.org1.example.com. */
static heddle_status append_variable(base_buffer *out, const dn_endpoint *node)
{
    char name[256];
    size_t len = 0;
    for (const char *c = node->name; *c && len + 1 < sizeof(name); c++)
        name[len++] = *c == '.' || *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    name[len] = 0;
    BASE_TRY(base_buffer_printf(out, "%s='%s'\n%s_TLS_CA='%s'\n", name, node->address, name,
                                node->tls_ca));
    if (node->admin_address)
        BASE_TRY(base_buffer_printf(out, "%s_ADMIN='%s'\n", name, node->admin_address));
    return node->chaincode_address
               ? base_buffer_printf(out, "%s_CHAINCODE='%s'\n", name, node->chaincode_address)
               : HEDDLE_OK;
}

static heddle_status append_channels(base_buffer *out, channel_list channels)
{
    BASE_TRY(base_buffer_printf(out, "CHANNEL='%s'\nCHANNELS='", channels.names[0]));
    for (size_t i = 0; i < channels.count; i++)
        BASE_TRY(base_buffer_printf(out, "%s%s", i ? " " : "", channels.names[i]));
    return base_buffer_append_str(out, "'\n");
}

static heddle_status write_env(const dn_topology *topology, channel_list channels, const char *dir,
                               heddle_error *err)
{
    base_auto_buffer base_buffer text = {0};
    heddle_status status = append_channels(&text, channels);
    if (status == HEDDLE_OK)
        status = base_buffer_printf(&text, "CRYPTO_CONFIG='%s'\n", topology->material->dir);
    for (size_t i = 0; i < topology->orderer_count && status == HEDDLE_OK; i++)
        status = append_variable(&text, &topology->orderers[i]);
    for (size_t i = 0; i < topology->peer_count && status == HEDDLE_OK; i++)
        status = append_variable(&text, &topology->peers[i]);
    for (size_t i = 0; i < topology->ca_count && status == HEDDLE_OK; i++)
        status = append_variable(&text, &topology->cas[i]);
    if (status != HEDDLE_OK)
        return base_fail_memory(err, "endpoints.env");
    return write_below(dir, "endpoints.env", base_buffer_view(&text), err);
}

/* Connection profiles */

static json_t *profile_node(const dn_endpoint *node)
{
    return json_pack("{s:o, s:{s:o}, s:{s:s, s:s}}", "url",
                     json_sprintf("grpcs://%s", node->address), "tlsCACerts", "pem",
                     text_of(node->tls_ca), "grpcOptions", "ssl-target-name-override", node->name,
                     "hostnameOverride", node->name);
}

static json_t *profile_peers(const dn_topology *topology)
{
    json_t *peers = json_object();
    for (size_t i = 0; i < topology->peer_count; i++)
        json_object_set_new(peers, topology->peers[i].name, profile_node(&topology->peers[i]));
    return peers;
}

static json_t *profile_orderers(const dn_topology *topology)
{
    json_t *orderers = json_object();
    for (size_t i = 0; i < topology->orderer_count; i++)
        json_object_set_new(orderers, topology->orderers[i].name,
                            profile_node(&topology->orderers[i]));
    return orderers;
}

/* The registrar is told to its own organisation only. */
static json_t *profile_cas(const dn_topology *topology, const dn_org *org)
{
    json_t *cas = json_object();
    for (size_t i = 0; i < topology->ca_count; i++) {
        const dn_endpoint *ca = &topology->cas[i];
        json_t *one =
            json_pack("{s:o, s:s, s:{s:[o]}, s:{s:b}}", "url",
                      json_sprintf("https://%s", ca->address), "caName", ca->name, "tlsCACerts",
                      "pem", text_of(ca->tls_ca), "httpOptions", "verify", 1);
        if (strcmp(ca->msp_id, org->msp_id) == 0)
            json_object_set_new(one, "registrar",
                                json_pack("[{s:s, s:s*}]", "enrollId", topology->ca_admin,
                                          "enrollSecret", topology->ca_password));
        json_object_set_new(cas, ca->name, one);
    }
    return cas;
}

static json_t *profile_orgs(const dn_topology *topology)
{
    json_t *orgs = json_object();
    for (size_t i = 0; i < topology->material->org_count; i++) {
        const dn_org *org = &topology->material->orgs[i];
        json_t *names = json_array();
        for (size_t n = 0; n < org->node_count; n++)
            json_array_append_new(names, json_string(org->nodes[n].name));
        json_t *one = json_pack("{s:s, s:o}", "mspid", org->msp_id, "peers", names);
        if (topology->ca_count)
            json_object_set_new(one, "certificateAuthorities", json_pack("[s]", org->ca_name));
        json_object_set_new(orgs, org->msp_id, one);
    }
    return orgs;
}

static json_t *profile_channel(const dn_topology *topology, const char *channel)
{
    json_t *orderers = json_array();
    json_t *peers = json_object();
    for (size_t i = 0; i < topology->orderer_count; i++)
        json_array_append_new(orderers, json_string(topology->orderers[i].name));
    for (size_t i = 0; i < topology->peer_count; i++) {
        if (!dn_peer_find(topology->nodes[i], heddle_view_str(channel)))
            continue;
        json_object_set_new(peers, topology->peers[i].name,
                            json_pack("{s:b, s:b, s:b, s:b}", "endorsingPeer", 1, "chaincodeQuery",
                                      1, "ledgerQuery", 1, "eventSource", 1));
    }
    return json_pack("{s:o, s:o}", "orderers", orderers, "peers", peers);
}

static json_t *profile_channels(const dn_topology *topology, channel_list channels)
{
    json_t *all = json_object();
    for (size_t i = 0; i < channels.count; i++)
        json_object_set_new(all, channels.names[i], profile_channel(topology, channels.names[i]));
    return all;
}

static json_t *profile(const dn_topology *topology, channel_list channels, const dn_org *org)
{
    json_t *document = json_pack(
        "{s:o, s:s, s:{s:s, s:{s:{s:{s:s}, s:s}}}, s:o, s:o, s:o, s:o}", "name",
        json_sprintf("heddle-devnet-%s", org->domain), "version", "1.0.0", "client", "organization",
        org->msp_id, "connection", "timeout", "peer", "endorser", "300", "orderer", "300",
        "channels", profile_channels(topology, channels), "organizations", profile_orgs(topology),
        "orderers", profile_orderers(topology), "peers", profile_peers(topology));
    if (topology->ca_count)
        json_object_set_new(document, "certificateAuthorities", profile_cas(topology, org));
    return document;
}

static heddle_status write_profile(const dn_topology *topology, channel_list channels,
                                   const dn_org *org, const char *dir, heddle_error *err)
{
    char name[64];
    base_auto_buffer base_buffer yaml = {0};
    int label = (int)strcspn(org->domain, ".");
    json_t *document = profile(topology, channels, org);
    snprintf(name, sizeof(name), "connection-%.*s.json", label, org->domain);
    heddle_status status = write_json(dir, name, document, err);
    if (status == HEDDLE_OK && dn_yaml_append(document, &yaml) != HEDDLE_OK)
        status = base_fail_memory(err, name);
    json_decref(document);
    BASE_TRY(status);
    snprintf(name, sizeof(name), "connection-%.*s.yaml", label, org->domain);
    return write_below(dir, name, base_buffer_view(&yaml), err);
}

heddle_status dn_profile_write(const dn_topology *topology, const char *const *channels,
                               size_t count, const char *dir, heddle_error *err)
{
    channel_list list = {channels, count};
    json_t *network = describe_network(topology, list);
    heddle_status status = write_json(dir, "endpoints.json", network, err);
    json_decref(network);
    BASE_TRY(status);
    BASE_TRY(write_env(topology, list, dir, err));
    for (size_t i = 0; i < topology->material->org_count; i++)
        BASE_TRY(write_profile(topology, list, &topology->material->orgs[i], dir, err));
    return HEDDLE_OK;
}

/* Ports of the last run */

static uint16_t port_in(const json_t *node, const char *name, const char *kind)
{
    const char *found = json_string_value(json_object_get(node, "name"));
    json_int_t port = json_integer_value(json_object_get(node, kind));
    if (!found || strcmp(found, name) != 0 || port < 1 || port > UINT16_MAX)
        return 0;
    return (uint16_t)port;
}

uint16_t dn_profile_last_port(const char *dir, const char *node, const char *kind)
{
    base_auto_buffer base_buffer path = {0};
    static const char *const lists[] = {"orderers", "peers", "certificateAuthorities"};
    size_t i;
    json_t *entry;
    if (base_buffer_printf(&path, "%s/endpoints.json", dir) != HEDDLE_OK)
        return 0;
    json_t *network = json_load_file(base_buffer_cstr(&path), 0, NULL);
    uint16_t port = port_in(json_object_get(network, "orderer"), node, kind);
    for (size_t list = 0; list < BASE_COUNT(lists); list++) {
        json_array_foreach(json_object_get(network, lists[list]), i, entry)
        {
            if (!port)
                port = port_in(entry, node, kind);
        }
    }
    json_decref(network);
    return port;
}
