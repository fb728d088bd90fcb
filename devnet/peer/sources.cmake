set(DEVNET_PEER_SOURCES
    ledger/batch.c ledger/definitions.c ledger/endorsement.c ledger/frame.c ledger/index.c
    ledger/ledger.c ledger/merkle.c ledger/metadata.c ledger/sim.c ledger/state.c
    ledger/validate.c
    peer/query.c peer/request.c peer/txn.c)
