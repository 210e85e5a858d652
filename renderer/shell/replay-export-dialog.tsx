// Sets up the film of a run: which views in which order, format, pace and size, with a still of it; makes it and hands it
// over.

import {
  ActionIcon,
  Alert,
  Anchor,
  Button,
  Checkbox,
  Modal,
  NumberInput,
  Progress,
  SegmentedControl,
  Select,
} from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconDownload, IconMovie } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { defaultViews, type Film, type FilmView, holdOf, isFilmable } from '../../src/film/film.ts';
import { layOut } from '../../src/film/film-layout.ts';
import type { ReplayFormat, RunDetails } from '../../src/protocol/host-calls.ts';
import { asLabError, type LabErrorDetails } from '../../src/protocol/lab-error.ts';
import { labCommand } from '../state/command-line.ts';
import { closeDialog, useDialogs } from '../state/dialogs.ts';
import { currentRun, theBridge, useCurrentRun, useLab } from '../state/lab.ts';
import { CommandBox } from '../widgets/command-box.tsx';
import { formatBytes } from '../widgets/format-number.ts';
import { cancelFilm, chooseFilm, exportFilm, type FilmProgress, forgetFilm, useFilmExport } from './film-export.ts';
import { FilmStill, planFilmOf } from './film-still.tsx';
import './replay-export-dialog.css';

/** What a host takes in one film. */
const MOST_VIEWS = 12;
const widths = [640, 960, 1280, 1920, 2560, 3840];
const formats: readonly { readonly value: ReplayFormat; readonly label: string; readonly note: string }[] = [
  { value: 'webm', label: 'WebM', note: 'VP9: small and sharp; plays in every browser and in VLC.' },
  { value: 'mp4', label: 'MP4', note: 'H.264: plays in slides and on phones.' },
  { value: 'png', label: 'PNG', note: 'One picture for each snapshot, without loss, in a folder.' },
];

export function ReplayExportDialog() {
  const opened = useDialogs(state => state.open === 'replay-export');
  const run = useCurrentRun(({ details }) => details.entry.run);
  return (
    <Modal opened={opened && run !== undefined} onClose={closeDialog} title="Film of the run" size={920}>
      {run !== undefined && <FilmSetup key={run} run={run} />}
    </Modal>
  );
}

interface Item {
  readonly view: FilmView;
  readonly shown: boolean;
}

function FilmSetup({ run }: { readonly run: string }) {
  const choice = useFilmExport(state => state.choice);
  const progress = useFilmExport(state =>
    state.progress.kind !== 'none' && state.progress.run === run ? state.progress : undefined,
  );
  const busy = useFilmExport(state => state.progress.kind === 'underway');
  const views = useCurrentRun(({ details }) => details.problem?.views);
  const library = useLab(state => state.description?.library ?? 'runs');
  const snapshots = useCurrentRun(({ details }) => details.snapshots) ?? none;
  const [items, setItems] = useState<readonly Item[]>(() => itemsOf(views ?? []));
  useEffect(() => forgetFilm, []);
  const chosen = items.filter(({ shown }) => shown).map(({ view }) => view.id);
  // A film of the run as it is when something is chosen or a snapshot arrives, not with every iteration.
  const key = chosen.join(' ');
  const plan = useMemo(() => planned(key, snapshots), [key, snapshots]);
  const change = (next: readonly Item[]): void => {
    forgetFilm();
    setItems(next);
  };
  const format = formats.find(({ value }) => value === choice.format) ?? formats[0];
  const words = ['film', `${library}/${run}`, '--views', chosen.join(','), '--format', choice.format];
  return (
    <div className="film">
      <div className="film-main">
        {'film' in plan ? (
          <>
            <FilmStill run={run} film={plan.film} />
            <p className="film-note" aria-live="polite">
              {describe(plan.film, choice.framesPerSecond, choice.width, choice.format)}
            </p>
          </>
        ) : (
          <Problem error={plan.error} />
        )}
        <CommandBox
          command={labCommand([...words, '--fps', String(choice.framesPerSecond), '--width', String(choice.width)])}
        />
        {progress !== undefined && <Outcome progress={progress} />}
      </div>
      <div className="film-choices">
        <fieldset className="film-fieldset">
          <legend className="film-label">Views, in this order</legend>
          <ViewList items={items} onChange={change} />
        </fieldset>
        <div>
          <p className="film-label" id="film-format">
            Format
          </p>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-labelledby="film-format"
            data={formats.map(({ value, label }) => ({ value, label }))}
            value={choice.format}
            onChange={value => chooseFilm({ format: value as ReplayFormat })}
          />
          <p className="film-note">{format.note}</p>
        </div>
        {choice.format !== 'png' && (
          <NumberInput
            size="xs"
            label="Frames per second"
            description="One frame shows one snapshot"
            min={1}
            max={60}
            allowDecimal={false}
            clampBehavior="strict"
            value={choice.framesPerSecond}
            onChange={value => typeof value === 'number' && value >= 1 && chooseFilm({ framesPerSecond: value })}
          />
        )}
        <Select
          size="xs"
          label="Width, pixels"
          allowDeselect={false}
          data={widths.map(width => ({ value: String(width), label: `${width} × ${layOut([], width).height}` }))}
          value={String(choice.width)}
          onChange={value => value !== null && chooseFilm({ width: Number(value) })}
        />
        <div className="film-foot">
          <Button variant="default" onClick={closeDialog}>
            Close
          </Button>
          <Button
            data-autofocus
            leftSection={<IconMovie size={16} />}
            disabled={busy || !('film' in plan)}
            onClick={() => void exportFilm(run, chosen)}
          >
            Export
          </Button>
        </div>
      </div>
    </div>
  );
}

function itemsOf(views: readonly Parameters<typeof isFilmable>[0][]): readonly Item[] {
  const shown = new Set(defaultViews(views));
  return views.filter(isFilmable).map(view => ({ view, shown: shown.has(view.id) }));
}

type Snapshots = RunDetails['snapshots'];
const none: Snapshots = [];

/** `views`: their ids with spaces between. */
function planned(views: string, snapshots: Snapshots): { readonly film: Film } | { readonly error: LabErrorDetails } {
  try {
    const run = currentRun(useLab.getState());
    if (run === undefined) throw new Error('There is no run.');
    return { film: planFilmOf(run, views === '' ? [] : views.split(' '), snapshots) };
  } catch (thrown) {
    return { error: asLabError(thrown).toDetails() };
  }
}

function describe(film: Film, framesPerSecond: number, width: number, format: ReplayFormat): string {
  const size = layOut(film.views, width);
  const pictures = film.shots.length;
  const seconds = (pictures + holdOf(framesPerSecond)) / framesPerSecond;
  const length = format === 'png' ? '' : `, ${Number(seconds.toPrecision(2))} s`;
  return `${pictures} ${pictures === 1 ? 'picture' : 'pictures'} of ${size.width} × ${size.height}${length}; the last one is above.`;
}

interface ViewListProps {
  readonly items: readonly Item[];
  readonly onChange: (items: readonly Item[]) => void;
}

function ViewList({ items, onChange }: ViewListProps) {
  const full = items.filter(({ shown }) => shown).length >= MOST_VIEWS;
  const move = (from: number, to: number): void => {
    const next = items.filter((_, index) => index !== from);
    next.splice(to, 0, items[from]);
    onChange(next);
  };
  if (items.length === 0) return <p className="film-note">This run has no view to film; the trace alone is shown.</p>;
  return (
    <ul className="film-views">
      {items.map(({ view, shown }, index) => (
        <li key={view.id}>
          <Checkbox
            size="xs"
            label={view.title}
            checked={shown}
            disabled={!shown && full}
            onChange={() => onChange(items.map(item => (item.view === view ? { ...item, shown: !shown } : item)))}
          />
          <ActionIcon
            size="sm"
            aria-label={`${view.title}: further to the front`}
            disabled={index === 0}
            onClick={() => move(index, index - 1)}
          >
            <IconArrowUp size={14} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={`${view.title}: further to the back`}
            disabled={index === items.length - 1}
            onClick={() => move(index, index + 1)}
          >
            <IconArrowDown size={14} />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}

function Outcome({ progress }: { readonly progress: FilmProgress }) {
  if (progress.kind === 'failed') return <Problem error={progress.error} />;
  if (progress.kind === 'underway') {
    const { done, total } = progress;
    const known = total > 0;
    return (
      <div className="film-foot" role="status">
        <Progress
          flex={1}
          size="sm"
          value={known ? (100 * done) / total : 100}
          animated={!known}
          aria-label="Making the film"
        />
        <span className="film-note numbers">{known ? `${done} of ${total}` : 'Starting…'}</span>
        <Button size="compact-xs" variant="subtle" onClick={cancelFilm}>
          Cancel
        </Button>
      </div>
    );
  }
  if (progress.kind === 'none') return undefined;
  return <Finished run={progress.run} files={progress.files} />;
}

function Finished({ run, files }: Pick<Extract<FilmProgress, { readonly kind: 'done' }>, 'run' | 'files'>) {
  const library = useLab(state => state.description?.library);
  const folder = `${library ?? 'runs'}/${run}/exports`;
  const [first] = files;
  const bytes = formatBytes(files.reduce((sum, file) => sum + file.bytes, 0));
  const link = (name: string, label: string) => (
    <Anchor href={theBridge().url({ of: 'export', run, name })} download={name.split('/').at(-1)} inherit>
      <IconDownload size={14} aria-hidden style={{ verticalAlign: '-2px' }} /> {label}
    </Anchor>
  );
  return (
    <Alert color="green" variant="light" role="status" title="The film is ready">
      {files.length === 1 ? (
        <>
          {link(first.name, first.name)} ({bytes}), in {folder}
        </>
      ) : (
        <>
          {files.length} pictures ({bytes}) in {folder}/{first.name.split('/')[0]}
        </>
      )}
    </Alert>
  );
}

function Problem({ error }: { readonly error: LabErrorDetails }) {
  return (
    <Alert color="red" variant="light" role="alert" title={error.message}>
      {error.tip}
    </Alert>
  );
}
