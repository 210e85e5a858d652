// Views of what the factors look like: singular tubes, slice singular values, rank estimates, figures of quality. Shared by
// completion and sensing; what cannot be known for a problem is left out by the caller.

import type { HeatMapView, SeriesView, ViewData } from '../../protocol/views.ts';

export const slicesView: HeatMapView = {
  kind: 'heat-map',
  id: 'slices',
  title: 'Singular values of the slices',
  help: 'One column for each slice of the transform domain, its singular values from the largest down: how many are large is the multi-rank.',
  changes: 'with-iterations',
  rowLabel: 'Singular value',
  columnLabel: 'Slice',
  scale: 'log',
};

/** `values` descending, of every stored slice. */
export function slicesData(values: readonly Float64Array[]): ViewData {
  const rows = values[0].length;
  const matrix = Float32Array.from({ length: rows * values.length }, (_, at) => {
    return values[at % values.length][Math.floor(at / values.length)];
  });
  return { values: { shape: [rows, values.length], values: matrix } };
}

export function seriesView(
  measure: string,
  title: string,
  label: string,
  scale: SeriesView['scale'],
  help: string,
  more: Pick<SeriesView, 'reference' | 'marks'> = {},
): SeriesView {
  return { kind: 'series', id: measure, title, help, changes: 'with-iterations', measure, label, scale, ...more };
}

export const ranksView = seriesView(
  'ranks',
  'Estimates of rank',
  'Rank',
  'linear',
  'Six answers to one question. relativeThreshold: tubes longer than 1 % of the longest. largestGap: where the drop from one tube to the next is largest. entropy: exp of the entropy of the tube norms. stable: energy over the largest square. energy99: tubes that hold 99 % of the energy. average: mean rank of the slices.',
);

export const tubesView = seriesView(
  'tubes',
  'Singular tubes',
  'Norm of the tube',
  'log',
  'Norms of the singular tubes of the estimate. From a small start they switch on one after another, the longest first.',
);

export const qualityViews: readonly SeriesView[] = [
  seriesView(
    'psnr',
    'PSNR',
    'PSNR in dB',
    'linear',
    'Against the truth, peak 1, after clipping to the range of the values.',
  ),
  seriesView(
    'rse',
    'Relative error',
    'Relative error',
    'log',
    'Norm of the difference from the truth over the norm of the truth.',
  ),
];

export const completionTubesView: SeriesView = {
  ...tubesView,
  marks: 'switchOn',
  help: `${tubesView.help} Marks: when the law lets them, for plain gradient descent. The truth is not known, so the law is fed with the spectrum of the observed entries divided by their rate, as far as it stands above the noise of the sampling: an estimate, and so are the marks.`,
};
