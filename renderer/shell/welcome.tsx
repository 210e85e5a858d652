// The start page: a drop zone, one tile for each sample with a picture, and the newest runs. A click on a sample starts
// its fit at once.

import { Loader, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconChartDots3, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import type { RunEntry, SampleDescription } from '../../src/protocol/host-calls.ts';
import { openDialog } from '../state/dialogs.ts';
import { useDraft } from '../state/draft.ts';
import { showRun, theBridge, useLab } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';
import { formatAge, formatFigure } from './figures.ts';
import { startSample } from './start-sample.ts';

const NEWEST = 6;

export function Welcome() {
  const description = useLab(state => state.description);
  const library = useLab(state => state.library);
  const newest = Object.values(library ?? {})
    .sort((a, b) => b.created - a.created)
    .slice(0, NEWEST);
  return (
    <div className="welcome">
      <div className="welcome-inner">
        <h1 className="welcome-title">See and steer a fit while it runs</h1>
        <Text c="dimmed" maw={640}>
          Click a sample: gradient descent starts, pictures fill in and the loss falls. Then drag the learning rate and
          watch the trace bend. Every change is recorded and replays to the same bits.
        </Text>
        {description === undefined ? (
          <Loader size="sm" mt="xl" aria-label="Loading the samples" />
        ) : (
          description.fits.map(fit => (
            <section key={fit.id} aria-label={fit.title}>
              <h2 className="welcome-heading">{fit.title}: samples</h2>
              <div className="welcome-tiles">
                {fit.samples.map(sample => (
                  <SampleTile key={sample.id} fit={fit.id} sample={sample} />
                ))}
                <UnstyledButton className="welcome-tile welcome-drop" onClick={() => openFor(fit.id)}>
                  <IconUpload size={32} />
                  <strong>Open your own…</strong>
                  <Text size="xs" c="dimmed">
                    Or drop it anywhere: {fit.takes}
                  </Text>
                </UnstyledButton>
              </div>
            </section>
          ))
        )}
        {newest.length > 0 && (
          <section aria-label="Newest runs">
            <h2 className="welcome-heading">Newest runs</h2>
            <div className="welcome-runs">
              {newest.map(entry => (
                <RunTile key={entry.run} entry={entry} />
              ))}
            </div>
          </section>
        )}
        <Text size="xs" c="dimmed" mt="lg">
          Nothing is uploaded: the lab listens on this computer only.
          {description === undefined ? '' : ` Runs are kept in ${description.library}.`}
        </Text>
      </div>
    </div>
  );
}

function openFor(fit: string): void {
  useDraft.setState({ fit });
  openDialog('open-file');
}

function SampleTile({ fit, sample }: { readonly fit: string; readonly sample: SampleDescription }) {
  const [starting, setStarting] = useState(false);
  const start = (): void => {
    setStarting(true);
    void startSample(fit, sample).finally(() => setStarting(false));
  };
  return (
    <UnstyledButton className="welcome-tile" onClick={start} disabled={starting} data-sample={sample.id}>
      <SamplePicture fit={fit} sample={sample.id} />
      <span className="welcome-tile-text">
        <strong>
          <VisuallyHidden component="span">Start sample: </VisuallyHidden>
          {sample.title} {starting && <Loader size={12} />}
        </strong>
        <Text size="xs" c="dimmed" lineClamp={3} component="span">
          {sample.teaches}
        </Text>
      </span>
    </UnstyledButton>
  );
}

/** A sample that is no picture gets a drawing in its place. */
function SamplePicture({ fit, sample }: { readonly fit: string; readonly sample: string }) {
  const [missing, setMissing] = useState(false);
  if (missing)
    return (
      <span className="welcome-picture welcome-picture-missing">
        <IconChartDots3 size={40} stroke={1.2} />
      </span>
    );
  return (
    <img
      className="welcome-picture"
      alt=""
      src={theBridge().url({ of: 'sample', fit, sample })}
      onError={() => setMissing(true)}
    />
  );
}

function RunTile({ entry }: { readonly entry: RunEntry }) {
  const [name, value] = Object.entries(entry.figures)[0] ?? [];
  return (
    <UnstyledButton className="welcome-run" onClick={() => void guarded(() => showRun(entry.run))}>
      <strong>{entry.name}</strong>
      <Text size="xs" c="dimmed" component="span">
        {entry.state}
        {name === undefined || value === undefined ? '' : `, ${formatFigure(name, value)}`}, {formatAge(entry.created)}
      </Text>
    </UnstyledButton>
  );
}
