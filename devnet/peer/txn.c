#include "devnet/peer/txn.h"

#include <pthread.h>
#include <stdatomic.h>

struct dn_txn {
    atomic_size_t refs;
    dn_ledger *ledger;
    char *channel;
    char *tx_id;
    uint8_t *signed_proposal;
    size_t signed_proposal_len;
    pthread_mutex_t lock; /* over the simulation */
    dn_sim *sim;
    bool closed;
};

static bool fill(dn_txn *txn, heddle_view channel, heddle_view tx_id, heddle_view signed_proposal)
{
    dn_state *state;
    dn_definitions *definitions;
    dn_ledger_snapshot(txn->ledger, &state, &definitions);
    txn->channel = base_strdup_view(channel);
    txn->tx_id = base_strdup_view(tx_id);
    txn->signed_proposal = base_memdup(signed_proposal.data, signed_proposal.len);
    txn->signed_proposal_len = signed_proposal.len;
    txn->sim = dn_sim_new(state, definitions, tx_id);
    dn_state_unref(state);
    dn_definitions_unref(definitions);
    return txn->channel && txn->tx_id && txn->sim && (txn->signed_proposal || !signed_proposal.len);
}

dn_txn *dn_txn_new(dn_ledger *ledger, heddle_view channel, heddle_view tx_id,
                   heddle_view signed_proposal)
{
    dn_txn *txn = base_calloc(1, sizeof(*txn));
    if (!txn)
        return NULL;
    atomic_init(&txn->refs, 1);
    pthread_mutex_init(&txn->lock, NULL);
    txn->ledger = ledger;
    if (!fill(txn, channel, tx_id, signed_proposal)) {
        dn_txn_unref(txn);
        return NULL;
    }
    return txn;
}

dn_txn *dn_txn_ref(dn_txn *txn)
{
    atomic_fetch_add(&txn->refs, 1);
    return txn;
}

void dn_txn_unref(dn_txn *txn)
{
    if (!txn || atomic_fetch_sub(&txn->refs, 1) != 1)
        return;
    dn_sim_free(txn->sim);
    base_free(txn->channel);
    base_free(txn->tx_id);
    base_free(txn->signed_proposal);
    pthread_mutex_destroy(&txn->lock);
    base_free(txn);
}

const char *dn_txn_channel(const dn_txn *txn)
{
    return txn->channel;
}

const char *dn_txn_id(const dn_txn *txn)
{
    return txn->tx_id;
}

heddle_view dn_txn_signed_proposal(const dn_txn *txn)
{
    return heddle_view_of(txn->signed_proposal, txn->signed_proposal_len);
}

dn_ledger *dn_txn_ledger(const dn_txn *txn)
{
    return txn->ledger;
}

const dn_definitions *dn_txn_definitions(const dn_txn *txn)
{
    return dn_sim_definitions(txn->sim);
}

dn_sim *dn_txn_acquire(dn_txn *txn)
{
    pthread_mutex_lock(&txn->lock);
    if (!txn->closed)
        return txn->sim;
    pthread_mutex_unlock(&txn->lock);
    return NULL;
}

void dn_txn_release(dn_txn *txn)
{
    pthread_mutex_unlock(&txn->lock);
}

void dn_txn_close(dn_txn *txn)
{
    pthread_mutex_lock(&txn->lock);
    txn->closed = true;
    pthread_mutex_unlock(&txn->lock);
}
