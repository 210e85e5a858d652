// The engine's view of the fits, for the hosts: the interface and the registry.

export type { ExportTensor, Fit, FitInput, Problem, SettingValues } from '../fits/fit.ts';
export { resolveSettings } from '../fits/fit.ts';
export { findFit, fits } from '../fits/registry.ts';
