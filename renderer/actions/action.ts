// What an action is. One list of them (actions.ts) feeds the palette, the shortcuts, the cheat sheet, menus and buttons'
// tooltips; nothing is bound to a key anywhere else.

export interface Action {
  readonly id: string;
  /** As an order: 'Pause the run'. */
  readonly title: string;
  readonly group: 'Run' | 'Steer' | 'Look' | 'Library' | 'Window';
  /** Other words that people look for. */
  readonly keywords?: string;
  /** Keys joined by +, Mod is Ctrl or Cmd: 'Mod+K', 'Space', '.', 'Shift+ArrowLeft'. */
  readonly shortcut?: string;
  enabled(): boolean;
  run(): void | Promise<void>;
}

/** The shortcut a key press stands for, in the form actions write it. */
export function shortcutOf(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Mod');
  if (event.altKey) parts.push('Alt');
  // Of a sign that needs Shift, such as ?, the sign itself says so.
  if (event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key))) parts.push('Shift');
  return [...parts, key].join('+');
}

/** How a shortcut is shown: ⌘K on a Mac, Ctrl+K elsewhere. */
export function shownShortcut(shortcut: string): string {
  const mac = /mac/i.test(navigator.platform);
  const names: Record<string, string> = {
    Mod: mac ? '⌘' : 'Ctrl',
    Shift: mac ? '⇧' : 'Shift',
    Alt: mac ? '⌥' : 'Alt',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
  };
  return shortcut
    .split(/(?<=.)\+/)
    .map(part => names[part] ?? part)
    .join(mac ? '' : '+');
}

/** Keys typed into a field belong to the field, except those with Ctrl or Cmd, which no text needs. */
export function belongsToField(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const takesText =
    target.isContentEditable ||
    (target.matches('input, textarea, select') && !target.matches('[type=checkbox], [type=range]'));
  // Numbers have no blanks: Space runs and pauses after one was typed, too.
  if (takesText && target.inputMode === 'decimal' && event.key === ' ') return false;
  // So they do of undo: a number field takes back what is typed itself, and has no other history.
  if (takesText && target.closest('.number-field') !== null && /^[zy]$/i.test(event.key)) return false;
  if (takesText) return !(event.ctrlKey || event.metaKey) || /^[zyacvx]$/i.test(event.key);
  // A focused control of its own keeps the keys that work it.
  const works = target.closest(
    'button, a, [role=slider], [role=tab], [role=menuitem], [role=option], summary, [type=checkbox]',
  );
  if (works === null || event.ctrlKey || event.metaKey) return false;
  const arrows =
    event.key.startsWith('Arrow') && works.matches('[role=slider], [role=tab], [role=menuitem], [role=option]');
  // A slider has no use for these: after a drag, Space pauses.
  return arrows || ((event.key === ' ' || event.key === 'Enter') && !works.matches('[role=slider]'));
}
