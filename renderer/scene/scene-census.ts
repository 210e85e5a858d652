// What scenes hold on the graphics card, for the test that mounts and unmounts the panel: read by it as
// `window.descentLabScenes`. Nothing in the window depends on it.

export interface SceneCensus {
  /** Scenes that have not been disposed. */
  alive: number;
  made: number;
  /** On the card: of the scene drawn last, or what a disposed one left behind. */
  geometries: number;
  textures: number;
  /** Pictures drawn since the page was loaded. */
  drawn: number;
  /** Milliseconds that the last one took to hand over. */
  milliseconds: number;
  /** Where the middle of what the user holds is drawn, in pixels from the scene's corner; undefined: nothing is held. */
  held: { readonly x: number; readonly y: number } | undefined;
}

declare global {
  interface Window {
    descentLabScenes?: SceneCensus;
  }
}

export const sceneCensus: SceneCensus = {
  alive: 0,
  made: 0,
  geometries: 0,
  textures: 0,
  drawn: 0,
  milliseconds: 0,
  held: undefined,
};

export function publishCensus(): void {
  window.descentLabScenes = sceneCensus;
}
