// The panels of the workbench: names, where they stand at first, keys. Their components are in panel-components.ts, so
// that this list can be read without loading any.

export interface PanelDescription {
  readonly id: PanelId;
  readonly title: string;
  /** Where it stands in the first layout. */
  readonly place: 'left' | 'centre' | 'below' | 'right';
  readonly shortcut?: string;
}

export const panelIds = [
  'library',
  'images',
  'scene',
  'members',
  'compare',
  'traces',
  'spectrum',
  'rates',
  'steer',
  'settings',
  'input',
  'export',
  'problems',
] as const;
export type PanelId = (typeof panelIds)[number];

export const panels: readonly PanelDescription[] = [
  { id: 'library', title: 'Library', place: 'left', shortcut: 'Alt+L' },
  { id: 'images', title: 'Images', place: 'centre', shortcut: 'Alt+I' },
  { id: 'scene', title: 'Scene', place: 'centre', shortcut: 'Alt+3' },
  { id: 'members', title: 'Members', place: 'centre', shortcut: 'Alt+M' },
  { id: 'compare', title: 'Compare', place: 'centre', shortcut: 'Alt+C' },
  { id: 'traces', title: 'Traces', place: 'below', shortcut: 'Alt+T' },
  { id: 'spectrum', title: 'Spectrum', place: 'below', shortcut: 'Alt+U' },
  { id: 'rates', title: 'Rates', place: 'below', shortcut: 'Alt+A' },
  { id: 'steer', title: 'Steer', place: 'right', shortcut: 'Alt+S' },
  { id: 'settings', title: 'Settings', place: 'right', shortcut: 'Alt+E' },
  { id: 'input', title: 'Input', place: 'right' },
  { id: 'export', title: 'Export', place: 'right', shortcut: 'Alt+X' },
  { id: 'problems', title: 'Problems', place: 'right', shortcut: 'Alt+P' },
];
