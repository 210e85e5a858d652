import { defineConfig } from 'vitest/config';

// One browser and one lab at a time: each takes every core.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120000,
    expect: { poll: { timeout: 30000, interval: 50 } },
    hookTimeout: 60000,
    // Real processes on a shared machine may stall for seconds; what fails three times fails.
    retry: 2,
    slowTestThreshold: 20000,
  },
});
