// Reads field numbers, kinds and labels out of the JavaScript that protoc generated.
'use strict';

const fs = require('fs');

const kinds = {
    readBool: 'bool', readBytes: 'bytes', readEnum: 'enum', readInt32: 'int32',
    readInt64: 'int64', readMessage: 'message', readString: 'string', readUint32: 'uint32',
    readUint64: 'uint64', readPackedUint64: 'uint64',
};

// The body of "case N:" in a deserializer: what is read, and where it goes.
function factOf(id, body) {
    const target = /msg\.(set|add|get)([A-Za-z0-9]+)\$?\(/.exec(body);
    const reader = /reader\.(read[A-Za-z0-9]+)/.exec(body);
    if (!target || !reader || !kinds[reader[1]])
        throw new Error(`cannot read: ${body}`);
    const fact = { id, kind: kinds[reader[1]], label: target[1] === 'add' ? 'repeated' : 'singular' };
    let name = target[2].toLowerCase();
    const map = /jspb\.Map\.deserializeBinary\(message, reader, \S+, jspb\.BinaryReader\.prototype\.(\w+)/.exec(body);
    if (map) {
        name = name.replace(/map$/, '');
        fact.label = 'map';
        fact.kind = kinds[map[1]];
    } else if (/Packed/.test(reader[1])) {
        name = name.replace(/list$/, '');
        fact.label = 'repeated';
    }
    return [name, fact];
}

function readMessages(text, out) {
    const start = /^proto\.([\w.]+)\.deserializeBinaryFromReader = function/gm;
    for (let match; (match = start.exec(text));) {
        const body = text.slice(match.index, text.indexOf('\n};', match.index));
        const fields = new Map();
        const cases = body.split(/\n    case (\d+):/);
        for (let i = 1; i + 1 < cases.length; i += 2)
            fields.set(...factOf(Number(cases[i]), cases[i + 1]));
        out.set(match[1], fields);
    }
}

function readEnums(text, out) {
    const start = /^proto\.([\w.]+) = \{\n((?:  \w+: -?\d+,?\n)+)\};/gm;
    for (let match; (match = start.exec(text));) {
        const name = match[1];
        if (/\.\w+Case$/.test(name))
            continue; // of a oneof
        out.set(name, new Map([...match[2].matchAll(/(\w+): (-?\d+)/g)].map(v => [v[1], Number(v[2])])));
    }
}

exports.readGenerated = files => {
    const all = { messages: new Map(), enums: new Map() };
    for (const file of files) {
        const text = fs.readFileSync(file, 'utf8');
        readMessages(text, all.messages);
        readEnums(text, all.enums);
    }
    return all;
};
