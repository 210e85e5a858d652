// Numbers of the run bar and the library as people read them.

import { figureTitle, figureUnit } from '../plots/figure-words.ts';

/** Seconds as '12 s', '3 min 5 s', '2 h 10 min'. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export function formatRate(perSecond: number): string {
  return perSecond >= 10 ? String(Math.round(perSecond)) : perSecond.toPrecision(2);
}

/** 'PSNR 31.1 dB' for a figure of the library, by the names the field uses. */
export function formatFigure(name: string, value: number): string {
  const title = figureTitle(name);
  const unit = figureUnit(name);
  if (unit === 'dB') return `${title} ${value.toFixed(2)} dB`;
  const number = value !== 0 && Math.abs(value) < 1e-2 ? value.toExponential(1) : Number(value.toPrecision(3));
  return unit === undefined ? `${title} ${number}` : `${title} ${number}${unit === '°' ? '' : ' '}${unit}`;
}

/** 'just now', '5 min ago', 'yesterday', a date. */
export function formatAge(then: number, now: number = Date.now()): string {
  const seconds = (now - then) / 1000;
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(then).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}
