// The key to a colour map: the colours from low to high between the values they stand for.

import './colour-legend.css';
import { colourMap, gradientOf } from './colour-maps.ts';
import { formatValue } from './format-value.ts';

export interface ColourLegendProps {
  readonly map: string;
  readonly low: number;
  readonly high: number;
  readonly unit?: string | undefined;
  /** What the colours tell: 'Absolute error'. */
  readonly label: string;
  readonly scale?: 'linear' | 'log';
}

export function ColourLegend({ map, low, high, unit, label, scale = 'linear' }: ColourLegendProps) {
  const suffix = unit === undefined || unit === '' ? '' : ` ${unit}`;
  const range = `${formatValue(low)} to ${formatValue(high)}${suffix}${scale === 'log' ? ', logarithmic' : ''}`;
  return (
    <div className="colour-legend numbers" role="img" aria-label={`${label}: ${range}`} title={`${label}: ${range}`}>
      <span>{formatValue(low)}</span>
      <span className="colour-legend-bar" style={{ background: gradientOf(colourMap(map)) }} />
      <span>
        {formatValue(high)}
        {suffix}
      </span>
    </div>
  );
}
