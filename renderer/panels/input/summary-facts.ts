// The facts of a loaded problem, named and with units as far as their names tell: shares as percent, megabytes, seconds.

import { formatNumber, readableName } from '../../widgets/format-number.ts';

export interface SummaryFact {
  readonly name: string;
  readonly value: string;
}

/** Endings of names that say what the number is. */
const endings: readonly (readonly [ending: RegExp, unit: string, factor: number])[] = [
  [/(Rate|Share)$/, '%', 100],
  [/Megabytes$/, 'MB', 1],
  [/Milliseconds$/, 'ms', 1],
  [/Seconds$/, 's', 1],
  [/(Metres|Meters)$/, 'm', 1],
  [/Millimetres$/, 'mm', 1],
  [/Degrees$/, '°', 1],
  [/(psnr|Psnr)$/, 'dB', 1],
];

export function summaryFacts(summary: Readonly<Record<string, number | string>>): readonly SummaryFact[] {
  // Its title stands above the table.
  const { title: _title, ...facts } = summary;
  return Object.entries(facts).map(([name, value]) => {
    if (typeof value === 'string') return { name: readableName(name), value };
    const known = endings.find(([ending]) => ending.test(name));
    if (known === undefined) return { name: readableName(name), value: formatNumber(value) };
    const [ending, unit, factor] = known;
    const label = unit === '%' || unit === 'dB' ? name : name.replace(ending, unit === 'MB' ? 'Memory' : '');
    return { name: readableName(label), value: `${formatNumber(value * factor, 3)} ${unit}` };
  });
}
