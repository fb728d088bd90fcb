// Compares every message, field and enum of proto/ with the official definitions: the .proto
// files of npm's fabric-protos (Fabric 2.2), and the JavaScript generated from newer ones in
// @hyperledger/fabric-protos for what 2.2 did not have. proto/ may leave messages out, but
// what it has must be the same, and a message must be whole.
'use strict';

const fs = require('fs');
const path = require('path');

const proto = path.resolve(__dirname, '../../../proto');
const SKIPPED = 77;

function skip(reason) {
    console.log(`skipped: ${reason}`);
    process.exit(SKIPPED);
}

for (const name of ['protobufjs', 'fabric-protos', '@hyperledger/fabric-protos'])
    if (!fs.existsSync(path.join(__dirname, 'node_modules', name)))
        skip(`${name} is not installed; run "npm ci" in tests/interop/protos`);

const protobuf = require('protobufjs');
const { readGenerated } = require('./generated');

// Messages whose package changed after 2.2.
const moved = {
    'discovery.ChaincodeCall': 'protos.ChaincodeCall',
    'discovery.ChaincodeInterest': 'protos.ChaincodeInterest',
    'common.CollectionConfigPackage': 'protos.CollectionConfigPackage',
};
// Not of Fabric.
const foreign = name => name.startsWith('grpc.') || name.startsWith('smartbftprotos.') ||
    name === 'google.rpc.Status';
const protobufsOwn = name => name.startsWith('google.protobuf.');

function filesBelow(dir, suffix) {
    return fs.readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
        const full = path.join(dir, entry.name);
        if (entry.isDirectory())
            return filesBelow(full, suffix);
        return entry.name.endsWith(suffix) ? [full] : [];
    });
}

function load(dir) {
    const root = new protobuf.Root();
    root.resolvePath = (origin, target) => {
        if (!origin)
            return target;
        return target.startsWith('google/protobuf/') ? target :
            target.startsWith('protobuf-c/') ? null : path.join(dir, target);
    };
    root.loadSync(filesBelow(dir, '.proto'), { keepCase: true });
    root.resolveAll();
    return collect(root);
}

// { messages: Map(full name, Map(field name, fact)), enums: Map(full name, Map(name, number)) }
function collect(root) {
    const all = { messages: new Map(), enums: new Map() };
    const visit = node => {
        const name = node.fullName.replace(/^\./, '');
        if (node instanceof protobuf.Type)
            all.messages.set(name, new Map(node.fieldsArray.map(f => [f.name, factOf(f)])));
        else if (node instanceof protobuf.Enum)
            all.enums.set(name, new Map(Object.entries(node.values)));
        (node.nestedArray || []).forEach(visit);
    };
    root.nestedArray.forEach(visit);
    return all;
}

function factOf(field) {
    const resolved = field.resolvedType && field.resolvedType.fullName.replace(/^\./, '');
    const type = resolved ? moved[resolved] || resolved : field.type;
    return {
        id: field.id,
        kind: field.resolvedType instanceof protobuf.Enum ? 'enum' : resolved ? 'message' : type,
        type: field.map ? `map<${field.keyType}, ${type}>` : type,
        label: field.map ? 'map' : field.repeated ? 'repeated' : 'singular',
        oneof: field.partOf ? field.partOf.name : '',
    };
}

const problems = [];
const counts = { messages: 0, fields: 0, values: 0 };
const known = new Set(); // "message.field" that some official definition has

function compareFields(name, ours, theirs, parts) {
    counts.messages++;
    for (const [field, official] of theirs) {
        const own = ours.get(field);
        known.add(`${name}.${field}`);
        if (!own) {
            problems.push(`${name}.${field} is missing`);
            continue;
        }
        counts.fields++;
        for (const part of parts)
            if (own[part] !== official[part])
                problems.push(`${name}.${field}: ${part} ${own[part]}, officially ${official[part]}`);
    }
}

function compareEnums(ours, theirs, newerToo) {
    for (const [name, values] of ours) {
        const official = theirs.get(name);
        if (!official)
            continue;
        known.add(name);
        for (const [value, number] of official) {
            if (!values.has(value)) {
                if (!newerToo)
                    continue; // given up since
                problems.push(`${name}.${value} is missing`);
            } else if (values.get(value) !== number) {
                problems.push(`${name}.${value} = ${values.get(value)}, officially ${number}`);
            }
            counts.values++;
            known.add(`${name}.${value}`);
        }
    }
}

function compareWithProtoFiles(ours) {
    const theirs = load(path.join(__dirname, 'node_modules/fabric-protos/protos'));
    for (const [name, fields] of ours.messages) {
        const before = Object.keys(moved).find(old => moved[old] === name);
        const official = theirs.messages.get(name) || theirs.messages.get(before);
        if (official && !protobufsOwn(name))
            compareFields(name, fields, official, ['id', 'type', 'label', 'oneof']);
    }
    compareEnums(ours.enums, theirs.enums, false);
}

// Generated code has field names without case and underscores, and types by their last part.
function compareWithGenerated(ours) {
    const lib = path.join(__dirname, 'node_modules/@hyperledger/fabric-protos/lib');
    const theirs = readGenerated(filesBelow(lib, '_pb.js'));
    for (const [name, fields] of ours.messages) {
        const official = theirs.messages.get(name);
        if (!official || protobufsOwn(name))
            continue;
        const byPlainName = new Map([...fields].map(
            ([field, fact]) => [field.toLowerCase().replace(/_/g, ''), { ...fact, field }]));
        compareFields(name, byPlainName, official, ['id', 'kind', 'label']);
        for (const plain of official.keys())
            if (byPlainName.has(plain))
                known.add(`${name}.${byPlainName.get(plain).field}`);
    }
    compareEnums(ours.enums, theirs.enums, true);
}

function checkNothingIsInvented(ours) {
    for (const [name, fields] of ours.messages) {
        if (foreign(name) || protobufsOwn(name))
            continue;
        for (const field of fields.keys())
            if (!known.has(`${name}.${field}`))
                problems.push(`${name}.${field} is in no official definition`);
    }
    for (const [name, values] of ours.enums) {
        if (foreign(name))
            continue;
        for (const value of values.keys())
            if (!known.has(`${name}.${value}`) && !name.startsWith('grpc.'))
                problems.push(`${name}.${value} is in no official definition`);
    }
}

const ours = load(proto);
compareWithProtoFiles(ours);
compareWithGenerated(ours);
checkNothingIsInvented(ours);
console.log(`compared ${counts.messages} messages, ${counts.fields} fields, ${counts.values} enum values`);
if (counts.fields < 700 || counts.values < 100)
    problems.push('too little was compared: are the packages whole?');
problems.forEach(problem => console.log(problem));
process.exit(problems.length ? 1 : 0);
