// The tool bar of the scene: what is shown, how it is laid out, where it is seen from.

import { ActionIcon, Button, Checkbox, Popover, SegmentedControl, Select, Tooltip } from '@mantine/core';
import {
  IconAdjustmentsHorizontal,
  IconArrowsMove,
  IconCamera,
  IconEye,
  IconFocusCentered,
  IconHome,
  IconSquareLetterF,
  IconSquareLetterS,
  IconSquareLetterT,
  IconViewfinder,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { ImageView } from '../../../src/protocol/views.ts';
import { shownShortcut } from '../../actions/action.ts';
import { actionOf, perform } from '../../actions/actions.ts';
import { useActionsEnabled } from '../../actions/use-enabled.ts';
import type { Arrangement } from '../../scene/plane-layout.ts';
import type { SpaceView } from '../../scene/scene-layer.ts';
import { type SceneLook, setSceneLook, useSceneLook } from '../../scene/scene-look.ts';
import { ActionButton } from '../../shell/action-button.tsx';
import { SceneDisplay } from './scene-display.tsx';

export interface SceneBarProps {
  readonly pictures: readonly ImageView[];
  readonly space: readonly SpaceView[];
  readonly show: SceneLook['show'];
  readonly picture: ImageView | undefined;
  /** The start of a run can be placed by hand. */
  readonly placeable: boolean;
  readonly onPicture: (id: string) => void;
}

export function SceneBar({ pictures, space, show, picture, placeable, onPicture }: SceneBarProps) {
  const arrangement = useSceneLook(state => state.arrangement);
  const apart = useSceneLook(state => state.channels === 'apart');
  const stacked = show === 'pictures' ? picture : undefined;
  const planes = stacked === undefined ? 0 : stacked.frames * (apart ? stacked.channels : 1);
  return (
    <div className="scene-bar" role="toolbar" aria-label="Scene">
      {pictures.length > 0 && space.length > 0 && (
        <SegmentedControl
          size="xs"
          aria-label="What the scene shows"
          value={show}
          data={[
            { value: 'space', label: 'Space' },
            { value: 'pictures', label: 'Pictures' },
          ]}
          onChange={value => setSceneLook({ show: value as SceneLook['show'] })}
        />
      )}
      {stacked !== undefined && (
        <Select
          size="xs"
          className="scene-picture"
          aria-label="Pictures to show"
          allowDeselect={false}
          comboboxProps={{ withinPortal: true, width: 'max-content', position: 'bottom-start' }}
          data={pictures.map(({ id, title }) => ({ value: id, label: title }))}
          value={stacked.id}
          onChange={id => id !== null && onPicture(id)}
        />
      )}
      {planes > 1 && (
        <SegmentedControl
          size="xs"
          aria-label="How the planes are laid out"
          value={arrangement}
          data={[
            { value: 'stack', label: 'Stack' },
            { value: 'exploded', label: 'Exploded' },
            { value: 'wall', label: 'Wall' },
          ]}
          onChange={value => setSceneLook({ arrangement: value as Arrangement })}
        />
      )}
      {show === 'space' && <Shown views={space} picture={picture} />}
      {show === 'space' && placeable && <PlaceButton />}
      {show === 'space' && space.some(({ kind }) => kind === 'cameras') && (
        <ActionButton action="scene.through">
          <IconViewfinder size={17} />
        </ActionButton>
      )}
      <Unfolding
        label="Display settings…"
        tip="Spacing, opacity, sizes, background…"
        icon={<IconAdjustmentsHorizontal size={17} />}
        className="scene-push"
      >
        <SceneDisplay show={show} picture={picture} space={space} />
      </Unfolding>
      <ActionButton action="scene.fit">
        <IconFocusCentered size={17} />
      </ActionButton>
      <ActionButton action="scene.front">
        <IconSquareLetterF size={17} />
      </ActionButton>
      <ActionButton action="scene.top">
        <IconSquareLetterT size={17} />
      </ActionButton>
      <ActionButton action="scene.side">
        <IconSquareLetterS size={17} />
      </ActionButton>
      <ActionButton action="scene.reset">
        <IconHome size={17} />
      </ActionButton>
      <ActionButton action="scene.screenshot">
        <IconCamera size={17} />
      </ActionButton>
    </div>
  );
}

/** Its name stands on it: nothing else tells that the object can be taken in hand. */
function PlaceButton() {
  const { title, shortcut = '' } = actionOf('scene.place-start');
  const enabled = useActionsEnabled('scene.place-start');
  const placing = useActionsEnabled('scene.run-from-here');
  return (
    <Tooltip label={`${title} (${shownShortcut(shortcut)})`}>
      <Button
        size="compact-xs"
        variant={placing ? 'filled' : 'default'}
        leftSection={<IconArrowsMove size={14} />}
        aria-pressed={placing}
        aria-keyshortcuts={shortcut}
        disabled={!enabled}
        onClick={() => perform('scene.place-start')}
      >
        Move start
      </Button>
    </Tooltip>
  );
}

/** Which of several views in space are shown. */
function Shown({ views, picture }: { readonly views: readonly SpaceView[]; readonly picture: ImageView | undefined }) {
  const hidden = useSceneLook(state => state.hidden);
  const toggle = (id: string): void =>
    setSceneLook({ hidden: hidden.includes(id) ? hidden.filter(each => each !== id) : [...hidden, id] });
  const atCameras = views.some(({ kind }) => kind === 'cameras') ? picture : undefined;
  const rows = [
    ...views.map(({ id, title }) => ({ id, title })),
    ...(atCameras === undefined ? [] : [{ id: atCameras.id, title: `${atCameras.title}, in the cameras` }]),
  ];
  return (
    <Unfolding label="Choose what is shown…" tip="Choose what is shown" icon={<IconEye size={17} />} className="">
      <div className="scene-shown">
        {rows.map(({ id, title }) => (
          <Checkbox key={id} size="xs" label={title} checked={!hidden.includes(id)} onChange={() => toggle(id)} />
        ))}
      </div>
    </Unfolding>
  );
}

interface UnfoldingProps {
  readonly label: string;
  readonly tip: string;
  readonly icon: ReactNode;
  readonly className: string;
  readonly children: ReactNode;
}

/** A button that opens a small box below it. */
function Unfolding({ label, tip, icon, className, children }: UnfoldingProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      shadow="md"
      withArrow
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <Tooltip label={tip} disabled={opened}>
          <ActionIcon aria-label={label} className={className} onClick={() => setOpened(before => !before)}>
            {icon}
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={label.replace('…', '')}>{children}</Popover.Dropdown>
    </Popover>
  );
}
