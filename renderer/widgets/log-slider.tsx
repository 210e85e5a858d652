// A slider over any scale (decades, evenly, with stops for 0 or no limit): by mouse, by touch, by keys. Tells every value
// on the way together with the gesture it belongs to, so that a whole drag can be one change to undo.

import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { formatNumber } from './format-number.ts';
import { keyGesture, newGesture, type Turn } from './gesture.ts';
import type { SliderScale, Step } from './slider-scale.ts';
import './log-slider.css';

export interface LogSliderProps {
  readonly label: string;
  readonly scale: SliderScale;
  /** Undefined: several at once, shown by `others`. */
  readonly value: number | undefined;
  readonly onTurn: Turn;
  readonly unit?: string | undefined;
  /** Marked on the track; a double click goes back to it. */
  readonly start?: number | undefined;
  readonly others?: readonly number[];
  readonly disabled?: boolean;
  /** Instead of number and unit, for screen readers. */
  readonly valueText?: string;
}

const keys: Readonly<Record<string, readonly [direction: 1 | -1, step: Step]>> = {
  ArrowLeft: [-1, 'small'],
  ArrowDown: [-1, 'small'],
  ArrowRight: [1, 'small'],
  ArrowUp: [1, 'small'],
  PageDown: [-1, 'large'],
  PageUp: [1, 'large'],
  Home: [-1, 'end'],
  End: [1, 'end'],
};

/** A drag with Shift held moves this much slower. */
const FINE = 0.1;

interface Drag {
  readonly gesture: string;
  readonly width: number;
  x: number;
  position: number;
  value: number;
  moved: boolean;
}

const percent = (position: number): string => `${(100 * position).toFixed(2)}%`;

export function LogSlider(props: LogSliderProps) {
  const { label, scale, value, onTurn, unit, start, others = [], disabled = false, valueText } = props;
  const drag = useRef<Drag | undefined>(undefined);
  const rail = useRef<HTMLDivElement>(null);

  const begin = (event: PointerEvent<HTMLDivElement>): void => {
    if (disabled || event.button !== 0 || rail.current === null) return;
    event.preventDefault();
    event.currentTarget.focus({ preventScroll: true });
    event.currentTarget.setPointerCapture(event.pointerId);
    const { left, width } = rail.current.getBoundingClientRect();
    const hit = (event.clientX - left) / width;
    const thumb = value === undefined ? Number.NaN : scale.toPosition(value);
    // A press on the thumb itself does not move it.
    const grabbed = Math.abs(hit - thumb) * width <= 9;
    const position = grabbed ? thumb : Math.min(1, Math.max(0, hit));
    const pressed = grabbed && value !== undefined ? value : scale.toValue(position);
    drag.current = { gesture: newGesture(), width, x: event.clientX, position, value: pressed, moved: !grabbed };
    if (!grabbed) onTurn(pressed, drag.current.gesture, 'moving');
  };

  const move = (event: PointerEvent<HTMLDivElement>): void => {
    const now = drag.current;
    if (now === undefined) return;
    const by = ((event.clientX - now.x) / now.width) * (event.shiftKey ? FINE : 1);
    now.x = event.clientX;
    now.position += by;
    const next = scale.toValue(Math.min(1, Math.max(0, now.position)));
    if (by === 0 || next === now.value) return;
    now.value = next;
    now.moved = true;
    onTurn(next, now.gesture, 'moving');
  };

  const end = (): void => {
    const now = drag.current;
    drag.current = undefined;
    if (now?.moved === true) onTurn(now.value, now.gesture, 'done');
  };

  const press = (event: KeyboardEvent<HTMLDivElement>): void => {
    const key = keys[event.key];
    if (disabled || key === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [direction, step] = key;
    const from = value ?? start ?? scale.toValue(0.5);
    const next = scale.step(from, direction, step === 'small' && event.shiftKey ? 'finer' : step);
    if (next !== value) onTurn(next, keyGesture(event.currentTarget), 'done');
  };

  const position = value === undefined ? undefined : scale.toPosition(value);
  return (
    <div
      className="log-slider"
      role="slider"
      tabIndex={disabled ? -1 : 0}
      aria-label={label}
      aria-disabled={disabled}
      aria-valuemin={scale.minimum}
      aria-valuemax={Number.isFinite(scale.maximum) ? scale.maximum : Number.MAX_SAFE_INTEGER}
      aria-valuenow={value === undefined || !Number.isFinite(value) ? Number.MAX_SAFE_INTEGER : value}
      aria-valuetext={
        valueText ?? (value === undefined ? 'differs' : `${formatNumber(value)}${unit === undefined ? '' : ` ${unit}`}`)
      }
      onPointerDown={begin}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={press}
      onDoubleClick={() => {
        if (!disabled && start !== undefined && start !== value) onTurn(start, newGesture(), 'done');
      }}
    >
      <div className="log-slider-rail" ref={rail}>
        {scale.ticks.map(tick => (
          <span key={tick} className="log-slider-tick" style={{ left: percent(tick) }} />
        ))}
        {position !== undefined && <span className="log-slider-fill" style={{ width: percent(position) }} />}
        {start !== undefined && <span className="log-slider-mark" style={{ left: percent(scale.toPosition(start)) }} />}
        {others.map(other => (
          <span key={other} className="log-slider-other" style={{ left: percent(scale.toPosition(other)) }} />
        ))}
        {position !== undefined && <span className="log-slider-thumb" style={{ left: percent(position) }} />}
      </div>
    </div>
  );
}
