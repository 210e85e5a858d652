import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // Stories mostly wait for a fit that goes slowly enough to be watched: two at a time share two cores well.
    maxWorkers: 2,
    testTimeout: 120000,
    // What the lab remembers between starts is not the tests' to change.
    env: { XDG_DATA_HOME: join(tmpdir(), 'descent-lab-tests') },
    expect: { poll: { timeout: 30000, interval: 50 } },
    hookTimeout: 60000,
    // Real processes on a shared machine may stall for seconds; what fails three times fails.
    retry: 2,
    slowTestThreshold: 20000,
  },
});
