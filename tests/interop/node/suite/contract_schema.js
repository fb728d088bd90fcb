'use strict';

const Ajv = require('ajv');
const draft4 = require('ajv/lib/refs/json-schema-draft-04.json');
const contractSchema = require('fabric-contract-api/schema/contract-schema.json');

const ajv = new Ajv({ schemaId: 'id', meta: false, unknownFormats: 'ignore' });
ajv.addMetaSchema(draft4);
const isMetadata = ajv.compile(contractSchema);

/** What the official schema of metadata finds wrong with a document; empty: nothing. */
function faultsOf(metadata) {
    return isMetadata(metadata) ? [] : isMetadata.errors.map(({ dataPath, message }) => `${dataPath} ${message}`);
}

module.exports = { faultsOf };
