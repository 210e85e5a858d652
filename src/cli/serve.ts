// `serve`: the laboratory in a browser. Keeps running until Ctrl-C; then runs checkpoint and leave.

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { startEngine } from '../host/engine-client.ts';
import { createLabHost } from '../host/lab-host.ts';
import { LabError } from '../protocol/lab-error.ts';
import { startLabServer } from '../server/lab-server.ts';
import { rememberedPort, rememberPort, userFolder } from '../store/user-folder.ts';

export interface ServeOptions {
  /** 0: any that is free. Undefined: the one this user's lab had before, else the next free one. */
  readonly port: number | undefined;
  readonly library: string;
  /** Folders whose files may be inputs. */
  readonly roots: readonly string[];
  readonly browser: 'open' | 'leave';
}

const UPLOAD_BYTES = 2 * 2 ** 30;
/** Below those that systems hand out by themselves. */
const FIRST_PORT = 8737;
const PORTS_TRIED = 20;
export const MOST_PORT = 65535;

export async function serve({ port, library, roots, browser }: ServeOptions): Promise<number> {
  for (const root of roots) {
    if (statSync(root, { throwIfNoEntry: false })?.isDirectory() === true) continue;
    throw new LabError({ code: 'input', message: 'This is no folder.', where: root, tip: 'Give --root a folder.' });
  }
  const host = createLabHost({ library, roots, startEngine, uploadBytes: UPLOAD_BYTES });
  const known = port === undefined ? rememberedPort(userFolder()) : undefined;
  const first = port ?? known ?? FIRST_PORT;
  const next = Array.from({ length: PORTS_TRIED }, (_, i) => first + 1 + i).filter(each => each <= MOST_PORT);
  const otherPorts = port === undefined ? [...next, 0] : [];
  const server = await startLabServer(host, { port: first, otherPorts }).catch(async thrown => {
    await host.dispose();
    throw thrown;
  });
  // A lab beside another one leaves the port of the first to it.
  if (port === undefined && known === undefined) keepPort(server.port);
  process.stdout.write(`Descent Lab is at ${server.address}\n`);
  if (browser === 'open') openBrowser(server.address);
  await new Promise<void>(stop => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  });
  process.stderr.write('Leaving: runs write their checkpoints …\n');
  await host.dispose();
  await server.close();
  return 0;
}

function keepPort(port: number): void {
  try {
    rememberPort(userFolder(), port);
  } catch (thrown) {
    process.stderr.write(
      `The port could not be remembered (${(thrown as Error).message}): links and the layout may be lost at the next start. Choose a --port to keep them.\n`,
    );
  }
}

/** Nothing where there is no browser or no screen: the address is printed in any case. */
function openBrowser(address: string): void {
  const { platform, env } = process;
  const screen = platform !== 'linux' || env.DISPLAY !== undefined || env.WAYLAND_DISPLAY !== undefined;
  const [command, ...args] =
    platform === 'darwin' ? ['open'] : platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const found =
    platform === 'win32' || (env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, command)));
  if (!screen || !found) return;
  const child = spawn(command, [...args, address], { detached: true, stdio: 'ignore' });
  child.on('error', () => {});
  child.unref();
}
