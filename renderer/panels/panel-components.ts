// The component of each panel. A panel gets nothing but whether it can be seen; all else it takes from the stores.

import type { ComponentType } from 'react';
import { ComparePanel } from './compare/compare-panel.tsx';
import { ExportPanel } from './export/export-panel.tsx';
import { ImagesPanel } from './images/images-panel.tsx';
import { InputPanel } from './input/input-panel.tsx';
import { LibraryPanel } from './library/library-panel.tsx';
import { MembersPanel } from './members/members-panel.tsx';
import type { PanelId } from './panel-list.ts';
import { ProblemsPanel } from './problems/problems-panel.tsx';
import { RatesPanel } from './rates/rates-panel.tsx';
import { ScenePanel } from './scene/scene-panel.tsx';
import { SettingsPanel } from './settings/settings-panel.tsx';
import { SpectrumPanel } from './spectrum/spectrum-panel.tsx';
import { SteerPanel } from './steer/steer-panel.tsx';
import { TracesPanel } from './traces/traces-panel.tsx';

export interface PanelProps {
  /** False while it is behind another tab: then it pulls and draws nothing. */
  readonly visible: boolean;
}

export const panelComponents: Readonly<Record<PanelId, ComponentType<PanelProps>>> = {
  library: LibraryPanel,
  images: ImagesPanel,
  scene: ScenePanel,
  members: MembersPanel,
  compare: ComparePanel,
  traces: TracesPanel,
  spectrum: SpectrumPanel,
  rates: RatesPanel,
  steer: SteerPanel,
  settings: SettingsPanel,
  input: InputPanel,
  export: ExportPanel,
  problems: ProblemsPanel,
};
