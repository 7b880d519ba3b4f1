import { defineConfig } from 'vitest/config';

// Vitest hands these to Node too, where `import` would make require() take ES modules, and `module` files that only
// bundlers can read: only what Vite doesn't add itself.
const conditions = ['dqn-source', 'node'];

/** One configuration for every package: workspace code runs from its source, `--root` names the package. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts', '*.test.mjs'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A busy machine takes its time; Vitest's own is one second.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', ['json', { outputFile: '.cache/tests.json' }]],
  },
});
