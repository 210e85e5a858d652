// How much memory this process may still take, and the refusal of what would not fit: said before anything is read,
// instead of a process that dies. Node only.

import { freemem, totalmem } from 'node:os';
import { LabError } from '../protocol/lab-error.ts';

/** Bytes; of the machine, or of the container the process is in. */
export function availableBytes(): number {
  // macOS counts what it could give back at once as taken.
  const free = process.platform === 'darwin' ? totalmem() : freemem();
  // Without a limit the number is 0, or larger than any memory.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 && limit < totalmem() ? Math.min(free, limit - process.memoryUsage.rss()) : free;
}

/** Of the free memory: what takes as much is told, since other programs may want some. */
const LARGE_SHARE = 0.4;
const usualTip = 'Use a part of it, scale it down, take fewer frames or members, or end other programs.';

/** Throws a `memory` error where `bytes` are not available. */
export function requireMemory(bytes: number, where: string, available = availableBytes(), tip = usualTip): void {
  if (bytes <= available) return;
  throw new LabError({
    code: 'memory',
    message: `This input needs about ${gigabytes(bytes)} GB of memory, and ${gigabytes(Math.max(0, available))} GB are free.`,
    where,
    tip,
  });
}

/** Said before it is taken: what needs much of the memory that is free. */
export function memoryForecast(bytes: number, available = availableBytes()): string[] {
  if (bytes < LARGE_SHARE * available) return [];
  return [`This takes about ${gigabytes(bytes)} GB of memory, of ${gigabytes(available)} GB that are free.`];
}

function gigabytes(bytes: number): string {
  const value = bytes / 2 ** 30;
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}
