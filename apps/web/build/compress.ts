/** @file Brotli beside every built file that gains by it: `dqn serve` and many other servers send those. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const brotli = promisify(brotliCompress);

/** What is larger takes a minute at the best quality, for a fifteenth less. */
const LARGE_BYTES = 1_000_000;
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

async function compressFolder(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const squeeze = async (name: string): Promise<void> => {
    const bytes = await readFile(join(folder, name));
    if (bytes.length >= LEAST_BYTES) await writeFile(join(folder, `${name}.br`), await compressed(bytes));
  };
  await Promise.all(names.filter((name) => /\.(html|js|css|svg|webmanifest|json|wasm)$/.test(name)).map(squeeze));
}

/** A file as it goes over the line. */
export function compressed(bytes: Uint8Array): Promise<Buffer> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: bytes.length < LARGE_BYTES ? 11 : 5,
    [constants.BROTLI_PARAM_LGWIN]: 24,
  };
  return brotli(bytes, { params });
}
