// What a run has written for other tools, what else it can write, and the command line that makes the same run.

import { Button, Progress, Select } from '@mantine/core';
import { IconDownload, IconFileExport, IconMovie } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { ExportedFile, ExportFileDescription, ExportFormatDescription } from '../../../src/protocol/host-calls.ts';
import type { RunState } from '../../../src/protocol/run.ts';
import { perform } from '../../actions/actions.ts';
import { labCommand } from '../../state/command-line.ts';
import { runCommand } from '../../state/draft-command.ts';
import { exportRun, refreshExports } from '../../state/exports.ts';
import { theBridge, useCurrentRun, useLab } from '../../state/lab.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { reportProblem } from '../../state/problems.ts';
import { CommandBox } from '../../widgets/command-box.tsx';
import { formatBytes, formatCount } from '../../widgets/format-number.ts';
import { fileContent } from './file-content.ts';
import { groupFrames } from './group-frames.ts';
import './export.css';

const noFormats: readonly ExportFormatDescription[] = [];
const noFiles: readonly ExportFileDescription[] = [];

export function ExportPanel({ visible }: { readonly visible: boolean }) {
  const run = useCurrentRun(({ details }) => details.entry.run);
  if (!visible) return <div className="panel export" />;
  return (
    <div className="panel export">
      {run === undefined ? (
        <p className="export-note">
          Nothing to export yet: start the run first. Its results can be written here while it runs, too.
        </p>
      ) : (
        <RunExports key={run} run={run} />
      )}
    </div>
  );
}

function RunExports({ run }: { readonly run: string }) {
  const fitId = useCurrentRun(({ details }) => details.recipe.fit);
  const recipe = useCurrentRun(({ details }) => details.recipe);
  const events = useCurrentRun(({ details }) => details.events);
  const state = useCurrentRun(({ details }) => details.entry.state) ?? 'loading';
  const fit = useLab(({ description }) => description?.fits.find(({ id }) => id === fitId));
  const over = state === 'finished' || state === 'stopped';
  useEffect(() => {
    if (over) void refreshExports(run);
  }, [over, run]);
  return (
    <>
      <Files run={run} state={state} described={fit?.exportFiles ?? noFiles} />
      <Formats run={run} formats={fit?.exportFormats ?? noFormats} beside={fit?.exportFiles ?? noFiles} state={state} />
      {state !== 'loading' && state !== 'created' && <Records run={run} />}
      <section className="export-section" aria-label="Film">
        <h2 className="export-heading">Film</h2>
        <p className="export-note">
          Chosen views over the iterations, beside the trace: MP4, WebM or a PNG for each snapshot.
        </p>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconMovie size={16} />}
          onClick={() => perform('library.replay-export')}
        >
          Film of the run…
        </Button>
      </section>
      {recipe !== undefined && events !== undefined && (
        <section className="export-section" aria-label="Command line">
          <h2 className="export-heading">Equivalent command</h2>
          <p className="export-note">The same run without a window, with the changes made while it ran:</p>
          <CommandBox command={runCommand(recipe, events, fit)} />
        </section>
      )}
    </>
  );
}

interface FilesProps {
  readonly run: string;
  readonly state: RunState;
  readonly described: readonly ExportFileDescription[];
}

function Files({ run, state, described }: FilesProps) {
  const files = useCurrentRun(({ details }) => details.exports) ?? [];
  const what = useCurrentRun(({ details: { summary } }) => {
    if (summary === undefined) return undefined;
    const best = summary.members.find(({ member }) => member === summary.bestMember);
    const member =
      summary.members.length > 1 ? ` of member ${summary.bestMember} (${best?.label ?? ''}), the best` : '';
    return `The result${member}, at iteration ${formatCount(best?.bestIteration ?? (best?.iterations ?? 1) - 1)}.`;
  });
  return (
    <section className="export-section" aria-label="Exported files">
      <h2 className="export-heading">Files of this run</h2>
      {files.length === 0 ? (
        <p className="export-note">
          {state === 'running' || state === 'paused' || state === 'ready' || state === 'loading'
            ? 'Nothing yet: the run writes its result when it ends. Below, the result so far can be written at any time.'
            : 'Nothing yet. Choose a format below.'}
        </p>
      ) : (
        <>
          {what !== undefined && <p className="export-note">{what}</p>}
          <ul className="export-files">
            {groupFrames(files).map((group, place, groups) =>
              group.length === 1 ? (
                <FileRow
                  key={group[0].name}
                  run={run}
                  file={group[0]}
                  content={unlessSaid(described, group[0].name, groups[place - 1]?.[0].name)}
                />
              ) : (
                <li key={group[0].name} className="export-frames">
                  <details>
                    <summary>
                      {group.length} pictures, {group[0].name} …
                      <span className="export-size">
                        {formatBytes(group.reduce((sum, { bytes }) => sum + bytes, 0))}
                      </span>
                    </summary>
                    <ul className="export-files">
                      {group.map(file => (
                        <FileRow key={file.name} run={run} file={file} />
                      ))}
                    </ul>
                  </details>
                  <Content text={fileContent(described, group[0].name)} />
                </li>
              ),
            )}
          </ul>
        </>
      )}
    </section>
  );
}

/** Files of one folder that follow each other share their words. */
function unlessSaid(files: readonly ExportFileDescription[], name: string, before: string | undefined) {
  const content = fileContent(files, name);
  return before !== undefined && content === fileContent(files, before) ? undefined : content;
}

interface FileRowProps {
  readonly run: string;
  readonly file: ExportedFile;
  readonly content?: string | undefined;
}

function FileRow({ run, file: { name, bytes }, content }: FileRowProps) {
  return (
    <li>
      <a href={theBridge().url({ of: 'export', run, name })} download={name.split('/').at(-1)}>
        <IconDownload size={14} aria-hidden />
        {name}
      </a>
      <span className="export-size">{formatBytes(bytes)}</span>
      <Content text={content} />
    </li>
  );
}

function Content({ text }: { readonly text: string | undefined }) {
  return text === undefined ? undefined : <p className="export-note export-content">{text}</p>;
}

interface FormatsProps {
  readonly run: string;
  readonly formats: readonly ExportFormatDescription[];
  /** Files that are written whatever the format is. */
  readonly beside: readonly ExportFileDescription[];
  readonly state: RunState;
}

interface Underway {
  readonly done: number | undefined;
  readonly abort: AbortController;
}

function Formats({ run, formats, beside, state }: FormatsProps) {
  const library = useLab(({ description }) => description?.library) ?? 'runs';
  const preferred = usePreferences(({ exportFormat }) => exportFormat);
  const chosen = formats.find(({ id }) => id === preferred) ?? formats[0];
  const [underway, setUnderway] = useState<Underway | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  if (chosen === undefined) return undefined;
  const early = state === 'loading' || state === 'created';
  const write = async (): Promise<void> => {
    const abort = new AbortController();
    const tell = (progress: Underway | undefined) => alive.current && setUnderway(progress);
    tell({ done: undefined, abort });
    setSaid(undefined);
    try {
      const files = await exportRun(run, chosen.id, {
        signal: abort.signal,
        onProgress: (done, total) => tell({ done: total === 0 ? undefined : done / total, abort }),
      });
      if (alive.current) setSaid(`Written: ${files.map(({ name }) => name).join(', ')}`);
    } catch (thrown) {
      if (!abort.signal.aborted) reportProblem(thrown, run);
    } finally {
      tell(undefined);
    }
  };
  return (
    <section className="export-section" aria-label="Export as">
      <h2 className="export-heading">Export as</h2>
      <Select
        size="xs"
        aria-label="Format"
        allowDeselect={false}
        data={formats.map(({ id, title }) => ({ value: id, label: title }))}
        value={chosen.id}
        onChange={id => id !== null && setPreferences({ exportFormat: id })}
      />
      <p className="export-note">{chosen.content}</p>
      {beside.length > 0 && (
        <details className="export-note">
          <summary>With it come {beside.map(({ name }) => name).join(', ')}</summary>
          <ul className="export-files">
            {beside.map(({ name, content }) => (
              <li key={name}>
                <span>{name}</span>
                <Content text={content} />
              </li>
            ))}
          </ul>
        </details>
      )}
      {underway === undefined ? (
        <Button size="xs" leftSection={<IconFileExport size={16} />} disabled={early} onClick={() => void write()}>
          {state === 'finished' || state === 'stopped' ? 'Export' : 'Export the result so far'}
        </Button>
      ) : (
        <div role="status" style={{ display: 'flex', alignItems: 'center', gap: 8 }}>
          <Progress
            flex={1}
            size="sm"
            value={underway.done === undefined ? 100 : 100 * underway.done}
            animated={underway.done === undefined}
            aria-label="Exporting"
          />
          <Button size="compact-xs" variant="subtle" onClick={() => underway.abort.abort()}>
            Cancel
          </Button>
        </div>
      )}
      {early && <p className="export-note">The input is still being read.</p>}
      {said !== undefined && (
        <p className="export-note" role="status">
          {said}
        </p>
      )}
      <p className="export-note">On the command line:</p>
      <CommandBox command={labCommand(['export', `${library}/${run}`, '--format', chosen.id])} />
    </section>
  );
}

/** Whole files of the run's folder, as they are now. */
const records = [
  { name: 'trace.csv', title: 'Trace (CSV)', content: 'loss, rates, terms by iteration' },
  { name: 'recipe.json', title: 'Recipe (JSON)', content: 'settings, seed, hashes' },
] as const;

function Records({ run }: { readonly run: string }) {
  return (
    <section className="export-section" aria-label="Records">
      <h2 className="export-heading">Records</h2>
      <ul className="export-files">
        {records.map(({ name, title, content }) => (
          <li key={name}>
            <a href={theBridge().url({ of: 'export', run, name })} download={`${run}-${name}`}>
              <IconDownload size={14} aria-hidden />
              {title}
            </a>
            <span className="export-size">{content}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
