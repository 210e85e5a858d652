// A fit as windows and the command line see it: its settings, samples, rules and formats. Runs in the engine's process.

import { describeHyper, describeSettings, type Fit, optimizers, schedules } from '../engine/fits.ts';
import type { FitDescription, RuleDescription } from '../protocol/host-calls.ts';
import { exportFormats } from './write-tensor.ts';

/** At full speed most samples end within seconds, before anybody has turned a rate. */
const SAMPLE_PACE = 100;

export function describeFit(fit: Fit): FitDescription {
  const { id, title, takes, presets, samples, captions, exportContent, companions = [], members } = fit;
  return {
    id,
    title,
    takes,
    opens: fit.scenePart === undefined ? 'tensors' : 'scenes',
    companions,
    members,
    presets,
    captions,
    ...(fit.startPose === undefined ? {} : { startPose: fit.startPose }),
    settings: describeSettings(fit, fit.optimizer, 'constant'),
    samples: samples.map(sample => ({
      id: sample.id,
      title: sample.title,
      teaches: sample.teaches,
      settings: sample.settings ?? {},
      pace: sample.pace ?? SAMPLE_PACE,
    })),
    optimizers: optimizers.map(describeRule),
    schedules: schedules.map(describeRule),
    exportFiles: fit.exportFiles ?? [],
    exportFormats: exportFormats.map(format => ({ ...format, content: `${exportContent} ${format.content}` })),
  };
}

function describeRule({
  id,
  title,
  source,
  law,
  hyper,
}: (typeof optimizers)[number] | (typeof schedules)[number]): RuleDescription {
  return { id, title, source, ...(law === undefined ? {} : { law }), hyper: hyper.map(describeHyper) };
}
