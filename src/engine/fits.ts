// The engine's view of fits, optimizers and schedules, for the hosts: interfaces, registries, settings.

export type {
  ExportTensor,
  Fit,
  FitInput,
  Measures,
  Problem,
  RefinableModel,
  RefineRequest,
  ResultCache,
  ScenePart,
  SceneView,
  SettingValues,
} from '../fits/fit.ts';
export { findFit, fits } from '../fits/registry.ts';
export { optimizers } from '../optimizers/registry.ts';
export { schedules } from '../optimizers/schedules.ts';
export { describeHyper, describeSettings, resolveMembers, settingsWithoutEffect } from './settings.ts';
