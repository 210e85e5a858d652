// The stage of the end-to-end tests: the built lab as a process of its own and Debian's Chromium, one of each for a file of
// stories. Every window is watched: an error on its page or its console that the story did not announce fails it.

import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { temporaryFolder } from '../lab.ts';
import { serveApart } from '../window.ts';
import { LabWindow } from './pages/lab-window.ts';

const chromiumPath = process.env.DESCENT_LAB_CHROMIUM ?? '/usr/bin/chromium';
const chromiumFlags = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/** Every test run leaves its pictures here. */
export const screenshotFolder = 'dist/screenshots';

export interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** Of a newcomer, who has seen no hints: false. */
  readonly hintsSeen?: boolean;
  /** Instead of the lab's own address. */
  readonly address?: string;
  /** A window beside another of the same person. */
  readonly beside?: LabWindow;
  /** What must be in place before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** A described group of stories; skipped, and said why, where there is no Chromium. */
export function stories(title: string, define: () => void): void {
  if (existsSync(chromiumPath)) describe(title, define);
  else
    describe.skip(`${title} (no Chromium at ${chromiumPath}: install it, or name one in DESCENT_LAB_CHROMIUM)`, define);
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
    const pid = this.#child?.pid ?? 0;
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

export interface Stage {
  readonly lab: LabProcess;
  open(options?: WindowOptions): Promise<LabWindow>;
}

/** The stage of this file's stories. */
export function setStage(): Stage {
  const lab = new LabProcess();
  const open: { readonly context: BrowserContext; readonly window: LabWindow }[] = [];
  let browser: Browser;
  beforeAll(async () => {
    mkdirSync(screenshotFolder, { recursive: true });
    await lab.start();
    browser = await chromium.launch({ executablePath: chromiumPath, headless: true, args: chromiumFlags });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      for (const { window } of open) await keepFailure(window.page, task.name);
    }
    const errors = open.flatMap(({ window }) => window.unexpectedErrors());
    for (const { context } of open.splice(0)) await context.close();
    expect(errors, 'errors on the page or its console').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await lab.dispose();
  });
  return {
    lab,
    async open(options = {}) {
      const { width = 1440, height = 900, scheme = 'light', hintsSeen = true } = options;
      const context =
        options.beside?.page.context() ??
        (await browser.newContext({
          viewport: { width, height },
          colorScheme: scheme,
          permissions: ['clipboard-read', 'clipboard-write'],
        }));
      const page = await context.newPage();
      if (hintsSeen) await page.addInitScript(rememberHints);
      const window = new LabWindow(page);
      open.push({ context, window });
      await options.prepare?.(page);
      await page.goto(options.address ?? lab.address);
      return window;
    },
  };
}

/** As the window itself remembers it. */
function rememberHints(): void {
  const key = 'descent-lab-preferences';
  if (localStorage.getItem(key) === null)
    localStorage.setItem(key, JSON.stringify({ state: { hintsSeen: true }, version: 1 }));
}

let failures = 0;

async function keepFailure(page: Page, story: string): Promise<void> {
  const name = story.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80);
  await page.screenshot({ path: `${screenshotFolder}/failed/${name}-${failures++}.png` }).catch(() => {});
}
