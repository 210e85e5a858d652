// The whole suite: types, lint, layering, then unit and integration tests. The last line is the sum.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { prepare } from './bootstrap.mjs';

prepare();
const sum = { passed: 0, failed: 0, skipped: 0 };
const checks = [
  ['Types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['Lint and format', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
  ['Layering', ['build/check-layers.mjs']],
];
for (const [title, args] of checks) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status === 0) sum.passed++;
  else sum.failed++;
  console.log(`${title}: ${status === 0 ? 'passed' : 'FAILED'}`);
}
const report = 'dist/test-report.json';
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile=${report}`,
];
const { status } = spawnSync(process.execPath, vitest, { stdio: 'inherit' });
const counts = JSON.parse(readFileSync(report, 'utf8'));
sum.passed += counts.numPassedTests;
sum.failed += counts.numFailedTests;
sum.skipped += counts.numPendingTests + counts.numTodoTests;
// A suite that could not even load has no failed tests of its own.
if (status !== 0 && counts.numFailedTests === 0) sum.failed += Math.max(1, counts.numFailedTestSuites);
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed === 0 ? 0 : 1);
