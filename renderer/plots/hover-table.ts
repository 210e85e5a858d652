// The table that follows the pointer over plots: every line's value at that iteration, and what happened there.

import './hover-table.css';

export interface HoverRow {
  readonly label: string;
  readonly colour: string;
  /** One for each column; '' where the line has none. */
  readonly cells: readonly string[];
}

export interface HoverContent {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly HoverRow[];
  readonly notes: readonly string[];
}

const MOST_ROWS = 12;
const DISTANCE = 14;

export class HoverTable {
  readonly #box = document.createElement('div');

  constructor() {
    this.#box.className = 'hover-table numbers';
    this.#box.hidden = true;
    // Over everything: a low panel has no room for it.
    document.body.append(this.#box);
  }

  show({ heading, columns, rows, notes }: HoverContent, clientX: number, clientY: number): void {
    const table = element('table');
    const head = element('tr');
    head.append(element('th'), ...columns.map(text => element('th', text)));
    // A single column is named by the plot the pointer is on.
    if (columns.length > 1) table.append(head);
    for (const { label, colour, cells } of rows.slice(0, MOST_ROWS)) {
      const row = element('tr');
      const name = element('td');
      const swatch = element('i');
      swatch.style.background = `var(${colour})`;
      name.append(swatch, label);
      row.append(name, ...cells.map(text => element('td', text)));
      table.append(row);
    }
    const more = rows.length > MOST_ROWS ? [element('p', `and ${rows.length - MOST_ROWS} more`)] : [];
    this.#box.replaceChildren(
      element('strong', heading),
      table,
      ...more,
      ...notes.slice(0, 4).map(text => element('p', text)),
    );
    this.#box.hidden = false;
    const { offsetWidth, offsetHeight } = this.#box;
    const right = clientX + DISTANCE;
    const left = right + offsetWidth > innerWidth ? clientX - DISTANCE - offsetWidth : right;
    this.#box.style.left = `${Math.max(2, left)}px`;
    this.#box.style.top = `${Math.max(2, Math.min(clientY + DISTANCE, innerHeight - offsetHeight - 2))}px`;
  }

  dispose(): void {
    this.#box.remove();
  }

  hide(): void {
    this.#box.hidden = true;
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
