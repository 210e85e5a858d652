// What this user's lab remembers between two starts beside its runs, in the folder that the system gives programs for such
// data. Node only.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from './files.ts';

/** Made when something is written to it. `environment` and `platform` as of the process. */
export function userFolder(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const { APPDATA, XDG_DATA_HOME } = environment;
  if (platform === 'win32') return join(APPDATA || join(homedir(), 'AppData', 'Roaming'), 'Descent Lab');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Descent Lab');
  return join(XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'descent-lab');
}

/** The port that the lab had last; undefined where it had none yet, or the record of it is damaged. */
export function rememberedPort(folder: string): number | undefined {
  const file = join(folder, 'port');
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN;
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined;
}

/** Throws what the disk refuses. */
export function rememberPort(folder: string, port: number): void {
  writeAtomically(join(folder, 'port'), `${port}\n`);
}
