import { defineConfig } from 'vitest/config';

/** One configuration for every package: workspace code runs from its source. */
export default defineConfig({
  resolve: { conditions: ['dqn-source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['dqn-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'e2e/**/*.test.ts'],
    pool: 'forks',
    passWithNoTests: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
