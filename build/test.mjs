// The whole suite: types, lint, layering, then unit and integration tests, then the stories in a browser. The last line is
// the sum over all of them.

import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { prepare } from './bootstrap.mjs';

prepare();
const sum = { passed: 0, failed: 0, skipped: 0 };
const node = args => spawnSync(process.execPath, args, { stdio: 'inherit' }).status;

for (const [title, args] of [
  ['Types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['Lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
  ['Layering', ['build/check-layers.mjs']],
]) {
  const passed = node(args) === 0;
  if (passed) sum.passed++;
  else sum.failed++;
  console.log(`${title}: ${passed ? 'passed' : 'FAILED'}`);
}
for (const config of ['vitest.config.ts', 'vitest.e2e.config.ts']) {
  const report = 'dist/test-report.json';
  rmSync(report, { force: true });
  const status = node([
    'node_modules/vitest/vitest.mjs',
    'run',
    `--config=${config}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
  ]);
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  sum.passed += counts.numPassedTests;
  sum.failed += counts.numFailedTests;
  sum.skipped += counts.numPendingTests + counts.numTodoTests;
  // A suite that could not even load has no failed tests of its own.
  if (status !== 0 && counts.numFailedTests === 0) sum.failed += Math.max(1, counts.numFailedTestSuites);
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed === 0 ? 0 : 1);
