/**
 * @file Compiles assembly/*.ts (AssemblyScript) to one WebAssembly module, kept as text in src/generated/kernels.ts.
 *
 *     node scripts/kernels.mjs            writes it
 *     node scripts/kernels.mjs --check    exits 1 if what is committed isn't what would be written
 *
 * The text is committed: a build needs no compiler, and a page no request of its own. It is hexadecimal since that leaves
 * bytes apart: compressed it is a fifth smaller than base64.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const target = fileURLToPath(new URL('../src/generated/kernels.ts', import.meta.url));
const folder = fileURLToPath(new URL('../assembly', import.meta.url));
let wasm;
const { error, stderr } = await asc.main(
  [
    'kernels.ts',
    ...['--baseDir', folder, '--outFile', 'kernels.wasm'],
    ...['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
    // The memory is the caller's: 64 KiB pages, at most 4 GiB. The loader makes it shared where it can.
    ...['--importMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', '1024'],
    ...['--enable', 'simd', '--enable', 'bulk-memory'],
  ],
  {
    writeFile(name, contents) {
      if (name.endsWith('.wasm')) wasm = contents;
    },
  },
);
if (error) throw new Error(`${error.message}\n${stderr}`);
const text = `/** The kernels of ../../assembly as WebAssembly, ${wasm.length} bytes, hexadecimal. Made by scripts/kernels.mjs. */
export const KERNELS =
  '${Buffer.from(wasm).toString('hex')}';
`;
if (existsSync(target) && readFileSync(target, 'utf8') === text) process.exit(0);
if (process.argv.includes('--check')) {
  console.error('src/generated/kernels.ts is not what assembly/ gives. Run: npm run kernels -w @dqn/pq');
  process.exit(1);
}
writeFileSync(target, text);
console.error(`src/generated/kernels.ts: ${wasm.length} bytes of WebAssembly`);
