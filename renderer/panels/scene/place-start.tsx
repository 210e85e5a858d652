// Placing the start of the next run by hand: what is held in the scene, its numbers, and what becomes of it. Dragging goes
// straight between the scene and the store; only the numbers are React's.

import { Button, CloseButton, SegmentedControl, Switch, Tooltip } from '@mantine/core';
import { IconArrowsMove, IconPlayerPlay, IconRotate360 } from '@tabler/icons-react';
import { Fragment, type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { Matrix4 } from 'three';
import { actions, perform } from '../../actions/actions.ts';
import { niceStep } from '../../scene/grid-lines.ts';
import type { SceneView } from '../../scene/scene-view.ts';
import { startNumbers, startPose } from '../../scene/start-numbers.ts';
import { placeStart, type StartNumbers, showPlaced, stopPlacing, useStartPlan } from '../../state/start-plan.ts';
import { keyGesture, newGesture } from '../../widgets/gesture.ts';
import { NumberField } from '../../widgets/number-field.tsx';
import { linearScale } from '../../widgets/slider-scale.ts';

const DEGREES_STEP = 5;
/** Steps that a key makes with Shift. */
const LEAP = 10;
/** Steps of a shift that the size of the object has. */
const SHIFT_STEPS = 50;
const turnScale = linearScale({ low: -180, high: 180 });

export interface PlaceStartProps {
  readonly scene: SceneView;
  /** The mesh that is held. */
  readonly view: string;
  /** Longest side of the object, millimetres. */
  readonly size: number;
}

export function PlaceStart({ scene, view, size }: PlaceStartProps) {
  const numbers = useStartPlan(state => state.numbers);
  const tool = useStartPlan(state => state.tool);
  const snap = useStartPlan(state => state.snap);
  const step = niceStep(size, SHIFT_STEPS);
  useHold(scene, view, step);
  return (
    <section className="scene-place" aria-label="Start of the next run">
      <header>
        <h2>Start of the next run</h2>
        <CloseButton size="xs" aria-label="Let go of the start" title="Esc" onClick={stopPlacing} />
      </header>
      <div className="scene-place-row">
        <SegmentedControl
          size="xs"
          aria-label="What dragging does"
          value={tool}
          data={[
            { value: 'move', label: <Tool icon={<IconArrowsMove size={14} />} name="Move" keys="W" /> },
            { value: 'turn', label: <Tool icon={<IconRotate360 size={14} />} name="Turn" keys="E" /> },
          ]}
          onChange={chosen => useStartPlan.setState({ tool: chosen as 'move' | 'turn' })}
        />
        <Tooltip label={`In steps of ${step} mm and ${DEGREES_STEP}°`}>
          <span>
            <Switch
              size="xs"
              label="Snap"
              checked={snap === 'on'}
              onChange={event => useStartPlan.setState({ snap: event.currentTarget.checked ? 'on' : 'off' })}
            />
          </span>
        </Tooltip>
      </div>
      {numbers !== undefined && <Numbers numbers={numbers} size={size} />}
      <div className="scene-place-row">
        <Tooltip label="The same run once more, from this start">
          <Button
            size="compact-xs"
            leftSection={<IconPlayerPlay size={13} />}
            onClick={() => perform('scene.run-from-here')}
          >
            Run from here
          </Button>
        </Tooltip>
        <Tooltip label="Prepare a run from this start, to change its settings first">
          <Button size="compact-xs" variant="default" onClick={() => perform('scene.prepare-from-here')}>
            Settings…
          </Button>
        </Tooltip>
      </div>
    </section>
  );
}

function Tool({ icon, name, keys }: { readonly icon: ReactNode; readonly name: string; readonly keys: string }) {
  return (
    <span className="scene-place-tool" title={`Shortcut ${keys}`}>
      {icon}
      {name}
    </span>
  );
}

const rows = [
  { name: 'Shift', unit: 'mm', first: 3, digits: 1 },
  { name: 'Turn', unit: '°', first: 0, digits: 1 },
] as const;
const axes = ['x', 'y', 'z'] as const;

function Numbers({ numbers, size }: { readonly numbers: StartNumbers; readonly size: number }) {
  // The scale of a field holds still while it is scrubbed.
  const first = useRef(numbers);
  const shifts = useMemo(
    () =>
      first.current.map(value =>
        linearScale({ low: Math.round(value - 2 * size), high: Math.round(value + 2 * size) }),
      ),
    [size],
  );
  const turned = useRef<{ readonly gesture: string; readonly from: StartNumbers } | undefined>(undefined);
  const set = (k: number, value: number, gesture: string): void => {
    if (turned.current?.gesture !== gesture) turned.current = { gesture, from: numbers };
    const next = numbers.map((each, at) => (at === k ? value : each)) as unknown as StartNumbers;
    placeStart(turned.current.from, next, gesture);
  };
  return (
    <div className="scene-place-numbers numbers">
      <span />
      {axes.map(axis => (
        <span key={axis} className="scene-place-axis" aria-hidden="true">
          {axis}
        </span>
      ))}
      {rows.map(({ name, unit, first: from, digits }) => (
        <Fragment key={name}>
          <span aria-hidden="true">
            <span className="scene-place-name">{name}, </span>
            {unit}
          </span>
          {axes.map((axis, k) => (
            <NumberField
              key={axis}
              label={`${name} of the start ${from === 0 ? 'about' : 'along'} ${axis}, ${unit === '°' ? 'degrees' : unit}`}
              width="100%"
              value={Number(numbers[from + k].toFixed(digits))}
              scale={from === 0 ? turnScale : shifts[from + k]}
              check={text => (Number.isFinite(Number(text)) ? undefined : 'Give a number.')}
              onTurn={(value, gesture) => set(from + k, value, gesture)}
            />
          ))}
        </Fragment>
      ))}
    </div>
  );
}

/** A letter that stands for something outside the scene, such as X for the axis of the traces, which users mean otherwise here. */
function isForeign(key: string): boolean {
  if (!/^[a-z]$/i.test(key)) return false;
  return !actions.some(({ id, shortcut }) => id.startsWith('scene.') && shortcut === key.toUpperCase());
}

/** Holds the mesh in the scene for as long as the start is placed, and keeps the two in step. */
function useHold(scene: SceneView, view: string, shiftStep: number): void {
  useEffect(() => {
    const camera = scene.firstCamera;
    const told = useStartPlan.getState().numbers;
    const from = told === undefined ? scene.poseOf(view) : startPose(told, camera);
    if (from === undefined) return undefined;
    const tell = (pose: Matrix4): StartNumbers => startNumbers(pose, camera);
    /** What the hand itself said, which need not be put back into the scene. */
    let own = told ?? tell(from);
    showPlaced(own);
    scene.hold(view, from, {
      onMove: pose => {
        own = tell(pose);
        showPlaced(own);
      },
      onDrop: (before, after) => {
        own = tell(after);
        placeStart(tell(before), own, newGesture());
      },
      onKey: (key, size) => {
        const times = size === 'leap' ? LEAP : 1;
        const { handle } = scene;
        const after = handle?.nudged(key, camera, { shift: times * shiftStep, degrees: times * DEGREES_STEP });
        if (handle === undefined || after === undefined) return isForeign(key);
        const before = own;
        own = tell(after);
        scene.moveHeld(after);
        placeStart(before, own, keyGesture(handle));
        return true;
      },
      onEscape: stopPlacing,
    });
    // Taken in hand just now: the keys that move it work at once.
    if (told === undefined) scene.canvas.focus({ preventScroll: true });
    const unfollow = useStartPlan.subscribe(({ numbers }) => {
      if (numbers !== undefined && numbers.join() !== own.join()) {
        own = numbers;
        scene.moveHeld(startPose(numbers, camera));
      }
    });
    return () => {
      unfollow();
      scene.release();
    };
  }, [scene, view, shiftStep]);
  const tool = useStartPlan(state => state.tool);
  const snap = useStartPlan(state => state.snap);
  useEffect(() => {
    scene.handle?.setTool(tool);
    scene.handle?.setSteps(snap === 'on' ? { shift: shiftStep, degrees: DEGREES_STEP } : undefined);
  }, [scene, tool, snap, shiftStep]);
}
