/**
 * @file The package for pages without a build: dist/cdn/edge.js is everything of ours in one module script, and beside it
 * lie the two builds of ONNX Runtime, of which a page loads one.
 *
 *     node scripts/cdn.mjs [FOLDER]      FOLDER: where to, dist/cdn unless told
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const out = resolve(process.argv[2] ?? join(HERE, 'dist/cdn'));
/** Each build with its loader, which it takes from there where the page is of another origin. */
const RUNTIME = [
  'ort.wasm.bundle.min.mjs',
  'ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm',
  'ort.webgpu.bundle.min.mjs',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
];

/** Modules that are another in a script of another origin. */
const swapped = (code) => ({
  name: 'cdn',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/(start-worker|import-ort)\.ts$/ }, ({ path, importer }) =>
      importer.includes('cdn') ? undefined : { path: join(HERE, 'src/cdn', path) },
    );
    bundle.onLoad({ filter: /worker-code\.ts$/ }, () => ({ contents: code, loader: 'text' }));
  },
});

/** One file, from the sources of all our packages. */
async function bundle(entry, code = '') {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, 'src', entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['dqn-source'],
    // Never reached: the runtime's own Tensor is handed in.
    external: ['onnxruntime-common'],
    legalComments: 'none',
    plugins: [swapped(code)],
    write: false,
    outdir: out,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const worker = await bundle('worker.ts');
const page = await bundle('index.ts', worker);
writeFileSync(join(out, 'edge.js'), page);
const runtime = dirname(createRequire(join(HERE, 'package.json')).resolve('onnxruntime-web/wasm'));
for (const name of RUNTIME) copyFileSync(join(runtime, name), join(out, name));
console.log(`edge.js: ${Buffer.byteLength(page)} bytes, ${brotliCompressSync(page).length} as brotli`);
