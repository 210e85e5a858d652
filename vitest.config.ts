import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Left to itself, vitest leaves one of two cores idle.
    maxWorkers: 2,
    testTimeout: 120000,
    // What the lab remembers between starts is not the tests' to change.
    env: { XDG_DATA_HOME: join(tmpdir(), 'descent-lab-tests') },
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.ts', 'renderer/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/*.test.ts'],
          // Real processes that share the cores with other tests may stall for seconds; what fails twice fails.
          retry: 1,
        },
      },
    ],
  },
});
