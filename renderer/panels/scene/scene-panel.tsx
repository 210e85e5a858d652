// The 3-D panel: the pictures of a run as a stack of planes, or its points, cameras, depth and meshes in space. What is
// drawn is a class of its own (scene-view.ts); here are its tool bar and what stands over it.

import { Alert, Button, useComputedColorScheme } from '@mantine/core';
import { IconArrowLeft, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useEffect, useMemo, useRef, useState } from 'react';
import { asLabError, type LabErrorDetails } from '../../../src/protocol/lab-error.ts';
import type { ImageView, ViewDescription } from '../../../src/protocol/views.ts';
import { ColourLegend } from '../../plots/colour-legend.tsx';
import { feedScene, type SceneFeeds } from '../../scene/scene-feeds.ts';
import { registerScene } from '../../scene/scene-holder.ts';
import {
  isSpaceView,
  type SceneColours,
  type SceneLegend,
  type SceneViewDescription,
  type SpaceView,
} from '../../scene/scene-layer.ts';
import { type SceneLook, useSceneLook } from '../../scene/scene-look.ts';
import { SceneView } from '../../scene/scene-view.ts';
import { graphics } from '../../scene/webgl.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { useCurrentRun, useLab } from '../../state/lab.ts';
import { startNamesOf, useStartPlan } from '../../state/start-plan.ts';
import type { PanelProps } from '../panel-components.ts';
import { PlaceStart } from './place-start.tsx';
import { SceneBar } from './scene-bar.tsx';
import { SceneEmpty } from './scene-empty.tsx';
import './scene-panel.css';

const palettes: Readonly<Record<'light' | 'dark', SceneColours>> = {
  light: { background: 0xf3f4f6, grid: 0xd0d4da, line: 0x5c636e, accent: 0xd9480f, truth: 0x087f5b },
  dark: { background: 0x1a1c20, grid: 0x363a41, line: 0x9aa1ac, accent: 0xff922b, truth: 0x38d9a9 },
};

export function ScenePanel({ visible }: PanelProps) {
  const current = useLab(state => state.current.kind);
  const run = useCurrentRun(({ details }) => details.entry.run);
  const views = useCurrentRun(({ details }) => details.problem?.views);
  const pictures = useMemo(() => (views ?? []).filter(isImage), [views]);
  const space = useMemo(() => (views ?? []).filter(isSpaceView), [views]);
  if (run === undefined) return <SceneEmpty reason={current === 'draft' ? 'draft' : 'no-run'} />;
  if (views === undefined) return <SceneEmpty reason="reading" />;
  if (pictures.length + space.length === 0) return <SceneEmpty reason="nothing" />;
  if (graphics() === 'none') return <SceneEmpty reason="no-webgl" />;
  return <Scene key={run} run={run} pictures={pictures} space={space} visible={visible} />;
}

/** Flow has no colours of its own to stand in space with. */
function isImage(view: ViewDescription): view is ImageView {
  return view.kind === 'image' && view.colours !== 'flow';
}

interface SceneProps {
  readonly run: string;
  readonly pictures: readonly ImageView[];
  readonly space: readonly SpaceView[];
  readonly visible: boolean;
}

function Scene({ run, pictures, space, visible }: SceneProps) {
  const stage = useRef<HTMLDivElement>(null);
  const hover = useRef<HTMLSpanElement>(null);
  const grid = useRef<HTMLSpanElement>(null);
  const [scene, setScene] = useState<SceneView>();
  const [feeds, setFeeds] = useState<SceneFeeds>();
  const [through, setThrough] = useState<number>();
  const [legends, setLegends] = useState<readonly SceneLegend[]>([]);
  const [context, setContext] = useState<'lost' | 'restored'>('restored');
  const [failure, setFailure] = useState<LabErrorDetails>();
  const [errors, setErrors] = useState<Readonly<Record<string, LabErrorDetails>>>({});
  const [chosen, setChosen] = useState<string>();
  const wanted = useSceneLook(state => state.show);
  const hidden = useSceneLook(state => state.hidden);
  const show = space.length === 0 ? 'pictures' : pictures.length === 0 ? 'space' : wanted;
  const picture = pictures.find(({ id }) => id === chosen) ?? firstPicture(pictures, show);
  const shown = useMemo<readonly SceneViewDescription[]>(() => {
    if (show === 'pictures') return picture === undefined ? [] : [picture];
    const seen = space.filter(({ id }) => !hidden.includes(id));
    const withPictures = picture !== undefined && !hidden.includes(picture.id);
    return withPictures && seen.some(({ kind }) => kind === 'cameras') ? [...seen, picture] : seen;
  }, [show, picture, space, hidden]);
  const truths = useMemo(
    () => new Set(space.flatMap(view => (view.kind === 'cameras' ? (view.reference ?? []) : []))),
    [space],
  );

  useEffect(() => {
    const write = (element: HTMLElement | null, text: string): void => {
      if (element !== null) element.textContent = text;
    };
    try {
      const made = new SceneView(stage.current as HTMLDivElement, {
        onFrame: frame => setCursor({ frame }),
        onThrough: camera => {
          setThrough(camera);
          if (camera !== undefined) setCursor({ frame: camera });
        },
        onHover: text => write(hover.current, text),
        onMember: member => setCursor({ member }),
        onLegends: setLegends,
        onGrid: text => write(grid.current, text === '' ? '' : `Grid ${text}`),
        onContext: setContext,
      });
      setScene(made);
      const follow = ({ frame }: { readonly frame: number }): void => made.setCursorFrame(frame);
      follow(useCursor.getState());
      const unfollow = useCursor.subscribe(follow);
      return () => {
        unfollow();
        made.dispose();
        setScene(undefined);
      };
    } catch (thrown) {
      setFailure(asLabError(thrown, 'scene').toDetails());
      return undefined;
    }
  }, []);

  const scheme = useComputedColorScheme('light');
  const background = useSceneLook(state => (state.background === 'theme' ? scheme : state.background));
  useEffect(() => {
    if (scene === undefined) return undefined;
    const apply = (look: SceneLook): void => scene.setLook(look, palettes[background]);
    apply(useSceneLook.getState());
    return useSceneLook.subscribe(apply);
  }, [scene, background]);

  useEffect(() => {
    if (scene === undefined) return undefined;
    setErrors({});
    scene.setViews(shown, truths);
    const made = feedScene(run, shown, scene, (view, error) =>
      setErrors(before => {
        if (error === undefined && before[view] === undefined) return before;
        const { [view]: _gone, ...rest } = before;
        return error === undefined ? rest : { ...rest, [view]: error.toDetails() };
      }),
    );
    setFeeds(made);
    return () => made.dispose();
  }, [scene, run, shown, truths]);

  useEffect(() => {
    if (scene === undefined) return undefined;
    scene.setVisible(visible);
    feeds?.switchTo(visible);
    if (!visible) return undefined;
    registerScene(run, scene);
    return () => registerScene(run, undefined);
  }, [run, scene, feeds, visible]);

  const mesh = shown.find(({ kind }) => kind === 'mesh')?.id;
  const fit = useCurrentRun(({ details }) => details.recipe.fit);
  const takesStart = useLab(
    ({ description }) => startNamesOf(description?.fits.find(({ id }) => id === fit)) !== undefined,
  );
  const placing = useStartPlan(state => state.run === run);
  const posed = usePosed(scene, placing ? mesh : undefined);

  if (failure !== undefined) return <SceneEmpty reason="no-webgl" />;
  const problem = Object.values(errors)[0];
  return (
    <div className="panel filled scene" data-background={background}>
      {scene !== undefined && (
        <SceneBar
          pictures={pictures}
          space={space}
          show={show}
          picture={picture}
          placeable={mesh !== undefined && takesStart}
          onPicture={setChosen}
        />
      )}
      <div className="scene-stage" ref={stage}>
        <div className="scene-notes" aria-hidden="true">
          <span ref={hover} className="numbers" />
        </div>
        <span ref={grid} className="scene-grid numbers" />
        {legends.length > 0 && (
          <div className="scene-legend">
            {legends.map(legend => (
              <Fragment key={legend.label}>
                <span>{legend.label}</span>
                <ColourLegend {...legend} />
              </Fragment>
            ))}
          </div>
        )}
        {through === undefined && (
          <Truths views={shown.filter(({ id }) => truths.has(id))} colour={palettes[background].truth} />
        )}
        {scene !== undefined && posed !== undefined && (
          <PlaceStart scene={scene} view={posed} size={scene.sizeOf(posed)} />
        )}
        {through !== undefined && <Through camera={through} scene={scene} />}
        {shown.length === 0 && (
          <p className="scene-off" role="status">
            Everything is switched off. Choose what is shown with the eye in the tool bar.
          </p>
        )}
        {context === 'lost' && (
          <Alert className="scene-alert" color="yellow" title="The browser took the graphics memory away">
            The scene comes back by itself. If it does not, close other tabs that draw in 3-D, then reload the page.
          </Alert>
        )}
        {problem !== undefined && (
          <Alert className="scene-alert" color="red" title={problem.message}>
            {problem.tip}
          </Alert>
        )}
      </div>
    </div>
  );
}

/** Whose colour is that of the truth. */
function Truths({ views, colour }: { readonly views: readonly SceneViewDescription[]; readonly colour: number }) {
  if (views.length === 0) return undefined;
  return (
    <p className="scene-truths">
      <i style={{ background: `#${colour.toString(16).padStart(6, '0')}` }} aria-hidden />
      {views.map(({ title }) => title).join(', ')}
    </p>
  );
}

/** The view that moves is what people come to see; in the cameras, what they took: that one is drawn over it, or it stands still. */
function firstPicture(pictures: readonly ImageView[], show: SceneLook['show']): ImageView | undefined {
  const moving = pictures.find(({ changes }) => changes === 'with-iterations');
  if (show === 'pictures') return moving ?? pictures[0];
  return (
    pictures.find(({ id }) => id === moving?.over) ?? pictures.find(({ changes }) => changes === 'never') ?? pictures[0]
  );
}

/** The mesh as soon as the scene has it in its place. */
function usePosed(scene: SceneView | undefined, mesh: string | undefined): string | undefined {
  const [posed, setPosed] = useState<string>();
  useEffect(() => {
    setPosed(undefined);
    if (scene === undefined || mesh === undefined) return undefined;
    return scene.whenPosed(mesh, () => setPosed(mesh));
  }, [scene, mesh]);
  return posed;
}

function Through({ camera, scene }: { readonly camera: number; readonly scene: SceneView | undefined }) {
  const count = scene?.cameraCount ?? 0;
  return (
    <div className="scene-through" role="status">
      {count > 1 && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label="Previous camera"
          disabled={camera === 0}
          onClick={() => scene?.lookThrough(camera - 1)}
        >
          <IconChevronLeft size={14} />
        </Button>
      )}
      <span className="numbers">{count > 1 ? `Through the camera of frame ${camera + 1}` : 'Through the camera'}</span>
      {count > 1 && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label="Next camera"
          disabled={camera + 1 >= count}
          onClick={() => scene?.lookThrough(camera + 1)}
        >
          <IconChevronRight size={14} />
        </Button>
      )}
      <Button
        size="compact-xs"
        leftSection={<IconArrowLeft size={14} />}
        title="Leave the camera (Esc, with the scene in focus)"
        onClick={() => scene?.leaveCamera()}
      >
        Leave
      </Button>
    </div>
  );
}
