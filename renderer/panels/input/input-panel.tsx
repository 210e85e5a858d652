// What an input was understood as: of the draft, before anything is started; of a run, as it was loaded.

import { Alert, Loader } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { InputReport } from '../../../src/protocol/host-calls.ts';
import type { ProblemReport } from '../../../src/protocol/run.ts';
import { useDraft } from '../../state/draft.ts';
import { maskText } from '../../state/draft-command.ts';
import { useCurrentRun, useLab } from '../../state/lab.ts';
import { BackToRun } from '../../widgets/back-to-run.tsx';
import { CopyButton } from '../../widgets/copy-button.tsx';
import { type Fact, FactTable } from '../../widgets/fact-table.tsx';
import { formatCount } from '../../widgets/format-number.ts';
import { placeOf } from '../problems/problem-text.ts';
import { ClipFields } from './clip-fields.tsx';
import { ClipStrip } from './clip-strip.tsx';
import { InputPicture, StaticPictures } from './input-picture.tsx';
import { summaryFacts } from './summary-facts.ts';
import './input.css';

export function InputPanel({ visible }: { readonly visible: boolean }) {
  const kind = useLab(({ current }) => current.kind);
  return (
    <div className="panel input-panel">
      {visible && kind === 'draft' && <DraftInput />}
      {visible && kind === 'run' && <RunInput />}
    </div>
  );
}

function DraftInput() {
  const { fit, input, report, busy, error, mask, drawn, progress, ...rest } = useDraft();
  if (report === undefined || input === undefined) {
    if (busy !== 'no')
      return <Waiting text={busy === 'uploading' ? 'Handing the file to the lab …' : 'Reading the input …'} />;
    return error === undefined ? (
      <p className="input-note">No input yet. Drop a file anywhere, or open a sample.</p>
    ) : (
      <Alert p="xs" color="red" icon={<IconAlertTriangle size={18} />} title={error.message}>
        <p className="input-note">
          {error.tip}
          {error.where === undefined ? '' : ` (${placeOf(error.where)})`}
        </p>
        <BackToRun run={rest.cameFrom} />
      </Alert>
    );
  }
  const name = rest.name ?? report.name;
  const draft = { fit, input, report, busy, error, mask, drawn, progress, ...rest };
  return (
    <>
      <h2 className="input-heading">{name}</h2>
      {report.clip === undefined && report.picture !== undefined && (
        <InputPicture {...draft} input={input} name={name} settings={report.kind === 'scene' ? draft.settings : {}} />
      )}
      {report.clip !== undefined && <ClipStrip {...draft} input={input} clip={report.clip} />}
      {report.clip !== undefined && <ClipFields input={input} clip={report.clip} />}
      <Warnings report={report} />
      <FactTable label="What the input was understood as" facts={reportFacts(report)} />
      <p className="input-note">Mask: {maskText(draft)}</p>
    </>
  );
}

function Waiting({ text }: { readonly text: string }) {
  return (
    <div role="status" style={{ display: 'flex', alignItems: 'center', gap: 8 }}>
      <Loader size={14} />
      <span className="input-note">{text}</span>
    </div>
  );
}

function Warnings({ report: { warnings } }: { readonly report: ProblemReport }) {
  return warnings.map(text => (
    <Alert key={text} p="xs" color="orange" icon={<IconAlertTriangle size={18} />}>
      <p style={{ margin: 0 }}>{text}</p>
    </Alert>
  ));
}

const kinds: Readonly<Record<InputReport['kind'], string>> = {
  picture: 'a picture',
  video: 'a video, frame by frame',
  array: 'an array of numbers',
  synthetic: 'a problem made by the program',
  scene: 'a scene with objects and poses',
};

function reportFacts(report: InputReport): readonly Fact[] {
  return [{ name: 'Taken for', value: kinds[report.kind] }, ...factsOf(report)];
}

function factsOf({ facts }: ProblemReport): readonly Fact[] {
  return Object.entries(facts).map(([name, value]) => ({ name, value }));
}

function RunInput() {
  const recipe = useCurrentRun(({ details }) => details.recipe);
  const problem = useCurrentRun(({ details }) => details.problem);
  const reading = useCurrentRun(run => run.reading);
  const entry = useCurrentRun(({ details }) => details.entry);
  if (recipe === undefined || entry === undefined) return <Waiting text="The run is loading …" />;
  return (
    <>
      <h2 className="input-heading">{recipe.input}</h2>
      {problem === undefined && (
        <Waiting
          text={
            reading === undefined
              ? 'The input is being read …'
              : `Reading frame ${formatCount(reading.done)} of ${formatCount(reading.total)} …`
          }
        />
      )}
      {problem !== undefined && (
        <>
          <StaticPictures run={entry.run} views={problem.views} />
          {problem.summary.title !== undefined && <p className="input-note">{problem.summary.title}</p>}
        </>
      )}
      {problem?.report !== undefined && <Warnings report={problem.report} />}
      {problem !== undefined && (
        <FactTable
          label="What the fit was given"
          facts={problem.report === undefined ? summaryFacts(problem.summary) : factsOf(problem.report)}
        />
      )}
      <section aria-label="Files">
        <h2 className="input-heading">Files</h2>
        {recipe.files.length === 0 ? (
          <p className="input-note">None: the input is made by the program, from the seed.</p>
        ) : (
          <FactTable
            label="Files and their hashes"
            facts={recipe.files.map(({ path, sha256 }) => ({
              name: path,
              value: (
                <span style={{ display: 'flex', alignItems: 'center', gap: 4 }}>
                  <span className="input-hash" title={`SHA-256 ${sha256}`}>
                    {sha256.slice(0, 12)}…
                  </span>
                  <CopyButton text={sha256} label="Copy the SHA-256 hash" />
                </span>
              ),
            }))}
          />
        )}
      </section>
    </>
  );
}
