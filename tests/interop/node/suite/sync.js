'use strict';

/*
 * heddle-sync's tables beside the ledger: the blocks as the peer gave them to its own command
 * line, taken apart by the official messages, and the state as the contract reads it.
 * `network.sync` names the folder of blocks, what the peer says of its chain, and the tables.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, describe, it } = require('node:test');
const { common, msp, peer } = require('@hyperledger/fabric-protos');
const { json, network, open } = require('./network');

const { ENDORSER_TRANSACTION } = common.HeaderType;
const validationCodes = 2; // index of the block's metadata
const hex = (bytes) => Buffer.from(bytes).toString('hex');

function readBlocks(dir, height) {
    return Array.from({ length: height }, (_, number) => {
        const bytes = fs.readFileSync(path.join(dir, `fetched_${number}.block`));
        return common.Block.deserializeBinary(bytes);
    });
}

/** What a transaction calls and the event it set. */
function action(data) {
    const [first] = peer.Transaction.deserializeBinary(data).getActionsList();
    const payload = peer.ChaincodeActionPayload.deserializeBinary(first.getPayload_asU8());
    const proposal = peer.ChaincodeProposalPayload.deserializeBinary(payload.getChaincodeProposalPayload_asU8());
    const spec = peer.ChaincodeInvocationSpec.deserializeBinary(proposal.getInput_asU8()).getChaincodeSpec();
    const response = peer.ProposalResponsePayload.deserializeBinary(
        payload.getAction().getProposalResponsePayload_asU8());
    const events = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()).getEvents_asU8();
    return {
        chaincode: spec.getChaincodeId().getName(),
        function: Buffer.from(spec.getInput().getArgsList_asU8()[0]).toString(),
        event: events.length ? peer.ChaincodeEvent.deserializeBinary(events) : undefined,
    };
}

function transactionsOf(block) {
    const codes = block.getMetadata().getMetadataList_asU8()[validationCodes];
    return block.getData().getDataList_asU8().map((bytes, index) => {
        const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(bytes).getPayload_asU8());
        const channelHeader = common.ChannelHeader.deserializeBinary(payload.getHeader().getChannelHeader_asU8());
        const creator = common.SignatureHeader.deserializeBinary(
            payload.getHeader().getSignatureHeader_asU8()).getCreator_asU8();
        return {
            block_number: Number(block.getHeader().getNumber()),
            tx_index: index,
            tx_id: channelHeader.getTxId() || null,
            type: channelHeader.getType(),
            validation_code: codes[index],
            creator_msp: msp.SerializedIdentity.deserializeBinary(creator).getMspid() || null,
            ...(channelHeader.getType() === ENDORSER_TRANSACTION && action(payload.getData_asU8())),
        };
    });
}

describe('tables of heddle-sync', () => {
    const { blocksDir, chain, tablesFile } = network.sync;
    const tables = JSON.parse(fs.readFileSync(tablesFile, 'utf8'));
    const blocks = readBlocks(blocksDir, chain.height);
    const transactions = blocks.flatMap(transactionsOf);

    it('hold every block of the peer, and its hashes', () => {
        assert.equal(tables.blocks.length, chain.height);
        assert.deepEqual(tables.checkpoints, [{ channel: network.channel, number: chain.height - 1 }]);
        tables.blocks.forEach((row, number) => {
            const header = blocks[number].getHeader();
            const next = blocks[number + 1]?.getHeader().getPreviousHash_asU8()
                ?? Buffer.from(chain.currentBlockHash, 'base64');
            assert.deepEqual(row, {
                number,
                hash: hex(next),
                previous_hash: hex(header.getPreviousHash_asU8()),
                data_hash: hex(header.getDataHash_asU8()),
                tx_count: blocks[number].getData().getDataList().length,
            });
        });
    });

    it('hold every transaction with the peer\'s validation code', () => {
        assert.equal(tables.transactions.length, transactions.length);
        assert.ok(new Set(transactions.map(({ validation_code: code }) => code)).size > 2, 'too tame a ledger');
        tables.transactions.forEach((row, i) => {
            const { event, ...expected } = transactions[i];
            assert.deepEqual(row, { chaincode: null, function: null, ...expected });
        });
    });

    it('hold the events of valid transactions', () => {
        const expected = transactions.filter(({ event, validation_code: code }) => event && code === 0)
            .map(({ block_number, tx_id, event }) => ({
                block_number, tx_id, event_name: event.getEventName(), payload: hex(event.getPayload_asU8()) }));
        assert.ok(expected.length > 0);
        assert.deepEqual(tables.events, expected);
    });

    ['interop', 'callee'].forEach((namespace) => describe(`of ${namespace}`, () => {
        const rows = tables.state.filter((row) => row.namespace === namespace);
        let ledger;
        before(() => {
            ledger = open().channel.getContract(namespace, 'Ledger');
        });

        it('hold the state of simple keys that the contract reads', async () => {
            const simple = rows.filter((row) => row.key_parts === null);
            assert.ok(simple.length > 0);
            assert.deepEqual(simple.map((row) => [row.key, row.value_digest]),
                json(await ledger.evaluateTransaction('Digests')));
        });

        it('hold the state of composite keys that the contract reads', async () => {
            const composite = rows.filter((row) => row.key_parts !== null);
            for (const type of new Set(composite.map(({ key_parts: [first] }) => first))) {
                const ours = composite.filter(({ key_parts: [first] }) => first === type);
                assert.deepEqual(ours.map(({ key_parts: [, ...parts], value_digest: digest }) => [parts, digest]),
                    json(await ledger.evaluateTransaction('CompositeDigests', type)));
            }
        });
    }));
});
