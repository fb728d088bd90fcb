'use strict';

/*
 * Every example of chaincode-examples, driven by the official client: node --test-reporter=spec
 * suite.js [PART …]. The description tells their names on the channel (`examples`), and where a
 * member is whose certificate has abac.creator=true (`creatorMsp`).
 */

const { after } = require('node:test');
const { closeAll } = require('../node/suite/network');

const parts = ['metadata', 'events', 'private', 'sbe', 'abac', 'ledger', 'token', 'throughput'];
const wanted = process.argv.slice(2);

(wanted.length ? wanted : parts).forEach((part) => require(`./${part}`));
after(closeAll);
