/* Faults of a network's nodes; those that go away and come back. */
#include <string.h>

#include "base/fail.h"
#include "devnet/network/state.h"

/** A node by its name: one of the two is not NULL. */
typedef struct place {
    dn_orderer *orderer;
    dn_peer *peer;
} place;

static bool find(const dn_network *net, const char *name, place *out)
{
    for (size_t i = 0; i < net->orderer_count; i++) {
        if (strcmp(net->topology.orderers[i].name, name) != 0)
            continue;
        *out = (place){.orderer = net->orderers[i]};
        return true;
    }
    for (size_t i = 0; i < net->peer_count; i++) {
        if (strcmp(net->topology.peers[i].name, name) != 0)
            continue;
        *out = (place){.peer = net->peers[i]};
        return true;
    }
    return false;
}

static heddle_status locate(const dn_network *net, const char *name, place *out, heddle_error *err)
{
    if (find(net, name, out))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_NOT_FOUND, "no node %.100s; there are %s, %s and so on", name,
                     net->topology.orderers[0].name, net->topology.peers[0].name);
}

static heddle_status check_kind(const place *at, const dn_fault *fault, heddle_error *err)
{
    static const unsigned of_peers =
        DN_FAULT_BIT(DISAGREE) | DN_FAULT_BIT(LAG) | DN_FAULT_BIT(HEIGHT);
    if (!at->orderer || !(of_peers & 1U << fault->kind))
        return HEDDLE_OK;
    return base_fail(err, HEDDLE_E_BAD_ARGUMENT, "fault \"%s\" is only of peers",
                     dn_fault_kind_name(fault->kind));
}

heddle_status dn_network_fault_set(dn_network *net, const dn_fault *fault, heddle_error *err)
{
    place at;
    BASE_TRY(locate(net, fault->node, &at, err));
    BASE_TRY(check_kind(&at, fault, err));
    BASE_TRY(dn_faults_set(net->faults, fault, err));
    if (fault->kind == DN_FAULT_AWAY && at.peer)
        dn_peer_leave(at.peer);
    else if (fault->kind == DN_FAULT_AWAY)
        dn_orderer_leave(at.orderer);
    return HEDDLE_OK;
}

/* Coming back does nothing for a node that is there. A node that cannot is away still, and
 * the others come back all the same. */
static heddle_status come_back(dn_network *net, heddle_error *err)
{
    heddle_status first = HEDDLE_OK;
    heddle_error why;
    for (size_t i = 0; i < net->orderer_count + net->peer_count; i++) {
        dn_fault fault;
        const char *name = dn_nodes_at(net, i)->name;
        if (dn_faults_stand(net->faults, name, DN_FAULT_AWAY, &fault))
            continue;
        heddle_status status = i < net->orderer_count
                                   ? dn_orderer_return(net->orderers[i], &why)
                                   : dn_peer_return(net->peers[i - net->orderer_count], &why);
        if (status != HEDDLE_OK && first == HEDDLE_OK)
            first = base_fail(err, status, "%s", why.message);
    }
    return first;
}

heddle_status dn_network_fault_clear(dn_network *net, const char *node, heddle_error *err)
{
    place at;
    if (node)
        BASE_TRY(locate(net, node, &at, err));
    dn_faults_clear(net->faults, node ? node : "");
    return come_back(net, err);
}

bool dn_network_fault_at(const dn_network *net, size_t index, dn_fault *out)
{
    return dn_faults_at(net->faults, index, out);
}
