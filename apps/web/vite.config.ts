import { defineConfig } from 'vite';

/**
 * The page is served from any path (base './'). Workspace packages are taken from their source. Nothing is preloaded:
 * which of the two large ONNX Runtime builds a browser needs is only known there.
 */
export default defineConfig({
  base: './',
  resolve: { conditions: ['dqn-source', 'module', 'browser', 'development|production'] },
  build: { target: 'es2022', modulePreload: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 1000 },
  worker: { format: 'es' },
});
