import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// esbuild doesn't follow `new Worker(new URL(…))`: the worker is an entry of its own, beside the page's.
await build({
  entryPoints: { main: 'main.js', worker: '@dqn/edge/worker' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
});
// Nor `new URL('….wasm', import.meta.url)`: what the runtime asks for lies beside it.
for (const name of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-simd-threaded.asyncify.wasm']) {
  copyFileSync(fileURLToPath(import.meta.resolve(`onnxruntime-web/${name}`)), `dist/${name}`);
}
copyFileSync('index.html', 'dist/index.html');
