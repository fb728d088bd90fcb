-- The ledger of each channel, exactly as its blocks say it.
--
-- Keys and transaction ids can be longer than an index row may be, so they are indexed by
-- their hash: sha256(key), or a hash index.

CREATE TABLE heddle.blocks (
    channel       text COLLATE "C"        NOT NULL,
    number        bigint      NOT NULL,
    hash          bytea       NOT NULL,
    previous_hash bytea       NOT NULL,
    data_hash     bytea       NOT NULL,
    tx_count      integer     NOT NULL,
    valid_count   integer     NOT NULL,
    size          bigint      NOT NULL,
    last_config   bigint,
    commit_hash   bytea,
    created_at    timestamptz,
    stored_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (channel, number)
);
COMMENT ON TABLE heddle.blocks IS 'A row a block; complete from the first block stored to the checkpoint';
COMMENT ON COLUMN heddle.blocks.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.blocks.number IS 'Number (height) of the block, from 0';
COMMENT ON COLUMN heddle.blocks.hash IS 'SHA-256 of the block header: the previous_hash of the next block';
COMMENT ON COLUMN heddle.blocks.previous_hash IS 'Hash of the block before; empty in block 0';
COMMENT ON COLUMN heddle.blocks.data_hash IS 'SHA-256 of the envelopes, checked when the block was stored';
COMMENT ON COLUMN heddle.blocks.tx_count IS 'Transactions in the block, valid or not';
COMMENT ON COLUMN heddle.blocks.valid_count IS 'Transactions with validation code 0';
COMMENT ON COLUMN heddle.blocks.size IS 'Bytes of the encoded block';
COMMENT ON COLUMN heddle.blocks.last_config IS 'Number of the configuration block in force, as the orderers signed it';
COMMENT ON COLUMN heddle.blocks.commit_hash IS 'Commit hash that the peer put into the metadata; NULL: none';
COMMENT ON COLUMN heddle.blocks.created_at IS 'Latest time that a transaction of the block names; set by clients';
COMMENT ON COLUMN heddle.blocks.stored_at IS 'When the SQL transaction that stored the block began';

CREATE TABLE heddle.transactions (
    channel         text COLLATE "C"     NOT NULL,
    block_number    bigint   NOT NULL,
    tx_index        integer  NOT NULL,
    tx_id           text,
    type            integer  NOT NULL,
    validation_code smallint NOT NULL,
    validation      text     NOT NULL,
    creator_msp     text,
    creator_cert    bytea,
    chaincode       text,
    chaincode_version text,
    function        text,
    arg_count       integer,
    response_status integer,
    response_message text,
    endorser_msps   text[],
    created_at      timestamptz,
    size            bigint   NOT NULL,
    problem         text,
    PRIMARY KEY (channel, block_number, tx_index)
);
CREATE INDEX transactions_tx_id ON heddle.transactions USING hash (tx_id);
COMMENT ON TABLE heddle.transactions IS 'A row a transaction of a block, valid or not';
COMMENT ON COLUMN heddle.transactions.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.transactions.block_number IS 'Block that holds it';
COMMENT ON COLUMN heddle.transactions.tx_index IS 'Position in the block, from 0';
COMMENT ON COLUMN heddle.transactions.tx_id IS 'Transaction id; not unique: code 9 marks a second one with the same id';
COMMENT ON COLUMN heddle.transactions.type IS 'common.HeaderType: 1 configuration, 3 endorser transaction';
COMMENT ON COLUMN heddle.transactions.validation_code IS 'TxValidationCode of the peer: 0 valid, 10 endorsement policy, 11 MVCC conflict, 12 phantom read, 254 not validated';
COMMENT ON COLUMN heddle.transactions.validation IS 'Name of the validation code';
COMMENT ON COLUMN heddle.transactions.creator_msp IS 'MSP id of the client that signed it';
COMMENT ON COLUMN heddle.transactions.creator_cert IS 'SHA-256 of the client''s certificate as it stands in the transaction (PEM)';
COMMENT ON COLUMN heddle.transactions.chaincode IS 'Chaincode that was invoked';
COMMENT ON COLUMN heddle.transactions.chaincode_version IS 'Version of the chaincode that answered';
COMMENT ON COLUMN heddle.transactions.function IS 'First argument, where it is text of at most 256 bytes';
COMMENT ON COLUMN heddle.transactions.arg_count IS 'Arguments, the function''s name among them';
COMMENT ON COLUMN heddle.transactions.response_status IS 'Status that the chaincode answered with';
COMMENT ON COLUMN heddle.transactions.response_message IS 'Message that the chaincode answered with';
COMMENT ON COLUMN heddle.transactions.endorser_msps IS 'MSP ids of the endorsers, in the order of the endorsements';
COMMENT ON COLUMN heddle.transactions.created_at IS 'Time in the header; set by the client';
COMMENT ON COLUMN heddle.transactions.size IS 'Bytes of the envelope';
COMMENT ON COLUMN heddle.transactions.problem IS 'What of the envelope could not be decoded; only of invalid transactions';

CREATE TABLE heddle.writes (
    channel      text COLLATE "C"    NOT NULL,
    block_number bigint  NOT NULL,
    tx_index     integer NOT NULL,
    write_index  integer NOT NULL,
    namespace    text COLLATE "C",
    key          bytea   NOT NULL,
    key_text     text    NOT NULL,
    key_parts    text[],
    is_delete    boolean NOT NULL,
    is_valid     boolean NOT NULL,
    value        bytea,
    value_json   jsonb,
    PRIMARY KEY (channel, block_number, tx_index, write_index)
);
CREATE INDEX writes_history ON heddle.writes
    (channel, namespace, sha256(key), block_number, tx_index) WHERE is_valid;
COMMENT ON TABLE heddle.writes IS 'Every public write, also those of invalid transactions';
COMMENT ON COLUMN heddle.writes.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.writes.block_number IS 'Block of the transaction';
COMMENT ON COLUMN heddle.writes.tx_index IS 'Position of the transaction in the block';
COMMENT ON COLUMN heddle.writes.write_index IS 'Position among the writes of the transaction';
COMMENT ON COLUMN heddle.writes.namespace IS 'Chaincode whose state it is';
COMMENT ON COLUMN heddle.writes.key IS 'Key, byte for byte';
COMMENT ON COLUMN heddle.writes.key_text IS 'Key to read: U+0000 is shown as U+2400, bytes that are no UTF-8 as \xHH';
COMMENT ON COLUMN heddle.writes.key_parts IS 'Object type and attributes of a composite key; NULL: a simple key';
COMMENT ON COLUMN heddle.writes.is_delete IS 'Whether the key was deleted';
COMMENT ON COLUMN heddle.writes.is_valid IS 'Whether the transaction was valid, so that the write took effect';
COMMENT ON COLUMN heddle.writes.value IS 'Value, byte for byte; NULL: deleted';
COMMENT ON COLUMN heddle.writes.value_json IS 'Value, if it is JSON that jsonb can hold (no \u0000, depth at most 256, at most 16 MiB)';

CREATE TABLE heddle.state (
    channel      text COLLATE "C"    NOT NULL,
    namespace    text COLLATE "C"    NOT NULL,
    key          bytea   NOT NULL,
    key_text     text    NOT NULL,
    key_parts    text[],
    value        bytea   NOT NULL,
    value_json   jsonb,
    block_number bigint  NOT NULL,
    tx_index     integer NOT NULL
);
CREATE UNIQUE INDEX state_key ON heddle.state (channel, namespace, sha256(key));
CREATE INDEX state_key_text ON heddle.state USING hash (key_text);
COMMENT ON TABLE heddle.state IS 'The current public state: the last valid write of each key that is not deleted';
COMMENT ON COLUMN heddle.state.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.state.namespace IS 'Chaincode whose state it is';
COMMENT ON COLUMN heddle.state.key IS 'Key, byte for byte';
COMMENT ON COLUMN heddle.state.key_text IS 'Key to read, as in writes';
COMMENT ON COLUMN heddle.state.key_parts IS 'Object type and attributes of a composite key; NULL: a simple key';
COMMENT ON COLUMN heddle.state.value IS 'Value, byte for byte';
COMMENT ON COLUMN heddle.state.value_json IS 'Value, if it is JSON that jsonb can hold';
COMMENT ON COLUMN heddle.state.block_number IS 'Block of the write';
COMMENT ON COLUMN heddle.state.tx_index IS 'Position of the write''s transaction in the block';

CREATE TABLE heddle.private_writes (
    channel      text COLLATE "C"    NOT NULL,
    block_number bigint  NOT NULL,
    tx_index     integer NOT NULL,
    write_index  integer NOT NULL,
    namespace    text COLLATE "C",
    collection   text COLLATE "C",
    key_hash     bytea   NOT NULL,
    value_hash   bytea,
    is_delete    boolean NOT NULL,
    is_purge     boolean NOT NULL,
    is_valid     boolean NOT NULL,
    PRIMARY KEY (channel, block_number, tx_index, write_index)
);
COMMENT ON TABLE heddle.private_writes IS 'Hashes of the writes to private data collections, as the blocks carry them';
COMMENT ON COLUMN heddle.private_writes.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.private_writes.block_number IS 'Block of the transaction';
COMMENT ON COLUMN heddle.private_writes.tx_index IS 'Position of the transaction in the block';
COMMENT ON COLUMN heddle.private_writes.write_index IS 'Position among the private writes of the transaction';
COMMENT ON COLUMN heddle.private_writes.namespace IS 'Chaincode whose collection it is';
COMMENT ON COLUMN heddle.private_writes.collection IS 'Name of the collection';
COMMENT ON COLUMN heddle.private_writes.key_hash IS 'SHA-256 of the key';
COMMENT ON COLUMN heddle.private_writes.value_hash IS 'SHA-256 of the value; NULL: deleted';
COMMENT ON COLUMN heddle.private_writes.is_delete IS 'Whether the key was deleted';
COMMENT ON COLUMN heddle.private_writes.is_purge IS 'Whether its history was purged as well';
COMMENT ON COLUMN heddle.private_writes.is_valid IS 'Whether the transaction was valid';

CREATE TABLE heddle.events (
    channel      text COLLATE "C"    NOT NULL,
    block_number bigint  NOT NULL,
    tx_index     integer NOT NULL,
    tx_id        text,
    chaincode    text,
    event_name   text,
    payload      bytea   NOT NULL,
    payload_json jsonb,
    PRIMARY KEY (channel, block_number, tx_index)
);
COMMENT ON TABLE heddle.events IS 'Chaincode events of valid transactions';
COMMENT ON COLUMN heddle.events.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.events.block_number IS 'Block of the transaction';
COMMENT ON COLUMN heddle.events.tx_index IS 'Position of the transaction in the block';
COMMENT ON COLUMN heddle.events.tx_id IS 'Id of the transaction';
COMMENT ON COLUMN heddle.events.chaincode IS 'Chaincode that set the event';
COMMENT ON COLUMN heddle.events.event_name IS 'Name of the event';
COMMENT ON COLUMN heddle.events.payload IS 'Payload, byte for byte';
COMMENT ON COLUMN heddle.events.payload_json IS 'Payload, if it is JSON that jsonb can hold';

CREATE TABLE heddle.configs (
    channel      text COLLATE "C"   NOT NULL,
    block_number bigint NOT NULL,
    block        bytea  NOT NULL,
    PRIMARY KEY (channel, block_number)
);
COMMENT ON TABLE heddle.configs IS 'Configuration blocks: who the orderers are whose signatures are checked';
COMMENT ON COLUMN heddle.configs.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.configs.block_number IS 'Number of the block';
COMMENT ON COLUMN heddle.configs.block IS 'The block, byte for byte';

CREATE TABLE heddle.checkpoints (
    channel    text COLLATE "C"        NOT NULL PRIMARY KEY,
    number     bigint      NOT NULL,
    hash       bytea       NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE heddle.checkpoints IS 'How far each channel is stored; written in the SQL transaction of the blocks';
COMMENT ON COLUMN heddle.checkpoints.channel IS 'Channel of the ledger';
COMMENT ON COLUMN heddle.checkpoints.number IS 'Last block that is stored, with all before it';
COMMENT ON COLUMN heddle.checkpoints.hash IS 'Its hash, which the next block must name';
COMMENT ON COLUMN heddle.checkpoints.updated_at IS 'When that was';

CREATE FUNCTION heddle.history(channel text, namespace text, key text)
RETURNS SETOF heddle.writes LANGUAGE sql STABLE AS $$
    SELECT w.* FROM heddle.writes w
    WHERE w.is_valid AND w.channel = $1 AND w.namespace = $2
      AND sha256(w.key) = sha256(convert_to($3, 'UTF8'))
    ORDER BY w.block_number, w.tx_index, w.write_index
$$;
COMMENT ON FUNCTION heddle.history IS 'Every valid write of one simple key, oldest first';
