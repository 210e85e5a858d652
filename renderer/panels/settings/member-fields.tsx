// How many members a draft has, and the seed of all that is random in it.

import { ActionIcon, Tooltip } from '@mantine/core';
import { IconDice5 } from '@tabler/icons-react';
import type { SettingDescription } from '../../../src/protocol/settings.ts';
import type { Draft } from '../../state/draft.ts';
import { editDraft } from '../../state/draft-edits.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { NumberField } from '../../widgets/number-field.tsx';
import { logScale } from '../../widgets/slider-scale.ts';
import { refusal } from './setting-list.ts';

const whole = (name: string, title: string, minimum: number, maximum: number, help: string): SettingDescription => ({
  name,
  title,
  type: 'integer',
  default: minimum,
  minimum,
  maximum,
  help,
  live: 'fixed',
});

const members = whole(
  'members',
  'Members',
  1,
  256,
  'Parallel hypotheses of one run, each with a start of its own, its own learning rate and its own loss. Race a setting to let them differ.',
);
const seed = whole(
  'seed',
  'Seed',
  0,
  2 ** 32 - 1,
  'The same seed gives the same masks, starts and noise: the same run, bit for bit.',
);
const memberScale = logScale({ low: 1, high: 256, whole: true });

export interface MemberFieldsProps {
  readonly draft: Draft;
  /** How many members a race makes. */
  readonly raced: number | undefined;
  /** How many there are where neither a race nor the user says it. */
  readonly usual: number;
}

export function MemberFields({ draft, raced, usual }: MemberFieldsProps) {
  return (
    <section className="settings-group" aria-label="Members and seed">
      <h2 className="settings-heading">Members and seed</h2>
      <div className="settings-head">
        <span className="settings-title">
          <span>{members.title}</span>
          <HelpMark label={members.title} text={members.help} />
        </span>
        <NumberField
          label={members.title}
          width={118}
          value={raced ?? draft.members ?? usual}
          disabled={raced !== undefined}
          scale={memberScale}
          check={text => refusal(members, text)}
          onTurn={value => editDraft('Set members', { members: value }, 'members')}
        />
      </div>
      {raced !== undefined && <p className="settings-note">As many as the race has values.</p>}
      <div className="settings-head">
        <span className="settings-title">
          <span>{seed.title}</span>
          <HelpMark label={seed.title} text={seed.help} />
        </span>
        <Tooltip label="Another seed">
          <ActionIcon
            size="sm"
            aria-label="Another seed"
            onClick={() => editDraft('Set seed', { seed: Math.floor(Math.random() * 10000) })}
          >
            <IconDice5 size={15} />
          </ActionIcon>
        </Tooltip>
        <NumberField
          label={seed.title}
          width={118}
          value={draft.seed}
          check={text => refusal(seed, text)}
          onTurn={value => editDraft('Set seed', { seed: value }, 'seed')}
        />
      </div>
    </section>
  );
}
