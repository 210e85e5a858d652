// Sliders and switches of the scene. What they set goes to the scene through its store, without drawing the panel anew.

import { Button, SegmentedControl, Slider, Switch } from '@mantine/core';
import type { ImageView } from '../../../src/protocol/views.ts';
import { shownFrames } from '../../scene/plane-layout.ts';
import type { SpaceView } from '../../scene/scene-layer.ts';
import { resetSceneLook, type SceneLook, setSceneLook, useSceneLook } from '../../scene/scene-look.ts';

export interface SceneDisplayProps {
  readonly show: SceneLook['show'];
  readonly picture: ImageView | undefined;
  readonly space: readonly SpaceView[];
}

export function SceneDisplay({ show, picture, space }: SceneDisplayProps) {
  const look = useSceneLook();
  const has = (...kinds: readonly SpaceView['kind'][]) =>
    show === 'space' && space.some(({ kind }) => kinds.includes(kind));
  const several = picture !== undefined && (picture.frames > 1 || look.channels === 'apart');
  const shown = shownFrames(picture?.frames ?? 1);
  const stride = show === 'pictures' && shown.length > 1 ? shown[1] - shown[0] : 1;
  return (
    <div className="scene-display">
      {show === 'pictures' && picture !== undefined && (
        <>
          {picture.channels > 1 && (
            <Switch
              size="xs"
              label="Each channel on a plane of its own"
              checked={look.channels === 'apart'}
              onChange={({ currentTarget }) => setSceneLook({ channels: currentTarget.checked ? 'apart' : 'together' })}
            />
          )}
          {several && (
            <>
              <Amount name="spacing" label="Spacing" from={0.05} to={4} step={0.05} shown={value => `× ${value}`} />
              <Amount name="opacity" label="Opacity of other planes" from={0.05} to={1} step={0.05} shown={percent} />
              <div className="scene-row">
                <span id="scene-cut">Cut open along</span>
                <SegmentedControl
                  size="xs"
                  aria-labelledby="scene-cut"
                  value={look.cut}
                  data={[
                    { value: 'none', label: 'None' },
                    { value: 'columns', label: 'x' },
                    { value: 'rows', label: 'y' },
                  ]}
                  onChange={cut => setSceneLook({ cut: cut as SceneLook['cut'] })}
                />
              </div>
              {look.cut !== 'none' && (
                <Amount
                  name="cutAt"
                  label={look.cut === 'columns' ? 'Cut at column' : 'Cut at row'}
                  from={0}
                  to={1}
                  step={0.005}
                  shown={part =>
                    String(Math.round(part * ((look.cut === 'columns' ? picture.width : picture.height) - 1)))
                  }
                />
              )}
            </>
          )}
        </>
      )}
      {has('points', 'depth') && (
        <Amount name="pointSize" label="Point size" from={1} to={12} step={0.5} shown={value => `${value} px`} />
      )}
      {has('points') && (
        <Amount name="confidence" label="Least confidence" from={0} to={1} step={0.01} shown={percent} />
      )}
      {has('mesh') && (
        <Amount name="meshOpacity" label="Opacity of the object" from={0.1} to={1} step={0.05} shown={percent} />
      )}
      {has('mesh') && (
        <div className="scene-row">
          <span id="scene-mesh-colours">Colours of the object</span>
          <SegmentedControl
            size="xs"
            aria-labelledby="scene-mesh-colours"
            value={look.meshColours}
            data={[
              { value: 'own', label: 'Own' },
              { value: 'error', label: 'Error' },
            ]}
            onChange={colours => setSceneLook({ meshColours: colours as SceneLook['meshColours'] })}
          />
        </div>
      )}
      {look.meshColours === 'error' && has('mesh') && (
        <p className="scene-hint">
          How far each point of the object is from where it truly is, where that is known. Their mean is the ADD.
        </p>
      )}
      {has('cameras') && picture !== undefined && (
        <Amount name="opacity" label="Opacity of the pictures" from={0.05} to={1} step={0.05} shown={percent} />
      )}
      {has('cameras') && (
        <Amount name="frustumSize" label="Camera size" from={0.01} to={0.5} step={0.01} shown={percent} />
      )}
      {has('cameras') && (
        <Switch
          size="xs"
          label="Trails of the cameras over the iterations"
          checked={look.trails === 'shown'}
          onChange={({ currentTarget }) => setSceneLook({ trails: currentTarget.checked ? 'shown' : 'hidden' })}
        />
      )}
      <Switch
        size="xs"
        label="Grid"
        checked={look.grid === 'shown'}
        onChange={({ currentTarget }) => setSceneLook({ grid: currentTarget.checked ? 'shown' : 'hidden' })}
      />
      <div className="scene-row">
        <span id="scene-background">Background</span>
        <SegmentedControl
          size="xs"
          aria-labelledby="scene-background"
          value={look.background}
          data={[
            { value: 'theme', label: 'Theme' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          onChange={background => setSceneLook({ background: background as SceneLook['background'] })}
        />
      </div>
      {has('depth') && !has('cameras') && (
        <p className="scene-hint">
          No camera is known: depth is drawn as if the focal length were the longer side of the picture.
        </p>
      )}
      {stride > 1 && (
        <p className="scene-hint">
          {picture?.frames} frames are too many to tell apart: every{' '}
          {stride === 2 ? '2nd' : stride === 3 ? '3rd' : `${stride}th`} has a plane.
        </p>
      )}
      <p className="scene-hint">
        Drag to orbit, right drag to pan, wheel to zoom. With the scene in focus: arrow keys orbit, + and − zoom.
      </p>
      <Button size="compact-xs" variant="subtle" onClick={resetSceneLook}>
        Back to the first settings
      </Button>
    </div>
  );
}

const percent = (part: number): string => `${Math.round(100 * part)} %`;

type AmountName = { [K in keyof SceneLook]: SceneLook[K] extends number ? K : never }[keyof SceneLook];

interface AmountProps {
  readonly name: AmountName;
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly shown: (value: number) => string;
}

function Amount({ name, label, from, to, step, shown }: AmountProps) {
  const value = useSceneLook(state => state[name]);
  return (
    <div className="scene-amount">
      <div className="scene-row">
        <span>{label}</span>
        <span className="numbers">{shown(value)}</span>
      </div>
      <Slider
        size="sm"
        min={from}
        max={to}
        step={step}
        value={value}
        label={shown}
        thumbLabel={label}
        thumbProps={{ 'aria-valuetext': shown(value) }}
        onChange={next => setSceneLook({ [name]: Number(next.toFixed(3)) })}
      />
    </div>
  );
}
