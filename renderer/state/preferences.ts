// What the window remembers from one day to the next, in the browser's storage: theme, layout, axes, pace of pictures.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  /** Of the dock, as it serialises itself; undefined: the one it comes with. */
  readonly layout: unknown;
  /** Pictures a second while a fit runs at full speed, and how often everything else moves. */
  readonly picturesPerSecond: number;
  readonly logLoss: boolean;
  readonly logIterations: boolean;
  readonly colourMap: string;
  readonly hintsSeen: boolean;
  readonly settingsLevel: 'basic' | 'advanced';
  readonly exportFormat: string;
  /** Opened last by its path; empty: none so far. */
  readonly lastPath: string;
}

export const firstPreferences: Preferences = {
  theme: 'system',
  layout: undefined,
  picturesPerSecond: 8,
  logLoss: true,
  logIterations: false,
  colourMap: 'viridis',
  hintsSeen: false,
  settingsLevel: 'basic',
  exportFormat: 'npy',
  lastPath: '',
};

export const usePreferences = create<Preferences>()(
  persist(() => firstPreferences, { name: 'descent-lab-preferences', version: 1 }),
);

export function setPreferences(change: Partial<Preferences>): void {
  usePreferences.setState(change);
}
