// How fast the run goes, and how far: full speed or so many iterations a second, and N more before a pause.

import { Button, Tooltip } from '@mantine/core';
import { IconPlayerTrackNext } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { goRun, setPace, useCurrentRun } from '../../state/lab.ts';
import { isStepCount, stepCountRefusal } from '../../state/step-count.ts';
import { createCoalescer } from '../../widgets/coalescer.ts';
import { formatNumber } from '../../widgets/format-number.ts';
import type { Turn } from '../../widgets/gesture.ts';
import { LogSlider } from '../../widgets/log-slider.tsx';
import { NumberField } from '../../widgets/number-field.tsx';
import { logScale } from '../../widgets/slider-scale.ts';

const paceScale = logScale({ low: 0.5, high: 1000, top: Infinity });
const countScale = logScale({ low: 1, high: 10000, whole: true });

export interface PaceControlsProps {
  readonly run: string;
  readonly connected: boolean;
}

export function PaceControls({ run, connected }: PaceControlsProps) {
  const state = useCurrentRun(({ details }) => details.entry.state);
  const off = !connected || state === undefined || !['loading', 'ready', 'running', 'paused'].includes(state);
  return (
    <section className="steer-section" aria-label="Pace">
      <Pace run={run} disabled={off} />
      <More run={run} disabled={off} />
    </section>
  );
}

interface PaceProps {
  readonly run: string;
  readonly disabled: boolean;
}

function Pace({ run, disabled }: PaceProps) {
  const told = useCurrentRun(({ details }) => details.pace) ?? Infinity;
  const [turned, setTurned] = useState<number | undefined>(undefined);
  const coalescer = useMemo(
    () =>
      createCoalescer((perSecond: number) => setPace(run, Number.isFinite(perSecond) ? perSecond : undefined), {
        milliseconds: 200,
      }),
    [run],
  );
  useEffect(() => {
    if (turned === told) setTurned(undefined);
  }, [turned, told]);
  const turn: Turn = (value, _gesture, phase) => {
    setTurned(value);
    if (phase === 'done') coalescer.flush(value);
    else coalescer.push(value);
  };
  const pace = turned ?? told;
  const text = Number.isFinite(pace) ? `${formatNumber(pace)} iterations a second` : 'full speed';
  return (
    <div className="steer-dial">
      <div className="steer-dial-head">
        <h2 className="steer-heading steer-dial-title">
          Pace <small>changes no result</small>
        </h2>
        <NumberField
          label="Pace"
          value={Number.isFinite(pace) ? pace : undefined}
          placeholder="full speed"
          unit="it/s"
          width={112}
          disabled={disabled}
          scale={paceScale}
          check={text => {
            const value = Number(text);
            return value >= 0.1 && value <= 1e6
              ? undefined
              : 'Give a number from 0.1 to 1 000 000, or nothing for full speed.';
          }}
          onClear={() => turn(Infinity, '', 'done')}
          onTurn={turn}
        />
      </div>
      <div className="steer-dial-body">
        <LogSlider label="Pace" scale={paceScale} value={pace} valueText={text} disabled={disabled} onTurn={turn} />
        <Button
          size="compact-xs"
          variant="default"
          disabled={disabled || !Number.isFinite(pace)}
          onClick={() => turn(Infinity, '', 'done')}
        >
          Full speed
        </Button>
      </div>
    </div>
  );
}

function More({ run, disabled }: PaceProps) {
  const [count, setCount] = useState(50);
  return (
    <div className="steer-row">
      <NumberField
        label="Iterations to run"
        value={count}
        unit="iterations"
        width={120}
        scale={countScale}
        disabled={disabled}
        check={text => (isStepCount(Number(text)) ? undefined : stepCountRefusal)}
        onTurn={setCount}
      />
      <Tooltip label={`Run ${count} more iterations, then pause`}>
        <Button
          size="compact-sm"
          variant="default"
          disabled={disabled}
          leftSection={<IconPlayerTrackNext size={14} />}
          onClick={() => void goRun(run, count)}
        >
          Run, then pause
        </Button>
      </Tooltip>
    </div>
  );
}
