'use strict';

const { AssetTransfer } = require('./assets');
const { Faults } = require('./faults');
const { Ledger } = require('./ledger');
const { Private } = require('./private');

// The first is the default contract: its functions need no "Name:" before theirs.
module.exports.contracts = [AssetTransfer, Ledger, Faults, Private];
