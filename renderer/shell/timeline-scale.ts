// Iterations to places on the timeline and back.

export type TimelineScale = 'linear' | 'log';

/** 0…1 from the first iteration to `end`. */
export function positionOf(iteration: number, end: number, scale: TimelineScale): number {
  return scale === 'linear' ? iteration / end : Math.log1p(iteration) / Math.log1p(end);
}

/** The whole iteration nearest to a place 0…1; places outside are taken to the ends. */
export function iterationAt(position: number, end: number, scale: TimelineScale): number {
  const place = Math.min(1, Math.max(0, position));
  return Math.round(scale === 'linear' ? place * end : Math.expm1(place * Math.log1p(end)));
}
