set(DEVNET_PEER_SOURCES
    ledger/batch.c ledger/collection.c ledger/definitions.c ledger/endorsement.c ledger/event_index.c ledger/frame.c ledger/index.c
    ledger/ledger.c ledger/merkle.c ledger/metadata.c ledger/private.c ledger/reconfigure.c ledger/sim.c ledger/sim_private.c ledger/sim_result.c ledger/state.c
    ledger/validate.c
    lifecycle/approval.c lifecycle/commit.c lifecycle/connection.c lifecycle/installs.c lifecycle/packages.c lifecycle/proposed.c lifecycle/record.c lifecycle/runner.c lifecycle/scc.c
    private/part_cut.c private/part_log.c private/store.c private/transient.c
    peer/access.c peer/call.c peer/chaincode.c peer/committer.c peer/core.c peer/cscc.c peer/disagree.c peer/discovery.c peer/dissemination.c peer/endorser.c peer/event.c
    peer/health.c peer/invoke.c peer/joiner.c peer/layout.c peer/local.c peer/members.c peer/nested.c peer/peer.c peer/proposal.c
    peer/qscc.c peer/query.c peer/request.c peer/support.c peer/system.c peer/txn.c peer/visit.c)
