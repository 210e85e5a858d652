// What belongs to one movement of the hand: all values of one drag, or key presses that follow each other quickly. Undo
// takes a gesture back as a whole.

/** moving: more may follow. done: this is the value of the gesture. */
export type Turn = (value: number, gesture: string, phase: 'moving' | 'done') => void;

const KEY_MILLISECONDS = 1000;

let count = 0;
let pressed: { readonly control: object; readonly gesture: string; time: number } | undefined;

export function newGesture(): string {
  return `gesture ${count++}`;
}

/** The gesture that a key press on `control` belongs to. */
export function keyGesture(control: object, now: number = performance.now()): string {
  if (pressed === undefined || pressed.control !== control || now - pressed.time > KEY_MILLISECONDS)
    pressed = { control, gesture: newGesture(), time: now };
  pressed.time = now;
  return pressed.gesture;
}
