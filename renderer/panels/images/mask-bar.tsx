// The tools that draw on the mask: which one, how large, what is added at once, undo, and how much is missing.

import {
  ActionIcon,
  Button,
  FileButton,
  NativeSelect,
  NumberInput,
  Popover,
  SegmentedControl,
  Slider,
  TextInput,
  Tooltip,
} from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBrush,
  IconContrast2,
  IconEraser,
  IconHandStop,
  IconMaximize,
  IconPolygon,
  IconRectangle,
  IconTrash,
  IconTypography,
} from '@tabler/icons-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { perform } from '../../actions/actions.ts';
import { useActionsEnabled } from '../../actions/use-enabled.ts';
import { useDraft } from '../../state/draft.ts';
import { guarded } from '../../state/problems.ts';
import { formatCount } from '../../widgets/format-number.ts';
import { fitPictures, theBoard } from './image-settings.ts';
import { chooseMask, draftMask, editMask, loadMaskFile } from './mask-edits.ts';
import { MaskRaster } from './mask-raster.ts';
import { LARGEST_BRUSH, type MaskToolId, setMaskTools, textSizeOn, useMaskTools } from './mask-tools.ts';

interface MaskBarProps {
  readonly width: number;
  readonly height: number;
}

const tools: readonly {
  readonly id: MaskToolId;
  readonly title: string;
  readonly key: string;
  readonly icon: ReactNode;
}[] = [
  { id: 'brush', title: 'Brush: what you paint is missing', key: 'B', icon: <IconBrush size={15} /> },
  { id: 'eraser', title: 'Eraser: what you paint is there again', key: 'E', icon: <IconEraser size={15} /> },
  { id: 'box', title: 'Box: drag from corner to corner', key: 'R', icon: <IconRectangle size={15} /> },
  { id: 'polygon', title: 'Polygon: click corners, double click to close', key: 'P', icon: <IconPolygon size={15} /> },
  { id: 'text', title: 'Text: click where it goes', key: 'T', icon: <IconTypography size={15} /> },
  { id: 'pan', title: 'Pan: drag the picture', key: 'H', icon: <IconHandStop size={15} /> },
];

export function MaskBar({ width, height }: MaskBarProps) {
  const tool = useMaskTools(state => state.tool);
  const locked = useDraft(state => state.mask !== undefined);
  const size = { width, height };
  return (
    <div className="images-bar">
      <SegmentedControl
        size="xs"
        className="mask-tools"
        aria-label="Tool that draws on the mask"
        disabled={locked}
        value={tool}
        onChange={value => setMaskTools({ tool: value as MaskToolId })}
        data={tools.map(({ id, title, key, icon }) => ({
          value: id,
          label: (
            <Tooltip label={`${title} (${key} while the picture has the focus)`}>
              <span className="mask-tool">
                {icon}
                <span className="mask-tool-name">{title}</span>
              </span>
            </Tooltip>
          ),
        }))}
      />
      {!locked && (tool === 'brush' || tool === 'eraser') && <BrushSize />}
      {!locked && tool === 'text' && <TextTool {...size} />}
      {!locked && <Patterns {...size} />}
      {!locked && <Whole {...size} />}
      <Sources {...size} />
      <span className="images-bar-space" />
      <Share {...size} />
      <Tooltip label="One pixel of the picture for one of the screen (Alt+1)">
        <ActionIcon size="sm" aria-label="1:1, show pixel by pixel" onClick={() => theBoard()?.showPixelByPixel()}>
          <span className="images-bar-one">1:1</span>
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Fit the picture (Alt+0)">
        <ActionIcon size="sm" aria-label="Fit the picture" onClick={fitPictures}>
          <IconMaximize size={15} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function BrushSize() {
  const size = useMaskTools(state => state.size);
  return (
    <Tooltip label="Diameter in pixels of the picture (, and . while the picture has the focus, or Shift and wheel)">
      <span className="images-bar-group">
        <Slider
          className="images-bar-slider"
          size="sm"
          min={0}
          max={Math.log2(LARGEST_BRUSH)}
          step={0.05}
          value={Math.log2(size)}
          label={null}
          thumbLabel="Diameter of the brush"
          thumbProps={{ 'aria-valuetext': `${size} pixels` }}
          onChange={value => setMaskTools({ size: Math.round(2 ** value) })}
        />
        <span className="images-bar-value numbers">{size} px</span>
      </span>
    </Tooltip>
  );
}

function TextTool(picture: MaskBarProps) {
  const text = useMaskTools(state => state.text);
  const textSize = useMaskTools(state => textSizeOn(state, picture));
  return (
    <span className="images-bar-group">
      <TextInput
        size="xs"
        className="mask-text"
        aria-label="Text to mask"
        value={text}
        onChange={event => setMaskTools({ text: event.currentTarget.value })}
      />
      <NumberInput
        size="xs"
        className="mask-number"
        aria-label="Height of the letters, in pixels"
        suffix=" px"
        min={4}
        max={2000}
        value={textSize}
        onChange={value => setMaskTools({ textSize: positive(value, textSize) })}
      />
    </span>
  );
}

function Stripes({ width, height }: MaskBarProps) {
  const direction = useMaskTools(state => state.stripeDirection);
  const spacing = useMaskTools(state => state.stripeSpacing);
  const stripe = useMaskTools(state => state.stripeWidth);
  return (
    <fieldset>
      <legend>Stripes</legend>
      <NativeSelect
        size="xs"
        label="Direction"
        value={direction}
        data={[
          { value: 'horizontal', label: 'Horizontal' },
          { value: 'vertical', label: 'Vertical' },
        ]}
        onChange={event =>
          setMaskTools({ stripeDirection: event.currentTarget.value === 'vertical' ? 'vertical' : 'horizontal' })
        }
      />
      <NumberInput
        size="xs"
        label="From stripe to stripe"
        suffix=" px"
        min={2}
        max={2000}
        value={spacing}
        onChange={value => setMaskTools({ stripeSpacing: positive(value, spacing) })}
      />
      <NumberInput
        size="xs"
        label="Width of a stripe"
        suffix=" px"
        min={1}
        max={Math.max(1, spacing - 1)}
        value={stripe}
        onChange={value => setMaskTools({ stripeWidth: positive(value, stripe) })}
      />
      <Button
        size="xs"
        onClick={() => {
          const mask = draftMask(width, height);
          editMask(mask, 'Mask stripes', () => mask.stripes(direction, spacing, stripe, 'missing'));
        }}
      >
        Add stripes
      </Button>
    </fieldset>
  );
}

function RandomPixels({ width, height }: MaskBarProps) {
  const rate = useMaskTools(state => state.randomRate);
  return (
    <fieldset>
      <legend>Random pixels</legend>
      <NumberInput
        size="xs"
        label="Pixels that go missing"
        suffix=" %"
        min={0.1}
        max={99.9}
        step={5}
        decimalScale={1}
        value={Math.round(1000 * rate) / 10}
        onChange={value => setMaskTools({ randomRate: Math.min(99.9, positive(value, 100 * rate)) / 100 })}
      />
      <Button
        size="xs"
        onClick={() => {
          const mask = draftMask(width, height);
          const seed = Math.floor(2 ** 32 * Math.random());
          editMask(mask, 'Mask random pixels', () => mask.random(rate, seed, 'missing'));
        }}
      >
        Add random pixels
      </Button>
    </fieldset>
  );
}

/** What is added to the whole picture at once. */
function Patterns(size: MaskBarProps) {
  return (
    <Popover position="bottom-start" shadow="md" width={220} withinPortal trapFocus>
      <Popover.Target>
        <Button size="compact-xs" variant="default">
          Pattern…
        </Button>
      </Popover.Target>
      <Popover.Dropdown className="images-display" aria-label="Patterns to mask">
        <Stripes {...size} />
        <RandomPixels {...size} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Whole({ width, height }: MaskBarProps) {
  const missing = useMissing(width, height);
  const undoing = useActionsEnabled('edit.undo');
  const redoing = useActionsEnabled('edit.redo');
  const mask = () => draftMask(width, height);
  return (
    <span className="images-bar-group mask-whole">
      <Icon label="Invert the mask" hint="I" onClick={() => editMask(mask(), 'Invert the mask', () => mask().invert())}>
        <IconContrast2 size={15} />
      </Icon>
      <Icon
        label="Clear the mask"
        disabled={missing === 0}
        onClick={() => editMask(mask(), 'Clear the mask', () => mask().clear())}
      >
        <IconTrash size={15} />
      </Icon>
      <Icon label="Undo" hint="Ctrl+Z" disabled={!undoing} onClick={() => perform('edit.undo')}>
        <IconArrowBackUp size={15} />
      </Icon>
      <Icon label="Redo" hint="Ctrl+Shift+Z" disabled={!redoing} onClick={() => perform('edit.redo')}>
        <IconArrowForwardUp size={15} />
      </Icon>
    </span>
  );
}

interface IconProps {
  readonly label: string;
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Icon({ label, hint, disabled = false, onClick, children }: IconProps) {
  return (
    <Tooltip label={hint === undefined ? label : `${label} (${hint})`}>
      <ActionIcon size="sm" aria-label={label} disabled={disabled} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** A mask that is not drawn: from a file, or the transparency of the input. */
function Sources({ width, height }: MaskBarProps) {
  const hasAlpha = useDraft(state => state.report?.hasAlpha === true);
  const chosen = useDraft(state => state.mask);
  return (
    <span className="images-bar-group">
      <FileButton
        accept="image/*,.npy,.npz"
        onChange={file => {
          if (file !== null) void guarded(() => loadMaskFile(draftMask(width, height), file));
        }}
      >
        {props => (
          <Tooltip label="White is observed, black is missing. A picture of the input's size can be drawn on.">
            <Button size="compact-xs" variant="default" {...props}>
              Mask file…
            </Button>
          </Tooltip>
        )}
      </FileButton>
      {hasAlpha && (
        <Tooltip label="What is transparent in the picture is missing">
          <Button
            size="compact-xs"
            variant="default"
            disabled={chosen === 'alpha'}
            onClick={() => guarded(() => chooseMask('alpha'))}
          >
            Use transparency
          </Button>
        </Tooltip>
      )}
    </span>
  );
}

function Share({ width, height }: MaskBarProps) {
  const missing = useMissing(width, height);
  const file = useDraft(state => state.mask);
  if (file !== undefined) return undefined;
  const share = (100 * missing) / (width * height);
  const text = missing === 0 ? 'Nothing masked' : `${share < 0.1 ? '< 0.1' : share.toFixed(1)} % missing`;
  return (
    <Tooltip
      label={
        missing === 0
          ? 'As long as nothing is masked, the settings say what the fit may see'
          : `${formatCount(missing)} of ${formatCount(width * height)} pixels are missing`
      }
    >
      <output className="images-bar-label numbers" aria-live="polite">
        {text}
      </output>
    </Tooltip>
  );
}

/** Number of missing pixels, anew with every edit. */
function useMissing(width: number, height: number): number {
  const drawn = useDraft(state => state.drawn);
  const mask = drawn instanceof MaskRaster && drawn.width === width && drawn.height === height ? drawn : undefined;
  return useSyncExternalStore(
    listener => mask?.subscribe(listener) ?? (() => {}),
    () => mask?.missing ?? 0,
  );
}

function positive(value: number | string, otherwise: number): number {
  const number = Number(value);
  return number > 0 && Number.isFinite(number) ? number : otherwise;
}
