// The settings of the run that is being prepared, to be changed; of a run, to be read.

import { useLab } from '../../state/lab.ts';
import { DraftSettings } from './draft-settings.tsx';
import { RunSettings } from './run-settings.tsx';
import './settings.css';

export function SettingsPanel({ visible }: { readonly visible: boolean }) {
  const kind = useLab(({ current }) => current.kind);
  return (
    <div className="panel settings">
      {visible && kind === 'draft' && <DraftSettings />}
      {visible && kind === 'run' && <RunSettings />}
    </div>
  );
}
