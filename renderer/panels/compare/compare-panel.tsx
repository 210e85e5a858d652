// Compare: two or more runs of the library on one chart, with their figures, the settings in which they differ, and their
// pictures side by side.

import './compare-panel.css';
import { ActionIcon, Button, Switch, Tooltip } from '@mantine/core';
import { IconClipboardText, IconMarkdown, IconPlus, IconStarFilled, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { figureHeading } from '../../plots/figure-words.ts';
import { runVariable } from '../../plots/plot-colours.ts';
import { type TextTable, toCsv, toMarkdown } from '../../plots/text-table.ts';
import { addToComparison, removeFromComparison, useComparison } from '../../state/comparison.ts';
import { openRun, showRun, useLab } from '../../state/lab.ts';
import { guarded } from '../../state/problems.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { formatNumber } from '../../widgets/format-number.ts';
import type { PanelProps } from '../panel-components.ts';
import { CompareChart } from './compare-chart.tsx';
import { ComparePictures } from './compare-pictures.tsx';
import { comparedRuns } from './compare-plot.ts';
import { differingSettings, type FigureTable, figureTable, textOfFigures } from './compare-tables.ts';
import { RunPicker } from './run-picker.tsx';

export function ComparePanel({ visible }: PanelProps) {
  const runs = useComparison(comparison => comparison.runs);
  useEffect(() => {
    // What was closed elsewhere is opened again while it is compared.
    if (visible) for (const run of runs) void guarded(() => openRun(run), run);
  }, [visible, runs]);
  return (
    <div className="panel compare">
      <div className="compare-head">
        <RunPicker />
        <AddShown />
        {runs.map((run, place) => (
          <RunChip key={run} run={run} place={place} />
        ))}
      </div>
      {runs.length === 0 ? (
        <p className="compare-empty">
          Choose two or more runs: their curves come onto one chart, with the settings in which they differ, their
          figures and their pictures side by side.
        </p>
      ) : (
        <Compared visible={visible} />
      )}
    </div>
  );
}

/** The run on show, unless it is compared already. */
function AddShown() {
  const shown = useLab(({ current }) => (current.kind === 'run' ? current.run : undefined));
  const compared = useComparison(({ runs }) => shown !== undefined && runs.includes(shown));
  if (shown === undefined || compared) return undefined;
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconPlus size={14} />}
      onClick={() => addToComparison([shown])}
    >
      The run on show
    </Button>
  );
}

function RunChip({ run, place }: { readonly run: string; readonly place: number }) {
  const name = useLab(({ library }) => library?.[run]?.name ?? run);
  return (
    <span className="compare-chip">
      <i style={{ background: `var(${runVariable(place)})` }} />
      <Tooltip label={`Show ${name}`}>
        <button type="button" onClick={() => guarded(() => showRun(run), run)}>
          {name}
        </button>
      </Tooltip>
      <ActionIcon size="xs" aria-label={`Compare ${name} no longer`} onClick={() => removeFromComparison(run)}>
        <IconX size={12} />
      </ActionIcon>
    </span>
  );
}

/** A text that changes when the tables do, and not with every iteration. */
function useTableStamp(): string {
  return useLab(({ open }) =>
    useComparison
      .getState()
      .runs.map(run => {
        const details = open[run]?.details;
        if (details === undefined) return run;
        const { entry, summary, events, problem } = details;
        const figures = Object.values(entry.figures).join(' ');
        const done = summary === undefined ? '' : 'done';
        return [run, entry.name, entry.state, figures, done, events.length, problem === undefined ? '' : 'read'].join(
          '|',
        );
      })
      .join('\n'),
  );
}

/** Runs with more members are compared by their best ones, unless the user says otherwise. */
const MANY_MEMBERS = 8;

function Compared({ visible }: PanelProps) {
  const [wanted, setWanted] = useState<'best' | 'all'>();
  const runs = useComparison(comparison => comparison.runs);
  const stamp = useTableStamp();
  const description = useLab(state => state.description);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stamp stands for what is read from the stores.
  const { figures, settings, opened, most, shown } = useMemo(() => {
    const opened = comparedRuns();
    const details = opened.map(run => run.details);
    const most = Math.max(0, ...details.map(({ summary }) => summary?.members.length ?? 0));
    const shown = wanted ?? (most > MANY_MEMBERS ? 'best' : 'all');
    return {
      opened,
      most,
      shown,
      figures: figureTable(details, shown),
      settings: differingSettings(details, description?.fits ?? []),
    };
  }, [runs, stamp, description, wanted]);
  if (opened.length === 0) return <p className="compare-empty">Opening the runs…</p>;
  return (
    <div className="compare-parts">
      <CompareChart runs={opened} visible={visible} />
      <ComparePictures runs={opened} visible={visible} />
      <Section
        title="Figures"
        table={textOfFigures(figures)}
        tools={
          most > 1 && (
            <Switch
              size="xs"
              label="Every member"
              checked={shown === 'all'}
              onChange={event => setWanted(event.currentTarget.checked ? 'all' : 'best')}
            />
          )
        }
      >
        <Figures table={figures} order={runs} />
      </Section>
      <Section title="Settings that differ" table={settings}>
        {runs.length < 2 ? (
          <p className="compare-dimmed">Choose a second run to see in what they differ.</p>
        ) : settings.rows.length === 0 ? (
          <p className="compare-dimmed">None: these runs were made from the same recipe.</p>
        ) : (
          <Settings table={settings} />
        )}
      </Section>
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly table: TextTable;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, table, tools, children }: SectionProps) {
  const what = title.toLowerCase();
  return (
    <section className="compare-part compare-wide" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {tools}
        <CopyButton
          label={`Copy ${what} as CSV`}
          words="CSV"
          icon={<IconClipboardText size={14} />}
          text={() => toCsv(table)}
        />
        <CopyButton
          label={`Copy ${what} as Markdown`}
          words="Markdown"
          icon={<IconMarkdown size={14} />}
          text={() => toMarkdown(table)}
        />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an area that scrolls is reached by keys. */}
      <section className="compare-scroll" tabIndex={0} aria-label={`${title}, table`}>
        {children}
      </section>
    </section>
  );
}

function Figures({ table, order }: { readonly table: FigureTable; readonly order: readonly string[] }) {
  const { figures, rows, best } = table;
  return (
    <table className="numbers">
      <thead>
        <tr>
          <th scope="col">Run</th>
          {figures.map(figure => (
            <th scope="col" key={figure}>
              {figureHeading(figure)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ run, member, name, values }, place) => (
          <tr key={`${run} ${member}`}>
            <th scope="row" title={name}>
              <i style={{ background: `var(${runVariable(order.indexOf(run))})` }} />
              {name}
            </th>
            {figures.map(figure => {
              const leads = best[figure].includes(place);
              return (
                <td key={figure} className={leads ? 'compare-best' : ''}>
                  {leads && <IconStarFilled size={9} aria-label="best" />}{' '}
                  {values[figure] === undefined ? '' : formatNumber(values[figure])}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Settings({ table: { columns, rows } }: { readonly table: TextTable }) {
  return (
    <table>
      <thead>
        <tr>
          {columns.map((column, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: runs may have the same name.
            <th scope="col" key={place}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([title, ...cells]) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            {cells.map((cell, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: one for each run.
              <td key={place}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
