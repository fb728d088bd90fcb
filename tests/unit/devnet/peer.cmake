# The peer's side: ledger, endorser, chaincode, discovery.
heddle_test(unit/devnet/test_state LAYERS devnet)
