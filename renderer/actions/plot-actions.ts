// Looking at traces: axes, zoom, what leaves the window, and the runs beside them.

import { notifications } from '@mantine/notifications';
import { saveTraces, standingTraces } from '../panels/traces/standing-traces.ts';
import { addToComparison, useComparison } from '../state/comparison.ts';
import { useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { setPreferences, usePreferences } from '../state/preferences.ts';
import { guarded } from '../state/problems.ts';
import type { Action } from './action.ts';

const drawn = () => standingTraces() !== undefined;
const shown = () => {
  const { current } = useLab.getState();
  return current.kind === 'run' ? current.run : undefined;
};

export const plotActions: readonly Action[] = [
  {
    id: 'traces.log-iterations',
    title: 'Logarithmic or linear iterations',
    group: 'Look',
    keywords: 'x axis log scale plots timeline',
    shortcut: 'X',
    enabled: () => true,
    run: () => setPreferences({ logIterations: !usePreferences.getState().logIterations }),
  },
  {
    id: 'traces.log-losses',
    title: 'Logarithmic or linear losses',
    group: 'Look',
    keywords: 'y axis log scale plots',
    shortcut: 'Y',
    enabled: () => true,
    run: () => setPreferences({ logLoss: !usePreferences.getState().logLoss }),
  },
  {
    id: 'traces.whole',
    title: 'Show the traces from the first to the last iteration',
    group: 'Look',
    keywords: 'zoom reset plots',
    enabled: drawn,
    run: () => standingTraces()?.resetZoom(),
  },
  {
    id: 'traces.copy-csv',
    title: 'Copy the traces as CSV',
    group: 'Look',
    keywords: 'clipboard table spreadsheet export plots',
    enabled: drawn,
    run: () =>
      guarded(async () => {
        await navigator.clipboard.writeText(standingTraces()?.toCsv() ?? '');
        notifications.show({ message: 'The plotted series are on the clipboard as CSV' });
      }),
  },
  {
    id: 'traces.save-png',
    title: 'Save the traces as a picture',
    group: 'Look',
    keywords: 'png screenshot export plots',
    enabled: drawn,
    run: () => guarded(saveTraces),
  },
  {
    id: 'compare.add',
    title: 'Add the run on show to the comparison',
    group: 'Library',
    keywords: 'compare overlay side by side',
    enabled: () => {
      const run = shown();
      return run !== undefined && !useComparison.getState().runs.includes(run);
    },
    run: async () => {
      const run = shown();
      if (run === undefined) return;
      showPanel('compare');
      await addToComparison([run]);
    },
  },
];
