'use strict';

/* All parts of the suite in one process, in order: node --test-reporter=spec run.js PART... */

const { after } = require('node:test');
const { closeAll } = require('./network');

process.argv.slice(2).forEach((part) => require(`./${part}`));
after(closeAll);
