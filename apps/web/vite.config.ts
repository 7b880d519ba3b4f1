import { defineConfig } from 'vite';
import { precompress } from './build/compress.ts';
import { HEADERS } from './build/headers.ts';
import { offline } from './build/offline.ts';
import { plainImports } from './build/preload.ts';

/** Vite's own client in development needs inline styles and scripts, which the policy refuses; what is built and previewed doesn't. */
const { 'content-security-policy': _policy, ...inDevelopment } = HEADERS;

/**
 * The page is served from any path (base './'). Workspace packages are taken from their source. Nothing is preloaded:
 * which of the two large ONNX Runtime builds a browser needs is only known there. Tests build in mode `quick`.
 *
 * What the worker begins with is one file: less in all, and what comes later imports it and not the worker's own file.
 */
export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [plainImports(), offline(), mode === 'quick' ? null : precompress()],
  resolve: { conditions: ['dqn-source', 'module', 'browser', 'development|production'] },
  build: { target: 'es2022', modulePreload: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  worker: {
    format: 'es',
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'core', tags: ['$initial'] }] } } },
  },
  server: { headers: inDevelopment },
  preview: { headers: HEADERS },
}));
