// What was measured at the cursor: words with the sentence that the fit has for them, and single numbers by name.

import { useEffect, useState } from 'react';
import type { MeasureRow } from '../../../src/protocol/run.ts';
import { figureTitle, figureUnit } from '../../plots/figure-words.ts';
import { rowAt } from '../../plots/measure-columns.ts';
import { Redraw } from '../../plots/redraw.ts';
import { useCursor } from '../../state/cursor.ts';
import { currentRun, useLab } from '../../state/lab.ts';
import { formatCount, formatNumber, readableName } from '../../widgets/format-number.ts';
import { shownMember } from './shown-member.ts';
import { captionWords, wordVariable } from './spectrum-plots.ts';

export function FiguresAtCursor({ visible }: { readonly visible: boolean }) {
  const row = useRowAtCursor(visible);
  const fit = useLab(state => currentRun(state)?.details.recipe.fit) ?? '';
  const captions = useLab(state => state.description?.fits.find(({ id }) => id === fit)?.captions);
  const label = useLab(state => {
    const members = currentRun(state)?.details.problem?.members;
    return row === undefined || members === undefined || members.length < 2 ? undefined : members[row.member]?.label;
  });
  if (row === undefined) return <p className="spectrum-dimmed">Nothing was measured yet at this iteration.</p>;
  const { iteration, member: _member, ...measures } = row;
  const words = Object.entries(measures).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const numbers = Object.entries(measures).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return (
    <section className="spectrum-figures" aria-label="Measured at the cursor">
      <h2 className="numbers">
        Iteration {formatCount(iteration)}
        {label === undefined ? '' : `, ${label}`}
      </h2>
      {words.map(([measure, word]) => (
        <p key={measure}>
          <i style={{ background: `var(${wordVariable(captionWords(fit, measure), word)})` }} />
          <strong>
            {readableName(measure)}: {word}.
          </strong>{' '}
          {captions?.[measure]?.[word]}
        </p>
      ))}
      <table className="numbers">
        <tbody>
          {numbers.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{figureTitle(name)}</th>
              <td>
                {formatNumber(value)} {figureUnit(name)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The row in force, looked up no more often than pictures are drawn while a run goes on. */
function useRowAtCursor(visible: boolean): MeasureRow | undefined {
  const [row, setRow] = useState<MeasureRow>();
  useEffect(() => {
    const redraw = new Redraw(() => {
      const run = currentRun(useLab.getState());
      const at = useCursor.getState().iteration;
      setRow(run === undefined ? undefined : rowAt(run.details.measures, shownMember(run), at));
    });
    redraw.switchTo(visible);
    const ends = [
      useLab.subscribe((state, before) => {
        const [run, old] = [currentRun(state), currentRun(before)];
        if (run?.details.measures !== old?.details.measures) redraw.request('calmly');
      }),
      useCursor.subscribe(() => redraw.request('soon')),
    ];
    return () => {
      redraw.dispose();
      for (const end of ends) end();
    };
  }, [visible]);
  return row;
}
