// How the scene is shown: what users set in its tool bar, remembered from one day to the next.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { Arrangement } from './plane-layout.ts';

export interface SceneLook {
  /** Pictures as planes, or points, cameras and meshes; where a run has only one of them, that is shown. */
  readonly show: 'pictures' | 'space';
  readonly arrangement: Arrangement;
  /** 1: a stack as deep as a picture is long. */
  readonly spacing: number;
  readonly opacity: number;
  readonly channels: 'together' | 'apart';
  /** The direction along which planes are cut open. */
  readonly cut: 'none' | 'columns' | 'rows';
  /** Where, as a part of the picture. */
  readonly cutAt: number;
  /** In pixels. */
  readonly pointSize: number;
  /** Points less sure than this are left out. */
  readonly confidence: number;
  /** Of the frusta, as a part of the size of the scene. */
  readonly frustumSize: number;
  /** Where cameras stood in earlier states. */
  readonly trails: 'shown' | 'hidden';
  readonly meshOpacity: number;
  /** own: texture or colours of its vertices. error: how far each vertex is from where it truly is. */
  readonly meshColours: 'own' | 'error';
  readonly background: 'theme' | 'light' | 'dark';
  readonly grid: 'shown' | 'hidden';
  /** Views that the user has switched off. */
  readonly hidden: readonly string[];
}

export const firstLook: SceneLook = {
  show: 'space',
  arrangement: 'stack',
  spacing: 1,
  opacity: 1,
  channels: 'together',
  cut: 'none',
  cutAt: 0.5,
  pointSize: 3,
  confidence: 0,
  frustumSize: 0.1,
  trails: 'shown',
  meshOpacity: 1,
  meshColours: 'own',
  background: 'theme',
  grid: 'shown',
  hidden: [],
};

export const useSceneLook = create<SceneLook>()(persist(() => firstLook, { name: 'descent-lab-scene', version: 1 }));

export function setSceneLook(change: Partial<SceneLook>): void {
  useSceneLook.setState(change);
}

export function resetSceneLook(): void {
  useSceneLook.setState(firstLook);
}
