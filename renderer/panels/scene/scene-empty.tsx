// What the 3-D panel says when there is nothing to draw, and what to do about it.

import { Button } from '@mantine/core';
import { IconCube3dSphere } from '@tabler/icons-react';
import { showWelcome } from '../../state/lab.ts';
import { showPanel } from '../../state/layout.ts';

const words = {
  'no-run': {
    title: 'No run is open',
    tip: 'Open one from the library, or start one from a sample. Its pictures then stand here in space.',
  },
  draft: {
    title: 'Nothing has been fitted yet',
    tip: 'Start the run: its frames then stand here as planes, in their order.',
  },
  reading: { title: 'The input is being read', tip: 'The scene appears as soon as the fit has made its first state.' },
  nothing: {
    title: 'This run has nothing to show in space',
    tip: 'The scene shows pictures, depth maps, points, cameras and meshes. This fit declares none of them; its curves are in Traces and Spectrum.',
  },
  'no-webgl': {
    title: 'This browser cannot draw in 3-D',
    tip: 'WebGL 2 is missing or switched off. Turn on hardware acceleration in the settings of the browser, update the graphics driver, or use another browser. All other panels work without it.',
  },
} as const;

export function SceneEmpty({ reason }: { readonly reason: keyof typeof words }) {
  const { title, tip } = words[reason];
  return (
    <div className="panel scene-empty">
      <IconCube3dSphere size={40} stroke={1.2} aria-hidden="true" />
      <h2>{title}</h2>
      <p>{tip}</p>
      {reason === 'no-run' && (
        <Button size="xs" variant="default" onClick={showWelcome}>
          Go to the start page
        </Button>
      )}
      {reason === 'nothing' && (
        <Button size="xs" variant="default" onClick={() => showPanel('traces')}>
          Show traces
        </Button>
      )}
      {reason === 'no-webgl' && (
        <Button size="xs" variant="default" onClick={() => showPanel('images')}>
          Show images
        </Button>
      )}
    </div>
  );
}
