/**
 * @file Faiss as the peer: a Python process a build of it, driven by lines of JSON.
 *
 * DQN_PYTHON names the Python, else it is python3 or /usr/bin/python3; DQN_FAISS folders with a Faiss each (made by `pip install --target`),
 * separated as in PATH, else Python's own Faiss is taken. IndexPQ is timed in every build, and the faster one counts;
 * FastScan in the newest.
 */
import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./peer_faiss.py', import.meta.url));

/** One Python with Faiss; undefined where it doesn't start, and it says why. */
async function start(python, folder, say) {
  const paths = [folder, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  const child = spawn(python, [SCRIPT], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...(paths && { PYTHONPATH: paths }) },
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = (complaint + chunk).slice(-400);
  });
  child.stdin.on('error', () => {});
  const waiting = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  const ended = (error) => {
    for (const resolve of waiting.splice(0)) resolve({ error: `Python ended: ${error?.message ?? complaint.trim()}` });
  };
  child.on('error', ended);
  child.on('close', () => ended());
  const answer = () => new Promise((resolve) => waiting.push(resolve));
  const hello = await answer();
  if (hello.error) {
    say(`No Faiss in ${folder ? `${folder}, ${python}` : python}: ${hello.error.split('\n').at(-1)}`);
    return undefined;
  }
  const ask = async (request) => {
    const promise = answer();
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const result = await promise;
    if (result.error) throw new Error(`Faiss ${hello.version}: ${result.error}`);
    return result;
  };
  return { ...hello, ask, close: () => child.kill() };
}

/** −1, 0 or 1, as versions such as 1.15.1 compare. */
function byVersion(a, b) {
  return a.version.localeCompare(b.version, 'en', { numeric: true });
}

/**
 * Starts the builds of Faiss there are.
 *
 * @returns builds { version, options, ask(request), close() } from the oldest to the newest; none where Python lacks Faiss
 */
export async function startFaiss(say) {
  const folders = (process.env.DQN_FAISS ?? '').split(delimiter).filter(Boolean);
  const builds = [];
  const pythons = process.env.DQN_PYTHON ? [process.env.DQN_PYTHON] : ['python3', '/usr/bin/python3'];
  for (const folder of folders.length > 0 ? folders : [undefined]) {
    let build;
    for (const python of pythons) build ??= await start(python, folder, say);
    if (build) builds.push(build);
  }
  builds.sort(byVersion);
  if (builds.length === 0)
    say(
      'NO FAISS: ours alone is timed. `pip install faiss-cpu`, or name Pythons and folders by DQN_PYTHON, DQN_FAISS.',
    );
  for (const { version, options } of builds) say(`Faiss ${version} (${options}), one thread`);
  return builds;
}

/** Loads a data set into the builds and gives the contestants: [{ peer, version, search(query, k) → { ms, last } }]. */
export async function contestants(builds, { file, json, n }, say) {
  const peers = [];
  for (const build of builds) {
    const newest = build === builds.at(-1);
    await build.ask({ do: 'load', file, json, n, kinds: newest ? ['pq', 'fastscan'] : ['pq'] });
    const search = (kind) => (query, k) => build.ask({ do: 'search', kind, query, k });
    peers.push({ peer: 'Faiss IndexPQ', version: build.version, search: search('pq') });
    if (newest) peers.push({ peer: 'Faiss FastScan', version: build.version, search: search('fastscan') });
  }
  if (peers.length > 0) say(`Faiss holds ${n} codes`);
  return peers;
}
