set(DEVNET_PEER_SOURCES
    ledger/batch.c ledger/index.c ledger/merkle.c ledger/metadata.c ledger/sim.c ledger/state.c)
