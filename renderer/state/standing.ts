// Tells that what actions act on (the board of pictures, the scene, the traces) has come or gone: these are classes outside
// React and no store holds them, yet buttons and the palette have to know.

import { create } from 'zustand';

export const useStanding = create<{ readonly changes: number }>(() => ({ changes: 0 }));

export function standingChanged(): void {
  useStanding.setState(({ changes }) => ({ changes: changes + 1 }));
}
