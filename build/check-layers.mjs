// Holds the architecture: a folder of src/ may import only the folders listed for it, and renderer/ only what runs in a
// browser. Prints every import that goes the wrong way and fails.

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
  film: ['protocol', 'numerics', 'formats', 'media', 'store'],
  host: [...pure, 'formats', 'devices', 'engine', 'media', 'store', 'film'],
  server: ['protocol', 'formats', 'store', 'host'],
  cli: ['protocol', 'formats', 'store', 'host', 'server'],
};
/** Node and browser modules stay out of everything that may run in a web worker. */
const withNode = new Set(['media', 'store', 'film', 'host', 'server', 'cli']);
/** The engine knows the interface of a fit and the registry, never one fit by name. */
const engineMaySee = ['fits/fit.ts', 'fits/registry.ts'];

const source = process.argv[2] ?? 'src';
const problems = [];
for (const file of filesUnder(source)) {
  const path = relative(source, file).split(sep).join('/');
  const folder = path.split('/')[0];
  if (!(folder in allowed)) problems.push(`${path}: the folder ${folder}/ is not in the list of layers`);
  if (folder === 'kernels' || file.endsWith('.test.ts')) continue;
  for (const target of importsOf(file)) {
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
if (source === 'src') checkRenderer();
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** The window reaches engines and files only through the bridge. */
function checkRenderer() {
  for (const file of filesUnder('renderer')) {
    const path = file.split(sep).join('/');
    if (/\.test\.tsx?$/.test(path)) continue;
    for (const target of importsOf(file)) {
      const to = target.startsWith('.') ? join(dirname(file), target).split(sep).join('/') : target;
      const [top, folder] = to.split('/');
      const isAllowed = target.startsWith('.')
        ? top === 'renderer' || (top === 'src' && ['protocol', 'numerics', 'geometry', 'formats'].includes(folder))
        : !target.startsWith('node:');
      if (!isAllowed) problems.push(`${path}: renderer/ must not import ${to}`);
    }
  }
}

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, target]) => target);
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : /\.[cm]?tsx?$/.test(entry.name) ? [path] : [];
  });
}
