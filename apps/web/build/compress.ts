/** @file Brotli beside every built file that gains by it: `dqn serve` and many other servers send those. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const brotli = promisify(brotliCompress);

/** Seconds for all files; 9 takes a minute for a fifteenth less. */
const QUALITY = 5;
/** Smaller files fit into one packet anyway. */
const LEAST_BYTES = 1024;

/** Writes NAME.br for each text and wasm file of a build. */
export function precompress(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'dqn-precompress',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle(error) {
      if (!error) await compressFolder(resolve(config.root, config.build.outDir));
    },
  };
}

/** @returns name → bytes before and after */
export async function compressFolder(folder: string): Promise<Map<string, readonly [plain: number, sent: number]>> {
  const sizes = new Map<string, readonly [number, number]>();
  const names = await readdir(folder, { recursive: true });
  const squeeze = async (name: string): Promise<void> => {
    const bytes = await readFile(join(folder, name));
    if (bytes.length < LEAST_BYTES) return void sizes.set(name, [bytes.length, bytes.length]);
    const small = await brotli(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_LGWIN]: 24 },
    });
    await writeFile(join(folder, `${name}.br`), small);
    sizes.set(name, [bytes.length, small.length]);
  };
  await Promise.all(names.filter((name) => /\.(html|js|css|svg|webmanifest|json|wasm)$/.test(name)).map(squeeze));
  return sizes;
}
