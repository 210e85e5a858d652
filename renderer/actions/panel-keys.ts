// Keys that mean something only where their part of the window has the focus, for the cheat sheet. The panels act on them
// themselves.

export interface PanelKeys {
  readonly group: string;
  readonly keys: readonly PanelKey[];
}

export interface PanelKey {
  readonly title: string;
  /** As actions write theirs. */
  readonly shortcuts: readonly string[];
}

const arrows = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];

export const panelKeys: readonly PanelKeys[] = [
  {
    group: 'On a run in the library',
    keys: [
      { title: 'Rename it', shortcuts: ['F2'] },
      { title: 'Delete it', shortcuts: ['Delete'] },
    ],
  },
  {
    group: 'On the picture a mask is drawn on',
    keys: [
      { title: 'Brush', shortcuts: ['B'] },
      { title: 'Eraser', shortcuts: ['E'] },
      { title: 'Box', shortcuts: ['R'] },
      { title: 'Polygon', shortcuts: ['P'] },
      { title: 'Text', shortcuts: ['T'] },
      { title: 'Pan', shortcuts: ['H'] },
      { title: 'Smaller or larger brush', shortcuts: [',', '.'] },
      { title: 'Move the tool', shortcuts: arrows },
      { title: 'Press or lift the tool', shortcuts: ['Enter'] },
      { title: 'The opposite of the tool', shortcuts: ['Alt+Enter'] },
      { title: 'Give up a stroke or polygon', shortcuts: ['Escape'] },
      { title: 'Invert the mask', shortcuts: ['I'] },
    ],
  },
  {
    group: 'On a picture or the scene',
    keys: [
      { title: 'Move the picture, turn the scene', shortcuts: arrows },
      { title: 'Nearer or farther', shortcuts: ['+', '-'] },
      { title: 'The whole picture', shortcuts: ['0'] },
      { title: 'The picture pixel by pixel', shortcuts: ['1'] },
    ],
  },
  {
    group: 'On the scene while a start is placed',
    keys: [
      { title: 'Move or turn the object by a step', shortcuts: arrows },
      { title: 'Ten steps', shortcuts: arrows.map(key => `Shift+${key}`) },
      { title: 'Along the view, or about it', shortcuts: ['PageUp', 'PageDown'] },
      { title: 'Give up the drag, then let go of the object', shortcuts: ['Escape'] },
    ],
  },
  {
    group: 'On a number or a slider',
    keys: [
      { title: 'One step', shortcuts: ['ArrowUp', 'ArrowDown'] },
      { title: 'A finer step', shortcuts: ['Shift+ArrowUp', 'Shift+ArrowDown'] },
      { title: 'Take back what is typed', shortcuts: ['Escape'] },
    ],
  },
];
