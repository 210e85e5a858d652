// The bar over the board: tiles or a comparison of two, what is shown and in which colours, zoom, member.

import {
  ActionIcon,
  Button,
  Checkbox,
  NativeSelect,
  Popover,
  SegmentedControl,
  Slider,
  Switch,
  Tooltip,
} from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import {
  IconAdjustmentsHorizontal,
  IconArrowsExchange,
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { TracksView } from '../../../src/protocol/views.ts';
import { ColourLegend } from '../../plots/colour-legend.tsx';
import { colourMap, colourMapIds } from '../../plots/colour-maps.ts';
import { bestMember } from '../../state/best-member.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { useCurrentRun } from '../../state/lab.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { formatNumber } from '../../widgets/format-number.ts';
import {
  type CompareMode,
  fitPictures,
  type ImageSettings,
  setImageSettings,
  swapSides,
  theBoard,
  useImageSettings,
} from './image-settings.ts';
import type { PictureView } from './raster.ts';
import { pairOf, type Tile } from './tile-plan.ts';

export interface BoardBarProps {
  readonly run: string;
  readonly views: readonly PictureView[];
  readonly tracks: readonly TracksView[];
  readonly tiles: readonly Tile[];
  readonly visible: boolean;
}

const modes: readonly { readonly value: CompareMode; readonly label: string }[] = [
  { value: 'tiles', label: 'Tiles' },
  { value: 'wipe', label: 'Wipe' },
  { value: 'difference', label: 'Difference' },
  { value: 'blink', label: 'Blink' },
  { value: 'overlay', label: 'Overlay' },
];

export function BoardBar({ views, tracks, tiles, visible }: BoardBarProps) {
  const mode = useImageSettings(state => state.mode);
  return (
    <div className="images-bar">
      <SegmentedControl
        size="xs"
        aria-label="Tiles or a comparison of two pictures"
        data={modes.map(each => ({ ...each }))}
        value={mode}
        onChange={value => setImageSettings({ mode: value as CompareMode })}
      />
      {mode !== 'tiles' && <PairChoice views={views} />}
      {mode === 'blink' && <BlinkRate visible={visible} />}
      {mode === 'overlay' && <Opacity />}
      {tiles.some(({ kind }) => kind === 'difference') && <Gain />}
      <span className="images-bar-space" />
      <MemberChoice />
      <DisplayChoice views={views} tracks={tracks} />
      <Tooltip label="One pixel of the picture for one of the screen (Alt+1)">
        <ActionIcon size="sm" aria-label="1:1, show pixel by pixel" onClick={() => theBoard()?.showPixelByPixel()}>
          <span className="images-bar-one">1:1</span>
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Fit the pictures to their tiles (Alt+0, or double click)">
        <ActionIcon size="sm" aria-label="Fit the pictures to their tiles" onClick={fitPictures}>
          <IconMaximize size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function PairChoice({ views }: { readonly views: readonly PictureView[] }) {
  const first = useImageSettings(state => state.first);
  const second = useImageSettings(state => state.second);
  const pair = pairOf(views, { first, second });
  const choices = views.filter(({ kind }) => kind !== 'heat-map').map(({ id, title }) => ({ value: id, label: title }));
  if (pair === undefined) return undefined;
  const [left, right] = pair;
  return (
    <span className="images-bar-group">
      <NativeSelect
        size="xs"
        aria-label="First picture to compare"
        data={choices}
        value={left.id}
        onChange={event => setImageSettings({ first: event.currentTarget.value, second: right.id })}
      />
      <Tooltip label="Swap the two">
        <ActionIcon
          size="sm"
          aria-label="Swap the two pictures"
          onClick={() => setImageSettings({ first: right.id, second: left.id })}
        >
          <IconArrowsExchange size={15} />
        </ActionIcon>
      </Tooltip>
      <NativeSelect
        size="xs"
        aria-label="Second picture to compare"
        data={choices}
        value={right.id}
        onChange={event => setImageSettings({ first: left.id, second: event.currentTarget.value })}
      />
    </span>
  );
}

/** Never faster than three changes a second: flashing may harm. */
const FASTEST_BLINK = 3;

function BlinkRate({ visible }: { readonly visible: boolean }) {
  const rate = useImageSettings(state => state.blinkRate);
  const reduced = useReducedMotion();
  const [asked, setAsked] = useState<boolean>();
  const going = asked ?? reduced !== true;
  useEffect(() => {
    if (!visible || !going) return;
    const timer = setInterval(swapSides, 1000 / rate);
    return () => clearInterval(timer);
  }, [visible, going, rate]);
  const label = going ? 'Stop blinking' : 'Blink';
  return (
    <span className="images-bar-group">
      <Tooltip label={label}>
        <ActionIcon size="sm" aria-label={label} onClick={() => setAsked(!going)}>
          {going ? <IconPlayerPauseFilled size={14} /> : <IconPlayerPlayFilled size={14} />}
        </ActionIcon>
      </Tooltip>
      {!going && (
        <Button size="compact-xs" variant="default" onClick={swapSides}>
          Other side
        </Button>
      )}
      <Slider
        className="images-bar-slider"
        size="sm"
        min={0.5}
        max={FASTEST_BLINK}
        step={0.25}
        value={rate}
        label={null}
        thumbLabel="Changes per second"
        thumbProps={{ 'aria-valuetext': `${rate} per second` }}
        onChange={value => setImageSettings({ blinkRate: value })}
      />
      <span className="images-bar-value numbers">{rate} per s</span>
    </span>
  );
}

function Opacity() {
  const opacity = useImageSettings(state => state.opacity);
  return (
    <span className="images-bar-group">
      <span className="images-bar-label">Opacity</span>
      <Slider
        className="images-bar-slider"
        size="sm"
        min={0}
        max={1}
        step={0.01}
        value={opacity}
        label={null}
        thumbLabel="Opacity of the second picture"
        thumbProps={{ 'aria-valuetext': `${Math.round(100 * opacity)} %` }}
        onChange={value => setImageSettings({ opacity: value })}
      />
      <span className="images-bar-value numbers">{Math.round(100 * opacity)} %</span>
    </span>
  );
}

function Gain() {
  const gain = useImageSettings(state => state.gain);
  return (
    <span className="images-bar-group">
      <span className="images-bar-label">Error gain</span>
      <Slider
        className="images-bar-slider"
        size="sm"
        min={0}
        max={8}
        step={0.5}
        value={Math.log2(gain)}
        label={null}
        thumbLabel="Gain of the error"
        thumbProps={{ 'aria-valuetext': `${formatNumber(gain, 2)} times` }}
        onChange={value => setImageSettings({ gain: 2 ** value })}
      />
      <span className="images-bar-value numbers">{formatNumber(gain, 2)} ×</span>
    </span>
  );
}

function MemberChoice() {
  const members = useCurrentRun(({ details }) => details.problem?.members);
  const chosen = useCursor(state => state.member);
  const best = useCurrentRun(bestMember);
  if (members === undefined || members.length < 2) return undefined;
  return (
    <Tooltip label="Member shown in all panels">
      <NativeSelect
        size="xs"
        className="images-bar-member"
        aria-label="Member shown"
        value={String(chosen)}
        data={[
          { value: 'best', label: `Best (${best ?? 0}: ${members[best ?? 0]?.label ?? ''})` },
          ...members.map(({ label }, member) => ({ value: String(member), label: `${member}: ${label}` })),
        ]}
        onChange={event => {
          const { value } = event.currentTarget;
          setCursor({ member: value === 'best' ? 'best' : Number(value) });
        }}
      />
    </Tooltip>
  );
}

function DisplayChoice({ views, tracks }: Pick<BoardBarProps, 'views' | 'tracks'>) {
  const hidden = useImageSettings(state => state.hidden);
  const errorMap = useImageSettings(state => state.errorMap);
  const grey = useImageSettings(state => state.greyPictures);
  const frameRate = useImageSettings(state => state.frameRate);
  const chosen = usePreferences(state => state.colourMap);
  const show = (id: string, on: boolean): void =>
    setImageSettings({ hidden: on ? hidden.filter(each => each !== id) : [...hidden, id] });
  return (
    <Popover position="bottom-end" shadow="md" width={260} withinPortal trapFocus>
      <Popover.Target>
        <Button size="compact-xs" variant="default" leftSection={<IconAdjustmentsHorizontal size={14} />}>
          Display…
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="images-display" aria-label="What the board shows">
        <fieldset>
          <legend>Tiles</legend>
          {[
            ...views.map(({ id, title }) => ({ id, label: title })),
            ...tracks.map(({ id, title, over }) => {
              const under = views.find(view => view.id === over)?.title.toLowerCase() ?? over;
              return { id, label: `${title}, over ${under}` };
            }),
          ].map(({ id, label }) => (
            <Checkbox
              key={id}
              size="xs"
              label={label}
              checked={!hidden.includes(id)}
              onChange={event => show(id, event.currentTarget.checked)}
            />
          ))}
        </fieldset>
        <NativeSelect
          size="xs"
          label="Error beside a picture"
          value={errorMap}
          data={[
            { value: 'absolute', label: 'Absolute, |a − b|' },
            { value: 'signed', label: 'Signed, a − b' },
            { value: 'none', label: 'None' },
          ]}
          onChange={event => setImageSettings({ errorMap: event.currentTarget.value as ImageSettings['errorMap'] })}
        />
        <NativeSelect
          size="xs"
          label="Colours of errors, depths and maps"
          value={chosen}
          data={colourMapIds.map(id => ({ value: id, label: colourMap(id).title }))}
          onChange={event => setPreferences({ colourMap: event.currentTarget.value })}
        />
        <ColourLegend map={chosen} low={0} high={1} label="Colours from low to high" />
        <Switch
          size="xs"
          label="Grey pictures in these colours too"
          checked={grey === 'mapped'}
          onChange={event => setImageSettings({ greyPictures: event.currentTarget.checked ? 'mapped' : 'grey' })}
        />
        {views.some(view => view.kind !== 'heat-map' && view.frames > 1) && (
          <NativeSelect
            size="xs"
            label="Frames per second"
            value={String(frameRate)}
            data={['2', '4', '8', '12', '24']}
            onChange={event => setImageSettings({ frameRate: Number(event.currentTarget.value) })}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
