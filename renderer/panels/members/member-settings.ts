// How the contact sheet is laid out; remembered from one day to the next.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export interface MemberSettings {
  readonly sort: 'number' | 'loss';
  /** Least width of a tile, in CSS pixels. */
  readonly size: number;
}

export const useMemberSettings = create<MemberSettings>()(
  persist((): MemberSettings => ({ sort: 'number', size: 176 }), { name: 'descent-lab-members', version: 1 }),
);

export function setMemberSettings(change: Partial<MemberSettings>): void {
  useMemberSettings.setState(change);
}
