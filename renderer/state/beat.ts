// The beat at which the window follows a run: all that a run moves is asked for and drawn at the same moments, so that one
// frame of the browser shows it all. The beat slows down where drawing takes more of the processor than a fit may lose to
// being watched. What the user does never waits for it.

import { usePreferences } from './preferences.ts';

/** Of all cores, what the page's thread may take for its beats; what they cause elsewhere in the browser is as much again. */
const SHARE = 0.009;
const SLOWEST_MILLISECONDS = 2000;
/** How much the newest beat counts in the mean of what beats cost, once there were some. */
const NEWEST = 0.2;

let callbacks = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let last = -Infinity;
/** Milliseconds of the page's own thread for one beat, on the mean. */
let cost = 0;
let measured = 0;

/** Calls back at the next beat; calls off what it returns. */
export function atNextBeat(callback: () => void): () => void {
  callbacks.add(callback);
  if (timer === undefined) timer = setTimeout(beat, Math.max(0, last + beatMilliseconds() - performance.now()));
  return () => callbacks.delete(callback);
}

/** From one beat to the next. */
export function beatMilliseconds(): number {
  const wanted = 1000 / usePreferences.getState().picturesPerSecond;
  const affordable = cost / (SHARE * navigator.hardwareConcurrency);
  return Math.max(wanted, Math.min(affordable, SLOWEST_MILLISECONDS));
}

function beat(): void {
  timer = undefined;
  last = performance.now();
  const due = callbacks;
  callbacks = new Set();
  for (const callback of due) callback();
  // React renders what changed in a task that stands before this one.
  let called = 0;
  inTask(() => {
    called = performance.now() - last;
  });
  requestAnimationFrame(() => {
    const drawn = performance.now();
    inTask(() => {
      cost += Math.max(NEWEST, 1 / ++measured) * (called + performance.now() - drawn - cost);
    });
  });
}

/** In a task of its own, at once. */
function inTask(work: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    work();
  };
  port2.postMessage(undefined);
}
