// Bundles the programs into dist/: packages stay outside, our sources go in.

import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const entries = {
  'cpu-worker': 'src/host/cpu-worker.ts',
  engine: 'src/host/engine-process.ts',
  cli: 'src/cli/main.ts',
};
await build({
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
