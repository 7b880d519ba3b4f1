/**
 * @file What some tests need beyond Node and npm, whether it is here, and how to get it.
 * Run as a program it prints one line a need: nx takes that as an input of the test cache, so that
 * tests run again when a browser, a data set or a library appears or goes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const CHROMIUM_PLACES = [
  process.env.DQN_CHROMIUM,
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  join(process.env.PROGRAMFILES ?? 'C:/Program Files', 'Google/Chrome/Application/chrome.exe'),
];

/** The first Chromium or Chrome found: DQN_CHROMIUM, CHROME_PATH, then the usual places; undefined where none is. */
export function findChromium() {
  return CHROMIUM_PLACES.find((place) => place && existsSync(place));
}

const SOFTWARE_VULKAN = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
];
const VULKAN_LOADERS = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'];

/** The Vulkan driver for tests: what VK_ICD_FILENAMES names, else Chromium's software one; undefined where either it or Vulkan's loader is missing. */
export function findSoftwareVulkan() {
  if (!VULKAN_LOADERS.some(existsSync)) return undefined;
  return process.env.VK_ICD_FILENAMES ?? SOFTWARE_VULKAN.find(existsSync);
}

const onPath = (...names) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .concat('/usr/sbin', '/usr/local/bin')
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((file) => existsSync(file));

/** The program clickhouse-server: DQN_CLICKHOUSE, else on the PATH; undefined where there is none. */
export const findClickHouse = () => process.env.DQN_CLICKHOUSE ?? onPath('clickhouse-server');

/** The program redis-server; undefined where there is none. */
export const findRedis = () => onPath('redis-server');

const inData = (...parts) => process.env.DQN_DATA !== undefined && existsSync(join(process.env.DQN_DATA, ...parts));
const has = (python, packages) => spawnSync(python, ['-c', `import ${packages}`], { stdio: 'ignore' }).status === 0;
const pythonHasOnnx = () => has('/usr/bin/python3', 'onnx');
const pythonHasFaiss = () =>
  [process.env.DQN_PYTHON, 'python3', '/usr/bin/python3'].some((python) => python && has(python, 'faiss, numpy'));

/** The cache of everything fetched on demand: DQN_CACHE, else the user's cache folder. */
export function cacheFolder() {
  if (process.env.DQN_CACHE) return process.env.DQN_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/dqn');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'dqn/Cache');
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dqn');
}

/** Each need: what the tests lose without it, and the one command that brings it. */
export const NEEDS = [
  {
    name: 'Chromium',
    loses: 'the tests of the page in a real browser',
    get: 'sudo apt-get install -y chromium   (or set DQN_CHROMIUM to a Chrome or Chromium)',
    here: () => findChromium() !== undefined,
  },
  {
    name: 'a software adapter for WebGPU',
    loses: 'the comparison of WebGPU with the CPU, gradients included',
    get: 'sudo apt-get install -y chromium libvulkan1',
    here: () => findSoftwareVulkan() !== undefined,
  },
  {
    name: 'CIFAR-10',
    loses: 'the tests on real pictures',
    get: 'set DQN_DATA to a folder that holds cifar-10-batches-bin/ (https://www.cs.toronto.edu/~kriz/cifar.html)',
    here: () => inData('cifar-10-batches-bin', 'test_batch.bin'),
  },
  {
    name: "TensorFlow's library",
    loses: 'the tests of the engine `tensorflow` on it (TF.js on WebAssembly stands in)',
    get: 'npm run native',
    here: () =>
      process.env.DQN_TFJS_NODE !== undefined ||
      ['tfjs-node-gpu', 'tfjs-node'].some((name) => existsSync(join(cacheFolder(), 'native', name, 'ready.json'))),
  },
  {
    name: 'the ONNX checker',
    loses: "the official checker's word on what we write",
    get: 'sudo apt-get install -y python3-onnx',
    here: pythonHasOnnx,
  },
  {
    name: 'Faiss',
    loses: "Faiss's and NumPy's own word on the files that we write for them",
    get: 'python3 -m venv ~/faiss && ~/faiss/bin/pip install faiss-cpu numpy   (then DQN_PYTHON=~/faiss/bin/python)',
    here: pythonHasFaiss,
  },
  {
    name: 'ClickHouse and Redis',
    loses: 'the tests of sharded galleries and of encoding through a queue on real servers',
    get: 'sudo apt-get install -y --no-install-recommends clickhouse-server redis-server',
    here: () => findClickHouse() !== undefined && findRedis() !== undefined,
  },
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const need of NEEDS) console.log(`${need.name}: ${need.here() ? 'here' : 'missing'}`);
