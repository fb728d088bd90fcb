'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./processes');

const root = '/usr/lib/postgresql';

/** A PostgreSQL cluster of its own, on a socket in its folder, with one database "heddle". */
class Postgres {
    constructor(dir, processes) {
        this.processes = processes;
        this.dir = path.join(dir, 'postgres');
        const [newest] = fs.readdirSync(root).sort((a, b) => Number(b) - Number(a));
        this.bin = path.join(root, newest, 'bin');
        this.url = `host=${this.dir} user=heddle dbname=heddle`;
        // The server refuses to run as root.
        this.asUser = process.getuid() === 0
            ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : [];
    }

    async start() {
        fs.mkdirSync(this.dir);
        if (this.asUser.length) {
            fs.chmodSync(path.dirname(this.dir), 0o711);
            await run('chown', ['postgres:', this.dir]);
        }
        const data = path.join(this.dir, 'data');
        await this.tool('initdb', ['-D', data, '-U', 'heddle', '-A', 'trust', '-N', '-E', 'UTF8',
            '--locale=C.UTF-8']);
        // Becoming another user clears the parent-death signal; the second setpriv sets it again.
        const asUser = this.asUser.length ? [...this.asUser.slice(0, -1), '--pdeathsig', 'KILL', '--'] : [];
        const [command, ...args] = [...asUser, path.join(this.bin, 'postgres'), '-D', data,
            '-k', this.dir, '-h', '', '-F'];
        this.processes.start('postgres', command, args, { cwd: this.dir });
        const socket = path.join(this.dir, '.s.PGSQL.5432');
        await this.processes.until('postgres', 'open its socket', () => fs.existsSync(socket));
        await this.tool('createdb', ['-h', this.dir, '-U', 'heddle', 'heddle']);
    }

    tool(name, args) {
        const [command, ...all] = [...this.asUser, path.join(this.bin, name), ...args];
        return run(command, all, { cwd: this.dir });
    }

    /** The rows that a query gives, as objects. */
    async rows(query) {
        const out = await this.tool('psql', ['-d', this.url, '-At', '-v', 'ON_ERROR_STOP=1', '-c',
            `SELECT coalesce(json_agg(row_to_json(q)), '[]') FROM (${query}) q`]);
        return JSON.parse(out.toString());
    }
}

module.exports = { Postgres };
