/**
 * @file CUDA for onnxruntime-node on linux x64, from PyPI: ONNX Runtime's CUDA provider and the libraries of CUDA 13 and
 * cuDNN 9 that it needs. NVIDIA's driver must be there already; it is never brought.
 *
 * The libraries go into the cache, and links to the provider's two beside onnxruntime-node's own library, where it looks
 * for them. Who opens a session on CUDA loads the others from the folder that the links lead to, so that no
 * LD_LIBRARY_PATH is needed.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findPip, missing, must, NativeError, removeLeftovers } from './native-steps.mjs';
import { cacheFolder } from './needs.mjs';
import { say } from './workspace.mjs';

/** The wheels, as they were seen to work together: name, version, megabytes, sha256. */
const WHEELS = [
  ['onnxruntime-gpu', '1.30.0', 247, '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1'],
  ['nvidia-cuda-runtime', '13.5.37', 3, 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d'],
  ['nvidia-cublas', '13.10.0.20', 444, 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84'],
  ['nvidia-cudnn-cu13', '9.28.0.42', 517, '7358353c75bb121a58e5f7712fe6d588883dc1df8ba00f428237e44e97543c4d'],
  ['nvidia-curand', '10.4.5.25', 77, '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529'],
  ['nvidia-cuda-nvrtc', '13.5.37', 58, '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc'],
  ['nvidia-nvjitlink', '13.5.37', 47, '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb'],
];
const FOREIGN = [
  ...['--implementation', 'cp', '--python-version', '3.12', '--abi', 'cp312', '--abi', 'none'],
  ...['2_28', '2_27', '2_17', '2_12', '2_5'].flatMap((glibc) => ['--platform', `manylinux_${glibc}_x86_64`]),
  ...['2014', '2010', '1'].flatMap((year) => ['--platform', `manylinux${year}_x86_64`]),
];
const PROVIDERS = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
/** In the wheels, and needed by nothing here. */
const UNUSED = /^lib(nvblas|onnxruntime\.|onnxruntime_providers_tensorrt)/;

/** Of all versions together: a cache of other ones is brought anew. */
const fingerprint = () => createHash('sha256').update(JSON.stringify(WHEELS)).digest('hex').slice(0, 16);

/** Where onnxruntime-node looks for its providers. */
function runtimeFolder() {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const { version } = JSON.parse(readFileSync(join(dirname(main), '../package.json'), 'utf8'));
  const [, wanted] = WHEELS[0];
  if (version !== wanted)
    throw new NativeError(`onnxruntime-node is ${version}, and the CUDA provider brought here is of ${wanted}.`);
  return join(dirname(main), '../bin/napi-v6/linux/x64');
}

/** Every file below a folder. */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** One wheel's libraries into `lib`; pip checks the sha256, and keeps what it has fetched for an interrupted run. */
function fetchWheel(python, [name, version, megabytes, sha256], at, lib) {
  say(`Fetching ${name} ${version} (${megabytes} MB) …`);
  const unpacked = join(at, 'wheel');
  const list = join(at, 'requirements.txt');
  writeFileSync(list, `${name}==${version} --hash=sha256:${sha256}\n`);
  must(`Fetching ${name}`, python, [
    ...['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-compile', '--disable-pip-version-check'],
    ...['--require-hashes', '--only-binary=:all:', ...FOREIGN, '--target', unpacked, '-r', list],
  ]);
  for (const file of filesIn(unpacked)) {
    const base = file.split('/').pop();
    if (/\.so(\.\d+)*$/.test(base) && /^lib/.test(base) && !UNUSED.test(base)) renameSync(file, join(lib, base));
    else if (/licen[sc]e|notice/i.test(base)) renameSync(file, join(lib, `${name}.${base}`));
  }
  rmSync(unpacked, { recursive: true });
}

/** Links to the provider beside onnxruntime-node's own library. */
function link(lib, folder) {
  for (const name of PROVIDERS) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(join(lib, name), join(folder, name));
  }
}

/** Loads everything as a session does, in a process of its own. Gives what the provider misses, '' for nothing. */
function tryOut(lib) {
  const program = `
    const { constants } = require('node:os');
    const flags = constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL | 0x1000;
    const load = (path) => {
      try { process.dlopen({ exports: {} }, path, flags); } catch (error) {
        return /did not self-register/.test(error.message) ? '' : error.message.split('\\n')[0];
      }
    };
    const [lib, ...names] = process.argv.slice(1);
    for (const name of names) { const why = load(lib + '/' + name); if (why) console.log(why); }`;
  const files = readdirSync(lib);
  const order = ['libcudart', 'libcublasLt', 'libcublas', 'libcurand', 'libnvrtc', 'libnvJitLink', 'libcudnn'];
  const names = order.map((name) => files.find((file) => file.startsWith(`${name}.so`)));
  if (names.includes(undefined)) throw new NativeError(`the wheels hold no ${order[names.indexOf(undefined)]}.`);
  const all = [...names, ...PROVIDERS];
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program, lib, ...all], { encoding: 'utf8' });
  if (status !== 0) throw new NativeError(`Trying it out failed.\n${stderr}`);
  return stdout.trim();
}

/** Brings what isn't there yet, and links it. */
export function bringCuda({ force = false } = {}) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    missing(
      `CUDA for onnxruntime-node is brought for linux x64 only; this is ${process.platform} ${process.arch}.`,
      '--provider webgpu needs nothing but a graphics driver',
    );
  const started = Date.now();
  const folder = runtimeFolder();
  const place = join(cacheFolder(), 'native', 'onnxruntime-cuda');
  const lib = join(place, 'lib');
  const marker = join(place, 'ready.json');
  const ready = existsSync(marker) && JSON.parse(readFileSync(marker, 'utf8')).wheels === fingerprint();
  if (ready && !force) say(`CUDA for ONNX Runtime ${WHEELS[0][1]} is there already: ${place}`);
  else {
    const python = findPip();
    removeLeftovers(place);
    const at = `${place}.${process.pid}.part`;
    mkdirSync(join(at, 'lib'), { recursive: true });
    try {
      for (const wheel of WHEELS) fetchWheel(python, wheel, at, join(at, 'lib'));
      rmSync(join(at, 'requirements.txt'));
      writeFileSync(join(at, 'ready.json'), `${JSON.stringify({ wheels: fingerprint() })}\n`);
      rmSync(place, { recursive: true, force: true });
      renameSync(at, place);
    } finally {
      rmSync(at, { recursive: true, force: true });
    }
    say(`Brought CUDA for ONNX Runtime in ${Math.round((Date.now() - started) / 1000)} s: ${place}`);
  }
  const misses = tryOut(lib);
  if (misses && !/libcuda\.so\.1: cannot open shared object file/.test(misses))
    throw new NativeError(`The CUDA provider doesn't load: ${misses}`);
  link(lib, folder);
  say(
    misses
      ? "It loads up to NVIDIA's driver (libcuda.so.1), which this machine lacks."
      : 'It loads. `dqn train` takes it by itself; `--provider cuda` insists on it.',
  );
}
