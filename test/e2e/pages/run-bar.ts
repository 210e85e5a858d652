// The bar over the panels: name and state of the run, its controls, and the timeline.

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

export class RunBar {
  readonly bar: Locator;
  readonly name: Locator;
  readonly state: Locator;
  readonly timeline: Locator;
  readonly iterationText: Locator;
  /** Changes that a user made. */
  readonly pins: Locator;

  constructor(readonly page: Page) {
    this.bar = page.locator('.run-bar');
    this.name = this.bar.getByRole('heading', { level: 1 });
    this.state = page.getByTestId('run-state');
    this.timeline = page.getByRole('slider', { name: 'Iteration shown' });
    this.iterationText = page.getByTestId('iteration');
    this.pins = page.getByTestId('event-user');
  }

  button(action: string): Locator {
    return this.bar.locator(`[data-action="${action}"]`);
  }

  /** Waits until the run is in one of these states. */
  async becomes(...states: readonly string[]): Promise<void> {
    await expect.poll(() => this.state.textContent()).toMatch(new RegExp(`^(${states.join('|')})$`));
  }

  /** Waits until it runs, and pauses it by its key. */
  async hold(): Promise<void> {
    await this.becomes('running');
    await this.page.keyboard.press('Space');
    await this.becomes('paused');
  }

  /** The newest iteration the run is known to have come to. */
  async iteration(): Promise<number> {
    const text = (await this.iterationText.textContent()) ?? '';
    return Number(/(\d+)$/.exec(text)?.[1]);
  }

  /** Waits until the run has come at least so far. */
  async reaches(iteration: number): Promise<void> {
    await expect.poll(() => this.iteration()).toBeGreaterThanOrEqual(iteration);
  }

  /** What the panels show: an iteration, or undefined for the newest. */
  async cursor(): Promise<number | undefined> {
    const text = (await this.timeline.getAttribute('aria-valuetext')) ?? '';
    return text.startsWith('newest') ? undefined : Number(/(\d+)$/.exec(text)?.[1]);
  }

  /** Drags along the timeline to a share of its length. */
  async scrub(share: number): Promise<void> {
    const box = await this.timeline.boundingBox();
    if (box === null) return expect.fail('The timeline is not shown.');
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width - 4, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + share * box.width, y, { steps: 6 });
    await this.page.mouse.up();
  }

  /** A command of the menu behind the arrow. */
  async choose(command: string): Promise<void> {
    await this.bar.getByRole('button', { name: 'More run commands' }).click();
    await this.page.getByRole('menuitem', { name: command }).click();
  }
}
