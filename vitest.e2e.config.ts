import { defineConfig } from 'vitest/config';

// One browser and one lab at a time: each takes every core.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120000,
    expect: { poll: { timeout: 30000, interval: 50 } },
    hookTimeout: 60000,
    slowTestThreshold: 20000,
  },
});
