// The built lab as a process of its own, and Debian's Chromium; for the end-to-end tests and for the benches of the window.

import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { temporaryFolder } from '../lab.ts';
import { serveApart } from '../window.ts';

export const chromiumPath = process.env.DESCENT_LAB_CHROMIUM ?? '/usr/bin/chromium';
const chromiumFlags = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: chromiumFlags });
}

/** `lab serve` on a library of its own, which can be stopped and started again. */
export class LabProcess {
  readonly library: string;
  readonly #endLibrary: () => void;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #address = new URL('http://127.0.0.1/');

  constructor() {
    const { path, dispose } = temporaryFolder();
    this.library = path;
    this.#endLibrary = dispose;
  }

  /** With the token. */
  get address(): string {
    return this.#address.href;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** On the port it had before, if it had one. */
  async start(): Promise<void> {
    const port = this.#address.port === '' ? '0' : this.#address.port;
    const { address, child, result } = await serveApart(this.library, '--port', port);
    this.#address = address;
    this.#child = child;
    this.#ended = result;
  }

  async stop(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#ended;
    this.#child = undefined;
  }

  /** Kills every engine that holds a run, as a crash would. */
  killEngines(): number {
    const { pid } = this;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const engines = children.filter(child => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('engine.js'));
    for (const engine of engines) process.kill(Number(engine), 'SIGKILL');
    return engines.length;
  }

  async dispose(): Promise<void> {
    const pid = this.#child?.pid;
    await this.stop();
    try {
      // Whatever of its group is left.
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing is.
    }
    this.#endLibrary();
  }
}
