// Three hints on a newcomer's first run: the learning rate, the timeline, Export. Each points at its place and waits for
// a click; they never come back once seen.

import { Button, Group, Paper, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { PanelId } from '../panels/panel-list.ts';
import { useCurrentRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { setPreferences, usePreferences } from '../state/preferences.ts';

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

export function FirstHints() {
  const seen = usePreferences(state => state.hintsSeen);
  const running = useLab(state => state.current.kind === 'run');
  const [index, setIndex] = useState(0);
  const [place, setPlace] = useState<{ readonly left: number; readonly top: number } | undefined>();
  const over = useCurrentRun(run => run.details.summary !== undefined) === true;
  const hint = hints[over ? Math.max(index, 1) : index];
  useEffect(() => {
    if (seen || !running || hint === undefined) return;
    if (hint.panel !== undefined) showPanel(hint.panel);
    const find = (): void => {
      const box = document.querySelector(hint.target)?.getBoundingClientRect();
      if (box === undefined || box.width === 0) return;
      const besides = box.left > WIDTH + 24;
      setPlace({
        left: Math.max(8, besides ? box.left - WIDTH - 12 : Math.min(box.left, innerWidth - WIDTH - 16)),
        top: Math.min(besides ? box.top + 24 : box.bottom + 8, innerHeight - 160),
      });
    };
    const timer = setTimeout(find, 250);
    addEventListener('resize', find);
    return () => {
      clearTimeout(timer);
      removeEventListener('resize', find);
    };
  }, [seen, running, hint]);
  if (seen || !running || hint === undefined || place === undefined) return undefined;
  const next = hints.indexOf(hint) + 1;
  const finish = () => setPreferences({ hintsSeen: true });
  return (
    <Paper
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
