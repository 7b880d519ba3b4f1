/**
 * @file ClickHouse shards and a Redis on loopback, for tests, benchmarks and the demonstration: Debian's packages, ports
 * of their own, everything in one temporary folder.
 *
 * As a program, `node tools/cluster.mjs [--shards 2] [--no-redis] [--json]`, it says where they listen and runs until it
 * is stopped. What was started ends with the program, however that ends: a shell that reads from us and hears nothing any
 * more kills what the pid files name, and removes the folder.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, createWriteStream, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { clickHouseConfig, clickHouseUsers, redisConfig } from './cluster/config.mjs';
import { findClickHouse, findRedis } from './needs.mjs';
import { tellUsage } from './usage.mjs';

const HOST = '127.0.0.1';
/** The cluster's name in `remote_servers`. */
export const CLUSTER = 'dqn';
/** The user who needs a password. */
export const KEYED = { user: 'keyed', password: 'a key' };
/** Milliseconds for a server to answer after its start. */
const START_TIME = 30_000;

const INSTALL = 'sudo apt-get install -y --no-install-recommends clickhouse-server redis-server';

/**
 * True where the servers aren't installed, after having said so: in the test's output, and in the file that DQN_SKIPS
 * names. Where CI is set, that is an error.
 */
export function clusterIsMissing(what) {
  const missing = [!findClickHouse() && 'clickhouse-server', !findRedis() && 'redis-server'].filter(Boolean);
  if (missing.length === 0) return false;
  const line = `${what}: no ${missing.join(', no ')} found. Debian: ${INSTALL}`;
  if (process.env.CI && process.env.CI !== 'false') throw new Error(line);
  console.warn(`SKIPPED ${line}`);
  if (process.env.DQN_SKIPS) appendFileSync(process.env.DQN_SKIPS, `${line}\n`);
  return true;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ports that nobody listens at, all different. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve, reject) => server.once('error', reject).listen(0, HOST, resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** What Redis answers to PING, or throws. */
const ping = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, HOST, () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer')));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', reject);
  });

/**
 * One server: killed, started again on its data and port, made slow.
 *
 * @param folder its own; `pid`, `log` and its data lie there
 * @param answers asked until it resolves with true
 */
async function serve(name, { command, args, folder, answers }) {
  const pidFile = join(folder, 'pid');
  const logFile = join(folder, 'log');
  let child;
  let ended = Promise.resolve();

  const start = async () => {
    if (child) return;
    const log = createWriteStream(logFile, { flags: 'a' });
    const mine = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    mine.stdout.pipe(log, { end: false });
    mine.stderr.pipe(log, { end: false });
    ended = new Promise((resolve) => {
      // 'close' comes after an 'error', too.
      mine.once('error', () => {});
      mine.once('close', () => {
        child = undefined;
        rmSync(pidFile, { force: true });
        log.end(resolve);
      });
    });
    child = mine;
    if (mine.pid !== undefined) writeFileSync(pidFile, `${mine.pid}\n`);
    const until = performance.now() + START_TIME;
    while (!(await answers().catch(() => false))) {
      if (!child || performance.now() > until) {
        const why = child ? `doesn't answer after ${START_TIME / 1000} s` : 'ended as soon as it was started';
        await kill();
        const said = readFileSync(logFile, 'utf8');
        const error = new Error(`${name} (${command}) ${why}:\n${said.slice(-2000)}`);
        throw Object.assign(error, { isPortTaken: /address already in use/i.test(said) });
      }
      await wait(20);
    }
  };

  /** Ends it and waits until it has ended. */
  const kill = async (signal = 'SIGKILL') => {
    child?.kill(signal);
    await ended;
  };

  await start();
  return {
    name,
    folder,
    get pid() {
      return child?.pid;
    },
    get isRunning() {
      return child !== undefined;
    },
    start,
    kill,
    /** It keeps its connections and answers nothing. */
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
  };
}

/** Ends what the pid files name, and the folder, as soon as `end()` is called or this process is no more. */
function startWatcher(folder) {
  const script =
    'cat >/dev/null; for f in "$0"/*/pid; do [ -e "$f" ] && kill -9 "$(cat "$f")"; done; ' +
    'i=0; while [ $i -lt 50 ] && ! rm -rf "$0" 2>/dev/null; do sleep .1; i=$((i+1)); done';
  const watcher = spawn('/bin/sh', ['-c', script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => watcher.once('close', resolve));
  watcher.unref();
  watcher.stdin.unref?.();
  return {
    end: async () => {
      watcher.ref();
      watcher.stdin.end();
      await ended;
    },
  };
}

async function startShard(name, folder, ports, tcpPorts) {
  const [httpPort, tcpPort, interserverPort] = ports;
  await mkdir(folder);
  const config = { folder, host: HOST, httpPort, tcpPort, interserverPort, cluster: CLUSTER, tcpPorts };
  await writeFile(join(folder, 'config.xml'), clickHouseConfig(config));
  await writeFile(join(folder, 'users.xml'), clickHouseUsers(KEYED));
  const url = `http://${HOST}:${httpPort}`;
  const server = await serve(name, {
    command: findClickHouse(),
    args: [`--config-file=${join(folder, 'config.xml')}`],
    folder,
    answers: async () => (await fetch(`${url}/ping`, { signal: AbortSignal.timeout(2000) })).ok,
  });
  return Object.defineProperties(server, Object.getOwnPropertyDescriptors({ host: HOST, httpPort, tcpPort, url }));
}

async function startRedis(folder, port) {
  await mkdir(folder);
  await writeFile(join(folder, 'redis.conf'), redisConfig({ folder, host: HOST, port }));
  const server = await serve('redis', {
    command: findRedis(),
    args: [join(folder, 'redis.conf')],
    folder,
    answers: () => ping(port),
  });
  const url = `redis://${HOST}:${port}`;
  return Object.defineProperties(server, Object.getOwnPropertyDescriptors({ host: HOST, port, url }));
}

/**
 * Starts ClickHouse shards that know each other as the cluster `dqn`, one replica each, and a Redis.
 *
 * @param o.shards default 2; 0: none
 * @param o.redis default true
 * @param o.at the folder in which the temporary one is made; default: the system's
 * @returns see cluster.d.mts
 * @throws Error where a server isn't installed or doesn't start: with the end of its log
 */
export async function startCluster(o) {
  try {
    return await startOnce(o);
  } catch (error) {
    // Between our look for free ports and the servers' start somebody else may take one.
    if (!error.isPortTaken) throw error;
    return startOnce(o);
  }
}

async function startOnce({ shards: count = 2, redis: wantsRedis = true, at = tmpdir() } = {}) {
  if ((count > 0 && !findClickHouse()) || (wantsRedis && !findRedis()))
    throw new Error(`clickhouse-server or redis-server isn't installed. Debian: ${INSTALL}`);
  const folder = await mkdtemp(join(at, 'dqn-cluster-'));
  const watcher = startWatcher(folder);
  const servers = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.kill()));
    await watcher.end();
  };
  try {
    const ports = await freePorts(3 * count + 1);
    const tcpPorts = Array.from({ length: count }, (_, i) => ports[3 * i + 1]);
    const keep = async (starting) => {
      const server = await starting;
      servers.push(server);
      return server;
    };
    const starting = tcpPorts.map((_, i) =>
      keep(startShard(`shard${i + 1}`, join(folder, `shard${i + 1}`), ports.slice(3 * i, 3 * i + 3), tcpPorts)),
    );
    if (wantsRedis) starting.push(keep(startRedis(join(folder, 'redis'), ports.at(-1))));
    // All of them, so that none starts behind the back of a stop.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
    servers.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    cluster: CLUSTER,
    shards: servers.filter(({ name }) => name !== 'redis'),
    redis: servers.find(({ name }) => name === 'redis'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function main() {
  tellUsage(import.meta.filename);
  const { values } = parseArgs({
    options: {
      shards: { type: 'string', default: '2' },
      'no-redis': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const shards = Number(values.shards);
  if (!Number.isInteger(shards) || shards < 0 || shards > 16)
    throw new Error(`--shards ${values.shards}; expected a whole number from 0 to 16.`);
  const cluster = await startCluster({ shards, redis: !values['no-redis'] });
  const facts = {
    folder: cluster.folder,
    cluster: CLUSTER,
    shards: cluster.shards.map(({ name, url, httpPort, tcpPort, pid }) => ({ name, url, httpPort, tcpPort, pid })),
    redis: cluster.redis && { url: cluster.redis.url, port: cluster.redis.port, pid: cluster.redis.pid },
  };
  if (values.json) console.log(JSON.stringify(facts));
  else {
    for (const { name, url, tcpPort, pid } of facts.shards) console.log(`${name}  ${url}  tcp ${tcpPort}  pid ${pid}`);
    if (facts.redis) console.log(`redis   ${facts.redis.url}  pid ${facts.redis.pid}`);
    console.log(`cluster ${CLUSTER} in ${facts.folder}; Ctrl-C ends it`);
  }
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
  await cluster.stop();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
