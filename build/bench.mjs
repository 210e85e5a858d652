// `npm run bench -- NAME`: bundles bench/NAME.ts and runs it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { prepare, root } from './bootstrap.mjs';

prepare();
const { build } = await import('esbuild');
const [name, ...args] = process.argv.slice(2);
const names = readdirSync(`${root}bench`)
  .filter(file => file.endsWith('.ts'))
  .map(file => file.slice(0, -3));
if (name === undefined || !existsSync(`${root}bench/${name}.ts`)) {
  console.error(`Give one of: ${names.join(', ')}`);
  process.exit(2);
}
const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const outfile = `dist/bench/${name}.mjs`;
await build({
  entryPoints: [`bench/${name}.ts`],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  // TensorFlow's files of gradients can only be imported from a bundle; everything else stays where it is.
  external: Object.keys({ ...dependencies, ...devDependencies }).filter(
    dependency => !dependency.startsWith('@tensorflow/'),
  ),
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  mainFields: ['module', 'main'],
  conditions: ['import'],
  logLevel: 'warning',
});
process.argv.splice(2, process.argv.length, ...args);
await import(`../${outfile}`);
