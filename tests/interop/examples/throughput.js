'use strict';

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { Party, member, network, org1, org2, unique } = require('./parties');

const parties = [org1, org2].map((org) => new Party(member(org), network.examples.throughput));
const [one] = parties;
const times = 40;

/** So many updates at once, by clients of both organisations; how many ended in which way. */
async function contend(name, variable) {
    const outcomes = await Promise.all(Array.from({ length: times }, (_, i) =>
        parties[i % parties.length].outcomeAt(name, [variable, '7', '+']).catch(unequal)));
    const ends = {};
    for (const { code, blockNumber } of outcomes) {
        ends[code] = (ends[code] ?? 0) + 1;
        await one.level(blockNumber);
    }
    return ends;
}

/** Until no update comes in between, neither while it is endorsed nor before it is committed. */
async function prune(variable) {
    for (let left = 30; ; left--) {
        const { code, answer } = await one.outcome('Prune', [variable]).catch(unequal);
        if (code === 'VALID') {
            return answer;
        }
        assert.ok(left > 0 && ['UNEQUAL', 'PHANTOM_READ_CONFLICT'].includes(code), code);
    }
}

/** Endorsers that were asked at different blocks read different values: a conflict before its block. */
function unequal(error) {
    if (!/ProposalResponsePayloads do not match/.test(`${error.message} ${JSON.stringify(error.details)}`)) {
        throw error;
    }
    return { code: 'UNEQUAL', blockNumber: 0n };
}

describe('high-throughput', () => {
    it('adds without conflicts, and exactly', async () => {
        const variable = unique('variable');
        const ends = await contend('Update', variable);
        assert.deepEqual(Object.keys(ends), ['VALID']);
        assert.equal(await one.ask('Get', [variable]), `${7 * times}`);
        assert.equal(await one.submit('Update', [variable, `${7 * times + 1}`, '-']),
            `Successfully added -${7 * times + 1} to ${variable}`);
        assert.equal(await one.ask('Get', [variable]), '-1');
        assert.match(await one.submit('Delete', [variable]), new RegExp(`${times + 1} rows removed`));
    });

    it('loses nothing to a pruning in between', async () => {
        const variable = unique('variable');
        await one.submit('Update', [variable, '1', '+']);
        const [ends] = await Promise.all([contend('Update', variable), prune(variable)]);
        assert.deepEqual(Object.keys(ends), ['VALID']);
        assert.equal(await one.ask('Get', [variable]), `${7 * times + 1}`);
        assert.match(await prune(variable), new RegExp(`final value is ${7 * times + 1}, \\d+ rows pruned`));
        assert.match(await prune(variable), new RegExp(`final value is ${7 * times + 1}, 1 rows pruned`));
    });

    it('conflicts the standard way', async () => {
        const variable = unique('variable');
        const ends = await contend('UpdateStandard', variable);
        assert.ok(ends.VALID >= 1 && ends.MVCC_READ_CONFLICT >= 1, JSON.stringify(ends));
        assert.equal(ends.VALID + ends.MVCC_READ_CONFLICT + (ends.UNEQUAL ?? 0), times);
        assert.equal(await one.ask('GetStandard', [variable]), `${7 * ends.VALID}`);
        await one.submit('DelStandard', [variable]);
    });

    it('refuses what is no change', async () => {
        await one.refused('not a whole number', 'Update', ['v', '1.5', '+']);
        await one.refused('operator * is unrecognized', 'Update', ['v', '1', '*']);
        await one.refused('no variable by the name', 'Prune', [unique('variable')]);
    });
});
