// The bar over everything: which run, its controls, its timeline, its pace, and the way to all other commands.

import { ActionIcon, Badge, Indicator, Menu, Progress, Text, Tooltip } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconChevronDown,
  IconCommand,
  IconHome,
  IconMoon,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForwardFilled,
  IconPlayerStopFilled,
  IconSun,
  IconSunMoon,
} from '@tabler/icons-react';
import type { RunState } from '../../src/protocol/run.ts';
import { shownShortcut } from '../actions/action.ts';
import { actionOf, perform } from '../actions/actions.ts';
import { useActionsEnabled } from '../actions/use-enabled.ts';
import { cancelUpload, useDraft } from '../state/draft.ts';
import { useCurrentRun, useLab } from '../state/lab.ts';
import { showPanel } from '../state/layout.ts';
import { usePreferences } from '../state/preferences.ts';
import { useProblems } from '../state/problems.ts';
import { ActionButton } from './action-button.tsx';
import { formatDuration, formatRate } from './figures.ts';
import { Timeline } from './timeline.tsx';

export function RunBar() {
  const kind = useLab(state => state.current.kind);
  return (
    <header className="run-bar">
      {kind === 'none' ? (
        <strong className="run-bar-brand">Descent Lab</strong>
      ) : (
        <ActionButton action="library.welcome">
          <IconHome size={18} />
        </ActionButton>
      )}
      {kind === 'draft' && <DraftControls />}
      {kind === 'run' && <RunControls />}
      {kind === 'none' && <div className="run-bar-space" />}
      <ActionButton action="edit.undo">
        <IconArrowBackUp size={18} />
      </ActionButton>
      <ProblemsButton />
      <ActionButton action="window.palette">
        <IconCommand size={18} />
      </ActionButton>
      <ThemeButton />
    </header>
  );
}

const stateColours: Record<RunState, string> = {
  created: 'gray',
  loading: 'gray',
  ready: 'blue',
  running: 'indigo',
  paused: 'orange',
  finished: 'green',
  stopped: 'gray',
  failed: 'red',
};

function RunControls() {
  const name = useCurrentRun(run => run.details.entry.name);
  const state = useCurrentRun(run => run.details.entry.state) ?? 'loading';
  const reading = useCurrentRun(run => run.reading);
  const connected = useLab(lab => lab.connection === 'open');
  const going = state === 'running' || state === 'loading';
  return (
    <>
      <div className="run-bar-name">
        <Tooltip label={name}>
          <Text size="sm" fw={600} truncate component="h1">
            {name}
          </Text>
        </Tooltip>
        <Badge size="xs" variant="dot" color={connected ? stateColours[state] : 'gray'} data-testid="run-state">
          {connected ? state : 'not connected'}
        </Badge>
      </div>
      <div className="run-bar-buttons" role="toolbar" aria-label="Run controls">
        <ActionButton
          action="run.toggle"
          label={going ? 'Pause' : state === 'failed' ? 'Resume' : 'Run'}
          emphasis="filled"
        >
          {going ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </ActionButton>
        <ActionButton action="run.step">
          <IconPlayerSkipForwardFilled size={16} />
        </ActionButton>
        <ActionButton action="run.stop">
          <IconPlayerStopFilled size={16} />
        </ActionButton>
        <MoreMenu />
      </div>
      {reading === undefined ? (
        <Timeline />
      ) : (
        <div className="run-bar-space">
          <Progress value={(100 * reading.done) / Math.max(1, reading.total)} aria-label="Reading the input" />
        </div>
      )}
      <Pace />
    </>
  );
}

function MoreMenu() {
  return (
    <Menu shadow="md" width={270} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon aria-label="More run commands">
          <IconChevronDown size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {['run.more', 'run.branch', 'run.replay', 'library.again', 'library.replay-export'].map(id => (
          <MenuAction key={id} id={id} />
        ))}
        <Menu.Divider />
        <MenuAction id="window.copy-link" />
        <MenuAction id="run.discard" color="red" />
      </Menu.Dropdown>
    </Menu>
  );
}

function MenuAction({ id, color }: { readonly id: string; readonly color?: string }) {
  const { title, shortcut } = actionOf(id);
  const enabled = useActionsEnabled(id);
  return (
    <Menu.Item
      disabled={!enabled}
      data-action={id}
      {...(color === undefined ? {} : { color })}
      rightSection={shortcut === undefined ? undefined : <Text size="xs">{shownShortcut(shortcut)}</Text>}
      onClick={() => perform(id)}
    >
      {title}
    </Menu.Item>
  );
}

function Pace() {
  const progress = useCurrentRun(run => run.details.progress);
  const state = useCurrentRun(run => run.details.entry.state);
  const seconds = useCurrentRun(run => run.details.summary?.seconds);
  const threads = useLab(lab => lab.description?.threads);
  const left =
    progress === undefined || progress.iterationsPerSecond <= 0
      ? undefined
      : (progress.maximum - progress.iteration) / progress.iterationsPerSecond;
  return (
    <div className="run-bar-pace numbers">
      {state === 'running' && progress !== undefined ? (
        <>
          <span>{formatRate(progress.iterationsPerSecond)} it/s</span>
          <Tooltip label="To the most iterations it may take; the stop rule usually ends it earlier">
            <span>≤ {left === undefined ? '…' : formatDuration(left)} left</span>
          </Tooltip>
        </>
      ) : (
        <span>{seconds === undefined ? '' : `took ${formatDuration(seconds)}`}</span>
      )}
      <Tooltip label="Device that computes the fit, and its threads">
        <span>cpu × {threads}</span>
      </Tooltip>
    </div>
  );
}

function DraftControls() {
  const name = useDraft(draft => draft.name ?? draft.report?.name ?? draft.input?.split(/[/:]/).at(-1));
  const busy = useDraft(draft => draft.busy);
  const progress = useDraft(draft => draft.progress);
  return (
    <>
      <div className="run-bar-name">
        <Text size="sm" fw={600} truncate component="h1">
          New run{name === undefined ? '' : `: ${name}`}
        </Text>
      </div>
      <div className="run-bar-buttons" role="toolbar" aria-label="Run controls">
        <ActionButton action="run.toggle" label="Start the run" emphasis="filled">
          <IconPlayerPlayFilled size={16} />
        </ActionButton>
        <ActionButton action="run.start-paused">
          <IconPlayerSkipForwardFilled size={16} />
        </ActionButton>
      </div>
      <div className="run-bar-space">
        {busy !== 'no' && (
          <div className="run-bar-busy" role="status">
            <Text size="sm">{{ uploading: 'Taking the files', reading: 'Reading', starting: 'Starting' }[busy]} …</Text>
            <Progress
              className="run-bar-progress"
              animated
              value={progress === undefined ? 100 : 100 * progress}
              aria-label="Progress"
            />
            {busy === 'uploading' && (
              <ActionIcon aria-label="Cancel the upload" onClick={cancelUpload}>
                <IconPlayerStopFilled size={16} />
              </ActionIcon>
            )}
          </div>
        )}
      </div>
    </>
  );
}

function ProblemsButton() {
  const unseen = useProblems(state => state.unseen);
  const count = useProblems(state => state.list.length);
  const working = useLab(state => state.current.kind !== 'none');
  if (count === 0 || !working) return undefined;
  return (
    <Tooltip label="Problems">
      <Indicator disabled={unseen === 0} label={unseen} size={14} color="red" offset={4}>
        <ActionIcon aria-label={`Problems: ${count}, ${unseen} new`} onClick={() => showPanel('problems')}>
          <IconAlertTriangle size={18} />
        </ActionIcon>
      </Indicator>
    </Tooltip>
  );
}

function ThemeButton() {
  const theme = usePreferences(state => state.theme);
  const icons = { system: IconSunMoon, light: IconSun, dark: IconMoon };
  const Icon = icons[theme];
  return (
    <ActionButton action="window.theme" label={`Theme: ${theme}`}>
      <Icon size={18} />
    </ActionButton>
  );
}
