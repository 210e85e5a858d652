// The workbench: panels in a dock that users arrange, remembered between sessions. Each panel is told whether it can be
// seen, and a defect in one shows there and leaves the others alone.

import { Alert, Button, useComputedColorScheme } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import {
  type DockviewApi,
  DockviewReact,
  type DockviewReadyEvent,
  type IDockviewPanelHeaderProps,
  type IDockviewPanelProps,
  themeDark,
  themeLight,
} from 'dockview-react';
import { Component, type FunctionComponent, type ReactNode, useEffect, useState } from 'react';
import { perform } from '../actions/actions.ts';
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

/** The cross is for the mouse: a tab is one control for keys and screen readers, and a command closes its panel. */
function PanelTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="dv-default-tab">
      <div className="dv-default-tab-content">{api.title}</div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: see above. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: see above. */}
      <span
        className="dv-default-tab-action"
        title={`Close ${api.title}`}
        onPointerDown={event => event.preventDefault()}
        onClick={() => api.close()}
      >
        <IconX size={13} aria-hidden />
      </span>
    </div>
  );
}

type Place = PanelDescription['place'];

/** Where a panel goes: beside those of its place, or where its place is when none of them stands. */
function addPanel(api: DockviewApi, { id, title, place }: PanelDescription, focus: 'front' | 'behind'): void {
  const standing = (at: Place) => panels.find(panel => panel.place === at && api.getPanel(panel.id) !== undefined)?.id;
  const neighbour = standing(place);
  const centre = standing('centre');
  const fresh: Record<Place, object> = {
    centre: {},
    left: { position: { direction: 'left' } },
    right: { position: { direction: 'right' } },
    below: {
      position: centre === undefined ? { direction: 'below' } : { referencePanel: centre, direction: 'below' },
    },
  };
  api.addPanel({
    id,
    title,
    component: id,
    renderer: 'onlyWhenVisible',
    inactive: focus === 'behind',
    ...(neighbour === undefined ? fresh[place] : { position: { referencePanel: neighbour, direction: 'within' } }),
  });
  if (neighbour === undefined) sizePlaces(api);
}

/** Gives the places at the sides and below their first sizes; the centre has the rest. */
function sizePlaces(api: DockviewApi): void {
  const [width, height] = [Math.max(api.width, 800), Math.max(api.height, 400)];
  const sizes: Partial<Record<Place, { readonly width: number } | { readonly height: number }>> = {
    left: { width: LEFT_WIDTH },
    right: { width: Math.min(RIGHT_WIDTH, 0.29 * width) },
    below: { height: BELOW * height },
  };
  for (const [place, size] of Object.entries(sizes)) {
    const panel = panels.find(each => each.place === place && api.getPanel(each.id) !== undefined);
    if (panel !== undefined) api.getPanel(panel.id)?.group.api.setSize(size);
  }
}

/** Puts every panel at its first place. */
function arrange(api: DockviewApi): void {
  api.clear();
  for (const place of ['centre', 'left', 'right', 'below'] as const) {
    const [first, ...others] = panels.filter(panel => panel.place === place);
    addPanel(api, first, 'front');
    for (const other of others) addPanel(api, other, 'behind');
  }
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
  const standing = api.getPanel(id);
  if (standing !== undefined) standing.api.setActive();
  else addPanel(api, panels.find(panel => panel.id === id) as PanelDescription, 'front');
}

/** What stands where every panel was closed. */
function NoPanels() {
  return (
    <div className="dock-empty">
      <p>All panels are closed.</p>
      <Button variant="default" onClick={() => perform('window.reset-layout')}>
        Reset the layout
      </Button>
    </div>
  );
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
      close: () => api.activePanel?.api.close(),
      front: () => api.groups.flatMap(({ activePanel }) => panelIds.filter(id => id === activePanel?.id)),
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
      defaultTabComponent={PanelTab}
      watermarkComponent={NoPanels}
      onReady={ready}
      theme={scheme === 'dark' ? themeDark : themeLight}
      disableFloatingGroups
    />
  );
}
