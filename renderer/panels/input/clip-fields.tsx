// Which frames of a video or a folder a run takes. An edit has the input looked at again, and can be undone.

import { NativeSelect } from '@mantine/core';
import { type FrameChoice, type FramePick, framePicks, splitFrameChoice } from '../../../src/formats/frame-choice.ts';
import type { ClipReport } from '../../../src/protocol/host-calls.ts';
import { setDraftFrames } from '../../state/draft-edits.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { NumberField } from '../../widgets/number-field.tsx';

type NumberKey = 'first' | 'end' | 'stride' | 'maxFrames' | 'maxSide';

interface ClipField {
  readonly key: NumberKey;
  readonly title: string;
  readonly help: string;
  readonly minimum: number;
  /** What is shown where the user gives none. */
  readonly open: string;
  readonly unit?: string;
}

const fields: readonly ClipField[] = [
  { key: 'first', title: 'From frame', minimum: 0, open: '0', help: 'Frames are counted from 0.' },
  {
    key: 'end',
    title: 'Up to frame',
    minimum: 1,
    open: 'the end',
    help: 'The first frame that is left out; empty: to the end.',
  },
  { key: 'stride', title: 'Every n-th', minimum: 1, open: '1', help: 'Of 2, every second frame is taken.' },
  {
    key: 'maxFrames',
    title: 'Frames at most',
    minimum: 1,
    open: 'as usual',
    help: 'Where there are more, some are left out. Empty: 60 of a video file, all of a folder.',
  },
  {
    key: 'maxSide',
    title: 'Longer side',
    minimum: 1,
    open: 'as it is',
    unit: 'px',
    help: 'Larger frames are scaled down by a whole factor: memory and time shrink with its square.',
  },
];

const pickLabels: Readonly<Record<FramePick, string>> = {
  first: 'the first',
  sharpest: 'the sharpest',
  motion: 'equal motion',
};

export interface ClipFieldsProps {
  readonly input: string;
  readonly clip: ClipReport;
}

export function ClipFields({ input, clip: { frames, chosen } }: ClipFieldsProps) {
  const { choice } = splitFrameChoice(input);
  const change = (part: Partial<FrameChoice>): void => void setDraftFrames({ ...choice, ...part });
  return (
    <section className="clip-fields" aria-label="Choice of frames">
      <p className="input-note">
        {chosen.length} of {frames} frames
      </p>
      {fields.map(({ key, title, help, minimum, open, unit }) => (
        <div key={key} className="clip-field">
          <span className="clip-title">
            {title}
            <HelpMark label={title} text={help} />
          </span>
          <NumberField
            label={title}
            width={118}
            value={choice[key]}
            placeholder={open}
            unit={unit}
            check={text => refusalOf(text, minimum)}
            onTurn={value => change({ [key]: value })}
            onClear={() => change({ [key]: key === 'first' ? 0 : key === 'stride' ? 1 : undefined })}
          />
        </div>
      ))}
      <div className="clip-field">
        <span className="clip-title">
          Which are kept
          <HelpMark
            label="Which are kept"
            text="Where “Frames at most” leaves some out: the first or the sharpest of each stretch of equal length, or those between which the picture moves by equal amounts, for which the video is decoded once before."
          />
        </span>
        <NativeSelect
          size="xs"
          w={118}
          aria-label="Which are kept"
          value={choice.pick}
          data={framePicks.map(value => ({ value, label: pickLabels[value] }))}
          onChange={event => change({ pick: framePicks.find(pick => pick === event.currentTarget.value) ?? 'first' })}
        />
      </div>
    </section>
  );
}

function refusalOf(text: string, minimum: number): string | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= minimum ? undefined : `A whole number, ${minimum} or more`;
}
