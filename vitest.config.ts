import { defineConfig } from 'vitest/config';

const conditions = ['dqn-source', 'node', 'import', 'module', 'default'];

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
    reporters: ['default', ['json', { outputFile: '.cache/tests.json' }]],
  },
});
