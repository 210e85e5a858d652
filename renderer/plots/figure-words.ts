// What the numbers of runs are called, in which unit they are, and which way is better: the standard figures of the
// field, and a reading of the name for all others.

import { readableName } from '../widgets/format-number.ts';

interface Figure {
  readonly title?: string;
  readonly unit?: string;
  readonly better?: 'higher' | 'lower';
}

const standard: Readonly<Record<string, Figure>> = {
  psnr: { title: 'PSNR', unit: 'dB', better: 'higher' },
  meanPlanePsnr: { title: 'Mean PSNR of the planes', unit: 'dB', better: 'higher' },
  interpolationPsnr: { title: 'PSNR of linear interpolation', unit: 'dB' },
  ssim: { title: 'SSIM', better: 'higher' },
  rse: { title: 'Relative error', better: 'lower' },
  validation: { title: 'Held-out loss', better: 'lower' },
  bestValidation: { title: 'Best held-out loss', better: 'lower' },
  addMillimetres: { title: 'ADD', unit: 'mm', better: 'lower' },
  addSMillimetres: { title: 'ADD-S', unit: 'mm', better: 'lower' },
  rotationDegrees: { title: 'Rotation error', unit: '°', better: 'lower' },
  translationMillimetres: { title: 'Translation error', unit: 'mm', better: 'lower' },
  rotationDeviationDegrees: { title: 'Rotation, standard deviation', unit: '°', better: 'lower' },
  alongDeviationMillimetres: { title: 'Distance, standard deviation', unit: 'mm', better: 'lower' },
  acrossDeviationMillimetres: { title: 'Place across the view, standard deviation', unit: 'mm', better: 'lower' },
  atePercent: { title: 'ATE', unit: '% of path', better: 'lower' },
  auc10: { title: 'AUC@10°', unit: '%', better: 'higher' },
  cameraRotationErrorDegrees: { title: 'Relative rotation error', unit: '°', better: 'lower' },
  focalErrorPercent: { title: 'Focal length error', unit: '%' },
  focalPixels: { title: 'Focal length', unit: 'px' },
  trueFocalPixels: { title: 'True focal length', unit: 'px' },
  lossAtOnePixel: { title: 'Mean Cauchy loss at 1 pixel', unit: 'px²', better: 'lower' },
  residualPixels: { title: 'Median residual', unit: 'px', better: 'lower' },
  overlap: { title: 'Overlap with the mask', better: 'higher' },
  hiddenShare: { title: 'Hidden share' },
  seconds: { title: 'Time', unit: 's', better: 'lower' },
  iterations: { title: 'Iterations' },
};

const describe = (name: string): Figure => (Object.hasOwn(standard, name) ? standard[name] : {});

export function figureTitle(name: string): string {
  return describe(name).title ?? readableName(name);
}

/** Undefined where a figure has none. */
export function figureUnit(name: string): string | undefined {
  return describe(name).unit;
}

/** 'PSNR, dB' */
export function figureHeading(name: string): string {
  const unit = figureUnit(name);
  return unit === undefined ? figureTitle(name) : `${figureTitle(name)}, ${unit}`;
}

/** Undefined where neither is. */
export function betterWay(name: string): 'higher' | 'lower' | undefined {
  return describe(name).better ?? (/(error|loss)$/i.test(name) ? 'lower' : undefined);
}
