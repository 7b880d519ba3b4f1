/** @file Builds a page into a folder, as `vite build` does. */

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const HERE = fileURLToPath(new URL('..', import.meta.url));

/** Builds the page, or the harness. */
export async function buildPage(outDir: string, page: 'page' | 'harness'): Promise<void> {
  await build({
    root: page === 'page' ? HERE : `${HERE}e2e/harness`,
    configFile: `${HERE}vite.config.ts`,
    mode: 'quick',
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
}
