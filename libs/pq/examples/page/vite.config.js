/** @type {import('vite').UserConfig} */
export default {
  // While developing, Vite bundles dependencies into one file each, and the library's worker would not be found there:
  // it would work without threads.
  optimizeDeps: { exclude: ['@dqn/pq'] },
  // With these headers (your server must send them, too) memory is shared between the page and its workers.
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
};
