// Holds the architecture: a folder of src/ may import only the folders listed for it. Prints every import that goes the
// wrong way and fails.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const pure = ['protocol', 'numerics'];
const allowed = {
  protocol: [],
  numerics: [],
  geometry: pure,
  optimizers: pure,
  formats: pure,
  kernels: [],
  devices: ['protocol', 'kernels'],
  ops: [...pure, 'devices', 'kernels'],
  fits: [...pure, 'geometry', 'formats', 'ops', 'devices'],
  engine: [...pure, 'geometry', 'optimizers', 'formats', 'devices', 'ops', 'fits'],
  media: ['protocol', 'numerics', 'formats'],
  store: ['protocol', 'numerics', 'formats'],
  host: [...pure, 'formats', 'devices', 'engine', 'media', 'store'],
  server: ['protocol', 'formats', 'store', 'host'],
  cli: ['protocol', 'formats', 'store', 'host'],
};
/** Node and browser modules stay out of everything that may run in a web worker. */
const withNode = new Set(['media', 'store', 'host', 'server', 'cli']);
/** The engine knows the interface of a fit and the registry, never one fit by name. */
const engineMaySee = ['fits/fit.ts', 'fits/registry.ts'];

const source = process.argv[2] ?? 'src';
const problems = [];
for (const file of filesUnder(source)) {
  const path = relative(source, file).split(sep).join('/');
  const folder = path.split('/')[0];
  if (!(folder in allowed)) problems.push(`${path}: the folder ${folder}/ is not in the list of layers`);
  if (folder === 'kernels' || file.endsWith('.test.ts')) continue;
  for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    if (!target.startsWith('.')) {
      if (target.startsWith('node:') && !withNode.has(folder))
        problems.push(`${path}: ${folder}/ must not import ${target}`);
      continue;
    }
    const to = relative(source, join(dirname(file), target))
      .split(sep)
      .join('/');
    const toFolder = to.split('/')[0];
    if (toFolder === folder) {
      const [fit, otherFit] = [path.split('/')[1], to.split('/')[1]];
      if (folder === 'fits' && path !== 'fits/registry.ts' && fit !== otherFit && to !== 'fits/fit.ts') {
        problems.push(`${path}: one fit must not import another (${to})`);
      }
      continue;
    }
    if (!allowed[folder]?.includes(toFolder)) problems.push(`${path}: ${folder}/ must not import ${to}`);
    else if (folder === 'engine' && toFolder === 'fits' && !engineMaySee.includes(to)) {
      problems.push(`${path}: the engine must not know one fit by name (${to})`);
    }
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : /\.[cm]?tsx?$/.test(entry.name) ? [path] : [];
  });
}
