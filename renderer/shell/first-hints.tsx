// Three hints on a newcomer's first run: the learning rate, the timeline, Export. Each stands by its place, over nothing that
// can be used, and waits for a click; they never come back once seen.

import { Button, Group, Paper, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { PanelId } from '../panels/panel-list.ts';
import { useCurrentRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { setPreferences, usePreferences } from '../state/preferences.ts';
import { type Box, freePlace, isFree } from './free-place.ts';

interface Hint {
  readonly text: string;
  /** What it points at. */
  readonly target: string;
  readonly panel?: PanelId;
}

const hints: readonly Hint[] = [
  {
    text: 'Drag the learning rate, or press [ and ]: it takes effect at the next iteration, and the trace bends.',
    target: '[data-panel=steer]',
    panel: 'steer',
  },
  {
    text: 'Every change is a pin on the timeline. Drag along it to look back: all panels follow.',
    target: '.timeline-track',
  },
  {
    text: 'Take the result with you under Export; it says which axes and units the files use.',
    target: '[data-panel=export]',
    panel: 'export',
  },
];

const WIDTH = 280;
/** Until it is drawn and can be measured. */
const FIRST_HEIGHT = 120;
/** What is under a hint may come later than the hint. */
const LOOK_MILLISECONDS = 500;
const CONTROLS = 'button, a, input, select, textarea, summary, [role=tab], [role=slider]';

export function FirstHints() {
  const seen = usePreferences(state => state.hintsSeen);
  const running = useLab(state => state.current.kind === 'run');
  const [index, setIndex] = useState(0);
  const [place, setPlace] = useState<{ readonly left: number; readonly top: number } | undefined>();
  const note = useRef<HTMLDivElement>(null);
  const over = useCurrentRun(run => run.details.summary !== undefined) === true;
  const hint = hints[over ? Math.max(index, 1) : index];
  useEffect(() => {
    if (seen || !running || hint === undefined) return;
    if (hint.panel !== undefined) showPanel(hint.panel);
    let stands: Box | undefined;
    const find = (): void => {
      const target = document.querySelector(hint.target)?.getBoundingClientRect();
      if (target === undefined || target.width === 0) return;
      const size = { width: WIDTH, height: note.current?.offsetHeight ?? FIRST_HEIGHT };
      const taken = [target, ...controlBoxes(note.current)];
      const room = { width: innerWidth, height: innerHeight };
      // It moves only where it has to: a click on it is not to miss.
      if (stands !== undefined && isFree({ ...stands, ...size }, taken, room)) return;
      stands = { ...freePlace(target, size, taken, room), ...size };
      setPlace({ left: stands.left, top: stands.top });
    };
    const timers = [setTimeout(find, 250), setInterval(find, LOOK_MILLISECONDS)];
    addEventListener('resize', find);
    return () => {
      for (const timer of timers) clearInterval(timer);
      removeEventListener('resize', find);
    };
  }, [seen, running, hint]);
  if (seen || !running || hint === undefined || place === undefined) return undefined;
  const next = hints.indexOf(hint) + 1;
  const finish = () => setPreferences({ hintsSeen: true });
  return (
    <Paper
      ref={note}
      className="first-hint"
      shadow="md"
      withBorder
      p="sm"
      role="note"
      aria-label={`Hint ${hints.indexOf(hint) + 1} of ${hints.length}`}
      style={{ ...place, width: WIDTH }}
    >
      <Text size="sm">{hint.text}</Text>
      <Group justify="space-between" mt="xs">
        <Button size="compact-xs" variant="subtle" color="gray" onClick={finish}>
          No more hints
        </Button>
        <Button size="compact-xs" onClick={() => (next < hints.length ? setIndex(next) : finish())}>
          {next < hints.length ? `Next (${next} of ${hints.length})` : 'Got it'}
        </Button>
      </Group>
    </Paper>
  );
}

/** Of all that can be seen and used, but for what is in the hint itself. */
function controlBoxes(hint: HTMLElement | null): Box[] {
  return [...document.querySelectorAll(CONTROLS)]
    .filter(control => hint?.contains(control) !== true && control.checkVisibility())
    .map(control => control.getBoundingClientRect());
}
