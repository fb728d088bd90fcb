'use strict';

/*
 * The table of the behaviour suite: files of cases, each a number of transactions.
 *
 *   case a key is read after it was written
 *   submit
 *     put $a value          => ok
 *   evaluate
 *     get $a                => 'value'
 *
 * A transaction makes steps (contract.js), or after "call" one of the contract's other functions:
 *
 *   submit call status 404 gone ''
 *     = status 404 gone
 *
 * In words, '' is empty, \xNN is a byte, \_ a space, and $ a prefix of its own for each run. What
 * is expected is read likewise, but for its quotes: that is how the contract shows bytes. Words
 * before the first step say more:
 *   by 2            a client of the second organisation
 *   by 3            one of the first, whose certificate has attributes (auditor.js)
 *   at 2            its peer only
 *   to callee       another chaincode
 *   as init         the Init that some definitions ask for
 *   with name=value an entry of the transient map
 * <self>, <callee>, <channel> and <other>, another channel with the callee, are names.
 *
 * Expected of a step: its answer; "!" for any refusal, "! text" for one in the peer's words,
 * "a | b" for either. <txid>, <txid1>, … are the ids of this and of the case's first
 * transaction, <sha:x> the SHA-256 of x; others are in suite.js.
 * Lines with "=" are expected of the transaction:
 *   = status 404 gone       the answer's status and message; of a refusal too
 *   = fails text            that it was refused, with words that end so
 *   = answer 'x'            its payload
 *   = event 'name' 'x'      its event, or "= event none"
 *   = writes 'a'='x' -'b'   the public writes of its endorsement, in order
 *   = code NAME             how it was committed, if not VALID
 */

const fs = require('node:fs');
const path = require('node:path');

/** The bytes of a word; `names` are what <name> stands for. */
function bytesOf(word, names) {
    const out = [];
    const whole = word === "''" ? '' : word.replaceAll('$', names.prefix).replace(/<([a-z]+)>/g, (all, name) => names[name] ?? all);
    const source = Buffer.from(whole);
    for (let i = 0; i < source.length; i++) {
        if (source[i] !== 0x5c) {
            out.push(source[i]);
        } else if (source[i + 1] === 0x5f) {
            out.push(0x20);
            i += 1;
        } else {
            out.push(parseInt(source.subarray(i + 2, i + 4).toString(), 16));
            i += 3;
        }
    }
    return Buffer.from(out);
}

const options = { by: 'client', at: 'peer', to: 'chaincode', with: 'transient', as: 'init' };

function parseTransaction(words) {
    const transaction = { kind: words.shift(), transient: [], steps: [], expected: [] };
    while (words.length && words[0] !== 'call') {
        const field = options[words.shift()];
        const value = words.shift();
        if (!field) {
            throw new Error(`no option before ${value}`);
        }
        transaction[field] = field === 'transient' ? [...transaction.transient, value] : value;
    }
    return { ...transaction, call: words.length ? words.slice(1) : undefined };
}

function parseLine(line, cases, file) {
    const last = cases.at(-1);
    const transaction = last?.transactions.at(-1);
    if (line.startsWith('case ')) {
        cases.push({ name: line.slice(5), file, transactions: [] });
    } else if (line.startsWith('  =')) {
        const [what, ...rest] = line.slice(3).trim().split(' ');
        transaction.expected.push({ what, text: rest.join(' ') });
    } else if (line.startsWith('  ')) {
        const [step, expected] = line.split('=>');
        transaction.steps.push({ words: step.trim().split(/ +/), expected: expected.trim() });
    } else {
        last.transactions.push(parseTransaction(line.split(/ +/)));
    }
}

/** All cases of a file. */
function readTable(file) {
    const cases = [];
    fs.readFileSync(file, 'utf8').split('\n').forEach((line, i) => {
        if (!line.trim() || line.startsWith('#')) {
            return;
        }
        try {
            parseLine(line, cases, path.basename(file));
        } catch (error) {
            throw new Error(`${file}:${i + 1}: ${error.message}`);
        }
    });
    return cases;
}

/** The arguments of "run" for these steps. */
function argumentsOf({ call, steps }, names) {
    if (call) {
        return call.map((word) => bytesOf(word, names));
    }
    return [Buffer.from('run'), ...steps.flatMap(({ words: [name, ...args] }) =>
        [Buffer.from(name), Buffer.from(String(args.length)), ...args.map((word) => bytesOf(word, names))])];
}

module.exports = { readTable, argumentsOf, bytesOf };
