// Turning the live values of the run on show: learning rates of groups and members, all else that is live, the pace, and
// what was changed so far. With the cursor set back, the same controls prepare a branch.

import { Alert, Button, Select, Switch } from '@mantine/core';
import { IconArrowFork, IconInfoCircle } from '@tabler/icons-react';
import { useEffect, useMemo, useRef } from 'react';
import type { ProblemDescription } from '../../../src/protocol/run.ts';
import { perform } from '../../actions/actions.ts';
import { bestMember } from '../../state/best-member.ts';
import { branchAtCursor, branchChangesOf, forgetBranchChanges, useBranchChanges } from '../../state/branch-changes.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { groupsOf, hyperTableAt } from '../../state/hyper.ts';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { dialOf, liveSettings, type Scope, withChanges } from '../../state/steering.ts';
import { formatCount } from '../../widgets/format-number.ts';
import { grouped } from '../settings/setting-list.ts';
import { showActingRate } from './acting-rate.ts';
import { ChangeList } from './change-list.tsx';
import { DialRow } from './dial-row.tsx';
import { PaceControls } from './pace-controls.tsx';
import { useScope } from './scope.ts';
import { type SteerMode, steerMode, unreachable } from './steer-mode.ts';
import './steer.css';

const RATE = 'learningRate';

export function SteerPanel({ visible }: { readonly visible: boolean }) {
  const run = useCurrentRun(({ details }) => details.entry.run);
  const problem = useCurrentRun(({ details }) => details.problem);
  const draft = useLab(state => state.current.kind === 'draft');
  if (!visible) return <div className="panel steer" />;
  if (run === undefined || problem === undefined) {
    return (
      <div className="panel steer">
        <p className="steer-note">
          {draft
            ? 'The run is not started yet. Its start values are under Settings; once it runs, they are turned here.'
            : 'The input is being read. Learning rates and all other live values are turned here once the fit is ready.'}
        </p>
      </div>
    );
  }
  return <Steering key={run} run={run} problem={problem} />;
}

function Steering({ run, problem }: { readonly run: string; readonly problem: ProblemDescription }) {
  const state = useCurrentRun(({ details }) => details.entry.state) ?? 'loading';
  const events = useCurrentRun(({ details }) => details.events);
  const accepted = useCurrentRun(({ details }) => details.accepted);
  const cursor = useCursor(({ iteration }) => iteration);
  const prepared = useBranchChanges(changes => branchChangesOf(changes, run));
  const connected = useLab(({ connection }) => connection === 'open');
  const turning = steerMode(state, cursor);
  const mode = connected ? turning : unreachable;
  const [scope, setScope] = useScope(problem.members.length);
  const at = turning.kind === 'branch' ? turning.iteration : 'now';
  const table = useMemo(() => {
    const then = hyperTableAt(problem, { events: events ?? [], accepted: accepted ?? [] }, at);
    return at === 'now' ? then : withChanges(problem, then, prepared);
  }, [problem, events, accepted, prepared, at]);
  const level = usePreferences(({ settingsLevel }) => settingsLevel);
  const rate = dialOf({ problem, table, name: RATE, scope, group: '' });
  const groups = groupsOf(problem).filter(group =>
    problem.members.some((member, m) => (scope === 'all' || scope === m) && member.groups.includes(group)),
  );
  const others = liveSettings(problem, scope).filter(({ name }) => name !== RATE);
  const dials = others.flatMap(({ name }) => {
    const dial = dialOf({ problem, table, name, scope, group: '' });
    return dial === undefined ? [] : [dial];
  });
  const shown = dials.filter(
    ({ setting, values, start }) =>
      level === 'advanced' ||
      setting.level === 'basic' ||
      values.some(value => value !== start) ||
      start !== Number(setting.default ?? start),
  );
  const sections = grouped(shown);
  return (
    <div className="panel steer">
      <ModeNote run={run} mode={mode} prepared={Object.keys(prepared).length} />
      {problem.members.length > 1 && (
        <Select
          size="xs"
          label="Steer"
          allowDeselect={false}
          data={[
            { value: 'all', label: `All ${problem.members.length} members` },
            ...problem.members.map(({ label }, m) => ({ value: String(m), label: `Member ${m}: ${label}` })),
          ]}
          value={String(scope)}
          onChange={chosen => setScope(chosen === 'all' || chosen === null ? 'all' : Number(chosen))}
        />
      )}
      {rate !== undefined && (
        <section className="steer-section" aria-label="Learning rate">
          <DialRow run={run} dial={rate} mode={mode} />
          {groups.length > 1 &&
            groups.map(group => {
              const dial = dialOf({ problem, table, name: RATE, scope, group });
              return dial === undefined ? undefined : (
                <DialRow key={group} run={run} dial={dial} mode={mode} title={group} common={rate} />
              );
            })}
          <ActingRate run={run} scope={scope} />
        </section>
      )}
      {sections.map(([heading, members]) => (
        <section key={heading} className="steer-section" aria-label={heading}>
          <h2 className="steer-heading">{heading}</h2>
          {members.map(dial => (
            <DialRow key={dial.path} run={run} dial={dial} mode={mode} />
          ))}
        </section>
      ))}
      <Switch
        size="xs"
        label={`Show all ${dials.length + 1} live values`}
        checked={level === 'advanced'}
        onChange={event => setPreferences({ settingsLevel: event.currentTarget.checked ? 'advanced' : 'basic' })}
      />
      <PaceControls run={run} connected={connected} />
      <ChangeList run={run} problem={problem} events={events ?? []} accepted={accepted ?? []} />
    </div>
  );
}

interface ModeNoteProps {
  readonly run: string;
  readonly mode: SteerMode;
  /** Values that were turned for a branch. */
  readonly prepared: number;
}

function ModeNote({ mode, prepared }: ModeNoteProps) {
  if (mode.kind === 'live') return undefined;
  if (mode.kind === 'branch') {
    return (
      <Alert
        p="xs"
        color="indigo"
        icon={<IconArrowFork size={18} />}
        title={`You look at iteration ${formatCount(mode.iteration)}`}
      >
        <p className="steer-note">
          The values you turn here make a branch: a new run that equals this one up to there. This run stays as it is.
        </p>
        <div className="steer-row" style={{ flexWrap: 'wrap', marginTop: 6 }}>
          <Button size="compact-xs" onClick={() => void branchAtCursor()}>
            {prepared === 0
              ? 'Branch here'
              : prepared === 1
                ? 'Branch with 1 change'
                : `Branch with ${prepared} changes`}
          </Button>
          {prepared > 0 && (
            <Button size="compact-xs" variant="default" onClick={forgetBranchChanges}>
              Forget them
            </Button>
          )}
          <Button size="compact-xs" variant="subtle" onClick={() => setCursor({ iteration: 'now' })}>
            Back to the present
          </Button>
        </div>
      </Alert>
    );
  }
  return (
    <Alert p="xs" color="gray" icon={<IconInfoCircle size={18} />} title={mode.reason}>
      {mode.way === 'branch' && (
        <>
          <p className="steer-note">Set the cursor back on the timeline and turn values there: that makes a branch.</p>
          <div className="steer-row" style={{ flexWrap: 'wrap', marginTop: 6 }}>
            <Button size="compact-xs" variant="default" onClick={lookHalfway}>
              Set the cursor back
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => perform('library.again')}>
              New run with these settings…
            </Button>
          </div>
        </>
      )}
    </Alert>
  );
}

/** To the recorded iteration nearest to the middle of the run: from its end nothing would be left to branch. */
function lookHalfway(): void {
  const { snapshots = [], entry } = currentRun(useLab.getState())?.details ?? {};
  const half = (entry?.iteration ?? 0) / 2;
  const iterations = [...new Set(snapshots.map(({ iteration }) => iteration))];
  const [nearest = 0] = iterations.sort((a, b) => Math.abs(a - half) - Math.abs(b - half));
  setCursor({ iteration: nearest });
}

function ActingRate({ run, scope }: { readonly run: string; readonly scope: Scope }) {
  const line = useRef<HTMLParagraphElement>(null);
  const iteration = useCursor(cursor => cursor.iteration);
  const trace = useLab(({ open }) => open[run]?.trace);
  const events = useCurrentRun(({ details }) => details.events);
  // biome-ignore lint/correctness/useExhaustiveDependencies: events change what a rate is a share of.
  useEffect(() => {
    const opened = currentRun(useLab.getState());
    if (line.current === null || opened === undefined || trace === undefined) return;
    return showActingRate(line.current, {
      run: opened,
      member: scope === 'all' ? bestMember(opened) : scope,
      iteration,
    });
  }, [trace, scope, iteration, events]);
  return <p ref={line} className="steer-note steer-acting" />;
}
