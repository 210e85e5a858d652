// The stage of the end-to-end tests: the built lab as a process of its own and Debian's Chromium, one of each for a file of
// stories. Every window is watched: an error on its page or its console that the story did not announce fails it.

import { existsSync, mkdirSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { chromiumPath, LabProcess, launchChromium } from './lab-process.ts';
import { LabWindow } from './pages/lab-window.ts';

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
    browser = await launchChromium();
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
