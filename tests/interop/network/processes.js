'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const openPollMs = 50;
const stopTimeoutMs = 10000;

/** Is something listening there? */
function accepts(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.once('connect', () => resolve(true) || socket.destroy());
        socket.once('error', () => resolve(false));
    });
}

/** The processes that a process has started and not lost. */
function childrenOf(pid) {
    return fs.readdirSync(`/proc/${pid}/task`).flatMap((task) =>
        fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number));
}

/** Whether a process is still there, and more than a zombie. */
function isAlive(pid) {
    try {
        return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

/** The last lines of a log, for the report of a failure. */
function tail(file, lines = 30) {
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(-lines).join('\n') : '';
}

/**
 * The processes of one run. Each writes its output to DIR/NAME.log, is known by its pid, and
 * ends with the run: in order by stop(), at once when this process exits, and by the kernel
 * (parent-death signal) when this process is killed.
 */
class Processes {
    constructor(dir) {
        this.dir = dir;
        this.running = new Map();
        this.stopping = false;
        process.once('exit', () => this.running.forEach(({ child }) => child.kill('SIGKILL')));
    }

    /** `respawn`: start it again whenever it ends by itself. */
    start(name, command, args, { env = {}, cwd = this.dir, respawn = false } = {}) {
        const log = fs.openSync(this.logOf(name), 'a');
        const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
            cwd,
            env: { ...process.env, ...env },
            stdio: ['ignore', log, log],
        });
        fs.closeSync(log);
        const ended = new Promise((resolve) => {
            child.once('error', (e) => resolve(`could not be started: ${e.message}`));
            child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
        });
        const entry = { child, ended, how: undefined };
        this.running.set(name, entry);
        ended.then((how) => {
            entry.how = how;
            if (respawn && !this.stopping && this.running.get(name) === entry) {
                this.start(name, command, args, { env, cwd, respawn });
            }
        });
        return child.pid;
    }

    logOf(name) {
        return path.join(this.dir, `${name}.log`);
    }

    pidOf(name) {
        return this.running.get(name).child.pid;
    }

    /** Resolve as soon as process `name` listens on `port`; reject when it ends before. */
    async opens(name, port, timeoutMs = 30000) {
        await this.until(name, `listen on port ${port}`, () => accepts(port), timeoutMs);
    }

    /** Resolve as soon as `condition` holds; reject when process `name` ends before. */
    async until(name, what, condition, timeoutMs = 30000) {
        const entry = this.running.get(name);
        const deadline = Date.now() + timeoutMs;
        while (!(await condition())) {
            const late = Date.now() > deadline && `did not ${what} in ${timeoutMs} ms`;
            if (entry.how || late) {
                throw new Error(`${name} ${entry.how ?? late}\n${tail(this.logOf(name))}`);
            }
            await sleep(openPollMs);
        }
    }

    /** Ask one to end, and insist after a while. Answers how it ended. */
    async stop(name, signal = 'SIGTERM') {
        const entry = this.running.get(name);
        if (!entry) {
            return undefined;
        }
        this.running.delete(name);
        entry.child.kill(signal);
        const insist = setTimeout(() => entry.child.kill('SIGKILL'), stopTimeoutMs);
        const how = await entry.ended;
        clearTimeout(insist);
        return how;
    }

    /** End all, the youngest first. */
    async stopAll() {
        this.stopping = true;
        for (const name of [...this.running.keys()].reverse()) {
            await this.stop(name);
        }
    }
}

/** Run a command to its end; answers its output, or throws with all that it wrote. */
function run(command, args, { env = {}, cwd } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
            cwd,
            env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        const out = [];
        const all = [];
        child.stdout.on('data', (data) => out.push(data) && all.push(data));
        child.stderr.on('data', (data) => all.push(data));
        child.once('error', reject);
        child.once('close', (code, signal) => {
            if (code === 0) {
                resolve(Buffer.concat(out));
            } else {
                const how = signal ?? `code ${code}`;
                reject(new Error(`${command} ${args.join(' ')}: ${how}\n${Buffer.concat(all)}`));
            }
        });
    });
}

module.exports = { Processes, childrenOf, isAlive, run, tail };
