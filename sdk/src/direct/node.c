#include "direct/node.h"

#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "client/gateway.h"

enum { ROOTS_MAX = 16 * 1024 * 1024, NODES_MAX = 1000 };

static void node_done(direct_node *node)
{
    base_free(node->address);
    base_free(node->mspid);
    base_free(node->name);
    base_buffer_done(&node->roots_pem);
}

void direct_nodes_done(direct_nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        node_done(&nodes->items[i]);
    base_free(nodes->items);
    *nodes = (direct_nodes){0};
}

static heddle_status check(const heddle_node *given, heddle_error *err)
{
    bool has_roots = given->tls_roots_pem.len || given->tls_roots_file;
    if (!given->address || !*given->address)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: a node has no address");
    if (!has_roots && !given->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "network: %s: TLS roots are missing (or ask for plaintext)",
                         given->address);
    if (has_roots && given->plaintext)
        return base_fail(err, HEDDLE_E_BAD_ARGUMENT,
                         "network: %s: both TLS roots and plaintext are asked for", given->address);
    return HEDDLE_OK;
}

static heddle_status take_roots(direct_node *node, const heddle_node *given, heddle_error *err)
{
    if (given->tls_roots_pem.len)
        return base_buffer_append(&node->roots_pem, given->tls_roots_pem);
    if (!given->tls_roots_file)
        return HEDDLE_OK;
    BASE_TRY(base_read_file(given->tls_roots_file, ROOTS_MAX, &node->roots_pem, err));
    if (node->roots_pem.len)
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "network: %s is empty", given->tls_roots_file);
}

/* Takes the node's contents, also on failure. */
static heddle_status append(direct_nodes *nodes, direct_node *node, heddle_error *err)
{
    direct_node *more = NULL;
    if (nodes->count < NODES_MAX && node->address && node->mspid)
        more = base_realloc(nodes->items, (nodes->count + 1) * sizeof(*more));
    if (more) {
        nodes->items = more;
        nodes->items[nodes->count++] = *node;
        return HEDDLE_OK;
    }
    node_done(node);
    if (nodes->count >= NODES_MAX)
        return base_fail(err, HEDDLE_E_TOO_LARGE, "network: more than %d nodes", NODES_MAX);
    return base_fail_memory(err, "network");
}

heddle_status direct_nodes_add(direct_nodes *nodes, const heddle_node *options, bool is_orderer,
                               heddle_error *err)
{
    heddle_node given = {0};
    BASE_TRY(client_options_copy(&given, sizeof(given), options, "HEDDLE_NODE", err));
    BASE_TRY(check(&given, err));
    direct_node node = {.is_orderer = is_orderer};
    heddle_status status = take_roots(&node, &given, err);
    if (status != HEDDLE_OK) {
        node_done(&node);
        return status == HEDDLE_E_NO_MEMORY ? base_fail_memory(err, "network") : status;
    }
    node.address = base_strdup(given.address);
    node.mspid = base_strdup(given.mspid ? given.mspid : "");
    node.name = base_strdup(given.name_override);
    if (given.name_override && !node.name) {
        node_done(&node);
        return base_fail_memory(err, "network");
    }
    return append(nodes, &node, err);
}

static heddle_status copy_one(direct_nodes *out, const direct_node *from, heddle_error *err)
{
    direct_node node = {.is_orderer = from->is_orderer,
                        .address = base_strdup(from->address),
                        .mspid = base_strdup(from->mspid),
                        .name = base_strdup(from->name)};
    if ((from->name && !node.name) ||
        base_buffer_append(&node.roots_pem, base_buffer_view(&from->roots_pem)) != HEDDLE_OK) {
        node_done(&node);
        return base_fail_memory(err, "network");
    }
    return append(out, &node, err);
}

heddle_status direct_nodes_copy(direct_nodes *out, const direct_nodes *from, heddle_error *err)
{
    for (size_t i = 0; i < from->count; i++)
        BASE_TRY(copy_one(out, &from->items[i], err));
    return HEDDLE_OK;
}

route_node direct_node_route(const direct_node *node)
{
    return (route_node){.address = node->address,
                        .msp_id = node->mspid,
                        .name = node->name,
                        .tls_roots_pem = base_buffer_view(&node->roots_pem),
                        .is_orderer = node->is_orderer};
}
