// Names and what is known under them.

import type { ReactNode } from 'react';
import './fact-table.css';

export interface Fact {
  readonly name: string;
  readonly value: ReactNode;
}

export function FactTable({ label, facts }: { readonly label: string; readonly facts: readonly Fact[] }) {
  return (
    <table className="fact-table" aria-label={label}>
      <tbody>
        {facts.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
