// Drives the built command line as a user would: one call, its exit code, its output. Shared by the integration tests.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LabResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `lab …args` in its own process group, so that a kill takes the engine's process too. */
export function startLab(args: readonly string[]): { child: ChildProcess; result: Promise<LabResult> } {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', data => {
    stdout += data;
  });
  child.stderr?.on('data', data => {
    stderr += data;
  });
  const result = new Promise<LabResult>(resolve => child.on('close', code => resolve({ code, stdout, stderr })));
  return { child, result };
}

export function lab(...args: string[]): Promise<LabResult> {
  const { child, result } = startLab(args);
  child.stdin?.end();
  return result;
}

/** A fresh folder, removed by `dispose`. */
export function temporaryFolder(): { path: string; dispose(): void } {
  const path = mkdtempSync(join(tmpdir(), 'descent-lab-'));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}
