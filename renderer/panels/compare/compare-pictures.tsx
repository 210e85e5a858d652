// The same view of the compared runs: side by side, or two of them over each other with a wipe between.

import { NativeSelect, SegmentedControl, Slider } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { bestMember } from '../../state/best-member.ts';
import type { OpenRun } from '../../state/lab.ts';
import { useLab } from '../../state/lab.ts';
import { isPicture, type PictureView } from '../images/raster.ts';
import { RunPicture } from './run-picture.ts';

interface ComparePicturesProps {
  readonly runs: readonly OpenRun[];
  readonly visible: boolean;
}

export function ComparePictures({ runs, visible }: ComparePicturesProps) {
  const [wanted, setWanted] = useState<string>();
  const [mode, setMode] = useState<'side' | 'wipe'>('side');
  const views = commonPictures(runs);
  const first = views.find(({ changes }) => changes === 'with-iterations') ?? views[0];
  const view = views.find(({ id }) => id === wanted) ?? first;
  const names = runs.map(({ details }) => details.entry.name);
  return (
    <section className="compare-part compare-pictures" aria-label="Pictures">
      <header>
        <h2>Pictures</h2>
        {view !== undefined && (
          <NativeSelect
            size="xs"
            aria-label="Which picture is compared"
            value={view.id}
            onChange={event => setWanted(event.currentTarget.value)}
            data={views.map(({ id, title }) => ({ value: id, label: title }))}
          />
        )}
        {view !== undefined && runs.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="How pictures are compared"
            value={mode}
            onChange={value => setMode(value as typeof mode)}
            data={[
              { value: 'side', label: 'Side by side' },
              { value: 'wipe', label: 'Wipe' },
            ]}
          />
        )}
      </header>
      {view === undefined ? (
        <p className="compare-dimmed">These runs have no picture in common.</p>
      ) : mode === 'wipe' && runs.length > 1 ? (
        <Wipe runs={runs} view={view} visible={visible} names={names} />
      ) : (
        <div className="compare-tiles">
          {runs.map(({ details }) => (
            <figure key={details.entry.run}>
              <Picture run={details.entry.run} view={view} visible={visible} name={details.entry.name} />
              <figcaption>{details.entry.name}</figcaption>
            </figure>
          ))}
        </div>
      )}
    </section>
  );
}

interface WipeProps extends ComparePicturesProps {
  readonly view: PictureView;
  readonly names: readonly string[];
}

function Wipe({ runs, view, visible, names }: WipeProps) {
  const [pair, setPair] = useState<readonly [number, number]>([0, 1]);
  const [share, setShare] = useState(50);
  const [a, b] = pair.map(place => Math.min(place, runs.length - 1));
  const choices = names.map((name, place) => ({ value: String(place), label: name }));
  const drag = (event: React.PointerEvent<HTMLDivElement>): void => {
    if (event.buttons !== 1) return;
    const box = event.currentTarget.getBoundingClientRect();
    setShare(Math.round(100 * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
  };
  return (
    <div className="compare-wipe">
      <div
        className="compare-wipe-frame"
        onPointerDown={event => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag(event);
        }}
        onPointerMove={drag}
      >
        <Picture run={runs[b].details.entry.run} view={view} visible={visible} name={names[b]} />
        <div className="compare-wipe-over" style={{ clipPath: `inset(0 ${100 - share}% 0 0)` }}>
          <Picture run={runs[a].details.entry.run} view={view} visible={visible} name={names[a]} />
        </div>
        <div className="compare-wipe-line" style={{ left: `${share}%` }} />
      </div>
      <div className="compare-wipe-choices">
        <NativeSelect
          size="xs"
          aria-label="Picture on the left"
          value={String(a)}
          data={choices}
          onChange={event => setPair([Number(event.currentTarget.value), b])}
        />
        <Slider
          size="sm"
          label={value => `${value} %`}
          thumbLabel="Place of the wipe"
          value={share}
          onChange={setShare}
          min={0}
          max={100}
        />
        <NativeSelect
          size="xs"
          aria-label="Picture on the right"
          value={String(b)}
          data={choices}
          onChange={event => setPair([a, Number(event.currentTarget.value)])}
        />
      </div>
    </div>
  );
}

interface PictureProps {
  readonly run: string;
  readonly view: PictureView;
  readonly visible: boolean;
  readonly name: string;
}

function Picture({ run, view: shared, visible, name }: PictureProps) {
  // Of the same name and kind, but of its own size and range.
  const own = useLab(({ open }) => open[run]?.details.problem?.views.find(({ id }) => id === shared.id));
  const view = own !== undefined && isPicture(own) ? own : shared;
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = useRef<RunPicture>(undefined);
  const [problem, setProblem] = useState<string>();
  const member = useLab(({ open }) => (open[run] === undefined ? 0 : bestMember(open[run])));
  // biome-ignore lint/correctness/useExhaustiveDependencies: whether it can be seen is told below.
  useEffect(() => {
    const made = new RunPicture(canvas.current as HTMLCanvasElement, run, member, view, setProblem);
    made.switchTo(visible);
    picture.current = made;
    return () => made.dispose();
  }, [run, member, view]);
  useEffect(() => picture.current?.switchTo(visible), [visible]);
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={`${view.title} of ${name}`} />
      {problem !== undefined && <p className="compare-dimmed">{problem}</p>}
    </>
  );
}

/** Pictures that all runs have under the same name and kind. */
function commonPictures(runs: readonly OpenRun[]): PictureView[] {
  const [first, ...others] = runs.map(({ details }) => details.problem?.views.filter(isPicture) ?? []);
  return (first ?? []).filter(view =>
    others.every(views => views.some(({ id, kind }) => id === view.id && kind === view.kind)),
  );
}
