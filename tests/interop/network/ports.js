'use strict';

const net = require('node:net');

const lowest = 20000;
const highest = 32000; // below the ports that the system hands out to clients

function isFree(port) {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
}

/** Find `count` neighbouring free ports, starting at a random place; answers the first. */
async function freePorts(count) {
    for (let attempt = 0; attempt < 200; attempt++) {
        const base = lowest + Math.floor((Math.random() * (highest - lowest)) / count) * count;
        const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
        if (free.every(Boolean)) {
            return base;
        }
    }
    throw new Error(`no ${count} free ports between ${lowest} and ${highest}`);
}

module.exports = { freePorts };
