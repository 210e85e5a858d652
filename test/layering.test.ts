// The layering check fails when an import goes the wrong way, and names it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from './lab.ts';

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const source = join(folder.path, 'src');

function check(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    const file = join(source, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const { status, stderr } = spawnSync(
    process.execPath,
    ['build/check-layers.mjs', source, join(folder.path, 'renderer')],
    { encoding: 'utf8' },
  );
  for (const name of Object.keys(files)) writeFileSync(join(source, name), '');
  return { status, stderr };
}

it('holds the table in the docs', () => {
  const rows = readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| `(\w+)` +\|[^|]+\| (.+?) +\|$/gm);
  const told = [...rows].map(([, name, imports]) => [name, imports === 'nothing' ? [] : imports.split(', ')]);
  expect(Object.fromEntries(told)).toEqual(JSON.parse(readFileSync('build/layers.json', 'utf8')));
});

it('lets imports go down', () => {
  expect(check({ '../renderer/a.ts': "import { x } from '../src/protocol/x.ts';" })).toEqual({ status: 0, stderr: '' });
  expect(check({ 'fits/a/a.ts': "import { x } from '../../ops/x.ts';" })).toEqual({ status: 0, stderr: '' });
});

it.each([
  ['ops/a.ts', '../fits/fit.ts', 'ops/ must not import fits/fit.ts'],
  ['engine/run.ts', '../fits/tubal/tubal.ts', 'the engine must not know one fit by name (fits/tubal/tubal.ts)'],
  ['engine/run.ts', '../store/run-folder.ts', 'engine/ must not import store/run-folder.ts'],
  ['fits/pose/a.ts', '../tubal/layout.ts', 'one fit must not import another (fits/tubal/layout.ts)'],
  ['optimizers/sgd.ts', '../engine/run.ts', 'optimizers/ must not import engine/run.ts'],
  ['engine/run.ts', 'node:fs', 'engine/ must not import node:fs'],
  ['../renderer/panels/a.tsx', '../../src/store/files.ts', 'renderer/ must not import ../../src/store/files.ts'],
  [
    '../renderer/panels/a.tsx',
    '../../src/film/export-film.ts',
    'renderer/ must not import ../../src/film/export-film.ts',
  ],
  ['../renderer/state/a.ts', 'node:fs', 'renderer/ must not import node:fs'],
])('refuses %s importing %s', (file, target, message) => {
  const { status, stderr } = check({ [file]: `import { x } from '${target}';` });
  expect(status).toBe(1);
  expect(stderr.trim()).toBe(`${file.replace('../', '')}: ${message}`);
});
