// The dock, for those who want a panel shown. The dock registers itself here when it stands.

import type { PanelId } from '../panels/panel-list.ts';

export interface Dock {
  /** Brings the panel to the front, opening it again if it was closed. */
  show(panel: PanelId): void;
  /** Closes the panel that was used last. */
  close(): void;
  /** Panels that are in front of their tabs. */
  front(): readonly PanelId[];
  /** The layout it came with. */
  reset(): void;
}

let dock: Dock | undefined;
/** Asked for while there was no dock. */
let wanted: PanelId[] = [];

export function registerDock(standing: Dock | undefined): void {
  dock = standing;
  if (dock === undefined) return;
  for (const panel of wanted) dock.show(panel);
  wanted = [];
}

export function showPanel(panel: PanelId): void {
  if (dock === undefined) wanted.push(panel);
  else dock.show(panel);
}

export function closePanel(): void {
  dock?.close();
}

export function frontPanels(): readonly PanelId[] {
  return dock?.front() ?? [];
}

export function resetLayout(): void {
  dock?.reset();
}
