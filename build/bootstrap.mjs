// Makes a checkout ready to run: installs the locked packages and builds when either is missing or stale. Quiet when
// there is nothing to do; uses only what Node itself brings.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs and builds what is stale; leaves the process with a clear message when a step fails. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: Descent Lab needs 20.19 or later.`);
  }
  process.chdir(root);
  step('node_modules/.descent-lab', hashOf(['package.json', 'package-lock.json']), 'Installing packages', () => {
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  });
  step('dist/.kernels', hashOf(['src/kernels', 'build/kernels.mjs', 'package-lock.json']), 'Compiling kernels', () => {
    run(process.execPath, ['build/kernels.mjs']);
  });
  step('dist/.bundle', hashOf(['src', 'renderer', 'build/bundle.mjs', 'package-lock.json']), 'Bundling', () => {
    run(process.execPath, ['build/bundle.mjs']);
  });
}

function step(stamp, hash, title, action) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  process.stderr.write(`${title} …\n`);
  action();
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, hash);
}

function run(command, args) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.status === 0) return;
  fail(
    `${command} ${args.join(' ')} failed:\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`,
  );
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  const visit = path => {
    if (!existsSync(path)) return;
    if (!path.includes('.') || path.endsWith('/')) {
      for (const name of readdirSync(path).sort()) visit(`${path}/${name}`);
      return;
    }
    hash.update(path).update(readFileSync(path));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}
