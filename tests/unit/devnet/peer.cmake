# The peer's side: ledger, endorser, chaincode, discovery.
heddle_test(unit/devnet/test_state LAYERS devnet)
heddle_test(unit/devnet/test_golden_ledger LAYERS devnet)
heddle_test(unit/devnet/test_sim LAYERS devnet)
heddle_test(unit/devnet/test_event LAYERS devnet
    SOURCES ${PROJECT_SOURCE_DIR}/tests/support/chain.c)
heddle_test(unit/devnet/test_request LAYERS devnet)
heddle_test(unit/devnet/test_private LAYERS devnet)
heddle_test(unit/devnet/test_private_block LAYERS devnet)
