// A number with its unit: typed, moved by arrow keys, or scrubbed by dragging sideways on it while it is not being typed
// into. What is typed counts on Enter or when the field is left; Escape or Ctrl+Z take it back. What cannot be taken stays
// with the reason, so that it can be mended.

import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef, useState } from 'react';
import { formatNumber } from './format-number.ts';
import { keyGesture, newGesture, type Turn } from './gesture.ts';
import type { SliderScale } from './slider-scale.ts';
import { readTyped } from './typed-number.ts';
import './number-field.css';

export interface NumberFieldProps {
  readonly label: string;
  /** Undefined: none, or several at once; then the placeholder shows. */
  readonly value: number | undefined;
  readonly onTurn: Turn;
  /** What arrow keys and scrubbing move along; left out: only typing. */
  readonly scale?: SliderScale | undefined;
  readonly unit?: string | undefined;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly width?: number | string;
  /** Why this text cannot be taken, or undefined; of a decimal comma it gets a full stop. */
  readonly check?: (text: string) => string | undefined;
  /** The field was emptied. */
  readonly onClear?: () => void;
  readonly describedBy?: string | undefined;
  /** Where there is more room to say what is wrong; left out: it is said under the field. */
  readonly onRefusal?: (refusal: string | undefined) => void;
  /** It has an error that is told elsewhere. */
  readonly invalid?: boolean;
}

const SCRUB_PIXELS = 240;
const DEAD_PIXELS = 4;
/** As many digits as tell a value from its neighbour. */
const SHOWN_DIGITS = 6;

/** A longer one, such as 'of the range', is for the label beside the field. */
export const LONGEST_UNIT = 10;

interface Scrub {
  readonly gesture: string;
  readonly from: number;
  x: number;
  position: number;
  value: number;
  active: boolean;
}

export function NumberField(props: NumberFieldProps) {
  const { label, value, onTurn, scale, unit, placeholder, disabled = false, width, check, onClear } = props;
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const scrub = useRef<Scrub | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);
  const errorId = useId();
  const shown = value === undefined ? '' : formatNumber(value, SHOWN_DIGITS);
  const read = typed === undefined ? undefined : readTyped(typed, check);
  const error = read?.kind === 'refused' ? read.why : undefined;
  const invalid = error !== undefined || props.invalid === true;
  const { onRefusal } = props;
  useEffect(() => onRefusal?.(error), [onRefusal, error]);
  useEffect(() => {
    const field = input.current;
    // The browser's own undo brings back texts that were never typed: what it does not know are values set since.
    const refuseHistory = (event: InputEvent): void => {
      if (event.inputType.startsWith('history')) event.preventDefault();
    };
    field?.addEventListener('beforeinput', refuseHistory);
    return () => field?.removeEventListener('beforeinput', refuseHistory);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refused text gives way to a value that came from elsewhere.
  useEffect(() => {
    if (document.activeElement !== input.current) setTyped(undefined);
  }, [value, disabled]);

  /** A text that is refused stays. */
  const commit = (): void => {
    if (read === undefined || read.kind === 'refused') return;
    setTyped(undefined);
    if (read.kind === 'empty') onClear?.();
    else if (read.value !== value) onTurn(read.value, newGesture(), 'done');
  };

  const press = (event: KeyboardEvent<HTMLInputElement>): void => {
    const takesBack = event.key === 'Escape' || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z');
    if (event.key === 'Enter') {
      event.preventDefault();
      commit();
    } else if (takesBack && typed !== undefined) {
      event.preventDefault();
      setTyped(undefined);
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && scale !== undefined && !event.altKey) {
      event.preventDefault();
      const number = read === undefined ? value : read.kind === 'number' ? read.value : undefined;
      if (number === undefined) return;
      setTyped(undefined);
      const next = scale.step(number, event.key === 'ArrowUp' ? 1 : -1, event.shiftKey ? 'finer' : 'small');
      if (next !== value) onTurn(next, keyGesture(event.currentTarget), 'done');
    }
  };

  const begin = (event: PointerEvent<HTMLInputElement>): void => {
    const field = event.currentTarget;
    if (disabled || scale === undefined || value === undefined || event.button !== 0) return;
    if (document.activeElement === field) return;
    // The browser would focus the field and select text; it is focused on release, when it was no drag.
    event.preventDefault();
    field.setPointerCapture(event.pointerId);
    const { clientX } = event;
    scrub.current = {
      gesture: newGesture(),
      from: clientX,
      x: clientX,
      position: scale.toPosition(value),
      value,
      active: false,
    };
  };

  const move = (event: PointerEvent<HTMLInputElement>): void => {
    const now = scrub.current;
    if (now === undefined || scale === undefined) return;
    if (!now.active && Math.abs(event.clientX - now.from) < DEAD_PIXELS) return;
    now.active = true;
    now.position += ((event.clientX - now.x) / SCRUB_PIXELS) * (event.shiftKey ? 0.1 : 1);
    now.x = event.clientX;
    const next = scale.toValue(Math.min(1, Math.max(0, now.position)));
    if (next === now.value) return;
    now.value = next;
    onTurn(next, now.gesture, 'moving');
  };

  const end = (event: PointerEvent<HTMLInputElement>): void => {
    const now = scrub.current;
    scrub.current = undefined;
    if (now === undefined) return;
    if (now.active) onTurn(now.value, now.gesture, 'done');
    else {
      event.currentTarget.focus();
      event.currentTarget.select();
    }
  };

  return (
    <span
      className="number-field"
      data-error={invalid}
      data-scrub={scale !== undefined && value !== undefined && !disabled}
      style={width === undefined ? { flex: 1 } : { width }}
    >
      <span className="number-field-box">
        <input
          ref={input}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          spellCheck={false}
          aria-label={unit === undefined ? label : `${label} in ${unit}`}
          aria-invalid={invalid}
          aria-describedby={error === undefined || onRefusal !== undefined ? props.describedBy : errorId}
          disabled={disabled}
          placeholder={placeholder}
          value={typed ?? shown}
          onChange={event => setTyped(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={press}
          onPointerDown={begin}
          onPointerMove={move}
          onPointerUp={end}
          onPointerCancel={end}
        />
        {unit !== undefined && unit.length <= LONGEST_UNIT && <span className="number-field-unit">{unit}</span>}
      </span>
      {error !== undefined && onRefusal === undefined && (
        <span className="number-field-error" id={errorId} role="alert">
          {error}
        </span>
      )}
    </span>
  );
}
