/** @file The package bundles for a browser and runs without Node. */
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('bundles for a browser: no import is left, and the bundle reads and writes', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { bytesSource, openGallery, readCodebook, sha256Hex, writeGallery } from './index.ts';
        const bytes = writeGallery({
          codebookSha256: sha256Hex(new Uint8Array(0)), M: 1, K: 2, classes: ['a'],
          codes: Uint8Array.of(1), items: [{ id: 'x', labels: [0], thumbnail: Uint8Array.of(5) }], thumbnailType: 'image/png',
        });
        let code = '';
        try { readCodebook(bytes); } catch (error) { code = error.code; }
        globalThis.result = openGallery(bytesSource(bytes)).then(async (gallery) => {
          const [ids, labels, thumbnail] = [await gallery.ids(), await gallery.labels(), await gallery.thumbnail(0)];
          return JSON.stringify([ids, labels, [...thumbnail], code]);
        });
      `,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    platform: 'browser',
    conditions: ['dqn-source'],
    write: false,
    logLevel: 'silent',
  });
  // What a page and a worker both have, and nothing of Node.
  const page = vm.createContext({ TextEncoder, TextDecoder });
  vm.runInContext(outputFiles[0].text, page);
  expect(await page.result).toBe(JSON.stringify([['x'], [[0]], [5], 'NOT_A_CODEBOOK']));
});
