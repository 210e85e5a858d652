// The way back to the run that was on show before an input that could not be taken.

import { Button } from '@mantine/core';
import { backToRun } from '../state/draft.ts';
import { useLab } from '../state/lab.ts';

export function BackToRun({ run }: { readonly run: string | undefined }) {
  const name = useLab(({ library }) => (run === undefined ? undefined : library?.[run]?.name));
  if (run === undefined || name === undefined) return undefined;
  return (
    <Button size="compact-xs" variant="default" mt={6} onClick={() => void backToRun(run)}>
      Back to the run {name}
    </Button>
  );
}
