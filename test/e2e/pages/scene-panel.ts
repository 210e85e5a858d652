// The 3-D scene: what can be done in it, and the handle by which an object is moved.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** Pixels from the middle of the handle to that of the square. */
const SQUARE = 18;

export class ScenePanel {
  readonly stage: Locator;
  readonly canvas: Locator;
  readonly moveStart: Locator;
  readonly place: Locator;
  /** Says through which camera the scene is seen, and leads to the next one and out. */
  readonly through: Locator;

  constructor(readonly panel: Locator) {
    this.stage = panel.locator('.scene-stage');
    this.canvas = panel.locator('.scene-canvas');
    this.moveStart = panel.getByRole('button', { name: 'Move start' });
    this.through = panel.locator('.scene-through');
    this.place = panel.getByRole('region', { name: 'Start of the next run' });
  }

  /** Numbers of the start that is placed, as they are shown: x y z in millimetres, then x y z in degrees. */
  async numbers(): Promise<number[]> {
    const fields = this.place.getByRole('textbox');
    return (await fields.evaluateAll(all => all.map(field => (field as HTMLInputElement).value))).map(Number);
  }

  /** Where the middle of what is held is drawn, on the page, once the view of it stands still. */
  async handle(): Promise<{ readonly x: number; readonly y: number }> {
    // A few drawn frames apart: a machine that draws few of them has a view stand still that is about to move.
    const held = () =>
      this.panel.page().evaluate(async () => {
        for (let k = 0; k < 3; k++) await new Promise(requestAnimationFrame);
        return window.descentLabScenes?.held;
      });
    let last = await held();
    await expect
      .poll(async () => {
        const before = last;
        last = await held();
        return last !== undefined && last.x === before?.x && last.y === before.y;
      })
      .toBe(true);
    const [place, box] = [await held(), await this.stage.boundingBox()];
    if (place === undefined || box === null) return expect.fail('Nothing is held in the scene.');
    return { x: box.x + place.x, y: box.y + place.y };
  }

  /** Drags the handle by the square beside its middle, which moves in the plane of the picture, with the mouse. */
  async drag(by: { readonly x: number; readonly y: number }): Promise<void> {
    const { mouse } = this.panel.page();
    const middle = await this.handle();
    const [x, y] = [middle.x + SQUARE, middle.y - SQUARE];
    await mouse.move(x, y);
    await mouse.move(x + 1, y);
    await mouse.down();
    await mouse.move(x + by.x, y + by.y, { steps: 6 });
    await mouse.up();
  }
}
