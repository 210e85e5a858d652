// New problems pop up wherever the user looks; the same one again only counts up. The problems panel keeps them all.

import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { showPanel } from '../state/layout.ts';
import { type LabProblem, useProblems } from '../state/problems.ts';

const SHOWN_MILLISECONDS = 12000;

export function ProblemToasts() {
  useEffect(() => {
    const shown = new Map<string, number>();
    return useProblems.subscribe(({ list }, before) => {
      const newest = before.list[0]?.id ?? -1;
      for (const problem of list.filter(({ id }) => id > newest).reverse()) {
        const key = `${problem.error.message} ${problem.error.where ?? ''}`;
        const times = (shown.get(key) ?? 0) + 1;
        shown.set(key, times);
        toast(key, problem, times, () => shown.delete(key));
      }
    });
  }, []);
  return undefined;
}

function toast(id: string, { error }: LabProblem, times: number, onClose: () => void): void {
  const content = {
    id,
    color: 'red',
    title: times === 1 ? error.message : `${error.message} (${times} times)`,
    message: error.tip ?? error.where ?? 'See the problems panel for more.',
    autoClose: SHOWN_MILLISECONDS,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
    role: 'alert',
    onClose,
    onClick: () => showPanel('problems'),
  };
  if (times === 1) notifications.show(content);
  else notifications.update(content);
}
