// How users like their traces, remembered: which series, how they are arranged, smoothing, what is hidden. Whether losses
// and iterations are on logarithmic axes is a preference of the whole window.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export interface TracesLook {
  /** Names of series; undefined: those that say most about the run. */
  readonly shown: readonly string[] | undefined;
  /** one: all series in one plot. */
  readonly arrangement: 'tiles' | 'stacked' | 'one';
  /** Weight of what came before, 0 to below 1; 0 is off. */
  readonly smoothing: number;
  /** Labels of members, and other runs. */
  readonly hidden: readonly string[];
  /** Axis of series that are no loss, where the user chose it. */
  readonly logs: Readonly<Record<string, boolean>>;
}

export const useTracesLook = create<TracesLook>()(
  persist((): TracesLook => ({ shown: undefined, arrangement: 'tiles', smoothing: 0, hidden: [], logs: {} }), {
    name: 'descent-lab-traces',
    version: 1,
  }),
);

export function setTracesLook(change: Partial<TracesLook>): void {
  useTracesLook.setState(change);
}

export function toggleHidden(label: string): void {
  useTracesLook.setState(({ hidden }) => ({
    hidden: hidden.includes(label) ? hidden.filter(each => each !== label) : [...hidden, label],
  }));
}
