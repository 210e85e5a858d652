// Bundles the programs into dist/ (packages stay outside, our sources go in) and the window into dist/renderer/.

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
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

if (existsSync('renderer/main.tsx')) {
  rmSync('dist/renderer', { recursive: true, force: true });
  mkdirSync('dist/renderer', { recursive: true });
  await build({
    entryPoints: { main: 'renderer/main.tsx' },
    outdir: 'dist/renderer',
    bundle: true,
    splitting: true,
    chunkNames: 'chunk-[hash]',
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.woff2': 'file', '.svg': 'file' },
    assetNames: '[name]-[hash]',
    logLevel: 'warning',
  });
  copyFileSync('renderer/index.html', 'dist/renderer/index.html');
  copyFileSync('assets/icon.svg', 'dist/renderer/icon.svg');
}
