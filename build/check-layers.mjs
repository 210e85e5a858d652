// Holds the architecture: a folder of src/ may import only the folders listed for it, and renderer/ only what runs in a
// browser. Prints every import that goes the wrong way and fails.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Which folders a folder of src/ may import; docs/architecture.md shows the same table. */
const layers = JSON.parse(readFileSync(new URL('layers.json', import.meta.url), 'utf8'));

/** What the window may import of src/: whatever is the same in every process, and the drawing of a film for its preview, the
 * endings of pictures. */
const sharedWithWindow = [
  ...['protocol', 'numerics', 'geometry', 'formats'],
  ...['film.ts', 'film-layout.ts', 'frame-svg.ts', 'picture-pixels.ts'].map(file => `film/${file}`),
  'media/picture-container.ts',
];
/** Node and browser modules stay out of everything that may run in a web worker. */
const withNode = new Set(['media', 'store', 'film', 'host', 'server', 'cli']);
/** The engine knows the interface of a fit and the registry, never one fit by name. */
const engineMaySee = ['fits/fit.ts', 'fits/registry.ts'];

const [source = 'src', window = 'renderer'] = process.argv.slice(2);
const problems = [];
for (const file of filesUnder(source)) {
  const path = relative(source, file).split(sep).join('/');
  const folder = path.split('/')[0];
  if (!(folder in layers)) problems.push(`${path}: the folder ${folder}/ is not in the list of layers`);
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
    if (!layers[folder]?.includes(toFolder)) problems.push(`${path}: ${folder}/ must not import ${to}`);
    else if (folder === 'engine' && toFolder === 'fits' && !engineMaySee.includes(to)) {
      problems.push(`${path}: the engine must not know one fit by name (${to})`);
    }
  }
}
for (const file of filesUnder(window)) checkWindow(file);
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** The window reaches engines and files only through the bridge. */
function checkWindow(file) {
  if (/\.test\.tsx?$/.test(file)) return;
  for (const target of importsOf(file)) {
    const to = join(dirname(file), target);
    const isInside = path => !relative(path, to).startsWith('..');
    const isAllowed = target.startsWith('.')
      ? [window, ...sharedWithWindow.map(path => join(source, path))].some(isInside)
      : !target.startsWith('node:');
    if (!isAllowed) problems.push(`${relative(dirname(window), file)}: renderer/ must not import ${target}`);
  }
}

function importsOf(file) {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, target]) => target);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : /\.[cm]?tsx?$/.test(entry.name) ? [path] : [];
  });
}
