/** @file What a built page has beside Vite's own: its policy inside the HTML, and a service worker that knows its files. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, ResolvedConfig } from 'vite';
import type { PageFiles } from '../worker/files.ts';
import { POLICY } from './headers.ts';

const WEB = fileURLToPath(new URL('..', import.meta.url));

/**
 * Adds both to a build of the page; other pages that are built with its configuration (tests, benchmarks) go without.
 * Hosts that send no headers keep the policy by the HTML, and isolation by the worker.
 */
export function offline(): Plugin {
  let config: ResolvedConfig;
  const isPage = (): boolean => resolve(config.root) === resolve(WEB);
  return {
    name: 'dqn-offline',
    apply: 'build',
    enforce: 'post',
    configResolved(resolved) {
      config = resolved;
    },
    buildStart() {
      if (isPage()) this.emitFile({ type: 'chunk', id: join(WEB, 'worker/worker.ts'), fileName: 'sw.js' });
    },
    transformIndexHtml() {
      if (!isPage()) return [];
      return [
        { tag: 'meta', attrs: { 'http-equiv': 'content-security-policy', content: POLICY }, injectTo: 'head-prepend' },
      ];
    },
    generateBundle(_options, bundle) {
      if (!isPage()) return;
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk' || worker.imports.length > 0 || worker.exports.length > 0) {
        throw new Error('sw.js has to be one script without imports and exports: older browsers take no other.');
      }
      const built = Object.values(bundle).filter(({ fileName }) => fileName !== 'sw.js' && !fileName.endsWith('.map'));
      const files = pageFiles([
        ...built.map((file) => ({ name: file.fileName, content: file.type === 'chunk' ? file.code : file.source })),
        ...readdirSync(config.publicDir).map((name) => ({
          name,
          content: readFileSync(join(config.publicDir, name)),
        })),
      ]);
      worker.code = worker.code.replace('PAGE_FILES', () => JSON.stringify(files));
    },
  };
}

/** Which files every visit needs, and which of the large ones belong to which build of ONNX Runtime. */
export function pageFiles(files: readonly { name: string; content: string | Uint8Array }[]): PageFiles {
  const shell: string[] = [];
  const runtimes: Record<'wasm' | 'webgpu', string[]> = { wasm: [], webgpu: [] };
  const version = createHash('sha256');
  for (const { name, content } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (/^assets\/ort[.-]/.test(name)) runtimes[/webgpu|asyncify|jsep/.test(name) ? 'webgpu' : 'wasm'].push(name);
    else shell.push(name === 'index.html' ? './' : name);
    version.update(name).update(content);
  }
  for (const [name, parts] of Object.entries(runtimes)) {
    if (!parts.some((part) => part.endsWith('.wasm'))) throw new Error(`Which file is ONNX Runtime's ${name} build?`);
  }
  return { version: version.digest('hex').slice(0, 16), shell, runtimes };
}
