// Everything that went wrong since the window was opened, and what the engine had to do in the run on show.

import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import type { RunEvent } from '../../../src/protocol/run.ts';
import { setCursor } from '../../state/cursor.ts';
import { showRun, useCurrentRun, useLab } from '../../state/lab.ts';
import { dismissProblem, guarded, type LabProblem, markProblemsSeen, useProblems } from '../../state/problems.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { formatClock, formatCount } from '../../widgets/format-number.ts';
import { placeOf, problemText, recoveries } from './problem-text.ts';
import './problems.css';

export function ProblemsPanel({ visible }: { readonly visible: boolean }) {
  const list = useProblems(problems => problems.list);
  useEffect(() => {
    if (visible && list.length > 0) markProblemsSeen();
  }, [visible, list]);
  if (!visible) return <div className="panel problems" />;
  return (
    <div className="panel problems">
      <div className="problems-head">
        <p className="problems-note">
          {list.length === 0
            ? 'No problems.'
            : list.length === 1
              ? '1 problem'
              : `${list.length} problems, newest first`}
        </p>
        {list.length > 0 && (
          <Button size="compact-xs" variant="subtle" onClick={() => useProblems.setState({ list: [], unseen: 0 })}>
            Clear
          </Button>
        )}
      </div>
      <ul className="problems-list">
        {list.map(problem => (
          <Problem key={problem.id} problem={problem} />
        ))}
      </ul>
      <EngineEvents />
    </div>
  );
}

function Problem({ problem }: { readonly problem: LabProblem }) {
  const { id, time, run, error } = problem;
  const name = useLab(({ library }) => (run === undefined ? undefined : (library?.[run]?.name ?? run)));
  return (
    <li className="problems-entry">
      <p className="problems-message">{error.message}</p>
      {error.tip !== undefined && <p className="problems-tip">{error.tip}</p>}
      <div className="problems-tools">
        <p className="problems-note">
          <span className="numbers">{formatClock(time)}</span>
          {error.where === undefined ? '' : ` · ${placeOf(error.where)}`}
        </p>
        {run !== undefined && (
          <Button
            size="compact-xs"
            variant="subtle"
            title={`Open ${name}`}
            maw={110}
            onClick={() => void guarded(() => showRun(run))}
          >
            {name}
          </Button>
        )}
        <CopyButton text={problemText(problem)} label="Copy the details" />
        <Tooltip label="Dismiss">
          <ActionIcon size="sm" aria-label="Dismiss this problem" onClick={() => dismissProblem(id)}>
            <IconX size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
}

function EngineEvents() {
  const events = useCurrentRun(({ details }) => details.events);
  const members = useCurrentRun(({ details }) => details.problem?.members);
  const list = recoveries(events ?? []);
  if (list.length === 0) return undefined;
  return (
    <section aria-label="What the engine did in this run">
      <p className="problems-note" style={{ marginBottom: 6 }}>
        What the engine had to do in this run
      </p>
      <ul className="problems-list">
        {list.map(event => (
          <EngineEvent key={`${event.iteration} ${event.path}`} event={event} several={(members?.length ?? 1) > 1} />
        ))}
      </ul>
    </section>
  );
}

function EngineEvent({ event, several }: { readonly event: RunEvent; readonly several: boolean }) {
  const member = event.path.split('.')[1];
  return (
    <li className="problems-entry" data-kind="engine">
      <p className="problems-message">
        {several ? `Member ${member}: ` : ''}
        {event.value}
      </p>
      <Button size="compact-xs" variant="subtle" onClick={() => setCursor({ iteration: event.iteration })}>
        Look at iteration {formatCount(event.iteration)}
      </Button>
    </li>
  );
}
