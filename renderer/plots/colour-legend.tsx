// The key to a colour map: the colours from low to high between the values they stand for.

import './colour-legend.css';
import { formatNumber } from '../widgets/format-number.ts';
import { colourMap, gradientOf } from './colour-maps.ts';

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
  const range = `${formatNumber(low)} to ${formatNumber(high)}${suffix}${scale === 'log' ? ', logarithmic' : ''}`;
  return (
    <div className="colour-legend numbers" role="img" aria-label={`${label}: ${range}`} title={`${label}: ${range}`}>
      <span>{formatNumber(low)}</span>
      <span className="colour-legend-bar" style={{ background: gradientOf(colourMap(map)) }} />
      <span>
        {formatNumber(high)}
        {suffix}
      </span>
    </div>
  );
}
