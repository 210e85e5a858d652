// The workbench: panels in a dock that users arrange, remembered between sessions. Each panel is told whether it can be
// seen, and a defect in one shows there and leaves the others alone.

import { Alert, Button, useComputedColorScheme } from '@mantine/core';
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type IDockviewPanelProps,
  themeDark,
  themeLight,
} from 'dockview-react';
import { Component, type FunctionComponent, type ReactNode, useEffect, useState } from 'react';
import { panelComponents } from '../panels/panel-components.ts';
import { type PanelDescription, type PanelId, panelIds, panels } from '../panels/panel-list.ts';
import { registerDock } from '../state/layout.ts';
import { firstPreferences, setPreferences, usePreferences } from '../state/preferences.ts';

const LEFT_WIDTH = 210;
const RIGHT_WIDTH = 310;
/** Share of the height that the traces get at first. */
const BELOW = 0.36;

const components = Object.fromEntries(
  panelIds.map(id => [id, (props: IDockviewPanelProps) => <DockedPanel id={id} {...props} />]),
) as Record<string, FunctionComponent<IDockviewPanelProps>>;

function DockedPanel({ id, api }: IDockviewPanelProps & { readonly id: PanelId }) {
  const [visible, setVisible] = useState(api.isVisible);
  useEffect(() => {
    const { dispose } = api.onDidVisibilityChange(change => setVisible(change.isVisible));
    return dispose;
  }, [api]);
  const Panel = panelComponents[id];
  const { title } = panels.find(panel => panel.id === id) as PanelDescription;
  return (
    <PanelGuard title={title}>
      <section aria-label={title} data-panel={id} style={{ height: '100%' }}>
        <Panel visible={visible} />
      </section>
    </PanelGuard>
  );
}

class PanelGuard extends Component<{ readonly title: string; readonly children: ReactNode }, { failure?: Error }> {
  override state: { failure?: Error } = {};

  static getDerivedStateFromError(failure: Error) {
    return { failure };
  }

  override render() {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    return (
      <div className="panel">
        <Alert color="red" title={`The panel ${this.props.title} met a defect of ours`}>
          <p>{failure.message}</p>
          <p>The run goes on. The other panels work.</p>
          <Button size="xs" variant="default" onClick={() => this.setState({ failure: undefined as never })}>
            Show the panel again
          </Button>
        </Alert>
      </div>
    );
  }
}

/** Puts every panel at its first place. */
function arrange(api: DockviewApi): void {
  api.clear();
  const [width, height] = [Math.max(api.width, 800), Math.max(api.height, 400)];
  const first: Partial<Record<PanelDescription['place'], PanelId>> = {};
  const open = (place: PanelDescription['place'], position: object, size: object = {}): void => {
    for (const { id, title } of panels.filter(panel => panel.place === place)) {
      const leader = first[place];
      api.addPanel({
        id,
        title,
        component: id,
        renderer: 'onlyWhenVisible',
        ...(leader === undefined
          ? { ...position, ...size }
          : { position: { referencePanel: leader, direction: 'within' }, inactive: true }),
      });
      first[place] ??= id;
    }
  };
  open('centre', {});
  open('left', { position: { referencePanel: 'images', direction: 'left' } }, { initialWidth: LEFT_WIDTH });
  open(
    'right',
    { position: { referencePanel: 'images', direction: 'right' } },
    { initialWidth: Math.min(RIGHT_WIDTH, 0.29 * width) },
  );
  open('below', { position: { referencePanel: 'images', direction: 'below' } }, { initialHeight: BELOW * height });
}

function restore(api: DockviewApi): void {
  const { layout } = usePreferences.getState();
  if (layout !== undefined) {
    try {
      api.fromJSON(layout as Parameters<DockviewApi['fromJSON']>[0]);
      if (api.panels.length > 0 && api.panels.every(({ id }) => (panelIds as readonly string[]).includes(id))) return;
    } catch {
      // A layout of an older version: the first one serves.
    }
  }
  arrange(api);
}

function show(api: DockviewApi, id: PanelId): void {
  const { title, place } = panels.find(panel => panel.id === id) as PanelDescription;
  const standing = api.getPanel(id);
  if (standing !== undefined) {
    standing.api.setActive();
    return;
  }
  const neighbour = panels.find(panel => panel.place === place && api.getPanel(panel.id) !== undefined);
  api.addPanel({
    id,
    title,
    component: id,
    renderer: 'onlyWhenVisible',
    ...(neighbour === undefined ? {} : { position: { referencePanel: neighbour.id, direction: 'within' } }),
  });
}

export function Dock() {
  const scheme = useComputedColorScheme('light');
  useEffect(() => () => registerDock(undefined), []);
  const ready = ({ api }: DockviewReadyEvent): void => {
    restore(api);
    let timer: ReturnType<typeof setTimeout>;
    api.onDidLayoutChange(() => {
      clearTimeout(timer);
      timer = setTimeout(() => setPreferences({ layout: api.toJSON() }), 300);
    });
    registerDock({
      show: id => show(api, id),
      reset: () => {
        setPreferences({ layout: firstPreferences.layout });
        arrange(api);
      },
    });
  };
  return (
    <DockviewReact
      className="dock"
      components={components}
      onReady={ready}
      theme={scheme === 'dark' ? themeDark : themeLight}
      disableFloatingGroups
    />
  );
}
