/**
 * @file `npm run native [-- --gpu]`: TF.js on TensorFlow's own library, where the packages' install scripts can't
 * fetch it.
 *
 *   npm run native            @tensorflow/tfjs-node on PyPI's tensorflow-cpu   (200 MB down, 0.7 GB kept)
 *   npm run native -- --gpu   @tensorflow/tfjs-node-gpu on PyPI's tensorflow   (480 MB down, 1.1 GB kept); it runs
 *                             on the CPU where there is no GPU; where NVIDIA's driver is, --cuda, too
 *   npm run native -- --cuda  CUDA for onnxruntime-node, and nothing else: native-cuda.mjs
 *                             (1.4 GB down, 2.2 GB kept)
 *   --force                   builds again what is there already
 *
 * TensorFlow's Python wheel holds the library and its headers, so the binding of the npm package is compiled against
 * them. Everything goes into the cache, never into node_modules; training looks for it there. The new folder is built
 * beside its place and renamed when it has been seen to work, so that it is there whole or not at all.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bringCuda } from './native-cuda.mjs';
import { driverIsHere, findPip, missing, must, NativeError, removeLeftovers, works } from './native-steps.mjs';
import { cacheFolder } from './needs.mjs';
import { say } from './workspace.mjs';

/** The versions that were seen to work together. The wheel's Python is never run, so any Python's pip will do. */
const TFJS = '4.22.0';
const TENSORFLOW = '2.15.1';
const WHEEL_TAGS = ['--implementation', 'cp', '--python-version', '3.11', '--abi', 'cp311'];
const PLATFORMS = ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'];
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const started = Date.now();

/** A C++17 compiler: $CXX, g++, clang++, c++. */
function findCompiler() {
  const named = process.env.CXX;
  const compiler = (named ? [named] : ['g++', 'clang++', 'c++']).find((name) => works(name, ['--version']));
  if (!compiler)
    missing(
      named
        ? `CXX names ${named}, which doesn't run.`
        : 'A C++ compiler is missing: g++ or clang++ compiles the binding.',
      'sudo apt-get install -y g++',
    );
  return compiler;
}

/** The folder of node_api.h; the interface is the same for every Node, so that any Node's headers will do. */
function findHeaders() {
  const nodedir = process.env.npm_config_nodedir;
  const places = [
    ...(nodedir ? [join(nodedir, 'include/node'), join(nodedir, 'src')] : []),
    resolve(dirname(process.execPath), '../include/node'),
    '/usr/local/include/node',
    '/usr/include/node',
    '/usr/include/nodejs/src',
  ];
  const found = places.find((place) => existsSync(join(place, 'node_api.h')));
  if (!found)
    missing(
      `Node's C headers are missing: no node_api.h in ${places.join(', ')}.`,
      "sudo apt-get install -y libnode-dev   (or take Node from nodejs.org, whose archive holds them; or set npm_config_nodedir to a Node's folder)",
    );
  return found;
}

/** The wheel's library and headers under `wheel/`, without the Python around them. */
function fetchLibrary(python, name, at) {
  say(`Fetching ${name} ${TENSORFLOW} from PyPI …`);
  const wheel = join(at, 'wheel');
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--disable-pip-version-check'];
  pip.push('--target', wheel, '--only-binary=:all:');
  const foreign = [...WHEEL_TAGS, ...PLATFORMS.flatMap((platform) => ['--platform', platform])];
  must(`Fetching ${name}`, python, [...pip, ...foreign, `${name}==${TENSORFLOW}`]);
  for (const library of LIBRARIES)
    if (!existsSync(join(wheel, 'tensorflow', library)))
      throw new NativeError(`${name} ${TENSORFLOW} holds no ${library}: another wheel than the one this was made for.`);

  // Where NVIDIA's driver is, the CUDA libraries that this build was made for, where its rpath looks for them.
  if (name === 'tensorflow' && driverIsHere()) {
    const info = readdirSync(wheel).find((entry) => /^tensorflow-.*\.dist-info$/.test(entry));
    const metadata = readFileSync(join(wheel, info, 'METADATA'), 'utf8');
    const cuda = [...metadata.matchAll(/^Requires-Dist: (nvidia-\S+) \((==\S+)\)/gm)].map(
      (match) => match[1] + match[2],
    );
    say(`Fetching CUDA for it: ${cuda.join(' ')} …`);
    must('Fetching the CUDA libraries', python, [...pip, ...cuda]);
  }
  return join(wheel, 'tensorflow');
}

/** Deletes what only Python needs: two thirds of the wheel's files. */
function trim(at) {
  const keep = new Set([...LIBRARIES, 'THIRD_PARTY_NOTICES.txt']);
  const wheel = join(at, 'wheel');
  for (const entry of readdirSync(wheel))
    if (entry !== 'tensorflow' && entry !== 'nvidia') rmSync(join(wheel, entry), { recursive: true });
  for (const entry of readdirSync(join(wheel, 'tensorflow')))
    if (!keep.has(entry)) rmSync(join(wheel, 'tensorflow', entry), { recursive: true });
}

function fetchPackage(name, at) {
  say(`Fetching ${name} ${TFJS} from npm …`);
  writeFileSync(
    join(at, 'package.json'),
    JSON.stringify({ private: true, description: "TF.js on TensorFlow's library" }),
  );
  // npm's own environment would lead it to this repository's workspaces.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(config_(local_)?prefix|package|lifecycle)/i.test(key)),
  );
  must(
    `Fetching ${name}`,
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', at, `${name}@${TFJS}`],
    { cwd: at, env },
  );
  return join(at, 'node_modules', name);
}

/** Compiles the binding against the library; found at run time by a path relative to the binding. */
function compile(compiler, headers, library, folder) {
  say('Compiling the binding …');
  const backend = join(folder, 'binding/tfjs_backend.cc');
  const source = readFileSync(backend, 'utf8');
  // The one table that threads would share without a lock: one a thread, so that worker threads can't meet in it.
  const shared = 'static std::set<std::string> ATTR_NAME_SET;';
  if (!source.includes(shared))
    throw new NativeError(
      `${backend} has changed: \`${shared}\` is not in it. Expected @tensorflow/tfjs-node ${TFJS}.`,
    );
  writeFileSync(backend, source.replace(shared, shared.replace('static', 'static thread_local')));
  const out = join(folder, 'lib/napi-v8');
  mkdirSync(out, { recursive: true });
  const link = LIBRARIES.map((name) => `-l:${name}`);
  // node_modules/@tensorflow/NAME/lib/napi-v8 → wheel/tensorflow
  const rpath = '-Wl,-rpath,$ORIGIN/../../../../../wheel/tensorflow';
  must('Compiling the binding', compiler, [
    ...['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    ...[`-I${headers}`, `-I${join(library, 'include')}`, `-I${folder}`],
    ...[backend, join(folder, 'binding/tfjs_binding.cc'), '-o', join(out, 'tfjs_binding.node')],
    ...[`-L${library}`, ...link, rpath],
  ]);
}

/** Loads it in a process of its own and multiplies two matrices; gives the device's name. */
function tryOut(folder) {
  const program = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    const tf = require(${JSON.stringify(folder)});
    const four = tf.matMul(tf.ones([2, 2]), tf.fill([2, 2], 2)).dataSync()[0];
    if (tf.getBackend() !== 'tensorflow' || four !== 4) throw new Error('got ' + four + ' on ' + tf.getBackend());
    console.log(tf.backend().isUsingGpuDevice ? 'GPU' : 'CPU');`;
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: process.env.TF_CPP_MIN_LOG_LEVEL ?? '3' };
  return must('Trying it out', process.execPath, ['-e', program], { env }).trim().split('\n').pop();
}

function main() {
  const flag = { type: 'boolean' };
  const { values } = parseArgs({ options: { gpu: flag, cuda: flag, force: flag } });
  if (!values.cuda || values.gpu) buildTensorflow(values);
  if (values.cuda || (values.gpu && driverIsHere())) bringCuda(values);
  else if (values.gpu)
    say(
      "CUDA for ONNX Runtime (1.4 GB) is left out: NVIDIA's driver isn't here. `npm run native -- --cuda` brings it.",
    );
}

function buildTensorflow(values) {
  const short = values.gpu ? 'tfjs-node-gpu' : 'tfjs-node';
  const place = join(cacheFolder(), 'native', short);
  const marker = join(place, 'ready.json');
  if (existsSync(marker) && !values.force) {
    const ready = JSON.parse(readFileSync(marker, 'utf8'));
    if (ready.tfjs === TFJS && ready.tensorflow === TENSORFLOW)
      return say(`@tensorflow/${short} ${TFJS} on TensorFlow ${TENSORFLOW} is there already: ${place}`);
  }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    missing(
      `TensorFlow's wheel is built on here for linux x64 only; this is ${process.platform} ${process.arch}.`,
      `npm install --no-save @tensorflow/${short}@${TFJS}   (its install script downloads the library from the web)`,
    );
  const python = findPip();
  const compiler = findCompiler();
  const headers = findHeaders();

  removeLeftovers(place);
  const at = `${place}.${process.pid}.part`;
  mkdirSync(at, { recursive: true });
  try {
    const folder = fetchPackage(`@tensorflow/${short}`, at);
    const library = fetchLibrary(python, values.gpu ? 'tensorflow' : 'tensorflow-cpu', at);
    compile(compiler, headers, library, folder);
    trim(at);
    const device = tryOut(folder);
    // The loader asks for this file; it knows by `threads` that the binding may be loaded in worker threads.
    writeFileSync(
      join(at, 'ready.json'),
      `${JSON.stringify({ package: `@tensorflow/${short}`, tfjs: TFJS, tensorflow: TENSORFLOW, threads: true }, null, 2)}\n`,
    );
    rmSync(place, { recursive: true, force: true });
    renameSync(at, place);
    say(
      `Built @tensorflow/${short} ${TFJS} on TensorFlow ${TENSORFLOW} (${device}) in ${Math.round((Date.now() - started) / 1000)} s: ${place}`,
    );
    say('`dqn train` takes it by itself; `--engine tensorflow` insists on it.');
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof NativeError)) throw error;
  say(`npm run native: ${error.message}`);
  process.exitCode = 1;
}
