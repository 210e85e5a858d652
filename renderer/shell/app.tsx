// The window as a whole: theme, run bar, start page or workbench, and what lies over them.

import { MantineProvider, useComputedColorScheme } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { placeSceneEye } from '../scene/scene-holder.ts';
import { setCursor } from '../state/cursor.ts';
import { showRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { usePreferences } from '../state/preferences.ts';
import { guarded } from '../state/problems.ts';
import { linkedView } from '../state/view-link.ts';
import { ProblemToasts } from '../widgets/problem-toasts.tsx';
import { UndoToasts } from '../widgets/undo-toasts.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Dialogs } from './dialogs.tsx';
import { Dock } from './dock.tsx';
import { DropZone } from './drop-zone.tsx';
import { FirstHints } from './first-hints.tsx';
import { Palette } from './palette.tsx';
import { RunBar } from './run-bar.tsx';
import { theme } from './theme.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { Welcome } from './welcome.tsx';
import './shell.css';

export function App() {
  const preferred = usePreferences(state => state.theme);
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      {...(preferred === 'system' ? {} : { forceColorScheme: preferred })}
    >
      <Notifications position="bottom-left" limit={4} />
      <ProblemToasts />
      <UndoToasts />
      <Palette />
      <Dialogs />
      <DropZone />
      <Window />
    </MantineProvider>
  );
}

function Window() {
  useShortcuts();
  useLinkedView();
  const scheme = useComputedColorScheme('light');
  const working = useLab(state => state.current.kind !== 'none');
  return (
    <div className="window" data-scheme={scheme}>
      <ConnectionBanner />
      <RunBar />
      <main className="window-main">{working ? <Dock /> : <Welcome />}</main>
      {working && <FirstHints />}
    </div>
  );
}

/** Shows what the address names, once the library is known and whenever it names something else. */
function useLinkedView(): void {
  const known = useLab(state => state.library !== undefined);
  useEffect(() => {
    if (!known) return;
    const follow = (): void => {
      const linked = linkedView(location.href);
      if (linked === undefined) return;
      void guarded(async () => {
        await showRun(linked.run);
        const { current } = useLab.getState();
        if (current.kind !== 'run' || current.run !== linked.run) return;
        setCursor(linked.cursor);
        for (const panel of linked.panels) showPanel(panel);
        if (linked.eye !== undefined) placeSceneEye(linked.run, linked.eye);
      });
    };
    follow();
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [known]);
}
