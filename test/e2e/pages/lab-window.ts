// One window of the lab as its user sees it: the panels, and what lies around and over them.

import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { PanelId } from '../../../renderer/panels/panel-list.ts';
import { panels } from '../../../renderer/panels/panel-list.ts';
import { ComparePanel } from './compare-panel.ts';
import { ExportPanel } from './export-panel.ts';
import { ImagesPanel } from './images-panel.ts';
import { InputPanel } from './input-panel.ts';
import { LibraryPanel } from './library-panel.ts';
import { MaskEditor } from './mask-editor.ts';
import { MembersPanel } from './members-panel.ts';
import { Palette } from './palette.ts';
import { RatesPanel } from './rates-panel.ts';
import { RunBar } from './run-bar.ts';
import { ScenePanel } from './scene-panel.ts';
import { SettingsPanel } from './settings-panel.ts';
import { SteerPanel } from './steer-panel.ts';
import { TracesPanel } from './traces-panel.ts';
import { Welcome } from './welcome.ts';

export class LabWindow {
  readonly welcome: Welcome;
  readonly runBar: RunBar;
  readonly library: LibraryPanel;
  readonly images: ImagesPanel;
  readonly input: InputPanel;
  readonly mask: MaskEditor;
  readonly scene: ScenePanel;
  readonly members: MembersPanel;
  readonly rates: RatesPanel;
  readonly traces: TracesPanel;
  readonly steer: SteerPanel;
  readonly settings: SettingsPanel;
  readonly compare: ComparePanel;
  readonly exports: ExportPanel;
  readonly palette: Palette;
  readonly #errors: string[] = [];
  #expected: RegExp[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', error => this.#errors.push(`page: ${error.message}`));
    page.on('crash', () => this.#errors.push('page: crashed'));
    page.on('console', message => {
      if (message.type() === 'error') this.#errors.push(`console: ${message.text()} (${message.location().url})`);
    });
    this.welcome = new Welcome(page);
    this.runBar = new RunBar(page);
    this.library = new LibraryPanel(this.panel('library'));
    this.images = new ImagesPanel(this.panel('images'));
    this.input = new InputPanel(this.panel('input'));
    this.mask = new MaskEditor(this.panel('images'));
    this.scene = new ScenePanel(this.panel('scene'));
    this.members = new MembersPanel(this.panel('members'));
    this.rates = new RatesPanel(this.panel('rates'));
    this.traces = new TracesPanel(this.panel('traces'));
    this.steer = new SteerPanel(this.panel('steer'));
    this.settings = new SettingsPanel(this.panel('settings'));
    this.compare = new ComparePanel(this.panel('compare'));
    this.exports = new ExportPanel(this.panel('export'));
    this.palette = new Palette(page);
  }

  /** Errors that the story is about, or that come with it. */
  expectErrors(...patterns: readonly RegExp[]): void {
    this.#expected = [...this.#expected, ...patterns];
  }

  unexpectedErrors(): string[] {
    return this.#errors.filter(error => !this.#expected.some(pattern => pattern.test(error)));
  }

  panel(id: PanelId): Locator {
    return this.page.locator(`section[data-panel="${id}"]`);
  }

  tab(id: PanelId): Locator {
    const { title } = panels.find(panel => panel.id === id) as { title: string };
    return this.page.locator('.dv-tab').filter({ hasText: new RegExp(`^${title}$`) });
  }

  /** Brings a panel to the front as its shortcut or the palette does. */
  async show(id: PanelId): Promise<Locator> {
    const panel = this.panel(id);
    if (await panel.isVisible()) return panel;
    await this.palette.run(`Show ${id}`);
    await panel.waitFor();
    return panel;
  }

  /** Over everything, while the lab cannot be reached. */
  get banner(): Locator {
    return this.page.locator('.connection-banner');
  }

  /** Says of a problem that popped up. */
  alert(text: RegExp): Locator {
    return this.page.getByRole('alert').filter({ hasText: text }).first();
  }

  /** Files dropped onto the middle of the window by a real drop event. */
  async drop(...files: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[]) {
    const carried = files.map(({ name, type, bytes }) => ({ name, type, text: Buffer.from(bytes).toString('base64') }));
    const transfer = await this.page.evaluateHandle(list => {
      const data = new DataTransfer();
      for (const { name, type, text } of list) {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, { type }));
      }
      return data;
    }, carried);
    const target = this.page.locator('.window-main');
    await target.dispatchEvent('dragenter', { dataTransfer: transfer });
    await this.page.getByText('Drop it: a new run is prepared').waitFor();
    await target.dispatchEvent('dragover', { dataTransfer: transfer });
    await target.dispatchEvent('drop', { dataTransfer: transfer });
    await transfer.dispose();
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** What the element in focus is called. */
  focused(): Promise<string> {
    return this.page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  }

  /** Tab until what has the focus has this name, as one without a mouse would. */
  async tabTo(name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab', role?: string): Promise<void> {
    const seen: string[] = [];
    for (let count = 0; count < 150; count++) {
      await this.page.keyboard.press(key);
      const focused = await this.page.evaluate(() => {
        const element = document.activeElement;
        const label = element?.getAttribute('aria-label') ?? element?.textContent ?? '';
        return { label, role: element?.getAttribute('role') ?? element?.tagName.toLowerCase() ?? '' };
      });
      if (name.test(focused.label) && (role === undefined || role === focused.role)) return;
      seen.push(`${focused.role} ${focused.label.slice(0, 30)}`);
    }
    expect.fail(`Tab never came to ${name}; it came to ${seen.join(' | ')}`);
  }
}
