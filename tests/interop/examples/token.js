'use strict';

const assert = require('node:assert/strict');
const { before, describe, it } = require('node:test');
const { Party, member, network, org1, org2, json } = require('./parties');

const { token } = network.examples;
const bank = new Party(member(org1), token);
const payee = new Party(member(org2), token);
const spender = new Party(member({ ...org2, userMsp: org2.adminMsp }), token);
const big = 10n ** 70n;

const account = (party) => party.ask('ClientAccountID');
/** What an account has; nothing of it was ever paid to who has none. */
const balance = async (party) => BigInt(await party.ask('ClientAccountBalance').catch(() => '0'));
const supply = async () => BigInt(await bank.ask('TotalSupply'));

/** How much each has more after `steps`. */
async function gains(steps) {
    const all = [bank, payee, spender];
    const had = await Promise.all(all.map(balance));
    await steps();
    return Promise.all(all.map(async (party, i) => await balance(party) - had[i]));
}

describe('token-erc-20', () => {
    let ids;

    before(async () => {
        if (await bank.ask('Name').catch(() => '') === '') {
            assert.equal(await bank.submit('Initialize', ['Heddle', 'HDL', '18']), 'true');
        }
        ids = await Promise.all([bank, payee, spender].map(account));
    });

    it('tells what it is', async () => {
        assert.deepEqual(await Promise.all(['Name', 'TokenName', 'Symbol', 'Decimals'].map((name) => bank.ask(name))),
            ['Heddle', 'Heddle', 'HDL', '18']);
        await payee.refused('client is not authorized to initialize contract', 'Initialize', ['X', 'X', '2']);
        assert.match(Buffer.from(ids[1], 'base64').toString(), /^x509::CN=User1@org2\.example\.com,/);
    });

    it('is minted and burnt by the bank, exactly', async () => {
        const before = await supply();
        assert.deepEqual(await gains(() => bank.submit('Mint', [`${big + 1n}`])), [big + 1n, 0n, 0n]);
        assert.equal(await supply(), before + big + 1n);
        assert.deepEqual(await gains(() => bank.submit('Burn', ['1'])), [-1n, 0n, 0n]);
        await payee.refused('client is not authorized to mint', 'Mint', ['1']);
        await bank.refused('would not fit into 256 bits', 'Mint', [`${2n ** 256n - 1n}`]);
        await bank.refused('is no amount', 'Mint', [`${2n ** 256n}`]);
    });

    it('is transferred, with an event', async () => {
        let outcome;
        assert.deepEqual(await gains(async () => {
            outcome = await bank.outcomeOf('Transfer', [ids[1], '1000']);
        }), [-1000n, 1000n, 0n]);
        const { transactionId, blockNumber } = outcome;
        const events = await bank.channel.getChaincodeEvents(token, { startBlock: blockNumber });
        for await (const event of events) {
            if (event.transactionId === transactionId) {
                assert.equal(event.eventName, 'Transfer');
                assert.deepEqual(json(event.payload), { from: ids[0], to: ids[1], value: 1000 });
                break;
            }
        }
        events.close();
        await payee.refused('has insufficient funds', 'Transfer', [ids[0], `${big * 10n}`]);
    });

    it('is spent by another one up to the allowance', async () => {
        await bank.submit('Approve', [ids[2], '300']);
        assert.equal(await payee.ask('Allowance', [ids[0], ids[2]]), '300');
        assert.deepEqual(await gains(() => spender.submit('TransferFrom', [ids[0], ids[1], '200'])), [-200n, 200n, 0n]);
        await spender.refused('does not have enough allowance', 'TransferFrom', [ids[0], ids[1], '101']);
        assert.deepEqual(await gains(() => spender.submit('TransferFrom', [ids[0], ids[2], '100'])), [-100n, 0n, 100n]);
        assert.equal(await payee.ask('Allowance', [ids[0], ids[2]]), '0');
    });
});
