// The engine's view of the optimizers, for the hosts.

export { findOptimizer, optimizers } from '../optimizers/registry.ts';
